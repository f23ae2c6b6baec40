"""Shapes of operations that are told by a text: `einsum` and the patterns of einops."""

from __future__ import annotations

import re
from collections.abc import Iterable

from actlint.torchapi.shapes.dims import ANY, Dim, Shape, exact, mul, product
from actlint.torchapi.shapes.given import Found, Given, as_dim

_GROUP = re.compile(r"\(([^()]*)\)|(\.\.\.|…|\S+)")


def einsum(g: Given) -> Found:
    """`einsum("bik,bkj->bij", a, b)`, the ellipsis included."""
    equation, operands = g.get("equation"), g.get("operands")
    if not isinstance(equation, str) or not isinstance(operands, tuple):
        return ANY
    if len(operands) == 1 and isinstance(operands[0], tuple):
        operands = operands[0]
    text = equation.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        return ANY
    sizes: dict[str, Dim] = {}
    batch: tuple[Dim, ...] | None = ()
    for term, operand in zip(terms, operands, strict=True):
        if not isinstance(operand, Shape):
            return ANY
        before, dots, after = term.partition("...")
        extra = len(operand.dims) - len(before) - len(after)
        if not operand.more and (extra < 0 or (extra and not dots)):
            return None
        for index, letter in enumerate(before):
            _learn(sizes, letter, operand.at(index))
        for index, letter in enumerate(reversed(after if dots else "")):
            _learn(sizes, letter, operand.at(-1 - index))
        if dots:
            batch = None if operand.more else _longer(batch, operand.dims[len(before) : len(before) + extra])
    if not arrow:
        letters = [letter for letter in inputs if letter.isalpha()]
        output = ("..." if "..." in inputs else "") + "".join(sorted(x for x in letters if letters.count(x) == 1))
    head, dots, tail = output.partition("...")
    first = tuple(sizes.get(letter) for letter in head)
    last = tuple(sizes.get(letter) for letter in tail)
    if dots and batch is None:
        return Shape(last, True)
    return Shape((*first, *((batch or ()) if dots else ()), *last))


def _learn(sizes: dict[str, Dim], letter: str, size: Dim) -> None:
    known = sizes.get(letter)
    if known is None or known == 1 or (not isinstance(known, int) and type(size) is int):
        sizes[letter] = size if size is not None else known


def _longer(a: tuple[Dim, ...] | None, b: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    if a is None:
        return None
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    padded = (1,) * (len(longer) - len(shorter)) + shorter
    return tuple(y if x == 1 else x if y == 1 or x == y else None for x, y in zip(longer, padded, strict=True))


# --------------------------------------------------------------------------------------------------------------- einops


def rearrange(g: Given) -> Found:
    """`rearrange(tensor, "b (h d) n -> b h n d", h=8)`, and `reduce` and `repeat`, which drop and add axes."""
    pattern = g.get("pattern")
    shape = g.shape()
    if not isinstance(pattern, str) or pattern.count("->") != 1:
        return ANY
    left, _, right = pattern.partition("->")
    given = {key: as_dim(value) for key, value in g.values.items()}
    before, after = _axes(left), _axes(right)
    known = _read(before, shape, given)
    if known is None:
        return None
    sizes, rest = known
    dims: list[Dim] = []
    more = False
    for axes in after:
        if axes in (["..."], ["…"]):
            more = rest is None
            dims = [] if rest is None else [*dims, *rest]
        elif "..." in axes or "…" in axes:
            inner = None if rest is None else product(rest)
            dims.append(mul(inner, product(sizes.get(axis) for axis in axes if axis not in ("...", "…"))))
        else:
            dims.append(product(int(axis) if axis.isdigit() else sizes.get(axis) for axis in axes))
    return Shape(tuple(dims), more)


def _axes(text: str) -> list[list[str]]:
    """The axes of one side, those in parentheses together."""
    return [match[1].split() if match[2] is None else [match[2]] for match in _GROUP.finditer(text)]


def _read(
    before: list[list[str]], shape: Shape, given: dict[str, Dim]
) -> tuple[dict[str, Dim], tuple[Dim, ...] | None] | None:
    """The sizes of the axes, and what the ellipsis stands for (None where that is not known); None if nothing fits."""
    dots = next((index for index, axes in enumerate(before) if axes in (["..."], ["…"])), None)
    extra = len(shape.dims) - len(before) + (1 if dots is not None else 0)
    if not shape.more and (extra < 0 or (dots is None and extra)):
        return None
    sizes = dict(given)
    rest: tuple[Dim, ...] | None = ()
    for index, axes in enumerate(before):
        if dots is not None and index >= dots:
            if index == dots:
                rest = None if shape.more else shape.dims[dots : dots + extra]
                continue
            size = shape.at(index - len(before))
        else:
            size = shape.at(index) if not shape.more else shape.at(index - len(before)) if dots is None else None
        _solve(axes, size, sizes)
    return sizes, rest


def _solve(axes: Iterable[str], size: Dim, sizes: dict[str, Dim]) -> None:
    """One axis of a group may be left open: the size divided by the others."""
    own = list(axes)
    unknown = [axis for axis in own if not axis.isdigit() and sizes.get(axis) is None]
    if len(unknown) == 1:
        others = product(int(axis) if axis.isdigit() else sizes.get(axis) for axis in own if axis != unknown[0])
        sizes[unknown[0]] = exact(size, others)
