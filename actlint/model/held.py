"""Sequentials that a file builds and never applies, applied once: what its data flow is wherever they are used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actlint.model import calls, layers
from actlint.model.args import Args
from actlint.model.evaluate import Purse
from actlint.model.events import Call, Trace
from actlint.model.link import Names
from actlint.model.machine import STEPS_PER_FUNCTION, BudgetExceeded, Frame, Machine, Shared
from actlint.model.state import Heap, ModuleObject, State
from actlint.model.values import External, Module, Symbol

_SEQUENTIAL = External(layers.SEQUENTIAL)


def held(names: Names, shared: Shared, path: str, traces: Iterable[Trace], purse: Purse) -> Iterator[Trace]:
    """A run for each such Sequential: `traces` are those that know the same objects, the one that builds them first."""
    first, *others = traces
    built = [
        event
        for event in first.events
        if isinstance(event, Call) and event.callee == _SEQUENTIAL and event.where.site.path == path
    ]
    if not built or not first.complete or not all(trace.complete for trace in others):
        return
    applied = {e.module for trace in (first, *others) for e in trace.events if isinstance(e, Call)}
    for event in built:
        module = event.result
        if not isinstance(module, Module) or module in applied or _is_inside(first, module):
            continue
        found = first.heap.get(module.ref)
        if isinstance(found, ModuleObject) and found.children and len(found.children) > 1 and not found.open:
            # A Sequential whose layers are called one by one is a list.
            if any(child in applied for _, child in found.children):
                continue
            yield _apply(names, shared, first, event, module, purse)


def _is_inside(trace: Trace, module: Module) -> bool:
    """Whether another Sequential of the run holds the module: it is applied with that one."""
    others = (o for o in trace.heap.values() if isinstance(o, ModuleObject) and o.cls == _SEQUENTIAL)
    return any(child == module for other in others for _, child in other.children or ())


def _apply(names: Names, shared: Shared, first: Trace, event: Call, module: Module, purse: Purse) -> Trace:
    trace = Trace(first.entry, first.owner, "held", receiver=first.receiver)
    state = State({}, Heap(dict(first.heap)), event.where.condition)
    given = purse.take(STEPS_PER_FUNCTION)
    above = max(first.heap, default=0) + len(first.events)  # tensors and frames have numbers too
    m = Machine(names, shared, trace, state, steps=given, counter=2 * above, made=2 * above)
    site = event.where.site
    file = names.files[site.path]
    m.stack.append(Frame(file.number, 0, file, site.chunk, frozenset()))
    try:
        calls.call(m, module, Args([Symbol(f"held:{module.ref}", "input", "argument")]), site)
    except (BudgetExceeded, RecursionError):
        trace.complete = False
    trace.heap = m.state.heap
    purse.give_back(given, m.steps)
    return trace
