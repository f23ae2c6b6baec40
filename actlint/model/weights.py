"""What becomes of a tensor: whether it weighs, gates or selects something else."""

from __future__ import annotations

from actlint.model.events import Call, Escape
from actlint.model.flow import single_operand, tensors_in
from actlint.model.places import Layout
from actlint.model.values import Tensor
from actlint.torchapi import Kind

_KEEPS: frozenset[Kind] = frozenset({"reshape", "index", "cast", "dropout", "identity", "resample", "concat", "detach"})
_WEIGHS: frozenset[Kind] = frozenset({"matmul", "attention", "random"})


def weighs(plan: Layout, tensor: Tensor, limit: int = 8) -> bool:
    """Whether it goes, reshaped at most, into a product with another tensor, a selection, or code that is not known."""
    if limit == 0:
        return True
    for index in plan.readers(tensor.number):
        event = plan.trace.events[index]
        if isinstance(event, Escape):
            return True
        if not isinstance(event, Call) or event.op is None:
            continue
        if event.op.kind in _WEIGHS or _selects(event):
            return True
        if event.op.kind == "arithmetic" and not single_operand(event):
            return True
        if event.op.kind in _KEEPS or event.op.kind == "arithmetic":
            if any(weighs(plan, inner, limit - 1) for inner in tensors_in(plan.trace, event.result)):
                return True
    return False


def _selects(call: Call) -> bool:
    """Whether the values choose: the best entries by their scores, and the scores with them."""
    return call.op is not None and call.op.qualname.rpartition(".")[2] in ("topk", "kthvalue", "gather", "bernoulli")
