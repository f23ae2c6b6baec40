"""Reads of tensors through names, attributes and items that have held them since before they were overwritten."""

from __future__ import annotations

from collections.abc import Iterable

from actlint.facts import Name, Site
from actlint.model import data_classes, expressions
from actlint.model.events import Stale
from actlint.model.machine import Machine
from actlint.model.state import DictObject, InstanceObject, ListObject, select
from actlint.model.values import Class, Condition, DictRef, Instance, Join, ListRef, Symbol, Tensor, Tuple, Value


def name(m: Machine, node: Name, value: Value) -> Value:
    """A name of the running frame is read, and has `value`. What it denotes by now: an argument that was overwritten is
    told from what it was.
    """
    stored = expressions.stored(m, node.id)
    if isinstance(value, Join):
        return _by_path(m, node, value)
    held = _held(m, select(stored, m.state.condition)) if stored is not None else None
    if held is None or not read(m, m.site(node.ordinal), node.id, held):
        return value
    return m.current(held)


def _by_path(m: Machine, node: Name, value: Join) -> Join:
    """As a name that has one of several values, of which one was overwritten."""
    found: list[tuple[Condition, Value]] = []
    changed = False
    for when, option in value.options:
        if isinstance(option, Tensor) and read(m, m.site(node.ordinal), node.id, option):
            option, changed = m.current(option), True
        found.append((when, option))
    return Join(tuple(found)) if changed else value


def read(m: Machine, site: Site, holder: str, held: Tensor) -> bool:
    """A place that was given `held` is read; nothing is recorded unless that was overwritten in this run."""
    if held.number <= m.made:
        return False
    now = m.current(held)
    if now.number != held.number:
        m.record(Stale(m.where(site), holder, held, now))
    return now.number != held.number


def _held(m: Machine, value: Value) -> Tensor | None:
    if isinstance(value, Symbol) and value.role == "argument":
        known = m.symbols.get(value.key)
        return known if known is not None and known.root in m.state.heap else None
    return value if isinstance(value, Tensor) else None


def operand(m: Machine, value: Value, site: Site) -> None:
    """What goes into an operation: a tensor that was evaluated before the write, or items of a container."""
    held = _held(m, value)
    if held is not None:
        read(m, site, "", held)
    else:
        inside(m, value, site)


def partly(m: Machine, values: Iterable[Value], site: Site) -> None:
    """Sequences are gone through of which not all items are known, so that nobody reads these one by one."""
    for value in values if m.overwritten else ():
        if isinstance(value, ListRef):
            inside(m, value, site)


def inside(m: Machine, value: Value, site: Site, depth: int = 0) -> None:
    """The items of a container are read, those of containers in it too; so are the fields of a dataclass."""
    items: tuple[Value, ...] = ()
    match value:
        case Tuple(items=inner):
            items = inner
        case ListRef(ref=ref) if isinstance(found := m.state.heap.get(ref), ListObject):
            items = found.items
        case DictRef(ref=ref) if isinstance(entries := m.state.heap.get(ref), DictObject):
            items = tuple(entries.items.values())
        case Instance(ref=ref) if isinstance(made := m.state.heap.get(ref), InstanceObject):
            if isinstance(made.cls, Class) and data_classes.has_fields(m, made.cls):
                items = tuple(made.attrs.values())
        case _:
            pass
    for item in items:
        held = _held(m, item)
        if held is not None:
            read(m, site, "", held)
        elif depth < 3:
            inside(m, item, site, depth + 1)
