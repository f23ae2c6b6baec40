"""Module-level names: what the expressions that bind them evaluate to.

That is found out once a program and kept as a snapshot, which a run takes over when it first reads the name. Only what
holds tensors is evaluated again in each run, since a tensor belongs to the event that made it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from actlint.facts import AnnAssign, Assign, Collection, Name
from actlint.model import expressions, mappings, statements
from actlint.model.events import Trace
from actlint.model.link import Binding, File, global_name
from actlint.model.machine import BudgetExceeded, Frame, Machine
from actlint.model.state import DictObject, ListObject, Object, StorageObject, make_join
from actlint.model.values import Condition, Constant, DictRef, Instance, ListRef, Test, Unknown, Value

FIRST = 1 << 40
"""Numbers from here on are those of runs apart, which are no run's own."""
ROOM = 1 << 20
"""How many numbers one of them has."""

_ITSELF = Unknown("module-level name that refers to itself")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A value with the heap objects and the frames of closures that it may refer to; their numbers are no run's own.

    `last` is one of the objects that are in a heap only together with all others (0: there is none, others' snapshots
    may be there already).
    """

    value: Value
    last: int = 0
    heap: dict[int, Object] = field(default_factory=dict)
    frames: dict[int, dict[str, Value]] = field(default_factory=dict)
    parents: dict[int, tuple[int, File, frozenset[str]]] = field(default_factory=dict)


def global_value(m: Machine, file: File, name: str) -> Value:
    """The value of a module-level name: what the run itself has bound it to, or what its file says."""
    names = m.state.frames.get(file.number)
    own = None if names is None else names.get(name)
    if own is not None:
        return expressions.current(m, own)
    key = (file.number, name)
    known = m.globals.get(key) or m.shared.globals.get(key)
    if not isinstance(known, Snapshot):
        known = _of_program(m, file, name) if key not in m.shared.globals else _of_run(m, file, name)
    _enter(m, known)
    return expressions.current(m, known.value)


def _enter(m: Machine, snapshot: Snapshot) -> None:
    """Make what the snapshot refers to part of the running state, where it is not yet."""
    if snapshot.heap and snapshot.last not in m.state.heap:
        for ref, object_ in snapshot.heap.items():
            if ref not in m.state.heap:
                m.state.heap[ref] = object_
    for number, names in snapshot.frames.items():
        if number not in m.state.frames:
            m.state.frames[number] = names
            m.parents[number] = snapshot.parents[number]
            m.captured.add(number)


def _of_program(m: Machine, file: File, name: str) -> Snapshot:
    """Evaluate the name apart from any run; where that makes tensors, leave it to each run."""
    shared, key = m.shared, (file.number, name)
    found = global_name(m.names, file, name)
    shared.globals[key] = Snapshot(_ITSELF)
    if not any(isinstance(entry, Binding) for entry in found):
        snapshot = Snapshot(_alternatives(m, file, name, [entry for entry in found if not isinstance(entry, Binding)]))
    else:
        shared.rooms += 1
        apart = Machine(m.names, shared, Trace(None, None, "module level"), counter=FIRST + shared.rooms * ROOM)
        apart.stack.append(Frame(file.number, 0, file, 0, frozenset()))
        try:
            first = apart.counter
            snapshot = _snapshot(apart, _evaluate(apart, file, name, found), 0, 0, first)
        except (BudgetExceeded, RecursionError):
            snapshot = Snapshot(Unknown("module-level value that takes too long to evaluate"))
        if any(isinstance(object_, StorageObject) for object_ in snapshot.heap.values()):
            shared.globals[key] = None
            return _of_run(m, file, name)
    shared.globals[key] = snapshot
    shared.originals.update(snapshot.heap)
    return snapshot


def changed(m: Machine, written: list[int], since: int) -> bool:
    """Whether a run apart, whose own objects come after `since`, has changed what is there for others by writing these
    objects. It also writes what it only takes over.
    """
    for ref in written:
        if ref <= since or ref > m.counter:
            original = m.shared.originals.get(ref)
            if original is None or m.state.heap.get(ref, original) is not original:
                return True
    return False


def _of_run(m: Machine, file: File, name: str) -> Snapshot:
    """Evaluate the name in the running state; its events become part of the trace."""
    key = (file.number, name)
    m.globals[key] = Snapshot(_ITSELF)
    since, first = m.mark(), m.counter
    value = _evaluate(m, file, name, global_name(m.names, file, name))
    snapshot = m.globals[key] = _snapshot(m, value, since, first, first)
    return snapshot


def _snapshot(m: Machine, value: Value, since: int, first: int, own: int) -> Snapshot:
    heap = {ref: m.state.heap[ref] for ref in sorted(set(m.state.heap.log[since:])) if ref in m.state.heap}
    last = max((ref for ref in heap if own < ref <= m.counter), default=0)
    frames = {number: names for number, names in m.state.frames.items() if number > first}
    return Snapshot(value, last, heap, frames, {number: m.parents[number] for number in frames})


def _evaluate(m: Machine, file: File, name: str, found: list[Value | Binding]) -> Value:
    values = [_bound(m, entry, name) if isinstance(entry, Binding) else entry for entry in found]
    return _alternatives(m, file, name, values)


def _alternatives(m: Machine, file: File, name: str, found: list[Value]) -> Value:
    if not found:
        return Unknown(f"name that is not bound: {name}")
    if len(found) == 1:
        return found[0]
    choices: list[tuple[Condition, Value]] = []
    for index, value in enumerate(found):
        choices.append(((Test(f"?{file.path}:{name}#{index}", True, f"{name} is that of another import"),), value))
    return make_join(choices, m.merge)


def _bound(m: Machine, binding: Binding, name: str) -> Value:
    statement = binding.statement
    if not isinstance(statement, (Assign, AnnAssign)) or statement.value is None:
        return Unknown("module-level name that is not followed")
    file = m.names.files[binding.site.path]
    m.stack.append(Frame(file.number, 0, file, binding.site.chunk, frozenset()))
    grad, m.state.grad = m.state.grad, True
    try:
        value = expressions.evaluate(m, statement.value)
        targets = statement.targets if isinstance(statement, Assign) else (statement.target,)
        for target in targets:
            if isinstance(target, Name) and target.id == name:
                if isinstance(value, Instance):
                    mappings.share(m, value)
                return _unless_mutated(m, file, name, value)
            if isinstance(target, Collection):
                parts = statements.unpack(m, value, len(target.elements), target.elements)
                for part, element in zip(target.elements, parts, strict=True):
                    if isinstance(part, Name) and part.id == name:
                        return element
        return Unknown("module-level name that is not followed")
    finally:
        m.stack.pop()
        m.state.grad = grad


def _unless_mutated(m: Machine, file: File, name: str, value: Value) -> Value:
    """A list or dict that some statement of its file changes is not known to be complete."""
    if name in file.mutated:
        if isinstance(value, ListRef):
            found = m.state.heap[value.ref]
            assert isinstance(found, ListObject)
            m.state.heap[value.ref] = ListObject(found.items, False, found.kind)
        elif isinstance(value, DictRef):
            entries = m.state.heap[value.ref]
            assert isinstance(entries, DictObject)
            m.state.heap[value.ref] = DictObject(entries.items, False)
        elif isinstance(value, Instance):
            mappings.blur(m, value)
        elif isinstance(value, Constant):
            return Unknown(f"{name} changes at module level")
    return value
