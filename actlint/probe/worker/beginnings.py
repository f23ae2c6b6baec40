"""With which inputs to begin: those of calls, then what names and annotations of the parameters, the code and the first
layers say, then common shapes.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import torch
from torch import nn

from . import specs, static
from .expressions import evaluated
from .inputs import Inputs
from .kinds import SEQUENCE_LAYERS, Model
from .specs import Spec, floats, integers

BATCH = 2
"""Samples in inputs that are tried."""


def starts(
    model: Model,
    forward: Callable[..., Any],
    request: Mapping[str, Any],
    module: ModuleType,
    made_by: str,
    sizes: Mapping[str, Any],
) -> Iterator[Inputs]:
    """Inputs for a call of the model, the likeliest first. `made_by` and `sizes` are as in `searching.find`."""
    for call in request.get("input_calls", ()):
        try:
            found = [specs.like(evaluated(text, module)) for text in call["args"]]
            named = [(name, specs.like(evaluated(text, module))) for name, text in call["keywords"].items()]
        except Exception:  # the call names what only its own place knows
            continue
        if all(spec is not None for spec in found) and all(spec is not None for _, spec in named):
            yield Inputs(
                tuple(spec for spec in found if spec is not None),
                tuple((name, spec) for name, spec in named if spec is not None),
                call.get("source") or f"the call at {call['where']}",
            )
    needed = _required(parameters(forward))
    if not needed:
        yield Inputs((), (), "forward takes nothing")
        return
    sequences = isinstance(model, nn.Module) and any(isinstance(m, SEQUENCE_LAYERS) for m in model.modules())
    side = int(written[1]) if (written := _SIZE.search(made_by)) else 32
    for shapes in request.get("shapes", ()):
        for first in static.specs(shapes.get(needed[0].name), sizes, sequences, side):
            rest = [
                next(static.specs(shapes.get(each.name), sizes, sequences, side), None) or other(model, each, first)
                for each in needed[1:]
            ]
            yield _together(needed, [first, *rest], "the shapes that the code shows")
    for first in _candidates(model, needed[0].name, made_by):
        rest = [other(model, each, first) for each in needed[1:]]
        yield _together(needed, [first, *rest], "the layers of the model")


def _together(parameters: Sequence[inspect.Parameter], found: Sequence[Spec], source: str) -> Inputs:
    pairs = list(zip(parameters, found, strict=True))
    positional = tuple(spec for each, spec in pairs if each.kind is not each.KEYWORD_ONLY)
    return Inputs(positional, tuple((p.name, spec) for p, spec in pairs if p.kind is p.KEYWORD_ONLY), source)


def parameters(forward: Callable[..., Any]) -> list[inspect.Parameter]:
    """Those of a call; none where it does not say."""
    function = forward.forward if isinstance(forward, nn.Module) else forward
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _required(found: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
    needed = [
        each
        for each in found
        if each.default is each.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
    ]
    if not needed and found:
        # `forward(self, *inputs)` and `forward(self, x=None)` still want a tensor.
        first = found[0]
        if first.kind is first.VAR_POSITIONAL or first.default is None:
            return [first.replace(kind=first.POSITIONAL_OR_KEYWORD)]
    return needed


_IMAGES = re.compile(r"images?|imgs?|pixel_values|pictures?")
_VIDEOS = re.compile(r"videos?|clips?|frames")
_TOKENS = re.compile(r"tokens?|ids|input_ids|indices|idx|src_tokens|words|text|captions?|token_ids|seq")
_MASKS = re.compile(r".*mask.*")
_TIMES = re.compile(r"t|times?|timesteps?|sigmas?|noise_level")
_NUMBERS = re.compile(
    r".*(cont|continuous|numer|numerical|numeric|dense|floats?|real|values?|feats?|features|coors|coords)"
)
_LABELS = re.compile(r"y|labels?|targets?|class(es)?|class_labels?")


_SIZE = re.compile(r"\b(?:image_size|img_size|input_resolution|resolution)=\(?(\d+)")
_CHANNELS = re.compile(r"\b(?:in_)?(?:channels|chans)=(\d+)")


def _candidates(model: Model, name: str, made_by: str) -> Iterator[Spec]:
    """Inputs for the first argument: what its name says, then what the first layers take, then common shapes.

    The call that made the model may say how large images are, and how many channels they have.
    """
    size = next((int(s) for s in (_side(model, key) for key in ("image_size", "img_size", "input_size")) if s), 32)
    if written := _SIZE.search(made_by):
        size = int(written[1])
    channels = int(written[1]) if (written := _CHANNELS.search(made_by)) else 3
    entries = list(_entries(model, size))
    plain = name.lower()
    if _TOKENS.fullmatch(plain):
        yield from (spec for spec in entries if spec.dtype == torch.int64)
    if _VIDEOS.fullmatch(plain):
        yield floats(BATCH, channels, 4, size, size)
    if _IMAGES.fullmatch(plain) or _SIZE.search(made_by):
        yield floats(BATCH, channels, size, size)
        yield from (spec for spec in entries if len(spec.shape) == 4)
    yield from entries
    yield from (
        floats(BATCH, 64),
        floats(BATCH, 16, 64),
        floats(BATCH, 3, size, size),
        integers(10, BATCH, 16),
        floats(BATCH, 1, 28, 28),
        floats(BATCH, 64, 8, 8),
        floats(BATCH, 3, 224, 224),
        floats(BATCH, 3, 4, 32, 32),
        floats(BATCH, 3, 64),
        floats(BATCH),
    )


def _side(model: Model, key: str) -> int | None:
    found = getattr(model, key, None)
    found = found[0] if isinstance(found, (tuple, list)) and found else found
    return found if isinstance(found, int) and 4 <= found <= 512 else None


def _entries(model: Model, size: int) -> Iterator[Spec]:
    """What the first layers take, in the order in which they are registered."""
    seen = 0
    for layer in model.modules() if isinstance(model, nn.Module) else ():
        before = seen
        for spec in _taken(layer, size):
            seen += 1
            yield spec
        if seen > before and seen > 12:
            return


def _taken(layer: nn.Module, size: int) -> Iterator[Spec]:
    if any(map(nn.parameter.is_lazy, layer.parameters(recurse=False))):
        return  # it takes whatever comes first
    match layer:
        case nn.Embedding() | nn.EmbeddingBag():
            yield integers(layer.num_embeddings, BATCH, 16)
            yield integers(layer.num_embeddings, BATCH)
        case nn.Linear():
            yield floats(BATCH, layer.in_features)
            yield floats(BATCH, 16, layer.in_features)
            for channels in (1, 3):
                side = round((layer.in_features / channels) ** 0.5)
                if side > 3 and channels * side * side == layer.in_features:
                    yield floats(BATCH, channels, side, side)
        case nn.Conv2d() | nn.ConvTranspose2d():
            for side in dict.fromkeys((size, 28, 64, 224)):
                yield floats(BATCH, layer.in_channels, side, side)
        case nn.Conv1d() | nn.ConvTranspose1d():
            yield floats(BATCH, layer.in_channels, 64)
            yield floats(BATCH, 64, layer.in_channels)
        case nn.Conv3d() | nn.ConvTranspose3d():
            yield floats(BATCH, layer.in_channels, 8, size, size)
        case nn.RNNBase():
            yield floats(BATCH, 16, layer.input_size)
        case nn.RNNCellBase():
            yield floats(BATCH, layer.input_size)
        case nn.MultiheadAttention():
            yield floats(BATCH, 16, layer.embed_dim)
        case nn.LayerNorm():
            yield floats(BATCH, 16, *layer.normalized_shape)
        case nn.BatchNorm2d():
            yield floats(BATCH, layer.num_features, 16, 16)
        case nn.BatchNorm1d():
            yield floats(BATCH, layer.num_features)
            yield floats(BATCH, layer.num_features, 16)
        case nn.GroupNorm():
            yield floats(BATCH, layer.num_channels, 16, 16)
        case _:
            return


def other(model: Model, parameter: inspect.Parameter, first: Spec) -> Spec:
    """An argument after the first: by its name, else like the first."""
    plain = parameter.name.lower()
    if _MASKS.fullmatch(plain):
        return Spec(
            torch.bool, first.shape[: 2 if len(first.shape) == 3 else 1] if len(first.shape) > 2 else first.shape
        )
    if _TIMES.fullmatch(plain):
        return floats(BATCH) if parameter.annotation in (parameter.empty, torch.Tensor) else integers(100, BATCH)
    if _LABELS.fullmatch(plain):
        return integers(10, BATCH)
    if _NUMBERS.fullmatch(plain) and not first.dtype.is_floating_point:
        return floats(*first.shape)
    if parameter.annotation is int:
        return Spec(torch.float32, (), batched=False, constant=1)
    if parameter.annotation is float:
        return Spec(torch.float32, (), batched=False, constant=0.5)
    if parameter.annotation is bool:
        return Spec(torch.float32, (), batched=False, constant=True)
    if _TOKENS.fullmatch(plain):
        bound = next((m.num_embeddings for m in model.modules() if isinstance(m, nn.Embedding)), 10)
        return integers(bound, BATCH, 16)
    if _IMAGES.fullmatch(plain):
        return floats(BATCH, 3, 32, 32)
    return replace(first)
