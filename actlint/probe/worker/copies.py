"""A new model as often as one is wanted, without running its constructor each time: the first is kept as it was made,
and copies of it are given out where a copy is as good as another instance.
"""

from __future__ import annotations

import copy
import enum
import functools
import logging
import re
import types
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from . import instances
from .instances import Built
from .kinds import Model, Tensor
from .places import Failure, guarded


@dataclass(slots=True)
class _Kept:
    """What was made of which way, seed and default type, and the state of the random numbers after that."""

    make: Callable[[], Model]
    seed: int
    dtype: Any
    model: Model
    random: Tensor
    copyable: bool | None = None

    def fits(self, way: Built, seed: int) -> bool:
        return self.make is way.make and self.seed == seed and self.dtype == torch.get_default_dtype()


_kept: list[_Kept] = []
"""The one that was made last; a worker has one class to probe."""


def made(way: Built, seed: int) -> Model:
    """The instance of that seed, to be looked at: it must not be run, nor changed. Raises Failure."""
    found = next((each for each in _kept if each.fits(way, seed)), None)
    if found is None:
        _kept.clear()
        model = instances.fresh(way, seed)
        found = _Kept(way.make, seed, torch.get_default_dtype(), model, torch.get_rng_state())
        _kept.append(found)
    return found.model


def forget() -> None:
    """Keep nothing: the next one is made anew."""
    _kept.clear()


def fresh(way: Built, seed: int) -> Model:
    """A new instance, as `instances.fresh` gives it: the same values, and the same random numbers after it. Raises
    Failure.
    """
    if not _kept or not _kept[0].fits(way, seed):
        return instances.fresh(way, seed)
    kept = _kept[0]
    if kept.copyable is False:
        return instances.fresh(way, seed)
    try:
        with guarded("construct"):
            model = copy.deepcopy(kept.model)
    except Failure as failure:
        if isinstance(failure.cause, (MemoryError, TimeoutError)):
            raise
        kept.copyable = False
        return instances.fresh(way, seed)
    if kept.copyable is None:
        shared = common(kept.model, model) if isinstance(model, nn.Module) else None
        kept.copyable = shared == set()
        if not kept.copyable:
            other = instances.fresh(way, seed)
            # What every instance shares, as caches of a package, a copy may share too.
            always = common(kept.model, other, copied=False) if shared is not None else None
            kept.copyable = shared is not None and always is not None and shared <= always
            return other
    torch.set_rng_state(kept.random)
    return model


# ----------------------------------------------------------------------------------------------------- what is shared


def common(one: Any, other: Any, copied: bool = True) -> set[int] | None:
    """The identities of what can change and is part of both objects, as hooks may be that speak of the original. None
    where more is reached than anyone has, and where tensors that share memory in one do not in the other, its copy.
    """
    mine, its = _changeable(one), _changeable(other)
    if mine is None or its is None or (copied and len(mine[1]) != len(its[1])):
        return None
    return (mine[0] & its[0]) | (mine[1] & its[1])


_FIXED = (
    *(type(None), bool, int, float, complex, str, bytes, range, slice, type, types.ModuleType, types.EllipsisType),
    *(types.BuiltinFunctionType, types.CodeType, types.MethodWrapperType, types.WrapperDescriptorType),
    *(types.MethodDescriptorType, types.GenericAlias, enum.Enum, re.Pattern, logging.Logger, property),
    *(torch.dtype, torch.device, torch.layout, torch.memory_format, torch.Size),
)

_CARRIERS = (
    *(tuple, frozenset, types.FunctionType, types.MethodType, functools.partial, weakref.ReferenceType),
    type(functools.lru_cache(len)),
)
"""What does not change itself, but may lead to what does."""

_MOST = 2_000_000


def _changeable(start: Any) -> tuple[set[int], set[int]] | None:
    """The identities of all that can change and can be reached, and the places in memory of tensors; None where that is
    more than anyone has.
    """
    found: set[int] = set()
    memory: set[int] = set()
    seen: dict[int, Any] = {}
    todo = [start]
    while todo:
        value = todo.pop()
        if id(value) in seen or isinstance(value, _FIXED):
            continue
        seen[id(value)] = value
        if len(seen) > _MOST:
            return None
        if not isinstance(value, _CARRIERS):
            found.add(id(value))
        if isinstance(value, torch.Tensor) and not nn.parameter.is_lazy(value) and value.layout == torch.strided:
            memory.add(value.untyped_storage().data_ptr())
        todo.extend(_inside(value))
    # What is seen is kept until now, so that no two objects had the same identity.
    return found, memory - {0}


def _inside(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            yield from value.keys()
            yield from value.values()
        case list() | tuple() | set() | frozenset():
            yield from value
        case types.FunctionType():
            # What else a function leads to is there once for all instances.
            yield from (each.cell_contents for each in value.__closure__ or () if _is_filled(each))
            return
        case types.MethodType():
            yield from (value.__self__, value.__func__)
            return
        case functools.partial():
            yield from (value.func, value.args, value.keywords)
        case weakref.ReferenceType():
            yield value()
        case _:
            if not isinstance(value, torch.Tensor) and hasattr(type(value), "__iter__") and hasattr(value, "__len__"):
                yield from _items(value)
    yield getattr(value, "__dict__", None)
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if isinstance(name, str) and name not in ("__dict__", "__weakref__"):
                yield getattr(value, name, None)


def _items(value: Any) -> Iterator[Any]:
    """What is in a collection of another kind, as `deque` and those of other packages are."""
    try:
        yield from list(value)
    except Exception:  # it is one in name only
        return


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False
