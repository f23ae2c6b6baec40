"""Types that are torch's: the checker of types is not told what they are."""

from __future__ import annotations

from typing import Any, TypeAlias

Tensor: TypeAlias = Any
Model: TypeAlias = Any
