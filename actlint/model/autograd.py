"""What autograd keeps, and what an in-place write does to it.

The rules are measured facts about torch 2.13: a call on values that require grad, with grad mode on, saves some of its
inputs and possibly its output (`torchapi.Op.saves`); views share their base's version counter; a write makes every
version saved before it unusable in backward.
"""

from __future__ import annotations

from dataclasses import replace

from actlint.model.events import Call, Hazard
from actlint.model.machine import Machine
from actlint.model.state import Saved, StorageObject, conjoin
from actlint.model.values import Constant, Tensor, Value
from actlint.torchapi import Op


def storage_of(m: Machine, tensor: Tensor) -> StorageObject:
    """The storage a tensor lives in."""
    found = m.state.heap.get(tensor.root)
    return found if isinstance(found, StorageObject) else StorageObject()


def record_saves(
    m: Machine, op: Op, index: int, tensors: dict[str, Tensor], result: Value, trained: bool | None
) -> None:
    """Note what the call at `index` keeps for backward; only what is certain: grad mode on and the result requires
    grad.

    `trained` tells whether the layer's own weights require grad.
    """
    if m.state.grad is not True or not op.differentiable:
        return
    if not isinstance(result, Tensor) or result.needs_grad is not True:
        return
    for name, guard in op.saves:
        tensor = tensors.get(name)
        if op.copies and tensor is not None and tensor.alias != "fresh":
            continue  # what is not contiguous is copied, and the copy is kept
        if tensor is not None and _guarded(guard, tensors, trained):
            _save(m, tensor, index, name)
    if op.saves_output:
        _save(m, result, index, "output")


def _guarded(guard: str, tensors: dict[str, Tensor], trained: bool | None) -> bool:
    if not guard:
        return True
    if guard in tensors:
        return tensors[guard].needs_grad is True
    return trained is True and guard in ("weight", "bias")


def _save(m: Machine, tensor: Tensor, index: int, role: str) -> None:
    storage = storage_of(m, tensor)
    entry = Saved(index, tensor.number, role, m.state.condition)
    m.state.heap[tensor.root] = replace(storage, saved=(*storage.saved, entry))


def hazards(m: Machine, tensor: Tensor) -> tuple[Hazard, ...]:
    """Why writing to the tensor in place is wrong, as far as it is certain."""
    found: list[Hazard] = []
    grad = m.state.grad
    if grad is True and tensor.leaf and tensor.needs_grad is True and tensor.alias in ("fresh", "view", "same"):
        found.append(Hazard("leaf", tensor.event, tensor.owner, ()))
    if grad is True and tensor.alias == "multiview" and tensor.needs_grad is True:
        found.append(Hazard("multiview", tensor.event, "", ()))
    if tensor.alias == "expand":
        found.append(Hazard("expand", tensor.event, "", ()))
    for entry in storage_of(m, tensor).saved:
        both = conjoin(m.state.condition, entry.condition)
        if both is not None and tensor.alias != "maybe":
            found.append(Hazard("saved", entry.event, entry.role, both))
    return tuple(found)


def written(m: Machine, tensor: Tensor, result: Tensor, index: int) -> None:
    """The storage has a new version: `result` is what names of `tensor` denote from here on."""
    storage = storage_of(m, tensor)
    newer = tuple(entry for entry in storage.newer if entry[0] != tensor)
    m.state.heap[tensor.root] = StorageObject(storage.version + 1, index, (), (*newer, (tensor, result)))


def is_true(value: Value | None) -> bool:
    """Whether an argument is the constant True."""
    return isinstance(value, Constant) and value.value is True


def producer(m: Machine, tensor: Tensor) -> Call | None:
    """The call that made a tensor."""
    event = m.trace.events[tensor.event] if 0 <= tensor.event < len(m.trace.events) else None
    return event if isinstance(event, Call) else None
