"""ACT401: an attribute of a module is read and nothing defines it."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import FunctionDef
from actlint.model.meaning import Meaning, defined, enumerated, first_store, meaning, reached_by_forward
from actlint.model.missing import Missing, missing
from actlint.model.program import ClassView, Context, FileView, view
from actlint.rule import Finding, Note, rule


@rule("ACT401", severity="error")
def undefined_attribute(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report reads that raise AttributeError, which `Module.__getattr__` hides from type checkers."""
    everything = list(missing(unit, ctx))
    for found in everything:
        same = {other.node.attr for other in everything if (other.cls, other.method) == (found.cls, found.method)}
        meant = meaning(unit, ctx, found, len(same) == 1) if found.kind == "never" else None
        owner = next(each for each in view(ctx.program, found.cls.site.path).classes() if each.cls == found.cls)
        yield Finding(
            found.site,
            _message(unit, ctx, found, owner, meant),
            _label(found),
            _notes(found, owner, meant),
            found.conditions,
            meant.fix if meant is not None else None,
            names=(found.node.attr,),
        )


def _label(found: Missing) -> str:
    around = [node.name for node in found.path if isinstance(node, FunctionDef)]
    return f"AttributeError when {around[-1]} runs" if around else "AttributeError"


def _message(unit: FileView, ctx: Context, found: Missing, owner: ClassView, meant: Meaning | None) -> str:
    read = f"`{unit.text(found.node)}`"
    if found.kind == "early":
        return f"{read} is read before `__init__` assigns it"
    if found.kind == "partly":
        return f"{read} is not assigned on every path through `__init__`"
    inside = found.own and found.method is not None and reached_by_forward(ctx, found.cls, found.method)
    ordered = inside and meant is None
    names = defined(found, ordered)
    whose = "`__init__`" if found.own and "__init__" in owner.info.methods else f"`{owner.name}`"
    there = f"{'in this order ' if ordered else ''}{enumerated(names)}" if names else "nothing"
    tail = f"; {meant.text}" if meant is not None else ""
    return f"{read} is never assigned; {whose} defines {there}{tail}"


def _notes(found: Missing, owner: ClassView, meant: Meaning | None) -> tuple[Note, ...]:
    if found.stored is not None:
        return (Note(found.stored, "assigned here" + (", too late" if found.kind == "early" else "")),)
    if meant is not None and meant.note is not None:
        return (Note(*meant.note),)
    stored = first_store(owner, *defined(found, False))
    return () if stored is None else (Note(stored, f"`{owner.name}` defines its attributes from here on"),)
