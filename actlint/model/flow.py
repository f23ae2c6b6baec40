"""Data flow in a trace: who made a tensor, who reads it, what lies between two layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from actlint.model.events import (
    Argument,
    Call,
    Escape,
    Event,
    LoopEdge,
    Merge,
    Read,
    Return,
    Stale,
    Store,
    Trace,
    Write,
)
from actlint.model.state import DictObject, ListObject
from actlint.model.values import Constant, DictRef, Join, ListRef, Tensor, Tuple, Value
from actlint.model.values import Iterator as IteratorValue

Transparent: TypeAlias = Callable[[Call], bool]
"""Whether an operation lets a property pass from its input to its result."""


def tensors_in(trace: Trace, value: Value, around: tuple[int, ...] = (), depth: int = 0) -> Iterator[Tensor]:
    """The tensors that a value is or contains, as far as is known. `around` are the lists and dicts that hold it."""
    if depth > 4 or (isinstance(value, (ListRef, DictRef)) and value.ref in around):
        return
    inside: tuple[Value, ...] = ()
    match value:
        case Tensor():
            yield value
        case Tuple(items=items):
            inside = items
        case IteratorValue(element=element):
            inside = (element,)
        case Join(options=options):
            inside = tuple(option for _, option in options)
        case ListRef(ref=ref):
            found = trace.heap.get(ref)
            inside = found.items if isinstance(found, ListObject) else ()
        case DictRef(ref=ref):
            entries = trace.heap.get(ref)
            inside = tuple(entries.items.values()) if isinstance(entries, DictObject) else ()
        case _:
            pass
    if isinstance(value, (ListRef, DictRef)):
        around = (*around, value.ref)
    for item in inside:
        yield from tensors_in(trace, item, around, depth + 1)


def _values(event: Event) -> tuple[Value, ...]:
    """The values that an event reads."""
    match event:
        case Call(args=args):
            return tuple(value for _, value in args)
        case Merge(options=options):
            return tuple(tensor for _, tensor in options)
        case Return(value=value) | Store(value=value):
            return (value,)
        case Escape(values=values) | LoopEdge(values=values):
            return values
        case Argument() | Read() | Write() | Stale():
            return ()


def uses(trace: Trace) -> dict[int, list[int]]:
    """For each tensor, by number, the events that read it; a nested call that only hands it on is not counted."""
    found: dict[int, list[int]] = {}
    for index, event in enumerate(trace.events):
        if isinstance(event, Call) and event.op is None and event.module is not None:
            continue  # a module's own call: the operations inside read the tensor
        if isinstance(event, Return) and event.depth > 1:
            continue
        for value in _values(event):
            for tensor in tensors_in(trace, value):
                readers = found.setdefault(tensor.number, [])
                if not readers or readers[-1] != index:
                    readers.append(index)
    return found


def input_of(call: Call) -> Tensor | None:
    """The tensor that an operation transforms: its first tensor operand."""
    if call.op is None:
        return None
    for name in call.op.tensors:
        value = dict(call.args).get(name)
        if value is not None:
            return value if isinstance(value, Tensor) else None
    return None


def single_operand(call: Call) -> bool:
    """Whether no other tensor, and nothing unknown, goes into the operation besides its input."""
    if call.op is None:
        return False
    given = dict(call.args)
    others = [given[name] for name in call.op.tensors[1:] if name in given]
    return all(isinstance(value, Constant) for value in others)


def producers(
    trace: Trace, tensor: Tensor, through: Transparent, limit: int = 16
) -> list[tuple[Call, tuple[int, ...]]]:
    """The calls that made a tensor, seen through what `through` lets pass, each with the tensors on the way.

    An empty list where some way ends elsewhere: at an argument, an unknown value, another operation's result is listed.
    """
    event = trace.events[tensor.event] if 0 <= tensor.event < len(trace.events) else None
    if limit == 0 or event is None:
        return []
    if isinstance(event, Merge):
        found: list[tuple[Call, tuple[int, ...]]] = []
        for _, option in event.options:
            inner = producers(trace, option, through, limit - 1)
            if not inner:
                return []
            found.extend((call, (tensor.number, *way)) for call, way in inner)
        return found
    if not isinstance(event, Call):
        return []
    if through(event):
        before = input_of(event)
        if before is None:
            return []
        return [(call, (tensor.number, *way)) for call, way in producers(trace, before, through, limit - 1)]
    return [(event, (tensor.number,))]
