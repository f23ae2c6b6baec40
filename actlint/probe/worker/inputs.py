"""What a model is called with: arguments by kind and shape, whence they come, and values for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch

from .kinds import Model
from .specs import Spec

_LEAST = 16


@dataclass(frozen=True, slots=True)
class Inputs:
    """Positional arguments and keywords of a call, and where they come from."""

    positional: tuple[Spec, ...]
    keywords: tuple[tuple[str, Spec], ...] = ()
    source: str = ""

    def all(self) -> list[Spec]:
        """The specs of all arguments."""
        return [*self.positional, *(spec for _, spec in self.keywords)]

    def sized(self, batch: int) -> Inputs:
        """The same for another batch."""
        return Inputs(
            tuple(spec.sized(batch) for spec in self.positional),
            tuple((name, spec.sized(batch)) for name, spec in self.keywords),
            self.source,
        )

    def make(
        self, seed: int, device: torch.device, dtype: torch.dtype = torch.float32, scale: float = 1.0
    ) -> tuple[list[Any], dict[str, Any]]:
        """Values, the same for the same seed."""
        generator = torch.Generator().manual_seed(seed)
        args = [spec.make(generator, device, dtype, scale) for spec in self.positional]
        return args, {name: spec.make(generator, device, dtype, scale) for name, spec in self.keywords}

    @property
    def text(self) -> str:
        """As users write it."""
        return ", ".join([*(s.text for s in self.positional), *(f"{name}={s.text}" for name, s in self.keywords)])


def inside_a_network(inputs: Inputs) -> Inputs:
    """The same as they would come from a layer before the model."""
    count = len(inputs.positional)
    changed = [replace(each, grad=True) for each in inputs.all()]
    named = zip((name for name, _ in inputs.keywords), changed[count:], strict=True)
    return Inputs(tuple(changed[:count]), tuple(named), f"{inputs.source}, as from a layer before it")


def halved(inputs: Inputs) -> Iterator[Inputs]:
    """The same with half of what is not the batch, nor channels or features: sides of images, lengths of sequences."""
    for parts in (slice(-2, None), slice(-3, -2)):
        changed = [_halved(spec, parts) for spec in inputs.all()]
        if changed != inputs.all():
            count = len(inputs.positional)
            named = zip((name for name, _ in inputs.keywords), changed[count:], strict=True)
            yield Inputs(tuple(changed[:count]), tuple(named), f"{inputs.source}, with smaller sizes")


def _halved(spec: Spec, parts: slice) -> Spec:
    shape = list(spec.shape)
    if len(shape) >= 4:
        inside = range(*parts.indices(len(shape)))[-2:]
    elif len(shape) == 3 - (not spec.dtype.is_floating_point):
        inside = range(1, 2)
    else:
        return spec
    for index in inside:
        if index > 1 or len(shape) < 4:
            # What is too small makes sizes of zero, and numbers that are not finite, in models that are fine.
            shape[index] = max(shape[index] // 2, min(shape[index], _LEAST if len(shape) < 4 else 2 * _LEAST))
    return replace(spec, shape=tuple(shape))


def sequence_first(model: Model, inputs: Inputs) -> bool:
    """Whether the first dimension may be time instead of the batch: a layer counts it so and nobody said otherwise."""
    doubtful = any(getattr(layer, "batch_first", True) is False for layer in model.modules())
    return doubtful and not any(len(spec.shape) >= 4 for spec in inputs.all())
