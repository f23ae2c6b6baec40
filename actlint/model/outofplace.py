"""Repairs of in-place writes: the same computation into new memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from actlint import torchapi
from actlint.facts import Argument, Assign, Attribute, AugAssign, Expr, ExprStmt, Name, Node, Site, Subscript
from actlint.facts import Call as CallNode
from actlint.intents import InsertStatement, Intent, Part, RemoveArgument, Repair, Replace
from actlint.model.exactness import applicability, calls_of, statement_of
from actlint.model.overwrite import Overwrite, base, built, is_place
from actlint.model.program import FileView
from actlint.model.values import ForeignMethod
from actlint.model.walk import walk


@dataclass(frozen=True, slots=True)
class Plan:
    """Intents, what they say, and whether the written name denotes the new tensor afterwards."""

    message: str
    intents: tuple[Intent, ...]
    rebinds: bool


def out_of_place(unit: FileView, over: Overwrite) -> Repair | None:
    """Compute into a new tensor what is written in place; None where the source gives no way to say so."""
    plan = _plan(unit, over) if over.elsewhere is None else None
    if plan is None:
        return None
    if not plan.intents:
        return Repair(plan.message, "display", ())
    if isinstance(over.node, CallNode) and _out(over.node) is not None:
        return Repair(plan.message, "unsafe", plan.intents)  # the memory may be somebody else's to read
    copies = any(isinstance(intent, InsertStatement) for intent in plan.intents)
    return Repair(plan.message, applicability(unit, over, rebinds=plan.rebinds, copies=copies), plan.intents)


# ------------------------------------------------------------------------------------------------------------- the edit


def _plan(unit: FileView, over: Overwrite) -> Plan | None:
    match over.node:
        case AugAssign(target=target, op=op, value=value) if is_place(target):
            at = _At(over.site)
            parts: tuple[Part, ...] = (at(target), " = ", at(target), f" {op} ", at(value))
            shown = unit.text(target)
            return Plan(f"compute out of place: `{shown} = {shown} {op} …`", (Replace(over.site, parts),), True)
        case AugAssign() | Subscript():
            return _copy_first(unit, over)
        case CallNode() as node:
            if isinstance(over.call.callee, ForeignMethod):
                return _method(unit, over, node)
            return _layer(unit, over, node) if over.call.layer is not None else _function(unit, over, node)


@dataclass(frozen=True, slots=True)
class _At:
    """Sites of nodes of one statement."""

    near: Site

    def __call__(self, node: Node) -> Site:
        return Site(self.near.path, self.near.chunk, node.ordinal)


def under_no_grad(unit: FileView, over: Overwrite) -> Repair | None:
    """The statement of the write in a `with torch.no_grad():` block of its own."""
    statement = statement_of(over)
    mode = unit.spell("torch.no_grad", over.site)
    if mode is None or over.elsewhere is not None or not isinstance(statement, (Assign, AugAssign, ExprStmt)):
        return None
    at = _At(over.site)(statement)
    parts: tuple[Part, ...] = ("with ", mode, "():\n    ", at)
    return Repair(f"write it under `{mode.text}()`", "unsafe", (Replace(at, parts),))


def _copy_first(unit: FileView, over: Overwrite) -> Plan | None:
    """`y = y.clone()` before the statement: what is written then is nobody else's."""
    target = base(over.target)
    statement = statement_of(over)
    if (
        target is None
        or statement is None
        or not is_place(target)
        or not isinstance(statement, (Assign, AugAssign, ExprStmt))
    ):
        return None
    shown = unit.text(target)
    if not isinstance(statement, ExprStmt) and any(_same_place(target, node) for node in walk([statement.value])):
        return None  # what is written is computed from it: the copy would be saved and written just the same
    at = _At(over.site)
    insert = InsertStatement(at(statement), "before", (at(target), " = ", at(target), ".clone()"))
    return Plan(f"write to a copy: `{shown} = {shown}.clone()`", (insert,), True)


def _same_place(target: Expr, node: Node) -> bool:
    match target, node:
        case Name(id=a), Name(id=b):
            return a == b
        case Attribute(attr=a), Attribute(attr=b):
            return a == b
        case _:
            return False


def _method(unit: FileView, over: Overwrite, node: CallNode) -> Plan | None:
    func = node.func
    if not isinstance(func, Attribute) or not func.attr.endswith("_"):
        return None
    plain = func.attr.removesuffix("_")
    if torchapi.method(plain) is None:
        return _copy_first(unit, over) if isinstance(statement_of(over), ExprStmt) else None
    return _renamed(unit, over, node, (_At(over.site)(func.value), f".{plain}"), f".{plain}(…)")


