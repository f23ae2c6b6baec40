"""The state of a run: frames and heap, forked where paths part and joined where they meet.

Objects in the heap are immutable; a change replaces the object. Conditions are conjunctions of at most
`MAX_LITERALS` literals: past that the oldest detail is given up by turning what depends on it into `Unknown`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from actlint.facts import Site
from actlint.model.values import (
    UNSET,
    Class,
    Condition,
    Constant,
    External,
    Join,
    Tensor,
    Test,
    Tuple,
    Unknown,
    Unset,
    Value,
)

MAX_LITERALS = 8
MAX_OPTIONS = 8


@dataclass(frozen=True, slots=True)
class ModuleObject:
    """An `nn.Module`: its class, the constructor's bound arguments (torch layers), attributes and container items.

    `open` is set where attributes may exist that nobody saw (`setattr` with an unknown name, an escape to unknown
    code). `ready` says whether `nn.Module.__init__` has run. `children` are a container's items in order, None if
    unknown; `element` is then what every item looks like, if they look alike.
    """

    cls: External | Class
    site: Site
    args: dict[str, Value] = field(default_factory=dict)
    attrs: dict[str, Value] = field(default_factory=dict)
    children: tuple[tuple[str, Value], ...] | None = ()
    open: str = ""
    ready: bool | None = True
    element: Value | None = None


@dataclass(frozen=True, slots=True)
class InstanceObject:
    """An instance of a class that is no module; `args` are the positional and keyword arguments of a foreign class."""

    cls: External | Class
    site: Site
    args: dict[str, Value] = field(default_factory=dict)
    attrs: dict[str, Value] = field(default_factory=dict)
    open: str = ""


@dataclass(frozen=True, slots=True)
class ListObject:
    """A list or set; not `complete` where items may be missing, repeated or in another order. Then `alike` says whether
    each of its items is one of `items`, however many there are.
    """

    items: tuple[Value, ...]
    complete: bool = True
    kind: Literal["list", "set"] = "list"
    alike: bool = False


@dataclass(frozen=True, slots=True)
class DictObject:
    """A dict with constant keys; not `complete` where entries may be missing, or have keys that are not known."""

    items: dict[object, Value]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Saved:
    """A tensor version that autograd keeps: which call saved it, as its output or as which input, and when."""

    event: int
    tensor: int
    role: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class StorageObject:
    """A storage: how often it was written in place, the last write's event, and what autograd still needs of it.

    `newer` leads from a tensor that was overwritten to the one that its names denote since.
    """

    version: int = 0
    writer: int = -1
    saved: tuple[Saved, ...] = ()
    newer: tuple[tuple[Tensor, Tensor], ...] = ()


Object: TypeAlias = ModuleObject | InstanceObject | ListObject | DictObject | StorageObject


class Heap(dict[int, Object]):
    """Objects by number. It is a dict, since it is read all the time, that notes which entries are written.

    `log` lists them in order, for all heaps that have been copied from one another: where two of them meet, only what
    was written since they parted can differ.
    """

    __slots__ = ("log",)

    def __init__(self, content: dict[int, Object] | None = None, log: list[int] | None = None) -> None:
        super().__init__(() if content is None else content)
        self.log: list[int] = [] if log is None else log

    def __setitem__(self, ref: int, object_: Object) -> None:
        self.log.append(ref)
        super().__setitem__(ref, object_)


@dataclass(slots=True)
class State:
    """One path's view: local names by frame, heap, condition, grad mode (None unknown), and whether it still runs.

    `raised` tells a path that ended in an exception from one that returned or jumped.
    """

    frames: dict[int, dict[str, Value]]
    heap: Heap
    condition: Condition = ()
    grad: bool | None = True
    alive: bool = True
    raised: bool = False
    owned: set[int] = field(default_factory=set)

    def fork(self) -> State:
        """An independent copy."""
        self.owned.clear()
        heap = Heap(self.heap, self.heap.log)
        return State(dict(self.frames), heap, self.condition, self.grad, self.alive, self.raised)

    def ended(self) -> State:
        """What is left on a path once it has returned or jumped and its state waits elsewhere: nothing runs in it."""
        return State({}, Heap(None, self.heap.log), self.condition, self.grad, False)

    def names(self, number: int) -> dict[str, Value]:
        """The names of a frame, for writing: forks share a frame's names until one of them writes."""
        names = self.frames.get(number)
        if names is None:
            names = self.frames[number] = {}
        elif number not in self.owned:
            names = self.frames[number] = dict(names)
        self.owned.add(number)
        return names


