"""Small models of several seeds trained at once: a step of all takes little longer than a step of one.

Their parameters are stacked and the model is mapped over them. That this computes the same is not taken for granted:
at the first and after the last step losses and gradients are compared with those of each model alone.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from . import comparing, driving, points
from .comparing import Learner
from .driving import Drive
from .kinds import Tensor
from .places import Failure, guarded

_MOST = 300_000
"""Numbers in all models together: where there are more, the time goes into arithmetic, and nothing is won."""

_SAME, _NOTHING = 1e-6, 1e-9

Tensors = Mapping[str, Tensor]


def trained(
    drive: Drive, name: str, request: Mapping[str, Any], progress: Callable[[float], None]
) -> list[dict[str, Any]] | None:
    """What `comparing.alone` finds for each seed; None where the models cannot be trained together, or where that does
    not give what each gives alone.
    """
    try:
        runs = [comparing.learner(drive, name, seed, request) for seed in range(request["seeds"])]
        return _trained(runs, progress) if _alike(runs) else None
    except Failure:  # what raises, and for which seed, is seen where each is trained alone
        return None


def _alike(runs: list[Learner]) -> bool:
    """Whether these are small models on data with the same parameters, trained as they are, and without state."""
    if len(runs) < 2 or any(not isinstance(each.model, nn.Module) or each.data is None for each in runs):
        return False
    if runs[0].drive.device.type == "mps":
        return False  # it lacks the precision in which they are compared
    shapes = [[(n, p.shape, p.dtype, p.requires_grad) for n, p in each.model.named_parameters()] for each in runs]
    if any(each != shapes[0] for each in shapes) or any(each.order != runs[0].order for each in runs):
        return False
    if len({len(each.data.target) for each in runs if each.data is not None}) != 1:
        return False
    # Running statistics and the like differ from seed to seed, and change.
    count = sum(parameter.numel() for each in runs for parameter in each.model.parameters())
    return 0 < count <= _MOST and not list(runs[0].model.buffers())


def _trained(runs: list[Learner], progress: Callable[[float], None]) -> list[dict[str, Any]] | None:
    sample = runs[0]
    stacked = {
        name: torch.stack([dict(each.model.named_parameters())[name].detach() for each in runs])
        for name, _ in sample.model.named_parameters()
    }
    learned = [stacked[name].requires_grad_() for name, each in sample.model.named_parameters() if each.requires_grad]
    optimizer = driving.Adam(comparing.together(learned), sample.rate)
    forward = _mapped(sample)
    curves: list[Tensor] = []
    means: list[dict[str, Tensor]] = []
    for step, (inputs, target) in zip(range(sample.steps), _batches(runs), strict=False):
        optimizer.clear()
        with guarded("forward"):
            output = forward(stacked, inputs)
            losses = _losses(sample, output, target)
        with guarded("backward"):
            losses.sum().backward()
        if step in (0, sample.steps - 1) and not _equal(runs, stacked, forward, (inputs, target)):
            return None
        if sample.recorded(step):
            progress(step / sample.steps)
            curves.append(losses.detach())
            graded = (name for name in sample.order if name in stacked and stacked[name].grad is not None)
            means.append({name: stacked[name].grad.abs().flatten(1).mean(1) for name in graded})
        optimizer.step()
    _set(runs, stacked)
    found = []
    for index, run in enumerate(runs):
        run.swap.swapped = sample.swap.swapped
        gradients = [{name: float(each[index]) for name, each in at.items()} for at in means]
        found.append(run.found([float(each[index]) for each in curves], gradients))
    return found


def _losses(sample: Learner, output: Tensor, target: Tensor) -> Tensor:
    """The loss of each seed."""
    assert sample.data is not None
    return sample.data.loss(output.flatten(0, 1), target.flatten(), "none").view(target.shape).mean(1)


def _mapped(sample: Learner) -> Callable[[Tensors, Tensor], Tensor]:
    """The model's call for stacked parameters and inputs. Its random numbers would not be those of each seed: where
    it takes any, this raises.
    """
    first_of = {id(parameter): name for name, parameter in sample.model.named_parameters()}
    places = [
        (module._parameters, own, first_of[id(parameter)])
        for module in sample.model.modules()
        for own, parameter in module._parameters.items()
        if parameter is not None
    ]

    def call(parameters: Tensors, inputs: Tensor) -> Tensor:
        before = [holder[own] for holder, own, _ in places]
        for holder, own, name in places:
            holder[own] = parameters[name]
        try:
            with sample.swap:
                return comparing.first(sample.model(inputs))
        finally:
            for (holder, own, _), parameter in zip(places, before, strict=True):
                holder[own] = parameter

    mapped: Callable[[Tensors, Tensor], Tensor] = torch.func.vmap(call, randomness="error")
    return mapped


def _batches(runs: list[Learner]) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of all seeds, stacked."""
    orders = [points.rounds(each.data, each.seed) for each in runs if each.data is not None]
    size = runs[0].batch
    for each in zip(*orders, strict=True):
        inputs, target = (torch.stack(part) for part in zip(*each, strict=True))
        for start in range(0, target.shape[1], size):
            yield inputs[:, start : start + size], target[:, start : start + size]


def _set(runs: list[Learner], stacked: Tensors) -> None:
    with torch.no_grad():
        for index, run in enumerate(runs):
            for name, parameter in run.model.named_parameters():
                parameter.copy_(stacked[name][index])


def _equal(runs: list[Learner], stacked: Tensors, forward: Callable[..., Tensor], batch: tuple[Tensor, Tensor]) -> bool:
    """Whether each model alone has the same loss and gradients. In float64: where terms cancel, as they do once
    there is nothing more to learn, float32 shows rounding alone.
    """
    _set(runs, stacked)
    inputs, target = batch[0].double() if batch[0].is_floating_point() else batch[0], batch[1]
    exact = {name: each.detach().double().requires_grad_(each.requires_grad) for name, each in stacked.items()}
    with guarded("forward"):
        losses = _losses(runs[0], forward(exact, inputs), target)
    with guarded("backward"):
        losses.sum().backward()
    for index, run in enumerate(runs):
        with guarded("construct"):
            model = nn.Module.double(copy.deepcopy(run.model))
        model.zero_grad(set_to_none=True)
        loss = replace(run, model=model).loss((inputs[index], target[index]), 0)
        with guarded("backward"):
            loss.backward()
        pairs = [(loss.detach(), losses[index].detach())]
        for name, each in model.named_parameters():
            if each.requires_grad:
                other = exact[name].grad
                other = torch.zeros_like(each) if other is None else other[index]
                pairs.append((torch.zeros_like(other) if each.grad is None else each.grad, other))
        largest = max(float(own.abs().max()) for own, _ in pairs)
        for own, other in pairs:
            close = _SAME * float(own.abs().max()) + _NOTHING * largest
            if not bool(((own - other).abs() <= close).all()):
                return False
    return True
