"""What the name of a parameter suggests for its value, and which numbers are larger than that needs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from .instances import Built

_IMAGE, _DEPTH = 32, 2

_VALUES: tuple[tuple[str, Any], ...] = (
    (r"image_size|img_size|image_height|image_width|resolution|input_resolution|height|width_px", _IMAGE),
    (r"(image_)?patch_size|patch(es)?_?(h|w|dim)?$", 4),
    (r"frame_patch_size", 2),
    (r"n_?dims?|num_dims?|(num_)?spatial_dims?|dimensions", 2),
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

_LENGTHS = re.compile(r".*(len|length|seq|context|positions?|tokens?|vocab|embeddings|patches).*")

IMAGES = frozenset({"image"})
INSIDE = frozenset({"depth", "width"})
ALL = IMAGES | INSIDE | {"length"}
"""What `smaller` may change: the sizes of images, what is inside the model, lengths and vocabularies."""


def named(name: str, kinds: Sequence[Any] = ()) -> Any:
    """A value for a parameter of that name and of one of these types; None where it says nothing."""
    plain = name.lower().strip("_")
    for pattern, value in _VALUES:
        if re.fullmatch(pattern, plain) and not (isinstance(value, type) and kinds and kinds[0] in (int, float)):
            return value
    return None


def smaller(values: Mapping[str, Any], what: frozenset[str], times: int = 4) -> dict[str, Any]:
    """Numbers for those that are larger than what their names suggest, also in arguments that are made themselves.

    Widths become at most so many `times` what is suggested; they are halved, so that what divides them still does.
    """
    found = {}
    for name, value in values.items():
        if isinstance(value, Built):
            if value.keywords and value.kind is not None and (inner := smaller(value.keywords, what, times)):
                found[name] = value.changed(inner, value.source)
        elif (less := _less(name, value, what, times)) != value:
            found[name] = less
    return found


def _less(name: str, value: Any, what: frozenset[str], times: int) -> Any:
    suggested = named(name)
    numbers = list(value) if type(value) in (list, tuple) else [value]
    if type(suggested) is not int or not numbers or any(type(each) is not int for each in numbers):
        return value
    if max(numbers) <= suggested:
        return value
    if suggested == _IMAGE:
        if "image" not in what:
            return value
        return type(value)([suggested] * len(numbers)) if type(value) in (list, tuple) else suggested
    if suggested == _DEPTH:
        if "depth" not in what:
            return value
        numbers = [min(each, suggested) for each in numbers]
    elif suggested > _IMAGE:
        if ("length" if _LENGTHS.fullmatch(name.lower()) else "width") not in what:
            return value
        while max(numbers) > times * suggested and all(each % 2 == 0 for each in numbers):
            numbers = [each // 2 for each in numbers]
    return type(value)(numbers) if type(value) in (list, tuple) else numbers[0]
