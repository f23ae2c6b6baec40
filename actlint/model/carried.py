"""Arguments on their way from one run to another: what lives in no heap, and copies of lists and dicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from actlint.model import calls, classes
from actlint.model.args import Args
from actlint.model.events import Trace
from actlint.model.machine import BudgetExceeded, Machine
from actlint.model.state import DictObject, Heap, ListObject, Object
from actlint.model.values import (
    Class,
    Constant,
    DictRef,
    External,
    Function,
    Instance,
    ListRef,
    Module,
    Partial,
    Tuple,
    Unknown,
    Value,
)

LARGEST = 64
"""Elements of a list or dict that are carried."""

OTHER = Unknown("argument of another run")


@dataclass(frozen=True, slots=True)
class Copied:
    """A tuple, list or dict (then `keys` has its keys) and what it holds."""

    kind: Literal["tuple", "list", "set", "dict"]
    items: tuple[Carried, ...]
    keys: tuple[object, ...] = ()


Carried: TypeAlias = "Value | Copied"

Known: TypeAlias = frozenset[tuple[str, object]]
"""What is known of parameters: values by name, with their types, since 1 and True are equal."""

GIVEN = ("positional", "either", "keyword")
"""The kinds of parameters that take one argument."""


@dataclass(slots=True)
class CarriedArgs:
    """The arguments of a call, of which no run is needed any more."""

    positional: list[Carried] = field(default_factory=list)
    keywords: dict[str, Carried] = field(default_factory=dict)

    def placed(self, m: Machine) -> Args:
        """The arguments in the heap of a run."""
        keywords = {name: _placed(m, value) for name, value in self.keywords.items()}
        return Args([_placed(m, value) for value in self.positional], keywords)


@dataclass(slots=True)
class Carrier:
    """Takes arguments out of a run that has ended. `written` counts how often the run wrote each of its objects."""

    heap: Mapping[int, Object]
    written: Counter[int]

    def args(self, named: tuple[tuple[str, Value], ...]) -> CarriedArgs:
        """Arguments by position and keyword; what cannot be carried is unknown."""
        found = CarriedArgs()
        for name, value in named:
            if name.isdigit():
                found.positional.append(self.value(value))
            elif name != "*":
                found.keywords[name] = self.value(value)
        return found

    def value(self, value: Value, depth: int = 0) -> Carried:
        """One value. A list or dict is carried if it was never changed after it was made: nothing tells when."""
        match value:
            case Constant() | External():
                return value
            case Class(frame=0) | Function(frame=0):
                return value
            case Tuple(items=items) if depth < 3:
                return Copied("tuple", tuple(self.value(item, depth + 1) for item in items))
            case ListRef(ref=ref) if depth < 3 and self.written[ref] <= 1:
                items_of = self.heap.get(ref)
                if isinstance(items_of, ListObject) and items_of.complete and len(items_of.items) <= LARGEST:
                    return Copied(items_of.kind, tuple(self.value(item, depth + 1) for item in items_of.items))
                return OTHER
            case DictRef(ref=ref) if depth < 3 and self.written[ref] <= 1:
                entries = self.heap.get(ref)
                if isinstance(entries, DictObject) and entries.complete and len(entries.items) <= LARGEST:
                    held = tuple(self.value(item, depth + 1) for item in entries.items.values())
                    return Copied("dict", held, tuple(entries.items))
                return OTHER
            case Partial(function=function, args=args, keywords=keywords):
                parts = (function, *args, *(own for _, own in keywords))
                return value if tuple(self.value(part, depth + 1) for part in parts) == parts else OTHER
            case _:
                return OTHER


def carrier(trace: Trace) -> Carrier:
    """What takes values out of a run."""
    heap = trace.heap
    return Carrier(heap, Counter(heap.log) if isinstance(heap, Heap) else Counter())


def _placed(m: Machine, value: Carried) -> Value:
    match value:
        case Copied(kind="tuple", items=items):
            return Tuple(tuple(_placed(m, item) for item in items))
        case Copied(kind="dict", items=items, keys=keys):
            placed = [_placed(m, item) for item in items]
            return DictRef(m.allocate(DictObject(dict(zip(keys, placed, strict=True)))))
        case Copied(kind="list" | "set" as kind, items=items):
            return ListRef(m.allocate(ListObject(tuple(_placed(m, item) for item in items), True, kind)))
        case Copied():
            raise AssertionError(value.kind)
        case _:
            return value


def known_of(name: str, value: Carried) -> Iterator[tuple[str, object]]:
    """What is known of a value, by name: one that has these known parts, and no others, is the same."""
    match value:
        case Unknown():
            pass
        case Constant(value=plain):
            yield name, (type(plain), plain)
        case Copied(items=items, keys=keys):
            yield name, (value.kind, len(items), keys)
            for index, item in enumerate(items):
                yield from known_of(f"{name}[{index}]", item)
        case Tuple(items=inside):
            yield name, len(inside)
            for index, item in enumerate(inside):
                yield from known_of(f"{name}[{index}]", item)
        case DictRef():
            pass  # `**options`, whose entries are looked at one by one
        case ListRef() | Module() | Instance():
            yield name, "default"  # only a default can be one
        case _:
            yield name, value


def known_args(m: Machine, cls: Class, args: CarriedArgs) -> Known | None:
    """What a call says of the constructor's parameters, those included that it leaves to their defaults; None where the
    call does not fit.
    """
    method = classes.find_method(m, cls, "__init__")
    assert isinstance(method, Function)
    names = [Unknown(str(index)) for index in range(len(args.positional))]
    given = Args([Unknown("the object that is made"), *names], {name: Unknown(name) for name in args.keywords})
    try:
        bound = calls.bind_parameters(m, method, given, method.site)
    except (BudgetExceeded, RecursionError):
        return None
    if bound is None:
        return None
    items = [item for item in method.code.params.items if item.kind != "kwarg"]
    positional = [item.name for item in items[1:] if item.kind in ("positional", "either")]
    values: list[tuple[str, Carried]] = [
        (name, value) for name, value in bound.items() if not isinstance(value, Unknown)
    ]
    values += args.keywords.items()
    for index, value in enumerate(args.positional):
        values.append((positional[index] if index < len(positional) else f"*{index}", value))
    return frozenset(found for name, value in values for found in known_of(name, value))
