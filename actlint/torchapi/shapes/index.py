"""Shapes of `tensor[…]`."""

from __future__ import annotations

from actlint.torchapi.shapes.dims import ANY, Dim, Shape, Sum, add, broadcast, floordiv
from actlint.torchapi.shapes.given import Found, Given


def index(g: Given) -> Found:
    """Integers drop a dimension, slices cut it, None adds one, `...` stands for the rest.

    An index tensor puts its own dimensions in the place of those that it picks from; whether it does, or is a mask,
    must be known, so that it is not followed.
    """
    shape, at = g.shape(), g.get("at")
    items = at if isinstance(at, tuple) else (at,)
    if not all(_is_basic(item) for item in items):
        return ANY
    taken = sum(item is not None and item is not ... for item in items)
    dots = next((place for place, item in enumerate(items) if item is ...), len(items))
    head, tail = items[:dots], items[dots + 1 :]
    if not shape.more:
        if taken > len(shape.dims):
            return None
        front = _cut(shape.dims, head)
        used = sum(item is not None for item in head)
        rest = shape.dims[used : len(shape.dims) - sum(item is not None for item in tail)]
        back = _cut(shape.dims[len(shape.dims) - sum(item is not None for item in tail) :], tail)
        return Shape((*front, *rest, *back))
    if dots == len(items) or head:
        return ANY
    used = sum(item is not None for item in tail)
    if used > len(shape.dims):
        return ANY
    return Shape((*shape.dims[: len(shape.dims) - used], *_cut(shape.dims[len(shape.dims) - used :], tail)), True)


def _is_basic(item: object) -> bool:
    return item is None or item is ... or type(item) is int or isinstance(item, (slice, Sum))


def _cut(dims: tuple[Dim, ...], items: tuple[object, ...]) -> list[Dim]:
    """The dimensions that items leave, one item a dimension but for None."""
    found: list[Dim] = []
    place = 0
    for item in items:
        if item is None:
            found.append(1)
            continue
        if isinstance(item, slice):
            found.append(sliced(dims[place], item))
        place += 1
    return found


def sliced(size: Dim, part: slice) -> Dim:
    """How many elements a slice leaves."""
    begin, end, step = part.start, part.stop, part.step
    if begin in (None, 0) and end is None and step is None:
        return size
    bounds = all(bound is None or type(bound) is int for bound in (begin, end, step))
    if type(size) is int and bounds and step != 0:
        return len(range(*part.indices(size)))
    if not bounds or size is None or step not in (None, 1):
        return floordiv(add(size, step - 1), step) if begin in (None, 0) and end is None and _positive(step) else None
    if begin in (None, 0) and _positive(end):
        return None  # at most `end`
    return None


def _positive(value: object) -> bool:
    return type(value) is int and value > 0


__all__ = ["broadcast", "index", "sliced"]
