"""ACT303: an activation that clips or squashes the logits of a loss."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model.conditions import stated
from actlint.model.logits import clipped
from actlint.model.places import words
from actlint.model.program import Context, FileView
from actlint.model.removal import removal
from actlint.rule import Finding, Note, rule


@rule("ACT303")
def activation_on_logits(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the activation, or the loss where the activation is in another file."""
    for found in clipped(unit):
        conditions = stated(found.condition)
        if conditions is None:
            continue
        activation, loss = words(ctx, found.place, found.activation), words(ctx, found.where, found.loss)
        here = found.place.site.path == unit.path
        at, other = (found.place, found.where) if here else (found.where, found.place)
        yield Finding(
            at.site,
            f"{loss} takes logits, and gets what {activation} gives: {found.effect}",
            label="clips the logits" if here else "gets clipped logits",
            notes=(Note(other.site, "the loss" if here else "clips the logits"),),
            conditions=conditions,
            fix=removal(unit, found.place, found.activation) if found.alone and here else None,
        )
