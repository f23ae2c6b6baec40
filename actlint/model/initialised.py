"""Initialisations that are scaled for one nonlinearity, and the activation that really follows the layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import Argument, Constant, Site
from actlint.facts import Call as CallNode
from actlint.model import values
from actlint.model.conditions import stated
from actlint.model.dense import keeps
from actlint.model.events import Call, Read, Trace
from actlint.model.flow import input_of, producers
from actlint.model.program import ClassView, FileView
from actlint.model.show import dotted
from actlint.model.values import Module, Tensor
from actlint.torchapi.activations import GAINS, leaky_gain, named

_NEAR = 1.15
"""Gains that differ by less than this factor are as good as equal."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The call of `nn.init` at `site` is scaled for `meant`, and `follows` (at `activation`) comes after the layer.

    `literal` is the place where a `calculate_gain` names the nonlinearity.
    """

    site: Site
    node: CallNode
    meant: str
    follows: str
    activation: Call
    gains: tuple[float, float]
    literal: Site | None
    conditions: tuple[str, ...]


def mismatches(unit: FileView) -> Iterator[Mismatch]:
    """Those in the methods of the file's modules."""
    for view in unit.modules():
        after = _followers(view)
        for trace in view.traces:
            for event in trace.events:
                if isinstance(event, Call) and event.op is not None and event.op.kind == "init":
                    found = _of(unit, trace, event, after)
                    if found is not None:
                        yield found


def _of(unit: FileView, trace: Trace, event: Call, after: dict[Module, list[Call]]) -> Mismatch | None:
    site = event.where.site
    node, conditions = unit.node(site) if site.path == unit.path else None, stated(event.where.condition)
    if not isinstance(node, CallNode) or conditions is None:
        return None
    meant = _meant(unit, event, node)
    layer = _layer(trace, dict(event.args).get("tensor"))
    calls = after.get(layer, []) if layer is not None else [call for each in after.values() for call in each]
    names = {named(call.op) for call in calls if call.op is not None}
    if meant is None or len(names) != 1:
        return None
    follows = names.pop()
    wanted = leaky_gain(_slope(calls[0])) if follows == "leaky_relu" else GAINS.get(follows)
    name, given, literal = meant
    if wanted is None or max(given, wanted) / min(given, wanted) < _NEAR:
        return None
    return Mismatch(site, node, name, follows, calls[0], (given, wanted), literal, conditions)


def _followers(view: ClassView) -> dict[Module, list[Call]]:
    """The activations that each affine layer of the class leads into directly, in all of its runs."""
    found: dict[Module, list[Call]] = {}
    for trace in view.traces:
        for event in trace.events:
            if not isinstance(event, Call) or event.op is None or event.op.kind != "activation":
                continue
            source = input_of(event)
            for call, _ in [] if source is None else producers(trace, source, keeps):
                if call.op is not None and call.op.kind == "affine" and call.module is not None:
                    found.setdefault(call.module, []).append(event)
    return found


def _layer(trace: Trace, tensor: values.Value | None) -> Module | None:
    """The layer whose parameter a tensor is."""
    for event in trace.events:
        if isinstance(event, Read) and isinstance(tensor, Tensor) and event.value == tensor:
            return event.receiver if isinstance(event.receiver, Module) else None
    return None


def _meant(unit: FileView, event: Call, node: CallNode) -> tuple[str, float, Site | None] | None:
    """The nonlinearity that an initialisation names, its gain, and where a `calculate_gain` names it."""
    assert event.op is not None
    last, args = event.op.qualname.rpartition(".")[2], dict(event.args)
    if last.startswith("kaiming_"):
        name, slope = args.get("nonlinearity", values.Constant("leaky_relu")), args.get("a", values.Constant(0))
        if not isinstance(name, values.Constant) or not isinstance(slope, values.Constant):
            return None
        return _with_gain(str(name.value), slope.value, None)
    for argument in node.args if last.startswith("xavier_") else ():
        match argument.value:
            case CallNode(func=func, args=(Argument(value=Constant(value=str(text)) as literal), *rest)):
                slope_of = rest[0].value if rest else Constant(literal.ordinal, 0.01)
                if (dotted(func) or "").rpartition(".")[2] == "calculate_gain" and isinstance(slope_of, Constant):
                    return _with_gain(text, slope_of.value, unit.site(event.where.site, literal))
            case _:
                pass
    return None


def _with_gain(name: str, slope: object, literal: Site | None) -> tuple[str, float, Site | None] | None:
    if name == "leaky_relu":
        return (name, leaky_gain(float(slope)), literal) if isinstance(slope, (int, float)) else None
    return (name, GAINS[name], literal) if name in GAINS else None


def _slope(call: Call) -> float:
    value = (dict(call.args) if call.layer is None else call.layer.args).get("negative_slope")
    return float(value.value) if isinstance(value, values.Constant) and isinstance(value.value, (int, float)) else 0.01
