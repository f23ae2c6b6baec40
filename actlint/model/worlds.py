"""Worlds: a class again, with the arguments of the calls that the project makes.

The general run of a class knows nothing of its parameters. What constructor calls give them is in the runs of the file:
each different list of arguments with something known is a world of its own. Then come calls as they are written in any
file, those first that leave least open: what is not known of an argument there is as open as in the general run, and a
parameter that is left out has its default. What is found in a world holds at that call, and its conditions say so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from actlint.facts import Call as CallNode
from actlint.facts import Site
from actlint.model import calls, classes
from actlint.model.args import Args
from actlint.model.conditions import describe
from actlint.model.evaluate import World, run_call
from actlint.model.events import Call, Trace
from actlint.model.link import Names
from actlint.model.machine import BudgetExceeded, Machine, Shared
from actlint.model.references import nodes_of
from actlint.model.show import unparse
from actlint.model.values import (
    Class,
    Constant,
    DictRef,
    External,
    Function,
    Instance,
    ListRef,
    Module,
    Partial,
    Tuple,
    Unknown,
    Value,
)
from actlint.model.written import written_args

if TYPE_CHECKING:
    from actlint.model.program import FileView

PER_CLASS = 4
"""How many worlds a class has."""

WRITTEN = 2
"""How many of these are of calls that no run of the file has seen."""

MOST_WRITTEN = 100
"""How many written calls of a class are looked at."""

STEPS = 3_000
"""Steps for each run of a world."""

SHARE = 0.25
"""How many events worlds may have, as a share of those of the other runs of the file; small files have `LEAST`."""

LEAST = 400
_FIRST = 100_000_000
_ROOM = 1_000_000


def runs(names: Names, shared: Shared, unit: FileView, traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """The runs of the file's classes at the calls that its other runs have seen, and at others of the project."""
    traces = tuple(traces)
    left = max(LEAST, int(SHARE * sum(len(trace.events) for trace in traces)))
    machine = Machine(names, shared, Trace(None, None, "query"))
    own = {view.cls: view.name for view in unit.classes() if view.is_module and _depends(machine, view.cls)}
    found: list[Trace] = []
    count = 0
    for cls, args, site in _calls(machine, unit, own, traces):
        if left <= 0:
            break
        world = _world(unit, _shown(names, site, own[cls]), site)
        made = run_call(names, shared, cls, args, world, STEPS, _FIRST + count * _ROOM)
        unit.calls[describe(world.test)] = site
        left -= sum(len(trace.events) for trace in made)
        count += len(made)
        found.extend(made)
    return tuple(found)


def _world(unit: FileView, text: str, site: Site) -> World:
    """The world of a call; one that is written like another call says so, since the words name the call."""
    world, number = World(text, site), 1
    while unit.calls.get(describe(world.test), site) != site:
        number += 1
        world = World(f"{text}, call {number} of these", site)
    return world


_At: TypeAlias = tuple[Class, Args, Site]
"""A constructor call: the class, what is known of the arguments, and the place."""


def _calls(m: Machine, unit: FileView, own: Collection[Class], traces: Iterable[Trace]) -> Iterator[_At]:
    """The calls that are worlds: no two of a class know the same."""
    seen: dict[Class, list[_Known]] = {cls: [] for cls in own}
    for call in _constructions(traces):
        cls = call.callee
        if not isinstance(cls, Class) or cls not in own or len(seen[cls]) >= PER_CLASS:
            continue
        args = _portable(call)
        known = _known(m, cls, args)
        if known and known not in seen[cls]:
            seen[cls].append(known)
            yield cls, args, call.where.site
    for cls in own:
        for known, args, site in _written(m, unit, cls, seen[cls]):
            seen[cls].append(known)
            yield cls, args, site