def negate(test: Test) -> Test:
    """The opposite literal."""
    return Test(test.key, not test.positive, test.text, test.guard)


def contradicts(a: Test, b: Test) -> bool:
    """Whether no value satisfies both literals."""
    one, two = a.key, b.key
    if one == two:
        return a.positive != b.positive
    if one[0] == "?" or two[0] == "?":
        return False
    subject = one.find("\0") + 1
    if not two.startswith(one[:subject]):
        return False
    return _implied_false(a, b, subject) or _implied_false(b, a, subject)


def _implied_false(a: Test, b: Test, subject: int) -> bool:
    """Whether `a` rules `b` out, for the few forms whose keys are built by `tests.literal`.

    Both keys begin with the same `subject` characters, which name what they test.
    """
    if not a.positive:
        return False
    relation, wanted = a.key[subject:], b.key[subject:]
    if relation == "is None":
        if wanted == "true":
            return b.positive
        return b.positive and wanted.startswith(("== ", "isinstance "))
    if relation == "true":
        return b.positive and wanted in ("== 0", "== ''", "== False", "== 0.0")
    if relation.startswith("== ") and wanted.startswith("== "):
        return b.positive
    if relation.startswith("== ") and wanted == "true":
        falsy = relation in ("== 0", "== ''", "== False", "== 0.0")
        return b.positive == falsy
    return relation.startswith("isinstance ") and wanted == "is None" and b.positive


def essential(condition: Condition) -> Condition:
    """The literals that no other one of them implies: that it is `'b'` says that it is neither `'a'` nor None.

    What a survived `raise` leaves as the only case stands for those that it implies, and is a condition as they are.
    """
    # Only literals about one and the same thing can imply each other; of what is not known ("?") nothing is.
    subjects = [test.key.partition("\0")[0] for test in condition if test.key[0] != "?"]
    if len(set(subjects)) == len(subjects):
        return condition
    kept: list[Test] = []
    speaking: set[Test] = set()
    for test in condition:
        about = test.key.partition("\0")[0]
        others = [t for t in condition if t.key != test.key and t.key.partition("\0")[0] == about and t.key[0] != "?"]
        known = [each for each in others if contradicts(each, negate(test))]
        if not known:
            kept.append(test)
        elif not test.guard:
            speaking.update(known)
    return tuple(replace(test, guard=False) if test in speaking else test for test in kept)


def consistent(condition: Condition, other: Condition) -> bool:
    """Whether both conjunctions can hold together."""
    for a in condition:
        for b in other:
            if contradicts(a, b):
                return False
    return True


def conjoin(condition: Condition, extra: Condition) -> Condition | None:
    """Both conjunctions in one, None if it is contradictory or too long."""
    if not extra:
        return condition if len(condition) <= MAX_LITERALS else None
    result = list(condition)
    for test in extra:
        for known in result:
            if known is test or known == test:
                break
            if contradicts(test, known):
                return None
        else:
            result.append(test)
    return tuple(result) if len(result) <= MAX_LITERALS else None


def select(value: Value, condition: Condition) -> Value:
    """What is left of `value` under `condition`."""
    if type(value) is not Join:
        return value
    kept = tuple((when, option) for when, option in value.options if consistent(when, condition))
    if len(kept) == 1:
        return kept[0][1]
    if not kept:
        return Unknown("no path")
    if len(kept) == len(value.options):
        return value
    return Join(kept)


def options(value: Value) -> tuple[tuple[Condition, Value], ...]:
    """The value as a list of conditions and values that are no Joins."""
    return value.options if type(value) is Join else (((), value),)


Merge: TypeAlias = Callable[[tuple[tuple[Condition, Tensor], ...]], Value]


def join_values(a: Value, when_a: Condition, b: Value, when_b: Condition, merge: Merge) -> Value:
    """One value for two paths that meet; tensors become one tensor through `merge` (a phi event)."""
    if a is b or a == b:
        return a
    if type(a) is Tensor and type(b) is Tensor:
        return merge(((when_a, a), (when_b, b)))
    if type(a) is Tuple and type(b) is Tuple and len(a.items) == len(b.items):
        pairs = zip(a.items, b.items, strict=True)
        return Tuple(tuple(join_values(x, when_a, y, when_b, merge) for x, y in pairs))
    found: list[tuple[Condition, Value]] = []
    for value, when in ((a, when_a), (b, when_b)):
        for inner, option in options(value):
            both = conjoin(when, inner)
            if both is None:
                if consistent(when, inner):
                    return Unknown("conditions too long")
                continue
            found.append((both, option))
    return make_join(found, merge)


