"""Worlds: a class again, with the arguments of the calls that the project makes.

The general run of a class knows nothing of its parameters. What constructor calls give them is in the runs of the
file, those of worlds included: each different list of arguments with something known is a world of its own. Then come
calls as they are written in any file, those first that leave least open: what is not known of an argument there is as
open as in the general run, and a parameter that is left out has its default. What is found in a world holds at that
call, and its conditions say so.

A class whose `forward` is not understood for all that is run as it is usually built: by a call to which `**options` may
add but need not, by one that hands on what a parameter around it has as its default, or with defaults for all that has
one. Nobody is seen to make that very call, which is a condition of what is found there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from actlint.facts import Call as CallNode
from actlint.facts import Site
from actlint.model import classes
from actlint.model.builders import builders
from actlint.model.carried import GIVEN, Carried, CarriedArgs, Carrier, Known, carrier, known_args
from actlint.model.conditions import describe
from actlint.model.evaluate import World, run_builder, run_call, run_object
from actlint.model.events import Call, Trace
from actlint.model.link import Names
from actlint.model.machine import Machine, Shared
from actlint.model.references import nodes_of
from actlint.model.show import unparse
from actlint.model.slices import causes, is_forward, understood
from actlint.model.values import Class, Function, Instance, ListRef, Module, Unknown
from actlint.model.written import written_args

if TYPE_CHECKING:
    from actlint.model.program import FileView

PER_CLASS = 4
"""How many worlds of calls that are seen a class has."""

WRITTEN = 2
"""How many of these are of calls that no run of the file has seen."""

USUAL = 2
"""How many worlds of other calls a class has, of which one is enough that is understood."""

MOST_WRITTEN = 100
"""How many written calls of a class are looked at."""

STEPS = 12_000
"""Steps for each run of a world."""

BUILDERS = 2
"""How many functions of a file are run that build its classes."""

BUILDER_STEPS = 24_000
"""Steps for each run of such a function."""

SHARE = 0.25
"""How many events worlds may have, as a share of those of the other runs of the file; small files have `LEAST`."""

LEAST = 400
MOST_USUAL = 2_000
"""Events of worlds of other calls that a small file may have."""

_FIRST = 100_000_000
_ROOM = 1_000_000


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A call that may be a world. With `made`, the run and the call in it that has made the object."""

    cls: Class
    args: CarriedArgs
    known: Known
    site: Site
    seen: bool = True
    text: str = ""
    made: tuple[Trace, Call] | None = None


@dataclass(slots=True)
class _Runs:
    """The worlds of a file, as they are made: `own` are its classes that have some, with their names, `known` says of
    each what its worlds know.
    """

    names: Names
    shared: Shared
    unit: FileView
    own: dict[Class, str]
    machine: Machine
    left: int
    known: dict[Class, list[Known]]
    count: int = 0
    found: list[Trace] = field(default_factory=list)
    open: set[Class] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set)

    def owner(self, cls: Class) -> Class | None:
        """The class whose `forward` the modules of a class have."""
        method = classes.find_method(self.machine, cls, "forward")
        return method.owner if isinstance(method, Function) else None

    def room(self) -> int:
        """Where the numbers of the next run begin."""
        self.count += 1
        return _FIRST + self.count * _ROOM

    def run(self, candidate: _Candidate) -> tuple[Trace, ...]:
        """Run one call."""
        self.known[candidate.cls].append(candidate.known)
        text = candidate.text or _shown(self.names, candidate.site, self.own[candidate.cls])
        world = _world(self.unit, World(text, candidate.site, candidate.seen))
        if candidate.seen:
            self.unit.calls[describe(world.test)] = candidate.site
        first = self.room()
        if candidate.made is not None:
            made = run_object(self.names, self.shared, *candidate.made, world, STEPS, first)
        else:
            made = run_call(self.names, self.shared, candidate.cls, candidate.args, world, STEPS, first)
        self.left -= sum(len(trace.events) for trace in made) or LEAST // 4
        if not candidate.seen:
            self.unseen.add(world.text)
        self.found.extend(made)
        for trace in made:
            if is_forward(trace) and self.open:
                if not causes(trace):
                    self.open.discard(candidate.cls)
                self.open.difference_update(understood(trace, self.owner))
        return made


