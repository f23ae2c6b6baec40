"""Activations whose result is thrown away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import Assign, Attribute, Call, Constant, Expr, ExprStmt, FunctionDef, Lambda, Name, Node, Site
from actlint.facts import Return as ReturnStatement
from actlint.model.conditions import stated
from actlint.model.events import Call as CallEvent
from actlint.model.events import Read, Return, Trace
from actlint.model.guards import expects
from actlint.model.layers import HOOKED
from actlint.model.overwrite import is_place
from actlint.model.program import FileView
from actlint.model.values import ForeignMethod, Function, Tensor
from actlint.model.walk import walk

_CLIPPING = frozenset({"clamp", "clamp_min", "clamp_max", "clip"})
"""What is an activation too, and never called for anything but its result."""


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
        for index, event in enumerate(trace.events):
            found = _thrown_away(unit, trace, index)
            if found is None or found in seen:
                continue
            thrown, conditions = _activation(trace, index), stated(event.where.condition)
            node, path = unit.node(found), unit.path_to(found)
            if thrown is None or conditions is None or not isinstance(node, Call) or expects(path, "RuntimeError"):
                continue
            inlined = isinstance(event, Return)
            applied = node if inlined else unit.node(thrown.where.site)
            operand = _operand(thrown, applied, inlined) if isinstance(applied, Call) else None
            if _in_forward(trace) and len(event.where.stack) == inlined or _used_later(path, operand):
                seen.add(found)
                yield Discarded(found, node, thrown, operand, conditions)


def _thrown_away(unit: FileView, trace: Trace, index: int) -> Site | None:
    """The call in this file that is a statement of its own and ends with this event: torch's, or a function's."""
    match trace.events[index]:
        case CallEvent(where=where, op=op, discarded=True) if op is not None and where.site.path == unit.path:
            return where.site
        case Return(where=where, value=Tensor()) if where.stack and where.stack[-1].path == unit.path:
            path = unit.path_to(where.stack[-1])
            return where.stack[-1] if len(path) > 1 and isinstance(path[-2], ExprStmt) else None
        case _:
            return None


def _activation(trace: Trace, index: int) -> CallEvent | None:
    """The activation whose result the event gives, if that is all that happens."""
    event = trace.events[index]
    if isinstance(event, Return):
        # the function does nothing but apply the activation and look up what it needs for that
        if not _only_computes(event.function):
            return None
        start = index
        while start > 0 and trace.events[start - 1].where.stack[: len(event.where.stack)] == event.where.stack:
            start -= 1
        inside = [each for each in trace.events[start:index] if not isinstance(each, Read | Return)]
        only = inside[0] if len(inside) == 1 and isinstance(event.value, Tensor) else None
        if not isinstance(only, CallEvent) or only.result != event.value:
            return None
        event = only
    elif isinstance(event, CallEvent) and event.op is not None and event.op.kind == "dropout":
        # `self.drop(F.relu(x))`
        given = next((value for _, value in event.args if isinstance(value, Tensor)), None)
        known = given is not None and 0 <= given.event < len(trace.events) and event.inplace is False
        made = trace.events[given.event] if given is not None and known else None
        event = made if isinstance(made, CallEvent) and made.where.stack == event.where.stack else event
    if not isinstance(event, CallEvent) or event.op is None or (event.layer is not None and HOOKED in event.layer.args):
        return None
    if event.op.kind not in ("activation", "softmax") and event.op.qualname.rpartition(".")[2] not in _CLIPPING:
        return None
    return None if event.inplace is not False or "out" in dict(event.args) else event


def _only_computes(function: Function) -> bool:
    code = function.code
    return isinstance(code, Lambda) or all(
        isinstance(each, ReturnStatement | Assign) or (isinstance(each, ExprStmt) and isinstance(each.value, Constant))
        for each in code.body
    )


def _operand(event: CallEvent, node: Call, inlined: bool) -> Expr | None:
    if isinstance(event.callee, ForeignMethod) and not inlined:
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
