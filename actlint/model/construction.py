"""Constructors of modules: whether `nn.Module.__init__` has run when a module or parameter is assigned."""

from __future__ import annotations

from actlint.facts import FunctionDef, Site
from actlint.model.conditions import stated
from actlint.model.events import Return, Store
from actlint.model.program import ClassView, Context
from actlint.model.state import ModuleObject
from actlint.model.values import Class, External, Module, Tensor, Value


def unprepared(cls: ClassView) -> tuple[Site, tuple[str, ...]] | None:
    """The first place in the class's construction where a module or parameter is assigned while `nn.Module` is not set
    up, with the conditions under which it is; the constructor itself where it ends without a set-up. None if all is
    well or something is not known.
    """
    trace = cls.constructor
    for event in trace.events:
        if not isinstance(event, Store) or event.receiver != trace.receiver or event.ready is not False:
            continue
        if _registers(event.value):
            conditions = stated(event.where.condition)
            return None if conditions is None else (event.where.site, conditions)
    found = trace.heap.get(trace.receiver.ref) if isinstance(trace.receiver, Module) else None
    returned = any(isinstance(event, Return) and event.function == trace.entry for event in trace.events)
    if not trace.complete or trace.entry is None or not returned or not isinstance(found, ModuleObject):
        return None
    if "__call__" in cls.info.methods:
        return None  # it may never need what `nn.Module` sets up
    if found.ready is False and not found.open:
        return trace.entry.site, ()
    return None


def _registers(value: Value) -> bool:
    return isinstance(value, Module) or (isinstance(value, Tensor) and value.owner == "parameter")


def has_forward(ctx: Context, cls: ClassView) -> bool:
    """Whether a class of the project gives its objects a `forward`."""
    return any("forward" in ctx.info(each).methods for each in ctx.mro(cls.cls) if isinstance(each, Class))


def is_made_itself(ctx: Context, cls: ClassView) -> bool:
    """Whether objects of the class itself are made: some are seen to be, or no class of the project that has a
    constructor of its own derives from it.
    """
    heirs = ctx.subclasses(cls.cls)
    return ctx.is_called(cls.cls) or not any("__init__" in ctx.info(heir).methods for heir in heirs)


def _constructors(ctx: Context, cls: ClassView) -> list[tuple[Class, FunctionDef]]:
    """The project's constructors above the class, in resolution order."""
    found = []
    for ancestor in ctx.mro(cls.cls)[1:]:
        if isinstance(ancestor, Class):
            code = ctx.info(ancestor).methods.get("__init__")
            if code is not None:
                found.append((ancestor, code))
    return found


def stops_at(ctx: Context, cls: ClassView) -> tuple[str, Site] | None:
    """The first ancestor whose constructor runs and does not go on to the next one: its class's name and its place."""
    for ancestor, code in _constructors(ctx, cls):
        if not any(_calls_init(node) for node in code.body):
            site = Site(ancestor.site.path, ancestor.site.chunk, code.ordinal)
            return ctx.info(ancestor).code.name, site
    return None


def _calls_init(node: object) -> bool:
    from actlint.facts import Attribute, Call, ExprStmt

    match node:
        case ExprStmt(value=Call(func=Attribute(attr="__init__"))):
            return True
        case _:
            return False


def parent_needs_nothing(ctx: Context, cls: ClassView) -> bool:
    """Whether `super().__init__()` without arguments is right, and reaches `nn.Module`."""
    ancestors = ctx.mro(cls.cls)[1:]
    for ancestor in ancestors:
        if isinstance(ancestor, External):
            return ancestor.qualname == "torch.nn.Module"
        if not isinstance(ancestor, Class):
            return False
        code = ctx.info(ancestor).methods.get("__init__")
        if code is not None:
            needed = [
                p for p in code.params.items[1:] if p.default is None and p.kind in ("positional", "either", "keyword")
            ]
            return not needed and any(_calls_init(node) for node in code.body)
    return False
