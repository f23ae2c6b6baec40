"""ACT205: an in-place write to one of several views that belong together, or to elements that share memory."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model import overwrite
from actlint.model.backward import trains
from actlint.model.conditions import stated
from actlint.model.guards import expects
from actlint.model.outofplace import out_of_place
from actlint.model.overlapping import sharer
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT205", severity="error")
def inplace_on_shared_memory(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the write, and show where the views were made."""
    for over in overwrite.overwrites(unit):
        for hazard in over.write.hazards:
            conditions = stated(hazard.condition)
            if hazard.kind not in ("multiview", "expand") or conditions is None or not trains(hazard.condition):
                continue
            if expects(over.path, "RuntimeError") or overwrite.for_inference(unit, over):
                continue
            maker = sharer(over.trace, over.write.tensor)
            name = "" if maker is None else overwrite.name(unit, over.trace, maker)
            if hazard.kind == "expand":
                what, why = f"what `{name}` expanded", "several of its elements share memory"
            elif maker is not None:
                what, why = f"one of the views that `{name}` returns", "autograd lets nobody modify them"
            else:
                what = "a part of an unpacked tensor"
                why = "it is one of several views that autograd lets nobody modify"
            yield Finding(
                over.site,
                f"`{overwrite.text(unit, over)}` writes in place to {what}, and {why}: this raises a RuntimeError",
                label="written in place",
                notes=() if maker is None else (Note(maker.where.site, "the views are made here"),),
                conditions=conditions,
                fix=out_of_place(unit, over),
                severity="warning" if conditions else None,
            )
            break
