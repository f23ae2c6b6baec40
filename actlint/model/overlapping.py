"""Which results of `expand` and its like surely have elements that share memory: a size of 1 that was enlarged."""

from __future__ import annotations

from actlint import torchapi
from actlint.model.events import Call, Trace
from actlint.model.flow import input_of
from actlint.model.machine import Machine
from actlint.model.state import ListObject
from actlint.model.values import NONE, Constant, ForeignMethod, ListRef, Tensor, Tuple, Unknown, Value
from actlint.torchapi import Op

_ONE = Constant(1)
_KEPT = Constant(-1)
_KEEPING = frozenset({"activation", "dropout", "normalization"})
_LAYERS = 4
"""How many layers are looked through for the sizes of what goes in."""


def note_sizes(m: Machine, op: Op, args: dict[str, Value], made: Tensor) -> None:
    """Remember the sizes of a new tensor that `torch.zeros(1, n)` and the like give."""
    if op.kind in ("creation", "random") and "size" in args:
        sizes = _sizes(m, args["size"])
        if sizes is not None:
            m.sizes[made.root] = sizes


def result_overlaps(op: Op, args: dict[str, Value]) -> bool:
    """Whether all results share memory within themselves: the grids of at least two tensors."""
    given = args.get("tensors")
    return op.qualname == "torch.meshgrid" and isinstance(given, Tuple) and len(given.items) > 1


def allows(op: Op, callee: Value) -> bool:
    """Whether the write may be one to elements that share memory: it is allowed, or an item may be one of them."""
    if isinstance(callee, ForeignMethod) and callee.name == "[]=":
        return True
    return op.qualname.rpartition(".")[2] in torchapi.WRITES_OVERLAPPING


def enlarges(m: Machine, op: Op, args: dict[str, Value], first: Tensor) -> bool:
    """Whether a dimension that surely has size 1 gets another size (unless that one is 1 too)."""
    made = m.trace.events[first.event] if 0 <= first.event < len(m.trace.events) else None
    dims = _ones_of(made) if isinstance(made, Call) else ()
    known = _known(m, first)
    if op.qualname.endswith("expand_as"):
        return bool(dims)
    sizes = _sizes(m, args.get("size"))
    if not sizes:
        return False
    if known is not None:
        missing = len(sizes) - len(known)
        pairs = zip(known, sizes[missing:], strict=False) if missing >= 0 else ()
        return missing > 0 or any(old == _ONE and new not in (_ONE, _KEPT) for old, new in pairs)
    whole = sizes[0] == _KEPT  # a new dimension cannot be left as it is: there are as many as before
    for dim in dims:
        if -len(sizes) <= dim < len(sizes) and (dim <= 0 or whole) and sizes[dim] not in (_ONE, _KEPT):
            return True
    return False


def _known(m: Machine, tensor: Tensor) -> tuple[Value, ...] | None:
    """The sizes with which a tensor was made, or that a layer leaves: a linear one all but the last."""
    changed = False
    for _ in range(_LAYERS):
        sizes = m.sizes.get(tensor.root) if tensor.alias in ("fresh", "same") else None
        if sizes is not None:
            return (*sizes[:-1], Unknown("a linear layer's width", True)) if changed else sizes
        made = m.trace.events[tensor.event] if 0 <= tensor.event < len(m.trace.events) else None
        if not isinstance(made, Call) or made.op is None:
            return None
        linear = made.op.qualname in ("torch.nn.Linear", "torch.nn.functional.linear")
        before = input_of(made) if linear or made.op.kind in _KEEPING else None
        if before is None:
            return None
        changed, tensor = changed or linear, before
    return None


def sharer(trace: Trace, tensor: Tensor) -> Call | None:
    """The call that gave a tensor its shared memory, seen through views of it; None for unpacking and iteration."""
    for _ in range(16):
        made = trace.events[tensor.event] if 0 <= tensor.event < len(trace.events) else None
        if not isinstance(made, Call) or made.op is None:
            return None
        if made.op.alias in ("multiview", "expand"):
            return made
        before = input_of(made)
        if before is None or before.root != tensor.root:
            return None
        tensor = before
    return None


def _ones_of(made: Call) -> tuple[int, ...]:
    """The dimensions that a call leaves with size 1."""
    if made.op is None:
        return ()
    given = dict(made.args)
    if made.op.kind == "index":
        return _inserted(given.get("at"))
    dim = given.get("dim")
    if not isinstance(dim, Constant) or not isinstance(dim.value, int):
        return ()
    kept = made.op.kind == "reduction" and given.get("keepdim") == Constant(True)
    return (dim.value,) if kept or made.op.qualname.endswith(".unsqueeze") else ()


def _inserted(at: Value | None) -> tuple[int, ...]:
    """The dimensions that `None` adds: `x[None]`, `x[:, None]`, `x[..., None]`; from the end behind an ellipsis."""
    indices = at.items if isinstance(at, Tuple) else ()
    ellipsis = next((n for n, index in enumerate(indices) if index == Constant(...)), len(indices))
    found = [len(_kept(indices[:n])) for n, index in enumerate(indices[:ellipsis]) if index == NONE]
    after = indices[ellipsis + 1 :]
    return (*found, *(-len(_kept(after[n:])) for n, index in enumerate(after) if index == NONE))


def _kept(indices: tuple[Value, ...]) -> tuple[Value, ...]:
    """The indices of which the result has a dimension; anything but an integer."""
    return tuple(index for index in indices if not (isinstance(index, Constant) and type(index.value) is int))


def _sizes(m: Machine, value: Value | None) -> tuple[Value, ...] | None:
    """Sizes that are given one by one, or as one sequence."""
    match value:
        case Tuple(items=(Tuple(items=items),)):
            return items
        case Tuple(items=(ListRef(ref=ref),)):
            found = m.state.heap.get(ref)
            return found.items if isinstance(found, ListObject) and found.complete else None
        case Tuple(items=items):
            return items
        case _:
            return None
