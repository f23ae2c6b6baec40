"""ACT308: a softmax between two affine layers."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model.conditions import stated
from actlint.model.pinched import pinched
from actlint.model.places import words
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT308", default=False)
def softmax_in_hidden_layer(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the softmax, with the layers before and after it."""
    for found in pinched(unit):
        conditions = stated(found.condition)
        if conditions is None:
            continue
        softmax, before, after = (words(ctx, place, call) for place, call in found.steps)
        yield Finding(
            found.steps[0][0].site,
            f"{softmax} stands between {before} and {after}: its outputs add up to 1, so that the wider the layer is, "
            "the less of each feature and of its gradient is left",
            label="a softmax as a hidden activation",
            notes=(Note(found.steps[1][0].site, "the layer before"), Note(found.steps[2][0].site, "the layer after")),
            conditions=conditions,
        )