def runs(names: Names, shared: Shared, unit: FileView, traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """The runs of the file's classes at the calls that its other runs have seen, and at others of the project."""
    traces = tuple(traces)
    most = max(LEAST, int(SHARE * sum(len(trace.events) for trace in traces)))
    machine = Machine(names, shared, Trace(None, None, "query"))
    own = {view.cls: view.name for view in unit.classes() if view.is_module and _depends(machine, view.cls)}
    made = _Runs(names, shared, unit, own, machine, most, {cls: [] for cls in own})
    made.open.update(cls for cls in own if "forward" in classes.class_info(machine, cls).methods)
    for trace in traces:
        if is_forward(trace) and trace.owner in made.open and trace.complete and not causes(trace):
            made.open.discard(trace.owner)
    for trace in traces:
        if is_forward(trace) and made.open:
            made.open.difference_update(understood(trace, made.owner))
    for candidate in _seen(made, traces):
        if made.left <= 0:
            break
        made.run(candidate)
    made.left = max(most, MOST_USUAL)
    for candidate in _usual(made, traces):
        if made.left <= 0:
            break
        made.run(candidate)
    return tuple(made.found)


def _world(unit: FileView, world: World) -> World:
    """The world of a call; one that is written like another call says so, since the words name the call."""
    text, number = world.text, 1
    while unit.calls.get(describe(world.test), world.site) != world.site:
        number += 1
        world = World(f"{text}, call {number} of these", world.site, world.seen)
    return world


def _seen(made: _Runs, traces: Sequence[Trace]) -> Iterator[_Candidate]:
    """The calls that are worlds: no two of a class know the same."""
    for candidate in _constructions(made, traces):
        if len(made.known[candidate.cls]) < PER_CLASS and candidate.known not in made.known[candidate.cls]:
            yield candidate
    for cls in made.own:
        yield from _written(made, cls)
    for candidate in _constructions(made, made.found):
        if len(made.known[candidate.cls]) < PER_CLASS and candidate.known not in made.known[candidate.cls]:
            yield candidate


def _usual(made: _Runs, traces: Sequence[Trace]) -> Iterator[_Candidate]:
    """For classes that no run has understood: calls and objects of which something is taken for granted. What costs
    least comes first.
    """
    tried: dict[Class, int] = dict.fromkeys(made.own, 0)

    def wanted(candidates: Iterable[_Candidate]) -> Iterator[_Candidate]:
        ranked = sorted(candidates, key=lambda candidate: len(candidate.known), reverse=True)
        for candidate in ranked:
            cls = candidate.cls
            if cls in made.open and tried[cls] < USUAL and not any(candidate.known <= own for own in made.known[cls]):
                tried[cls] += 1
                yield candidate

    yield from wanted(each for each in _defaults(made) if not each.seen)
    yield from wanted(each for each in _defaults(made) if each.seen)
    yield from wanted(_objects(made, (*traces, *made.found)))
    for builder in builders(made.unit, [cls for cls in made.own if cls in made.open])[:BUILDERS]:
        if not made.open:
            break
        for candidate in _built_by(made, builder):
            if candidate.cls in made.open:
                yield candidate


def _built_by(made: _Runs, builder: Function) -> list[_Candidate]:
    """The objects that a function makes, those first that are made last: they hold others."""
    trace = run_builder(made.names, made.shared, builder, BUILDER_STEPS, made.room())
    made.unseen.add(trace.world)
    return [replace(candidate, text=trace.world) for candidate in _objects(made, (trace,))][::-1]


def _written(made: _Runs, cls: Class) -> list[_Candidate]:
    """The calls of a class in any file that know most, each more than any of those that are worlds already."""
    seen = made.known[cls]
    distinct: dict[Known, _Candidate] = {}
    for reference in made.unit.built_at(cls)[:MOST_WRITTEN]:
        args = written_args(made.machine, reference)
        if args is None or reference.call is None:
            continue
        carry = Carrier(made.machine.state.heap, Counter())
        candidate = _candidate(
            made, cls, carry.args(args.named()), Site(reference.site.path, reference.site.chunk, reference.call.ordinal)
        )
        if candidate is not None:
            distinct.setdefault(candidate.known, candidate)
    found: list[_Candidate] = []
    for known in sorted(distinct, key=len, reverse=True):
        if not any(known <= other for other in (*seen, *(entry.known for entry in found))):
            found.append(distinct[known])
    return found[: max(0, min(WRITTEN, PER_CLASS - len(seen)))]


def _defaults(made: _Runs) -> Iterator[_Candidate]:
    """Open classes with defaults for all that has one. It is a call that anybody may make if nothing has none."""
    for cls in [cls for cls in made.own if cls in made.open]:
        method = classes.find_method(made.machine, cls, "__init__")
        assert isinstance(method, Function)
        required = [item.name for item in method.code.params.items[1:] if item.default is None and item.kind in GIVEN]
        keywords: dict[str, Carried] = {name: Unknown("an argument without default") for name in required}
        text = f"{made.own[cls]}({', '.join(required)})"
        candidate = _candidate(made, cls, CarriedArgs([], keywords), cls.site, not required, text)
        if candidate is not None:
            yield candidate


def _candidate(
    made: _Runs, cls: Class, args: CarriedArgs, site: Site, seen: bool = True, text: str = ""
) -> _Candidate | None:
    """The call as a world, None where it tells nothing or does not fit."""
    known = known_args(made.machine, cls, args)
    return _Candidate(cls, args, known, site, seen, text) if known else None


def _constructions(made: _Runs, traces: Sequence[Trace]) -> Iterator[_Candidate]:
    """The constructor calls of the file's classes in runs, where the arguments are all given."""
    for trace, carry, event in _built(made, traces):
        if trace.world not in made.unseen and not any(name == "*" for name, _ in event.args):
            assert isinstance(event.callee, Class)
            candidate = _candidate(made, event.callee, carry.args(event.args), event.where.site)
            if candidate is not None:
                yield candidate


def _objects(made: _Runs, traces: Sequence[Trace]) -> Iterator[_Candidate]:
    """The objects of the file's classes that runs have made."""
    for trace, carry, event in _built(made, traces):
        cls = event.callee
        if not trace.complete or not isinstance(cls, Class) or not isinstance(event.result, Module):
            continue
        partial = any(name == "*" for name, _ in event.args)
        seen = trace.world not in made.unseen and not partial
        args = carry.args(event.args)
        known = known_args(made.machine, cls, args)
        objects = {(name, type(value)) for name, value in event.args if isinstance(value, (Module, Instance, ListRef))}
        if known is not None and partial:
            yield _Candidate(cls, args, known, event.where.site, seen)
        if known is not None and (objects or not partial):
            yield _Candidate(cls, args, known | objects, event.where.site, seen, made=(trace, event))


def _built(made: _Runs, traces: Sequence[Trace]) -> Iterator[tuple[Trace, Carrier, Call]]:
    """The constructor calls of the file's classes in runs, which may become more on the way."""
    index = 0
    while index < len(traces):
        trace = traces[index]
        index += 1
        carry: Carrier | None = None
        for event in trace.events:
            if type(event) is Call and event.op is None and type(event.callee) is Class and event.callee in made.own:
                carry = carry or carrier(trace)
                yield trace, carry, event


def _depends(m: Machine, cls: Class) -> bool:
    """Whether the constructor has parameters, so that the general run does not say it all."""
    method = classes.find_method(m, cls, "__init__")
    return isinstance(method, Function) and len(method.code.params.items) > 1


def _shown(names: Names, site: Site, name: str) -> str:
    """The call as it is written, in whichever file."""
    found = nodes_of(names.files[site.path], site.chunk).get(site.ordinal)
    return unparse(found[0]) if found is not None and isinstance(found[0], CallNode) else f"{name}(…)"
