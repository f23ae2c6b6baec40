"""Biases that the normalisation after their layer takes out again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import Site
from actlint.model.dense import joined_widths, normalises
from actlint.model.events import Call, Trace
from actlint.model.flow import input_of, producers
from actlint.model.places import Place, layout
from actlint.model.program import FileView
from actlint.model.state import conjoin
from actlint.model.values import Condition, Constant, External, Tensor
from actlint.torchapi.activations import named


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A layer with a bias, and the normalisation that all its calls lead into."""

    layer: Call
    norm: Call
    place: Place
    condition: Condition


def cancelled(unit: FileView) -> Iterator[Cancelled]:
    """Those whose layer is built in the file: none where any call of it, or of another layer that the same place
    builds, goes elsewhere.
    """
    runs = [(trace, _into_norms(trace)) for trace in unit.flows() if trace.complete]
    found = [each for trace, into in runs for each in _in_run(unit, trace, into)]
    sites = {each.layer.layer.site for each in found if each.layer.layer is not None}
    kept = {site for trace, into in runs if sites for site in _used_otherwise(trace, into, sites)}
    yield from (each for each in found if each.layer.layer is None or each.layer.layer.site not in kept)


def _used_otherwise(trace: Trace, into: dict[int, tuple[Call, Call]], sites: set[Site]) -> Iterator[Site]:
    """The places of those whose layers something else than a normalisation computes with."""
    plan = None
    for event in trace.events:
        if not isinstance(event, Call) or event.layer is None or event.layer.site not in sites or id(event) in into:
            continue
        plan = plan or layout(trace)
        readers = plan.readers(event.result.number) if isinstance(event.result, Tensor) else ()
        if any(isinstance(trace.events[reader], Call) for reader in readers):
            yield event.layer.site


def _into_norms(trace: Trace) -> dict[int, tuple[Call, Call]]:
    """The calls of layers that nothing but a normalisation reads, each with that."""
    into: dict[int, tuple[Call, Call]] = {}
    if not any(_is_norm(event) for event in trace.events):
        return into
    plan = layout(trace)
    for event in trace.events:
        if isinstance(event, Call) and _is_norm(event):
            source = input_of(event)
            made = [] if source is None else producers(trace, source, _is_identity)
            if len(made) == 1 and all(len(plan.readers(number)) == 1 for number in made[0][1]):
                into[id(made[0][0])] = (made[0][0], event)
    return into


def _in_run(unit: FileView, trace: Trace, into: dict[int, tuple[Call, Call]]) -> Iterator[Cancelled]:
    plan = layout(trace) if into else None
    for layer, norm in into.values() if plan is not None else ():
        found = layer.layer
        if plan is None or found is None or found.site.path != unit.path or not isinstance(found.cls, External):
            continue
        calls = [e for e in trace.events if isinstance(e, Call) and e.op is not None and e.module == layer.module]
        both = conjoin(layer.where.condition, norm.where.condition)
        sure = all(id(call) in into for call in calls) and _has_bias(layer) and _takes_out(layer, norm)
        if sure and both is not None:
            yield Cancelled(layer, norm, plan.place(norm), both)


def _is_norm(event: object) -> bool:
    if not isinstance(event, Call) or event.op is None:
        return False
    return normalises(event.op.qualname) or named(event.op) == "instance_norm"


def _is_identity(call: Call) -> bool:
    return call.op is not None and call.op.kind == "identity"


def _has_bias(call: Call) -> bool:
    settings = call.layer.args if call.layer is not None else {}
    return settings.get("bias") == Constant(True) and "*" not in settings


def _takes_out(layer: Call, norm: Call) -> bool:
    """The normalisation subtracts a mean of its own for each of the layer's outputs."""
    if layer.op is None or layer.op.kind != "affine" or norm.op is None or layer.layer is None or norm.layer is None:
        return False
    if named(layer.op) == "linear":
        return normalises(norm.op.qualname) and joined_widths(layer.layer, norm.layer)
    return named(layer.op).startswith("conv")
