"""Objects that stand for what a user would pass: modules that have what is read from them, configurations."""

from __future__ import annotations

import inspect
import itertools
import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from torch import nn

from . import reading
from .instances import Built, built

IDENTITY = Built(nn.Identity, "nn.Identity()", "", None, nn.Identity)
_MOST, _LOOKED_AT = 4, 400


def namespace(values: Mapping[str, Any]) -> Built:
    """A configuration with attributes."""
    return built(types.SimpleNamespace, "types.SimpleNamespace", (), values, "")


def is_makeable(kind: Any) -> bool:
    """Whether a class is one of the user's, or a module of torch's, of which an instance is wanted."""
    if not isinstance(kind, type) or kind is inspect.Parameter.empty:
        return False
    if issubclass(kind, nn.Module):
        return True
    return not kind.__module__.startswith(("builtins", "torch", "typing", "collections", "numpy", "enum"))


def of_name(module: ModuleType, name: str) -> type | None:
    """The class of modules in the user's module that is called like a parameter."""
    plain = name.lower().replace("_", "")
    found = (each for key, each in vars(module).items() if key.lower() == plain and isinstance(each, type))
    return next((each for each in found if issubclass(each, nn.Module)), None)


def modules(module: ModuleType, attributes: Sequence[str], but: type | None) -> list[type]:
    """Classes of modules that have attributes: of the user's module, then of its package, then torch's own layers.

    Those that have all of them; the ones with the fewest parameters that need a value first.
    """
    found: list[type] = []
    for each in _classes(module):
        if each is not but and each is not nn.Module and each not in found and _has(each, attributes):
            found.append(each)
            if len(found) == _MOST:
                break
    return found


def _classes(module: ModuleType) -> Iterator[type]:
    package = module.__name__.partition(".")[0]
    others = [each for name, each in list(sys.modules.items()) if name.partition(".")[0] == package]
    for source in (module, *others, nn):
        for each in itertools.islice(list(vars(source).values()), _LOOKED_AT):
            if isinstance(each, type) and issubclass(each, nn.Module):
                yield each


def written(module: ModuleType, kind: type) -> str:
    """The name of a class as an expression in the user's module."""
    if vars(module).get(kind.__name__) is kind or kind.__module__ == module.__name__:
        return kind.__name__
    return f"nn.{kind.__name__}" if kind.__module__.startswith("torch.nn") else f"{kind.__module__}.{kind.__qualname__}"


def _has(kind: type, attributes: Sequence[str]) -> bool:
    missing = [each for each in attributes if not hasattr(kind, each)]
    if not missing:
        return True
    assigned: set[str] = set()
    for each in kind.__mro__:
        if issubclass(each, nn.Module) and each is not nn.Module:
            assigned |= reading.assigns(each)
    return assigned.issuperset(missing)
