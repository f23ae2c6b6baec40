"""ACT311: a bias that the following normalisation cancels."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Call as CallNode
from actlint.intents import Repair, SetArgument
from actlint.model.cancelled import cancelled
from actlint.model.conditions import stated
from actlint.model.places import words
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT311", default=False)
def bias_before_norm(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the constructor of the layer, with the place of the normalisation."""
    for found in cancelled(unit):
        conditions, layer = stated(found.condition), found.layer.layer
        node = unit.node(layer.site) if layer is not None else None
        if conditions is None or layer is None or not isinstance(node, CallNode):
            continue
        norm = words(ctx, found.place, found.norm)
        starred = any(argument.star for argument in node.args)
        edit = SetArgument(layer.site, "bias", ("False",))
        yield Finding(
            layer.site,
            f"the bias of `{unit.text(node)}` is taken out again by {norm}, which subtracts the mean: it has no "
            "effect, and its gradient is zero",
            label="a bias to no purpose",
            notes=(Note(found.place.site, "normalised here"),),
            conditions=conditions,
            fix=None
            if starred
            else Repair("build it with `bias=False`", "unsafe", (edit,), checkpoint_compatible=False),
        )
