"""ACT202: an in-place write to a tensor that its producer saved for backward."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model import overwrite
from actlint.model.clobbered import clobbered, place, places, shown
from actlint.model.outofplace import out_of_place
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT202")
def inplace_on_saved_output(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the write, or where its in-place layer is built if a container calls both layers."""
    for found in clobbered(unit):
        if found.role == "output":
            producer = overwrite.name(unit, found.over.trace, found.saver)
            yield Finding(
                place(unit, found),
                f"`{shown(unit, found)}` overwrites the output of `{producer}`, which autograd saved to compute its "
                "gradient: backward raises a RuntimeError",
                label="overwritten in place",
                notes=tuple(Note(*each) for each in places(unit, found, f"`{producer}` saves its output for backward")),
                conditions=found.conditions,
                fix=out_of_place(unit, found.over),
                severity=None if found.conditions else "error",
            )
