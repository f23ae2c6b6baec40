"""Modules with parameters that are made once and stand several times in one list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from actlint.facts import (
    Assign,
    Attribute,
    BinOp,
    Call,
    Collection,
    Comprehension,
    Constant,
    Expr,
    ExprStmt,
    For,
    FunctionDef,
    Lambda,
    Name,
    Node,
    Site,
)
from actlint.model.events import Call as CallEvent
from actlint.model.events import Return, Trace
from actlint.model.kept import contents, has_parameters
from actlint.model.program import FileView
from actlint.model.references import path_to
from actlint.model.show import dotted
from actlint.model.state import ModuleObject, options
from actlint.model.values import Condition, ForeignMethod, Module, Value
from actlint.model.walk import bound_names, target_names, walk

_KEYED = frozenset({"builtins.dict.fromkeys", "collections.OrderedDict.fromkeys"})
_SEQUENTIAL = "torch.nn.Sequential"
_SCREEN = re.compile(r"[\])]\s*\*|\*\s*[\[(]|\*\s*nn\.Seq|fromkeys|repeat\(|[\[(:]\s*\w+\s+for\s|append\(\w+\)")
"""What the text of a statement has that repeats anything: a test for speed, nothing is concluded from it."""


_ON_PURPOSE = re.compile("shared|share|tied|common|same|reuse")
"""In the name of a module: it is meant to be one."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """`node` repeats what `element` makes; `count` is how often, None where that is not written as a number of times.

    `made` is the call that makes the module, `name` the local name that stands in between, if one does.
    """

    site: Site
    node: Node
    element: Expr
    count: Expr | None
    made: Site
    name: str
    condition: Condition


def repeated_modules(unit: FileView, traces: Iterable[Trace]) -> Iterator[Repeated]:
    """The places of this file where a run has seen a module with parameters made, just for being repeated."""
    written = dict(_written(unit))
    given: dict[Site, Repeated] = {}
    for site, repeated in list(written.items()):
        if repeated.made == repeated.site:
            del written[site]
            around = (
                Site(unit.path, site.chunk, node.ordinal) for node in unit.path_to(site) if isinstance(node, Call)
            )
            given.update((each, repeated) for each in around)
    for trace in traces if written or given else ():
        for site, condition, value in _made(trace) if written else ():
            repeated_here = written.get(site)
            if repeated_here is not None and any(has_parameters(trace.heap, m) for m in _modules(trace, value)):
                yield replace(repeated_here, condition=condition)
        yield from _given(unit, trace, given) if given else ()


def _given(unit: FileView, trace: Trace, given: dict[Site, Repeated]) -> Iterator[Repeated]:
    """The modules that are made as an argument of a call, `Stack(Layer(8), 6)`, and repeated by what is called."""
    appended: set[tuple[Site, Value]] = set()
    told: set[Site] = set()
    same: tuple[Value, ...]
    for event in trace.events:
        if not isinstance(event, CallEvent) or not event.where.stack or event.where.site not in given:
            continue
        held = trace.heap.get(event.result.ref) if isinstance(event.result, Module) else None
        if isinstance(event.callee, ForeignMethod):
            item = event.args[0][1] if event.callee.name == "append" and event.args else None
            once = (event.where.site, item) not in appended and not event.where.loop
            appended.update(() if item is None else ((event.where.site, item),))
            same = () if item is None or once else (item,)
        elif isinstance(held, ModuleObject) and held.children is None:
            same = () if held.element is None else (held.element,)
        else:
            children = [] if not isinstance(held, ModuleObject) else [child for _, child in held.children or ()]
            same = tuple(dict.fromkeys(child for child in children if children.count(child) > 1))
        for module in same:
            made = trace.heap.get(module.ref) if isinstance(module, Module) else None
            if isinstance(made, ModuleObject) and _is_inside(unit, made.site, event.where.stack[-1]):
                repeated = given[event.where.site]
                if repeated.site not in told and has_parameters(trace.heap, module):
                    told.add(repeated.site)
                    yield replace(repeated, made=made.site, condition=event.where.condition)


def _is_inside(unit: FileView, site: Site, call: Site) -> bool:
    """Whether a place is among the arguments of a call."""
    file = unit.program.names.files.get(call.path)
    if file is None or (site.path, site.chunk) != (call.path, call.chunk):
        return False
    path = path_to(file, call)
    node = path[-1] if path else None
    return isinstance(node, Call) and any(inner.ordinal == site.ordinal for inner in walk(node.args))


def _written(unit: FileView) -> Iterator[tuple[Site, Repeated]]:
    """What the file repeats, by the places of the calls that make it; by its own place what a function is given."""
    for number, chunk in enumerate(unit.file.facts.chunks):
        if chunk.facts is None or not _SCREEN.search(chunk.text):
            continue
        for node in walk(chunk.facts.body):
            for repeating, element, count in _repeats(unit, number, node):
                site = Site(unit.path, number, repeating.ordinal)
                source, name = _source(unit, site, element)
                if source is not None and not _ON_PURPOSE.search(name):
                    made = Site(unit.path, number, source.ordinal)
                    yield made, Repeated(site, repeating, element, count, made, name, ())
                elif source is None and isinstance(element, Name) and _is_given(unit, site, element.id):
                    yield site, Repeated(site, repeating, element, count, site, element.id, ())


def _made(trace: Trace) -> Iterator[tuple[Site, Condition, Value]]:
    """What calls have made, and where: constructors, and functions of the project that return modules."""
    for event in trace.events:
        match event:
            case CallEvent(where=where, module=None, op=None, result=Module() as result):
                yield where.site, where.condition, result
            case Return(where=where, value=value) if where.stack and _has_module(value):
                yield where.stack[-1], where.condition, value
            case _:
                pass


def _has_module(value: Value) -> bool:
    return any(isinstance(option, Module) for _, option in options(value))


def _modules(trace: Trace, value: Value) -> Iterator[Value]:
    for _, option in options(value):
        yield option
        yield from (inner for _, inner in contents(trace.heap, option))


def _repeats(unit: FileView, chunk: int, node: Node) -> Iterator[tuple[Expr, Expr, Expr | None]]:
    """What a node repeats, and how often; before them the expression that puts it where it stands."""
    match node:
        case BinOp(op="*", left=left, right=right):
            for display, count in ((left, right), (right, left)):
                if isinstance(display, Collection) and display.kind != "set" and not _is_one(count):
                    yield from ((node, element, count) for element in display.elements)
                elif isinstance(display, Call) and not _is_one(count) and _means(unit, chunk, display) == _SEQUENTIAL:
                    yield node, display, count
        case Comprehension(kind="list" | "generator", element=element, clauses=clauses):
            bound = {name for clause in clauses for name in target_names(clause.target)}
            if isinstance(element, Name) and element.id not in bound:
                yield node, element, None
        case Call(args=(first, second)) if not (first.star or second.star):
            if _means(unit, chunk, node) == "itertools.repeat":
                yield node, first.value, second.value
            elif _means(unit, chunk, node) in _KEYED:
                yield node, second.value, None
        case For(target=target, body=body):
            for statement in body:
                match statement:
                    case ExprStmt(value=Call(func=Attribute(value=held, attr="append"), args=(given,)) as call):
                        bound = {*bound_names(body), *target_names(target)}
                        own = {each.id for each in walk((held, given.value)) if isinstance(each, Name)}
                        if isinstance(given.value, Name) and not own & bound:
                            yield call, given.value, None
                    case _:
                        pass
        case _:
            pass


def _means(unit: FileView, chunk: int, call: Call) -> str:
    func = call.func
    known = (each.qualname for each in unit.references_at(Site(unit.path, chunk, func.ordinal)))
    builtin = dotted(func) if isinstance(func, Attribute) else None
    return next(known, f"builtins.{builtin}" if builtin else "")


def _is_one(count: Expr) -> bool:
    return isinstance(count, Constant) and not (isinstance(count.value, int) and count.value > 1)


def _source(unit: FileView, at: Site, element: Expr) -> tuple[Expr | None, str]:
    """The call that makes the element, itself or through a local name that is bound once and read only here."""
    if isinstance(element, Call):
        return element, ""
    around = [node for node in unit.path_to(at) if isinstance(node, (FunctionDef, Lambda))]
    if not isinstance(element, Name) or not around or not isinstance(around[-1], FunctionDef):
        return None, ""
    function = around[-1]
    nodes = [node for node in walk(function.body) if isinstance(node, Name) and node.id == element.id]
    if len(nodes) != 2 or any(item.name == element.id for item in function.params.items):
        return None, ""
    value = next((each for each in _assigned(function.body, element.id)), None)
    return (value, element.id) if isinstance(value, Call) else (None, "")


def _is_given(unit: FileView, at: Site, name: str) -> bool:
    """Whether a name is a parameter of the function around, which reads it only here."""
    around = [node for node in unit.path_to(at) if isinstance(node, (FunctionDef, Lambda))]
    if not around or not isinstance(around[-1], FunctionDef) or _ON_PURPOSE.search(name):
        return False
    reads = [node for node in walk(around[-1].body) if isinstance(node, Name) and node.id == name]
    return len(reads) == 1 and any(item.name == name for item in around[-1].params.items)


def _assigned(body: Sequence[Node], name: str) -> Iterator[Expr]:
    for node in walk(body):
        if isinstance(node, Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, Name) and target.id == name:
                yield node.value