def _function(unit: FileView, over: Overwrite, node: CallNode) -> Plan | None:
    op = over.call.op
    given = _out(node) or _inplace_argument(node, op.params if op is not None else (), 0)
    if given is not None:
        return _dropped(unit, over, node, given)
    qualname = op.qualname.removesuffix("_") if op is not None else ""
    if op is None or qualname == op.qualname or torchapi.function(qualname) is None:
        return None
    if isinstance(node.func, Attribute):
        plain = node.func.attr.removesuffix("_")
        return _renamed(unit, over, node, (_At(over.site)(node.func.value), f".{plain}"), f"{plain}(…)")
    reference = unit.spell(qualname, over.site)
    return None if reference is None else _renamed(unit, over, node, (reference,), f"{reference.text}(…)")


def _renamed(unit: FileView, over: Overwrite, node: CallNode, func: tuple[Part, ...], shown: str) -> Plan | None:
    """The call with another callee; where its result was dropped, it is given to the written name."""
    message = f"compute out of place: `{shown}`"
    if _tail(over) is None:
        return Plan(message, (Replace(_At(over.site)(node.func), func),), False)
    return _assigned(over, func, node.args, message)


def _dropped(unit: FileView, over: Overwrite, node: CallNode, given: Argument) -> Plan | None:
    """The function without its argument `inplace` or `out`."""
    keyword = "" if given.keyword is None else f"{given.keyword}="
    message = f"drop `{keyword}{unit.text(given.value)}`"
    if _tail(over) is None:
        return Plan(message, (RemoveArgument(_At(over.site)(given)),), False)
    kept = tuple(argument for argument in node.args if argument is not given)
    return _assigned(over, (_At(over.site)(node.func),), kept, message)


def _assigned(over: Overwrite, func: tuple[Part, ...], args: Iterable[Argument], message: str) -> Plan | None:
    """`y = callee(args)` for a call whose result was dropped; calls that are chained to it follow."""
    statement, target, tail = statement_of(over), over.target, _tail(over)
    if statement is None or target is None or tail is None or not is_place(target):
        return None
    at = _At(over.site)
    parts = (at(target), " = ", *func, *_arguments(at, args), *tail)
    return Plan(message, (Replace(at(statement), parts),), True)


def _arguments(at: _At, args: Iterable[Argument]) -> tuple[Part, ...]:
    inner: list[Part] = []
    for argument in args:
        inner += [", ", at(argument)] if inner else [at(argument)]
    return ("(", *inner, ")")


def _tail(over: Overwrite) -> tuple[Part, ...] | None:
    """The methods that are chained to a call which, with them, is a statement of its own; None where it is not."""
    parts: list[Part] = []
    inner: Node = over.node
    for node in reversed(over.path[:-1]):
        match node:
            case ExprStmt():
                return tuple(parts)
            case Attribute(value=value, attr=attr) if value is inner:
                parts.append(f".{attr}")
            case CallNode(func=func, args=args) if func is inner:
                parts.extend(_arguments(_At(over.site), args))
            case _:
                return None
        inner = node
    return None


def _layer(unit: FileView, over: Overwrite, node: CallNode) -> Plan | None:
    """The layer built without `inplace=True`; where its result was dropped, it is given to the written name."""
    made = built(unit, over.call)
    layer = over.call.layer
    if made is None or layer is None or over.call.op is None:
        return None
    given = _inplace_argument(made, over.call.op.params, 0)
    if given is None:
        return None
    remove = RemoveArgument(Site(layer.site.path, layer.site.chunk, given.ordinal))
    message = f"build it without `inplace`: `{unit.text(made)}`"
    if any(call.discarded and call.where.site != over.site for call in calls_of(unit.traces(), layer.site)):
        return Plan(message, (), False)  # elsewhere its result is dropped: there it has to work in place
    if _tail(over) is None:
        return Plan(message, (remove,), False)
    assigned = _assigned(over, (_At(over.site)(node.func),), node.args, message)
    return None if assigned is None else Plan(message, (remove, *assigned.intents), True)


def _out(node: CallNode) -> Argument | None:
    return next((argument for argument in node.args if argument.keyword == "out"), None)


def _inplace_argument(node: CallNode, params: Iterable[torchapi.Param], skip: int) -> Argument | None:
    if any(argument.star for argument in node.args):
        return None
    for argument in node.args:
        if argument.keyword == "inplace":
            return argument
    positional = [argument for argument in node.args if argument.keyword is None]
    names = [param.name for param in params if param.kind in ("positional", "either")]
    place = names.index("inplace") - skip if "inplace" in names else -1
    return positional[place] if 0 <= place < len(positional) else None
