"""Reads of attributes that an object does not have: which of them are proven, and of what kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from actlint.facts import Attribute, ClassDef, Comprehension, For, FunctionDef, If, IfExp, Node, Site, Try, While, With
from actlint.facts import Call as CallNode
from actlint.model import classes
from actlint.model.conditions import stated
from actlint.model.definitions import Definitions, asked_in, definitions
from actlint.model.events import Event, Read, Return, Store, Trace
from actlint.model.failing import Candidate, failing_reads, is_name
from actlint.model.link import handlers_catch
from actlint.model.program import Context, FileView, view
from actlint.model.references import path_to
from actlint.model.show import dotted
from actlint.model.state import conjoin, consistent
from actlint.model.values import Class, External, Symbol, Test, Unknown, Unset, Value
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
    names: Mapping[str, Value]
    conditions: tuple[str, ...]
    stored: Site | None = None


def missing(unit: FileView, ctx: Context) -> Iterator[Missing]:
    """The proven reads of missing attributes in one file, once a place and class."""
    families: dict[Class, Family | None] = {}
    seen: set[tuple[Site | str, Class]] = set()
    elsewhere: set[tuple[str, Class]] = set()
    for candidate in failing_reads(unit, ctx):
        site, cls = candidate.sites[0], candidate.cls
        if (site, cls) in seen:
            continue
        if cls not in families:
            families[cls] = _family(ctx, cls)
        family = families[cls]
        path = unit.path_to(site)
        node = path[-1] if path else None
        if family is None or not isinstance(node, Attribute) or node.attr in family.asked or node.attr in family.bound:
            continue
        method = next((each for each in path if isinstance(each, FunctionDef)), None)
        # The first parameter of a function that stands in no class is anything that it is called with.
        inside = method is not None and method.params.items and any(isinstance(each, ClassDef) for each in path)
        own = is_name(node.value, method.params.items[0].name if method is not None and inside else "")
        found = _verdict(family, node.attr, candidate, own, path)
        # The general run comes first, and says best what decides.
        if found is not None and found.kind == "partly" and _has_modes(family, candidate):
            elsewhere.add((node.attr, cls))
        if (node.attr, cls) in elsewhere:
            continue
        # Past the first read of what is there on some paths only, it is there.
        if found is None or (found.kind == "partly" and (node.attr, cls) in seen):
            continue
        if _guarded(ctx, path, candidate.sites) or node.attr in asked_in(path[:1]) or _is_known(ctx, cls, node.attr):
            continue
        if _is_judged(ctx, cls, family) and not _defined_elsewhere(ctx, cls, node.attr, found.kind):
            seen.update({(site, cls), (node.attr, cls)})
            names = {**candidate.made.attrs}
            for name in family.assigned if candidate.blind else ():
                names.setdefault(name, Unknown("assigned where it was not run"))
            there = {name: value for name, value in names.items() if name != node.attr and not isinstance(value, Unset)}
            yield Missing(found.kind, site, node, path, method, own, cls, there, found.conditions, found.stored)


# ------------------------------------------------------------------------------------------------------------- families


@dataclass(frozen=True, slots=True)
class Family:
    """A class and its ancestors: what their text defines.

    `methods` are those of the class itself; `assigned` says which functions assign a name, `ran` which functions the
    run of the constructor has seen, `replaced` which ones never run, as others stand in their place. `hidden`: the text
    alone does not show all that they define. `builds`: methods of the class itself are part of its construction.
    """

    methods: tuple[FunctionDef, ...]
    bound: frozenset[str]
    assigned: dict[str, frozenset[Site]]
    asked: frozenset[str]
    constructor: Trace
    ran: frozenset[Site]
    replaced: frozenset[Site]
    hidden: bool
    builds: bool


def _family(ctx: Context, cls: Class) -> Family | None:
    """None where some attributes of the class cannot be seen."""
    found = next((each for each in view(ctx.program, cls.site.path).classes() if each.cls == cls), None)
    if found is None:
        return None
    returns = [event.function for event in found.constructor.events if isinstance(event, Return)]
    ran = frozenset(function.site for function in returns)
    own = [_definitions(ctx, ancestor) for ancestor in ctx.mro(cls) if isinstance(ancestor, Class)]
    if any(site not in ran for each in own for site, _ in each.computed):
        return None
    assigned: dict[str, frozenset[Site]] = {}
    for each in own:
        for name, sites in each.assigned.items():
            assigned[name] = assigned.get(name, frozenset()) | sites
    bound = frozenset().union(*(each.bound for each in own))
    asked = frozenset().union(*(each.asked for each in own))
    methods = tuple(ctx.info(cls).methods.values())
    builds = "__init__" in ctx.info(cls).methods or any(function.owner == cls for function in returns)
    hidden = any(each.computed for each in own)
    replaced = _replaced(ctx, cls) - ran
    return Family(methods, bound, assigned, asked, found.constructor, ran, replaced, hidden, builds)


def _replaced(ctx: Context, cls: Class) -> frozenset[Site]:
    """The methods of ancestors that the class, or one between, defines anew without ever calling what it replaces."""
    family = [each for each in ctx.mro(cls) if isinstance(each, Class)]
    if len(family) < 2:
        return frozenset()
    methods = [(each, name, code) for each in family for name, code in ctx.info(each).methods.items()]
    names = Counter(name for _, name, _ in methods)
    again = {name for name, count in names.items() if count > 1}
    for _, _, code in methods if again else ():
        own = code.params.items[0].name if code.params.items else ""
        for node in walk(code.body):
            if isinstance(node, Attribute) and node.attr in again and not is_name(node.value, own):
                again.discard(node.attr)  # `super().build()`, `Base.build(self)`
    first = {name: each for each, name, _ in reversed(methods)}
    return frozenset(
        Site(each.site.path, each.site.chunk, code.ordinal)
        for each, name, code in methods
        if name in again and first[name] != each
    )


def _defined_elsewhere(ctx: Context, cls: Class, name: str, kind: Kind) -> bool:
    """Whether a subclass, or code outside of the class, may define the attribute."""
    if ctx.stored_by_computed_name(cls) or (kind != "early" and ctx.stored_elsewhere(name)):
        return True
    own = ctx.mro(cls)
    for heir in ctx.subclasses(cls):
        for ancestor in ctx.mro(heir):
            if isinstance(ancestor, Class) and ancestor not in own:
                found = _definitions(ctx, ancestor)
                if found.computed or name in found.bound or name in found.assigned or name in found.asked:
                    return True
            elif not isinstance(ancestor, (Class, External)) and not ctx.is_called(cls):
                return True
    return False


def _definitions(ctx: Context, cls: Class) -> Definitions:
    return definitions(ctx.program.names, ctx.info(cls))


def _is_judged(ctx: Context, cls: Class, family: Family) -> bool:
    """Instantiated in the project; or with a forward of its own and a part in its construction, nothing abstract."""
    if ctx.is_called(cls):
        return True
    if "forward" not in ctx.info(cls).methods or not family.builds:
        return False
    methods: dict[str, FunctionDef] = {}
    for ancestor in ctx.mro(cls):
        if isinstance(ancestor, Class):
            methods = {**ctx.info(ancestor).methods, **methods}
    return not any(classes.is_abstract(code) for code in methods.values())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a candidate is, as `Missing` has it."""

    kind: Kind
    conditions: tuple[str, ...] = ()
    stored: Site | None = None


