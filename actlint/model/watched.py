"""Numbers that notice whether a computation depends on them.

A block of a model mostly hands the numbers it is given on to its layers, and what it does is the same for all of them.
A `Watched` number stands for an int in a run: whatever asks for its value gets it, and it is noted that it was asked.
What only carries it along does not ask. For `isinstance` it is an int: that answer is the same for every number.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable


class Watched:
    """The int `value`, in place `slot` of a list of arguments; `asked` is set once something has depended on it."""

    __slots__ = ("_value", "asked", "slot")

    def __init__(self, value: int, slot: int) -> None:
        self._value = value
        self.slot = slot
        self.asked = False

    @property  # type: ignore[misc]
    def __class__(self) -> type[int]:  # type: ignore[override]
        """What `isinstance` looks at."""
        return int

    def ask(self) -> int:
        """The number itself."""
        self.asked = True
        return self._value

    def unasked(self) -> int:
        """The number, for another that watches over it."""
        return self._value

    def __getattr__(self, name: str) -> object:
        """`n.bit_length()` and the like."""
        return getattr(self.ask(), name)

    def __hash__(self) -> int:
        return hash(self.ask())

    def __bool__(self) -> bool:
        return bool(self.ask())

    def __str__(self) -> str:
        return str(self.ask())

    def __repr__(self) -> str:
        return repr(self.ask())

    def __format__(self, spec: str) -> str:
        return format(self.ask(), spec)


def plain(value: object) -> object:
    """The value; of a watched number the number, which is thereby asked for."""
    return value.ask() if type(value) is Watched else value


def _one(function: Callable[..., object]) -> Callable[..., object]:
    return lambda self, *rest: function(self.ask(), *rest)


def _two(function: Callable[[object, object], object]) -> Callable[[Watched, object], object]:
    return lambda self, other: function(self.ask(), plain(other))


def _reflected(function: Callable[[object, object], object]) -> Callable[[Watched, object], object]:
    return lambda self, other: function(plain(other), self.ask())


_CONVERTING: dict[str, Callable[..., object]] = {
    "int": int,
    "float": float,
    "complex": complex,
    "round": round,
    "trunc": math.trunc,
    "floor": math.floor,
    "ceil": math.ceil,
    **{name: getattr(operator, name) for name in ("abs", "neg", "pos", "invert", "index")},
}
_COMPARING = ("eq", "ne", "lt", "le", "gt", "ge")
_COMPUTING: dict[str, Callable[[object, object], object]] = {
    "divmod": divmod,
    **{name: getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "xor")},
    **{name: getattr(operator, f"__{name}__") for name in ("lshift", "rshift", "and", "or")},
}
for _name, _function in _CONVERTING.items():
    setattr(Watched, f"__{_name}__", _one(_function))
for _name in _COMPARING:
    setattr(Watched, f"__{_name}__", _two(getattr(operator, _name)))
for _name, _function in _COMPUTING.items():
    setattr(Watched, f"__{_name}__", _two(_function))
    setattr(Watched, f"__r{_name}__", _reflected(_function))
