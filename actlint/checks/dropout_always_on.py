"""ACT309: dropout that evaluation does not turn off."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.intents import Part, Repair, Replace, SetArgument
from actlint.model.dropping import Dropping, dropping
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule
from actlint.torchapi.activations import named


@rule("ACT309")
def dropout_always_on(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the call."""
    for found in dropping(unit, ctx):
        shown = unit.text(found.node.func)
        if found.kind == "layer":
            why = "is made anew for this call, in training mode, so that `eval()` never reaches it"
        else:
            why = "without `training=` drops in evaluation too, whatever `eval()` says"
        notes: tuple[Note, ...] = ()
        if found.call.layer is not None and found.call.layer.site != unit.site(found.site, found.node.func):
            notes = (Note(found.call.layer.site, "made here"),)
        yield Finding(
            found.site,
            f"`{shown}` {why}: predictions are random and worse than the model is",
            label="drops always",
            notes=notes,
            conditions=found.conditions,
            fix=_fix(unit, found),
        )


def _fix(unit: FileView, found: Dropping) -> Repair | None:
    """Hand `self.training` on; a layer that is made on the spot becomes the function."""
    node, op = found.node, found.call.op
    if not found.receiver or op is None or any(argument.star for argument in node.args):
        return None
    training = f"{found.receiver}.training"
    message = f"pass `training={training}`"
    if found.kind == "function":
        return Repair(message, "unsafe", (SetArgument(found.site, "training", (training,)),))
    made = node.func
    function = unit.spell(f"torch.nn.functional.{named(op)}", found.site)
    if function is None or not hasattr(made, "args") or len(node.args) != 1:
        return None
    parts: list[Part] = [function, "(", unit.site(found.site, node.args[0].value)]
    for argument in made.args:
        parts += [", ", unit.site(found.site, argument)]
    parts.append(f", training={training})")
    return Repair(message, "unsafe", (Replace(found.site, tuple(parts)),))
