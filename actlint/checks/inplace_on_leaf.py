"""ACT201: an in-place write to a leaf that requires grad, while grad mode is on."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Attribute, AugAssign, Name
from actlint.intents import Repair
from actlint.model import overwrite
from actlint.model.events import Call
from actlint.model.outofplace import out_of_place, under_no_grad
from actlint.model.overwrite import Overwrite
from actlint.model.program import Context, FileView
from actlint.model.raising import raising
from actlint.model.walk import walk
from actlint.rule import Finding, Note, rule


@rule("ACT201", severity="error")
def inplace_on_leaf(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the write."""
    for found in raising(unit, "leaf"):
        over = found.over
        what = "a parameter" if found.hazard.role else "a leaf that requires grad"
        view = "a view of " if over.write.tensor.alias == "view" else ""
        yield Finding(
            over.site,
            f"`{overwrite.text(unit, over)}` writes in place to {view}{what} while grad mode is on: "
            "this raises a RuntimeError",
            label="needs `torch.no_grad()`",
            notes=_notes(over, found.hazard.event),
            conditions=found.conditions,
            fix=_fix(unit, over),
            severity="warning" if found.conditions else None,
        )


def _notes(over: Overwrite, origin: int) -> tuple[Note, ...]:
    event = over.trace.events[origin]
    made = (Note(event.where.site, "the leaf is made here"),) if isinstance(event, Call) else ()
    return made if over.elsewhere is None else (Note(over.elsewhere, "the write is here"), *made)


def _fix(unit: FileView, over: Overwrite) -> Repair | None:
    """A local name's new value may be meant (`w = self.weight; w *= 2`); anything else is an update of the leaf."""
    if isinstance(over.node, AugAssign) and isinstance(over.target, Name):
        reads_grad = any(isinstance(node, Attribute) and node.attr == "grad" for node in walk([over.node.value]))
        fix = None if reads_grad else out_of_place(unit, over)
        if fix is not None:
            return Repair(fix.message, "unsafe", fix.intents)
    return under_no_grad(unit, over)
