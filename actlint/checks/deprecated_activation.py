"""ACT101: the legacy aliases `F.sigmoid` and `F.tanh`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from actlint.facts import Alias, FunctionDef
from actlint.intents import Repair, Replace
from actlint.model.deprecations import deprecated_uses, moved_import, tested
from actlint.model.program import Context, FileView
from actlint.model.references import Reference
from actlint.model.rewrites import shown
from actlint.rule import Finding, rule
from actlint.torchapi.deprecated import Deprecation, documentation


@rule("ACT101")
def deprecated_activation(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report each use of an alias, and each import that hands one on."""
    for reference, row in deprecated_uses(unit, "ACT101", switches=False):
        written = reference.node.name if isinstance(reference.node, Alias) else unit.text(reference.node)
        yield Finding(
            reference.site,
            f"`{written}` is a legacy alias of `{row.replacement}`, deprecated since torch {row.since}: it warns "
            f"before {row.silent_since} and is silent since",
            label=f"use `{row.replacement}`",
            fix=_fix(unit, reference, row) or shown(row),
        )


def _fix(unit: FileView, reference: Reference, row: Deprecation) -> Repair | None:
    if reference.imported:
        moved = moved_import(unit, reference, row.replacement)
        return moved and replace(moved, message=f"{moved.message}: {documentation(row.replacement)}")
    spelled = unit.spell(row.replacement, reference.site)
    if spelled is None:
        return None
    message = f"use `{spelled.text}`: {documentation(row.replacement)}"
    if reference.call is None and tested(unit, row):
        return Repair(message, "display", ())
    return Repair(message, "unsafe" if _is_registered(reference) else "safe", (Replace(reference.site, (spelled,)),))


def _is_registered(reference: Reference) -> bool:
    """Whether a decorator is given the function itself: it may enter it into a table, to be found under this name."""
    steps = zip(reference.parents, reference.parents[1:], strict=False)
    decorators = (node in outer.decorators for outer, node in steps if isinstance(outer, FunctionDef))
    return reference.call is None and any(decorators)
