"""Softmax as an activation between two affine layers, outside of attention and gating."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.model.dense import keeps, transparent
from actlint.model.events import Call
from actlint.model.flow import input_of, producers
from actlint.model.places import Layout, Place, layout
from actlint.model.program import FileView
from actlint.model.purpose import into_attention
from actlint.model.state import conjoin
from actlint.model.values import Condition, Constant, Tensor
from actlint.torchapi.activations import named


@dataclass(frozen=True, slots=True)
class Pinched:
    """`steps` are the softmax, the layer before and the layer after, each with its place."""

    steps: tuple[tuple[Place, Call], ...]
    condition: Condition


def pinched(unit: FileView) -> Iterator[Pinched]:
    """Those whose softmax stands in the file."""
    for trace in unit.flows():
        if not trace.complete or not any(_is_softmax(event) for event in trace.events):
            continue
        plan = layout(trace)
        for after in trace.events:
            if not isinstance(after, Call) or not _is_layer(after):
                continue
            source = input_of(after)
            made = [] if source is None else producers(trace, source, keeps)
            if len(made) != 1 or not _is_softmax(made[0][0]):
                continue
            softmax, way = made[0]
            found = _steps(plan, softmax, after) if all(len(plan.readers(n)) == 1 for n in way) else None
            if found is not None and found.steps[0][0].site.path == unit.path:
                yield found


def _is_softmax(event: object) -> bool:
    return isinstance(event, Call) and event.op is not None and named(event.op) in ("softmax", "log_softmax")


def _is_layer(call: Call) -> bool:
    """An affine layer with a bias: one without is a table of vectors, which a softmax weighs."""
    affine = call.op is not None and call.op.kind == "affine" and call.layer is not None
    return affine and call.layer is not None and call.layer.args.get("bias", Constant(True)) == Constant(True)


def _steps(plan: Layout, softmax: Call, after: Call) -> Pinched | None:
    source = input_of(softmax)
    made = [] if source is None else producers(plan.trace, source, transparent)
    if len(made) != 1 or not _is_layer(made[0][0]) or not isinstance(softmax.result, Tensor):
        return None
    if isinstance(after.result, Tensor) and into_attention(plan.trace, plan.table, after.result):
        return None  # heads that talk to each other, before and after the softmax of their attention
    before = made[0][0]
    both = conjoin(softmax.where.condition, after.where.condition)
    steps = tuple((plan.place(call), call) for call in (softmax, before, after))
    return None if both is None else Pinched(steps, both)
