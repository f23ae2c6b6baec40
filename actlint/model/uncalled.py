"""Activations that are not called: classes and functions where an instance, or a result, is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from actlint import torchapi
from actlint.facts import Assign, Attribute, FunctionDef, Name, Site
from actlint.facts import Call as CallNode
from actlint.model.conditions import stated
from actlint.model.events import Argument, Call, Event, Read, Return, Store, Trace, Where
from actlint.model.program import Context, FileView
from actlint.model.state import DictObject, ListObject, ModuleObject
from actlint.model.values import (
    Class,
    DictRef,
    External,
    ForeignMethod,
    ListRef,
    Module,
    Symbol,
    Tensor,
    Tuple,
    Unset,
    Value,
)
from actlint.model.walk import target_names, walk

Kind: TypeAlias = Literal["constructed", "contained", "operand"]
_CONTAINERS = frozenset(f"torch.nn.{name}" for name in ("Sequential", "ModuleList", "ModuleDict"))
_FILLING = frozenset({"append", "extend", "insert", "add_module", "register_module", "update"})
_KINDS = ("activation", "softmax")


@dataclass(frozen=True, slots=True)
class Uncalled:
    """One activation that is not called.

    constructed: a class gets a tensor (`nn.ReLU(x)`); `stored` is where it was assigned to an attribute instead of an
    instance. contained: a class or function in a container of modules. operand: `x = self.act`, and `x` is used as a
    tensor at `where`; `before` is the name, if it was a value before that. `name` is what it is, as people write it;
    `qualname` its full name, "" for a class of the project. `layer` is a layer of torch that does the same; `bare`:
    making an instance takes no argument.
    """

    kind: Kind
    at: Site
    name: str
    qualname: str
    where: Where
    conditions: tuple[str, ...]
    stored: Site | None = None
    before: str | None = None
    layer: str = ""
    bare: bool = False


def uncalled(unit: FileView, ctx: Context) -> Iterator[Uncalled]:
    """All that the file's runs show, each place once."""
    seen: set[Site] = set()
    for trace in unit.traces():
        for event in trace.events:
            conditions = stated(event.where.condition)
            if conditions is None or event.where.site.path != unit.path:
                continue
            for found in _found(unit, ctx, trace, event, conditions):
                if found.at not in seen:
                    seen.add(found.at)
                    yield found


def _found(unit: FileView, ctx: Context, trace: Trace, event: Event, conditions: tuple[str, ...]) -> Iterator[Uncalled]:
    match event:
        case Call(callee=External(qualname=qualname)) if torchapi.canonical(qualname) in _CONTAINERS:
            yield from _contained(unit, ctx, trace, event, conditions)
        case Call(callee=ForeignMethod(receiver=Module(ref=ref), name=name)) if name in _FILLING and event.op is None:
            found = trace.heap.get(ref)
            cls = found.cls if isinstance(found, ModuleObject) else None
            holds = isinstance(cls, External) and torchapi.canonical(cls.qualname) in _CONTAINERS
            if holds or name in ("add_module", "register_module"):
                yield from _contained(unit, ctx, trace, event, conditions)
        case Call(callee=External(qualname=qualname), result=Module() as made):
            layer = torchapi.layer(qualname)
            contained = any(
                isinstance(e, Call) and isinstance(e.callee, Module) and e.where == event.where for e in trace.events
            )  # a container that has refused the class already
            if layer is not None and layer.kind in _KINDS and not contained and _gets_tensor(trace, event, made):
                stored = _stored(unit, event)
                name = public(qualname)
                bare = not any(param.default is torchapi.REQUIRED for param in layer.params)
                yield Uncalled(
                    "constructed", event.where.site, name, qualname, event.where, conditions, stored, bare=bare
                )
        case Call(op=op, args=args) if op is not None:
            given = dict(args)
            for name in op.tensors:
                for value in (given.get(name), *_inside(trace, given.get(name))):
                    yield from _operand(unit, trace, event.where, value, conditions)
        case Return(value=value, function=function) if function == trace.entry and not event.where.stack:
            if isinstance(function.code, FunctionDef) and function.code.name == "forward":
                yield from (found for found in _operand(unit, trace, event.where, value, conditions) if found.before)
        case Read(receiver=Module() as receiver, name=name, value=Unset()) if torchapi.method(name) is not None:
            yield from _operand(unit, trace, event.where, receiver, conditions)
        case _:
            pass


