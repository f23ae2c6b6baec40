"""What one run has made, as another run would have made it: with its own numbers, events, places and arguments."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from actlint.facts import Site
from actlint.model.events import (
    Argument,
    Call,
    Escape,
    Event,
    Hazard,
    LoopEdge,
    Merge,
    Read,
    Return,
    Stale,
    Store,
    Where,
    Write,
)
from actlint.model.state import (
    DictObject,
    InstanceObject,
    ListObject,
    ModuleObject,
    Object,
    Saved,
    StorageObject,
)
from actlint.model.values import (
    Class,
    Computed,
    Condition,
    Constant,
    DictRef,
    External,
    ForeignMethod,
    Function,
    Instance,
    Iterator,
    Join,
    ListRef,
    Method,
    Module,
    ModuleFile,
    Partial,
    Super,
    Symbol,
    Tensor,
    Test,
    Tuple,
    Unknown,
    Unset,
    Value,
)
from actlint.model.watched import Watched

_NUMBER = re.compile(r"(?<=[#:])\d+")


class Foreign(Exception):
    """Something does not belong to the run."""


@dataclass(slots=True)
class Shift:
    """From a run whose numbers are those after `first` up to `last` to one in which they come after `base`.

    Its events come after `events` others, its functions run `depth` deeper. `given` are the objects among its arguments
    and what they are, `actual` the numbers that stand for those it was given. What happened at `place` happens at `at`,
    inlined through `stack`, under `condition` where it was `entry`, and in a loop if `loop` is set.
    """

    first: int
    last: int
    base: int
    events: int
    depth: int
    given: dict[int, int]
    actual: list[Constant]
    place: Site
    at: Site
    stack: tuple[Site, ...]
    entry: Condition
    condition: Condition
    loop: bool
    stacks: dict[int, tuple[Site, ...]] = field(default_factory=dict)
    conditions: dict[int, Condition] = field(default_factory=dict)
    tests: dict[int, Test] = field(default_factory=dict)

    # ---------------------------------------------------------------------------------------------------------- numbers

    def number(self, number: int) -> int:
        """The number of an object, a tensor or a frame. What is of no run keeps its number."""
        return number - self.first + self.base if self.first < number <= self.last else self.given.get(number, number)

    def event(self, index: int) -> int:
        """The place of an event; those before the first are none."""
        return index + self.events if index >= 0 else index

    def key(self, key: str) -> str:
        """The key of a literal or a Symbol, with the numbers in it."""
        return _NUMBER.sub(lambda found: str(self.number(int(found[0]))), key) if "#" in key or key[:1] == "?" else key

    # ----------------------------------------------------------------------------------------------------------- values

    def value(self, value: Value) -> Value:
        """A value."""
        change = _VALUES[type(value)]
        return value if change is None else change(self, value)

    def values(self, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """Several values."""
        return tuple([self.value(value) for value in values])

    def named(self, values: dict[Any, Value]) -> dict[Any, Value]:
        """Values by name."""
        return {self.plain(name): self.value(value) for name, value in values.items()}

    def plain(self, key: object) -> object:
        """A key of a dict."""
        return key.ask() if type(key) is Watched else key

    def tensor(self, tensor: Tensor) -> Tensor:
        """A tensor."""
        number, root, event = self.number(tensor.number), self.number(tensor.root), self.event(tensor.event)
        return Tensor(number, event, root, tensor.alias, tensor.needs_grad, tensor.leaf, tensor.owner)

    def test(self, test: Test) -> Test:
        """A literal."""
        found = self.tests.get(id(test))
        if found is None:
            key = self.key(test.key)
            found = test if key == test.key else Test(key, test.positive, test.text, test.guard)
            self.tests[id(test)] = found
        return found

    def within(self, condition: Condition) -> Condition:
        """A condition that holds besides that of a path."""
        return tuple([self.test(test) for test in condition]) if condition else condition

    def path(self, condition: Condition) -> Condition:
        """The condition of a path.

        Raises:
            Foreign: it does not begin with that in which the run began.
        """
        found = self.conditions.get(id(condition))
        if found is None:
            length = len(self.entry)
            if condition[:length] != self.entry:
                raise Foreign
            found = self.conditions[id(condition)] = (*self.condition, *self.within(condition[length:]))
        return found

    # ----------------------------------------------------------------------------------------------------------- events

    def where(self, where: Where) -> Where:
        """What an event carries."""
        stack = self.stacks.get(id(where.stack))
        if stack is None:
            stack = self.stacks[id(where.stack)] = (*self.stack, *(self.site(each) for each in where.stack))
        condition = self.path(where.condition)
        return Where(self.site(where.site), stack, condition, where.grad, where.loop or self.loop)

    def site(self, site: Site) -> Site:
        """A place."""
        return self.at if site == self.place else site

    def happened(self, event: Event) -> Event:
        """An event."""
        return _EVENTS[type(event)](self, event)

    # ---------------------------------------------------------------------------------------------------------- objects

    def object(self, object_: Object) -> Object:
        """An object of the heap."""
        match object_:
            case ModuleObject(cls=cls, site=site, args=args, attrs=attrs, children=children):
                inside = None if children is None else tuple([(name, self.value(child)) for name, child in children])
                element = None if object_.element is None else self.value(object_.element)
                own = self.value(cls)
                assert isinstance(own, (External, Class))
                return ModuleObject(
                    own,
                    self.site(site),
                    self.named(args),
                    self.named(attrs),
                    inside,
                    object_.open,
                    object_.ready,
                    element,
                )
            case InstanceObject(cls=cls, site=site, args=args, attrs=attrs, open=reason):
                own = self.value(cls)
                assert isinstance(own, (External, Class))
                return InstanceObject(own, self.site(site), self.named(args), self.named(attrs), reason)
            case ListObject(items=items):
                return ListObject(self.values(items), object_.complete, object_.kind, object_.alike)
            case DictObject(items=entries):
                return DictObject(self.named(entries), object_.complete)
            case StorageObject(version=version, writer=writer, saved=saved, newer=newer):
                kept = tuple(
                    [Saved(self.event(s.event), self.number(s.tensor), s.role, self.path(s.condition)) for s in saved]
                )
                became = tuple([(self.tensor(old), self.tensor(new)) for old, new in newer])
                return StorageObject(version, self.event(writer), kept, became)


# --------------------------------------------------------------------------------------------------------------- values


def _constant(s: Shift, value: Constant) -> Value:
    return s.actual[value.value.slot] if type(value.value) is Watched else value


def _symbol(s: Shift, value: Symbol) -> Value:
    key = s.key(value.key)
    return value if key is value.key else Symbol(key, value.label, value.role)


def _class(s: Shift, value: Class) -> Value:
    return Class(value.site, s.number(value.frame)) if value.frame else value


def _function(s: Shift, value: Function) -> Function:
    if not value.frame and (value.owner is None or not value.owner.frame):
        return value
    owner = None if value.owner is None else Class(value.owner.site, s.number(value.owner.frame))
    return Function(value.site, value.code, s.number(value.frame), owner)


def _join(s: Shift, value: Join) -> Value:
    return Join(tuple([(s.within(when), s.value(option)) for when, option in value.options]))


def _partial(s: Shift, value: Partial) -> Value:
    keywords = tuple([(name, s.value(item)) for name, item in value.keywords])
    return Partial(s.value(value.function), s.values(value.args), keywords)


_VALUES: dict[type, Callable[[Shift, Any], Value] | None] = {
    Unknown: None,
    Unset: None,
    External: None,
    ModuleFile: None,
    Constant: _constant,
    Symbol: _symbol,
    Tensor: lambda s, v: s.tensor(v),
    Module: lambda s, v: Module(s.number(v.ref)),
    Instance: lambda s, v: Instance(s.number(v.ref)),
    ListRef: lambda s, v: ListRef(s.number(v.ref)),
    DictRef: lambda s, v: DictRef(s.number(v.ref)),
    Tuple: lambda s, v: Tuple(s.values(v.items)),
    Iterator: lambda s, v: Iterator(s.value(v.element)),
    Class: _class,
    Function: _function,
    Method: lambda s, v: Method(s.value(v.receiver), _function(s, v.function)),
    ForeignMethod: lambda s, v: ForeignMethod(s.value(v.receiver), v.name),
    Partial: _partial,
    Super: lambda s, v: Super(Class(v.owner.site, s.number(v.owner.frame)), s.value(v.receiver)),
    Computed: lambda s, v: Computed(v.op, s.values(v.operands), v.weight),
    Join: _join,
}


# --------------------------------------------------------------------------------------------------------------- events


def _call(s: Shift, e: Call) -> Event:
    return Call(
        s.where(e.where),
        s.value(e.callee),
        e.op,
        None if e.module is None else Module(s.number(e.module.ref)),
        tuple([(name, s.value(value)) for name, value in e.args]),
        s.value(e.result),
        e.inplace,
        e.discarded,
        None if e.layer is None else s.object(e.layer),  # type: ignore[arg-type]
    )


def _merge(s: Shift, e: Merge) -> Event:
    options = tuple([(s.within(when), s.tensor(tensor)) for when, tensor in e.options])
    return Merge(s.where(e.where), options, s.tensor(e.result))


def _write(s: Shift, e: Write) -> Event:
    hazards = tuple([Hazard(h.kind, s.event(h.event), h.role, s.within(h.condition)) for h in e.hazards])
    own = s.within(e.effective)
    return Write(s.where(e.where), s.event(e.call), s.tensor(e.tensor), s.tensor(e.result), hazards, e.holders, own)


def _argument(s: Shift, e: Argument) -> Event:
    return Argument(s.where(e.where), e.label, s.tensor(e.result), None if e.origin is None else s.tensor(e.origin))


_EVENTS: dict[type, Callable[[Shift, Any], Event]] = {
    Call: _call,
    Merge: _merge,
    Argument: _argument,
    Read: lambda s, e: Read(s.where(e.where), s.value(e.receiver), e.name, s.value(e.value)),
    Store: lambda s, e: Store(s.where(e.where), e.kind, s.value(e.receiver), e.name, s.value(e.value), e.ready),
    Write: _write,
    Stale: lambda s, e: Stale(s.where(e.where), e.holder, s.tensor(e.old), s.tensor(e.new)),
    Return: lambda s, e: Return(s.where(e.where), _function(s, e.function), e.depth + s.depth, s.value(e.value)),
    Escape: lambda s, e: replace(e, where=s.where(e.where), values=s.values(e.values)),
    LoopEdge: lambda s, e: LoopEdge(s.where(e.where), s.values(e.values)),
}
