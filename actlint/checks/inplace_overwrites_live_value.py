"""ACT204: an in-place write to a tensor whose old value something else still expects."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.intents import Repair
from actlint.model import overwrite
from actlint.model.outlived import Outlived, outlived
from actlint.model.outofplace import out_of_place
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT204")
def inplace_overwrites_live_value(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the write, and show where the old value is expected."""
    for found in outlived(unit):
        yield Finding(
            found.site,
            _message(unit, found),
            label="overwritten in place",
            notes=_notes(unit, found),
            conditions=found.conditions,
            fix=_fix(unit, found),
        )


def _message(unit: FileView, found: Outlived) -> str:
    shown = overwrite.text(unit, found.over) if found.over is not None else overwrite.written(unit, found.node)
    what = f"`{found.target.removeprefix('.')}`" if found.target else "a tensor"
    if found.holder and found.holder == found.target:
        who = "which is read again later for its old value"
    elif found.holder not in ("", "[]"):
        kept = f"self{found.holder}" if found.holder.startswith(".") else found.holder
        who = f"and `{kept}`, the same tensor, is read later for the old value"
    else:
        who = "and what holds the same tensor is read later for the old value"
    return f"`{shown}` overwrites {what}, {who}: the result is silently wrong"


def _notes(unit: FileView, found: Outlived) -> tuple[Note, ...]:
    notes = [Note(found.read, "reads the new value where the old one is expected")]
    if found.call.layer is not None:
        notes.append(Note(found.call.layer.site, "the layer that works in place is built here"))
    elif found.write.where.site != found.site:
        notes.append(Note(found.write.where.site, "the write is here"))
    return tuple(notes)


def _fix(unit: FileView, found: Outlived) -> Repair | None:
    fix = None if found.over is None else out_of_place(unit, found.over)
    return Repair(fix.message, "unsafe", fix.intents) if fix is not None and fix.applicability == "safe" else fix
