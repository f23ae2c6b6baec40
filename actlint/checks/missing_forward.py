"""ACT411: a module with layers is used as one and has no `forward`."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Call
from actlint.intents import Repair, Replace
from actlint.model.conditions import stated
from actlint.model.formless import Formless, HolderCalled, formless, holders_called
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT411", severity="error")
def missing_forward(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report classes whose `forward` is misspelt, misplaced or missing, and calls of torch's bare containers."""
    for cls in unit.modules():
        found = formless(ctx, cls)
        if found is not None:
            yield _finding(unit, found)
    for holder in holders_called(unit):
        conditions = stated(holder.condition)
        if conditions is not None:
            name = unit.text(holder.func)
            yield Finding(
                holder.site,
                f"`{name}` is a `{holder.kind}`, which has no `forward`: calling it raises NotImplementedError",
                label="not callable",
                notes=(Note(holder.made, f"the `{holder.kind}`"),),
                conditions=conditions,
                fix=_as_sequential(unit, holder),
                names=(holder.kind,),
            )


def _finding(unit: FileView, found: Formless) -> Finding:
    name = found.cls.name
    notes = (Note(found.used, "called here: NotImplementedError"),) if found.used is not None else ()
    effect = "calling the model raises NotImplementedError"
    if found.method is None:
        message = f"`{name}` has layers and no `forward`: {effect}"
        return Finding(found.cls.cls.site, message, "no `forward`", notes, names=(name,))
    at = unit.site(found.cls.cls.site, found.method)
    if found.around is not None:
        return Finding(
            at,
            f"this `forward` is a local function of `{found.around.name}`, by its indentation, and no method: {effect}",
            "belongs one level further out",
            notes,
            names=(name,),
        )
    fix = Repair("rename it to `forward`", "unsafe", (Replace(at, ("forward",)),))
    message = f"`{name}` defines `{found.method.name}` and no `forward`: {effect}"
    return Finding(at, message, "`forward` is meant", notes, (), fix, names=(name,))


def _as_sequential(unit: FileView, holder: HolderCalled) -> Repair | None:
    """`nn.Sequential(*layers)` for `nn.ModuleList(layers)`: it runs them in order, under the same names."""
    made = unit.node(holder.made) if holder.made.path == unit.path else None
    spelled = unit.spell("torch.nn.Sequential", holder.made) if isinstance(made, Call) else None
    if holder.kind != "ModuleList" or not isinstance(made, Call) or spelled is None or len(made.args) != 1:
        return None
    if made.args[0].star or made.args[0].keyword:
        return None
    parts = (spelled, "(*", unit.site(holder.made, made.args[0].value), ")")
    return Repair("make it an `nn.Sequential`", "unsafe", (Replace(holder.made, parts),))
