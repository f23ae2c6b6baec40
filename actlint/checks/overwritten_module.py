"""ACT410: a layer is assigned over another that nothing has used."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Attribute
from actlint.model.conditions import stated
from actlint.model.overwritten import Overwritten, overwritten
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT410")
def overwritten_module(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the second assignment, and loops that assign the same attribute each time."""
    for trace in unit.traces():
        for found in overwritten(unit, trace):
            conditions = stated(found.condition)
            if conditions is not None:
                yield _finding(unit, found, conditions)


def _finding(unit: FileView, found: Overwritten, conditions: tuple[str, ...]) -> Finding:
    target = unit.node(found.second)
    name = unit.text(target) if isinstance(target, Attribute) else found.name
    if found.first == found.second:
        message = f"`{name}` is assigned another layer each time that the loop comes by: only the last of them is kept"
        return Finding(found.second, message, "overwritten by the next one", (), conditions)
    message = f"`{name}` is assigned a second time before anything has used the first layer, which is lost"
    return Finding(
        found.second, message, "overwrites a layer", (Note(found.first, "the layer that is lost"),), conditions
    )
