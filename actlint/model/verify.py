"""The laws of a trace, checked: what every run must satisfy whatever it ran."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model.events import Argument, Call, Event, Merge, Trace, Write
from actlint.model.flow import tensors_in
from actlint.model.state import contradicts
from actlint.model.values import Condition, Tensor, Value


def broken(trace: Trace) -> Iterator[str]:
    """The laws that a trace breaks, one text each: nothing for a sound one.

    A tensor is made by an earlier event than every one that reads it, and by an event that makes tensors; paths meet
    with at least two different options; what is overwritten and what came of it share a storage; no event stands under
    a condition that contradicts itself; what saved an overwritten value is an earlier call.
    """
    for index, event in enumerate(trace.events):
        for tensor in _read(trace, event):
            if tensor.event >= index and not _makes(trace, tensor):
                yield f"event {index} reads a tensor that event {tensor.event} makes later"
        if _contradictory(event.where.condition):
            yield f"event {index} stands under a condition that contradicts itself"
        match event:
            case Merge(options=options, result=result):
                if len({tensor.number for _, tensor in options}) < 2:
                    yield f"event {index} merges fewer than two tensors"
                if result.event != index:
                    yield f"event {index} does not own its result"
            case Argument(result=result):
                if result.event != index:
                    yield f"event {index} does not own its result"
            case Write(call=call, tensor=tensor, result=result, hazards=hazards):
                if tensor.root != result.root:
                    yield f"event {index} moves a tensor to another storage in place"
                if not call < index:
                    yield f"event {index} comes before the call that writes"
                for hazard in hazards:
                    if hazard.kind == "saved" and not hazard.event < index:
                        yield f"event {index} overwrites what is saved only later"
            case _:
                pass


def _read(trace: Trace, event: Event) -> Iterator[Tensor]:
    """The tensors that go into an event."""
    values: tuple[Value, ...] = ()
    match event:
        case Call(args=args):
            values = tuple(value for _, value in args)
        case Merge(options=options):
            values = tuple(tensor for _, tensor in options)
        case Write(tensor=tensor):
            values = (tensor,)
        case _:
            pass
    for value in values:
        yield from tensors_in(trace, value)


def _makes(trace: Trace, tensor: Tensor) -> bool:
    """A list that is read through the heap of the run's end may hold tensors that came later."""
    return 0 <= tensor.event < len(trace.events)


def _contradictory(condition: Condition) -> bool:
    return any(contradicts(a, b) for position, a in enumerate(condition) for b in condition[:position])
