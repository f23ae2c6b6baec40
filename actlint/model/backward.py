"""What backward would go through: the operations of a run whose results reach what the run gives away to be trained."""

from __future__ import annotations

import re
from collections.abc import Iterator

from actlint.model.events import Call, Merge, Return, Trace, Write
from actlint.model.flow import tensors_in
from actlint.model.state import InstanceObject, conjoin
from actlint.model.values import Condition, ForeignMethod, Instance, Tensor, Value


def visited(trace: Trace, condition: Condition) -> dict[int, Condition]:
    """The events that backward goes through, from the run's results and from calls of `backward`, under a condition.

    Each with what must hold for it beside (`condition` included): paths that meet are different ways. Only what is
    certain: a way through unknown code, an operation without gradient or `detach` ends there. Backward belongs to
    training: ways that are only gone in evaluation do not count.
    """
    found: dict[int, Condition] = {}
    writes = _writes(trace)
    queue = [(tensor, at, both) for tensor, at, when in _ends(trace) if (both := _both(condition, when)) is not None]
    while queue:
        shortest = min(range(len(queue)), key=lambda place: len(queue[place][2]))
        tensor, at, when = queue.pop(shortest)
        # a view of what is written to in place, under another name, has the write in its graph
        for index, written, own in writes.get(tensor.root, ()):
            both = _both(when, own)
            if tensor.event < index < at and both is not None and index not in found and tensor.needs_grad is True:
                queue.append((written, at, both))
        if tensor.needs_grad is False or tensor.event in found or not 0 <= tensor.event < len(trace.events):
            continue
        made, event = tensor.event, trace.events[tensor.event]
        match event:
            case Call(op=op, args=args) if op is not None and op.differentiable and op.kind != "detach":
                found[made] = when
                # a write that autograd does not see leaves the history of what is written to
                given = [value for name, value in args if event.where.grad is not False or name == op.tensors[0]]
                queue.extend((inner, made, when) for value in given for inner in tensors_in(trace, value))
            case Merge(options=options):
                found[made] = when
                ways = ((option, _both(when, own)) for own, option in options)
                queue.extend((option, at, both) for option, both in ways if both is not None)
            case _:
                pass
    return found


def _writes(trace: Trace) -> dict[int, list[tuple[int, Tensor, Condition]]]:
    """By storage, what autograd records of the writes to it: the call, the tensor afterwards, the condition."""
    found: dict[int, list[tuple[int, Tensor, Condition]]] = {}
    for event in trace.events:
        if isinstance(event, Write) and event.result.needs_grad is True and event.where.grad is not False:
            found.setdefault(event.result.root, []).append((event.call, event.result, event.where.condition))
    return found


_ASKS = re.compile("grad_enabled|requires_grad|no_grad|inference")


def trains(condition: Condition) -> bool:
    """Whether a path belongs to training as far as is known: not to evaluation, nor to a mode that it asks for."""
    return not any(
        (test.key == "training\0true" and not test.positive) or _ASKS.search(test.text) for test in condition
    )


def _both(a: Condition, b: Condition) -> Condition | None:
    both = conjoin(a, b)
    return both if both is not None and trains(both) else None


def _ends(trace: Trace) -> Iterator[tuple[Tensor, int, Condition]]:
    """Where backward starts, each with its place in the run and the condition under which the run gets there."""
    for index, event in enumerate(trace.events):
        match event:
            case Return(where=where, function=function, value=value) if function == trace.entry and not where.stack:
                yield from ((tensor, index, where.condition) for tensor in _given_away(trace, value))
            case Call(callee=callee, args=args) if _starts_backward(event):
                receiver = (callee.receiver,) if isinstance(callee, ForeignMethod) else ()
                given = (*receiver, *(value for _, value in args))
                yield from ((inner, index, event.where.condition) for inner in given if isinstance(inner, Tensor))
            case _:
                pass


def _given_away(trace: Trace, value: Value) -> Iterator[Tensor]:
    """The tensors in a result, those in the fields of an object too."""
    found = trace.heap.get(value.ref) if isinstance(value, Instance) else None
    if not isinstance(found, InstanceObject):
        yield from tensors_in(trace, value)
        return
    for inner in (*found.args.values(), *found.attrs.values()):
        yield from tensors_in(trace, inner)


def _starts_backward(call: Call) -> bool:
    """`loss.backward()`, and `accelerator.backward(loss)` or `self.manual_backward(loss)` of code that is not known."""
    if call.op is not None:
        return call.op.qualname == "torch.Tensor.backward"
    return isinstance(call.callee, ForeignMethod) and call.callee.name in ("backward", "manual_backward")
