"""Chains of affine layers: which two layers of a run are together one affine map, and whether that may be meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint import torchapi
from actlint.facts import Attribute, Site
from actlint.facts import Call as CallNode
from actlint.model.dense import (
    FROZEN,
    Path,
    factorised,
    in_words,
    is_affine,
    kind_of,
    normalises,
    padding_free,
    passes,
    same_kind,
)
from actlint.model.events import Argument, Call, LoopEdge, Merge, Return, Trace
from actlint.model.flow import input_of, producers, single_operand, tensors_in, uses
from actlint.model.program import Context, FileView
from actlint.model.state import ModuleObject, conjoin
from actlint.model.tensors import CARRIED
from actlint.model.values import Class, Condition, Constant, External, Module, Tensor, Value
from actlint.model.walk import walk

_KEEPING = frozenset(
    {"view", "reshape", "flatten", "squeeze", "unsqueeze", "contiguous", "unflatten", "view_as", "reshape_as"}
)
"""Reshapes after which the last dimension may still be the features. Transposition mixes along another one."""


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


def is_template(trace: Trace, ctx: Context) -> bool:
    """Whether the run calls a method of its own object that a subclass in the project gives another body."""
    if trace.owner is None or trace.entry is None:
        return False
    replaced = {name for cls in ctx.subclasses(trace.owner) for name in ctx.info(cls).methods}
    called = (node for node in walk((trace.entry.code,)) if isinstance(node, CallNode)) if replaced else ()
    return any(isinstance(node.func, Attribute) and node.func.attr in replaced for node in called)


def chains(trace: Trace, path: Path, wide_kernels: bool = False) -> Iterator[Pair]:
    """The pairs of a run that are not plainly meant: see the rule page for what speaks for a factorisation."""
    if not trace.complete:
        return
    yield from _applied(trace, path, wide_kernels)
    yield from _held(trace, path, wide_kernels)


def _applied(trace: Trace, path: Path, wide_kernels: bool) -> Iterator[Pair]:
    readers = uses(trace)
    through_container = {
        event.where.site
        for event in trace.events
        if isinstance(event, Call) and event.op is None and isinstance(event.callee, Module)
    }
    for index, event in enumerate(trace.events):
        if not isinstance(event, Call) or event.layer is None or not is_affine(event.layer, wide_kernels):
            continue
        found = _before(trace, index, event)
        if found is None or not isinstance(event.result, Tensor):
            continue
        first, way = found
        if first.layer is None or not is_affine(first.layer, wide_kernels):
            continue
        if any(len(readers.get(number, ())) != 1 for number in way):
            continue
        reshaped = any(_reshapes(trace, number) for number in way)
        if not same_kind(first.layer, event.layer, reshaped) or not padding_free(event.layer, wide_kernels):
            continue
        if _into_attention(trace, readers, event.result) or _trained_apart(first, event):
            continue
        if not _of_one_module(trace, first, event) or _used_apart(trace, first, event):
            continue
        if _meant(first.layer, event.layer, path, trace, first, event):
            continue
        both = conjoin(first.where.condition, event.where.condition)
        if both is None:
            continue
        yield Pair(
            first.layer.site if first.where.site in through_container else first.where.site,
            event.layer.site if event.where.site in through_container else event.where.site,
            event.where.site in through_container,
            kind_of(event.layer),
            in_words(first.layer, event.layer),
            both,
        )


def _before(trace: Trace, index: int, event: Call) -> tuple[Call, tuple[int, ...]] | None:
    """The one call whose result, seen through what is affine, a layer is applied to; not the same layer's."""
    source = input_of(event)
    if source is None:
        return None
    found = producers(trace, source, _transparent)
    if len(found) == 1:
        return found[0] if found[0][0].module != event.module else None
    return (event, ()) if event.where.loop and _carries_itself(trace, index, event, source) else None


def _carries_itself(trace: Trace, index: int, event: Call, source: Tensor) -> bool:
    """In a loop over layers that look alike: each is applied to what the one before it gave, and that is all."""
    owners = [each for each in trace.heap.values() if isinstance(each, ModuleObject) and each.element == event.module]
    merged = trace.events[source.event] if 0 <= source.event < len(trace.events) else None
    if not owners or not isinstance(merged, Merge) or len(merged.options) != 2:
        return False
    carried = trace.events[merged.options[1][1].event]
    if not isinstance(carried, Argument) or not carried.label.endswith(CARRIED):
        return False
    edge = next((each for each in trace.events[index:] if isinstance(each, LoopEdge)), None)
    if edge is None or len(edge.values) != 1 or not isinstance(edge.values[0], Tensor):
        return False
    return [call for call, _ in producers(trace, edge.values[0], _transparent)] == [event]