def _verdict(family: Family, name: str, candidate: Candidate, own: bool, path: tuple[Node, ...]) -> Verdict | None:
    trace, assigned = candidate.trace, family.assigned.get(name)
    if not assigned or assigned <= family.replaced:
        said = stated(candidate.condition)
        # What another object is was decided before it is read here; only its own class decides what a receiver is.
        if candidate.missing or (not own and said != ()) or (candidate.blind and family.hidden):
            return None
        return Verdict("never", said or ())
    if trace is None or not own or not assigned <= family.ran or trace.receiver != family.constructor.receiver:
        return None
    if trace is family.constructor:
        return None if candidate.missing else _early(trace, name, candidate)
    return _partly(family.constructor, name, candidate, path)


def _early(trace: Trace, name: str, candidate: Candidate) -> Verdict | None:
    """The constructor itself reads what it assigns only further on, on every path and not in a loop."""
    for index, event in enumerate(trace.events):
        if isinstance(event, Read) and event.where.site == candidate.sites[0] and event.receiver == trace.receiver:
            if event.where.loop or any(not test.guard for test in event.where.condition):
                return None
            return next((Verdict("early", (), site) for site in _stored(trace.events[index:], trace, name)), None)
    return None


def _partly(constructor: Trace, name: str, candidate: Candidate, path: tuple[Node, ...]) -> Verdict | None:
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
    if _runs_only_then(constructor, candidate, path):
        return None
    stores = [event for event in constructor.events if isinstance(event, Store) and event.name == name]
    if any(event.where.loop and event.receiver == constructor.receiver for event in stores):
        return None  # of what a loop of unknown length tests only one iteration has been seen
    said = stated(candidate.missing)
    stored = next(_stored(constructor.events, constructor, name), None)
    reading = candidate.sites[0]
    if stored is not None and (stored.path, stored.chunk) != (reading.path, reading.chunk):
        return None  # a child that reads what its parent has on a path only is made on that path
    return Verdict("partly", said, stored) if said else None


def _decided_by(constructor: Trace, candidate: Candidate) -> frozenset[str]:
    """The attributes that hold what decides whether the missing one is there."""
    subjects = {test.key.partition("\0")[0] for test in candidate.missing or () if not test.guard}
    return frozenset(
        event.name
        for event in constructor.events
        if isinstance(event, Store) and isinstance(event.value, Symbol) and event.value.key in subjects
    )


def _runs_only_then(constructor: Trace, candidate: Candidate, path: tuple[Node, ...]) -> bool:
    """Whether a loop around the read goes as often as what decides says: `for i in range(self.depth)`."""
    asked: list[Node] = []
    for node in path:
        match node:
            case For(iterable=over) | While(test=over):
                asked.append(over)
            case Comprehension(clauses=clauses):
                asked.extend(clause.iterable for clause in clauses)
            case _:
                pass
    flags = _decided_by(constructor, candidate) if asked else frozenset()
    return any(isinstance(node, Attribute) and node.attr in flags for node in walk(asked))


def _has_modes(family: Family, candidate: Candidate) -> bool:
    """Whether a method beside `forward` asks for what decides: the object then has a use in which it is not called."""
    entry = candidate.trace.entry if candidate.trace is not None else None
    flags = _decided_by(family.constructor, candidate)
    if entry is None or not flags:
        return False
    body = entry.code.body if isinstance(entry.code, FunctionDef) else [entry.code.body]
    used = {node.attr for node in walk(body) if isinstance(node, Attribute)}
    return any(
        isinstance(inner, Attribute) and inner.attr in flags
        for code in family.methods
        if code.name not in used and code.name not in _NO_USE
        for node in walk(code.body)
        if isinstance(node, (If, IfExp))
        for inner in walk((node.test,))
    )


_NO_USE = frozenset({"__init__", "forward", "training_step", "extra_repr", "__repr__", "reset_parameters"})


def _may_fail(test: Test) -> bool:
    _, _, relation = test.key.partition("\0")
    if test.key.startswith("?") and " == " in test.text:
        return test.positive  # the same of a value that is not known
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
