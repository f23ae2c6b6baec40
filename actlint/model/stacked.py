"""Two activations in a row: which follows which, and whether the outer one is pointless or does harm there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint import torchapi
from actlint.model.dense import keeps
from actlint.model.events import Argument, Call, Trace
from actlint.model.flow import input_of, producers
from actlint.model.places import Layout, Place, layout
from actlint.model.program import FileView
from actlint.model.state import conjoin
from actlint.model.values import Condition, Constant, Module, Tensor, Value
from actlint.model.weights import weighs
from actlint.torchapi.activations import OUTCOMES, Outcome, named

_SOFTMAX = ("softmax", "log_softmax")


@dataclass(frozen=True, slots=True)
class Stacked:
    """`outer` is applied to what `inner` gives; `alone`: each of the two calls is made at its place only once."""

    inner: Call
    outer: Call
    places: tuple[Place, Place]
    outcome: Outcome
    condition: Condition
    alone: bool


def stacked(unit: FileView) -> Iterator[Stacked]:
    """Those of a file: an outer place is told of only if all its calls, in all runs, are to no purpose."""
    found: dict[Place, list[Stacked | None]] = {}
    for trace in unit.flows():
        calls = [(i, e) for i, e in enumerate(trace.events) if isinstance(e, Call) and _is_activation(e)]
        if not calls or not trace.complete:
            continue
        plan = layout(trace)
        places = [plan.place(call) for _, call in calls]
        for (index, call), place in zip(calls, places, strict=True):
            if place.site.path == unit.path and not _starts(trace, call):
                found.setdefault(place, []).append(_pair(plan, index, call, place, places))
    for entries in found.values():
        pairs = [entry for entry in entries if entry is not None]
        if len(pairs) == len(entries):
            yield min(pairs, key=lambda pair: len(pair.condition))


def _is_activation(call: Call) -> bool:
    return call.op is not None and call.op.kind in ("activation", "softmax")


def _starts(trace: Trace, call: Call) -> bool:
    """Whether a function, run on its own, begins with the call: what its callers hand over says more."""
    source = input_of(call)
    made = trace.events[source.event] if source is not None and 0 <= source.event < len(trace.events) else None
    return not call.where.stack and (source is None or isinstance(made, Argument))


def _pair(plan: Layout, index: int, outer: Call, place: Place, places: list[Place]) -> Stacked | None:
    source = input_of(outer)
    if source is None or outer.op is None:
        return None
    for through in (keeps, _keeps_sign):
        made = producers(plan.trace, source, through)
        if made and all(_is_activation(call) for call, _ in made):
            break
    else:
        return None
    verdicts = {_outcome(plan, outer, inner, way, pooled=through is _keeps_sign) for inner, way in made}
    outcome = verdicts.pop()
    inner = made[0][0]
    around = plan.around(outer, index)
    if outcome is None or verdicts or any(_inner_modules(plan, call)[: len(around)] != around for call, _ in made):
        return None
    both = conjoin(inner.where.condition, outer.where.condition) if len(made) == 1 else outer.where.condition
    if both is None:
        return None
    inner_place = plan.place(inner)
    alone = len(made) == 1 and places.count(place) == 1 == places.count(inner_place)
    return Stacked(inner, outer, (inner_place, place), outcome, both, alone)


def _inner_modules(plan: Layout, call: Call) -> tuple[Module, ...]:
    index = next(number for number, event in enumerate(plan.trace.events) if event is call)
    return plan.around(call, index)


def _keeps_sign(call: Call) -> bool:
    """Whether values that are not negative stay so, and none becomes larger than all were."""
    return keeps(call) or (call.op is not None and call.op.kind == "pooling" and "lp_" not in named(call.op))


def _outcome(plan: Layout, outer: Call, inner: Call, way: tuple[int, ...], *, pooled: bool) -> Outcome | None:
    assert outer.op is not None and inner.op is not None
    names = named(outer.op), named(inner.op)
    outcome = OUTCOMES.get(names)
    if outcome is None or not _as_tabulated(outer) or not _as_tabulated(inner):
        return None
    if names[0] in _SOFTMAX and names[1] in _SOFTMAX and _dim(outer) != _dim(inner):
        return None
    if outcome.kind == "same":
        return None if pooled and not (names[1] in ("relu", "relu6") and "softmax" not in names[0]) else outcome
    if pooled or any(len(plan.readers(number)) != 1 for number in way):
        return None
    if names[0] in _SOFTMAX and names[1] not in _SOFTMAX:
        return None if not isinstance(outer.result, Tensor) or weighs(plan, outer.result) else outcome
    return outcome


def _setting(call: Call, name: str) -> Value | None:
    return (dict(call.args) if call.layer is None else call.layer.args).get(name)


def _dim(call: Call) -> Value | None:
    if call.op is not None and call.op.qualname == "torch.nn.Softmax2d":
        return Constant(-3)
    return _setting(call, "dim")


def _as_tabulated(call: Call) -> bool:
    """Whether the activation has the shape that the table speaks of: default bounds, slopes that are no negative."""
    defaults = {param.name: param.default for param in call.op.params} if call.op is not None else {}
    for name in ("min_val", "max_val", "threshold", "value"):
        value = _setting(call, name)
        if value is not None and value != Constant(defaults.get(name)):
            return False
    slope = _setting(call, "negative_slope")
    if isinstance(slope, Constant) and isinstance(slope.value, (int, float)):
        return 0 <= slope.value < 1
    return slope is None or call.op is None or torchapi.canonical(call.op.qualname) != "torch.nn.functional.threshold"