def public(qualname: str) -> str:
    """`nn.ReLU`, `F.relu`, `torch.relu`."""
    name = torchapi.canonical(qualname)
    return name.replace("torch.nn.functional.", "F.").replace("torch.nn.", "nn.")


# ------------------------------------------------------------------------------------------------------- a class called


def _gets_tensor(trace: Trace, call: Call, made: Module) -> bool:
    """Whether the constructor's first argument is certainly a tensor."""
    first = dict(call.args).get("0")
    if isinstance(first, Tensor):
        return True
    if not isinstance(first, Symbol) or first.role != "argument":
        return False
    if any(isinstance(e, Call) and e.callee == made for e in trace.events):
        return False  # `nn.Softmax(dim)(x)`
    if any(isinstance(e, Argument) and e.label == first.label for e in trace.events):
        return True
    code = trace.entry.code if trace.entry is not None else None
    if not isinstance(code, FunctionDef) or code.name != "forward" or len(code.params.items) < 2:
        return False
    given = code.params.items[1]  # what forward is given first
    return given.name == first.label and given.default is None and given.annotation is None


def _stored(unit: FileView, call: Call) -> Site | None:
    """Where an attribute that the callee is read from got the class."""
    node = unit.node(call.where.site)
    if not isinstance(node, CallNode) or not isinstance(node.func, Attribute):
        return None
    for view in unit.classes():
        for event in view.constructor.events:
            if isinstance(event, Store) and event.name == node.func.attr and event.value == call.callee:
                if event.where.site.path == unit.path and event.receiver == view.constructor.receiver:
                    return event.where.site
    return None


# ------------------------------------------------------------------------------------------------------- in a container


def _contained(
    unit: FileView, ctx: Context, trace: Trace, call: Call, conditions: tuple[str, ...]
) -> Iterator[Uncalled]:
    """Classes and functions among what a container gets; where they are written in the call, each there."""
    values = [value for _, given in call.args for value in (given, *_inside(trace, given))]
    wrong = [value for value in values if _is_no_module(ctx, value)]
    node = unit.node(call.where.site)
    if not wrong or not isinstance(node, CallNode):
        return
    inside = {inner.ordinal for argument in node.args for inner in walk([argument])}
    for value in wrong:
        qualname = value.qualname if isinstance(value, External) else ""
        name = public(qualname) if qualname else _class_name(ctx, value)
        places = [
            reference.site
            for reference in unit.references()
            if reference.value == value and reference.call is None and reference.site.chunk == call.where.site.chunk
            if reference.site.ordinal in inside
        ]
        layer = torchapi.layer_of(qualname) if qualname else ""
        for at in places or [call.where.site]:
            found = Uncalled("contained", at, name, qualname, call.where, conditions, layer=layer)
            yield replace(found, bare=bool(places) and _bare(ctx, value, layer))


def _bare(ctx: Context, value: Value, layer: str) -> bool:
    """Whether an instance is made without arguments."""
    if isinstance(value, Class):
        init = ctx.info(value).methods.get("__init__")
        params = init.params.items[1:] if init is not None else ()
        inherits = init is None and any(isinstance(base, Class) for base in ctx.mro(value)[1:])
        return not inherits and all(p.default is not None or p.kind in ("vararg", "kwarg") for p in params)
    op = torchapi.layer(layer)
    return op is not None and not any(p.default is torchapi.REQUIRED for p in op.params)


def _is_no_module(ctx: Context, value: Value) -> bool:
    match value:
        case External(qualname=qualname):
            op = torchapi.function(qualname)
            return torchapi.is_module_class(qualname) or (op is not None and op.kind in _KINDS)
        case Class():
            return any(isinstance(a, External) and torchapi.is_module_class(a.qualname) for a in ctx.mro(value))
        case _:
            return False


