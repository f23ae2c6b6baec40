"""ACT206: `forward` overwrites the tensor that its caller passed in."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.intents import Repair
from actlint.model import overwrite
from actlint.model.conditions import stated
from actlint.model.events import Argument, Write
from actlint.model.outofplace import out_of_place
from actlint.model.program import Context, FileView
from actlint.model.state import conjoin
from actlint.model.tensors import CARRIED
from actlint.rule import Finding, rule


@rule("ACT206", default=False)
def inplace_on_forward_input(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the first write to each argument of a module's `forward`, views of it included."""
    for view in unit.modules():
        trace = view.method("forward")
        given: dict[int, str] = {}
        for event in trace.events if trace is not None else ():
            if isinstance(event, Argument) and not event.result.owner and not event.label.endswith(CARRIED):
                given[event.result.root] = event.label
            label = given.pop(event.tensor.root, "") if isinstance(event, Write) else ""
            if not label or trace is None or not isinstance(event, Write):
                continue
            both = conjoin(event.where.condition, event.effective)
            conditions = None if both is None else stated(both)
            over = overwrite.overwrite(unit, trace, event)
            if over is None or conditions is None or any("inplace" in each for each in conditions):
                continue  # where an option `inplace` decides, it is the caller who asks for it
            fix = out_of_place(unit, over)
            yield Finding(
                over.site,
                f"`{overwrite.text(unit, over)}` overwrites `{label}`, the tensor that the caller passed to `forward`: "
                "whatever the caller still does with it sees the new value",
                label="changes the caller's tensor",
                conditions=conditions,
                fix=Repair(fix.message, "unsafe", fix.intents) if fix and fix.applicability == "safe" else fix,
            )
