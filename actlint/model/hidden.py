"""Trainable modules that a module keeps in plain containers, where torch does not see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import (
    AnnAssign,
    Assign,
    Attribute,
    AugAssign,
    Collection,
    Constant,
    Expr,
    For,
    FunctionDef,
    Name,
    Site,
    Subscript,
)
from actlint.facts import Call as CallNode
from actlint.model.definitions import definitions
from actlint.model.events import Escape, Store, Trace
from actlint.model.kept import Heap, contents, is_opaque, is_trained, registered
from actlint.model.program import ClassView, Context, FileView
from actlint.model.reads import Use, uses
from actlint.model.state import DictObject, ListObject, ModuleObject, options
from actlint.model.values import Class, Condition, DictRef, ListRef, Module, Tuple, Value
from actlint.model.values import Iterator as IteratorValue
from actlint.model.walk import walk

_MANAGES = frozenset(
    {"parameters", "named_parameters", "modules", "named_modules", "children", "named_children", "state_dict"}
    | {"load_state_dict", "_apply", "to", "cuda", "train"}
)
_ASKED = frozenset({"parameters", "named_parameters", "state_dict", "load_state_dict"})


@dataclass(frozen=True, slots=True)
class Hidden:
    """The attribute `target` gets `value` (at `site`), a container of `kind` that keeps a module that `made` makes.

    `items` is what stands in it, with its keys in a dict (places otherwise); `uses` are the reads of the attribute.
    """

    target: Attribute
    site: Site
    value: Expr
    kind: str
    items: tuple[tuple[object, Value], ...]
    made: Site
    condition: Condition
    uses: tuple[Use, ...]


def hidden_modules(unit: FileView, ctx: Context, view: ClassView) -> Iterator[Hidden]:
    """What a class's constructor leaves so, where nothing that is seen registers the modules or looks after them."""
    trace = view.constructor
    owner = trace.heap.get(trace.receiver.ref) if isinstance(trace.receiver, Module) else None
    if not isinstance(owner, ModuleObject) or trace.receiver is None or owner.open or not trace.complete:
        return
    listed = registered(trace.heap, trace.receiver)
    seen = _handed_on(trace).union(listed, *(registered(each.heap, trace.receiver) for each in view.traces))
    opaque = any(is_opaque(trace.heap, ref) for ref in listed)
    for name, kept in owner.attrs.items():
        for when, container in options(kept):
            hidden = [
                (condition, value)
                for condition, value in contents(trace.heap, container)
                if isinstance(value, Module) and value.ref not in seen and is_trained(trace.heap, value)
            ]
            store = _store(unit, trace, name, container) if hidden else None
            if store is None or _is_managed(ctx, view, name):
                continue
            target, site, value, condition = store
            inside, module = min(hidden, key=lambda each: len(each[0]))
            made = trace.heap[module.ref]
            found = tuple(uses(ctx, view.cls, name))
            if opaque and any(_is_put_elsewhere(unit, use) for use in found):
                continue
            if isinstance(made, ModuleObject) and not _is_wrapped(value, found):
                kind, items = _items(trace.heap, container)
                yield Hidden(target, site, value, kind, items, made.site, (*when, *condition, *inside), found)


def _is_put_elsewhere(unit: FileView, use: Use) -> bool:
    """Whether a method that builds takes what is in the container as a whole: maybe to have it registered."""
    if use.parent is None or isinstance(use.parent, (Attribute, AugAssign, For, Subscript)) or use.way == "called":
        return False
    around = unit.path_to(use.site) if use.site.path == unit.path else ()
    return not any(isinstance(node, FunctionDef) and node.name == "forward" for node in around)


def _items(heap: Heap, container: Value) -> tuple[str, tuple[tuple[object, Value], ...]]:
    """What kind of container it is, and what stands in it directly."""
    match container:
        case ListRef(ref=ref) if isinstance(found := heap.get(ref), ListObject):
            return found.kind, tuple(enumerate(found.items))
        case DictRef(ref=ref) if isinstance(entries := heap.get(ref), DictObject):
            return "dict", tuple(entries.items.items())
        case Tuple(items=items):
            return "tuple", tuple(enumerate(items))
        case IteratorValue(element=element):
            return "tuple", ((0, element),)
        case _:
            return "container", ()


def _handed_on(trace: Trace) -> set[int]:
    """The modules that reach code that is not known, which may register them."""
    values = (value for event in trace.events if isinstance(event, Escape) for value in event.values)
    reached = (inner for value in values for inner in (value, *(each for _, each in contents(trace.heap, value))))
    return {value.ref for value in reached if isinstance(value, Module) and value != trace.receiver}


def _store(unit: FileView, trace: Trace, name: str, container: Value) -> tuple[Attribute, Site, Expr, Condition] | None:
    """The last assignment in this file that gives the attribute the container: target, value and condition."""
    for event in reversed(trace.events):
        if not isinstance(event, Store) or event.name != name or event.receiver != trace.receiver:
            continue
        if event.where.site.path != unit.path or container not in (value for _, value in options(event.value)):
            continue
        *around, target = unit.path_to(event.where.site)
        statement = around[-1] if around else None
        if isinstance(statement, Collection) and len(around) > 1 and isinstance(around[-2], Assign):
            # `self.a, self.b = [...], [...]`
            displayed, place = around[-2].value, [each is target for each in statement.elements].index(True)
            if isinstance(displayed, Collection) and len(displayed.elements) == len(statement.elements):
                value = displayed.elements[place]
                if isinstance(target, Attribute):
                    return target, unit.site(event.where.site, value), value, event.where.condition
        if isinstance(statement, (Assign, AnnAssign)) and isinstance(target, Attribute) and statement.value is not None:
            return target, unit.site(event.where.site, statement.value), statement.value, event.where.condition
    return None


def _is_managed(ctx: Context, view: ClassView, name: str) -> bool:
    """Whether the class, or one that is related to it, may look after the modules in a way that no run shows.

    It defines attributes under computed names, or what torch asks modules for; a subclass or code outside assigns the
    attribute again; or a method asks other modules for their parameters or state.
    """
    if ctx.stored_elsewhere(name):
        return True
    below = ctx.subclasses(view.cls)
    for cls in (*(each for each in ctx.mro(view.cls) if isinstance(each, Class)), *below):
        info = ctx.info(cls)
        found = definitions(ctx.program.names, info)
        if found.computed or _MANAGES & found.bound or (cls in below and name in found.assigned):
            return True
        for method in info.methods.values():
            receiver = method.params.items[0].name if method.params.items else ""
            if any(_asks_others(node, receiver) for node in walk(method.body)):
                return True
            if any(isinstance(node, Attribute) and node.attr == "_modules" for node in walk(method.body)):
                return True
    return False


def _asks_others(node: object, receiver: str) -> bool:
    match node:
        case CallNode(func=Attribute(value=value, attr=attr)) if attr in _ASKED:
            own = isinstance(value, Name) and value.id == receiver
            return not own and not isinstance(value, CallNode)
        case _:
            return False


def _is_wrapped(value: Expr, found: tuple[Use, ...]) -> bool:
    """Whether a display of one module is there to hide it, as it is only read as `[0]`, or is a slip of ACT402."""
    if not isinstance(value, Collection) or len(value.elements) != 1:
        return False
    if value.kind == "tuple" and (not value.parenthesized or {use.way for use in found} == {"called"}):
        return True
    indices = [use.parent.index if isinstance(use.parent, Subscript) else None for use in found]
    return bool(indices) and all(isinstance(index, Constant) and index.value == 0 for index in indices)
