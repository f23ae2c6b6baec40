"""The same model trained under one activation after another, on data that a seed makes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from . import driving, losses
from .activations import Swap
from .channel import Channel, number
from .driving import Drive
from .kinds import Model, Tensor
from .places import Failure, guarded

_RECORDED = 100
_RATE = 1e-3


def compare(drive: Drive, module: ModuleType, request: Mapping[str, Any], channel: Channel) -> None:
    """Train under each activation of the request and say losses, accuracy and mean |gradient| by layer."""
    names = request["activations"]
    total = len(names) * request["seeds"]
    for count, name in enumerate(names):
        runs = []
        for seed in range(request["seeds"]):
            channel.phase(f"training with {name}", count * request["seeds"] + seed, total)
            try:
                runs.append(_train(drive, name, seed, request))
            except Failure as failure:
                channel.say("compared", activation=name, seed=seed, raises=str(failure)[:500])
                break
        for seed, found in enumerate(runs):
            channel.say("compared", activation=name, seed=seed, raises="", **found)


def _train(drive: Drive, name: str, seed: int, request: Mapping[str, Any]) -> dict[str, Any]:
    model = drive.model(seed)
    args, keywords = drive.values(seed)
    with guarded("forward"), torch.no_grad():
        output = model(*args, **keywords)
    data = _data(args, keywords, output, seed, request) if not losses.is_loss(output) else None
    order: list[str] = []
    handles = [
        layer.register_forward_hook(_noting(order, f"{path}.weight".lstrip(".")))
        for path, layer in model.named_modules()
        if isinstance(getattr(layer, "weight", None), nn.Parameter) and layer.weight.dim() >= 2
    ]
    rate = request.get("rate") or _RATE
    parameters = [each for each in model.parameters() if each.requires_grad]
    optimizer = driving.Adam(_together(parameters), rate)
    curve: list[float] = []
    gradients: list[dict[str, float]] = []
    swap = Swap(name)
    batches = data.batches(request) if data is not None else None
    steps = batches.total if batches is not None else request["steps"]
    every = max(steps // _RECORDED, 1)
    for step in range(steps):
        optimizer.clear()
        with swap:
            if batches is not None and data is not None:
                inputs, target = batches.next()
                with guarded("forward"):
                    result = model(inputs)
                loss = data.loss(_first(result), target)
            else:
                loss = driving.run(drive, model, seed, (args, keywords), step).loss
        with guarded("backward"):
            loss.backward()
        if step == 0:
            for handle in handles:
                handle.remove()
        if step % every == 0 or step == steps - 1:
            curve.append(float(loss.detach()))
            gradients.append(_means(model, order))
        optimizer.step()
    accuracy = None
    if data is not None:
        with swap, torch.no_grad(), guarded("forward"):
            accuracy = data.accuracy(_first(model.eval()(data.inputs)))
    return {
        "losses": [number(each) for each in curve],
        "accuracy": accuracy,
        "swapped": swap.swapped > 0,
        "layers": list(dict.fromkeys(order)),
        "gradients": [{key: number(value) for key, value in each.items()} for each in gradients],
        "data": data.name if data is not None else "one batch against noise",
        "steps": steps,
    }


def _together(parameters: list[Tensor]) -> list[Tensor]:
    """The parameters as one long one, of which they become views, gradients included: a step of an optimiser then
    costs a few calls instead of a few for each. They stay as they are where they do not go together.
    """
    kinds = {(each.dtype, each.device) for each in parameters}
    if len(kinds) != 1 or not all(each.is_leaf and each.layout == torch.strided for each in parameters):
        return parameters
    with torch.no_grad():
        whole = torch.cat([each.reshape(-1) for each in parameters])
        whole.grad = torch.zeros_like(whole)
        start = 0
        for each in parameters:
            part = slice(start, start + each.numel())
            each.data, each.grad = whole[part].view(each.shape), whole.grad[part].view(each.shape)
            start += each.numel()
    return [whole]


def _noting(order: list[str], name: str) -> Callable[..., None]:
    def hook(layer: nn.Module, args: Any, output: Any) -> None:
        order.append(name)

    return hook


def _means(model: Model, order: list[str]) -> dict[str, float]:
    named = dict(model.named_parameters())
    return {
        name: float(named[name].grad.detach().abs().mean())
        for name in dict.fromkeys(order)
        if name in named and named[name].grad is not None
    }


def _first(output: Any) -> Tensor:
    return losses.floating(output)[0]


# ----------------------------------------------------------------------------------------------------------------- data


class Data:
    """Points with classes, and the loss and accuracy that fit a model's output."""

    def __init__(self, name: str, inputs: Tensor, target: Tensor, columns: int, named: tuple[str, ...]) -> None:
        self.name, self.inputs, self.target, self._columns = name, inputs, target, columns
        names = " ".join(named).lower()
        self._probabilities = "bceloss" in names or (".binary_cross_entropy" in names and "logits" not in names)

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Cross entropy, binary where the model has one output."""
        if self._columns > 1:
            return F.cross_entropy(output.reshape(len(target), -1), target)
        value = output.reshape(len(target))
        if self._probabilities:
            return F.binary_cross_entropy(value, target.to(value.dtype))
        return F.binary_cross_entropy_with_logits(value, target.to(value.dtype))

    def accuracy(self, output: Tensor) -> float:
        """The share of points whose class is the likeliest one."""
        if self._columns > 1:
            guess = output.reshape(len(self.target), -1).argmax(1)
        else:
            guess = (output.reshape(len(self.target)) > (0.5 if self._probabilities else 0.0)).long()
        return float((guess == self.target).double().mean())

    def batches(self, request: Mapping[str, Any]) -> Batches:
        """Shuffled batches: `epochs` times through all, else as many as there are steps."""
        size = request["batch"]
        whole = math.ceil(len(self.target) / size)
        return Batches(self, size, request["epochs"] * whole if request.get("epochs") else request["steps"])


class Batches:
    """An endless row of shuffled batches, of which `total` are wanted."""

    def __init__(self, data: Data, size: int, total: int) -> None:
        self.total = total
        self._data, self._size, self._at = data, size, 0
        self._order = torch.randperm(len(data.target))

    def next(self) -> tuple[Tensor, Tensor]:
        """The next batch."""
        if self._at >= len(self._order):
            self._at, self._order = 0, torch.randperm(len(self._order))
        index = self._order[self._at : self._at + self._size].to(self._data.target.device)
        self._at += self._size
        return self._data.inputs[index], self._data.target[index]


def circles(points: int, noise: float, factor: float, generator: Any) -> tuple[Tensor, Tensor]:
    """Two concentric circles with radii 1 and `factor`, half of the points on each, with normal noise."""
    half = points // 2
    angles = torch.linspace(0, 2 * math.pi, half + 1)[:-1]
    ring = torch.stack([angles.cos(), angles.sin()], 1)
    inputs = torch.cat([ring, ring * factor]) + noise * torch.randn((2 * half, 2), generator=generator)
    return inputs, torch.cat([torch.zeros(half), torch.ones(half)]).long()


def _data(args: list[Any], keywords: dict[str, Any], output: Any, seed: int, request: Mapping[str, Any]) -> Data | None:
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
