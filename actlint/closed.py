"""Closed unions: `typing.assert_never`, which Python 3.10 lacks."""

from __future__ import annotations

from typing import NoReturn


def assert_never(value: NoReturn) -> NoReturn:
    """For the case that no member of a closed union reaches; the type checker proves it."""
    raise AssertionError(f"unexpected {value!r}")
