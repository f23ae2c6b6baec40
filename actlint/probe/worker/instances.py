"""An instance of a class: how to make it again, and how to write that."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from .kinds import Model
from .places import guarded


@dataclass(frozen=True, slots=True)
class Built:
    """An instance, how to make it again, how to write that, and where its arguments come from.

    `keywords` are its arguments by name, where they can be changed. `kind` is the class. `calls` are what examples call
    the instance with, as the request has such calls.
    """

    make: Callable[[], Model]
    text: str
    source: str
    keywords: Mapping[str, Any] | None = None
    kind: Any = None
    calls: tuple[Mapping[str, Any], ...] = ()

    def changed(self, keywords: Mapping[str, Any], source: str) -> Built:
        """The same with other arguments."""
        made = built(self.kind, self.text.partition("(")[0], (), {**(self.keywords or {}), **keywords}, source)
        return replace(made, calls=self.calls)


def built(cls: Any, name: str, args: Sequence[Any], keywords: Mapping[str, Any], source: str) -> Built:
    """The way to call a class; `source` says where its arguments come from."""

    def make() -> Model:
        return cls(*(made(each) for each in args), **{key: made(each) for key, each in keywords.items()})

    written = [*map(shown, args), *(f"{key}={shown(each)}" for key, each in keywords.items())]
    return Built(make, f"{name}({', '.join(written)})", source, None if args else keywords, cls)


def fresh(way: Built, seed: int) -> Model:
    """A new instance; every seed gives one of its own, and the same one each time. Raises Failure."""
    torch.manual_seed(seed)
    with guarded("construct"):
        return way.make()


def made(value: Any) -> Any:
    """Modules among the arguments are made anew with each instance."""
    if isinstance(value, Built):
        return value.make()
    if type(value) in (list, tuple) and any(isinstance(each, Built) for each in value):
        return type(value)(made(each) for each in value)
    return value


def shown(value: Any) -> str:
    """A value as it stands in a call."""
    if isinstance(value, Built):
        return value.text
    if isinstance(value, type):
        return f"nn.{value.__name__}" if value.__module__.startswith("torch.nn") else value.__name__
    if type(value) is list:
        return f"[{', '.join(map(shown, value))}]"
    if type(value) is tuple:
        return f"({', '.join(map(shown, value))}{',' if len(value) == 1 else ''})"
    if type(value) is dict:
        return f"{{{', '.join(f'{key!r}: {shown(each)}' for key, each in value.items())}}}"
    text = repr(value)
    return text if len(text) < 60 else f"<{type(value).__name__}>"


def parameters(cls: Any) -> list[inspect.Parameter]:
    """Those that a call can give by name; none where a class does not say."""
    try:
        found = list(inspect.signature(cls).parameters.values())
    except (TypeError, ValueError):
        return []
    return [each for each in found if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
