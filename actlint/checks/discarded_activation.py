"""ACT304: the result of an activation that does not work in place is thrown away."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.intents import Repair, Replace
from actlint.model.discarded import Discarded, discarded
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT304")
def discarded_activation(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the call that is a statement of its own."""
    for found in discarded(unit):
        layer = found.event.layer
        clips = found.event.op is not None and found.event.op.kind not in ("activation", "softmax")
        what = "its argument" if found.operand is None else f"`{unit.text(found.operand)}`"
        yield Finding(
            found.site,
            f"the result of `{unit.text(found.node.func)}(…)` is thrown away: it does not work in place, so {what} "
            f"stays as it is and the {'call' if clips else 'activation'} has no effect",
            label="has no effect",
            notes=() if layer is None else (Note(layer.site, "built here, without `inplace=True`"),),
            conditions=found.conditions,
            fix=_assigned(unit, found),
        )


def _assigned(unit: FileView, found: Discarded) -> Repair | None:
    if found.operand is None:
        return None
    target = unit.text(found.operand)
    intent = Replace(found.site, (unit.site(found.site, found.operand), " = ", found.site))
    return Repair(f"assign the result: `{target} = …`", "unsafe", (intent,))
