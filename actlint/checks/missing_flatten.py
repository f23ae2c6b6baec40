"""ACT503: pictures go into a Linear that was made for the flattened ones."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model import mismatch
from actlint.model.mismatch import Mismatch
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT503")
def missing_flatten(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the Linear, at its call, or where it is built if a container calls it."""
    for found in mismatch.mismatches(unit):
        if found.flat is not None:
            yield _proven(unit, found)
    for probable in mismatch.unflattened(unit):
        yield _probable(unit, probable)


def _proven(unit: FileView, found: Mismatch) -> Finding:
    applied, layer = mismatch.applied(unit, found), mismatch.layer_text(unit, found)
    built = found.built if found.built != found.site else None
    notes = () if built is None else (Note(built, f"made for {found.wanted} features"),)
    made = f"`{layer}` was" if applied != layer else "was"
    return Finding(
        found.site,
        f"`{applied}` gets a tensor of shape {found.shape}, and {made} made for the flattened one: "
        f"{found.wanted} features, where the last dimension has {found.found}, so that the call raises a RuntimeError",
        label="nothing has flattened it",
        notes=notes,
        conditions=found.conditions,
        fix=mismatch.flatten_first(unit, found),
        severity=None if found.conditions else "error",
    )


def _probable(unit: FileView, found: Mismatch) -> Finding:
    applied = mismatch.applied(unit, found)
    return Finding(
        found.site,
        f"`{applied}` takes {found.wanted} features, {found.found} channels times the size of the pictures, and gets "
        "the pictures as they are: it works on their last dimension, the width, and raises a RuntimeError",
        label="nothing has flattened them",
        conditions=found.conditions,
        fix=mismatch.flatten_first(unit, found),
    )
