"""Methods of lists, dicts and texts."""

from __future__ import annotations

from collections.abc import Callable

from actlint.facts import Site
from actlint.model import calls, stale
from actlint.model.args import Args
from actlint.model.events import Call as CallEvent
from actlint.model.machine import UNROLL, Machine
from actlint.model.sequences import choices, one_of, one_of_many, pads, text_value
from actlint.model.state import DictObject, ListObject
from actlint.model.values import (
    NONE,
    Class,
    Constant,
    DictRef,
    External,
    ForeignMethod,
    Iterator,
    ListRef,
    Tuple,
    Unknown,
    Value,
)


def list_method(m: Machine, receiver: ListRef, name: str, args: Args, site: Site) -> Value:
    found = m.state.heap[receiver.ref]
    assert isinstance(found, ListObject)
    first = args.positional[0] if args.positional else None
    known = found.complete and args.complete and not m.blurred
    items = found.items
    match name:
        case "append" | "add" if first is not None:
            if known and len(items) < 4 * UNROLL:
                m.state.heap[receiver.ref] = ListObject((*items, first), True, found.kind)
            else:
                alike = (found.complete or found.alike) and args.complete and len(items) <= UNROLL
                m.state.heap[receiver.ref] = ListObject((*items[:UNROLL], first), False, found.kind, alike)
            m.record(
                CallEvent(m.where(site), ForeignMethod(receiver, name), None, None, args.named(), NONE, False, True)
            )
            return NONE
        case "extend" if first is not None:
            calls.extend_list(m, receiver, first)
            return NONE
        case "insert" if (
            known and isinstance(first, Constant) and isinstance(first.value, int) and len(args.positional) == 2
        ):
            changed = list(items)
            changed.insert(first.value, args.positional[1])
            m.state.heap[receiver.ref] = ListObject(tuple(changed), True, found.kind)
            return NONE
        case "reverse" if known:
            m.state.heap[receiver.ref] = ListObject(items[::-1], True, found.kind)
            return NONE
        case "pop" if known and items:
            position = first.value if isinstance(first, Constant) else -1 if first is None else None
            if isinstance(position, int) and -len(items) <= position < len(items):
                changed = list(items)
                value = changed.pop(position)
                m.state.heap[receiver.ref] = ListObject(tuple(changed), True, found.kind)
                return value
        case "pop" if choices(m, receiver):
            stale.partly(m, (receiver,), site)
            m.state.heap[receiver.ref] = ListObject(items, False, found.kind, True)
            return one_of(m, items)
        case "insert" if choices(m, receiver) and args.complete and len(args.positional) == 2:
            m.state.heap[receiver.ref] = ListObject((*items, args.positional[1]), False, found.kind, True)
            return NONE
        case "sort" | "reverse":
            alike = found.complete or found.alike
            m.state.heap[receiver.ref] = ListObject(items, False, found.kind, alike)
            return NONE
        case "copy":
            return ListRef(m.allocate(found))
        case "clear":
            m.state.heap[receiver.ref] = ListObject((), True, found.kind)
            return NONE
        case "index" | "count" | "__len__" | "__contains__":
            return Unknown(f"list.{name}")
        case _:
            pass
    m.state.heap[receiver.ref] = ListObject((), False, found.kind)
    return Unknown(f"list.{name}")


def dict_method(m: Machine, receiver: DictRef, name: str, args: Args, site: Site) -> Value:
    entries = m.state.heap[receiver.ref]
    assert isinstance(entries, DictObject)
    key = args.positional[0] if args.positional else None
    items = entries.items
    match name:
        case "get" | "pop" | "setdefault":
            return _dict_lookup(m, receiver, entries, name, key, args)
        case "keys":
            return Tuple(_keys(items)) if entries.complete else Iterator(Unknown("key"))
        case "values":
            return Tuple(tuple(items.values())) if entries.complete else Iterator(_some(m, entries))
        case "items":
            if entries.complete:
                return Tuple(tuple(Tuple(pair) for pair in zip(_keys(items), items.values(), strict=True)))
            return _some_items(m, items)
        case "copy":
            return DictRef(m.allocate(entries))
        case "update":
            other = m.state.heap[key.ref] if isinstance(key, DictRef) else None
            merged = dict(items)
            known = entries.complete and args.complete and not m.blurred
            if isinstance(other, DictObject):
                merged.update(other.items)
                known = known and other.complete
            elif key is not None:
                known = False
            merged.update(args.keywords)
            m.state.heap[receiver.ref] = DictObject(merged if known else {}, known)
            return NONE
        case _:
            m.state.heap[receiver.ref] = DictObject(items, False)
            return Unknown(f"dict.{name}")


