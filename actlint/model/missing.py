"""Reads of attributes that an object does not have: which of them are proven, and of what kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from actlint.facts import Attribute, FunctionDef, Name, Node, Site, Try, With
from actlint.facts import Call as CallNode
from actlint.model import classes
from actlint.model.conditions import stated
from actlint.model.definitions import Definitions, asked_in, by_function, definitions
from actlint.model.events import Event, Read, Return, Store, Trace
from actlint.model.link import handlers_catch
from actlint.model.program import ClassView, Context, FileView, view
from actlint.model.references import path_to
from actlint.model.show import dotted
from actlint.model.state import ModuleObject, conjoin, consistent, options
from actlint.model.values import Class, Condition, External, Module, Test, Unknown, Unset, Value
from actlint.model.walk import walk

Kind: TypeAlias = Literal["never", "early", "partly"]
_CAUGHT = frozenset({"AttributeError", "Exception", "BaseException"})
_SWALLOWS = frozenset({"suppress", "raises", "assertRaises", "assertRaisesRegex"})


@dataclass(frozen=True, slots=True)
class Missing:
    """A read of `node.attr` that raises AttributeError; its object is of class `cls` and has the attributes `names`.

    never: nothing that is seen defines it; early: the constructor assigns it later, at `stored`; partly: the
    constructor assigns it at `stored`, but not under the conditions. `path` leads from the top-level statement to the
    node, `method` is the method it stands in, `own` whether the object is its receiver.
    """

    kind: Kind
    site: Site
    node: Attribute
    path: tuple[Node, ...]
    method: FunctionDef | None
    own: bool
    cls: Class
    names: dict[str, Value]
    conditions: tuple[str, ...]
    stored: Site | None = None


def missing(unit: FileView, ctx: Context) -> Iterator[Missing]:
    """The proven reads of missing attributes in one file, once a place and class."""
    families: dict[Class, Family | None] = {}
    seen: set[tuple[Site | str, Class]] = set()
    for candidate in _candidates(unit, ctx):
        site, cls = candidate.sites[0], candidate.cls
        if (site, cls) in seen:
            continue
        if cls not in families:
            families[cls] = _family(ctx, cls)
        family = families[cls]
        path = unit.path_to(site)
        node = path[-1] if path else None
        if family is None or not isinstance(node, Attribute) or _guarded(ctx, path, candidate.sites):
            continue
        if node.attr in family.asked or node.attr in asked_in(path[:1]) or _is_known(ctx, cls, node.attr):
            continue
        method = next((each for each in path if isinstance(each, FunctionDef)), None)
        receiver = method.params.items[0].name if method is not None and method.params.items else ""
        own = _is(node.value, receiver)
        found = _kind(ctx, family, node.attr, candidate, own)
        # Past the first read of what is there on some paths only, it is there.
        if found is not None and (found[0] != "partly" or (node.attr, cls) not in seen):
            seen.update({(site, cls), (node.attr, cls)})
            kind, conditions, stored = found
            names: dict[str, Value] = {
                name: value for name, value in candidate.made.attrs.items() if not isinstance(value, Unset)
            }
            for name in family.assigned if candidate.blind else ():
                names.setdefault(name, Unknown("assigned where it was not run"))
            names.pop(node.attr, None)
            yield Missing(kind, site, node, path, method, own, cls, names, conditions, stored)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A read in which `cls` has no such attribute under a condition (None: it is not one that may be claimed).

    `sites` are the read and the calls that lead to it; `missing` is the part of the condition under which the object
    lacks it, () if always. `trace` is None for code that was not run. `blind`: no run knows the object either, and the
    text alone must show all that may define the attribute.
    """

    trace: Trace | None
    sites: tuple[Site, ...]
    cls: Class
    made: ModuleObject
    condition: Condition
    missing: Condition = ()
    blind: bool = False


def _candidates(unit: FileView, ctx: Context) -> Iterator[Candidate]:
    """Reads that the evaluator saw fail, and reads in nested functions that it did not run."""
    for trace in unit.traces():
        for event in trace.events:
            if not isinstance(event, Read) or event.where.site.path != unit.path:
                continue
            for missing_when, value in options(event.value):
                made = trace.heap.get(event.receiver.ref) if isinstance(event.receiver, Module) else None
                if not isinstance(value, Unset) or not isinstance(made, ModuleObject):
                    continue
                if isinstance(made.cls, Class):
                    where = event.where
                    yield Candidate(trace, (where.site, *where.stack), made.cls, made, where.condition, missing_when)
    for found in unit.modules():
        made = _made(found)
        if made is None or ctx.open_reason(found.cls):
            continue
        for site, name, blind in _not_run(found, bool(made.open) or not found.constructor.complete):
            if name not in made.attrs and not _inherits(ctx, found.cls, name):
                yield Candidate(None, (site,), found.cls, made, (), blind=blind)