def make_join(found: list[tuple[Condition, Value]], merge: Merge) -> Value:
    """A Join of the options, with equal values put together and tensors merged. What is unknown is one option."""
    grouped: list[tuple[Condition, Value]] = []
    tensors: list[tuple[Condition, Tensor]] = []
    unknown: tuple[Condition, Unknown] | None = None
    for when, option in found:
        if type(option) is Unknown:
            unknown = (when, option) if unknown is None else _both_unknown(unknown, (when, option))
            continue
        if type(option) is Tensor:
            tensors.append((when, option))
            continue
        for index, (known, other) in enumerate(grouped):
            # What is missing keeps its exact paths, since claims rest on them; of a value it is enough when it may be.
            if other == option and (type(option) is not Unset or known == when):
                grouped[index] = (common(known, when), option)
                break
        else:
            grouped.append((when, option))
    if tensors:
        if len(tensors) == 1 or all(tensor == tensors[0][1] for _, tensor in tensors):
            merged: Value = tensors[0][1]
        else:
            merged = merge(tuple(tensors))
        shared = tensors[0][0]
        for when, _ in tensors[1:]:
            shared = common(shared, when)
        grouped.append((shared, merged))
    if unknown is not None:
        grouped.append(unknown)
    if not grouped:
        return Unknown("no path")
    if len(grouped) == 1:
        return grouped[0][1]
    if not grouped:
        return Unknown("no path leads here")  # what is known of the paths excludes one another
    if len(grouped) > MAX_OPTIONS:
        return Unknown("too many alternatives")
    return Join(tuple(grouped))


def _both_unknown(a: tuple[Condition, Unknown], b: tuple[Condition, Unknown]) -> tuple[Condition, Unknown]:
    return common(a[0], b[0]), b[1] if a[1].number and not b[1].number else a[1]


def common(a: Condition, b: Condition) -> Condition:
    """The literals that hold in both."""
    return tuple(test for test in a if test in b)


def split(a: Condition, b: Condition) -> tuple[Condition, Condition, Condition]:
    """The common prefix of two conditions, and what each adds to it."""
    length = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        length += 1
    return a[:length], a[length:], b[length:]


def join_states(a: State, b: State, merge: Merge, since: int = 0) -> State:
    """The state after two paths have met; they were one when the heap's log was `since` long.

    Objects that only a path that has ended knows are kept: the trace speaks of them.
    """
    if not a.alive or not b.alive:
        lives, ended = (b, a) if not a.alive else (a, b)
        for ref in ended.heap.log[since:] if ended.heap else ():
            if ref not in lives.heap and ref in ended.heap:
                lives.heap[ref] = ended.heap[ref]
        return lives
    shared, when_a, when_b = split(a.condition, b.condition)

    def join(x: Value, y: Value) -> Value:
        return join_values(x, when_a, y, when_b, merge)

    heap = b.heap  # in place: `merge` allocates there while objects are joined
    written = sorted(ref for ref in set(heap.log[since:]) if ref in a.heap)
    for ref in written:
        if ref not in heap:
            heap[ref] = a.heap[ref]
    frames: dict[int, dict[str, Value]] = {}
    for number, names in a.frames.items():
        other = b.frames.get(number)
        if other is None:
            frames[number] = names
            continue
        if names is not other and number < 0:
            # module-level names are evaluated at their first use: where one path lacks a name, it had no use for it
            names, other = {**other, **names}, {**names, **other}
        frames[number] = names if names is other else _join_maps(names, other, join)
    for number, names in b.frames.items():
        if number not in frames:
            frames[number] = names
    for ref in written:
        object_, theirs = a.heap[ref], heap[ref]
        if theirs is not object_:
            heap[ref] = join_objects(object_, theirs, join, when_a, when_b)
    return State(frames, heap, shared, a.grad if a.grad == b.grad else None)


def _join_maps(a: dict[str, Value], b: dict[str, Value], join: Callable[[Value, Value], Value]) -> dict[str, Value]:
    result: dict[str, Value] = {}
    for name, value in a.items():
        other = b.get(name, UNSET)
        result[name] = value if other is value else join(value, other)
    for name, value in b.items():
        if name not in a:
            result[name] = join(UNSET, value)
    return result


