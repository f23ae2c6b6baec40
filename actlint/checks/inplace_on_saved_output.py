"""ACT202: an in-place write to a tensor that its producer saved for backward."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model import overwrite
from actlint.model.backward import visited
from actlint.model.conditions import stated
from actlint.model.events import Call
from actlint.model.outofplace import out_of_place
from actlint.model.overwrite import Overwrite
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT202")
def inplace_on_saved_output(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the write, or where its in-place layer is built if a container calls both layers."""
    for over in overwrite.overwrites(unit):
        for hazard in over.write.hazards:
            saver = over.trace.events[hazard.event]
            if hazard.kind != "saved" or hazard.role != "output" or not isinstance(saver, Call):
                continue
            condition = visited(over.trace, hazard.condition).get(hazard.event)
            conditions = stated(condition) if condition is not None else None
            if conditions is not None:
                yield _finding(unit, over, saver, conditions)
                break


def _finding(unit: FileView, over: Overwrite, saver: Call, conditions: tuple[str, ...]) -> Finding:
    written = overwrite.name(unit, over.trace, over.call)
    shown = overwrite.text(unit, over)
    producer = overwrite.name(unit, over.trace, saver)
    at, notes = over.site, _notes(unit, over, saver, producer)
    if over.call.layer is not None and saver.where.site == over.site and overwrite.built(unit, over.call) is not None:
        at = over.call.layer.site
        shown = written
        notes = (*notes, Note(over.site, "both run here"))
    return Finding(
        at,
        f"`{shown}` overwrites the output of `{producer}`, which autograd saved to compute its gradient: "
        "backward raises a RuntimeError",
        label="overwritten in place",
        notes=notes,
        conditions=conditions,
        fix=out_of_place(unit, over),
        severity=None if conditions else "error",
    )


def _notes(unit: FileView, over: Overwrite, saver: Call, producer: str) -> tuple[Note, ...]:
    notes: list[Note] = []
    site = saver.where.site
    if saver.layer is not None and site == over.site:
        site = saver.layer.site
    notes.append(Note(site, f"`{producer}` saves its output for backward"))
    if over.call.layer is not None and site != over.call.layer.site and saver.where.site != over.site:
        notes.append(Note(over.call.layer.site, "the layer that works in place is built here"))
    return tuple(notes)
