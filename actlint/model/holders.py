"""Who else holds a storage at the moment it is overwritten: names, attributes, items, code that is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actlint.model.events import Call, Escape, Merge
from actlint.model.machine import Machine
from actlint.model.state import DictObject, InstanceObject, ListObject, ModuleObject
from actlint.model.values import Iterator as IteratorValue
from actlint.model.values import Join, Partial, Tensor, Tuple, Value


def holders(m: Machine, root: int) -> tuple[str, ...]:
    """The places that hold a tensor of storage `root`, as `events.Write` spells them."""
    roots = _related(m, root)
    found: dict[str, None] = {}
    for number, names in m.state.frames.items():
        running = number == m.frame.number
        for name, value in names.items():
            if _holds(value, roots):
                found[name if running else f"{name} of a caller"] = None
    for place in _in_heap(m, roots):
        found[place] = None
    if any(tensor.root in roots for tensor in m.symbols.values()):
        found["the caller"] = None
    for event in m.trace.events:
        match event:
            case Escape(values=values):
                reached = values
            case Call(op=None, module=None, args=args):
                reached = tuple(value for _, value in args)
            case _:
                continue
        if any(_holds(value, roots) for value in reached):
            found["code that is not known"] = None
    return tuple(found)


def _related(m: Machine, root: int) -> frozenset[int]:
    """The storage, and those that may be the same memory: what `reshape` gives, or paths that meet."""
    found = {root}
    for _ in range(2):  # forwards and backwards through the trace
        for event in m.trace.events:
            match event:
                case Call(op=op, args=args, result=Tensor(root=made)) if op is not None:
                    if op.alias not in ("maybe", "expand") and event.inplace is not None:
                        continue
                    given = {value.root for _, value in args if isinstance(value, Tensor)}
                case Merge(options=options, result=Tensor(root=made)):
                    given = {tensor.root for _, tensor in options}
                case _:
                    continue
            if made in found or given & found:
                found |= {made, *given}
    return frozenset(found)


def _in_heap(m: Machine, roots: frozenset[int]) -> Iterator[str]:
    for found in m.state.heap.values():
        match found:
            case ModuleObject(attrs=attrs) | InstanceObject(attrs=attrs):
                yield from (f".{name}" for name, value in attrs.items() if _holds(value, roots))
            case ListObject(items=items) if _any_holds(items, roots):
                yield "an item of a list"
            case DictObject(items=entries) if _any_holds(entries.values(), roots):
                yield "an entry of a dict"
            case _:
                pass


def _any_holds(values: Iterable[Value], roots: frozenset[int]) -> bool:
    return any(_holds(value, roots) for value in values)


def _holds(value: Value, roots: frozenset[int]) -> bool:
    match value:
        case Tensor():
            return value.root in roots
        case Tuple(items=items):
            return _any_holds(items, roots)
        case Join(options=options):
            return any(_holds(option, roots) for _, option in options)
        case IteratorValue(element=element):
            return _holds(element, roots)
        case Partial(args=args, keywords=keywords):
            return _any_holds(args, roots) or any(_holds(item, roots) for _, item in keywords)
        case _:
            return False
