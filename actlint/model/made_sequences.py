"""Calls that make sequences and dicts, or go over them: `range`, `zip`, `list`, `dict`, `namedtuple` and their like."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from actlint.facts import Site
from actlint.model import calls, data_classes, stale, tensors
from actlint.model.args import Args
from actlint.model.machine import UNROLL, Machine
from actlint.model.sequences import NAMED_TUPLE, choices, element, elements, length, one_of
from actlint.model.state import DictObject, InstanceObject, ListObject
from actlint.model.values import (
    NONE,
    Constant,
    DictRef,
    Instance,
    Iterator,
    ListRef,
    Partial,
    Symbol,
    Tensor,
    Tuple,
    Unknown,
    Value,
)


def _range(m: Machine, args: Args, site: Site) -> Value:
    bounds = [value.value for value in args.positional if isinstance(value, Constant) and isinstance(value.value, int)]
    if args.complete and 0 < len(bounds) == len(args.positional) and not (len(bounds) == 3 and bounds[2] == 0):
        numbers = range(*bounds)
        if len(numbers) <= UNROLL:
            return Tuple(tuple(Constant(number) for number in numbers))
    return Iterator(Unknown("number of a range", True))


def _enumerate(m: Machine, args: Args, site: Site) -> Value:
    items = elements(m, args.positional[0]) if args.positional else None
    start = args.get(1, "start")
    first = (
        start.value if isinstance(start, Constant) and isinstance(start.value, int) else 0 if start is None else None
    )
    if items is None or first is None:
        from actlint.model.statements import element_of

        stale.partly(m, args.positional[:1], site)
        return Iterator(
            Tuple((Unknown("index", True), element_of(m, args.positional[0]) if args.positional else Unknown("item")))
        )
    return Tuple(tuple(Tuple((Constant(first + i), item)) for i, item in enumerate(items)))


def _zip(m: Machine, args: Args, site: Site) -> Value:
    from actlint.model.statements import element_of

    columns = [elements(m, value) for value in args.positional]
    if not args.complete:
        return Iterator(Unknown("zip"))
    if any(column is None for column in columns):
        stale.partly(m, args.positional, site)
        return Iterator(Tuple(tuple(element_of(m, value) for value in args.positional)))
    return Tuple(tuple(Tuple(row) for row in zip(*(column or () for column in columns), strict=False)))


def _pairwise(m: Machine, args: Args, site: Site) -> Value:
    items = elements(m, args.positional[0]) if args.positional else None
    if items is None:
        return Iterator(Tuple((Unknown("item"), Unknown("item"))))
    return Tuple(tuple(Tuple(pair) for pair in zip(items, items[1:], strict=False)))


def _reversed(m: Machine, args: Args, site: Site) -> Value:
    items = elements(m, args.positional[0]) if args.positional else None
    if items is not None:
        return Tuple(items[::-1])
    stale.partly(m, args.positional, site)
    return Iterator(element(m, args.positional[0]) if args.positional else Unknown("reversed"))


def _list(m: Machine, args: Args, site: Site) -> Value:
    if not args.positional:
        return ListRef(m.allocate(ListObject((), args.complete)))
    items = elements(m, args.positional[0])
    found = items if items is not None else choices(m, args.positional[0]) or _parts(m, args.positional[0])
    return ListRef(m.allocate(ListObject(found, items is not None, alike=items is None and bool(found))))


def _parts(m: Machine, value: Value) -> tuple[Value, ...]:
    """What each element of a tensor, or of an argument, looks like."""
    from actlint.model.statements import element_of

    part = element_of(m, value) if isinstance(value, (Tensor, Symbol)) else Unknown("element")
    return () if isinstance(part, Unknown) else (part,)


def _tuple(m: Machine, args: Args, site: Site) -> Value:
    items = elements(m, args.positional[0]) if args.positional else ()
    if items is None:
        value = args.positional[0]
        return value if isinstance(value, Iterator) else Iterator(element(m, value))
    return Tuple(items)


def _dict(m: Machine, args: Args, site: Site) -> Value:
    items: dict[object, Value] = {}
    complete = args.complete
    for value in args.positional:
        entries = m.state.heap[value.ref] if isinstance(value, DictRef) else None
        pairs = None if isinstance(entries, DictObject) else elements(m, value)
        if isinstance(entries, DictObject):
            items.update(entries.items)
            complete = complete and entries.complete
        else:
            complete = complete and pairs is not None
            for pair in pairs if pairs is not None else choices(m, value):
                inner = elements(m, pair)
                known = inner is not None and len(inner) == 2 and isinstance(inner[0], Constant)
                complete = complete and known
                if inner is not None and len(inner) == 2:
                    items[inner[0].value if isinstance(inner[0], Constant) else inner[0]] = inner[1]
    items.update(args.keywords)
    return DictRef(m.allocate(DictObject(items, complete)))


def _replace(m: Machine, args: Args, site: Site) -> Value | None:
    """`dataclasses.replace(object, **changes)`: another object with some fields changed."""
    value = args.positional[0] if len(args.positional) == 1 else NONE
    found = m.state.heap[value.ref] if isinstance(value, Instance) else None
    if not isinstance(found, InstanceObject) or not args.complete:
        return None
    return Instance(m.allocate(replace(found, attrs={**found.attrs, **args.keywords})))


def _repeat(m: Machine, args: Args, site: Site) -> Value | None:
    """`itertools.repeat(value, times)`."""
    times = args.get(1, "times")
    if not args.positional or not args.complete:
        return None
    if isinstance(times, Constant) and type(times.value) is int and times.value <= UNROLL:
        return Tuple((args.positional[0],) * times.value)
    return Iterator(args.positional[0])


def _named_tuple(m: Machine, args: Args, site: Site) -> Value | None:
    """A class with fields: what is called with all of them is an object that unpacks to them."""
    fields = args.get(1, "field_names")
    text = fields.value if isinstance(fields, Constant) else None
    names = text.replace(",", " ").split() if isinstance(text, str) else None
    if names is None and (items := elements(m, fields) if fields is not None else None) is not None:
        names = [str(item.value) for item in items if isinstance(item, Constant)]
        names = names if len(names) == len(items) else None
    return None if names is None else Partial(NAMED_TUPLE, (Tuple(tuple(map(Constant, names))),), ())


def _made_of_fields(m: Machine, args: Args, site: Site) -> Value | None:
    fields = [str(field.value) for field in elements(m, args.positional[0]) or () if isinstance(field, Constant)]
    given = {**dict(zip(fields, args.positional[1:], strict=False)), **args.keywords}
    if not args.complete or len(args.positional) - 1 + len(args.keywords) != len(fields) or set(given) != set(fields):
        return None
    return Instance(m.allocate(InstanceObject(NAMED_TUPLE, site, {}, {field: given[field] for field in fields})))


def _flattened(m: Machine, args: Args, site: Site) -> Value | None:
    """`tree_flatten(tree)`: the leaves, which are in the tree somewhere, and a specification."""
    if not args.positional:
        return None
    leaves = list(_leaves(m, args.positional[0], 3))
    element_ = one_of(m, tuple(leaves)) if leaves else Unknown("leaf of a tree")
    return Tuple((Iterator(element_), Unknown("specification of a tree", True)))


def _leaves(m: Machine, value: Value, depth: int) -> Iterable[Value]:
    from actlint.model.statements import element_of

    entries = m.state.heap[value.ref] if isinstance(value, DictRef) else None
    items = tuple(entries.items.values()) if isinstance(entries, DictObject) else elements(m, value)
    if isinstance(value, Symbol) and value.role == "argument":
        yield tensors.some_of(m, value)
    elif isinstance(value, Iterator):
        yield from _leaves(m, element_of(m, value), depth - 1) if depth else ()
    elif items is not None and not isinstance(value, Constant) and depth:
        for item in items:
            yield from _leaves(m, item, depth - 1)
    else:
        yield value


def _unflattened(m: Machine, args: Args, site: Site) -> Value | None:
    """`tree_unflatten(leaves, specification)`: a tree of the leaves."""
    return Iterator(element(m, args.positional[0])) if args.positional else None


def _len(m: Machine, args: Args, site: Site) -> Value:
    value = args.positional[0] if args.positional else NONE
    count = length(m, value)
    return Constant(count) if count is not None else Unknown("length", True)


def _iterate(m: Machine, args: Args, site: Site) -> Value:
    from actlint.model.statements import element_of

    value = args.positional[0] if args.positional else NONE
    items = elements(m, value)
    return Tuple(items) if items is not None else Iterator(element_of(m, value))


def _sorted(m: Machine, args: Args, site: Site) -> Value:
    return Iterator(element(m, args.positional[0]) if args.positional else Unknown("sorted"))


def _map(m: Machine, args: Args, site: Site) -> Value:
    items = elements(m, args.positional[1]) if len(args.positional) == 2 else None
    if items is None or len(items) > UNROLL:
        return None  # type: ignore[return-value]
    return Tuple(tuple(calls.call(m, args.positional[0], Args([item]), site) for item in items))


HANDLERS: dict[str, Callable[[Machine, Args, Site], Value | None]] = {
    "builtins.range": _range,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.reversed": _reversed,
    "builtins.list": _list,
    "builtins.tuple": _tuple,
    "builtins.dict": _dict,
    "builtins.len": _len,
    "builtins.iter": _iterate,
    "builtins.sorted": _sorted,
    "builtins.map": _map,
    "collections.OrderedDict": _dict,
    "dataclasses.fields": data_classes.fields,
    "dataclasses.replace": _replace,
    "collections.namedtuple": _named_tuple,
    NAMED_TUPLE.qualname: _made_of_fields,
    "torch.utils._pytree.tree_flatten": _flattened,
    "torch.utils._pytree.tree_unflatten": _unflattened,
    "itertools.pairwise": _pairwise,
    "itertools.repeat": _repeat,
}
"""The calls, by name. One that gives None cannot tell."""
