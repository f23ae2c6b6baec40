"""The versions of torch that a project is meant for: `2.4..2.13`, or one of them.

Versions are pairs (major, minor): within a minor release torch deprecates and removes nothing. The tables know the
versions from `OLDEST` to `NEWEST`; what lies beyond is taken as the nearest that they know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

OLDEST: Final = (1, 0)
NEWEST: Final = (2, 13)

_VERSION = re.compile(r"v?(\d{1,4})\.(\d{1,4})(?:\.\d+)*(?:(?:a|b|rc|\.?dev|\.?post)\d*)?(?:\+[\w.]+)?")


@dataclass(frozen=True, slots=True)
class Target:
    """The oldest and the newest version, both included."""

    low: tuple[int, int] = NEWEST
    high: tuple[int, int] = NEWEST

    def __str__(self) -> str:
        return shown(self.low) if self.low == self.high else f"{shown(self.low)}..{shown(self.high)}"


def shown(version: tuple[int, int]) -> str:
    """A version as it is written."""
    return f"{version[0]}.{version[1]}"


def version(text: str) -> tuple[int, int]:
    """The version that a text is, what comes after its minor number left out. Raises ValueError."""
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"`{text.strip()}` is no version of torch, such as `2.4`")
    return int(found[1]), int(found[2])


def target(text: str) -> Target:
    """The range that a text says, clamped to what the tables know. Raises ValueError."""
    return clamped(_written(text))


def beyond(text: str) -> str:
    """What to tell of a range that reaches beyond the tables; "" for others, and for no text. Raises ValueError."""
    if not text:
        return ""
    written = _written(text)
    taken = clamped(written)
    if taken == written:
        return ""
    return f"`{written}` reaches beyond torch {shown(OLDEST)} to {shown(NEWEST)}, which are known: taken as `{taken}`"


def clamped(written: Target) -> Target:
    """The range within what the tables know."""
    return Target(min(max(written.low, OLDEST), NEWEST), min(max(written.high, OLDEST), NEWEST))


def _written(text: str) -> Target:
    first, dots, last = text.partition("..")
    found = Target(version(first), version(last) if dots else version(first))
    if found.low > found.high:
        raise ValueError(f"`{text}` runs backwards: the older version comes first, as in `2.4..2.13`")
    return found
