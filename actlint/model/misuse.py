"""Layers and functions where a tensor or an instance is expected, and tensors where a constructor expects a setting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from actlint import torchapi
from actlint.facts import Argument as ArgumentNode
from actlint.facts import Assign, Attribute, Collection, Expr, FunctionDef, Name, Site
from actlint.facts import Call as CallNode
from actlint.model.events import Argument, Call, Return, Trace
from actlint.model.program import FileView
from actlint.model.state import ListObject
from actlint.model.values import Condition, External, ListRef, Module, Symbol, Tensor, Value
from actlint.model.walk import walk

_CONTAINERS = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList"})
_ACTIVATIONS = ("activation", "softmax")


@dataclass(frozen=True, slots=True)
class Misuse:
    """One misuse, at `site`.

    constructed: a tensor goes to an activation's constructor at the call `node`; unmade: the class `node` stands where
    an instance is needed; uncalled: the activation `node` is assigned to `target`, which is then used as a tensor.
    """

    kind: Literal["constructed", "unmade", "uncalled"]
    site: Site
    node: Expr
    condition: Condition
    target: str = ""


def misuses(unit: FileView, trace: Trace) -> Iterator[Misuse]:
    """What one run does with activations that cannot be meant."""
    for event in trace.events:
        if event.where.site.path != unit.path:
            continue
        node = unit.node(event.where.site)
        if isinstance(event, Call) and isinstance(node, CallNode):
            if event.op is None and isinstance(event.callee, External):
                yield from _constructed(unit, trace, event, node)
                yield from _unmade(unit, trace, event, node)
            elif event.op is not None:
                yield from _uncalled(unit, event, node)
        elif isinstance(event, Return) and event.depth <= 1:
            yield from _returned(unit, trace, event)


def _is_activation(value: Value | None) -> bool:
    """An activation function, or an activation layer's class."""
    if not isinstance(value, External):
        return False
    op = torchapi.layer(value.qualname) or torchapi.function(value.qualname)
    return op is not None and op.kind in _ACTIVATIONS


def _constructed(unit: FileView, trace: Trace, event: Call, node: CallNode) -> Iterator[Misuse]:
    if not isinstance(event.callee, External) or torchapi.layer(event.callee.qualname) is None:
        return
    first = event.args[0][1] if event.args else None
    if _is_activation(event.callee) and first is not None and _is_tensor(trace, first):
        yield Misuse("constructed", event.where.site, node, event.where.condition)


def _is_tensor(trace: Trace, value: Value) -> bool:
    """A tensor, or an argument that is one: it is used as one in this run, or it is what `forward` is given first."""
    if isinstance(value, Tensor):
        return True
    if not isinstance(value, Symbol) or value.role != "argument":
        return False
    if any(isinstance(event, Argument) and event.label == value.label for event in trace.events):
        return True
    code = trace.entry.code if trace.entry is not None else None
    if not isinstance(code, FunctionDef) or code.name != "forward" or len(code.params.items) < 2:
        return False
    given = code.params.items[1]
    return given.name == value.label and given.default is None and given.annotation is None


def _unmade(unit: FileView, trace: Trace, event: Call, node: CallNode) -> Iterator[Misuse]:
    """Classes among the entries of a Sequential or ModuleList, which their constructors refuse."""
    if not isinstance(event.callee, External) or event.callee.qualname not in _CONTAINERS:
        return
    values = [value for _, value in event.args]
    nodes: list[Expr] = [argument.value for argument in node.args if not argument.star]
    if len(values) == 1 and isinstance(values[0], ListRef) and len(nodes) == 1 and isinstance(nodes[0], Collection):
        found = trace.heap.get(values[0].ref)
        values = list(found.items) if isinstance(found, ListObject) and found.complete else []
        nodes = list(nodes[0].elements)
    if len(values) != len(nodes):
        return
    for value, entry in zip(values, nodes, strict=True):
        named = isinstance(entry, (Name, Attribute))
        if named and isinstance(value, External) and torchapi.is_module_class(value.qualname):
            yield Misuse("unmade", unit.site(event.where.site, entry), entry, event.where.condition)


def _uncalled(unit: FileView, event: Call, node: CallNode) -> Iterator[Misuse]:
    assert event.op is not None
    given = dict(event.args)
    first = given.get(event.op.tensors[0]) if event.op.tensors else None
    argument = node.args[0] if node.args else None
    if (
        first is None
        or argument is None
        or not isinstance(argument, ArgumentNode)
        or not isinstance(argument.value, Name)
    ):
        return
    if _is_activation(first) or isinstance(first, Module):
        yield from _assigned(unit, event.where.site, argument.value.id, event.where.condition)


def _returned(unit: FileView, trace: Trace, event: Return) -> Iterator[Misuse]:
    """`forward` gives back the activation itself."""
    code = event.function.code
    if not isinstance(code, FunctionDef) or code.name != "forward" or trace.owner is None:
        return
    node = unit.node(event.where.site)
    value = getattr(node, "value", None)
    if isinstance(value, Name) and (_is_activation(event.value) or isinstance(event.value, Module)):
        yield from _assigned(unit, event.where.site, value.id, event.where.condition)


def _assigned(unit: FileView, at: Site, name: str, condition: Condition) -> Iterator[Misuse]:
    """The latest assignment of a bare name or attribute to `name` before `at`, in the same function."""
    path = unit.path_to(at)
    around = [node for node in path if isinstance(node, FunctionDef)]
    latest: Assign | None = None
    for statement in walk(around[-1].body) if around else ():
        if not isinstance(statement, Assign) or statement.ordinal >= at.ordinal or statement in path:
            continue
        if any(isinstance(target, Name) and target.id == name for target in statement.targets):
            latest = statement
    if latest is not None and isinstance(latest.value, (Name, Attribute)):
        yield Misuse("uncalled", unit.site(at, latest.value), latest.value, condition, name)
