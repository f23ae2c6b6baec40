"""Writes to activations that autograd does not see: through `.data`, or under `no_grad`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.model.backward import visited
from actlint.model.conditions import stated
from actlint.model.events import Call, Trace, Write
from actlint.model.flow import tensors_in
from actlint.model.overwrite import Overwrite, overwrite
from actlint.model.program import FileView
from actlint.model.values import Constant, Tensor

_KEEPING = frozenset({"add_", "sub_", "subtract_", "index_add_", "scatter_add_"})
_STRAIGHT = frozenset({"round_", "floor_", "ceil_", "trunc_", "fix_", "sign_", "sgn_", "clamp_", "clip_", "heaviside_"})
"""What leaves the gradient as it is, and what is quantized or clamped so that the gradient passes straight through."""
_MASKED = -1e4
"""What is at most this far down is masked: its exponential is zero, and so is the gradient there."""
_EXPONENTIAL = frozenset({"exp", "exp2", "log_softmax", "logsumexp", "sigmoid", "softmax"})


@dataclass(frozen=True, slots=True)
class Behind:
    """The write `over`, and `other`, which saved the value before it or (`saved` False) reads the new one.

    Backward visits `other`; `role` is what it saved.
    """

    over: Overwrite
    other: Call
    role: str
    saved: bool
    conditions: tuple[str, ...]


def behind(unit: FileView) -> Iterator[Behind]:
    """Each write of the file that makes gradients silently wrong, once."""
    for trace in unit.traces():
        for index, event in enumerate(trace.events):
            if isinstance(event, Write):
                over = overwrite(unit, trace, event) if _may_matter(trace, event) else None
                found = None if over is None else _saved(trace, event, over) or _read(trace, event, index, over)
                if found is not None:
                    yield found


def _may_matter(trace: Trace, write: Write) -> bool:
    """Whether the write goes behind autograd's back, to what an operation of the run has computed."""
    if write.tensor.alias != "data" and write.where.grad is not False:
        return False
    if any(hazard.kind == "saved" for hazard in write.hazards) or write.tensor.owner:
        return False
    call = trace.events[write.call]
    name = call.op.qualname.rpartition(".")[2] if isinstance(call, Call) and call.op is not None else ""
    return name not in _STRAIGHT


def _saved(trace: Trace, write: Write, over: Overwrite) -> Behind | None:
    for hazard in write.hazards:
        saver = trace.events[hazard.event]
        if hazard.kind == "behind" and isinstance(saver, Call):
            condition = visited(trace, hazard.condition, write.call).get(hazard.event)
            conditions = None if condition is None else stated(condition)
            if conditions is not None:
                return Behind(over, saver, hazard.role, True, conditions)
    return None


def _read(trace: Trace, write: Write, index: int, over: Overwrite) -> Behind | None:
    """A later operation on the storage that backward goes through, and that has a history from before the write."""
    if over.call.op is None or over.call.op.qualname.rpartition(".")[2] in _KEEPING:
        return None
    masks = _masks(over.call)
    reached = None
    for at in range(index + 1, len(trace.events)):
        reader = trace.events[at]
        if not isinstance(reader, Call) or reader.op is None or reader.where.grad is not True:
            continue
        read = [t for _, value in reader.args for t in tensors_in(trace, value) if t.root == write.tensor.root]
        if not any(_has_history(each) for each in read) or reader.op.kind in (
            "query",
            "detach",
            "comparison",
        ):
            continue
        if masks and (reader.op.kind == "softmax" or reader.op.qualname.rpartition(".")[2].lower() in _EXPONENTIAL):
            continue
        reached = visited(trace, write.where.condition, write.call) if reached is None else reached
        condition = reached.get(at)
        conditions = None if condition is None else stated(condition)
        if conditions is not None:
            return Behind(over, reader, "", False, conditions)
    return None


def _masks(call: Call) -> bool:
    """Whether a write fills in minus infinity or the like, or what may be that (`copy_` also is what an item gets).

    Backward through a softmax or an exponential gives such an element no gradient, as the recorded write would.
    """
    if call.op is None or call.op.qualname.rpartition(".")[2] not in ("masked_fill_", "copy_"):
        return False
    value = call.args[-1][1] if call.args else None
    if isinstance(value, Constant):
        return isinstance(value.value, int | float) and value.value <= _MASKED
    return not isinstance(value, Tensor)


def _has_history(tensor: Tensor) -> bool:
    return tensor.needs_grad is True and not tensor.leaf and tensor.alias != "data" and not tensor.owner
