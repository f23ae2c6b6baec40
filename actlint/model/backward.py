"""What backward would go through: the operations of a run whose results reach what the run gives away to be trained."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from actlint.model.events import Call, Merge, Return, Trace, Write
from actlint.model.flow import tensors_in
from actlint.model.shapes import shape_of
from actlint.model.state import InstanceObject, conjoin
from actlint.model.values import Condition, Constant, ForeignMethod, Instance, Tensor, Unknown, Value

_KEEPING = ("retain_graph", "create_graph")
"""What keeps a graph after backward has gone through it."""


@dataclass(frozen=True, slots=True)
class _Start:
    """A tensor that backward starts from, at an event of the run that is reached under a condition.

    `asked`: by a call, not only because the run gives the tensor away; `kept`: the graph can be gone through again.
    """

    tensor: Tensor
    at: int
    condition: Condition
    asked: bool
    kept: bool = False


def visited(trace: Trace, condition: Condition, after: int = -1) -> dict[int, Condition]:
    """The events that backward goes through, from the run's results and from calls of `backward`, under a condition.

    Each with what must hold for it beside (`condition` included): paths that meet are different ways. Only what is
    certain: a way through unknown code, an operation without gradient or `detach` ends there. Backward belongs to
    training: ways that are only gone in evaluation do not count. Only what starts later than the event `after` counts,
    and a result whose graph has been gone through by then is given away for its value.
    """
    starts = list(_starts(trace))
    done = [each for each in starts if each.asked and not each.kept and each.at < after]
    done.extend(_handed_out(trace, after))
    for place, each in enumerate(done):  # that it may have been gone through is enough: `if loss.requires_grad: …`
        done[place] = replace(each, condition=tuple(test for test in each.condition if trains((test,))))
    gone = _followed(trace, done, condition, {}) if done else {}
    return _followed(trace, [each for each in starts if each.at > after], condition, gone)


def _followed(
    trace: Trace, starts: list[_Start], condition: Condition, gone: Mapping[int, Condition]
) -> dict[int, Condition]:
    """What backward goes through from these places; what is `gone` only where it is asked to."""
    found: dict[int, Condition] = {}
    writes = _writes(trace)
    queue = [
        (each.tensor, each.at, both, each.asked)
        for each in starts
        if (both := _both(condition, each.condition)) is not None
    ]
    while queue:
        shortest = min(range(len(queue)), key=lambda place: len(queue[place][2]))
        tensor, at, when, asked = queue.pop(shortest)
        # a view of what is written to in place, under another name, has the write in its graph
        for index, written, own in writes.get(tensor.root, ()):
            both = _both(when, own)
            if tensor.event < index < at and both is not None and index not in found and tensor.needs_grad is True:
                queue.append((written, at, both, asked))
        if tensor.needs_grad is False or tensor.event in found or not 0 <= tensor.event < len(trace.events):
            continue
        if tensor.event in gone and not asked:
            continue
        made, event = tensor.event, trace.events[tensor.event]
        match event:
            case Call(op=op, args=args) if op is not None and op.differentiable and op.kind != "detach":
                found[made] = when
                # a write that autograd does not see leaves the history of what is written to
                given = [value for name, value in args if event.where.grad is not False or name == op.tensors[0]]
                queue.extend((inner, made, when, asked) for value in given for inner in tensors_in(trace, value))
            case Merge(options=options):
                found[made] = when
                ways = ((option, _both(when, own)) for own, option in options)
                queue.extend((option, at, both, asked) for option, both in ways if both is not None)
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


def _starts(trace: Trace) -> Iterator[_Start]:
    """Where backward starts."""
    for index, event in enumerate(trace.events):
        match event:
            case Return(where=where, function=function, value=value) if function == trace.entry and not where.stack:
                yield from (_Start(tensor, index, where.condition, False) for tensor in _given_away(trace, value))
            case Call(callee=callee, args=args) if _starts_backward(event):
                receiver = (callee.receiver,) if isinstance(callee, ForeignMethod) else ()
                given = (*receiver, *(value for _, value in args))
                kept = any(name in _KEEPING and value == Constant(True) for name, value in args)
                for inner in given:
                    if isinstance(inner, Tensor):
                        yield _Start(inner, index, event.where.condition, True, kept)
            case _:
                pass


def _handed_out(trace: Trace, before: int) -> Iterator[_Start]:
    """Losses that code which is not known has been given: it may have gone backward from them."""
    for index, event in enumerate(trace.events[: max(before, 0)]):
        if isinstance(event, Call) and event.op is None and isinstance(event.result, Unknown):
            receiver = (event.callee.receiver,) if isinstance(event.callee, ForeignMethod) else ()
            for inner in (*receiver, *(value for _, value in event.args)):
                if isinstance(inner, Tensor) and _is_loss(trace, inner):
                    yield _Start(inner, index, event.where.condition, True)


def _is_loss(trace: Trace, tensor: Tensor) -> bool:
    """Whether backward can start from a tensor: it is a single number."""
    shape = shape_of(trace, tensor)
    return not shape.dims and not shape.more


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
