"""Blocks that are made again: a call that is given nothing of the run is worked out once and then repeated.

A model is made of the same few blocks, built over and over with other widths: what `ConvNormAct(64, 128, 3)` does,
layer by layer, it does for (128, 256, 3) too. Such a call of a class or of a module-level function, whose arguments are
numbers, texts, classes and parameters, is run on a machine of its own, and what has come of it, objects and events, is
copied into every run that makes it. A run pays for what it gets, not for the steps that led there, and what it has seen
at one place it need not see there again.

Which of the numbers it is given the call depends on is noted on the way (see `watched`): it is the same call for all
others. Nothing of that is kept longer than a file's runs last.
"""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import FunctionDef, Site
from actlint.model import apart, calls, module_level
from actlint.model.args import Args
from actlint.model.events import Event, Trace
from actlint.model.machine import STEPS_PER_RUN, BudgetExceeded, Frame, Machine, Tedious, steps_of
from actlint.model.recurring import Asked, Callee, Kept, Made, Slot, ask, full_key, known, slots, within
from actlint.model.renumber import Foreign, Shift
from actlint.model.state import ModuleObject
from actlint.model.values import (
    Class,
    Constant,
    DictRef,
    Function,
    ListRef,
    Value,
)
from actlint.model.watched import Watched

STEPS = STEPS_PER_RUN
"""Steps of one such call."""

OBJECTS = 2
"""How many objects that are copied count as one step."""

DEEPEST = 10
"""How many such calls may be worked out inside one another."""


def call(m: Machine, callee: Callee, args: Args, site: Site) -> Value | None:
    """What the call gives; None where it has to be run."""
    if m.apart or callee.frame or args.sizes is not None or args.rest:
        return None
    if isinstance(callee, Function):
        if callee.owner is not None or not isinstance(callee.code, FunctionDef):
            return None
        if any(frame.function is not None and frame.function.site == callee.site for frame in m.stack):
            return None  # it calls itself, which ends where it has gone deep enough
    kept = _kept(m)
    if kept is None or any(number < 0 and names for number, names in m.state.frames.items()):
        return None  # such a run may have bound names of a file itself
    try:
        asked = ask(m, callee, args)
    except apart.Bound:
        return None
    found = known(kept, asked)
    if found is False:
        if asked.key not in kept.seen:
            kept.seen.add(asked.key)
            return None  # it may be the only one
        found = _work_out(m, kept, asked)
    return _repeat(m, asked, found, site) if isinstance(found, Made) else None


def _kept(m: Machine) -> Kept | None:
    """What is kept for the file whose run this is; None in a run of no file."""
    file = m.root
    if file is None:
        if m.counter >= module_level.FIRST:
            return None
        file = m.stack[0].file
    found = m.shared.replay.get(file.number)
    if found is None:
        for other in m.shared.replay.values():
            assert isinstance(other, Kept)
            other.seen.clear()
            other.made.clear()
            other.counted.clear()
        found = m.shared.replay[file.number] = Kept(steps_of(file))
    assert isinstance(found, Kept)
    return found


# --------------------------------------------------------------------------------------------------------- working out


def _work_out(m: Machine, kept: Kept, asked: Asked) -> Made | None:
    """Run the call on a machine of its own; None where it cannot be repeated."""
    site = asked.callee.site
    if site in kept.making or len(kept.making) >= DEEPEST:
        # It is run where it stands; what calls it in between would come out differently elsewhere.
        outermost = kept.making.index(site) + 1 if site in kept.making else 0
        kept.passing.update(range(outermost, len(kept.making)))
        return None
    if kept.left <= 0 or site in kept.endless:
        return None
    level = len(kept.making)
    kept.making.append(site)
    machine = _machine(m, asked)
    watched = {
        slot: Watched(value.value.unasked() if type(value.value) is Watched else value.value, index)  # type: ignore[arg-type]
        for index, (slot, value) in enumerate(asked.numbers.items())
    }
    try:
        found = _run(m, machine, asked, watched)
    finally:
        kept.making.pop()
        kept.left -= STEPS - max(machine.steps, 0)
        if machine.steps < 0:
            kept.endless.add(site)
        passing = level in kept.passing
        kept.passing.discard(level)
    counted = frozenset([slot for slot, number in watched.items() if number.asked])
    full = full_key(asked, counted)  # what counts here counts for a call around it too
    if not passing:
        kept.made[full] = found
        patterns = kept.counted.setdefault(asked.key, [])
        if counted not in patterns:
            patterns.append(counted)
    return found


def _machine(m: Machine, asked: Asked) -> Machine:
    m.shared.rooms += 1
    machine = Machine(
        m.names,
        m.shared,
        Trace(None, None, "replay"),
        steps=STEPS,
        counter=module_level.FIRST + m.shared.rooms * module_level.ROOM,
        root=m.root or m.stack[0].file,
        blurred=int(m.blurred > 0),
        constructing=m.constructing,
    )
    file = m.names.files[asked.callee.site.path]
    machine.stack.append(Frame(file.number, 0, file, asked.callee.site.chunk, frozenset()))
    machine.state.grad = m.state.grad
    machine.state.condition = asked.entry
    return machine


