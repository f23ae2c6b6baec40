"""Points with classes for `--compare`: two concentric circles for classifiers of vectors, noise for the others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch.nn import functional as F

from . import losses
from .kinds import Tensor


class Data:
    """Points with classes, and the loss and accuracy that fit a model's output."""

    def __init__(self, name: str, inputs: Tensor, target: Tensor, columns: int, named: tuple[str, ...]) -> None:
        self.name, self.inputs, self.target, self._columns = name, inputs, target, columns
        names = " ".join(named).lower()
        self._probabilities = "bceloss" in names or (".binary_cross_entropy" in names and "logits" not in names)

    def loss(self, output: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
        """Cross entropy, binary where the model has one output."""
        if self._columns > 1:
            return F.cross_entropy(output.reshape(len(target), -1), target, reduction=reduction)
        value = output.reshape(len(target))
        if self._probabilities:
            return F.binary_cross_entropy(value, target.to(value.dtype), reduction=reduction)
        return F.binary_cross_entropy_with_logits(value, target.to(value.dtype), reduction=reduction)

    def accuracy(self, output: Tensor) -> float:
        """The share of points whose class is the likeliest one."""
        if self._columns > 1:
            guess = output.reshape(len(self.target), -1).argmax(1)
        else:
            guess = (output.reshape(len(self.target)) > (0.5 if self._probabilities else 0.0)).long()
        return float((guess == self.target).double().mean())

    def steps(self, request: Mapping[str, Any]) -> int:
        """How many batches are wanted: `epochs` times all, else as many as there are steps."""
        whole = math.ceil(len(self.target) / request["batch"])
        return int(request["epochs"] * whole if request.get("epochs") else request["steps"])


def batches(data: Data, size: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """An endless row of shuffled batches. The last one of a round may be smaller."""
    for inputs, target in rounds(data, seed):
        for start in range(0, len(target), size):
            yield inputs[start : start + size], target[start : start + size]


def rounds(data: Data, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """All points, in another order each time."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(data.target), generator=generator).to(data.target.device)
        yield data.inputs[order], data.target[order]


def circles(points: int, noise: float, factor: float, generator: Any) -> tuple[Tensor, Tensor]:
    """Two concentric circles with radii 1 and `factor`, half of the points on each, with normal noise."""
    half = points // 2
    angles = torch.linspace(0, 2 * math.pi, half + 1)[:-1]
    ring = torch.stack([angles.cos(), angles.sin()], 1)
    inputs = torch.cat([ring, ring * factor]) + noise * torch.randn((2 * half, 2), generator=generator)
    return inputs, torch.cat([torch.zeros(half), torch.ones(half)]).long()


def data_for(
    args: list[Any], keywords: dict[str, Any], output: Any, seed: int, request: Mapping[str, Any]
) -> Data | None:
    """Circles for a classifier of vectors; noise with as many classes as the model has for any other one."""
    found = losses.floating(output)
    if keywords or len(args) != 1 or len(found) != 1 or found[0].dim() > 2:
        return None
    given, first = args[0], found[0]
    columns = 1 if first.dim() == 1 else int(first.shape[1])
    generator = torch.Generator().manual_seed(seed)
    points = request.get("points") or 1000
    if isinstance(given, torch.Tensor) and given.dim() == 2 and given.is_floating_point() and given.shape[1] >= 2:
        inputs, target = circles(points, 0.05, 0.5, generator)
        if given.shape[1] > 2:
            # The plane of the circles, turned into the space of the model's inputs.
            turned, _ = torch.linalg.qr(torch.randn((given.shape[1], 2), generator=generator))
            inputs = inputs @ turned.T * (given.shape[1] / 2) ** 0.5
        name = "two circles"
    elif isinstance(given, torch.Tensor) and columns > 1:
        inputs, target = given, torch.randint(0, columns, (len(given),), generator=generator)
        name = "one batch of noise"
    else:
        return None
    return Data(name, inputs.to(given.device), target.to(given.device), columns, tuple(request.get("losses", ())))
