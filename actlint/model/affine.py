"""Chains of affine layers: which two layers of a run are together one affine map, and whether that may be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from actlint import torchapi
from actlint.facts import Call as CallNode
from actlint.facts import Site
from actlint.model.events import Argument, Call, Return, Trace
from actlint.model.flow import input_of, producers, single_operand, tensors_in, uses
from actlint.model.program import FileView
from actlint.model.state import ModuleObject, conjoin
from actlint.model.values import Condition, Constant, External, Module, Symbol, Tensor, Tuple, Value

_LINEAR = frozenset({"torch.nn.Linear", "torch.nn.LazyLinear"})
_CONV = re.compile(r"torch\.nn\.(Lazy)?Conv([123]d)")
_BATCH_NORM = re.compile(r"torch\.nn\.(functional\.batch_norm|(Lazy|Sync)?BatchNorm([123]d)?)")
_KEEPING = frozenset(
    {"view", "reshape", "flatten", "squeeze", "unsqueeze", "contiguous", "unflatten", "view_as", "reshape_as"}
)
"""Reshapes after which the last dimension may still be the features. Transposition mixes along another one."""
_ON_PURPOSE = re.compile(r"rank|bottle|reduc|squeez|compress|latent|low|proj|embed|code|^r$|^k$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two layers that collapse: where the first and second are (their calls, or where a Sequential builds its entries).

    `what` is the kind of map they are together, `widths` its sizes in words ("" where unknown).
    """

    first: Site
    second: Site
    built: bool
    what: str
    widths: str
    condition: Condition


def is_constructor(unit: FileView, node: CallNode, site: Site) -> bool:
    """Whether a call builds a layer rather than applying one."""
    target = unit.site(site, node.func)
    return any(r.site == target and torchapi.is_module_class(r.qualname) for r in unit.references())


def names(unit: FileView, site: Site, qualname: str) -> bool:
    """Whether an expression is a reference to something outside the project."""
    return any(r.site == site and r.qualname == qualname for r in unit.references())


def chains(trace: Trace, wide_kernels: bool = False) -> Iterator[Pair]:
    """The pairs of a run that are not plainly meant: see the rule page for what speaks for a factorisation."""
    if not trace.complete:
        return
    yield from _applied(trace, wide_kernels)
    yield from _held(trace, wide_kernels)


def _applied(trace: Trace, wide_kernels: bool) -> Iterator[Pair]:
    """Pairs that collapse each time they meet: one that another iteration or call of the same code reads is none."""
    found = list(_met(trace, wide_kernels))
    read = {(pair.first, pair.second) for pair, alone in found if not alone}
    yield from (pair for pair, alone in found if alone and (pair.first, pair.second) not in read)


def _met(trace: Trace, wide_kernels: bool) -> Iterator[tuple[Pair, bool]]:
    """Every two layers that follow each other, and whether nobody else reads what is between them."""
    readers = uses(trace)
    through_container = {
        event.where.site
        for event in trace.events
        if isinstance(event, Call) and event.op is None and isinstance(event.callee, Module)
    }
    for event in trace.events:
        if not isinstance(event, Call) or event.layer is None or not _is_affine(event.layer, wide_kernels):
            continue
        source = input_of(event)
        if source is None or not isinstance(event.result, Tensor):
            continue
        found = producers(trace, source, _transparent)
        if len(found) != 1:
            continue
        first, way = found[0]
        if first.layer is None or not _is_affine(first.layer, wide_kernels) or first.module == event.module:
            continue
        alone = all(len(readers.get(number, ())) == 1 for number in way)
        if not _same_kind(first.layer, event.layer) or _into_attention(trace, readers, event.result):
            continue
        if _meant(first.layer, event.layer, trace, first, event):
            continue
        both = conjoin(first.where.condition, event.where.condition)
        if both is None:
            continue
        pair = Pair(
            first.layer.site if first.where.site in through_container else first.where.site,
            event.layer.site if event.where.site in through_container else event.where.site,
            event.where.site in through_container,
            _what(event.layer),
            _widths(first.layer, event.layer),
            both,
        )
        yield pair, alone


def _held(trace: Trace, wide_kernels: bool) -> Iterator[Pair]:
    """Neighbours in a Sequential that this run builds and does not apply."""
    applied = {e.module for e in trace.events if isinstance(e, Call) and e.op is None and e.module is not None}
    for event in trace.events:
        if not isinstance(event, Call) or event.callee != External("torch.nn.Sequential"):
            continue
        if not isinstance(event.result, Module) or event.result in applied:
            continue
        holder = trace.heap.get(event.result.ref)
        if not isinstance(holder, ModuleObject) or holder.children is None or holder.open:
            continue
        before: ModuleObject | None = None
        for _, child in holder.children:
            layer = trace.heap.get(child.ref) if isinstance(child, Module) else None
            if not isinstance(layer, ModuleObject) or (layer.cls is None):
                before = None
                continue
            if _is_affine(layer, wide_kernels):
                if before is not None and _collapse(trace, before, layer):
                    widths = _widths(before, layer)
                    yield Pair(before.site, layer.site, True, _what(layer), widths, event.where.condition)
                before = layer
            elif not _passes(layer):
                before = None


