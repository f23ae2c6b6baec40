"""What a shape rule is given: the arguments of one call as plain Python, and where it says what it demands of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal, TypeAlias

from actlint.torchapi.shapes.dims import ANY, Dim, Shape, Sum


class _Special(Enum):
    UNKNOWN = "unknown"
    NUMBER = "number"


UNKNOWN: Final = _Special.UNKNOWN
"""An argument that is given and not known."""

NUMBER: Final = _Special.NUMBER
"""An argument that is not known but for being no tensor."""

What: TypeAlias = Literal["features", "channels", "heads", "groups"]


@dataclass(frozen=True, slots=True)
class Demand:
    """Dimension `place` (from the end) of the tensor `tensor` must be `wanted`; it is `found`."""

    tensor: str
    place: int
    wanted: Dim
    found: Dim
    shape: Shape
    what: What


@dataclass(slots=True)
class Given:
    """The arguments of a call by name: numbers, text, None, tuples, `Sum`s, and `Shape`s for tensors; UNKNOWN is given
    and not known, and what is not there takes its default.

    `batched` says which of two ranks a tensor of unknown rank has where an operation takes a batch or a single sample.
    """

    values: Mapping[str, object]
    first: str = "input"
    batched: bool = True
    demands: list[Demand] = field(default_factory=list)

    def get(self, name: str, default: object = None) -> object:
        """An argument as it is."""
        return self.values.get(name, default)

    def shape(self, name: str = "") -> Shape:
        """A tensor's shape, `ANY` where it is not known or no tensor."""
        found = self.values.get(name or self.first)
        return found if isinstance(found, Shape) else ANY

    def size(self, name: str, default: object = None) -> Dim:
        """A number, None where it is not known or none."""
        return as_dim(self.values.get(name, default))

    def number(self, name: str, default: object = None) -> int | None:
        """A number that is known."""
        found = self.values.get(name, default)
        return found if type(found) is int else None

    def flag(self, name: str, default: bool = False) -> bool | None:
        """A truth value, None where it is not known."""
        found = self.values.get(name, default)
        return found if isinstance(found, bool) else None

    def sizes(self, name: str, count: int, default: object = None) -> tuple[Dim, ...]:
        """One number for each of `count` dimensions; one that is given alone counts for all."""
        return spread(self.values.get(name, default), count)

    def several(self, name: str) -> tuple[Dim, ...] | None:
        """A tuple of numbers, or a single one; None where it is neither."""
        return numbers(self.values.get(name))

    def demand(self, place: int, wanted: Dim, what: What, name: str = "") -> None:
        """Dimension `place`, counted from the end, must be `wanted`."""
        shape = self.shape(name)
        self.demands.append(Demand(name or self.first, place, wanted, shape.at(place), shape, what))


def as_dim(value: object) -> Dim:
    """A number as a dimension, None for anything else."""
    return value if type(value) is int or isinstance(value, Sum) else None


def spread(value: object, count: int) -> tuple[Dim, ...]:
    """One number for each of `count` dimensions, None each where they are not known."""
    if isinstance(value, tuple):
        if len(value) == count:
            return tuple(as_dim(item) for item in value)
        if len(value) == 1:
            return (as_dim(value[0]),) * count
        return (None,) * count
    return (as_dim(value),) * count


def numbers(value: object) -> tuple[Dim, ...] | None:
    """A tuple of numbers, or a single one, as a tuple."""
    if isinstance(value, tuple):
        if len(value) == 1 and isinstance(value[0], tuple):
            value = value[0]
        return tuple(as_dim(item) for item in value)
    found = as_dim(value)
    return None if found is None else (found,)


@dataclass(frozen=True, slots=True)
class Each:
    """Several tensors, it is not known how many, of one shape."""

    shape: Shape


Found: TypeAlias = "Shape | tuple[Shape, ...] | Each | None"
"""What an operation gives: a tensor, several, or nothing, since the arguments do not fit."""

Rule: TypeAlias = "Callable[[Given], Found]"
