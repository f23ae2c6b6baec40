"""The same model trained under one activation after another, on data that a seed makes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from . import driving, losses, points
from .activations import Swap
from .channel import Channel, number
from .driving import Drive
from .kinds import Model, Tensor
from .places import Failure, guarded

_RECORDED = 100
_RATE = 1e-3


def compare(drive: Drive, request: Mapping[str, Any], channel: Channel) -> None:
    """Train under each activation of the request and say losses, accuracy and mean |gradient| by layer."""
    from . import stacking

    names, seeds = request["activations"], request["seeds"]
    for count, name in enumerate(names):

        def progress(part: float, count: int = count, name: str = name) -> None:
            channel.phase(f"training with {name}", int(seeds * (count + part)), seeds * len(names))

        progress(0.0)
        try:
            runs = stacking.trained(drive, name, request, progress)
            for seed in range(0 if runs is not None else seeds):
                progress(seed / seeds)
                runs = [*(runs or ()), alone(learner(drive, name, seed, request))]
        except Failure as failure:
            channel.say("compared", activation=name, seed=len(runs or ()), raises=str(failure)[:500])
        for seed, found in enumerate(runs or ()):
            channel.say("compared", activation=name, seed=seed, raises="", **found)


@dataclass(slots=True)
class Learner:
    """A model that is to be trained: what is called with what, and its layers in the order in which they run."""

    drive: Drive
    model: Model
    seed: int
    values: tuple[list[Any], dict[str, Any]]
    data: points.Data | None
    order: list[str]
    swap: Swap
    steps: int
    batch: int
    rate: float

    def loss(self, batch: tuple[Tensor, Tensor] | None, step: int) -> Tensor:
        """The loss of a batch, or of what the model is called with where there is no data. Raises Failure."""
        if batch is None or self.data is None:
            with self.swap:
                return driving.run(self.drive, self.model, self.seed, self.values, step).loss
        with guarded("forward"):
            with self.swap:
                result = self.model(batch[0])
            return self.data.loss(first(result), batch[1])

    def recorded(self, step: int) -> bool:
        """Whether loss and gradients of this step are shown."""
        return step % max(self.steps // _RECORDED, 1) == 0 or step == self.steps - 1

    def found(self, curve: Sequence[float], gradients: Sequence[Mapping[str, float]]) -> dict[str, Any]:
        """What is said of the run, the accuracy of the trained model included. Raises Failure."""
        accuracy = None
        if self.data is not None:
            with self.swap, torch.no_grad(), guarded("forward"):
                accuracy = self.data.accuracy(first(self.model.eval()(self.data.inputs)))
        return {
            "losses": [number(each) for each in curve],
            "accuracy": accuracy,
            "swapped": self.swap.swapped > 0,
            "layers": self.order,
            "gradients": [{key: number(value) for key, value in each.items()} for each in gradients],
            "data": self.data.name if self.data is not None else "one batch against noise",
            "steps": self.steps,
        }


def learner(drive: Drive, name: str, seed: int, request: Mapping[str, Any]) -> Learner:
    """The model of a seed before its first step. Raises Failure."""
    model = drive.model(seed)
    args, keywords = drive.values(seed)
    order: list[str] = []
    handles = [
        layer.register_forward_hook(_noting(order, f"{path}.weight".lstrip(".")))
        for path, layer in model.named_modules()
        if isinstance(getattr(layer, "weight", None), nn.Parameter) and layer.weight.dim() >= 2
    ]
    with guarded("forward"), torch.no_grad():
        output = model(*args, **keywords)
    for handle in handles:
        handle.remove()
    data = points.data_for(args, keywords, output, seed, request) if not losses.is_loss(output) else None
    steps = data.steps(request) if data is not None else request["steps"]
    ordered, rate = list(dict.fromkeys(order)), request.get("rate") or _RATE
    return Learner(drive, model, seed, (args, keywords), data, ordered, Swap(name), steps, request["batch"], rate)


def alone(run: Learner) -> dict[str, Any]:
    """Train one model. Raises Failure."""
    optimizer = driving.Adam(together([each for each in run.model.parameters() if each.requires_grad]), run.rate)
    curve: list[float] = []
    gradients: list[dict[str, float]] = []
    batches = points.batches(run.data, run.batch, run.seed) if run.data is not None else itertools.repeat(None)
    for step, batch in zip(range(run.steps), batches, strict=False):
        optimizer.clear()
        loss = run.loss(batch, step)
        with guarded("backward"):
            loss.backward()
        if run.recorded(step):
            curve.append(float(loss.detach()))
            gradients.append(_means(run.model, run.order))
        optimizer.step()
    return run.found(curve, gradients)


def together(parameters: list[Tensor]) -> list[Tensor]:
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
        for name in order
        if name in named and named[name].grad is not None
    }


def first(output: Any) -> Tensor:
    """The first floating tensor of an output."""
    return losses.floating(output)[0]
