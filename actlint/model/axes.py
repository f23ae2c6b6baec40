"""The axis that torch takes where a call names none: by the sizes of its input, where a run knows them."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Site
from actlint.model.events import Call
from actlint.model.program import FileView
from actlint.model.shapes import sizes
from actlint.model.values import Tensor
from actlint.torchapi.shapes import Shape


def first_of_size(unit: FileView, at: Site, size: int) -> int | None:
    """The first axis of this size, the same for all that the call at `at` is given; None where some shape hides it."""
    found = {_first(shape, size) for shape in _inputs(unit, at)}
    return found.pop() if len(found) == 1 else None


def _inputs(unit: FileView, at: Site) -> Iterator[Shape | None]:
    """The shapes of the first tensors that runs give to the call; None for what a run does not know."""
    for trace in unit.traces():
        for event in trace.events:
            if not isinstance(event, Call) or event.where.site != at:
                continue
            source = dict(event.args).get("input")
            if not isinstance(source, Tensor):
                yield None
                continue
            for batched in (True, False):  # one sample, or a batch of them
                yield sizes(trace, batched).of(source, event.where.condition)


def _first(shape: Shape | None, size: int) -> int | None:
    for axis, dim in enumerate(() if shape is None or shape.more else shape.dims):
        if dim == size:
            return axis
        if not isinstance(dim, int):
            return None
    return None
