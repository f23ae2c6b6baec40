"""Repairs of in-place writes: the same computation into new memory, and whether anything can tell the difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from actlint import torchapi
from actlint.facts import Argument, Assign, Attribute, AugAssign, Expr, ExprStmt, Name, Node, Return, Site, Subscript
from actlint.facts import Call as CallNode
from actlint.intents import Applicability, InsertStatement, Intent, Part, RemoveArgument, Repair, Replace
from actlint.model.events import Argument as ArgumentEvent
from actlint.model.events import Call, Merge, Trace
from actlint.model.overwrite import Overwrite, base, built, is_place
from actlint.model.program import FileView
from actlint.model.values import Constant, ForeignMethod, Tensor
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
    return Repair(plan.message, _applicability(unit, over, plan), plan.intents)


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
    statement = _statement(over)
    mode = unit.spell("torch.no_grad", over.site)
    if mode is None or over.elsewhere is not None or not isinstance(statement, (Assign, AugAssign, ExprStmt)):
        return None
    at = _At(over.site)(statement)
    parts: tuple[Part, ...] = ("with ", mode, "():\n    ", at)
    return Repair(f"write it under `{mode.text}()`", "unsafe", (Replace(at, parts),))


def _copy_first(unit: FileView, over: Overwrite) -> Plan | None:
    """`y = y.clone()` before the statement: what is written then is nobody else's."""
    target = base(over.target)
    statement = _statement(over)
    if (
        target is None
        or statement is None
        or not is_place(target)
        or not isinstance(statement, (Assign, AugAssign, ExprStmt))
    ):
        return None
    shown = unit.text(target)
    at = _At(over.site)
    insert = InsertStatement(at(statement), "before", (at(target), " = ", at(target), ".clone()"))
    return Plan(f"write to a copy: `{shown} = {shown}.clone()`", (insert,), True)


def _method(unit: FileView, over: Overwrite, node: CallNode) -> Plan | None:
    func = node.func
    if not isinstance(func, Attribute) or not func.attr.endswith("_"):
        return None
    plain = func.attr.removesuffix("_")
    if torchapi.method(plain) is None:
        return _copy_first(unit, over) if isinstance(_statement(over), ExprStmt) else None
    return _renamed(unit, over, node, (_At(over.site)(func.value), f".{plain}"), f".{plain}(…)")


def _function(unit: FileView, over: Overwrite, node: CallNode) -> Plan | None:
    op = over.call.op
    given = _inplace_argument(node, op.params if op is not None else (), 0)
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
    """The function without its `inplace` argument."""
    message = f"drop `{unit.text(given.value) if given.keyword is None else f'inplace={unit.text(given.value)}'}`"
    if _tail(over) is None:
        return Plan(message, (RemoveArgument(_At(over.site)(given)),), False)
    kept = tuple(argument for argument in node.args if argument is not given)
    return _assigned(over, (_At(over.site)(node.func),), kept, message)


def _assigned(over: Overwrite, func: tuple[Part, ...], args: Iterable[Argument], message: str) -> Plan | None:
    """`y = callee(args)` for a call whose result was dropped; calls that are chained to it follow."""
    statement, target, tail = _statement(over), over.target, _tail(over)
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
    if any(call.discarded and call.where.site != over.site for call in _calls(unit.traces(), layer.site)):
        return Plan(message, (), False)  # elsewhere its result is dropped: there it has to work in place
    if _tail(over) is None:
        return Plan(message, (remove,), False)
    assigned = _assigned(over, (_At(over.site)(node.func),), node.args, message)
    return None if assigned is None else Plan(message, (remove, *assigned.intents), True)


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


def _statement(over: Overwrite) -> Node | None:
    """The statement that the write stands in."""
    for node in reversed(over.path):
        if isinstance(node, (Assign, AugAssign, ExprStmt, Return)):
            return node
    return None


# ---------------------------------------------------------------------------------------------------------- its effects


