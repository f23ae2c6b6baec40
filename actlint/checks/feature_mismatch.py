"""ACT501: a layer gets another number of features than it was made for."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model import mismatch
from actlint.model.mismatch import Mismatch
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT501")
def feature_mismatch(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report calls of layers whose input has another last dimension than the layer takes."""
    for found in mismatch.mismatches(unit):
        if found.what == "features" and found.flat is None:
            yield finding(unit, found)


def finding(unit: FileView, found: Mismatch) -> Finding:
    """The finding at the call, or where the layer is built if a container calls it."""
    layer = mismatch.layer_text(unit, found)
    applied = mismatch.applied(unit, found)
    made = f"`{layer}` takes" if applied != layer else "it takes"
    notes = []
    if found.built is not None and found.built != found.site:
        notes.append(Note(found.built, f"made for {found.wanted} {found.what}"))
    producer = mismatch.made_by(unit, found)
    if producer is not None:
        notes.append(Note(*producer))
    return Finding(
        found.site,
        f"`{applied}` gets {found.found} {found.what}, and {made} {found.wanted}: the call raises a RuntimeError",
        label=f"{found.found} {found.what}, not {found.wanted}",
        notes=tuple(notes),
        conditions=found.conditions,
        fix=mismatch.take_what_comes(unit, found),
        severity=None if found.conditions else "error",
    )
