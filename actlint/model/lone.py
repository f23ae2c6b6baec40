"""Attributes that get a tuple of one module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import AnnAssign, Assign, Attribute, Collection, FunctionDef, Name, Site
from actlint.model.events import Store, Trace
from actlint.model.program import Context, FileView
from actlint.model.reads import Use, uses
from actlint.model.state import ModuleObject, options
from actlint.model.values import Class, Condition, Module, Tuple
from actlint.model.walk import walk


@dataclass(frozen=True, slots=True)
class Lone:
    """The attribute `target` gets the tuple that `display` at `site` makes of one of `modules`.

    `uses` are those of every attribute that gets it; `through` says that a local name has it too.
    """

    target: Attribute
    site: Site
    display: Collection
    modules: tuple[Module, ...]
    condition: Condition
    uses: tuple[Use, ...]
    through: bool


def lone_modules(unit: FileView, ctx: Context, trace: Trace) -> Iterator[Lone]:
    """Those of a trace that the file writes."""
    for event in trace.events:
        if not isinstance(event, Store) or event.where.site.path != unit.path or not (modules := _modules(event)):
            continue
        if not _stays(trace, event):
            continue
        *around, target = unit.path_to(event.where.site)
        statement = around[-1] if around else None
        if not isinstance(statement, (Assign, AnnAssign)) or not isinstance(target, Attribute):
            continue
        targets = statement.targets if isinstance(statement, Assign) else (statement.target,)
        value: object = statement.value
        through = any(not isinstance(each, Attribute) for each in targets) or isinstance(value, Name)
        functions = [node for node in around if isinstance(node, FunctionDef)]
        if isinstance(value, Name) and functions:
            value = _only(functions[-1], value.id)
        if isinstance(value, Collection) and value.kind == "tuple" and len(value.elements) == 1:
            names = [each.attr for each in targets if isinstance(each, Attribute)]
            found = tuple(use for name in names for use in _uses(ctx, trace, event, name))
            site = unit.site(event.where.site, value)
            yield Lone(target, site, value, modules, event.where.condition, found, through)


def _modules(event: Store) -> tuple[Module, ...]:
    """The modules that the attribute gets in tuples of one; none if it may get anything else."""
    found: list[Module] = []
    for _, value in options(event.value):
        inside = options(value.items[0]) if isinstance(value, Tuple) and len(value.items) == 1 else ()
        modules = [module for _, module in inside if isinstance(module, Module)]
        if not modules or len(modules) != len(inside):
            return ()
        found += modules
    return tuple(found)


def _stays(trace: Trace, event: Store) -> bool:
    """Whether the attribute has the tuple still when the run ends."""
    receiver = trace.heap.get(event.receiver.ref) if isinstance(event.receiver, Module) else None
    kept = receiver.attrs.get(event.name) if isinstance(receiver, ModuleObject) else None
    return kept is not None and any(value == event.value for _, value in (((), kept), *options(kept)))


def _only(function: FunctionDef, name: str) -> object:
    """What a local name is assigned, if that is done once."""
    values = [
        node.value
        for node in walk(function.body)
        if isinstance(node, Assign) and any(isinstance(each, Name) and each.id == name for each in node.targets)
    ]
    return values[0] if len(values) == 1 else None


def _uses(ctx: Context, trace: Trace, event: Store, name: str) -> Iterator[Use]:
    receiver = trace.heap.get(event.receiver.ref) if isinstance(event.receiver, Module) else None
    if isinstance(receiver, ModuleObject) and isinstance(receiver.cls, Class):
        yield from uses(ctx, receiver.cls, name)
