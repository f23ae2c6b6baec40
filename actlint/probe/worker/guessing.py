"""Values for the parameters of a constructor that need one: what names, annotations and the constructor's text say,
and what errors say of values that did not do."""

from __future__ import annotations

import collections
import collections.abc
import enum
import inspect
import itertools
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from torch import nn

from . import reading, standins
from .instances import Built, built, parameters, shown
from .names import named


class _Unknown(int):
    """A number for want of anything better: nothing is known of what it stands for."""


UNKNOWN = _Unknown(16)

_BY_TYPE: Mapping[Any, Any] = {int: 16, float: 0.5, bool: False, str: "", list: [16, 16], tuple: (16, 16), dict: {}}
_SEQUENCES = (list, tuple, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_MODULE_NAMES = re.compile(
    r".*(encoder|decoder|model|net|network|module|backbone|fn|transformer|layer|block|attn|head|vit|features|extractor"
    r"|wrapper|learner|trunk|body|stem|neck)"
)
_CONFIGS = re.compile(r".*(config|configuration|conf|cfg|hparams|hyperparams|options?|opts?|args|params|settings)")


# ------------------------------------------------------------------------------------------------- what errors ask for

_ASKS = (
    re.compile(r"missing \d+ required (?:keyword-only|positional) arguments?: (.*)"),
    re.compile(r"(.*) must be (?:passed|supplied|specified|given|set|provided)"),
)


def mended(
    module: ModuleType, cls: Any, error: BaseException, known: Mapping[str, Any], depth: int
) -> Iterator[dict[str, Any]]:
    """The keywords with what an error asks for: arguments that are passed on in ways that no signature shows, keys and
    attributes of configurations, classes and modules that have what is read from them, longer sequences.

    What was given already and did not arrive is given again under the prefixes that the constructor takes away.
    """
    if isinstance(error, AttributeError):
        yield from _with_attribute(module, error, known, depth)
        return
    if isinstance(error, TypeError) and "'NoneType' object is not callable" in str(error):
        # Something that may be left out, but not here.
        for each in parameters(cls):
            if each.default is None and each.name not in known and isinstance(kind := named(each.name), type):
                yield {**known, each.name: built(kind, shown(kind), (), {}, "")}
        return
    if isinstance(error, IndexError):
        longer = {name: value + value for name, value in known.items() if type(value) in (list, tuple) and value}
        if any(len(value) <= 16 for value in longer.values()):
            yield {**known, **longer}
        return
    asked = asked_for(error)
    wanted = [each for each in asked if each not in known]
    if isinstance(error, KeyError) and asked:
        for name, value in known.items():
            if isinstance(value, dict):
                yield {**known, name: value | {asked[0]: guess(module, asked[0], inspect.Parameter.empty, depth)}}
    if not wanted and asked:
        starts = [each for each in reading.prefixes(cls) if f"{each}{asked[0]}" not in known]
        wanted = [f"{start}{each}" for each in asked for start in starts]
        known = {key: value for key, value in known.items() if key not in asked} if wanted else known
    if wanted:
        yield {**known, **{each: guess(module, each, inspect.Parameter.empty, depth) for each in wanted}}


def asked_for(error: BaseException) -> list[str]:
    """The names that an error asks for."""
    if isinstance(error, KeyError):
        names = [str(error.args[0])] if error.args else []
    else:
        found = next((match for pattern in _ASKS if (match := pattern.search(str(error)))), None)
        names = re.findall(r"[a-zA-Z_]\w*", found[1]) if found else []
        names = [each for each in names if each not in ("and", "or", "the", "either", "both", "you", "a", "an", "if")]
    return [each for each in names if each.isidentifier()][:6]


def _with_attribute(
    module: ModuleType, error: AttributeError, known: Mapping[str, Any], depth: int
) -> Iterator[dict[str, Any]]:
    """Other values for the argument that lacks an attribute."""
    owner, attribute = error.obj, str(error.name)
    for name, value in known.items():
        if isinstance(value, Built) and isinstance(value.kind, type) and type(owner) is value.kind:
            if value.kind is types.SimpleNamespace:
                more = {attribute: guess(module, attribute, inspect.Parameter.empty, depth)}
                yield {**known, name: value.changed(more, value.source)}
            else:
                for other in standins.modules(module, [attribute], value.kind):
                    if (made := instance(module, other, depth - 1)) is not None:
                        yield {**known, name: made}
        elif value is owner and isinstance(value, type):
            for other in standins.modules(module, [attribute], value):
                yield {**known, name: other}
        elif value is owner or (isinstance(value, (int, float)) and type(owner) is type(value)):
            # A number where an object was meant.
            yield {
                **known,
                name: standins.namespace({attribute: guess(module, attribute, inspect.Parameter.empty, depth)}),
            }


# ------------------------------------------------------------------------------------------------------------- guesses


def guesses(
    module: ModuleType, cls: Any, required: Sequence[inspect.Parameter], depth: int
) -> Iterator[dict[str, Any]]:
    """Values for the parameters that need one: the plain guess first, then variations of it."""
    try:
        hints = typing.get_type_hints(cls.__init__)
    except Exception:  # names that exist for the type checker alone
        hints = {}
    told = reading.uses(cls)
    base = {}
    for each in required:
        use = told.get(each.name)
        if use is not None:
            use.attributes = reading.attributes_of(cls, each.name)
        base[each.name] = guess(module, each.name, hints.get(each.name, each.annotation), depth, use)
    yield base
    numbers = [name for name, value in base.items() if type(value) is int]
    for size in (64, 16):
        # Where parts must fit together, equal sizes often do.
        yield base | {name: size for name in numbers if base[name] in (3, 16, 64, 128)}
    for side, patch in ((224, 16), (240, 16), (192, 12), (256, 32), (64, 8)):
        # Patches must divide images, and some sizes of patches are defaults.
        yield (
            base
            | {name: side for name in numbers if base[name] == 32}
            | {name: patch for name in numbers if base[name] == 4 and "patch" in name}
        )
    for count in (2, 3, 4):
        for name in numbers:
            yield base | {name: (base[name],) * count}
        if len(numbers) > 1:
            yield base | {name: (base[name],) * count for name in numbers if not re.search("class|channel|image", name)}
    for name, value in base.items():
        if isinstance(value, type):
            yield base | {name: value()} if value is nn.ReLU else base | {name: nn.BatchNorm2d}
            yield base | {name: "relu" if value is nn.ReLU else "layer"}
            if _MODULE_NAMES.fullmatch(name.lower().strip("_")):
                yield base | {name: standins.IDENTITY}


def guess(module: ModuleType, name: str, annotation: Any, depth: int, use: reading.Use | None = None) -> Any:
    """A value for a parameter by its annotation and name, in the form in which the constructor's text uses it."""
    value = _fitting(module, name, _value(module, name, annotation, depth, use), depth, use)
    return int(value) if isinstance(value, _Unknown) else value


def _fitting(module: ModuleType, name: str, value: Any, depth: int, use: reading.Use | None) -> Any:
    if use is None:
        return value
    if type(value) in (list, tuple) and value:
        wanted = use.length if use.length is not None else use.least
        return value + value[-1:] * (wanted - len(value)) if wanted > len(value) else value
    if type(value) is dict and not value:
        return _filled(module, use.keys, depth)
    if not isinstance(value, (int, float, type)):
        return value
    if use.keys and not isinstance(value, type):
        return _filled(module, use.keys, depth)
    if use.low is not None and use.high is not None and not isinstance(value, (bool, type)):
        if not use.low < value < use.high:
            return type(value)(max(use.low, min(2, use.high))) if type(value) is int else (use.low + use.high) / 2
    if value is UNKNOWN and use.attributes and not (use.sequence or use.called) and depth:
        return standins.namespace(_filled(module, use.attributes, depth))
    if (count := use.entries()) is not None:
        return (int(value) if isinstance(value, _Unknown) else value,) * count
    if value is UNKNOWN and use.choices:
        return use.choices[0]
    return nn.Identity if value is UNKNOWN and use.called else value


def _filled(module: ModuleType, names: Sequence[str], depth: int) -> dict[str, Any]:
    return {each: guess(module, each, inspect.Parameter.empty, depth - 1) for each in dict.fromkeys(names)}


def _value(module: ModuleType, name: str, annotation: Any, depth: int, use: reading.Use | None) -> Any:
    kinds = _kinds(annotation)
    if (literal := next((each for each in kinds if typing.get_origin(each) is typing.Literal), None)) is not None:
        return typing.get_args(literal)[0]
    whole = next((each for each in kinds if _origin(each) in (*_SEQUENCES, dict)), None)
    if whole is not None and int not in kinds and float not in kinds:
        return _collection(module, name, whole, depth)
    for kind in kinds:
        if _origin(kind) is type and (classes := _kinds(*typing.get_args(kind)[:1])):
            return classes[0]
        if isinstance(kind, type) and issubclass(kind, enum.Enum) and len(kind):
            return next(iter(kind))
        if depth and standins.is_makeable(kind):
            return _module(module, name, kind, depth, use)
    if (bool in kinds or str in kinds) and int not in kinds:
        return _BY_TYPE[bool if bool in kinds else str]
    plain = name.lower().strip("_")
    plainly = any(kind in _BY_TYPE for kind in kinds)
    called = not plainly and use is not None and (use.called or "__call__" in use.attributes)
    value = named(name, kinds)
    if value is not None and not (called and isinstance(value, (int, float))):
        return float(value) if kinds == [float] and isinstance(value, int) else value
    if depth and not plainly:
        if called or _MODULE_NAMES.fullmatch(plain):
            return (_class if use is not None and use.called else _module)(module, name, nn.Module, depth, use)
        if _CONFIGS.fullmatch(plain) and use is not None and use.attributes and not use.keys:
            return standins.namespace(_filled(module, use.attributes, depth))
    for kind in kinds:
        if kind in _BY_TYPE:
            return _BY_TYPE[kind]
    return UNKNOWN


def _kinds(annotation: Any = inspect.Parameter.empty) -> list[Any]:
    """The types of a union, but for None; the type itself where it is none."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        found = [kind for each in typing.get_args(annotation) for kind in _kinds(each)]
    else:
        found = [annotation]
    return [each for each in found if each is not type(None)]


def _origin(kind: Any) -> Any:
    return typing.get_origin(kind) or (kind if kind in (list, tuple, dict) else None)


def _collection(module: ModuleType, name: str, annotation: Any, depth: int) -> Any:
    origin = _origin(annotation)
    inner = [each for each in typing.get_args(annotation) if each is not Ellipsis]
    fixed = origin is tuple and Ellipsis not in typing.get_args(annotation)
    if origin is dict:
        return {}
    if not inner:
        value = named(name)
        return origin([16, 16]) if type(value) is not int else origin([value, value])
    items = [guess(module, name.rstrip("s"), each, depth) for each in (inner if fixed else inner[:1] * 2)]
    return tuple(items) if origin is tuple else items


def _module(module: ModuleType, name: str, kind: type, depth: int, use: reading.Use | None) -> Any:
    """A module as an argument: of the annotated class, of the class of that name, or of one that has what is read from
    it; else the identity.
    """
    if kind is not nn.Module:
        return instance(module, kind, depth - 1) or UNKNOWN
    found = standins.of_name(module, name)
    wanted = [each for each in (use.attributes if use is not None else ()) if not hasattr(nn.Module, each)]
    for each in ([found] if found is not None else []) + (standins.modules(module, wanted, None) if wanted else []):
        if (made := instance(module, each, depth - 1)) is not None:
            return made
    return standins.IDENTITY


def _class(module: ModuleType, name: str, kind: type, depth: int, use: reading.Use | None) -> Any:
    """A class as an argument, of which the constructor makes modules: one that has what is read from it."""
    wanted = [each for each in (use.attributes if use is not None else ()) if not hasattr(nn.Module, each)]
    return next(iter(standins.modules(module, wanted, None)), nn.Identity) if wanted else nn.Identity


def instance(module: ModuleType, kind: type, depth: int) -> Built | None:
    """A way to make a class that is wanted as an argument, of guesses itself: the first that works, else the first."""
    if depth < 0:
        return None
    required = [each for each in parameters(kind) if each.default is each.empty]
    first: Built | None = None
    ways = collections.deque(itertools.islice(guesses(module, kind, required, depth), 8))
    for _ in range(16):
        if not ways:
            break
        values = ways.popleft()
        way = built(kind, standins.written(module, kind), (), values, "names and annotations")
        first = first or way
        try:
            way.make()
        except Exception as error:  # the next guess may do
            ways.extendleft(mended(module, kind, error, values, depth))
            continue
        return way
    return first
