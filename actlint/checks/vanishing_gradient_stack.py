"""ACT306: a deep stack of sigmoids."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Attribute
from actlint.facts import Call as CallNode
from actlint.intents import Intent, Repair, Replace
from actlint.model.conditions import stated
from actlint.model.events import Call
from actlint.model.places import Place, words
from actlint.model.program import Context, FileView
from actlint.model.saturating import Stack, stacks
from actlint.model.values import ForeignMethod
from actlint.rule import Finding, Note, rule
from actlint.torchapi.activations import named


@rule("ACT306")
def vanishing_gradient_stack(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the last activation of the stack, with the place of the first."""
    for found in stacks(unit, ctx):
        (first, call), (last, end) = found.steps[0], found.steps[-1]
        name = "hardsigmoid" if end.op is not None and named(end.op) == "hardsigmoid" else "sigmoid"
        again = first == last
        slope = "a sixth" if name == "hardsigmoid" else "a quarter"
        own, begins = words(ctx, last, end), words(ctx, first, call)
        far = "the first of these layers" if own == begins else f"the layers before {begins}"
        yield Finding(
            last.site,
            f"{own} is the last of {len(found.steps)} {name}s, each after an affine layer: the slope "
            f"is at most {slope}, so that hardly any gradient reaches {far}",
            label=f"{len(found.steps)} in a row",
            notes=_built(last, end) if again else (Note(first.site, "the first of them"),),
            conditions=stated(end.where.condition) or (),
            fix=_fix(unit, found),
        )


def _built(place: Place, call: Call) -> tuple[Note, ...]:
    """Where the last one is built: its call stands in a block of which there are several."""
    return () if call.layer is None or call.layer.site == place.site else (Note(call.layer.site, "built here"),)


def _fix(unit: FileView, found: Stack) -> Repair | None:
    """ReLU in place of all but the last, which may be there for its range."""
    edits: list[Intent] = []
    for place, call in found.steps[:-1]:
        edit = _relu(unit, place, isinstance(call.callee, ForeignMethod)) if found.own else None
        if edit is None:
            return None
        edits.append(edit)
    return Repair("use ReLU in the hidden layers", "unsafe", tuple(edits))


def _relu(unit: FileView, place: Place, method: bool) -> Intent | None:
    node = unit.node(place.site) if place.site.path == unit.path else None
    if not isinstance(node, CallNode):
        return None
    if place.built:
        layer = unit.spell("torch.nn.ReLU", place.site)
        return None if layer is None else Replace(place.site, (layer, "()"))
    if method:
        func = node.func
        return (
            Replace(unit.site(place.site, func), (unit.site(place.site, func.value), ".relu"))
            if isinstance(func, Attribute)
            else None
        )
    function = unit.spell("torch.relu", place.site)
    if function is None or len(node.args) != 1:
        return None
    return Replace(unit.site(place.site, node.func), (function,))
