"""Modules without a `forward` that are used as one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from actlint import torchapi
from actlint.facts import Call as CallNode
from actlint.facts import Expr, FunctionDef, Name, Node, Site
from actlint.model.events import Call, Trace
from actlint.model.meaning import nearest
from actlint.model.program import ClassView, Context, FileView, view
from actlint.model.reads import uses
from actlint.model.state import ModuleObject, options
from actlint.model.values import Class, Condition, External, Module
from actlint.model.walk import walk

Kind: TypeAlias = Literal["misspelt", "nested", "none"]
_OF_OTHERS = frozenset({"call", "Forward", "_call"})
"""What other libraries call the method."""
_HOLDERS = frozenset({"torch.nn.ModuleList", "torch.nn.ModuleDict"})


@dataclass(frozen=True, slots=True)
class Formless:
    """A class with layers and no `forward`; `used` is a call of an instance, if one is seen.

    misspelt: `method` was meant; nested: `method` is a `forward` inside of another method, which is `around`; none.
    """

    cls: ClassView
    kind: Kind
    method: FunctionDef | None
    around: FunctionDef | None
    used: Site | None


def formless(ctx: Context, cls: ClassView) -> Formless | None:
    """What is known of a class that lacks `forward`; None if something may give it one, or nothing uses it."""
    if not _lacks_forward(ctx, cls.cls) or not _has_layers(cls) or ctx.stored_elsewhere("forward"):
        return None
    heirs = [heir for heir in ctx.subclasses(cls.cls) if not _lacks_forward(ctx, heir)]
    methods = cls.info.methods
    if not heirs:
        near = nearest("forward", methods)
        other = next((name for name in methods if name in _OF_OTHERS), None)
        for name in (near, other):
            if name is not None and len(methods[name].params.items) > 1 and not any(uses(ctx, cls.cls, name)):
                used = _used(ctx, cls)
                if name == near or used is not None:
                    return Formless(cls, "misspelt", methods[name], None, used)
        for method in methods.values():
            for node in walk(method.body):
                if isinstance(node, FunctionDef) and node.name == "forward" and _is_lost(method, node):
                    return Formless(cls, "nested", node, method, _used(ctx, cls))
    used = _used(ctx, cls) if ctx.is_called(cls.cls) or not heirs else None
    return Formless(cls, "none", None, None, used) if used is not None else None


def _lacks_forward(ctx: Context, cls: Class) -> bool:
    """Whether no class in the resolution order has a `forward`, and all of them are known."""
    if ctx.open_reason(cls):
        return False
    for ancestor in ctx.mro(cls):
        if isinstance(ancestor, Class):
            info = ctx.info(ancestor)
            if {"forward", "__call__"} & {*info.methods, *info.attributes, *info.opaque}:
                return False
        elif not isinstance(ancestor, External) or torchapi.class_attributes(ancestor.qualname) is not None:
            if not isinstance(ancestor, External) or torchapi.canonical(ancestor.qualname) != "torch.nn.Module":
                return False
    return True


def _has_layers(cls: ClassView) -> bool:
    trace = cls.constructor
    found = trace.heap.get(trace.receiver.ref) if isinstance(trace.receiver, Module) else None
    if not trace.complete or not isinstance(found, ModuleObject) or found.open or "forward" in found.attrs:
        return False
    return any(isinstance(option, Module) for value in found.attrs.values() for _, option in options(value))


def _is_lost(method: FunctionDef, nested: FunctionDef) -> bool:
    """Whether nothing in the method mentions the function that it defines, which takes a `self` of its own."""
    first = [item.name for item in nested.params.items[:1]]
    if first != [item.name for item in method.params.items[:1]]:
        return False
    return not any(isinstance(node, Name) and node.id == nested.name for node in walk(method.body))


def _used(ctx: Context, cls: ClassView) -> Site | None:
    """A place that calls an instance of the class: of its file, or of another that names the class."""
    for path in ctx.program.names.files:
        unit = view(ctx.program, path)
        if path != cls.cls.site.path and not any(each.value == cls.cls for each in unit.references()):
            continue
        for trace in unit.traces():
            for event in trace.events:
                if isinstance(event, Call) and _calls(trace, event, cls.cls) and event.where.site.path == path:
                    return event.where.site
    return None


def _calls(trace: Trace, event: Call, cls: Class) -> bool:
    found = trace.heap.get(event.callee.ref) if isinstance(event.callee, Module) else None
    return event.module is None and isinstance(found, ModuleObject) and found.cls == cls


@dataclass(frozen=True, slots=True)
class HolderCalled:
    """A `ModuleList` or `ModuleDict`, made at `made`, is called at `site`, where `func` is its name."""

    kind: str
    site: Site
    func: Expr
    made: Site
    condition: Condition


def holders_called(unit: FileView) -> Iterator[HolderCalled]:
    """The calls of such a container in this file."""
    for trace in unit.traces():
        for event in trace.events:
            if not isinstance(event, Call) or not isinstance(event.callee, Module) or event.module is not None:
                continue
            found = trace.heap.get(event.callee.ref)
            if not isinstance(found, ModuleObject) or not isinstance(found.cls, External) or found.open:
                continue
            node: Node | None = unit.node(event.where.site) if event.where.site.path == unit.path else None
            if torchapi.canonical(found.cls.qualname) in _HOLDERS and isinstance(node, CallNode):
                kind = found.cls.qualname.rpartition(".")[2]
                yield HolderCalled(kind, event.where.site, node.func, found.site, event.where.condition)
