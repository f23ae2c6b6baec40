"""The default settings, for tests."""

from __future__ import annotations

from actlint.config import merge

DEFAULTS = merge((), "")
