"""Calls of torch's functions and classes through what holds them: a name, a parameter's default, an entry of a table.

The name of what is held is reported where it stands if it is deprecated itself. What is deprecated of its call, an
argument or that one is left out, shows only here.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import Call, FunctionDef, Lambda, Name, Site
from actlint.model.conditions import stated
from actlint.model.events import Call as CallEvent
from actlint.model.program import FileView
from actlint.model.references import Reference
from actlint.model.values import NONE, External, Value
from actlint.torchapi.deprecated import OF_CALLS

_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Called:
    """A call as a reference to what is called, once a place and name.

    `given` is the call of the function around it that a run came through; `alone`: nothing else can be called there.
    `args` are the arguments that a run saw, those that a `partial` holds too.
    """

    reference: Reference
    conditions: tuple[str, ...]
    given: Site | None
    alone: bool
    args: dict[str, Value]

    def leaves_out(self, name: str, place: int) -> bool:
        """Whether no argument, or None, fills a parameter."""
        return self.args.get(name, self.args.get(str(place), NONE)) == NONE and "*" not in self.args


def called(unit: FileView) -> Iterator[Called]:
    """Those of one file that its runs come to, and whose callee's name does not say what it is."""
    found: dict[tuple[Site, str], tuple[tuple[str, ...], CallEvent]] = {}
    for event in _calls(unit):
        qualname = event.callee.qualname if isinstance(event.callee, External) else ""
        key = (event.where.site, qualname)
        if qualname.rpartition(".")[2] in OF_CALLS and key not in found:
            conditions = stated(event.where.condition)
            if conditions is not None:
                found[key] = (conditions, event)
    places = {site for site, _ in found}
    callees: dict[Site, set[object]] = {}
    for event in _calls(unit) if found else ():
        if event.where.site in places:
            callees.setdefault(event.where.site, set()).add(event.callee)
    for (site, qualname), (conditions, first) in found.items():
        node = unit.node(site)
        if not isinstance(node, Call) or (isinstance(node.func, Name) and node.func.id in _BUILTINS):
            continue  # `map(f, xs)` calls it, with arguments that stand elsewhere
        at = unit.site(site, node.func)
        if not any(each.qualname for each in unit.references_at(at)):
            reference = Reference(at, node.func, External(qualname), node, unit.path_to(site))
            alone = isinstance(node.func, Name) and len(callees[site]) == 1 and not _is_given(node.func, reference)
            given = first.where.stack[-1] if first.where.stack else None
            yield Called(reference, conditions, given, alone, dict(first.args))


def _is_given(name: Name, reference: Reference) -> bool:
    """Whether a name is a parameter of a function around it: other callers may give it something else."""
    functions = (node for node in reference.parents if isinstance(node, (FunctionDef, Lambda)))
    return any(item.name == name.id for function in functions for item in function.params.items)


def _calls(unit: FileView) -> Iterator[CallEvent]:
    """The calls that runs of the file make in it, but for those of layers."""
    for trace in unit.traces():
        for event in trace.events:
            if type(event) is CallEvent and event.module is None and event.where.site.path == unit.path:
                yield event
