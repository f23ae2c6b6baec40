"""Losses that take logits, and activations that clip or squash what reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, inf

from actlint.model.dense import keeps
from actlint.model.events import Call
from actlint.model.flow import input_of, producers
from actlint.model.places import Layout, Place, layout
from actlint.model.program import FileView
from actlint.model.state import conjoin
from actlint.model.values import Condition
from actlint.torchapi.activations import CLIPS, RANGES, SIGMOID_LOSSES, SOFTMAX_LOSSES, named


@dataclass(frozen=True, slots=True)
class Clipped:
    """The scores that `loss` gets are what `activation` gives, which has the `effect`.

    `alone`: each of the two is called at its place only once in the run.
    """

    activation: Call
    loss: Call
    place: Place
    where: Place
    effect: str
    condition: Condition
    alone: bool


def clipped(unit: FileView) -> Iterator[Clipped]:
    """Those where the activation, or else the loss, stands in the file."""
    for trace in unit.flows():
        losses = [e for e in trace.events if isinstance(e, Call) and e.op is not None and e.op.kind == "loss"]
        plan = layout(trace) if losses else Layout(trace)
        for loss in losses:
            found = _of(plan, loss)
            if found is not None and unit.path in (found.place.site.path, found.where.site.path):
                yield found


def _of(plan: Layout, loss: Call) -> Clipped | None:
    assert loss.op is not None
    name, scores = named(loss.op), input_of(loss)
    made = [] if scores is None else producers(plan.trace, scores, _hands_on)
    if name == "nll_loss" and made and all(_is(call, "log_softmax") for call, _ in made):
        name = "cross_entropy"
        inner = [input_of(call) for call, _ in made]
        made = [pair for source in inner if source is not None for pair in producers(plan.trace, source, _hands_on)]
    effects = {_effect(name, call) for call, _ in made}
    if len(effects) != 1 or (effect := effects.pop()) is None:
        return None
    call = made[0][0]
    both = conjoin(call.where.condition, loss.where.condition)
    if both is None:
        return None
    place = plan.place(call)
    same = [e for e in plan.trace.events if isinstance(e, Call) and e.op is not None and plan.place(e) == place]
    return Clipped(call, loss, place, plan.place(loss), effect, both, len(same) == 1)


def _is(call: Call, name: str) -> bool:
    return call.op is not None and named(call.op) == name


def _hands_on(call: Call) -> bool:
    """A reshape, a cast, dropout; or a part of the values is taken."""
    return keeps(call) or (call.op is not None and call.op.qualname.rpartition(".")[2] in ("select", "narrow"))


def _effect(loss: str, call: Call) -> str | None:
    """What it does to the scores that a loss gets; None where it does no harm, or another rule tells of it."""
    if call.op is None or call.op.kind != "activation":
        return None
    name = named(call.op)
    low, high = RANGES.get(name, (-inf, inf))
    if loss in SOFTMAX_LOSSES and name in CLIPS:
        if high < inf:
            return f"no score leaves {low:g} to {high:g}, and no probability comes near 1"
        return "scores that would be negative are all alike, and get no gradient"
    if loss in SIGMOID_LOSSES and name not in ("sigmoid", "logsigmoid") and low >= -1:
        least, most = (1 / (1 + exp(-bound)) if abs(bound) < inf else float(bound > 0) for bound in (low, high))
        if high < inf and low > -inf:
            return f"every probability lies between {least:.2f} and {most:.2f}"
        return f"no probability is less than {least:.2f}"
    return None
