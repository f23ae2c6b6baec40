"""ACT304: the result of an activation that does not work in place is thrown away."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Attribute, Call, Expr, ExprStmt, Name
from actlint.intents import Repair, Replace
from actlint.model.conditions import stated
from actlint.model.events import Call as CallEvent
from actlint.model.flow import input_of
from actlint.model.program import Context, FileView
from actlint.rule import Finding, rule


@rule("ACT304")
def discarded_activation(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report activations that are called as a statement of their own and change nothing."""
    for trace in unit.traces():
        for event in trace.events:
            if not isinstance(event, CallEvent) or not _thrown_away(event) or event.where.site.path != unit.path:
                continue
            conditions = stated(event.where.condition)
            *around, node = unit.path_to(event.where.site) or (None,)
            statement = around[-1] if around else None
            if conditions is None or not isinstance(node, Call) or not isinstance(statement, ExprStmt):
                continue
            operand = _operand(node)
            target = unit.text(operand) if isinstance(operand, (Name, Attribute)) else ""
            fix = None
            if operand is not None and target:
                parts = (unit.site(event.where.site, operand), " = ", event.where.site)
                what = Replace(unit.site(event.where.site, statement), parts)
                fix = Repair(f"keep the result: `{target} = …`", "unsafe", (what,))
            written = unit.text(node.func)
            yield Finding(
                event.where.site,
                f"the result of `{written}(…)` is thrown away: it does not work in place, so "
                f"{f'`{target}`' if target else 'its argument'} stays as it is and the activation has no effect",
                label="has no effect",
                conditions=conditions,
                fix=fix,
            )


def _thrown_away(event: CallEvent) -> bool:
    op = event.op
    known = op is not None and op.kind in ("activation", "softmax") and op.inplace != "always"
    return event.discarded and event.inplace is False and known and input_of(event) is not None


def _operand(node: Call) -> Expr | None:
    """What the activation is applied to, as written: the first argument, `input=`, or the receiver of a method."""
    for argument in node.args:
        if not argument.star and argument.keyword in (None, "input"):
            return argument.value
    return node.func.value if isinstance(node.func, Attribute) and not node.args else None
