"""What `out=` does: the result is written into a tensor that is given, which the call returns.

Measured with torch 2.13: in grad mode most operations that have a gradient refuse `out` as soon as any argument
requires grad, `out` itself included (`torchapi.refuses_out` says which). Otherwise it is a write like any other: what
autograd saved of the tensor is of no use any more, and elements that share memory raise.
"""

from __future__ import annotations

from dataclasses import replace

from actlint import torchapi
from actlint.model import autograd
from actlint.model.events import Call, Hazard, Write
from actlint.model.holders import holders
from actlint.model.machine import Machine
from actlint.model.values import Tensor, Tuple, Value


def write(m: Machine, call: Call, target: Value, needs: bool | None) -> Value | None:
    """Write the result of `call` into `target`, one tensor or several; None where nothing is known of it.

    `needs` tells whether an operand requires grad.
    """
    targets = target.items if isinstance(target, Tuple) else (target,)
    before = tuple(m.current(each) for each in targets if isinstance(each, Tensor))
    if call.op is None or not before or len(before) < len(targets):
        return None
    index = len(m.trace.events)
    refused = m.state.grad is True and torchapi.refuses_out(call.op)
    refused = refused and (needs is True or any(each.needs_grad is True for each in before))
    results = tuple(_result(m, each, index, False if refused else needs) for each in before)
    written = Tuple(results) if isinstance(target, Tuple) else results[0]
    m.record(replace(call, inplace=True, result=written))
    plain = replace(call.op, saves=(), saves_output=False)
    for old, new in zip(before, results, strict=True):
        reasons = autograd.hazards(m, old, plain, index, {})
        if refused and not any(reason.kind == "leaf" for reason in reasons):
            reasons = (Hazard("out", index, "", m.state.condition), *reasons)
        if not refused:
            reasons = tuple(reason for reason in reasons if reason.kind not in ("leaf", "multiview", "custom"))
        others = holders(m, old.root) if reasons else ()
        m.record(Write(call.where, index, old, new, reasons, others))
        autograd.written(m, old, new, index)
    return written


def _result(m: Machine, target: Tensor, index: int, needs: bool | None) -> Tensor:
    grad = needs if m.state.grad is not False and target.needs_grad is False else target.needs_grad
    return replace(target, number=m.number(), event=index, needs_grad=grad)
