"""Activations whose result is thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import Attribute, Call, Expr, ExprStmt, FunctionDef, Name, Node, Site
from actlint.model.conditions import stated
from actlint.model.events import Call as CallEvent
from actlint.model.events import Trace
from actlint.model.guards import expects
from actlint.model.overwrite import is_place
from actlint.model.program import FileView
from actlint.model.values import ForeignMethod
from actlint.model.walk import walk


@dataclass(frozen=True, slots=True)
class Discarded:
    """An activation as a statement of its own. `operand` is what it is applied to, where that can be told."""

    site: Site
    node: Call
    event: CallEvent
    operand: Expr | None
    conditions: tuple[str, ...]


def discarded(unit: FileView) -> Iterator[Discarded]:
    """Those that compute in vain: in a forward pass, or where the operand is used afterwards as if it had changed.

    Anywhere else a call may be timed or tested.
    """
    seen: set[Site] = set()
    for trace in unit.traces():
        for event in trace.events:
            if not isinstance(event, CallEvent) or not event.discarded or event.op is None:
                continue
            site, conditions = event.where.site, stated(event.where.condition)
            node = unit.node(site) if site.path == unit.path else None
            writes = event.inplace is not False or "out" in dict(event.args)
            if event.op.kind not in ("activation", "softmax") or writes or conditions is None or site in seen:
                continue
            path = unit.path_to(site)
            if not isinstance(node, Call) or expects(path, "RuntimeError"):
                continue
            operand = _operand(event, node)
            if _in_forward(trace) and not event.where.stack or _used_later(path, operand):
                seen.add(site)
                yield Discarded(site, node, event, operand, conditions)


def _operand(event: CallEvent, node: Call) -> Expr | None:
    if isinstance(event.callee, ForeignMethod):
        found: Expr | None = node.func.value if isinstance(node.func, Attribute) else None
    else:
        named = next((argument.value for argument in node.args if argument.keyword == "input"), None)
        first = node.args[0] if node.args else None
        found = named or (first.value if first is not None and not first.keyword and not first.star else None)
    return found if is_place(found) else None


def _in_forward(trace: Trace) -> bool:
    code = trace.entry.code if trace.entry is not None else None
    return trace.owner is not None and isinstance(code, FunctionDef) and code.name == "forward"


def _used_later(path: tuple[Node, ...], operand: Expr | None) -> bool:
    """Whether the function reads the operand after the statement, in other than statements of the same kind."""
    function = next((node for node in reversed(path) if isinstance(node, FunctionDef)), None)
    if function is None or not isinstance(operand, Name):
        return False
    here = path[-1]
    passed = False
    ignored: set[int] = set()
    for node in walk(function.body):
        if node is here:
            passed = True
        if isinstance(node, ExprStmt):
            ignored.update(id(inner) for inner in walk([node]))
        elif passed and isinstance(node, Name) and node.id == operand.id and id(node) not in ignored:
            return True
    return False
