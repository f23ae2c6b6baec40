"""Who else holds a storage at the moment it is overwritten: names, attributes, items, code that is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actlint.model.events import Call, Escape
from actlint.model.machine import Machine
from actlint.model.state import DictObject, InstanceObject, ListObject, ModuleObject
from actlint.model.values import Iterator as IteratorValue
from actlint.model.values import Join, Partial, Tensor, Tuple, Value


def holders(m: Machine, root: int) -> tuple[str, ...]:
    """The places that hold a tensor of storage `root`, as `events.Write` spells them."""
    found: dict[str, None] = {}
    for number, names in m.state.frames.items():
        running = number == m.frame.number
        for name, value in names.items():
            if _holds(value, root):
                found[name if running else f"{name} of a caller"] = None
    for place in _in_heap(m, root):
        found[place] = None
    if any(tensor.root == root for tensor in m.symbols.values()):
        found["the caller"] = None
    for event in m.trace.events:
        match event:
            case Escape(values=values):
                reached = values
            case Call(op=None, module=None, args=args):
                reached = tuple(value for _, value in args)
            case _:
                continue
        if any(_holds(value, root) for value in reached):
            found["code that is not known"] = None
    return tuple(found)


def _in_heap(m: Machine, root: int) -> Iterator[str]:
    for found in m.state.heap.values():
        match found:
            case ModuleObject(attrs=attrs) | InstanceObject(attrs=attrs):
                yield from (f".{name}" for name, value in attrs.items() if _holds(value, root))
            case ListObject(items=items) if _any_holds(items, root):
                yield "an item of a list"
            case DictObject(items=entries) if _any_holds(entries.values(), root):
                yield "an entry of a dict"
            case _:
                pass


def _any_holds(values: Iterable[Value], root: int) -> bool:
    return any(_holds(value, root) for value in values)


def _holds(value: Value, root: int) -> bool:
    match value:
        case Tensor():
            return value.root == root
        case Tuple(items=items):
            return _any_holds(items, root)
        case Join(options=options):
            return any(_holds(option, root) for _, option in options)
        case IteratorValue(element=element):
            return _holds(element, root)
        case Partial(args=args, keywords=keywords):
            return _any_holds(args, root) or any(_holds(item, root) for _, item in keywords)
        case _:
            return False
