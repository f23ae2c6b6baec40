"""ACT203: an in-place write to a tensor that a later operation saved for backward."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model import overwrite
from actlint.model.clobbered import clobbered, place, places, shown
from actlint.model.outofplace import out_of_place
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT203")
def inplace_on_saved_input(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the write, and show the operation that needs the value as it was."""
    for found in clobbered(unit):
        if found.role == "output":
            continue
        consumer = overwrite.name(unit, found.over.trace, found.saver)
        target = overwrite.base(found.over.target)
        what = f"`{unit.text(target)}`" if overwrite.is_place(target) else "a tensor"
        who = "the operation itself" if found.own else f"`{consumer}`"
        notes = places(unit, found, f"`{consumer}` saves its `{found.role}` for backward")
        yield Finding(
            place(unit, found),
            f"`{shown(unit, found)}` overwrites {what}, which {who} saved to compute its gradient: "
            "backward raises a RuntimeError",
            label="overwritten in place",
            notes=tuple(Note(*each) for each in notes),
            conditions=found.conditions,
            fix=out_of_place(unit, found.over),
            severity=None if found.conditions else "error",
        )
