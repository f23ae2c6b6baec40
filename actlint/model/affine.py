"""Chains of affine layers: which two layers of a run are together one affine map, and whether that may be meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint import torchapi
from actlint.facts import Call as CallNode
from actlint.facts import For, Site
from actlint.model import purpose
from actlint.model.dense import (
    FROZEN,
    Path,
    factorised,
    in_words,
    is_affine,
    kind_of,
    passes,
    same_kind,
    transparent,
)
from actlint.model.events import Argument, Call, LoopEdge, Merge, Trace
from actlint.model.flow import input_of, producers, uses
from actlint.model.program import FileView
from actlint.model.state import ModuleObject, conjoin
from actlint.model.tensors import CARRIED
from actlint.model.values import Condition, Constant, External, Module, Tensor, Value


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
    return any(torchapi.is_module_class(r.qualname) for r in unit.references_at(target))


def names(unit: FileView, site: Site, qualname: str) -> bool:
    """Whether an expression is a reference to something outside the project."""
    return any(r.qualname == qualname for r in unit.references_at(site))


def chains(unit: FileView, trace: Trace, path: Path, wide_kernels: bool = False) -> Iterator[Pair]:
    """The pairs of a run that are not plainly meant: see the rule page for what speaks for a factorisation."""
    if not trace.complete:
        return
    yield from _applied(trace, path, wide_kernels)
    yield from _held(unit, trace, path, wide_kernels)


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
        found = _before(trace, path, index, event)
        if found is None or not isinstance(event.result, Tensor):
            continue
        first, way = found
        if first.layer is None or not is_affine(first.layer, wide_kernels):
            continue
        if any(len(readers.get(number, ())) != 1 for number in way):
            continue
        if not same_kind(first.layer, event.layer, any(_reshapes(trace, number) for number in way)):
            continue
        if purpose.into_attention(trace, readers, event.result) or purpose.trained_apart(first, event):
            continue
        if not purpose.of_one_module(trace, first, event) or purpose.used_apart(trace, first, event):
            continue
        seam = first.where.site != event.where.site and {first.where.site, event.where.site} <= through_container
        if purpose.meant(first, event, path, trace, seam=seam):
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


def _before(trace: Trace, path: Path, index: int, event: Call) -> tuple[Call, tuple[int, ...]] | None:
    """The one call whose result, seen through what is affine, a layer is applied to; not the same layer's."""
    source = input_of(event)
    if source is None:
        return None
    found = producers(trace, source, transparent)
    if len(found) == 1:
        return found[0] if found[0][0].module != event.module else None
    if not event.where.loop or not _carries_itself(trace, index, event, source):
        return None
    loops = [node for node in path(event.where.site) if isinstance(node, For)]
    return (event, ()) if loops and len(loops[-1].body) == 1 else None


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
    return [call for call, _ in producers(trace, edge.values[0], transparent)] == [event]


def _held(unit: FileView, trace: Trace, path: Path, wide_kernels: bool) -> Iterator[Pair]:
    """Neighbours in a Sequential that this run builds and does not apply."""
    applied = {e.module for e in trace.events if isinstance(e, Call) and e.op is None and e.module is not None}
    for event in trace.events:
        if not isinstance(event, Call) or event.callee != External("torch.nn.Sequential"):
            continue
        if not isinstance(event.result, Module) or event.result in applied:
            continue
        before: tuple[Value, ModuleObject] | None = None
        reshaped = False
        for child in _entries(trace, event.result):
            layer = trace.heap.get(child.ref) if isinstance(child, Module) else None
            if not isinstance(layer, ModuleObject):
                before = None
            elif is_affine(layer, wide_kernels):
                pair = before is not None and before[0] != child and _collapse(before[1], layer, reshaped, path)
                if before is not None and pair and not _is_list(unit, trace, event.result):
                    widths = in_words(before[1], layer)
                    yield Pair(before[1].site, layer.site, True, kind_of(layer), widths, event.where.condition)
                before, reshaped = (child, layer), False
            elif layer.cls == External("torch.nn.Flatten"):
                reshaped = True
            elif not passes(layer):
                before = None


def _is_list(unit: FileView, trace: Trace, holder: Module) -> bool:
    """Whether the layers of a Sequential are called one by one, by what knows the objects of this run."""
    runs = [each for each in unit.traces() if each is trace or each.made_by is trace]
    called = {event.module for each in runs for event in each.events if isinstance(event, Call)}
    return holder not in called and any(child in called for child in _entries(trace, holder))


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


def _collapse(before: ModuleObject, layer: ModuleObject, reshaped: bool, path: Path) -> bool:
    return same_kind(before, layer, reshaped) and FROZEN not in before.args and not factorised(before, layer, path)


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
