"""Values for the parameters of a constructor that need one: what names, annotations and the constructor's text say."""

from __future__ import annotations

import collections
import inspect
import itertools
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from torch import nn

from . import reading
from .instances import Built, built, parameters

_IMAGE, _DEPTH = 32, 2

_VALUES: tuple[tuple[str, Any], ...] = (
    (r"image_size|img_size|image_height|image_width|resolution|input_resolution|height|width_px", _IMAGE),
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
    (r".*(depths?|layers?|blocks?|stages?|repeats?|stacks|levels|hierarchies|scales|iterations|recursions)$", _DEPTH),
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
    (r"(num|n|nb|max|min)_.*", 4),
)
"""What a parameter's name suggests; the first pattern that fits the whole name counts."""


class _Unknown(int):
    """A number for want of anything better: nothing is known of what it stands for."""


UNKNOWN = _Unknown(16)

_BY_TYPE: Mapping[Any, Any] = {int: 16, float: 0.5, bool: False, str: "", list: [16, 16], tuple: (16, 16), dict: {}}


_ASKS = (
    re.compile(r"missing \d+ required (?:keyword-only|positional) arguments?: (.*)"),
    re.compile(r"(.*) must be (?:passed|supplied|specified|given|set|provided)"),
)


def mended(
    module: ModuleType, cls: Any, error: BaseException, known: Mapping[str, Any], depth: int
) -> Iterator[dict[str, Any]]:
    """The keywords with those that an error asks for, which are passed on in ways that no signature shows.

    What was given already and did not arrive is given again under the prefixes that the constructor takes away.
    """
    asked = _asked(error)
    wanted = [each for each in asked if each not in known]
    if not wanted and asked:
        starts = [each for each in reading.prefixes(cls) if f"{each}{asked[0]}" not in known]
        wanted = [f"{start}{each}" for each in asked for start in starts]
        known = {key: value for key, value in known.items() if key not in asked} if wanted else known
    if wanted:
        yield {**known, **{each: guess(module, each, inspect.Parameter.empty, depth) for each in wanted}}


def _asked(error: BaseException) -> list[str]:
    if isinstance(error, KeyError):
        names = [str(error.args[0])] if error.args else []
    else:
        found = next((match for pattern in _ASKS if (match := pattern.search(str(error)))), None)
        names = re.findall(r"[a-z_]\w*", found[1]) if found else []
        names = [each for each in names if each not in ("and", "or", "the", "either", "both")]
    return [each for each in names if each.isidentifier()][:6]


def smaller(values: Mapping[str, Any], images: bool) -> dict[str, Any]:
    """Numbers for those that are larger than what their names suggest; with `images` for the sizes of images alone.

    Widths are halved, so that what divides them still does.
    """
    found = {}
    for name, value in values.items():
        suggested = _named(name, ())
        if type(value) is not int or type(suggested) is not int or value <= suggested:
            continue
        if suggested == _IMAGE or (suggested == _DEPTH and not images):
            found[name] = suggested
        elif suggested > _IMAGE and not images:
            while value > 4 * suggested and value % 2 == 0:
                value //= 2
            found[name] = value
    return found


def guesses(
    module: ModuleType, cls: Any, required: Sequence[inspect.Parameter], depth: int
) -> Iterator[dict[str, Any]]:
    """Values for the parameters that need one: the plain guess first, then variations of it."""
    try:
        hints = typing.get_type_hints(cls.__init__)
    except Exception:  # names that exist for the type checker alone
        hints = {}
    told = reading.uses(cls)
    base = {
        each.name: guess(module, each.name, hints.get(each.name, each.annotation), depth, told.get(each.name))
        for each in required
    }
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


def _fitting(value: Any, use: reading.Use | None) -> Any:
    if use is None or not isinstance(value, (int, float, type)):
        return value
    if (count := use.entries()) is not None:
        return (int(value) if isinstance(value, _Unknown) else value,) * count
    if value is UNKNOWN and use.choices:
        return use.choices[0]
    return nn.Identity if value is UNKNOWN and use.called else value


def guess(module: ModuleType, name: str, annotation: Any, depth: int, use: reading.Use | None = None) -> Any:
    """A value for a parameter by its annotation and name, in the form in which the constructor's text uses it."""
    value = _fitting(_value(module, name, annotation, depth), use)
    return int(value) if isinstance(value, _Unknown) else value


def _value(module: ModuleType, name: str, annotation: Any, depth: int) -> Any:
    kinds = [each for each in (typing.get_args(annotation) or (annotation,)) if each is not type(None)]
    origin = typing.get_origin(annotation)
    if origin in (list, tuple, dict) or annotation in (list, tuple, dict):
        inner = [each for each in typing.get_args(annotation) if each is not Ellipsis]
        fixed = origin is tuple and Ellipsis not in typing.get_args(annotation)
        items = [guess(module, name.rstrip("s"), each, depth) for each in (inner if fixed else inner[:1] * 2)]
        return {} if origin is dict else (tuple(items) if origin is tuple else items)
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, nn.Module) and depth:
            return _module(module, name, kind, depth - 1)
    if (bool in kinds or str in kinds) and int not in kinds:
        return _BY_TYPE[bool if bool in kinds else str]
    plain = name.lower().strip("_")
    if (named := _named(name, kinds)) is not None:
        return float(named) if kinds == [float] and isinstance(named, int) else named
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
    return UNKNOWN


def _named(name: str, kinds: Sequence[Any]) -> Any:
    plain = name.lower().strip("_")
    for pattern, value in _VALUES:
        if re.fullmatch(pattern, plain) and not (isinstance(value, type) and kinds and kinds[0] in (int, float)):
            return value
    return None


def _module(module: ModuleType, name: str, kind: type, depth: int) -> Any:
    """A module as an argument: of the annotated class, made of guesses itself."""
    if kind is nn.Module:
        return Built(nn.Identity, "nn.Identity()", "")
    required = [each for each in parameters(kind) if each.default is each.empty]
    first: Built | None = None
    ways = collections.deque(itertools.islice(guesses(module, kind, required, depth), 8))
    for _ in range(16):
        if not ways:
            break
        values = ways.popleft()
        way = built(kind, kind.__name__, (), values, "names and annotations")
        first = first or way
        try:
            way.make()
        except Exception as error:  # the next guess may do
            ways.extendleft(mended(module, kind, error, values, depth))
            continue
        return way
    return first