def _run(m: Machine, machine: Machine, asked: Asked, watched: dict[Slot, Watched]) -> Made | None:
    base = machine.counter

    def carried(slot: Slot, value: Value) -> Value:
        number = watched.get(slot)
        return apart.carried(m.state.heap, value, machine) if number is None else Constant(number)

    args = asked.args
    given = Args(
        [carried(slot, value) for slot, value in enumerate(args.positional)],
        {name: carried(name, value) for name, value in args.keywords.items()},
        args.complete,
        rest=args.rest,
    )
    refs = tuple(_refs(machine, given))
    first, since = machine.counter, machine.mark()
    try:
        if isinstance(asked.callee, Class):
            value = calls.construct_here(machine, asked.callee, given, asked.place)
        else:
            value = calls.invoke_here(machine, asked.callee, given, asked.place)
    except (BudgetExceeded, Tedious, RecursionError):
        return None
    state, last = machine.state, machine.counter
    if not state.alive or machine.symbols or machine.globals or state.grad != m.state.grad:
        return None
    length = len(asked.entry)
    paths = (state.condition, *[event.where.condition for event in machine.trace.events])
    if any(path[:length] != asked.entry for path in paths):
        return None
    written = state.heap.log[since:]
    if module_level.changed(machine, written, base):
        return None
    heap = tuple([(ref, state.heap[ref]) for ref in dict.fromkeys(written) if ref in state.heap])
    frames = tuple([(n, names, machine.parents[n]) for n, names in state.frames.items() if n > 0])
    return Made(
        value,
        first,
        last,
        heap,
        tuple(machine.trace.events),
        frames,
        tuple(machine.sizes.items()),
        tuple(machine.ranks.items()),
        machine.overwritten,
        refs,
        state.condition[length:],
        any(first < ref <= last and isinstance(object_, ModuleObject) for ref, object_ in heap),
    )


def _refs(m: Machine, args: Args) -> Iterator[int]:
    """The lists and dicts among arguments, in order."""
    for _, value in slots(args):
        for inner in within(m, value):
            if isinstance(inner, (ListRef, DictRef)):
                yield inner.ref


# ----------------------------------------------------------------------------------------------------------- repeating


def _repeat(m: Machine, asked: Asked, made: Made, site: Site) -> Value | None:
    """Let the run have what has come of the call; None where it does not fit in."""
    shift = Shift(
        first=made.first,
        last=made.last,
        base=m.counter,
        events=len(m.trace.events),
        depth=len(m.stack) - 1,
        given=dict(zip(made.given, _refs(m, asked.args), strict=True)),
        actual=list(asked.numbers.values()),
        place=asked.place,
        at=site,
        stack=m.where(site).stack,
        entry=asked.entry,
        condition=m.state.condition,
        loop=m.blurred > 0,
    )
    try:
        events = _news(m, shift, asked, made)
        own = [(shift.number(ref), shift.object(object_)) for ref, object_ in made.heap if made.owns(ref)]
    except Foreign:
        return None
    m.steps -= len(events) + len(own) // OBJECTS
    if m.steps < m.floor:
        m.overdraw()
    if m.constructing and made.layers:
        m.floor, m.idle = 0, None
    m.counter += made.last - made.first
    m.trace.events.extend(events)
    for ref, object_ in own:
        m.state.heap[ref] = object_
    for ref, object_ in made.heap:
        if not made.owns(ref) and ref not in m.state.heap:
            m.state.heap[ref] = object_
    for number, names, (parent, file, local) in made.frames:
        own_number = shift.number(number)
        if own_number not in m.state.frames:
            m.state.frames[own_number] = {name: shift.value(value) for name, value in names.items()}
            m.parents[own_number] = (shift.number(parent), file, local)
            m.captured.add(own_number)
    for root, sizes in made.sizes:
        m.sizes[shift.number(root)] = shift.values(sizes)
    for number, rank in made.ranks:
        m.ranks[shift.number(number)] = rank
    m.overwritten += made.overwritten
    m.state.condition = (*m.state.condition, *shift.within(made.passed))
    return shift.value(made.value)


def _news(m: Machine, shift: Shift, asked: Asked, made: Made) -> list[Event]:
    """The events that the run has not had yet. A call that has been made before at the very same place, with the same
    numbers, as in a loop, has nothing to tell: what it makes looks back to the events of the first.
    """
    if not made.events:
        return []
    same = (id(made), shift.at, shift.stack, shift.condition, shift.loop, *[number.value for number in shift.actual])
    first = m.repeated.get(same)
    if first is None or first[0] >= len(m.trace.events) or m.trace.events[first[0]] is not first[1]:
        events = [shift.happened(event) for event in made.events]
        m.repeated[same] = len(m.trace.events), events[0]
        return events
    shift.events = first[0]
    outermost = made.events[-1] if isinstance(asked.callee, Class) else None
    return [] if outermost is None else [shift.happened(outermost)]
