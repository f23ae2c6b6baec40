"""What fastcore adds to Python, under the fastai family of packages (read from fastcore 1.5 to 1.8)."""

from __future__ import annotations

from typing import Final

STORES_ARGUMENTS: Final = "store_attr"
"""The function that, called in a constructor, finds the object that is being made in its caller's frame and stores the
constructor's arguments there. Code gets it by way of star imports, so that only its name is seen.
"""