def _made(found: ClassView) -> ModuleObject | None:
    """The object as the class's constructor leaves it."""
    receiver = found.constructor.receiver
    made = found.constructor.heap.get(receiver.ref) if isinstance(receiver, Module) else None
    return made if isinstance(made, ModuleObject) else None


def _not_run(found: ClassView, everything: bool) -> Iterator[tuple[Site, str, bool]]:
    """Attributes of the receiver that the class's methods name where no run has seen them read, and whether blindly.

    That is in functions inside of methods, in methods whose run was given up, or (blindly) where the object is lost.
    """
    given_up = {trace.entry.code.ordinal for trace in found.traces[1:] if trace.entry and not trace.complete}
    lost = {trace.entry.code.ordinal for trace in found.traces[1:] if trace.entry and _is_open(trace)}
    for method in found.info.methods.values():
        if not method.params.items or {"staticmethod", "classmethod"} & {*classes.decorators(method)}:
            continue
        receiver = method.params.items[0].name
        blind = everything or method.ordinal in lost
        for function, node in by_function(method):
            if function is method and not blind and method.ordinal not in given_up:
                continue
            rebound = function is not method and any(item.name == receiver for item in function.params.items)
            if not rebound and isinstance(node, Attribute) and _is(node.value, receiver):
                yield Site(found.cls.site.path, found.cls.site.chunk, node.ordinal), node.attr, blind


def _is_open(trace: Trace) -> bool:
    """Whether the receiver may have unseen attributes when a run ends."""
    found = trace.heap.get(trace.receiver.ref) if isinstance(trace.receiver, Module) else None
    return not isinstance(found, ModuleObject) or bool(found.open)


def _inherits(ctx: Context, cls: Class, name: str) -> bool:
    """Whether the class's body, or an ancestor, gives its instances the attribute; True where that is not known."""
    for ancestor in ctx.mro(cls):
        if isinstance(ancestor, Class):
            info = ctx.info(ancestor)
            if name in info.methods or name in info.attributes or name in info.opaque:
                return True
        elif not isinstance(ancestor, External):
            return True
        else:
            known = classes.foreign_attributes(ancestor.qualname)
            if known is None or name in known:
                return True
    return name.startswith("__")


def _is(node: Node, receiver: str) -> bool:
    return isinstance(node, Name) and node.id == receiver


# ------------------------------------------------------------------------------------------------------------- families


@dataclass(frozen=True, slots=True)
class Family:
    """A class that may be judged, with what it, its ancestors and its subclasses define; `above` is the subclasses'
    part.

    `assigned` says which functions assign a name, `ran` which functions the run of the constructor has seen. `hidden`:
    the text alone does not show all that they define.
    """

    bound: frozenset[str]
    assigned: dict[str, frozenset[Site]]
    above: frozenset[str]
    asked: frozenset[str]
    constructor: Trace
    ran: frozenset[Site]
    hidden: bool


def _family(ctx: Context, cls: Class) -> Family | None:
    """None where the class is not judged: it may be abstract, or some attributes of it cannot be seen."""
    if not _is_judged(ctx, cls) or ctx.stored_by_computed_name(cls):
        return None
    found = next((each for each in view(ctx.program, cls.site.path).classes() if each.cls == cls), None)
    if found is None:
        return None
    own = [ancestor for ancestor in ctx.mro(cls) if isinstance(ancestor, Class)]
    heirs: list[Class] = []
    for heir in ctx.subclasses(cls):
        known = ctx.mro(heir)
        if not ctx.is_called(cls) and not all(isinstance(ancestor, (Class, External)) for ancestor in known):
            return None
        heirs.extend(ancestor for ancestor in known if isinstance(ancestor, Class) and ancestor not in own)
    ran = frozenset(event.function.site for event in found.constructor.events if isinstance(event, Return))
    mine = [_definitions(ctx, each) for each in own]
    theirs = [_definitions(ctx, each) for each in dict.fromkeys(heirs)]
    if any(site not in ran for each in (*mine, *theirs) for site, _ in each.computed):
        return None
    assigned: dict[str, frozenset[Site]] = {}
    for each in (*mine, *theirs):
        for name, sites in each.assigned.items():
            assigned[name] = assigned.get(name, frozenset()) | sites
    return Family(
        frozenset().union(*(each.bound for each in (*mine, *theirs))),
        assigned,
        frozenset().union(*(each.bound | each.assigned.keys() for each in theirs)),
        frozenset().union(*(each.asked for each in (*mine, *theirs))),
        found.constructor,
        ran,
        any(each.computed for each in (*mine, *theirs)),
    )


def _definitions(ctx: Context, cls: Class) -> Definitions:
    return definitions(ctx.program.names, ctx.info(cls))


