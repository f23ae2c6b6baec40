"""Parameters that are computed with before they are assigned: what is assigned is no leaf, and nothing registers it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import Site
from actlint.model.events import Argument, Call, Escape, Event, Merge, Return, Store, Trace
from actlint.model.kept import contents
from actlint.model.state import DictObject, InstanceObject, ListObject, ModuleObject, options
from actlint.model.values import Condition, Constant, External, Module, Tensor, Value

_MOVES = frozenset({"torch.Tensor.to", "torch.Tensor.cuda"})
_CONVERTS = frozenset({"torch.Tensor.half", "torch.Tensor.double", "torch.Tensor.bfloat16"})
_KEPT = (Constant("cpu"), External("torch.float32"), External("torch.float"))


@dataclass(frozen=True, slots=True)
class Lost:
    """The attribute stored at `stored` gets what the call at `operation` makes of the parameter made at `made`.

    `moved`: it only moves or converts the parameter, and is the parameter itself where there is nothing to do.
    """

    name: str
    stored: Site
    operation: Site
    made: Site
    moved: bool
    condition: Condition


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a tensor comes from: the parameter, and the first operation on it (None: it is the parameter itself)."""

    parameter: Argument
    operation: Call | None = None
    moved: bool = False


def lost_parameters(trace: Trace) -> Iterator[Lost]:
    """The attributes of modules that end up with such a result, where nothing holds the parameter itself."""
    origins = _origins(trace)
    if all(origin.operation is None for origin in origins.values()):
        return
    held = _held(trace, origins)
    for event in trace.events:
        if not isinstance(event, Store) or event.kind != "attribute" or not isinstance(event.receiver, Module):
            continue
        for when, value in options(event.value):
            origin = origins.get(value.number) if isinstance(value, Tensor) else None
            if origin is None or origin.operation is None or origin.parameter.result.root in held:
                continue
            if _stays(trace, event, value):
                condition = (*event.where.condition, *when)
                operation, made = origin.operation.where.site, origin.parameter.where.site
                yield Lost(event.name, event.where.site, operation, made, origin.moved, condition)


def _origins(trace: Trace) -> dict[int, _Origin]:
    """Tensors, by number, that are parameters or are computed from one."""
    found: dict[int, _Origin] = {}
    roots: dict[int, _Origin] = {}
    for event in trace.events:
        match event:
            case Argument(label="parameter", result=result):
                found[result.number] = roots[result.root] = _Origin(event)
            case Call(op=op, args=args, result=Tensor() as result) if op is not None:
                given = (option for _, value in args for option in _parts(trace, value))
                first = next((o for value in given if (o := _of(value, found, roots)) is not None), None)
                if first is None or op.kind == "detach" or not op.differentiable or op.alias == "same":
                    continue
                if op.kind == "cast" and op.alias == "maybe" and not _changes(event):
                    found[result.number] = first  # the very same tensor, as far as is known
                    continue
                own = op.kind == "cast" and op.alias == "maybe"
                origin = first if first.operation is not None else _Origin(first.parameter, event)
                found[result.number] = _Origin(origin.parameter, origin.operation, own and first.operation is None)
            case Merge(options=merged, result=result):
                met = [_of(tensor, found, roots) for _, tensor in merged]
                if met[0] is not None and all(each is not None and each.operation is not None for each in met):
                    found[result.number] = met[0]
            case _:
                pass
    return found


def _parts(trace: Trace, value: Value) -> Iterator[Value]:
    yield value
    yield from (inner for _, inner in contents(trace.heap, value))


def _of(value: Value, found: dict[int, _Origin], roots: dict[int, _Origin]) -> _Origin | None:
    if not isinstance(value, Tensor):
        return None
    origin = found.get(value.number)
    if origin is None and value.leaf and value.alias in ("fresh", "same"):
        origin = roots.get(value.root)
    return origin


def _changes(event: Call) -> bool:
    """Whether a conversion is one that makes another tensor of a parameter, on the device that it is meant for."""
    assert event.op is not None
    if event.op.qualname in _CONVERTS:
        return True
    given = [value for name, value in event.args if name not in ("input", "non_blocking", "copy", "memory_format")]
    return event.op.qualname in _MOVES and (event.op.qualname.endswith("cuda") or _moves(given))


def _moves(given: list[Value]) -> bool:
    return bool(given) and not any(value in _KEPT or isinstance(value, Tensor) for value in given)


def _held(trace: Trace, origins: dict[int, _Origin]) -> set[int]:
    """The storages of parameters that something holds as they are, by root."""
    roots = {origin.parameter.result.root for origin in origins.values()}
    found: set[int] = set()
    for value in (*_in_heap(trace), *_given_away(trace)):
        if isinstance(value, Tensor) and value.root in roots and value.alias in ("fresh", "same"):
            found.add(value.root)
    return found


def _in_heap(trace: Trace) -> Iterator[Value]:
    for object_ in trace.heap.values():
        match object_:
            case ModuleObject(attrs=attrs, args=args, children=children):
                values = (*attrs.values(), *args.values(), *(child for _, child in children or ()))
            case InstanceObject(attrs=attrs, args=args):
                values = (*attrs.values(), *args.values())
            case ListObject(items=items):
                values = items
            case DictObject(items=entries):
                values = tuple(entries.values())
            case _:
                continue
        for value in values:
            for _, option in options(value):
                yield from _parts(trace, option)


def _given_away(trace: Trace) -> Iterator[Value]:
    """What the run returns, or hands to code that is not known."""
    for event in trace.events:
        for value in _leaving(event, trace):
            for _, option in options(value):
                yield from _parts(trace, option)


def _leaving(event: Event, trace: Trace) -> tuple[Value, ...]:
    match event:
        case Escape(values=values):
            return values
        case Return(function=function, value=value) if function == trace.entry:
            return (value,)
        case _:
            return ()


def _stays(trace: Trace, event: Store, value: Value) -> bool:
    """Whether the attribute still has the value when the run ends."""
    assert isinstance(event.receiver, Module)
    found = trace.heap.get(event.receiver.ref)
    kept = found.attrs.get(event.name) if isinstance(found, ModuleObject) else None
    return kept is not None and any(option == value for _, option in options(kept))
