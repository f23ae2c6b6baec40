"""Stacks of affine layers with a saturating activation after each, in which gradients vanish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.model.conditions import WORLD
from actlint.model.dense import keeps
from actlint.model.events import Call, Trace
from actlint.model.flow import input_of, producers
from actlint.model.layers import HOOKED
from actlint.model.places import Layout, Place, layout
from actlint.model.program import Context, FileView, view
from actlint.model.values import Class
from actlint.torchapi.activations import SATURATING, named

DEPTH = 4
"""Layers in a row from which on the first learns next to nothing: the slope of each is at most a quarter."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The activations of a stack in the order of the data, each with its place; `own`: each place has one call."""

    steps: tuple[tuple[Place, Call], ...]
    own: bool


def stacks(unit: FileView, ctx: Context) -> Iterator[Stack]:
    """The longest stacks of the file's runs whose last activation stands in it, where no weights are set by hand."""
    for trace in unit.flows():
        if not trace.complete or sum(_saturates(event) for event in trace.events) < DEPTH:
            continue
        plan = layout(trace)
        for chain in _chains(plan):
            steps = tuple((plan.place(call), call) for call in chain)
            if steps[-1][0].site.path == unit.path and not _initialised(unit, ctx, trace):
                every = [
                    plan.place(event) for event in trace.events if isinstance(event, Call) and event.op is not None
                ]
                yield Stack(steps, all(every.count(place) == 1 for place, _ in steps))


def _chains(plan: Layout) -> Iterator[list[Call]]:
    """Those that no longer one contains."""
    found: dict[int, list[Call]] = {}
    for event in plan.trace.events:
        if not isinstance(event, Call) or not _saturates(event) or not _always(event):
            continue
        layer = _only(plan, event)
        if layer is None or layer.layer is None or layer.op is None or layer.op.kind != "affine":
            continue
        if HOOKED in layer.layer.args:
            continue
        before = _only(plan, layer)
        chain = found.pop(id(before), []) if before is not None else []
        found[id(event)] = [*chain, event]
    yield from (chain for chain in found.values() if len(chain) >= DEPTH)


def _only(plan: Layout, call: Call) -> Call | None:
    """The one call that makes a call's input, which nothing else reads: no residual leads past it."""
    source = input_of(call)
    made = [] if source is None else producers(plan.trace, source, _between)
    if len(made) != 1 or any(len(plan.readers(number)) != 1 for number in made[0][1]):
        return None
    return made[0][0]


def _always(call: Call) -> bool:
    """Whether the call depends on nothing but on how the model is built."""
    return all(test.guard or test.key.startswith(WORLD) for test in call.where.condition)


def _saturates(event: object) -> bool:
    return isinstance(event, Call) and event.op is not None and named(event.op) in SATURATING


def _between(call: Call) -> bool:
    return keeps(call) or (call.op is not None and call.op.kind == "pooling")


def _initialised(unit: FileView, ctx: Context, trace: Trace) -> bool:
    """Whether the file, or one that builds the class, sets weights by hand."""
    paths = {unit.path, *(ctx.built_in(trace.owner) if isinstance(trace.owner, Class) else ())}
    return any(_sets_weights(view(ctx.program, path)) for path in sorted(paths))


def _sets_weights(unit: FileView) -> bool:
    if any(reference.qualname.startswith("torch.nn.init") for reference in unit.references()):
        return True
    texts = [chunk.text for chunk in unit.file.facts.chunks]
    return any(word in text for text in texts for word in (".apply(", ".weight.data", ".weight)", "load_state_dict"))
