"""Making an instance of the class: with the arguments given, its defaults, those of a call in the project, of an
example in what is written about it, of a function that makes it, or small values that names and annotations suggest.
What was guessed is said.
"""

from __future__ import annotations

import ast
import collections
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from . import copies, expressions, guessing, names
from .builders import builders
from .examples import Example, examples
from .expressions import evaluated
from .instances import Built, built, fresh, parameters
from .patience import TooSlow, at_most
from .places import Failure, guarded

_TRIALS = 60
_DEPTH = 3


def ways(
    module: ModuleType, name: str, request: Mapping[str, Any], seed: int, patience: float = 60.0, guessed: bool = False
) -> Iterator[Built]:
    """The ways to make an instance that work, the best first, in no more than `patience` seconds for each; `guessed`:
    those alone that nobody wrote.

    Raises Failure with the first way's error where none works.
    """
    with guarded("import"):
        cls = _class(module, name)
    first: Failure | None = None
    more = (each for each in _ways(module, cls, name, request) if each.source.startswith("names") or not guessed)
    todo: collections.deque[Built] = collections.deque()
    tried: set[str] = set()
    worked = False
    while len(tried) < _TRIALS:
        if not todo:
            with guarded("construct"):
                todo.extend(itertools.islice(more, 1))
            if not todo:
                break
        way = todo.popleft()
        if way.text in tried:
            continue
        tried.add(way.text)
        try:
            with guarded("construct"), at_most(patience):
                copies.made(way, seed)
        except Failure as failure:
            first = first or failure
            if isinstance(failure.cause, (MemoryError, TooSlow)) or "memory" in str(failure.cause):
                # What is half made hangs on the frames of the error.
                failure.cause.__traceback__ = None
                todo.extendleft(reversed(list(smaller(way, much=True))))
            elif way.keywords is not None and way.kind is not None:
                todo.extendleft(reversed(list(mended(module, way, failure.cause))))
            continue
        worked = True
        yield way
    if first is not None and not worked:
        raise first


def mended(module: ModuleType, way: Built, error: BaseException) -> Iterator[Built]:
    """The same with what an error asks for."""
    if way.kind is not None and way.keywords is not None:
        for keywords in guessing.mended(module, way.kind, error, way.keywords, _DEPTH):
            yield built(way.kind, way.text.partition("(")[0], (), keywords, "names and errors")


def again(module: ModuleType, name: str, request: Mapping[str, Any], way: Built, seed: int) -> Built:
    """The same way in a module that was imported anew. Raises Failure."""
    found = Built(lambda: evaluated(way.text, module), way.text, way.source)
    try:
        fresh(found, seed)
    except Failure:  # its text is not the whole of it
        return next(ways(module, name, request, seed))
    return found


def smaller(way: Built, much: bool = False) -> Iterator[Built]:
    """The same with smaller numbers than its own: first those of images, then what is inside, then all whose names say
    what they are; `much`: first all.
    """
    if way.keywords is None or way.kind is None or way.source == "given":
        return
    known = sizes(way)
    seen: set[str] = set()
    for what in (names.ALL, names.INSIDE) if much else (names.IMAGES, names.INSIDE, names.ALL):
        if less := names.smaller(known, what):
            made = way.changed(less, f"{way.source}, with smaller numbers, since its own take too long")
            if made.text not in seen:
                seen.add(made.text)
                yield made


def sizes(way: Built) -> dict[str, Any]:
    """The arguments of an instance by name, defaults included; those that were given by position are left out."""
    known = {each.name: each.default for each in parameters(way.kind) if each.default is not each.empty}
    return known | dict(way.keywords or {})


def _class(module: ModuleType, name: str) -> Any:
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _ways(module: ModuleType, cls: Any, name: str, request: Mapping[str, Any]) -> Iterator[Built]:
    given = {key: evaluated(text, module) for key, text in request.get("init", {}).items()}
    required = [each for each in parameters(cls) if each.default is each.empty and each.name not in given]
    if given and not required:
        yield built(cls, name, (), given, "given")
        return
    if not required:
        yield built(cls, name, (), {}, "defaults")
    if not given:
        shown = list(examples(cls, module, request))
        used = tuple(_written(each, example.where) for example in shown for each in example.inputs)
        for call in request.get("calls", ()):
            try:
                args = [evaluated(text, module) for text in call["args"]]
                keywords = {key: evaluated(text, module) for key, text in call["keywords"].items()}
            except Exception:  # the call names what only its own place knows
                continue
            # What instances are called with may be easier to follow in the text.
            yield replace(built(cls, name, args, keywords, f"the call at {call['where']}"), calls=used)
        for example in shown:
            yield from _as_in(example, module, cls, name)
        yield from (replace(each, kind=cls) for each in builders(cls, module))
    for values in guessing.guesses(module, cls, required, _DEPTH):
        yield built(cls, name, (), given | values, "names and annotations")


def _as_in(example: Example, module: ModuleType, cls: Any, name: str) -> Iterator[Built]:
    """The call of an example, first with less inside than that of a model that is meant for real data."""
    try:
        way = expressions.call(example.call, module, f"an example in {example.where}", cls, name)
    except Exception:  # it names what only its own place knows
        return
    if way is None:
        return
    calls = tuple(_written(each, example.where) for each in example.inputs)
    if way.keywords and (less := names.smaller(way.keywords, names.INSIDE, times=2)):
        yield replace(way.changed(less, f"{way.source}, with smaller numbers"), calls=calls)
    yield replace(way, calls=calls)


def _written(call: ast.Call, where: str) -> dict[str, Any]:
    keywords = {str(each.arg): ast.unparse(each.value) for each in call.keywords if each.arg is not None}
    args = [ast.unparse(each) for each in call.args]
    return {"args": args, "keywords": keywords, "source": f"an example in {where}"}
