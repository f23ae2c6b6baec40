"""Calls of torch as they stand in a file: those whose callee is written out, and those that a run resolves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from actlint import torchapi
from actlint.facts import Argument, Call, ExprStmt, Site
from actlint.model.conditions import stated
from actlint.model.events import Call as CallEvent
from actlint.model.program import FileView
from actlint.model.values import External, ForeignMethod, Value
from actlint.torchapi import Op

_Kind: TypeAlias = Literal["layer", "function", "method"]


@dataclass(frozen=True, slots=True)
class TorchCall:
    """A call of a function, a method or a constructor of torch.

    `written` tells whether the callee's name is a reference to torch; otherwise a run found it, through the calls `via`
    (outermost first), under `conditions`. `values` are the arguments that a run knows.
    """

    site: Site
    node: Call
    op: Op
    kind: _Kind
    written: bool
    dropped: bool
    via: tuple[Site, ...] = ()
    conditions: tuple[str, ...] = ()
    values: dict[str, Value] = field(default_factory=dict)

    def argument(self, name: str) -> Argument | None:
        """The argument that the parameter gets."""
        for argument in self.node.args:
            if argument.keyword == name:
                return argument
        positional = self.positional
        names = [param.name for param in self.op.params if param.kind in ("positional", "either")]
        place = names.index(name) if name in names else -1
        return positional[place] if 0 <= place < len(positional) else None

    @property
    def positional(self) -> tuple[Argument, ...]:
        """The positional arguments before any `*`."""
        found: list[Argument] = []
        for argument in self.node.args:
            if argument.star == "*":
                break
            if argument.keyword is None and not argument.star:
                found.append(argument)
        return tuple(found)


def torch_calls(unit: FileView) -> Iterator[TorchCall]:
    """All such calls of a file, each place once for each operation that it calls: written ones first."""
    seen: set[Site] = set()
    resolved: set[tuple[Site, str]] = set()
    values = _known_values(unit)
    for reference in unit.references():
        if reference.call is None or not reference.qualname:
            continue
        site = unit.site(reference.site, reference.call)
        op, kind = _operation(reference.qualname)
        if op is not None and site not in seen:
            seen.add(site)
            parent = reference.parents[-2] if len(reference.parents) > 1 else None
            dropped = isinstance(parent, ExprStmt)
            yield TorchCall(site, reference.call, op, kind, True, dropped, values=values.get(site, {}))
    for trace in unit.traces():
        for event in trace.events:
            if not isinstance(event, CallEvent) or event.where.site.path != unit.path or event.where.site in seen:
                continue
            site, node = event.where.site, unit.node(event.where.site)
            conditions = stated(event.where.condition)
            op, kind = _of_event(event)
            if op is None or conditions is None or not isinstance(node, Call) or (site, op.qualname) in resolved:
                continue
            resolved.add((site, op.qualname))
            yield TorchCall(
                site, node, op, kind, False, event.discarded, event.where.stack, conditions, dict(event.args)
            )


def _operation(qualname: str) -> tuple[Op | None, _Kind]:
    layer = torchapi.layer(qualname)
    return (layer, "layer") if layer is not None else (torchapi.function(qualname), "function")


def _of_event(event: CallEvent) -> tuple[Op | None, _Kind]:
    match event.callee:
        case External(qualname=qualname):
            return _operation(qualname)
        case ForeignMethod() if event.op is not None and event.op.qualname.startswith("torch.Tensor."):
            operator = event.callee.name.startswith("operator ")
            return (None if operator else event.op), "method"
        case _:
            return None, "method"


def _known_values(unit: FileView) -> dict[Site, dict[str, Value]]:
    found: dict[Site, dict[str, Value]] = {}
    for trace in unit.traces():
        for event in trace.events:
            if isinstance(event, CallEvent) and isinstance(event.callee, External):
                found.setdefault(event.where.site, dict(event.args))
    return found
