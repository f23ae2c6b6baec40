"""ACT302: an activation over another one, to no purpose or to its harm."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model.conditions import stated
from actlint.model.places import words
from actlint.model.program import Context, FileView
from actlint.model.removal import removal
from actlint.model.stacked import stacked
from actlint.rule import Finding, Note, rule


@rule("ACT302")
def consecutive_activations(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the outer of two activations, with the place of the inner one."""
    for pair in stacked(unit):
        conditions = stated(pair.condition)
        inner, outer = pair.places
        if conditions is None or inner == outer:
            continue
        first, second = words(ctx, inner, pair.inner), words(ctx, outer, pair.outer)
        drop = (outer, pair.outer) if pair.outcome.drop == "outer" else (inner, pair.inner)
        yield Finding(
            outer.site,
            f"{second} is applied to the output of {first} with nothing between: it {pair.outcome.effect}",
            label=f"after {first}",
            notes=(Note(inner.site, f"{first} comes first"),),
            conditions=conditions,
            fix=removal(unit, *drop) if pair.alone else None,
        )
