"""Worlds: a class again, with the arguments of the calls that a file makes.

The general run of a class knows nothing of its parameters. What constructor calls give them is in the runs of the file:
each different list of arguments with something known is a world of its own. What is found there holds at that call, and
its conditions say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from actlint.facts import Call as CallNode
from actlint.model import classes
from actlint.model.args import Args
from actlint.model.conditions import describe
from actlint.model.evaluate import World, run_call
from actlint.model.events import Call, Trace
from actlint.model.link import Names
from actlint.model.machine import Machine, Shared
from actlint.model.values import Class, Constant, External, Function, Tuple, Unknown, Value

if TYPE_CHECKING:
    from actlint.model.program import FileView

PER_CLASS = 4
STEPS = 3_000
"""Steps for each run of a world."""

SHARE = 0.25
"""How many events worlds may have, as a share of those of the other runs of the file; small files have `LEAST`."""

LEAST = 400
_FIRST = 100_000_000
_ROOM = 1_000_000


def runs(names: Names, shared: Shared, unit: FileView, traces: Iterable[Trace]) -> tuple[Trace, ...]:
    """The runs of the file's classes at the calls that its other runs have seen."""
    traces = tuple(traces)
    left = max(LEAST, int(SHARE * sum(len(trace.events) for trace in traces)))
    own = {view.cls: view for view in unit.classes() if view.is_module}
    seen: dict[Class, set[object]] = {cls: set() for cls in own}
    found: list[Trace] = []
    machine = Machine(names, shared, Trace(None, None, "query"))
    for call in _constructions(traces):
        cls = call.callee
        assert isinstance(cls, Class)
        if cls not in own or left <= 0 or len(seen[cls]) >= PER_CLASS or not _depends(machine, cls):
            continue
        args = _portable(call)
        key = (tuple(args.positional), tuple(sorted(args.keywords.items())))
        if key in seen[cls]:
            continue
        seen[cls].add(key)
        if not any(not isinstance(value, Unknown) for value in args.all()) and not _has_defaults(machine, cls):
            continue
        site = call.where.site
        world = World(_shown(unit, call), site)
        made = run_call(names, shared, cls, args, world, STEPS, _FIRST + len(found) * _ROOM)
        unit.calls[describe(world.test)] = site
        left -= sum(len(trace.events) for trace in made)
        found.extend(made)
    return tuple(found)


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


def _has_defaults(m: Machine, cls: Class) -> bool:
    """Whether some parameter that is not given has a default, which is known at the call."""
    method = classes.find_method(m, cls, "__init__")
    return isinstance(method, Function) and any(item.default is not None for item in method.code.params.items)


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
        case _:
            return Unknown("argument of another run")


def _shown(unit: FileView, call: Call) -> str:
    """The call as it is written; of one in another file only that it is one."""
    node = unit.node(call.where.site) if call.where.site.path == unit.path else None
    return unit.text(node) if isinstance(node, CallNode) else "another file's call"
