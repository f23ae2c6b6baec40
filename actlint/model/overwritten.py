"""Layers that an attribute loses before anything uses them, since another one is assigned to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import (
    AnnAssign,
    Assign,
    Attribute,
    For,
    FunctionDef,
    If,
    IfExp,
    Jump,
    Lambda,
    Match,
    Name,
    Node,
    Site,
    Try,
    While,
)
from actlint.facts import Constant as ConstantNode
from actlint.facts import Return as ReturnNode
from actlint.model.events import Call, Escape, Read, Return, Store, Trace
from actlint.model.kept import contents, has_parameters
from actlint.model.program import FileView
from actlint.model.state import DictObject, InstanceObject, ListObject, ModuleObject, options
from actlint.model.values import Condition, Module, Value
from actlint.model.walk import walk


@dataclass(frozen=True, slots=True)
class Overwritten:
    """The attribute `name` gets a layer at `first` and another module at `second`.

    They are one place where a loop comes by again.
    """

    name: str
    first: Site
    second: Site
    condition: Condition


def overwritten(unit: FileView, trace: Trace) -> Iterator[Overwritten]:
    """The layers of a run that are lost so, made and overwritten by one function of the file."""
    stored: dict[tuple[int, str], tuple[Store, int]] = {}
    pending: list[tuple[Overwritten, int]] = []
    for event in trace.events:
        match event:
            case Read(receiver=Module(ref=ref), name=name):
                stored.pop((ref, name), None)
            case Store(kind="attribute", receiver=Module(ref=ref), name=name, value=value):
                known = stored.pop((ref, name), None)
                module = value.ref if isinstance(value, Module) else None
                if known is not None and module is not None and module != known[1] and _same(unit, known[0], event):
                    first = known[0].where
                    pending.append((Overwritten(name, first.site, event.where.site, first.condition), known[1]))
                if module is not None and event.where.site.path == unit.path:
                    stored[ref, name] = (event, module)
                    if event.where.loop and _comes_again(unit, event):
                        site = event.where.site
                        pending.append((Overwritten(name, site, site, event.where.condition), module))
            case Escape():
                stored.clear()  # who gets the object may use its layers
            case _:
                pass
    for found, module in pending:
        # The last one that a loop makes is there in the end.
        own = found.name if found.first == found.second else ""
        if module not in _kept(trace, own) and has_parameters(trace.heap, Module(module)):
            yield found


def _same(unit: FileView, first: Store, second: Store) -> bool:
    """Whether one run of one function assigns both, and the second wherever it assigns the first."""
    if first.where.stack != second.where.stack or first.where.site.path != second.where.site.path:
        return False
    if not all(test.guard or test in first.where.condition for test in second.where.condition):
        return False
    one, two = _function(unit, first.where.site), _function(unit, second.where.site)
    if one is not two or one is None:
        return False
    # A run that knows the answer of a test does not count it as a condition.
    around = {node.ordinal for node in unit.path_to(first.where.site)}
    return all(
        node.ordinal in around or not isinstance(node, (If, IfExp, Match, Try))
        for node in unit.path_to(second.where.site)
    )


def _comes_again(unit: FileView, event: Store) -> bool:
    """Whether a loop surely assigns `self.name` each time, and does nothing else with it.

    The run has seen an iteration in the middle; the text of the loop shows what the others do.
    """
    path = unit.path_to(event.where.site)
    target = path[-1]
    function = _function(unit, event.where.site)
    if not isinstance(target, Attribute) or not isinstance(target.value, Name) or function is None:
        return False
    if not function.params.items or target.value.id != function.params.items[0].name:
        return False
    for loop, statement in zip(path, path[1:], strict=False):
        if isinstance(loop, (For, While)) and any(statement is each for each in loop.body):
            nodes = list(walk(loop.body))
            reads = [node for node in nodes if node is not target and _names(node, event.name)]
            leaves = any(
                isinstance(node, ReturnNode) or (isinstance(node, Jump) and node.kind == "break") for node in nodes
            )
            return isinstance(statement, (Assign, AnnAssign)) and not reads and not leaves
    return False


def _names(node: Node, name: str) -> bool:
    return (isinstance(node, Attribute) and node.attr == name) or (
        isinstance(node, ConstantNode) and node.value == name
    )


def _function(unit: FileView, site: Site) -> FunctionDef | Lambda | None:
    return next((each for each in reversed(unit.path_to(site)) if isinstance(each, (FunctionDef, Lambda))), None)


def _kept(trace: Trace, own: str) -> set[int]:
    """The modules that something still has when the run ends, that were called, or that have gone elsewhere.

    Attributes of the name `own` do not count.
    """
    values: list[Value] = []
    for object_ in trace.heap.values():
        match object_:
            case ModuleObject(attrs=attrs, children=children):
                values += (value for name, value in attrs.items() if name != own)
                values += (child for _, child in children or ())
            case InstanceObject(attrs=attrs, args=args):
                values += (*attrs.values(), *args.values())
            case ListObject(items=items):
                values += items
            case DictObject(items=entries):
                values += entries.values()
            case _:
                pass
    for event in trace.events:
        match event:
            case Escape(values=reached):
                values += reached
            case Return(function=function, value=value) if function == trace.entry:
                values.append(value)
            case Call(module=Module() as module):
                values.append(module)
            case _:
                pass
    found: set[int] = set()
    for value in values:
        for _, option in options(value):
            inner = (each for _, each in contents(trace.heap, option))
            found.update(each.ref for each in (option, *inner) if isinstance(each, Module))
    return found
