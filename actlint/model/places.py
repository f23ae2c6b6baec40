"""Where an operation of a run stands in the source, what people call it there, and which modules apply it."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field

from actlint.facts import Call as CallNode
from actlint.facts import Node, Site
from actlint.model.events import Call, Trace
from actlint.model.flow import uses
from actlint.model.overwrite import public_name
from actlint.model.program import Context
from actlint.model.show import unparse
from actlint.model.state import ModuleObject
from actlint.model.values import Class, ForeignMethod, Module


@dataclass(frozen=True, slots=True)
class Place:
    """An operation's call, or (`built`) the constructor of its layer where a container applies it."""

    site: Site
    built: bool


@dataclass(slots=True)
class Layout:
    """A run's calls by place. `containers` are the calls of Sequentials, by site and stack; `modules` those of modules
    of the project by the call path that leads into them, in order, each with the index at which it has returned.
    """

    trace: Trace
    containers: set[tuple[Site, tuple[Site, ...]]] = field(default_factory=set)
    modules: dict[tuple[Site, ...], list[tuple[int, Module]]] = field(default_factory=dict)
    _readers: dict[int, list[int]] | None = None

    def readers(self, number: int) -> list[int]:
        """The events that read a tensor."""
        if self._readers is None:
            self._readers = uses(self.trace)
        return self._readers.get(number, [])

    @property
    def table(self) -> dict[int, list[int]]:
        """The events that read each tensor, by its number."""
        self.readers(0)
        return self._readers or {}

    def place(self, call: Call) -> Place:
        """Where a call stands."""
        built = call.layer is not None and (call.where.site, call.where.stack) in self.containers
        return Place(call.layer.site, True) if built and call.layer is not None else Place(call.where.site, False)

    def around(self, call: Call, index: int) -> tuple[Module, ...]:
        """The project's modules in whose forward the call with this index is made, outermost first."""
        found: list[Module] = []
        for depth in range(1, len(call.where.stack) + 1):
            entries = self.modules.get(call.where.stack[:depth], ())
            position = bisect(entries, index, key=lambda entry: entry[0])
            if position < len(entries):
                found.append(entries[position][1])
        return tuple(found)


def layout(trace: Trace) -> Layout:
    """The layout of a run."""
    found = Layout(trace)
    for index, event in enumerate(trace.events):
        if isinstance(event, Call) and event.op is None and isinstance(event.callee, Module):
            where = event.where
            holder = trace.heap.get(event.callee.ref)
            if isinstance(holder, ModuleObject) and isinstance(holder.cls, Class):
                found.modules.setdefault((*where.stack, where.site), []).append((index, event.callee))
            found.containers.add((where.site, where.stack))
    return found


def node_at(ctx: Context, site: Site) -> Node | None:
    """The node at a site of any file."""
    path = ctx.path_to(site)
    return path[-1] if path else None


def words(ctx: Context, place: Place, call: Call) -> str:
    """What stands at a place, in backticks: `F.relu`, `self.act`, `nn.ReLU()`, or the operation's public name."""
    node = node_at(ctx, place.site)
    if not isinstance(node, CallNode) or (isinstance(call.callee, ForeignMethod) and not place.built):
        return f"`{public_name(call)}`"
    return f"`{unparse(node if place.built else node.func)}`"