def _is_judged(ctx: Context, cls: Class) -> bool:
    """Instantiated in the project; or with a constructor and a forward of its own, and nothing abstract."""
    if ctx.is_called(cls):
        return True
    if not {"__init__", "forward"} <= ctx.info(cls).methods.keys():
        return False
    methods: dict[str, FunctionDef] = {}
    for ancestor in ctx.mro(cls):
        if isinstance(ancestor, Class):
            methods = {**ctx.info(ancestor).methods, **methods}
    return not any(classes.is_abstract(code) for code in methods.values())


Verdict: TypeAlias = "tuple[Kind, tuple[str, ...], Site | None] | None"


def _kind(ctx: Context, family: Family, name: str, candidate: Candidate, own: bool) -> Verdict:
    assigned = family.assigned.get(name, frozenset())
    if name in family.bound or name in family.above:
        return None
    trace = candidate.trace
    if not assigned:
        said = stated(candidate.condition)
        # What another object is was decided before it is read here; only its own class decides what a receiver is.
        if candidate.missing or ctx.stored_elsewhere(name) or (not own and said != ()):
            return None
        if candidate.blind and family.hidden:
            return None
        return "never", said or (), None
    if trace is None or not own or not assigned <= family.ran or trace.receiver != family.constructor.receiver:
        return None
    if trace is family.constructor:
        return None if candidate.missing else _early(trace, name, candidate)
    return None if ctx.stored_elsewhere(name) else _partly(family.constructor, name, candidate)


def _early(trace: Trace, name: str, candidate: Candidate) -> Verdict:
    """The constructor itself reads what it assigns only further on, on every path and not in a loop."""
    for index, event in enumerate(trace.events):
        if isinstance(event, Read) and event.where.site == candidate.sites[0] and event.receiver == trace.receiver:
            if event.where.loop or any(not test.guard for test in event.where.condition):
                return None
            return next((("early", (), site) for site in _stored(trace.events[index:], trace, name)), None)
    return None


def _partly(constructor: Trace, name: str, candidate: Candidate) -> Verdict:
    """`forward` reads what the constructor assigns only under a condition on its parameters.

    The test that guards the assignment must be one that can fail for a correct caller: that a parameter equals none of
    the known names, or is an instance of none of the known classes, is no use of the class.
    """
    entry = candidate.trace.entry if candidate.trace is not None else None
    both = conjoin(candidate.condition, candidate.missing)
    if entry is None or not isinstance(entry.code, FunctionDef) or entry.code.name not in ("forward", "training_step"):
        return None
    if both is None or any(not test.guard for test in candidate.condition) or not candidate.missing:
        return None
    tests = [test for test in candidate.missing if not test.guard]
    if sum(not test.positive for test in tests) > 1 or not all(map(_may_fail, tests)):
        return None
    ends = [event.where.condition for event in constructor.events if isinstance(event, Return) and event.depth <= 1]
    if not any(consistent(both, end) for end in ends):
        return None
    said = stated(candidate.missing)
    stored = next(_stored(constructor.events, constructor, name), None)
    return ("partly", said, stored) if said else None


def _may_fail(test: Test) -> bool:
    _, _, relation = test.key.partition("\0")
    return test.positive or not relation.startswith(("== ", "isinstance ", "in "))


def _stored(events: Sequence[Event], trace: Trace, name: str) -> Iterator[Site]:
    for event in events:
        if isinstance(event, Store) and event.receiver == trace.receiver and event.name == name:
            yield event.where.site


def _is_known(ctx: Context, cls: Class, name: str) -> bool:
    """The setting `known-attributes` names it, for all classes or for this one or an ancestor."""
    known = ctx.settings.known_attributes
    owners = [ctx.info(ancestor).code.name for ancestor in ctx.mro(cls) if isinstance(ancestor, Class)]
    return name in known or any(f"{owner}.{name}" in known for owner in owners)


# --------------------------------------------------------------------------------------------------------------- places


def _guarded(ctx: Context, path: tuple[Node, ...], sites: tuple[Site, ...]) -> bool:
    """Whether an AttributeError is caught at the read, or at one of the calls that lead to it."""
    paths = [path, *(path_to(ctx.program.names.files[site.path], site) for site in sites[1:])]
    return any(_catches(node, below) for each in paths for node, below in zip(each, each[1:], strict=False))


def _catches(node: Node, below: Node) -> bool:
    match node:
        case Try(body=body, handlers=handlers):
            return any(below is statement for statement in body) and handlers_catch(handlers, _CAUGHT)
        case With(items=items):
            contexts = [item.context for item in items if isinstance(item.context, CallNode)]
            return any((dotted(call.func) or "").rpartition(".")[2] in _SWALLOWS for call in contexts)
        case _:
            return False


def names_read(method: FunctionDef) -> frozenset[str]:
    """The attributes of its receiver that a method names."""
    receiver = method.params.items[0].name if method.params.items else ""
    nodes = (node for node in walk(method.body) if isinstance(node, Attribute))
    return frozenset(node.attr for node in nodes if _is(node.value, receiver))
