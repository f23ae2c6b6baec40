"""ACT407: a tensor that `forward` needs is neither parameter nor buffer."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Assign
from actlint.intents import Repair, Replace
from actlint.model.conditions import stated
from actlint.model.plain_tensors import PlainTensor, plain_tensors
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule

_EFFECTS = {
    "constant": "`.to(device)` does not move it, so that it meets the input on another device and raises",
    "trained": "no optimizer gets it from `parameters()`, `.to(device)` leaves it behind, and no checkpoint holds it",
    "parameters": "torch does not register the parameters in it, and neither trains, moves nor saves them",
}


@rule("ACT407")
def unregistered_tensor(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report plain attributes with a tensor that the constructor makes and `forward` computes with."""
    for view in unit.modules():
        for found in plain_tensors(unit, ctx, view):
            conditions = stated(found.condition)
            if conditions is not None:
                name = unit.text(found.target)
                what = f"a plain {found.container}" if found.kind == "parameters" else "a plain tensor, no buffer"
                what = "a plain tensor, no parameter" if found.kind == "trained" else what
                yield Finding(
                    found.site,
                    f"`{name}` is {what}: {_EFFECTS[found.kind]}",
                    label="not registered",
                    notes=(Note(found.used, "used here"),),
                    conditions=conditions,
                    fix=_fix(unit, found),
                    names=(found.target.attr,),
                )


def _fix(unit: FileView, found: PlainTensor) -> Repair | None:
    """Register it, as what it is; a buffer is not saved, so that checkpoints stay as they are."""
    statement = unit.node(found.statement)
    if not found.prepared or not isinstance(statement, Assign) or len(statement.targets) != 1:
        return None
    if found.kind == "constant":
        receiver = unit.text(found.target.value)
        parts = (f'{receiver}.register_buffer("{found.target.attr}", ', found.site, ", persistent=False)")
        return Repair("register it as a buffer", "unsafe", (Replace(found.statement, parts),))
    wanted = {"trained": "torch.nn.Parameter", "list": "torch.nn.ParameterList", "tuple": "torch.nn.ParameterList"}
    qualname = wanted.get("trained" if found.kind == "trained" else found.container)
    spelled = unit.spell(qualname, found.site) if qualname is not None else None
    if spelled is None:
        return None
    intent = Replace(found.site, (spelled, "(", found.site, ")"))
    return Repair(f"make it a `{spelled.text}`", "unsafe", (intent,), checkpoint_compatible=False)
