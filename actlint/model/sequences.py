"""What iterating over a value gives."""

from __future__ import annotations

import re

from actlint.model.machine import Machine
from actlint.model.state import DictObject, ListObject, ModuleObject
from actlint.model.values import Class, Constant, DictRef, External, Iterator, ListRef, Module, Tuple, Unknown, Value

_PADDING = re.compile(r"\d{4}|%[^%a-zA-Z]*\*|\{[^{}]*\{")

LONGEST = 2_000
"""Characters of a text and elements of a sequence that are followed; what doubles in a loop stops growing here."""


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
        case _:
            return None


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
    """One element that stands for all, Unknown where they differ or are not known."""
    match value:
        case Iterator(element=inner):
            return inner
        case ListRef(ref=ref):
            found = m.state.heap[ref]
            assert isinstance(found, ListObject)
            return found.items[0] if len(set(found.items)) == 1 else Unknown("element of a list")
        case Module(ref=ref):
            module = m.state.heap[ref]
            assert isinstance(module, ModuleObject)
            return module.element or Unknown("element of an unknown container")
        case _:
            return Unknown("element of an unknown iterable")
