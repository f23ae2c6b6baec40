"""What autograd keeps, and what an in-place write does to it.

The rules are measured facts about torch 2.13: a call on values that require grad, with grad mode on, saves some of its
inputs and possibly its output (`torchapi.Op.saves`); views share their base's version counter; a write makes every
version saved before it unusable in backward, under `no_grad` and through `.detach()` too, but not through `.data`.
"""

from __future__ import annotations

from dataclasses import replace

from actlint.model.events import Call, Hazard
from actlint.model.machine import Machine
from actlint.model.state import Saved, StorageObject, conjoin
from actlint.model.values import Condition, Constant, Symbol, Tensor, Test, Tuple, Value
from actlint.torchapi import Op


def storage_of(m: Machine, tensor: Tensor) -> StorageObject:
    """The storage a tensor lives in."""
    found = m.state.heap.get(tensor.root)
    return found if isinstance(found, StorageObject) else StorageObject()


def in_case(op: Op, args: dict[str, Value], settings: dict[str, Value], operands: dict[str, Tensor]) -> Op:
    """The operation with what autograd keeps for these arguments; `settings` are those of a layer's constructor."""
    for case in op.cases:
        if not case.parameter:
            applies = len(args) == 1
        elif case.values:
            given = settings.get(case.parameter)
            applies = isinstance(given, Constant) and given.value in case.values
        else:
            applies = case.parameter in operands
        if applies:
            kept = "output" if case.saves_output and op.inplace else op.inplace_saves
            saves = tuple(dict.fromkeys((*op.saves, *case.saves)))
            op = replace(op, saves=saves, saves_output=op.saves_output or case.saves_output, inplace_saves=kept)
    return op


def record_saves(
    m: Machine,
    op: Op,
    index: int,
    tensors: dict[str, Tensor],
    result: Value,
    needs: bool | None,
    trained: bool | None,
) -> None:
    """Note what the call at `index` keeps for backward; only what is certain: grad mode on and a result requires grad.

    `trained` tells whether the layer's own weights require grad.
    """
    if m.state.grad is not True or not op.differentiable or needs is not True:
        return
    for name, guard in op.saves:
        tensor = tensors.get(name)
        if tensor is not None and _guarded(guard, tensors, trained) and not _copied(m, op, tensor):
            _save(m, tensor, index, name)
    if op.saves_output:
        first = result.items[0] if isinstance(result, Tuple) and result.items else result
        if isinstance(first, Tensor):
            _save(m, first, index, "output")


def _copied(m: Machine, op: Op, tensor: Tensor) -> bool:
    """Whether the operation may save a copy: it makes views contiguous, unless it multiplies a matrix as it is."""
    if not op.copies or tensor.alias == "fresh":
        return False
    return not (op.kind in ("affine", "matmul") and m.ranks.get(tensor.number) == 2)


def _guarded(guard: str, tensors: dict[str, Tensor], trained: bool | None) -> bool:
    if not guard:
        return True
    if guard in tensors:
        return tensors[guard].needs_grad is True
    return trained is True and guard in ("weight", "bias")


def keep(m: Machine, tensor: Tensor, index: int, role: str) -> None:
    """The event at `index` keeps a tensor for backward in a way that no table tells of; what needs no graph is not
    kept.
    """
    if m.state.grad is True:
        _save(m, tensor, index, role)


def _save(m: Machine, tensor: Tensor, index: int, role: str) -> None:
    storage = storage_of(m, tensor)
    entry = Saved(index, tensor.number, role, m.state.condition)
    m.state.heap[tensor.root] = replace(storage, saved=(*storage.saved, entry))


def hazards(m: Machine, tensor: Tensor, op: Op, index: int, tensors: dict[str, Tensor]) -> tuple[Hazard, ...]:
    """Why it is wrong that the call of `op` at `index` writes to the tensor in place, as far as it is certain."""
    found: list[Hazard] = []
    if m.state.grad is True and tensor.needs_grad is True:
        if tensor.leaf and tensor.alias in ("fresh", "view", "same"):
            found.append(Hazard("leaf", tensor.event, tensor.owner, m.state.condition))
        if tensor.alias == "multiview":
            found.append(Hazard("multiview", tensor.event, "", m.state.condition))
    if m.state.grad is True and tensor.alias == "custom":
        found.append(Hazard("custom", tensor.event, "", m.state.condition))
    if tensor.alias == "expand":
        found.append(Hazard("expand", tensor.event, "", m.state.condition))
    for entry in storage_of(m, tensor).saved:
        both = conjoin(m.state.condition, entry.condition)
        if both is not None:
            found.append(Hazard("behind" if tensor.alias == "data" else "saved", entry.event, entry.role, both))
    if m.state.grad is True:
        for name, guard in op.saves:  # `n *= n`: the write itself keeps what it overwrites
            other = tensors.get(name)
            if other is not None and other.root == tensor.root and name != op.tensors[0]:
                if tensor.alias != "data" and _guarded(guard, tensors, None) and tensor.needs_grad is True:
                    found.append(Hazard("saved", index, name, m.state.condition))
    return tuple(found)


def written(m: Machine, tensor: Tensor, result: Tensor, index: int, surely: bool = True) -> None:
    """The storage has a new version: `result` is what names of `tensor` denote from here on.

    What autograd kept is of no use any more, unless the write is not certain or goes behind autograd's back.
    """
    m.overwritten += 1
    storage = storage_of(m, tensor)
    newer = tuple(entry for entry in storage.newer if entry[0] != tensor)
    saved = () if surely and tensor.alias != "data" else storage.saved
    m.state.heap[tensor.root] = StorageObject(storage.version + 1, index, saved, (*newer, (tensor, result)))
    before = m.heads.get(tensor.number)
    if before is not None and surely:  # the first iteration writes to what there was before the loop
        storage = storage_of(m, before)
        newer = tuple(entry for entry in storage.newer if entry[0] != before)
        m.state.heap[before.root] = replace(storage, newer=(*newer, (before, result)))


def is_true(value: Value | None) -> bool:
    """Whether an argument is the constant True."""
    return isinstance(value, Constant) and value.value is True


def inplace_flag(value: Value | None) -> bool | None:
    """What an `inplace` argument says; False where it is not given, None where it is not known."""
    if value is None:
        return False
    return bool(value.value) if isinstance(value, Constant) else None


def dropout_writes(p: Value | None, training: Value | None) -> Condition | None:
    """When in-place dropout changes anything: None for never or not known. In evaluation, or with p = 0, it does
    nothing.
    """
    tests: list[Test] = []
    match p:
        case None:
            pass
        case Constant(value=bool() | int() | float() as rate):
            if not rate:
                return None
        case Symbol(key=key, label=label):
            tests.append(Test(f"{key}\0> 0", True, f"{label} > 0"))
        case _:
            return None
    match training:
        case Constant(value=mode):
            return tuple(tests) if mode else None
        case Symbol(key=key, label=label):
            return (*tests, Test(f"{key}\0true", True, label))
        case _:
            return None


def producer(m: Machine, tensor: Tensor) -> Call | None:
    """The call that made a tensor."""
    event = m.trace.events[tensor.event] if 0 <= tensor.event < len(m.trace.events) else None
    return event if isinstance(event, Call) else None