def _held(trace: Trace, path: Path, wide_kernels: bool) -> Iterator[Pair]:
    """Neighbours in a Sequential that this run builds and does not apply."""
    applied = {e.module for e in trace.events if isinstance(e, Call) and e.op is None and e.module is not None}
    for event in trace.events:
        if not isinstance(event, Call) or event.callee != External("torch.nn.Sequential"):
            continue
        if not isinstance(event.result, Module) or event.result in applied:
            continue
        before: tuple[Value, ModuleObject] | None = None
        for child in _entries(trace, event.result):
            layer = trace.heap.get(child.ref) if isinstance(child, Module) else None
            if not isinstance(layer, ModuleObject):
                before = None
            elif is_affine(layer, wide_kernels):
                if before is not None and before[0] != child and _collapse(before[1], layer, path, wide_kernels):
                    widths = in_words(before[1], layer)
                    yield Pair(before[1].site, layer.site, True, kind_of(layer), widths, event.where.condition)
                before = child, layer
            elif not passes(layer):
                before = None


def _entries(trace: Trace, value: Value, depth: int = 0) -> Iterator[Value]:
    """What a Sequential applies in order, Sequentials in it opened; something unknown where it is not known."""
    holder = trace.heap.get(value.ref) if isinstance(value, Module) else None
    if not isinstance(holder, ModuleObject) or holder.cls != External("torch.nn.Sequential") or depth > 4:
        yield value
    elif holder.children is not None and not holder.open:
        for _, child in holder.children:
            yield from _entries(trace, child, depth + 1)
    else:
        yield Constant(None)


def _collapse(before: ModuleObject, layer: ModuleObject, path: Path, wide_kernels: bool) -> bool:
    if not same_kind(before, layer, False) or not padding_free(layer, wide_kernels) or FROZEN in before.args:
        return False
    return not factorised(before, layer, path)


# ------------------------------------------------------------------------------------------------------- what is affine


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
    return normalises(op.qualname)


def _reshapes(trace: Trace, number: int) -> bool:
    """Whether a tensor on the way is the result of a reshape."""
    return any(
        isinstance(event, Call)
        and event.op is not None
        and event.op.kind == "reshape"
        and isinstance(event.result, Tensor)
        and event.result.number == number
        for event in trace.events
    )


# -------------------------------------------------------------------------------------------------------- what is meant


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


def _trained_apart(first: Call, second: Call) -> bool:
    """Whether the first layer is kept as it is while the second learns."""
    assert first.layer is not None
    return FROZEN in first.layer.args or first.where.grad != second.where.grad


def _of_one_module(trace: Trace, first: Call, second: Call) -> bool:
    """Whether one module of the project applies both, or both are the same layer of modules that follow each other.

    Where two modules meet, each has its own reason to end or begin with a projection.
    """
    if _applier(trace, first) == _applier(trace, second):
        return True
    assert first.layer is not None and second.layer is not None
    return first.layer.site == second.layer.site


def _applier(trace: Trace, call: Call) -> Module | None:
    """The innermost module of the project in whose forward a call is made; None for the run's own function."""
    found: Module | None = None
    depth = 0
    index = next(number for number, event in enumerate(trace.events) if event is call)
    for event in trace.events[index + 1 :]:
        if not isinstance(event, Call) or event.op is not None or event.module is None:
            continue
        around = (*event.where.stack, event.where.site)
        if len(around) <= depth or call.where.stack[: len(around)] != around:
            continue
        holder = trace.heap.get(event.module.ref)
        if isinstance(holder, ModuleObject) and isinstance(holder.cls, Class):
            found, depth = event.module, len(around)
    return found if found != trace.receiver else None


def _used_apart(trace: Trace, first: Call, second: Call) -> bool:
    """Whether one of the layers is also applied without the other: it then has a meaning of its own."""
    if first is second:
        return False
    for event in trace.events:
        if not isinstance(event, Call) or event.module is None or event.op is None:
            continue
        if event.module == second.module and event is not second:
            source = input_of(event)
            found = [] if source is None else producers(trace, source, _transparent)
            if [call.module for call, _ in found] != [first.module]:
                return True
        if event.module == first.module and event is not first and not _feeds(trace, event, second):
            return True
    return False


def _feeds(trace: Trace, first: Call, second: Call) -> bool:
    """Whether some call of the second's layer is applied to what this call of the first gave."""
    for event in trace.events:
        if isinstance(event, Call) and event.op is not None and event.module == second.module:
            source = input_of(event)
            if source is not None and any(call is first for call, _ in producers(trace, source, _transparent)):
                return True
    return False


def _meant(first: ModuleObject, second: ModuleObject, path: Path, trace: Trace, call: Call, last: Call) -> bool:
    """Whether something speaks for a factorisation on purpose."""
    said = factorised(first, second, path) if call is not last else first.args.get("bias") == Constant(False)
    if said is None:
        return _is_output(trace, last) and not _from_argument(trace, call)
    return said


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
