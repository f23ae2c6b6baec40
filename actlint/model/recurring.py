"""Which calls are the same to `replay`: what tells one from another, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from actlint.facts import Site
from actlint.model import apart
from actlint.model.args import Args
from actlint.model.events import Event
from actlint.model.link import File
from actlint.model.machine import Machine
from actlint.model.state import DictObject, ListObject, Object
from actlint.model.values import (
    Class,
    Computed,
    Condition,
    Constant,
    DictRef,
    Function,
    Join,
    ListRef,
    Partial,
    Symbol,
    Tuple,
    Value,
)
from actlint.model.values import (
    Iterator as IteratorValue,
)
from actlint.model.watched import Watched, plain

_PLACE = -1
"""The ordinal of the place at which a call is worked out, which is none in the code."""

Callee: TypeAlias = "Class | Function"
Slot: TypeAlias = "int | str"
Key: TypeAlias = "tuple[object, ...]"


@dataclass(frozen=True, slots=True)
class Made:
    """What has come of a call: its value, the objects, events and closures that it made, and what holds once it has
    returned. `given` are the lists and dicts among its arguments, `own` says which objects are those it made itself,
    `layers` whether there is a module among them.
    """

    value: Value
    first: int
    last: int
    heap: tuple[tuple[int, Object], ...]
    events: tuple[Event, ...]
    frames: tuple[tuple[int, dict[str, Value], tuple[int, File, frozenset[str]]], ...]
    sizes: tuple[tuple[int, tuple[Value, ...]], ...]
    ranks: tuple[tuple[int, int], ...]
    overwritten: int
    given: tuple[int, ...]
    passed: Condition
    layers: bool

    def owns(self, ref: int) -> bool:
        """Whether it has made or been given an object, which otherwise is the program's."""
        return self.first < ref <= self.last or ref in self.given


@dataclass(slots=True)
class Kept:
    """What is known of the calls in one file's runs, and the steps that are `left` for working out more.

    `seen` are calls that have been made once, whatever numbers they were given. `made` is by callee, the arguments that
    are no numbers, and the numbers that count; which these are is in `counted`, by callee. `making` are the calls that
    are being worked out, outermost first; one that depends on which others are is in `passing`, by its place among
    them. What is `endless` has taken too long once.
    """

    left: int
    seen: set[Key] = field(default_factory=set)
    made: dict[Key, Made | None] = field(default_factory=dict)
    counted: dict[Key, list[frozenset[Slot]]] = field(default_factory=dict)
    making: list[Site] = field(default_factory=list)
    passing: set[int] = field(default_factory=set)
    endless: set[Site] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that may be repeated: the `numbers` among its arguments, and what else tells it from others (`key`).
    `entry` is what holds on the path before and may matter to it.
    """

    callee: Callee
    args: Args
    numbers: dict[Slot, Constant]
    entry: Condition
    key: Key

    @property
    def place(self) -> Site:
        """Where it is worked out."""
        return Site(self.callee.site.path, self.callee.site.chunk, _PLACE)


def slots(args: Args) -> Iterator[tuple[Slot, Value]]:
    yield from enumerate(args.positional)
    yield from args.keywords.items()


def ask(m: Machine, callee: Callee, args: Args) -> Asked:
    """The call as one that may be known.

    Raises:
        Bound: an argument belongs to the run.
    """
    numbers: dict[Slot, Constant] = {}
    parts: list[object] = [callee.site, m.state.grad, m.blurred > 0, m.constructing, args.complete, args.rest]
    refs: list[int] = []
    open_ = False
    for slot, value in slots(args):
        if type(value) is Constant:
            if type(value.value) in (int, Watched):
                numbers[slot] = value
                parts.append(slot)
            else:
                parts.append((slot, type(value.value), value.value))
            continue
        parts.append((slot, apart.key(m.state.heap, value)))
        for inner in within(m, value):
            if isinstance(inner, (ListRef, DictRef)):
                refs.append(inner.ref)
            elif isinstance(inner, (Symbol, Join, Computed)):
                open_ = True
    if len(set(refs)) < len(refs):
        parts.append(tuple([refs.index(ref) for ref in refs]))
    # What the path knows matters to what is asked of parameters; which of several imports was taken, to all.
    entry = tuple([t for t in m.state.condition if (open_ and t.key[0] != "?") or "#" in t.key])
    return Asked(callee, args, numbers, entry, (*parts, entry))


def within(m: Machine, value: Value) -> Iterator[Value]:
    """The value and the values in it, outermost first. Numbers in there count."""
    yield value
    for item in _items(m, value):
        if type(item) is Constant:
            plain(item.value)
        else:
            yield from within(m, item)


def _items(m: Machine, value: Value) -> Iterable[Value]:
    match value:
        case Tuple(items=items) | Computed(operands=items):
            return items
        case IteratorValue(element=element):
            return (element,)
        case Join(options=options):
            return [option for _, option in options]
        case Partial(function=function, args=first, keywords=keywords):
            return (function, *first, *[item for _, item in keywords])
        case ListRef(ref=ref):
            found = m.state.heap[ref]
            return found.items if isinstance(found, ListObject) else ()
        case DictRef(ref=ref):
            entries = m.state.heap[ref]
            return entries.items.values() if isinstance(entries, DictObject) else ()
        case _:
            return ()


def known(kept: Kept, asked: Asked) -> Made | bool | None:
    """What is known of a call, False where that is nothing."""
    for counted in kept.counted.get(asked.key, ()):
        found = kept.made.get(full_key(asked, counted), False)
        if found is not False:
            return found
    return False


def full_key(asked: Asked, counted: frozenset[Slot]) -> Key:
    """The key with the numbers that count."""
    return asked.key, *[(slot, plain(value.value)) for slot, value in asked.numbers.items() if slot in counted]
