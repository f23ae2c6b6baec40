"""What `forward` gives back: paths on which it returns nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actlint.facts import (
    AnnAssign,
    Assign,
    AugAssign,
    Call,
    Collection,
    Constant,
    Delete,
    Expr,
    ExprStmt,
    For,
    FunctionDef,
    If,
    Jump,
    Lambda,
    Match,
    Name,
    Node,
    Raise,
    ScopeDecl,
    Site,
    Stmt,
    Try,
    While,
    With,
    Yield,
)
from actlint.facts import Return as ReturnNode
from actlint.model.conditions import LOOP, UNCLAIMED
from actlint.model.events import Argument, Return, Store, Trace, Write
from actlint.model.events import Call as CallEvent
from actlint.model.state import essential
from actlint.model.values import Condition, Tensor
from actlint.model.walk import walk

_UNCLAIMED = (LOOP, *UNCLAIMED)
_KINDS = ("== ", "isinstance ", "in ")
"""Relations that tell cases apart: that none of the known ones is there is no use of the model."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """`forward` ends at `end` (the function itself where it runs past its last statement) without a value.

    `given` is a `return` that gives one, None if none does; `last` is the statement whose result is lost then.
    """

    code: FunctionDef
    end: Site
    given: Site | None
    last: Stmt | None
    condition: Condition


def nothing(trace: Trace) -> Nothing | None:
    """The path of a `forward` on which the value is missing, if that is no choice of its author's."""
    code = trace.entry.code if trace.entry is not None else None
    if not isinstance(code, FunctionDef) or not trace.complete or code.is_async or _says_none(code):
        return None
    own = list(walk(code.body, (FunctionDef, Lambda)))
    if any(isinstance(node, Yield) for node in own):
        return None
    returns = {node.ordinal: node for node in own if isinstance(node, ReturnNode)}
    ends = [event for event in trace.events if isinstance(event, Return) and event.function == trace.entry]
    giving = [event for event in ends if _gives(returns.get(event.where.site.ordinal))]
    if giving:
        for event in ends if falls(code.body) else ():
            if event.where.site.ordinal == code.ordinal and not _is_choice(event.where.condition):
                return Nothing(code, event.where.site, giving[0].where.site, None, event.where.condition)
        return None
    # A `return None`, and a bare `return` in the middle, are a choice.
    bare = isinstance(code.body[-1], ReturnNode) and code.body[-1].value is None
    last = _last(trace, code.body[:-1] if bare else code.body)
    if last is None or not ends or len(returns) > bare or _acts(trace, own, last):
        return None
    return Nothing(code, ends[0].where.site, None, last, ())


def _says_none(code: FunctionDef) -> bool:
    return isinstance(code.returns, Constant) and code.returns.value is None


def _gives(node: ReturnNode | None) -> bool:
    return node is not None and node.value is not None and node.value != Constant(node.value.ordinal, None)


def _is_choice(condition: Condition) -> bool:
    """Whether a path is none that a correct caller takes: no loop runs, or none of the known cases is there."""
    tests = [test for test in essential(condition) if not test.guard]
    for test in tests:
        _, _, relation = test.key.partition("\0")
        if test.key.startswith(_UNCLAIMED) or (not test.positive and relation.startswith(_KINDS)):
            return True
    return not tests or (len(tests) > 1 and not any(test.positive for test in tests))


def falls(body: Sequence[Stmt]) -> bool:
    """Whether the end of a body can be reached, as far as its text says."""
    last = body[-1] if body else None
    match last:
        case ReturnNode() | Raise():
            return False
        case If(body=inner, orelse=orelse):
            return falls(inner) or falls(orelse)
        case While(test=Constant(value=value), body=inner) if value:
            return any(isinstance(node, Jump) and node.kind == "break" for node in walk(inner))
        case With(body=inner):
            return falls(inner)
        case Try(body=inner, handlers=handlers, orelse=orelse, final=final):
            rest = any(falls(each.body) for each in handlers) or falls(orelse or inner)
            return rest and (not final or falls(final))
        case Match(cases=cases):
            return not any(case.irrefutable for case in cases) or any(falls(case.body) for case in cases)
        case _:
            return True


def _last(trace: Trace, body: Sequence[Stmt]) -> Stmt | None:
    """The statement at the end whose result is lost: a name that is assigned, a tensor that is thrown away."""
    shown = [each for each in body if not (isinstance(each, ExprStmt) and _prints(each.value))]
    last = shown[-1] if shown else None
    match last:
        case Assign(targets=(Name() | Collection(),)) | AnnAssign(target=Name()):
            return last if any(isinstance(event, CallEvent) for event in trace.events) else None
        case ExprStmt(value=Call() as call):
            return last if _computes(trace, call) else None
        case With(body=inner) | For(body=inner, orelse=()) | If(body=inner, orelse=()):
            return _last(trace, inner)
        case If(body=inner, orelse=orelse):
            other = _last(trace, orelse)
            return _last(trace, inner) if other is not None else None
        case _:
            return None


def _prints(value: Expr) -> bool:
    return isinstance(value, Call) and isinstance(value.func, Name) and value.func.id == "print"


def _computes(trace: Trace, call: Call) -> bool:
    """Whether a call computes a tensor and does nothing else."""
    for event in trace.events:
        if isinstance(event, CallEvent) and event.where.site.ordinal == call.ordinal and not event.where.stack:
            return isinstance(event.result, Tensor) and event.inplace is False
    return False


def _acts(trace: Trace, own: Sequence[Node], last: Stmt) -> bool:
    """Whether the run does anything but compute: it stores, overwrites what it was given, or calls for an effect."""
    given = {event.result.root for event in trace.events if isinstance(event, Argument)}
    for event in trace.events:
        if isinstance(event, Store) or (isinstance(event, Write) and event.tensor.root in given):
            return True
    calls = [node.value for node in own if isinstance(node, ExprStmt) and node is not last]
    if any(isinstance(node, (ScopeDecl, Delete, AugAssign)) for node in own if not _local(node, own)):
        return True
    return any(isinstance(call, Call) and not _prints(call) and not _computes(trace, call) for call in calls)


def _local(node: Node, own: Sequence[Node]) -> bool:
    """Whether an augmented assignment changes a name that the function has bound itself."""
    if not isinstance(node, AugAssign) or not isinstance(node.target, Name):
        return False
    name = node.target.id
    targets = (target for each in own if isinstance(each, Assign) for target in each.targets)
    return any(isinstance(target, Name) and target.id == name for target in targets)