def _some(m: Machine, entries: DictObject) -> Value:
    """One of the values of a dict that has others too."""
    other = Unknown("value of a dict")
    return one_of_many(m, (*entries.items.values(), other), other)


def _some_items(m: Machine, items: dict[object, Value]) -> Value:
    """The entries of a dict that has others too."""
    known = [Tuple(pair) for pair in zip(_keys(items), items.values(), strict=True)]
    other = Tuple((Unknown("key"), Unknown("value of a dict")))
    return ListRef(m.allocate(ListObject((*known[:UNROLL], other), False, alike=True)))


def _keys(items: dict[object, Value]) -> tuple[Value, ...]:
    return tuple(key if isinstance(key, (External, Class, Unknown)) else Constant(key) for key in items)


def _dict_lookup(m: Machine, receiver: DictRef, entries: DictObject, name: str, key: Value | None, args: Args) -> Value:
    wanted: object = key.value if isinstance(key, Constant) else key
    known = isinstance(key, (Constant, External, Class))
    default = args.get(1, "default") or (NONE if name == "get" else None)
    if known and wanted in entries.items:
        value = entries.items[wanted]
        if name == "pop":
            rest = {k: v for k, v in entries.items.items() if k != wanted}
            m.state.heap[receiver.ref] = DictObject(rest, entries.complete and not m.blurred)
        return value
    if known and entries.complete:
        if name == "setdefault" and default is not None:
            m.state.heap[receiver.ref] = DictObject({**entries.items, wanted: default}, not m.blurred)
        return default if default is not None else Unknown("missing key")
    if name != "get":
        m.state.heap[receiver.ref] = DictObject(entries.items, False)
    elif not known and entries.complete and default is not None:
        return one_of_many(m, (*entries.items.values(), default), Unknown("entry of a dict"))
    return Unknown("entry of a dict")


_STRING: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "strip": str.strip,
    "title": str.title,
    "capitalize": str.capitalize,
}


def string_method(m: Machine, text: str, name: str, args: Args) -> Value:
    function = _STRING.get(name)
    if function is not None and not args.all():
        return Constant(function(text))
    constant = args.complete and all(isinstance(value, Constant) for value in args.all())
    if name == "format" and constant and not pads(text):
        positional = [value.value for value in args.positional if isinstance(value, Constant)]
        keywords = {key: value.value for key, value in args.keywords.items() if isinstance(value, Constant)}
        try:
            return text_value(text.format(*positional, **keywords))
        except (IndexError, KeyError, ValueError, AttributeError, TypeError):
            return Unknown("string formatting")
    if name == "replace" and constant and len(args.positional) == 2 and not args.keywords:
        old, new = (value.value for value in args.positional if isinstance(value, Constant))
        if isinstance(old, str) and isinstance(new, str) and len(new) <= len(old):
            return Constant(text.replace(old, new))
    if name in ("find", "rfind", "count") and constant and len(args.positional) == 1 and not args.keywords:
        sought = args.positional[0]
        if isinstance(sought, Constant) and isinstance(sought.value, str):
            places = {"find": text.find, "rfind": text.rfind, "count": text.count}
            return Constant(places[name](sought.value))
    if name in ("startswith", "endswith") and len(args.positional) == 1 and isinstance(args.positional[0], Constant):
        wanted = args.positional[0].value
        if isinstance(wanted, str):
            return Constant(text.startswith(wanted) if name == "startswith" else text.endswith(wanted))
    if name == "split" and all(isinstance(value, Constant) and isinstance(value.value, str) for value in args.all()):
        separator = args.get(0, "sep")
        wanted = separator.value if isinstance(separator, Constant) else None
        if len(args.all()) <= 1 and wanted != "" and (wanted is None or isinstance(wanted, str)):
            parts = text.split(wanted)
            return ListRef(m.allocate(ListObject(tuple(Constant(part) for part in parts))))
    return Unknown(f"str.{name}")
