"""ACT406: a layer with parameters that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model.conditions import stated
from actlint.model.program import Context, FileView
from actlint.model.unread import unread_modules
from actlint.rule import Finding, rule


@rule("ACT406", default=False)
def unused_module(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report layers that a constructor assigns and whose name stands nowhere else in the project."""
    for view in unit.modules():
        for unread in unread_modules(unit, ctx, view):
            conditions = stated(unread.condition)
            if conditions is not None:
                yield Finding(
                    unread.site,
                    f"`{unit.text(unread.target)}` has parameters, and nothing reads it: they take memory and are "
                    "saved, and never get a gradient",
                    label="never read",
                    conditions=conditions,
                    names=(unread.target.attr,),
                )
