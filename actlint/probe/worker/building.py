"""Making an instance of the class: with the arguments given, its defaults, those of a call in the project, or small
values that names and annotations suggest. What was guessed is said."""

from __future__ import annotations

import collections
import inspect
import itertools
import re
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import nn

from .kinds import Model
from .places import Failure, guarded

_TRIALS = 40
_DEPTH = 3

_VALUES: tuple[tuple[str, Any], ...] = (
    (r"image_size|img_size|image_height|image_width|resolution|input_resolution|height|width_px", 32),
    (r"(image_)?patch_size|patch(es)?_?(h|w|dim)?$", 4),
    (r"frame_patch_size", 2),
    (r"(num_)?frames?$", 4),
    (
        r"in_?(channels|chans|planes|ch|c)$|inplanes|n_channels|num_channels|input_channels|channels_in|image_channels",
        3,
    ),
    (r"(num|n|nb|out)?_?(classes|labels|class|outputs?|actions?)$|nclass|num_targets", 10),
    (r"(num|n)_?(tokens|embeddings|vocab)$|vocab(ulary)?_?(size)?$|ntokens?$|num_items|num_users", 256),
    (r".*(seq|context|sequence|block|max).*(len|length|size|positions?)$|max_?len|(num|n)_patches|num_positions", 64),
    (r"dim_head|head_dim|d_head|d_k|d_v", 16),
    (r".*heads?$|nhead", 4),
    (r".*(depths?|layers?|blocks?|stages?|repeats?|stacks)$", 2),
    (r"kernel.*|k$|ks$", 3),
    (r"stride|dilation|groups|reps?$", 1),
    (r"padding|pad$", 1),
    (r".*(scale|factor|ratio|expansion|expand|mult|reduction|upscale|upsample|downsample)(_factor)?$", 2),
    (r".*(dropout|drop|drop_path|drop_prob|drop_rate|p)$", 0.1),
    (r".*eps(ilon)?$", 1e-5),
    (r"lr|learning_rate", 1e-3),
    (r"temperature|alpha|beta|gamma|momentum|theta|tau|decay|rate|prob|sigma", 0.5),
    (r".*norm(_layer|_class|_type|_cls)?$", nn.LayerNorm),
    (r".*(act|activation|nonlin|nonlinearity)(_layer|_fn|_func|_class|_cls|_function)?$", nn.ReLU),
    (r"mlp_dim|d_ff|dim_feedforward|ff_dim|ffn_dim|mlp_size", 128),
    (r"channels?|planes|filters|nf|ngf|ndf|out_?(channels|planes|ch|c)|base_.*|n_filters|num_filters|growth.*", 16),
    (
        r".*(dim|size|features?|hidden|embed|width|units|neurons|latent|model|ch|channels|inner|nz|bottleneck)s?(_?\d+)?$",
        64,
    ),
)
"""What a parameter's name suggests; the first pattern that fits the whole name counts."""

_BY_TYPE: Mapping[Any, Any] = {int: 16, float: 0.5, bool: False, str: "", list: [16, 16], tuple: (16, 16), dict: {}}


@dataclass(frozen=True, slots=True)
class Built:
    """An instance, how to make it again, how to write that, and where its arguments come from."""

    make: Callable[[], Model]
    text: str
    source: str
    keywords: Mapping[str, Any] | None = None


def build(module: ModuleType, name: str, request: Mapping[str, Any], seed: int) -> Built:
    """The way to make an instance that works first. Raises Failure with the first way's error."""
    with guarded("import"):
        cls = module
        for part in name.split("."):
            cls = getattr(cls, part)
    first: Failure | None = None
    ways = collections.deque(itertools.islice(_ways(module, cls, name, request), _TRIALS))
    tried: set[str] = set()
    while ways and len(tried) < _TRIALS:
        built = ways.popleft()
        if built.text in tried:
            continue
        tried.add(built.text)
        try:
            fresh(built, seed)
        except Failure as failure:
            first = first or failure
            if built.keywords is not None and (wanted := _wanted(failure.cause, built.keywords)):
                more = {each: _guess(module, each, inspect.Parameter.empty, _DEPTH) for each in wanted}
                ways.appendleft(_built(cls, name, (), {**built.keywords, **more}, "names and errors"))
            continue
        return built
    assert first is not None
    raise first


def fresh(built: Built, seed: int) -> Model:
    """A new instance; every seed gives one of its own, and the same one each time. Raises Failure."""
    torch.manual_seed(seed)
    with guarded("construct"):
        return built.make()


def _ways(module: ModuleType, cls: Any, name: str, request: Mapping[str, Any]) -> Iterator[Built]:
    given = {key: _evaluated(text, module) for key, text in request.get("init", {}).items()}
    parameters = _parameters(cls)
    required = [each for each in parameters if each.default is each.empty and each.name not in given]
    if given and not required:
        yield _built(cls, name, (), given, "given")
        return
    if not required:
        yield _built(cls, name, (), {}, "defaults")
    if not given:
        for call in request.get("calls", ()):
            try:
                args = [_evaluated(text, module) for text in call["args"]]
                keywords = {key: _evaluated(text, module) for key, text in call["keywords"].items()}
            except Exception:  # the call names what only its own place knows
                continue
            yield _built(cls, name, args, keywords, f"the call at {call['where']}")
    for values in _guesses(module, cls, required, _DEPTH):
        yield _built(cls, name, (), given | values, "names and annotations")


