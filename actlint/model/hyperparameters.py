"""What Lightning's `save_hyperparameters` keeps: the constructor's arguments as `self.hparams.name`."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import FunctionDef
from actlint.model import calls
from actlint.model.args import Args
from actlint.model.machine import Frame, Machine
from actlint.model.sequences import elements
from actlint.model.state import DictObject, InstanceObject, ModuleObject
from actlint.model.values import Constant, DictRef, External, Instance, Module, Unknown, Value
from actlint.torchapi.lightning import HYPERPARAMETERS

_CLASS = External("lightning.fabric.utilities.data.AttributeDict")


def save(m: Machine, module: Module, args: Args) -> None:
    """`module.save_hyperparameters(…)` in a constructor: the arguments of every `__init__` that is running for the
    module, those of outer ones over those of inner ones; only the named ones where names are given, or the entries of
    a dict.
    """
    found = m.state.heap[module.ref]
    assert isinstance(found, ModuleObject)
    frames = [frame for frame in reversed(m.stack) if frame.receiver == module and _is_constructor(frame)]
    values = _wanted(m, frames, args) if args.complete else None
    kept: Value = Unknown("hyperparameters")
    if values is not None:
        before = found.attrs.get(HYPERPARAMETERS)
        held = m.state.heap.get(before.ref) if isinstance(before, Instance) else None
        known = held.attrs if isinstance(held, InstanceObject) else {}
        reason = "hyperparameters may be added"
        kept = Instance(m.allocate(InstanceObject(_CLASS, found.site, {}, {**known, **values}, reason)))
    m.state.heap[module.ref] = calls.replaced(found, attrs={**found.attrs, HYPERPARAMETERS: kept})


def _wanted(m: Machine, frames: list[Frame], args: Args) -> dict[str, Value] | None:
    """The values that are to be kept: the entries of a dict, or the arguments of constructors."""
    unwanted = _names(m, [value for name, value in args.keywords.items() if name == "ignore"])
    if unwanted is None:
        return None
    if len(args.positional) == 1 and isinstance(args.positional[0], DictRef):
        entries = m.state.heap.get(args.positional[0].ref)
        if not isinstance(entries, DictObject) or not entries.complete:
            return None
        return {key: value for key, value in entries.items.items() if isinstance(key, str) and key not in unwanted}
    wanted = _names(m, args.positional)
    if wanted is None or not frames:
        return None
    given = {name: value for frame in frames for name, value in _arguments(m, frame)}
    return {name: value for name, value in given.items() if name not in unwanted and (not wanted or name in wanted)}


def _is_constructor(frame: Frame) -> bool:
    code = frame.function.code if frame.function is not None else None
    return isinstance(code, FunctionDef) and code.name == "__init__"


def _names(m: Machine, given: list[Value]) -> frozenset[str] | None:
    """The names that arguments say, one by one or in lists; None where anything else is given."""
    found: set[str] = set()
    for value in given:
        inner = (value,) if isinstance(value, Constant) else elements(m, value)
        texts = [item.value for item in inner or () if isinstance(item, Constant) and isinstance(item.value, str)]
        if inner is None or len(texts) < len(inner):
            return None
        found.update(texts)
    return frozenset(found)


def _arguments(m: Machine, frame: Frame) -> Iterator[tuple[str, Value]]:
    """The arguments of a running constructor as they are now, without the receiver."""
    assert frame.function is not None and isinstance(frame.function.code, FunctionDef)
    names = m.state.frames.get(frame.number, {})
    for parameter in frame.function.code.params.items[1:]:
        value = names.get(parameter.name)
        if value is None or parameter.kind == "vararg":
            continue
        if parameter.kind != "kwarg":
            yield parameter.name, value
        elif isinstance(value, DictRef) and isinstance(entries := m.state.heap.get(value.ref), DictObject):
            yield from ((key, item) for key, item in entries.items.items() if isinstance(key, str))
