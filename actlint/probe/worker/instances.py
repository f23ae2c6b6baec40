"""An instance of a class: how to make it again, and how to write that."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .kinds import Model


@dataclass(frozen=True, slots=True)
class Built:
    """An instance, how to make it again, how to write that, and where its arguments come from."""

    make: Callable[[], Model]
    text: str
    source: str
    keywords: Mapping[str, Any] | None = None


def built(cls: Any, name: str, args: Sequence[Any], keywords: Mapping[str, Any], source: str) -> Built:
    """The way to call a class; `source` says where its arguments come from."""

    def make() -> Model:
        return cls(*(made(each) for each in args), **{key: made(each) for key, each in keywords.items()})

    written = [*map(shown, args), *(f"{key}={shown(each)}" for key, each in keywords.items())]
    return Built(make, f"{name}({', '.join(written)})", source, None if args else keywords)


def made(value: Any) -> Any:
    """Modules among the arguments are made anew with each instance."""
    return value.make() if isinstance(value, Built) else value


def shown(value: Any) -> str:
    """A value as it stands in a call."""
    if isinstance(value, Built):
        return value.text
    if isinstance(value, type):
        return f"nn.{value.__name__}" if value.__module__.startswith("torch.nn") else value.__name__
    text = repr(value)
    return text if len(text) < 60 else f"<{type(value).__name__}>"


def parameters(cls: Any) -> list[inspect.Parameter]:
    """Those that a call can give by name; none where a class does not say."""
    try:
        found = list(inspect.signature(cls).parameters.values())
    except (TypeError, ValueError):
        return []
    return [each for each in found if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
