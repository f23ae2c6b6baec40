"""Making an instance of the class: with the arguments given, its defaults, those of a call in the project, or small
values that names and annotations suggest. What was guessed is said."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import torch
from torch import nn

from . import guessing
from .instances import Built, built, parameters
from .kinds import Model
from .patience import TooSlow, at_most
from .places import Failure, guarded

_TRIALS = 40
_DEPTH = 3


def build(module: ModuleType, name: str, request: Mapping[str, Any], seed: int, patience: float = 60.0) -> Built:
    """The way to make an instance that works first, in no more than `patience` seconds.

    Raises Failure with the first way's error.
    """
    with guarded("import"):
        cls = _class(module, name)
    first: Failure | None = None
    ways = collections.deque(itertools.islice(_ways(module, cls, name, request), _TRIALS))
    tried: set[str] = set()
    while ways and len(tried) < _TRIALS:
        way = ways.popleft()
        if way.text in tried:
            continue
        tried.add(way.text)
        try:
            with guarded("construct"), at_most(patience):
                fresh(way, seed)
        except Failure as failure:
            first = first or failure
            if isinstance(failure.cause, (MemoryError, TooSlow)) or "memory" in str(failure.cause):
                # What is half made hangs on the frames of the error.
                failure.cause.__traceback__ = None
                ways.extendleft(reversed(list(smaller(module, name, way))))
            elif way.keywords is not None:
                ways.extendleft(
                    built(cls, name, (), keywords, "names and errors")
                    for keywords in guessing.mended(module, cls, failure.cause, way.keywords, _DEPTH)
                )
            continue
        return way
    assert first is not None
    raise first


def smaller(module: ModuleType, name: str, way: Built) -> Iterator[Built]:
    """The same with smaller numbers than its own: first those of images, then all whose names say what they are."""
    if way.keywords is None:
        return
    cls = _class(module, name)
    for images in (True, False):
        less = guessing.smaller(sizes(module, name, way), images)
        if less:
            yield built(cls, name, (), {**way.keywords, **less}, "names, smaller than its own, which take too long")


def sizes(module: ModuleType, name: str, way: Built) -> dict[str, Any]:
    """The arguments of an instance by name, defaults included; those that were given by position are left out."""
    known = {each.name: each.default for each in parameters(_class(module, name)) if each.default is not each.empty}
    return known | dict(way.keywords or {})


def _class(module: ModuleType, name: str) -> Any:
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part)
    return found


def fresh(way: Built, seed: int) -> Model:
    """A new instance; every seed gives one of its own, and the same one each time. Raises Failure."""
    torch.manual_seed(seed)
    with guarded("construct"):
        return way.make()


def _ways(module: ModuleType, cls: Any, name: str, request: Mapping[str, Any]) -> Iterator[Built]:
    given = {key: evaluated(text, module) for key, text in request.get("init", {}).items()}
    required = [each for each in parameters(cls) if each.default is each.empty and each.name not in given]
    if given and not required:
        yield built(cls, name, (), given, "given")
        return
    if not required:
        yield built(cls, name, (), {}, "defaults")
    if not given:
        for call in request.get("calls", ()):
            try:
                args = [evaluated(text, module) for text in call["args"]]
                keywords = {key: evaluated(text, module) for key, text in call["keywords"].items()}
            except Exception:  # the call names what only its own place knows
                continue
            yield built(cls, name, args, keywords, f"the call at {call['where']}")
    for values in guessing.guesses(module, cls, required, _DEPTH):
        yield built(cls, name, (), given | values, "names and annotations")


def evaluated(text: str, module: ModuleType) -> Any:
    """The value of an expression in the user's module; torch is known there whatever it imports."""
    scope = {"torch": torch, "nn": nn, "F": nn.functional} | vars(module)
    return eval(compile(text, "<argument>", "eval"), scope)  # noqa: S307 - the user's own text