def _class_name(ctx: Context, value: Value) -> str:
    return ctx.info(value).code.name if isinstance(value, Class) else "this"


def _inside(trace: Trace, value: Value | None) -> Iterator[Value]:
    """The items of a list, tuple or dict, pairs of names and modules included."""
    items: tuple[Value, ...] = ()
    match value:
        case Tuple(items=items):
            pass
        case ListRef(ref=ref):
            found = trace.heap.get(ref)
            items = found.items if isinstance(found, ListObject) and found.complete else ()
        case DictRef(ref=ref):
            entries = trace.heap.get(ref)
            items = tuple(entries.items.values()) if isinstance(entries, DictObject) else ()
        case _:
            return
    for item in items:
        yield item
        if isinstance(item, Tuple):
            yield from item.items


# ----------------------------------------------------------------------------------------------------- used as a tensor


def _operand(
    unit: FileView, trace: Trace, where: Where, value: Value | None, conditions: tuple[str, ...]
) -> Iterator[Uncalled]:
    """An activation where a tensor is needed: reported where a name got it, or where it stands."""
    qualname = _activation(trace, value)
    node = unit.node(where.site)
    if not qualname or node is None:
        return
    found = _written(unit, where, trace, value)
    if found is not None:
        before = _before(unit, found)
        yield Uncalled("operand", found, public(qualname), qualname, where, conditions, None, before)


def _before(unit: FileView, at: Site) -> str | None:
    """The one name that the expression at `at` is assigned to, if the function bound it before."""
    path = unit.path_to(at)
    function = next((node for node in reversed(path) if isinstance(node, FunctionDef)), None)
    assign = path[-2] if len(path) > 1 else None
    if function is None or not isinstance(assign, Assign) or len(assign.targets) != 1:
        return None
    target = assign.targets[0]
    if not isinstance(target, Name):
        return None
    bound = {item.name for item in function.params.items}
    for node in walk(function.body):
        if node is assign:
            return target.id if target.id in bound else None
        if isinstance(node, Assign):
            bound.update(name for each in node.targets for name in target_names(each))
    return None


def _activation(trace: Trace, value: Value | None) -> str:
    """The qualified name of an activation that is a function, a class or a layer of torch, "" for anything else."""
    match value:
        case External(qualname=qualname):
            op = torchapi.function(qualname) or torchapi.layer(qualname)
            return qualname if op is not None and op.kind in _KINDS else ""
        case Module(ref=ref):
            found = trace.heap.get(ref)
            if isinstance(found, ModuleObject) and isinstance(found.cls, External):
                op = torchapi.layer(found.cls.qualname)
                return found.cls.qualname if op is not None and op.kind in _KINDS else ""
            return ""
        case _:
            return ""


def _written(unit: FileView, where: Where, trace: Trace, value: Value | None) -> Site | None:
    """The expression that names the activation: an assignment to a local name before the use, or an operand there."""
    path = unit.path_to(where.site)
    function = next((node for node in reversed(path) if isinstance(node, FunctionDef)), None)
    if function is None:
        return None
    names = {inner.id for inner in walk([path[-1]]) if isinstance(inner, Name)}
    last: Site | None = None
    for node in walk(function.body):
        if node is path[-1]:
            break
        if isinstance(node, Assign) and any(isinstance(t, Name) and t.id in names for t in node.targets):
            site = unit.site(where.site, node.value)
            last = site if _means(unit, trace, site, value) else last
    if last is not None:
        return last
    for inner in walk([path[-1]]):
        if isinstance(inner, (Attribute, Name)) and inner is not getattr(path[-1], "func", None):
            site = unit.site(where.site, inner)
            if _means(unit, trace, site, value):
                return site
    return None


def _means(unit: FileView, trace: Trace, site: Site, value: Value | None) -> bool:
    """Whether the name or attribute at a place is that value."""
    if any(reference.value == value for reference in unit.references_at(site)):
        return True
    return any(isinstance(e, Read) and e.where.site == site and e.value == value for e in trace.events)
