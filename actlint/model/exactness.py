"""Whether anything can tell an in-place write from the same computation into new memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actlint.facts import Assign, Attribute, AugAssign, ClassDef, Expr, ExprStmt, Name, Node, Return, Site
from actlint.intents import Applicability
from actlint.model.events import Argument, Call, Merge, Trace
from actlint.model.overwrite import Overwrite, base
from actlint.model.program import FileView
from actlint.model.values import Constant, Tensor
from actlint.model.walk import walk


def applicability(unit: FileView, over: Overwrite, *, rebinds: bool, copies: bool) -> Applicability:
    """Safe if nothing else reads the memory later, grad mode is known and the result has the same type.

    `rebinds`: the written name denotes the new tensor afterwards; `copies`: the write goes to an exact copy.
    """
    if over.write.where.grad is None or not over.trace.complete:
        return "unsafe"
    own = _label(base(over.target))
    if any(holder != own for holder in over.write.holders) or (own and not rebinds and _read_again(over)):
        return "unsafe"
    if over.call.layer is not None and not (_used_once(unit, over) and _built_beside(unit, over)):
        return "unsafe"
    return "safe" if copies or _same_type(over) else "unsafe"


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
    statement, target = statement_of(over), over.target
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
        own = list(calls_of((trace,), layer.site))
        ways = [(call.module, call.where.stack) for call in own]
        if len(set(ways)) < len(ways) or any(call.where.site != over.site for call in own):
            return False
    return True


def _built_beside(unit: FileView, over: Overwrite) -> bool:
    """Whether the layer is built by the class that calls it, or writes only to what its own container made."""
    layer = over.call.layer
    if over.target is None or layer is None:
        return True
    built = [node for node in unit.path_to(layer.site) if isinstance(node, ClassDef)]
    called = [node for node in over.path if isinstance(node, ClassDef)]
    return built[:1] == called[:1]


def calls_of(traces: Iterable[Trace], site: Site) -> Iterator[Call]:
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


_KEEPING = (
    "affine activation normalization pooling dropout identity reshape resample arithmetic recurrent concat matmul"
)
"""Kinds of operations whose result has the type of their operands."""


def _types(trace: Trace, tensor: Tensor, limit: int = 64) -> frozenset[int] | None:
    """The tensors from outside whose types decide a tensor's; None where that is not known.

    A layer's input has the type of its weights, or the layer raises; so what comes out has the input's.
    """
    event = trace.events[tensor.event] if 0 <= tensor.event < len(trace.events) else None
    match event:
        case Argument():
            return frozenset({tensor.root})
        case Merge(options=options) if limit > 0:
            found = {_types(trace, option, limit - 1) for _, option in options}
            return found.pop() if len(found) == 1 else None
        case Call(op=op, args=args) if op is not None and op.kind in _KEEPING.split() and limit > 0:
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


def statement_of(over: Overwrite) -> Node | None:
    """The statement that the write stands in."""
    for node in reversed(over.path):
        if isinstance(node, (Assign, AugAssign, ExprStmt, Return)):
            return node
    return None
