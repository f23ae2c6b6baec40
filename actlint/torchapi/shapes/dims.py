"""Sizes and shapes: whole numbers, names, and sums of products of both.

A dimension is an `int`, a `Sum` over names, or None where nothing is known. A quotient that does not come out even is a
name of its own, so that equal quotients stay equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Monomial: TypeAlias = tuple[str, ...]

_MOST = 8
"""Terms of a sum that is followed."""

_LONGEST = 24
"""Characters of a size that is shown as a part of a shape."""


@dataclass(frozen=True, slots=True)
class Sum:
    """`4*C*H + 1`: a coefficient for each product of names (the empty product is the constant), in order."""

    terms: tuple[tuple[Monomial, int], ...]

    def __str__(self) -> str:
        parts: list[str] = []
        for names, factor in sorted(self.terms, key=lambda term: (not term[0], term)):
            shown = "*".join(names)
            text = shown if abs(factor) == 1 and shown else f"{abs(factor)}*{shown}" if shown else str(abs(factor))
            sign = ("-" if factor < 0 else "") if not parts else " - " if factor < 0 else " + "
            parts.append(f"{sign}{text}")
        return "".join(parts)


Dim: TypeAlias = "int | Sum | None"


def name(text: str) -> Sum:
    """The size that goes by a name."""
    return Sum((((text,), 1),))


def show(dim: Dim) -> str:
    """A dimension for people."""
    return "?" if dim is None else str(dim)


def _terms(dim: int | Sum) -> dict[Monomial, int]:
    if isinstance(dim, Sum):
        return dict(dim.terms)
    return {(): dim} if dim else {}


def _made(terms: dict[Monomial, int]) -> Dim:
    kept = tuple(sorted((names, factor) for names, factor in terms.items() if factor))
    if not kept:
        return 0
    if kept[0][0] == () and len(kept) == 1:
        return kept[0][1]
    return Sum(kept) if len(kept) <= _MOST else None


def add(a: Dim, b: Dim, sign: int = 1) -> Dim:
    """`a + b`, or `a - b` with sign -1."""
    if type(a) is int and type(b) is int:
        return a + sign * b
    if a is None or b is None:
        return None
    terms = _terms(a)
    for names, factor in _terms(b).items():
        terms[names] = terms.get(names, 0) + sign * factor
    return _made(terms)


def mul(a: Dim, b: Dim) -> Dim:
    """`a * b`."""
    if type(a) is int and type(b) is int:
        return a * b
    if a == 0 or b == 0:
        return 0
    if a is None or b is None:
        return None
    terms: dict[Monomial, int] = {}
    for names, factor in _terms(a).items():
        for others, other in _terms(b).items():
            key = tuple(sorted((*names, *others)))
            terms[key] = terms.get(key, 0) + factor * other
    return _made(terms) if all(len(names) <= _MOST for names in terms) else None


def product(dims: Iterable[Dim]) -> Dim:
    """All of them multiplied."""
    result: Dim = 1
    for dim in dims:
        result = mul(result, dim)
    return result


def exact(a: Dim, b: Dim) -> Dim:
    """`a / b` where it comes out even, else None."""
    if a is None or b is None or b == 0:
        return None
    if a == b:
        return 1
    if type(a) is int and type(b) is int:
        return a // b if a % b == 0 else None
    divisor = _terms(b)
    if len(divisor) != 1:
        return None
    ((names, factor),) = divisor.items()
    terms: dict[Monomial, int] = {}
    for own, number in _terms(a).items():
        rest = list(own)
        for each in names:
            if each not in rest:
                return None
            rest.remove(each)
        if number % factor:
            return None
        terms[tuple(rest)] = number // factor
    return _made(terms)


def floordiv(a: Dim, b: Dim) -> Dim:
    """`a // b`: what is divisible is divided, the rest becomes a name."""
    if a is None or b is None or b == 0:
        return None
    if type(a) is int and type(b) is int:
        return a // b
    whole = exact(a, b)
    if whole is not None:
        return whole
    even: Dim = 0
    if type(b) is int:
        terms = _terms(a)
        even = _made({names: factor - factor % b for names, factor in terms.items()})
        a = _made({names: factor % b for names, factor in terms.items()})
        even = exact(even, b)
    rest = f"{_operand(a)}//{_operand(b)}"
    return add(even, name(rest)) if len(rest) <= 60 else None


def _operand(dim: Dim) -> str:
    text = show(dim)
    return text if text.isalnum() else f"({text})"


@dataclass(frozen=True, slots=True)
class Shape:
    """The last dimensions of a tensor; with `more`, further ones may stand in front of them.

    `of` is the number of the argument whose very shape this is (0: nobody's), so that what its readers demand is known
    of it.
    """

    dims: tuple[Dim, ...]
    more: bool = False
    of: int = 0

    @property
    def rank(self) -> int | None:
        """How many dimensions there are, None where that is not known."""
        return None if self.more else len(self.dims)

    def at(self, index: int) -> Dim:
        """The size of a dimension, None where it is not known or there is none."""
        size = len(self.dims)
        if index < 0:
            return self.dims[index] if -index <= size else None
        return self.dims[index] if not self.more and index < size else None

    def place(self, index: object) -> int | None:
        """A dimension counted from the front, None where that cannot be said or there is none."""
        if type(index) is not int or self.more:
            return None
        size = len(self.dims)
        return index % size if -size <= index < size else None

    def __str__(self) -> str:
        sizes = ("?" if len(text) > _LONGEST else text for text in map(show, self.dims))
        shown = [*(["*"] if self.more else []), *sizes]
        return f"({', '.join(shown)}{',' if len(shown) == 1 else ''})"


ANY = Shape((), True)
"""A shape of which nothing is known."""


def sized(rank: int) -> Shape:
    """A shape of which only the number of dimensions is known."""
    return Shape((None,) * rank)


def broadcast(shapes: Iterable[Shape]) -> Shape | None:
    """The shape that arithmetic on several tensors has; None where they do not fit."""
    result: list[Dim] = []
    more = False
    for shape in shapes:
        length = max(len(result), len(shape.dims))
        ours, theirs = _padded(result, length, more), _padded(shape.dims, length, shape.more)
        joined = [_wider(a, b) for a, b in zip(ours, theirs, strict=True)]
        if any(dim == -1 for dim in joined):
            return None
        result, more = joined, more or shape.more
    return Shape(tuple(result), more)


def _padded(dims: Sequence[Dim], length: int, more: bool) -> list[Dim]:
    """Dimensions with others in front: of size 1, or unknown ones."""
    front: list[Dim] = [None if more else 1] * (length - len(dims))
    return [*front, *dims]


def _wider(a: Dim, b: Dim) -> Dim:
    """The size of two dimensions that are broadcast; -1 where they do not fit."""
    if a == b or b == 1:
        return a
    if a == 1:
        return b
    if type(a) is int and type(b) is int:
        return -1
    if type(a) is int:
        return a  # the other one is as large, or 1
    return b if type(b) is int else None


def join(a: Shape, b: Shape) -> Shape:
    """What is known of a tensor that has one shape or the other."""
    if a == b:
        return a
    if not a.more and not b.more and len(a.dims) == len(b.dims):
        return Shape(tuple(x if x == y else None for x, y in zip(a.dims, b.dims, strict=True)))
    common = min(len(a.dims), len(b.dims))
    tail = list(zip(a.dims[len(a.dims) - common :], b.dims[len(b.dims) - common :], strict=True))
    return Shape(tuple(x if x == y else None for x, y in tail), True)