def _written(m: Machine, unit: FileView, cls: Class, seen: Sequence[_Known]) -> list[tuple[_Known, Args, Site]]:
    """The calls of a class in any file that know most, each more than any of those `seen`."""
    distinct: dict[_Known, tuple[Args, Site]] = {}
    for reference in unit.built_at(cls)[:MOST_WRITTEN]:
        args = written_args(m, reference)
        if args is None or reference.call is None:
            continue
        args = Args([_carried(value) for value in args.positional], {k: _carried(v) for k, v in args.keywords.items()})
        known = _known(m, cls, args)
        if known:
            distinct.setdefault(known, (args, Site(reference.site.path, reference.site.chunk, reference.call.ordinal)))
    found: list[tuple[_Known, Args, Site]] = []
    for known in sorted(distinct, key=len, reverse=True):
        if not any(known <= other for other in (*seen, *(entry[0] for entry in found))):
            found.append((known, *distinct[known]))
    return found[: min(WRITTEN, PER_CLASS - len(seen))]


_Known: TypeAlias = frozenset[tuple[str, object]]
"""What is known of parameters: values by name, with their types, since 1 and True are equal."""


def _known(m: Machine, cls: Class, args: Args) -> _Known | None:
    """What a call says of the constructor's parameters, those included that it leaves to their defaults; None where the
    call does not fit.
    """
    method = classes.find_method(m, cls, "__init__")
    assert isinstance(method, Function)
    receiver = Unknown("the object that is made")
    try:
        bound = calls.bind_parameters(m, method, Args([receiver, *args.positional], args.keywords), method.site)
    except (BudgetExceeded, RecursionError):
        return None
    if bound is None:
        return None
    names = {item.name for item in method.code.params.items}
    values = [*bound.items(), *((name, value) for name, value in args.keywords.items() if name not in names)]
    return frozenset(found for name, value in values for found in _keys(name, value))


def _keys(name: str, value: Value) -> Iterator[tuple[str, object]]:
    match value:
        case Unknown():
            pass
        case Constant(value=plain):
            yield name, (type(plain), plain)
        case Tuple(items=items):
            yield name, len(items)
            for index, item in enumerate(items):
                yield from _keys(f"{name}[{index}]", item)
        case DictRef():
            pass  # `**options`, whose entries are looked at one by one
        case ListRef() | Module() | Instance():
            yield name, "default"  # only a default can be one
        case _:
            yield name, value


def _constructions(traces: Iterable[Trace]) -> Iterator[Call]:
    """The constructor calls of project classes in runs whose arguments are all given."""
    for trace in traces:
        for event in trace.events:
            if isinstance(event, Call) and event.op is None and isinstance(event.callee, Class):
                if not any(name == "*" for name, _ in event.args):
                    yield event


def _depends(m: Machine, cls: Class) -> bool:
    """Whether the constructor has parameters, so that the general run does not say it all."""
    method = classes.find_method(m, cls, "__init__")
    return isinstance(method, Function) and len(method.code.params.items) > 1


def _portable(call: Call) -> Args:
    """The arguments without what lives in the heap of another run, which counts as unknown."""
    args = Args()
    for name, value in call.args:
        if name.isdigit():
            args.positional.append(_carried(value))
        else:
            args.keywords[name] = _carried(value)
    return args


def _carried(value: Value) -> Value:
    match value:
        case Constant() | External():
            return value
        case Class(frame=0) | Function(frame=0):
            return value
        case Tuple(items=items):
            return Tuple(tuple(_carried(item) for item in items))
        case Partial(function=function, args=args, keywords=keywords):
            parts = (_carried(function), *map(_carried, args), *(_carried(own) for _, own in keywords))
            return value if parts == (function, *args, *(own for _, own in keywords)) else _OTHER
        case _:
            return _OTHER


_OTHER = Unknown("argument of another run")


def _shown(names: Names, site: Site, name: str) -> str:
    """The call as it is written, in whichever file."""
    found = nodes_of(names.files[site.path], site.chunk).get(site.ordinal)
    return unparse(found[0]) if found is not None and isinstance(found[0], CallNode) else f"{name}(…)"
