"""Calls that only compute: run apart from any run, once for each list of arguments, and kept for the program.

Helpers such as `to_2tuple`, `get_padding` or `make_divisible` are called in every constructor with numbers, texts and
parameters, and give numbers, texts, lists of these, or a class to build. Such a call neither sees nor changes anything
of the run that makes it: it is worked out on a machine of its own, with steps of its own, so that what it gives depends
on its arguments alone and costs the run one step. What it gives under conditions is selected by those of the path.

Whatever touches a tensor, a module or an object is no such call and runs inline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from actlint.facts import Call as CallNode
from actlint.facts import FunctionDef, Lambda, Name, ScopeDecl
from actlint.model import calls, expressions, module_level
from actlint.model.args import Args
from actlint.model.events import Call, Escape, Event, LoopEdge, Read, Return, Store, Trace
from actlint.model.machine import BudgetExceeded, Frame, Machine
from actlint.model.state import DictObject, Heap, ListObject, conjoin, consistent, select
from actlint.model.values import (
    Class,
    Computed,
    Condition,
    Constant,
    DictRef,
    External,
    Function,
    Iterator,
    Join,
    ListRef,
    ModuleFile,
    Partial,
    Symbol,
    Test,
    Tuple,
    Unknown,
    Unset,
    Value,
)
from actlint.model.walk import walk
from actlint.model.watched import Watched, plain

STEPS = 2_000
"""Steps of one such call; what takes more runs inline."""

DEPTH = 6
"""How deep lists and dicts may be nested in arguments and results."""

_Key: TypeAlias = "tuple[object, ...]"


@dataclass(frozen=True, slots=True)
class Result:
    """What a call gives: its value, the lists and dicts in it, and what holds on its path once it has returned."""

    value: Value
    heap: Heap
    passed: Condition


class Bound(Exception):
    """A value belongs to one run."""


def call(m: Machine, function: Function, args: Args) -> Value | None:
    """What the call gives where it only computes; None where it has to be run inline."""
    if m.apart or args.sizes is not None or args.rest or not _candidate(m, function):
        return None
    if m.state.frames.get(m.names.files[function.site.path].number):
        return None  # the run has bound names of that file itself
    if function.frame and not _closed(m, function.frame):
        return None
    own: dict[str, Test] = {}
    if any(type(value) in _COMPOUND for value in args.all()):
        args = _nameless(args, own)
    try:
        full = (function.site, function.frame, args.complete, args.rest, *_keys(m, args))
    except Bound:
        return None
    found = m.shared.apart.get(full, False)
    if found is False:
        found = m.shared.apart[full] = _run(m, function, args)
    if not isinstance(found, Result):
        return None
    value, heap, passed = _named(found, own) if own else (found.value, found.heap, found.passed)
    together = conjoin(m.state.condition, passed)
    if together is None and not consistent(m.state.condition, passed):
        return None
    m.state.condition = m.state.condition if together is None else together
    if heap:
        value = carried(heap, value, m, heap)
    return select(value, m.state.condition)


# --------------------------------------------------------------------------------------------------------------- names

_COMPOUND = frozenset({Join, Tuple, Iterator, Partial, Computed})


def _nameless(args: Args, own: dict[str, Test]) -> Args:
    """The arguments with the literals that only one run knows called by the order in which they stand. `own` gets what
    they are in the run: what the call gives is the same for all runs.
    """
    names: dict[str, str] = {}

    def nameless(test: Test) -> Test:
        if test.key[0] != "?" or "#" in test.key:
            return test
        name = names.setdefault(test.key, f"?{len(names)}")
        own.setdefault(name, test)
        return Test(name, test.positive, name, test.guard)

    positional = [_retold(value, nameless) for value in args.positional]
    return Args(
        positional,
        {name: _retold(value, nameless) for name, value in args.keywords.items()},
        args.complete,
        rest=args.rest,
    )


def _named(found: Result, own: dict[str, Test]) -> tuple[Value, Heap, Condition]:
    """What a call gives, in the literals of the run that makes it."""

    def named(test: Test) -> Test:
        known = own.get(test.key)
        return test if known is None else Test(known.key, test.positive, known.text, test.guard)

    heap = Heap()
    for ref, object_ in found.heap.items():
        if isinstance(object_, ListObject):
            items = tuple([_retold(item, named) for item in object_.items])
            heap[ref] = ListObject(items, object_.complete, object_.kind, object_.alike)
        elif isinstance(object_, DictObject):
            pairs = {name: _retold(item, named) for name, item in object_.items.items()}
            heap[ref] = DictObject(pairs, object_.complete)
    return _retold(found.value, named), heap, tuple([named(test) for test in found.passed])


def _retold(value: Value, other: Callable[[Test], Test]) -> Value:
    """The value with `other` of each literal in it."""
    if type(value) is Join:
        return Join(tuple([(tuple([other(t) for t in when]), _retold(each, other)) for when, each in value.options]))
    return _mapped(value, lambda item: _retold(item, other)) if type(value) in _COMPOUND else value


# -------------------------------------------------------------------------------------------------------------- whether


def _candidate(m: Machine, function: Function) -> bool:
    """Whether the code may only compute: it calls nothing of torch, makes no object of the project's classes, and binds
    no name outside of itself. Read once a program.
    """
    known = m.shared.computing.get(function.site)
    if known is None:
        m.shared.computing[function.site] = True  # where it calls itself
        known = m.shared.computing[function.site] = _may_compute(m, function)
    return known


def _may_compute(m: Machine, function: Function) -> bool:
    info = calls.code_info(m, function)
    code = function.code
    if info.generator or info.no_grad or not info.plain or (isinstance(code, FunctionDef) and code.is_async):
        return False
    body = code.body if isinstance(code, FunctionDef) else [code.body]
    for node in walk(body, (Lambda,)):
        if isinstance(node, (ScopeDecl, FunctionDef)):
            return False
        if isinstance(node, CallNode):
            root = node.func
            while not isinstance(root, Name):
                inner = getattr(root, "value", None)
                if inner is None or isinstance(inner, (str, int)):
                    break
                root = inner
            if isinstance(root, Name) and root.id not in info.local and not _computes(m, function, node):
                return False
    return True


def _computes(m: Machine, function: Function, node: CallNode) -> bool:
    callee = expressions.in_scope_of(m, function.site, 0, node.func)
    match callee:
        case External(qualname=name):
            return not name.startswith("torch.")
        case Class():
            return False
        case Function():
            return _candidate(m, callee)
        case _:
            return True


def _closed(m: Machine, frame: int) -> bool:
    """Whether what a function closes over was bound at module level, once and for all: numbers, texts, functions."""
    while frame > 0:
        names = m.state.frames.get(frame)
        if frame < module_level.FIRST or names is None or frame not in m.parents:
            return False
        if any(running.number == frame for running in m.stack):
            return False
        if not all(isinstance(value, (Constant, External, Class, Function)) for value in names.values()):
            return False
        frame = m.parents[frame][0]
    return True


# ------------------------------------------------------------------------------------------------------------------ run


def _run(m: Machine, function: Function, args: Args) -> Result | None:
    """Run the call on a machine of its own; None where it does more than compute."""
    m.shared.rooms += 1
    apart = Machine(
        m.names,
        m.shared,
        Trace(None, None, "apart"),
        steps=STEPS,
        counter=module_level.FIRST + m.shared.rooms * module_level.ROOM,
        apart=True,
    )
    file = m.names.files[function.site.path]
    apart.stack.append(Frame(file.number, 0, file, function.site.chunk, frozenset()))
    number = function.frame
    while number > 0:
        apart.parents[number] = m.parents[number]
        apart.state.frames[number] = m.state.frames[number]
        number = m.parents[number][0]
    before = apart.counter
    given = Args(
        [carried(m.state.heap, value, apart) for value in args.positional],
        {name: carried(m.state.heap, value, apart) for name, value in args.keywords.items()},
        args.complete,
        rest=args.rest,
    )
    first, since = apart.counter, apart.mark()
    try:
        value = calls.invoke(apart, function, given, function.site)
    except (BudgetExceeded, RecursionError):
        return None
    if not apart.state.alive or not all(_only_computes(apart, event) for event in apart.trace.events):
        return None
    written = apart.state.heap.log[since:]
    if module_level.changed(apart, written, before) or any(before < ref <= first for ref in written):
        return None  # it changes what is there for others, or what it was given
    heap = Heap()
    try:
        _collect(apart, value, first, heap, 0)
    except Bound:
        return None
    return Result(value, heap, apart.state.condition)


def _only_computes(m: Machine, event: Event) -> bool:
    match event:
        case Read(value=value):
            return not isinstance(value, Unset) and type(value) is not Join
        case Call(op=op, callee=callee):
            return op is None and not isinstance(callee, Class)
        case Store(kind=kind):
            return kind == "item"
        case Return() | LoopEdge():
            return True
        case Escape(values=values):
            try:
                return all(key(m.state.heap, value) is not None for value in values)
            except Bound:
                return False
        case _:
            return False


# --------------------------------------------------------------------------------------------------------------- values


def _keys(m: Machine, args: Args) -> _Key:
    heap = m.state.heap
    positional = tuple([key(heap, value) for value in args.positional])
    return positional, *((name, key(heap, value)) for name, value in args.keywords.items())


def key(heap: Heap, value: Value, depth: int = 0) -> object:
    """What tells values apart, lists and dicts by what is in them.

    Raises:
        Bound: the value belongs to one run.
    """
    match value:
        case Constant(value=own):
            number = plain(own)
            return type(number), number
        case External() | Class(frame=0) | ModuleFile() | Unknown():
            return value
        case Symbol(role=role) if role != "argument":
            return value
        case Function(site=site, frame=0):
            return site
        case _ if depth > DEPTH:
            raise Bound
        case Tuple(items=items):
            return ("tuple", *[key(heap, item, depth + 1) for item in items])
        case Iterator(element=element):
            return "iterator", key(heap, element, depth + 1)
        case Computed(op=op, operands=operands):
            return (op, *[key(heap, item, depth + 1) for item in operands])
        case Join(options=options):
            return ("join", *[(when, key(heap, option, depth + 1)) for when, option in options])
        case Partial(function=function, args=args, keywords=keywords):
            own = tuple([(name, key(heap, item, depth + 1)) for name, item in keywords])
            return key(heap, function, depth + 1), *[key(heap, item, depth + 1) for item in args], own
        case ListRef(ref=ref):
            found = heap[ref]
            assert isinstance(found, ListObject)
            return (found.kind, found.complete, found.alike, *[key(heap, item, depth + 1) for item in found.items])
        case DictRef(ref=ref):
            entries = heap[ref]
            assert isinstance(entries, DictObject)
            pairs = [(type(name), name, key(heap, item, depth + 1)) for name, item in entries.items.items()]
            return "dict", entries.complete, *pairs
        case _:
            raise Bound


def _mapped(value: Value, other: Callable[[Value], Value]) -> Value:
    """The value with `other` of each value in it."""
    match value:
        case Tuple(items=items):
            return Tuple(tuple([other(item) for item in items]))
        case Iterator(element=element):
            return Iterator(other(element))
        case Join(options=options):
            return Join(tuple([(when, other(option)) for when, option in options]))
        case Partial(function=function, args=args, keywords=keywords):
            own = tuple([(name, other(item)) for name, item in keywords])
            return Partial(other(function), tuple([other(item) for item in args]), own)
        case Computed(op=op, operands=operands, weight=weight):
            return Computed(op, tuple([other(item) for item in operands]), weight)
        case _:
            return value


def carried(heap: Heap, value: Value, m: Machine, own: Heap | None = None) -> Value:
    """The value with lists and dicts made anew for `m`: those in `own`, or all."""
    match value:
        case Constant(value=number) if type(number) is Watched:
            return Constant(plain(number))
        case ListRef(ref=ref) if own is None or ref in own:
            found = heap[ref]
            assert isinstance(found, ListObject)
            items = tuple([carried(heap, item, m, own) for item in found.items])
            return ListRef(m.allocate(ListObject(items, found.complete, found.kind, found.alike)))
        case DictRef(ref=ref) if own is None or ref in own:
            entries = heap[ref]
            assert isinstance(entries, DictObject)
            pairs = {name: carried(heap, item, m, own) for name, item in entries.items.items()}
            return DictRef(m.allocate(DictObject(pairs, entries.complete)))
        case _:
            return _mapped(value, lambda item: carried(heap, item, m, own))


def _collect(m: Machine, value: Value, first: int, into: Heap, depth: int) -> None:
    """Take the lists and dicts of a result, each of which has to be the call's own and stand there once.

    Raises:
        Bound: something belongs to a run, or to more than one place.
    """
    match value:
        case ListRef(ref=ref) | DictRef(ref=ref):
            if ref <= first or ref in into or depth > DEPTH:
                raise Bound
            found = into[ref] = m.state.heap[ref]
            assert isinstance(found, (ListObject, DictObject))
            for item in found.items if isinstance(found, ListObject) else found.items.values():
                _collect(m, item, first, into, depth + 1)
        case Tuple(items=items):
            for item in items:
                _collect(m, item, first, into, depth + 1)
        case Iterator(element=element):
            _collect(m, element, first, into, depth + 1)
        case Join(options=options):
            for _, option in options:
                _collect(m, option, first, into, depth + 1)
        case Partial(function=function, args=args, keywords=keywords):
            for item in (function, *args, *(own for _, own in keywords)):
                _collect(m, item, first, into, depth + 1)
        case _:
            key(m.state.heap, value)
