"""ACT208: a write that autograd does not see, to an activation whose gradient depends on it."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model import overwrite
from actlint.model.behind import Behind, behind
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT208")
def inplace_behind_autograd(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the write, and show what saved the old value or reads the new one."""
    for found in behind(unit):
        over = found.over
        other = overwrite.name(unit, over.trace, found.other)
        how = "through `.data`" if over.write.tensor.alias == "data" else "under `no_grad`"
        yield Finding(
            over.site,
            f"`{overwrite.text(unit, over)}` changes an activation {how}, which autograd does not see: "
            f"{_why(found, other)}",
            label="behind autograd's back",
            notes=(Note(found.other.where.site, f"`{other}` {_note(found)}"),),
            conditions=found.conditions,
        )


def _why(found: Behind, other: str) -> str:
    if found.saved:
        return f"`{other}` saved it, so that backward computes with the new value and its gradient is silently wrong"
    return f"`{other}` goes on with the new value, but the gradient is that of the old one, silently wrong"


def _note(found: Behind) -> str:
    what = "output" if found.role == "output" else f"`{found.role}`"
    return f"saves its {what} for backward" if found.saved else "reads the new value"