def _join_args(a: dict[str, Value], b: dict[str, Value], join: Callable[[Value, Value], Value]) -> dict[str, Value]:
    """A layer's arguments after two paths. Marks, which are constants, say what may have happened: one path is enough.
    What certainly happened has to have happened on both.
    """
    marks = {key: value for key, value in (*a.items(), *b.items()) if isinstance(value, Constant)}
    both = {key: value if value == b[key] else join(value, b[key]) for key, value in a.items() if key in b}
    return {**marks, **both}


def join_objects(
    a: Object, b: Object, join: Callable[[Value, Value], Value], when_a: Condition, when_b: Condition
) -> Object:
    """One heap object for two versions of it."""
    if isinstance(a, ModuleObject) and isinstance(b, ModuleObject):
        return replace(
            a,
            args=a.args if a.args == b.args else _join_args(a.args, b.args, join),
            attrs=_join_maps(a.attrs, b.attrs, join),
            children=_join_children(a.children, b.children, join),
            open=a.open or b.open,
            ready=a.ready if a.ready == b.ready else None,
            element=_join_elements(a, b),
        )
    if isinstance(a, InstanceObject) and isinstance(b, InstanceObject):
        return replace(a, attrs=_join_maps(a.attrs, b.attrs, join), open=a.open or b.open)
    if isinstance(a, ListObject) and isinstance(b, ListObject):
        if len(a.items) == len(b.items):
            items = tuple(join(x, y) for x, y in zip(a.items, b.items, strict=True))
            return replace(a, items=items, complete=a.complete and b.complete, alike=a.alike and b.alike)
        alike = (a.complete or a.alike) and (b.complete or b.alike)
        longer, shorter = (a, b) if len(a.items) > len(b.items) else (b, a)
        if longer.items[: len(shorter.items)] == shorter.items:
            return replace(longer, complete=False, alike=alike)
        return ListObject(tuple(dict.fromkeys((*a.items, *b.items))) if alike else (), False, a.kind, alike)
    if isinstance(a, DictObject) and isinstance(b, DictObject):
        both = {key: join(value, b.items[key]) for key, value in a.items.items() if key in b.items}
        for key, value in (*a.items.items(), *b.items.items()):
            if key not in both:  # nothing can ask for it; it tells what may stand in the dict
                both[key if type(key) is Unknown else Unknown(f"maybe {key!r}")] = value
        return DictObject(both, a.complete and b.complete and a.items.keys() == b.items.keys())
    if isinstance(a, StorageObject) and isinstance(b, StorageObject):
        saved = list(a.saved) if a.saved == b.saved else _join_saved(a, b, when_a, when_b)
        newer = {}
        ours, theirs = dict(a.newer), dict(b.newer)
        for old in (*ours, *(tensor for tensor in theirs if tensor not in ours)):
            # Where only one path wrote, the other still has the old value.
            joined = join(ours.get(old, old), theirs.get(old, old))
            newer[old] = joined if isinstance(joined, Tensor) else ours.get(old, theirs.get(old, old))
        return StorageObject(max(a.version, b.version), max(a.writer, b.writer), tuple(saved), tuple(newer.items()))
    raise AssertionError("a heap object changed its kind")


def _join_elements(a: ModuleObject, b: ModuleObject) -> Value | None:
    """What every item looks like: of an empty container anything can be said."""
    if a.element == b.element or b.children == ():
        return a.element
    return b.element if a.children == () else None


def _join_saved(a: StorageObject, b: StorageObject, when_a: Condition, when_b: Condition) -> list[Saved]:
    result = [entry for entry in a.saved if entry in b.saved]
    for own, other, when in ((a, b, when_a), (b, a, when_b)):
        for entry in own.saved:
            if entry not in other.saved:
                both = conjoin(when, entry.condition)
                if both is not None:
                    result.append(replace(entry, condition=both))
    return result


def _join_children(
    a: tuple[tuple[str, Value], ...] | None,
    b: tuple[tuple[str, Value], ...] | None,
    join: Callable[[Value, Value], Value],
) -> tuple[tuple[str, Value], ...] | None:
    if a == b:
        return a
    if a is None or b is None or len(a) != len(b) or any(x[0] != y[0] for x, y in zip(a, b, strict=True)):
        return None
    return tuple((x[0], join(x[1], y[1])) for x, y in zip(a, b, strict=True))
