"""Reads of attributes that fail, as far as runs and the text show: what a proof begins with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import Attribute, FunctionDef, Lambda, Name, Node, Site
from actlint.model import classes
from actlint.model.definitions import by_function
from actlint.model.events import Read, Trace
from actlint.model.program import ClassView, Context, FileView
from actlint.model.state import ModuleObject, options
from actlint.model.values import Class, Condition, External, Module, Unset
from actlint.model.walk import walk


@dataclass(frozen=True, slots=True)
class Candidate:
    """A read under a condition, of an attribute that its object, of class `cls`, does not have.

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


def failing_reads(unit: FileView, ctx: Context) -> Iterator[Candidate]:
    """Reads that the evaluator saw fail, and reads in nested functions that it did not run."""
    for trace in unit.traces():
        if trace.owner is not None and trace.entry is not None and not _takes_self(ctx, trace.owner, trace.entry.code):
            continue
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
        text = unit.file.facts.chunks[found.cls.site.chunk].text
        lost = bool(made.open) or not found.constructor.complete
        if not lost and "lambda" not in text and text.count("def ") <= len(found.info.methods):
            if all(trace.complete and not _is_open(trace) for trace in found.traces):
                continue
        for site, name, blind in _not_run(ctx, found, lost):
            if name not in made.attrs and not _inherits(ctx, found.cls, name):
                yield Candidate(None, (site,), found.cls, made, (), blind=blind)


def _made(found: ClassView) -> ModuleObject | None:
    """The object as the class's constructor leaves it."""
    receiver = found.constructor.receiver
    made = found.constructor.heap.get(receiver.ref) if isinstance(receiver, Module) else None
    return made if isinstance(made, ModuleObject) else None


def _takes_self(ctx: Context, cls: Class, code: FunctionDef | Lambda) -> bool:
    """Whether a function in a class is a method: its first parameter is called as such parameters are here.

    `def scale(x)` without `self` is meant to be called through the class.
    """
    init = ctx.info(cls).methods.get("__init__")
    usual = {"self", *(item.name for item in (init.params.items[:1] if init is not None else ()))}
    return bool(code.params.items) and code.params.items[0].name in usual


def _not_run(ctx: Context, found: ClassView, everything: bool) -> Iterator[tuple[Site, str, bool]]:
    """Attributes of the receiver that the class's methods name where no run has seen them read, and whether blindly.

    That is in functions inside of methods, in methods whose run was given up, or (blindly) where the object is lost.
    """
    given_up = {trace.entry.code.ordinal for trace in found.traces[1:] if trace.entry and not trace.complete}
    lost = {trace.entry.code.ordinal for trace in found.traces[1:] if trace.entry and _is_open(trace)}
    for method in found.info.methods.values():
        if {"staticmethod", "classmethod"} & {*classes.decorators(method)} or not _takes_self(ctx, found.cls, method):
            continue
        receiver = method.params.items[0].name
        blind = everything or method.ordinal in lost
        for function, node in by_function(method):
            if function is method and not blind and method.ordinal not in given_up:
                continue
            rebound = function is not method and any(item.name == receiver for item in function.params.items)
            if not rebound and isinstance(node, Attribute) and is_name(node.value, receiver):
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


def is_name(node: Node, receiver: str) -> bool:
    return isinstance(node, Name) and node.id == receiver


def names_read(method: FunctionDef) -> frozenset[str]:
    """The attributes of its receiver that a method names."""
    receiver = method.params.items[0].name if method.params.items else ""
    nodes = (node for node in walk(method.body) if isinstance(node, Attribute))
    return frozenset(node.attr for node in nodes if is_name(node.value, receiver))
