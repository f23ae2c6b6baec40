"""ACT408: `forward` returns nothing, or nothing on some path."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import AnnAssign, Assign
from actlint.model.conditions import stated
from actlint.model.program import Context, FileView
from actlint.model.returns import Nothing, nothing
from actlint.rule import Finding, Note, rule


@rule("ACT408")
def forward_returns_none(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report each `forward` of a module that gives None where a tensor is expected, without saying so."""
    for view in unit.modules():
        trace = view.method("forward")
        found = nothing(trace) if trace is not None else None
        conditions = stated(found.condition) if found is not None else None
        if found is not None and conditions is not None:
            yield _finding(unit, view.name, found, conditions)


def _finding(unit: FileView, name: str, found: Nothing, conditions: tuple[str, ...]) -> Finding:
    if found.given is not None:
        message = f"`{name}.forward` returns nothing on one path and a value on another: its caller gets None there"
        note = Note(found.given, "a value is returned here")
        return Finding(found.end, message, "None on one path", (note,), conditions)
    last = found.last
    assert last is not None
    target = last.targets[0] if isinstance(last, Assign) else last.target if isinstance(last, AnnAssign) else None
    what = f"`{unit.text(target)}`" if target is not None else "the last result"
    message = f"`{name}.forward` has no `return`: {what} is computed and lost, and its caller gets None"
    return Finding(found.end, message, "returns None", (Note(unit.site(found.end, last), "computed here"),))