def _applicability(unit: FileView, over: Overwrite, plan: Plan) -> Applicability:
    """Safe if nothing else reads the memory later, grad mode is known and the result has the same type."""
    if over.write.where.grad is None or not over.trace.complete:
        return "unsafe"
    own = _label(base(over.target))
    if any(holder != own for holder in over.write.holders) or (own and not plan.rebinds and _read_again(over)):
        return "unsafe"
    if over.call.layer is not None and not _used_once(unit, over):
        return "unsafe"
    return "safe" if any(isinstance(i, InsertStatement) for i in plan.intents) or _same_type(over) else "unsafe"


def _label(target: Expr | None) -> str:
    """How `Write.holders` spells the written name."""
    match target:
        case Name(id=name):
            return name
        case Attribute(attr=attr):
            return f".{attr}"
        case _:
            return ""


def _read_again(over: Overwrite) -> bool:
    """Whether the written name can still be read as what it was, once the write goes elsewhere."""
    statement, target = _statement(over), over.target
    if not isinstance(target, Name) or not isinstance(statement, (Assign, Return)):
        return True
    reads = sum(isinstance(n, Name) and n.id == target.id for n in walk([statement.value] if statement.value else []))
    if isinstance(statement, Return):
        return reads > 1
    rebound = any(isinstance(t, Name) and t.id == target.id for t in statement.targets)
    return reads > 1 or not rebound


def _used_once(unit: FileView, over: Overwrite) -> bool:
    """Whether the call is the only one, in all runs of the file, of layers that this constructor call builds."""
    layer = over.call.layer
    if layer is None:
        return True
    for trace in unit.traces():
        own = list(_calls((trace,), layer.site))
        ways = [(call.module, call.where.stack) for call in own]
        if len(set(ways)) < len(ways) or any(call.where.site != over.site for call in own):
            return False
    return True


def _calls(traces: Iterable[Trace], site: Site) -> Iterator[Call]:
    """The calls of layers that are built at a place."""
    for trace in traces:
        for event in trace.events:
            if isinstance(event, Call) and event.layer is not None and event.layer.site == site:
                yield event


def _same_type(over: Overwrite) -> bool:
    """Whether the out-of-place result has the written tensor's type: no operand can promote it to another."""
    call = over.call
    if call.op is None:
        return False
    given = dict(call.args)
    for name in call.op.tensors[1:]:
        value = given.get(name)
        if value is None or (isinstance(value, Constant) and not isinstance(value.value, complex)):
            continue
        if name == "mask":
            continue
        if not isinstance(value, Tensor):
            return False
        own, other = _types(over.trace, over.write.tensor), _types(over.trace, value)
        if own is None or own != other:
            return False
    return True


_KEEPING = frozenset(
    [
        "affine",
        "activation",
        "normalization",
        "pooling",
        "dropout",
        "identity",
        "reshape",
        "resample",
        "arithmetic",
        "recurrent",
        "concat",
        "matmul",
    ]
)


def _types(trace: Trace, tensor: Tensor, limit: int = 64) -> frozenset[int] | None:
    """The tensors from outside whose types decide a tensor's; None where that is not known.

    A layer's input has the type of its weights, or the layer raises; so what comes out has the input's.
    """
    event = trace.events[tensor.event] if 0 <= tensor.event < len(trace.events) else None
    match event:
        case ArgumentEvent():
            return frozenset({tensor.root})
        case Merge(options=options) if limit > 0:
            found = {_types(trace, option, limit - 1) for _, option in options}
            return found.pop() if len(found) == 1 else None
        case Call(op=op, args=args) if op is not None and op.kind in _KEEPING and limit > 0:
            result: frozenset[int] = frozenset()
            for name, value in args:
                if name not in op.tensors or isinstance(value, Constant):
                    continue
                inner = _types(trace, value, limit - 1) if isinstance(value, Tensor) else None
                if inner is None:
                    return None
                result |= inner
            return result or None
        case _:
            return None
