"""Layers that a module has and that nothing in the project reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import AnnAssign, Assign, Attribute, Call, FunctionDef, Name, Node, Site
from actlint.model import classes
from actlint.model.events import Store
from actlint.model.kept import Heap, contents, has_parameters, registered
from actlint.model.program import ClassView, Context, FileView
from actlint.model.reads import uses
from actlint.model.state import ModuleObject, options
from actlint.model.values import Class, Condition, External, Module, Value
from actlint.model.walk import walk

_ALL = frozenset({"children", "named_children", "_modules", "__dict__", "get_submodule"})


@dataclass(frozen=True, slots=True)
class Unread:
    """The attribute `target` gets a layer, and no text of the project mentions its name elsewhere."""

    target: Attribute
    site: Site
    condition: Condition


def unread_modules(unit: FileView, ctx: Context, view: ClassView) -> Iterator[Unread]:
    """Those of a class that has a `forward`, no heirs, and no code that takes its layers by other means."""
    trace = view.constructor
    owner = trace.heap.get(trace.receiver.ref) if isinstance(trace.receiver, Module) else None
    if not isinstance(owner, ModuleObject) or owner.open or not trace.complete or not _is_closed(ctx, view):
        return
    for name, value in owner.attrs.items():
        modules = [option for _, option in options(value) if isinstance(option, Module)]
        if not modules or not any(has_parameters(trace.heap, module) for module in modules):
            continue
        if _is_elsewhere(trace.heap, owner, name, modules) or any(uses(ctx, view.cls, name)):
            continue
        for event in reversed(trace.events):
            if isinstance(event, Store) and event.name == name and event.receiver == trace.receiver:
                if not any(has_parameters(trace.heap, option) for _, option in options(event.value)):
                    continue
                if event.where.site.path == unit.path and not event.where.stack:
                    *around, target = unit.path_to(event.where.site)
                    if isinstance(around[-1], (Assign, AnnAssign)) and isinstance(target, Attribute):
                        yield Unread(target, event.where.site, event.where.condition)
                break


def _is_closed(ctx: Context, view: ClassView) -> bool:
    """Whether all parents are known, the class is no parent itself, and it takes no layers by computed names."""
    if ctx.open_reason(view.cls) or ctx.subclasses(view.cls) or ctx.stored_by_computed_name(view.cls):
        return False
    known = [each for each in ctx.mro(view.cls) if isinstance(each, Class)]
    if not any("forward" in ctx.info(cls).methods for cls in known) or len(known) > 1:
        return False
    for cls in known:
        for method in ctx.info(cls).methods.values():
            if classes.is_abstract(method) or any(_takes_any(node) for node in walk(method.body)):
                return False
    foreign = [each for each in ctx.mro(view.cls) if isinstance(each, External)]
    return all(each.qualname in ("torch.nn.Module", "builtins.object") for each in foreign)


def _takes_any(node: Node) -> bool:
    match node:
        case Attribute(attr=attr):
            return attr in _ALL
        case Call(func=Name(id="getattr" | "vars" | "eval" | "exec")):
            return True
        case FunctionDef(name="forward"):
            return True
        case _:
            return False


def _is_elsewhere(heap: Heap, owner: ModuleObject, name: str, modules: list[Module]) -> bool:
    """Whether another attribute has the layer too."""
    others: list[Value] = [value for key, value in owner.attrs.items() if key != name]
    reached = set[int]()
    for value in others:
        for _, option in options(value):
            for inner in (option, *(each for _, each in contents(heap, option))):
                reached |= registered(heap, inner)
    return any(module.ref in reached for module in modules)