def _evaluated(text: str, module: ModuleType) -> Any:
    """The value of an expression in the user's module; torch is known there whatever it imports."""
    scope = {"torch": torch, "nn": nn, "F": nn.functional} | vars(module)
    return eval(compile(text, "<argument>", "eval"), scope)  # noqa: S307 - the user's own text


def _built(cls: Any, name: str, args: Sequence[Any], keywords: Mapping[str, Any], source: str) -> Built:
    def make() -> Model:
        return cls(*(_made(each) for each in args), **{key: _made(each) for key, each in keywords.items()})

    shown = [*map(_shown, args), *(f"{key}={_shown(each)}" for key, each in keywords.items())]
    return Built(make, f"{name}({', '.join(shown)})", source, None if args else keywords)


_ASKS = (
    re.compile(r"missing \d+ required (?:keyword-only|positional) arguments?: (.*)"),
    re.compile(r"(.*) must be (?:passed|supplied|specified|given|set|provided)"),
)


def _wanted(error: BaseException, known: Mapping[str, Any]) -> list[str]:
    """The arguments that an error asks for, which are passed on in ways that no signature shows."""
    if isinstance(error, KeyError):
        names = [str(error.args[0])] if error.args else []
    else:
        found = next((match for pattern in _ASKS if (match := pattern.search(str(error)))), None)
        names = re.findall(r"[a-z_]\w*", found[1]) if found else []
        names = [each for each in names if each not in ("and", "or", "the", "either", "both")]
    return [each for each in names if each.isidentifier() and each not in known][:6]


def _made(value: Any) -> Any:
    """Modules among the arguments are made anew with each instance."""
    return value.make() if isinstance(value, Built) else value


def _shown(value: Any) -> str:
    if isinstance(value, Built):
        return value.text
    if isinstance(value, type):
        return f"nn.{value.__name__}" if value.__module__.startswith("torch.nn") else value.__name__
    text = repr(value)
    return text if len(text) < 60 else f"<{type(value).__name__}>"


def _parameters(cls: Any) -> list[inspect.Parameter]:
    try:
        found = list(inspect.signature(cls).parameters.values())
    except (TypeError, ValueError):
        return []
    return [each for each in found if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]


def _guesses(
    module: ModuleType, cls: Any, required: Sequence[inspect.Parameter], depth: int
) -> Iterator[dict[str, Any]]:
    """Values for the parameters that need one: the plain guess first, then variations of it."""
    try:
        hints = typing.get_type_hints(cls.__init__)
    except Exception:  # names that exist for the type checker alone
        hints = {}
    base = {each.name: _guess(module, each.name, hints.get(each.name, each.annotation), depth) for each in required}
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


def _guess(module: ModuleType, name: str, annotation: Any, depth: int) -> Any:
    kinds = [each for each in (typing.get_args(annotation) or (annotation,)) if each is not type(None)]
    origin = typing.get_origin(annotation)
    if origin in (list, tuple, dict) or annotation in (list, tuple, dict):
        inner = [each for each in typing.get_args(annotation) if each is not Ellipsis]
        fixed = origin is tuple and Ellipsis not in typing.get_args(annotation)
        items = [_guess(module, name.rstrip("s"), each, depth) for each in (inner if fixed else inner[:1] * 2)]
        return {} if origin is dict else (tuple(items) if origin is tuple else items)
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, nn.Module) and depth:
            return _module(module, name, kind, depth - 1)
    if (bool in kinds or str in kinds) and int not in kinds:
        return _BY_TYPE[bool if bool in kinds else str]
    plain = name.lower().strip("_")
    for pattern, value in _VALUES:
        if re.fullmatch(pattern, plain):
            if isinstance(value, type) and kinds and kinds[0] in (int, float):
                continue
            return float(value) if kinds == [float] and isinstance(value, int) else value
    if depth and re.fullmatch(
        r".*(encoder|decoder|model|net|module|backbone|fn|transformer|layer|block|attn|head|vit)", plain
    ):
        found = next((c for key, c in vars(module).items() if key.lower() == plain and isinstance(c, type)), None)
        if found is not None and issubclass(found, nn.Module):
            return _module(module, name, found, depth - 1)
        return Built(nn.Identity, "nn.Identity()", "")
    for kind in kinds:
        if kind in _BY_TYPE:
            return _BY_TYPE[kind]
    return 16


def _module(module: ModuleType, name: str, kind: type, depth: int) -> Any:
    """A module as an argument: of the annotated class, made of guesses itself."""
    if kind is nn.Module:
        return Built(nn.Identity, "nn.Identity()", "")
    required = [each for each in _parameters(kind) if each.default is each.empty]
    first: Built | None = None
    ways = collections.deque(itertools.islice(_guesses(module, kind, required, depth), 8))
    for _ in range(16):
        if not ways:
            break
        values = ways.popleft()
        built = _built(kind, kind.__name__, (), values, "names and annotations")
        first = first or built
        try:
            built.make()
        except Exception as error:  # the next guess may do
            if wanted := _wanted(error, values):
                more = {each: _guess(module, each, inspect.Parameter.empty, depth) for each in wanted}
                ways.appendleft({**values, **more})
            continue
        return built
    return first