def _collapse(trace: Trace, before: ModuleObject, layer: ModuleObject) -> bool:
    return before.site != layer.site and _same_kind(before, layer) and not _meant(before, layer, trace, None, None)


def _passes(layer: ModuleObject) -> bool:
    if not isinstance(layer.cls, External):
        return False
    op = torchapi.layer(layer.cls.qualname)
    return op is not None and (op.kind in ("dropout", "identity") or bool(_BATCH_NORM.fullmatch(op.qualname)))


def _is_affine(layer: ModuleObject, wide_kernels: bool) -> bool:
    """A Linear, or a convolution that mixes channels only (any dense one with `wide_kernels`), torch's own class."""
    if not isinstance(layer.cls, External) or layer.open or "*" in layer.args:
        return False
    name = torchapi.canonical(layer.cls.qualname)
    if name in _LINEAR:
        return True
    if not _CONV.fullmatch(name) or layer.args.get("groups", Constant(1)) != Constant(1):
        return False
    return wide_kernels or _is_one(layer.args.get("kernel_size"))


def _is_one(value: Value | None) -> bool:
    if isinstance(value, Tuple):
        return all(item == Constant(1) for item in value.items)
    return value == Constant(1)


def _same_kind(first: ModuleObject, second: ModuleObject) -> bool:
    assert isinstance(first.cls, External) and isinstance(second.cls, External)
    names = [torchapi.canonical(cls.qualname).replace("Lazy", "") for cls in (first.cls, second.cls)]
    return names[0] == names[1] and _joined(first, second)


def _joined(first: ModuleObject, second: ModuleObject) -> bool:
    """The second takes what the first gives: a reshape between has not made other features of them."""
    out, into = _out(first), _in(second)
    known = isinstance(out, Constant) and isinstance(into, Constant)
    return out == into if known else True


def _out(layer: ModuleObject) -> Value | None:
    return layer.args.get("out_features", layer.args.get("out_channels"))


def _in(layer: ModuleObject) -> Value | None:
    return layer.args.get("in_features", layer.args.get("in_channels"))


def _transparent(call: Call) -> bool:
    op = call.op
    if op is None:
        return False
    name = op.qualname.rpartition(".")[2].rstrip("_").lower()
    if op.kind in ("dropout", "identity") or (op.kind == "cast" and single_operand(call)):
        return True
    if op.kind == "reshape":
        return name in _KEEPING
    if op.kind == "arithmetic":
        return name in ("add", "sub", "mul", "div") and single_operand(call)
    return bool(_BATCH_NORM.fullmatch(op.qualname))


def _into_attention(trace: Trace, readers: dict[int, list[int]], tensor: Tensor, limit: int = 6) -> bool:
    """The result goes, reshaped at most, into a product with another tensor, into attention, or is taken apart."""
    if limit == 0:
        return False
    for index in readers.get(tensor.number, ()):
        event = trace.events[index]
        if not isinstance(event, Call) or event.op is None:
            continue
        if event.op.kind in ("matmul", "attention") or event.op.alias == "multiview":
            return True
        if event.op.kind in ("reshape", "index", "cast", "arithmetic") and any(
            _into_attention(trace, readers, inner, limit - 1) for inner in tensors_in(trace, event.result)
        ):
            return True
    return False


def _meant(first: ModuleObject, second: ModuleObject, trace: Trace, call: Call | None, last: Call | None) -> bool:
    """Whether something speaks for a factorisation on purpose."""
    middle, before, after = _out(first), _in(first), _out(second)
    sizes = [v.value for v in (before, middle, after) if isinstance(v, Constant) and isinstance(v.value, int)]
    if len(sizes) == 3:
        return sizes[1] < min(sizes[0], sizes[2])
    if first.args.get("bias") == Constant(False):
        return True
    known = {value for value in (before, after) if value is not None}
    if middle not in known:
        if not isinstance(middle, (Constant, Symbol)):
            return True
        if isinstance(middle, Symbol) and _ON_PURPOSE.search(middle.label):
            return True
    if call is None or last is None:
        return False
    return _is_output(trace, last) and not _from_argument(trace, call)


def _is_output(trace: Trace, call: Call) -> bool:
    results = [e.value for e in trace.events if isinstance(e, Return) and e.depth <= 1]
    return any(tensor == call.result for value in results for tensor in tensors_in(trace, value))


def _from_argument(trace: Trace, call: Call) -> bool:
    """The layer is applied to what the model is given, reshaped at most."""
    source = input_of(call)
    while source is not None and 0 <= source.event < len(trace.events):
        event = trace.events[source.event]
        if isinstance(event, Argument):
            return True
        if (
            not isinstance(event, Call)
            or event.op is None
            or event.op.kind not in ("reshape", "cast", "dropout", "identity")
        ):
            return False
        source = input_of(event)
    return False


def _what(layer: ModuleObject) -> str:
    assert isinstance(layer.cls, External)
    return "linear layer" if torchapi.canonical(layer.cls.qualname) in _LINEAR else "convolution"


def _widths(first: ModuleObject, second: ModuleObject) -> str:
    sizes = (_in(first), _out(second))
    if all(isinstance(value, Constant) and isinstance(value.value, int) for value in sizes):
        return " ({} → {})".format(*(value.value for value in sizes if isinstance(value, Constant)))
    return ""
