"""What backward would go through: the operations of a run whose results reach what the run gives away to be trained."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model.events import Call, Merge, Return, Trace
from actlint.model.flow import tensors_in
from actlint.model.state import InstanceObject, consistent
from actlint.model.values import Condition, ForeignMethod, Instance, Tensor, Value


def visited(trace: Trace, condition: Condition) -> frozenset[int]:
    """The events that backward goes through, from the run's results and from calls of `backward`, under a condition.

    Only what is certain: a way through unknown code, an operation without gradient or `detach` ends there.
    """
    stack = list(_ends(trace, condition))
    found: set[int] = set()
    while stack:
        tensor = stack.pop()
        if tensor.needs_grad is False or tensor.event in found or not 0 <= tensor.event < len(trace.events):
            continue
        event = trace.events[tensor.event]
        match event:
            case Call(op=op, args=args) if op is not None and op.differentiable and op.kind != "detach":
                found.add(tensor.event)
                for _, value in args:
                    stack.extend(tensors_in(trace, value))
            case Merge(options=options):
                found.add(tensor.event)
                stack.extend(option for when, option in options if consistent(when, condition))
            case _:
                pass
    return frozenset(found)


def _ends(trace: Trace, condition: Condition) -> Iterator[Tensor]:
    for event in trace.events:
        match event:
            case Return(where=where, function=function, value=value):
                if function == trace.entry and not where.stack and consistent(where.condition, condition):
                    yield from _given_away(trace, value)
            case Call(callee=callee, args=args) if _starts_backward(event):
                receiver = (callee.receiver,) if isinstance(callee, ForeignMethod) else ()
                for inner in (*receiver, *(given for _, given in args)):
                    if isinstance(inner, Tensor):
                        yield inner
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
