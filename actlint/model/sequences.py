"""What iterating over a value gives."""

from __future__ import annotations

import re

from actlint.model import classes
from actlint.model.conditions import CASE
from actlint.model.machine import Machine
from actlint.model.state import MAX_OPTIONS, DictObject, InstanceObject, ListObject, ModuleObject, make_join
from actlint.model.values import (
    NONE,
    Class,
    Constant,
    DictRef,
    External,
    Instance,
    Iterator,
    Join,
    ListRef,
    Module,
    Test,
    Tuple,
    Unknown,
    Unset,
    Value,
)

_PADDING = re.compile(r"\d{4}|%[^%a-zA-Z]*\*|\{[^{}]*\{")

LONGEST = 2_000
"""Characters of a text and elements of a sequence that are followed; what doubles in a loop stops growing here."""


NAMED_TUPLE = External("collections.namedtuple()")
"""The class of what a call of a named tuple gives."""


CONTENT = "{}"
"""Under what name an object of a class that derives from `dict` has its entries: no attribute can be called that. None
stands there for one that derives from `UserDict`, which has them as its `data`.
"""


def content(m: Machine, value: Value) -> DictRef | None:
    """The dict that an object is, if its class derives from `dict`, or has, if from `UserDict`."""
    found = m.state.heap.get(value.ref) if isinstance(value, Instance) else None
    if not isinstance(found, InstanceObject):
        return None
    entries = found.attrs.get(CONTENT)
    if entries == NONE:
        entries = found.attrs.get("data")
    return entries if isinstance(entries, DictRef) else None


def elements(m: Machine, value: Value) -> tuple[Value, ...] | None:
    """All elements in order, None where they are not all known, or too many."""
    items = _elements(m, value)
    return items if items is None or len(items) <= LONGEST else None


def _elements(m: Machine, value: Value) -> tuple[Value, ...] | None:
    match value:
        case Tuple(items=items):
            return items
        case ListRef(ref=ref):
            found = m.state.heap[ref]
            assert isinstance(found, ListObject)
            return found.items if found.complete else None
        case DictRef(ref=ref):
            entries = m.state.heap[ref]
            assert isinstance(entries, DictObject)
            if not entries.complete:
                return None
            return tuple(key if isinstance(key, (External, Class)) else Constant(key) for key in entries.items)
        case Constant(value=str(text)):
            return tuple(Constant(character) for character in text) if len(text) <= LONGEST else None
        case Module(ref=ref):
            module = m.state.heap[ref]
            assert isinstance(module, ModuleObject)
            if module.children is None or module.open:
                return None
            return tuple(child for _, child in module.children)
        case Instance(ref=ref):
            instance = m.state.heap[ref]
            named = isinstance(instance, InstanceObject) and _is_named_tuple(m, instance)
            entries_of = content(m, value)
            if entries_of is not None:
                return _elements(m, entries_of)
            return tuple(instance.attrs.values()) if isinstance(instance, InstanceObject) and named else None
        case _:
            return None


def _is_named_tuple(m: Machine, instance: InstanceObject) -> bool:
    """Whether an object is a tuple whose items have names, all of which are known."""
    return instance.cls == NAMED_TUPLE or (not instance.open and classes.is_named_tuple(m, instance.cls))


def text_value(text: str | bytes) -> Value:
    """A computed text, Unknown where it is too long to be of use."""
    return Constant(text) if len(text) <= LONGEST else Unknown("long text")


def pads(template: str) -> bool:
    """Whether a format may pad to thousands of characters, or takes a width from its arguments."""
    return _PADDING.search(template) is not None


def length(m: Machine, value: Value) -> int | None:
    """`len(value)` where it is known."""
    items = elements(m, value)
    return None if items is None else len(items)


def element(m: Machine, value: Value) -> Value:
    """One element that stands for all, Unknown where it is not known what there is to choose from."""
    match value:
        case Iterator(element=inner):
            return inner
        case Unknown():
            return value
        case Join(options=options):
            found_in = [(when, element(m, option)) for when, option in options if not _ends(option)]
            return make_join(found_in, m.merge) if found_in else Unknown("element of an unknown iterable")
        case _:
            found = choices(m, value)
            if found:
                return one_of(m, found)
            return Unknown(f"element of {_NAMES.get(type(value), 'an unknown iterable')}")


def _ends(value: Value) -> bool:
    """Whether to iterate over the value raises, so that no path goes on."""
    return isinstance(value, Unset) or (isinstance(value, Constant) and not isinstance(value.value, (str, bytes)))


_NAMES: dict[type, str] = {ListRef: "a list", DictRef: "a dict", Module: "an unknown container"}


def choices(m: Machine, value: Value) -> tuple[Value, ...]:
    """What each element of a sequence is one of, however many there are; nothing where there may be others."""
    match value:
        case Iterator(element=inner):
            return () if isinstance(inner, Unknown) else (inner,)
        case ListRef(ref=ref):
            found = m.state.heap[ref]
            assert isinstance(found, ListObject)
            return found.items if found.complete or found.alike or len(set(found.items)) == 1 else ()
        case Module(ref=ref):
            module = m.state.heap[ref]
            assert isinstance(module, ModuleObject)
            if module.children is not None:
                return tuple(child for _, child in module.children) if not module.open else ()
            return () if module.element is None else (module.element,)
        case _:
            return elements(m, value) or ()


def one_of_many(m: Machine, values: tuple[Value, ...], other: Value) -> Value:
    """One of any number of values. Of more than can be told apart the first stands for itself, `other` for the rest."""
    distinct = tuple(dict.fromkeys(values))
    return one_of(m, distinct if len(distinct) <= MAX_OPTIONS else (distinct[0], other))


def one_of(m: Machine, values: tuple[Value, ...]) -> Value:
    """A value that is one of several, of which nobody knows which it is."""
    distinct = list(dict.fromkeys(values))
    if len(distinct) == 1:
        return distinct[0]
    number = m.number()
    tests = (Test(f"{CASE}{number}.{index}", True, "it is this one of several") for index in range(len(distinct)))
    return make_join([((test,), value) for test, value in zip(tests, distinct, strict=True)], m.merge)
