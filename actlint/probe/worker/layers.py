"""Gradients by layer: none, zero, how large, and how they change from layer to layer, over seeds and steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from . import driving
from .channel import number
from .driving import Drive
from .kinds import Model
from .patience import TooSlow
from .places import Failure, Place

FEWEST_STEPS = 3
"""Fewer say nothing of a gradient that is zero."""

KEPT = 2
"""Trained models that are kept for what comes after; of large ones, of more than `_LARGE` parameters, one."""

_LARGE = 30_000_000

_MANY = 1 << 16
"""So many numbers are not converted to a type of higher precision: torch adds them up with care as it is."""

_UNDERFLOW = 1e-25
"""A layer whose gradient is smaller than this share of the last one's stands before ones that have none at all."""

_CANCELLED = 1e-4

_WEIGHTS = ("weight", "weight_ih_l0", "in_proj_weight")


@dataclass(slots=True)
class Record:
    """One parameter in one seed: mean |g| at each step and the first one's norm, None where there was no gradient."""

    means: list[float | None] = field(default_factory=list)
    norm: float | None = None
    zero: list[bool] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """One seed: a record for each parameter, the losses, the layers with weights in the order in which they ran."""

    records: dict[str, Record]
    losses: list[float]
    order: list[str]
    trainable: dict[str, bool]
    diverged: bool = False
    model: Model | None = None
    cut: bool = False


def train(drive: Drive, seed: int, steps: int, progress: Callable[[int], None] = lambda done: None) -> Run:
    """Train for some steps and record the gradients. Raises Failure."""
    model = drive.model(seed)
    named = dict(model.named_parameters())
    records = {name: Record() for name in named}
    order: list[str] = []
    handles = [
        module.register_forward_hook(_noting(order, f"{path}.{name}".lstrip(".")))
        for path, module in model.named_modules()
        for name in _WEIGHTS
        if isinstance(getattr(module, name, None), nn.Parameter) and getattr(module, name).dim() >= 2
    ]

    def after(step: int, done: driving.Step) -> None:
        for handle in handles:
            handle.remove()
        for name, parameter in named.items():
            record, gradient = records[name], parameter.grad
            mean = None
            if gradient is not None:
                gradient = gradient.detach().to_dense() if gradient.is_sparse else gradient.detach()
                if gradient.numel() < _MANY and not gradient.is_complex():
                    gradient = gradient.double()
                mean = float(gradient.abs().mean())
                if step == 0:
                    record.norm = float(gradient.norm())
            record.means.append(mean)
            record.zero.append(mean == 0 and gradient is not None and not bool(gradient.any()))
        progress(step + 1)

    losses: list[float] = []
    cut = False
    try:
        for loss in driving.trained(drive, model, seed, steps, after):
            losses.append(loss)
    except Failure as failure:
        # What was measured until the time was up counts.
        if not isinstance(failure.cause, TooSlow) or len(losses) < FEWEST_STEPS:
            raise
        cut = True
    trainable = {name: each.requires_grad for name, each in named.items()}
    for parameter in named.values():
        parameter.grad = None
    diverged = any(not math.isfinite(each) for each in losses)
    return Run(records, losses, list(dict.fromkeys(order)), trainable, diverged, model, cut)


def _noting(order: list[str], name: str) -> Callable[..., None]:
    def hook(module: nn.Module, args: Any, output: Any) -> None:
        order.append(name)

    return hook


def factor(run: Run, step: int = 0) -> tuple[float, float, int] | None:
    """The ratio of the first layer's mean |g| to the last one's, its root by layers, and the number of layers.

    None for fewer than three layers with gradients, or where the last has none. Where the first ones are exactly zero,
    they count only if they are what is left of ever smaller numbers: a last layer that begins with zeros is no sign.
    """
    means = [run.records[name].means for name in run.order if run.trainable.get(name)]
    values = [each[step] for each in means if len(each) > step and each[step] is not None]
    present = [each for each in values if each is not None]
    if len(present) < 3 or present[-1] == 0 or not all(map(math.isfinite, present)):
        return None
    least = next(each for each in present if each)
    if least is not present[0] and least / present[-1] > _UNDERFLOW:
        return None
    ratio = present[0] / present[-1]
    return ratio, ratio ** (1 / (len(present) - 1)), len(present)


def signal(run: Run) -> tuple[float, float, int] | None:
    """The same of the biases at the start, whose gradient is that of what their layers give. Where values grow from
    layer to layer while gradients grow the other way, those of weights are alike, and these are not.

    A bias that is cancelled, as before a norm, says nothing.
    """
    present = []
    for name in run.order:
        owner, _, last = name.rpartition(".")
        bias = f"{owner}.bias".lstrip(".")
        if last == "weight" and bias in run.records and run.trainable.get(bias):
            own, weight = run.records[bias].means[:1], run.records[name].means[:1]
            if own and weight and own[0] is not None and weight[0] and own[0] > _CANCELLED * weight[0]:
                present.append(own[0])
    if len(present) < 3 or not all(map(math.isfinite, present)):
        return None
    ratio = present[0] / present[-1]
    return ratio, ratio ** (1 / (len(present) - 1)), len(present)


def summary(runs: Sequence[Run], places: dict[str, Place | None], kinds: dict[str, str]) -> list[dict[str, Any]]:
    """What is said of each parameter: over all seeds the mean of mean |g| at the start and at the end."""
    found = []
    steps = min(len(run.losses) for run in runs)
    for name in runs[0].records:
        records = [run.records[name] for run in runs]
        owner = name.rpartition(".")[0]
        place = places.get(owner)
        found.append(
            {
                "name": name,
                "layer": kinds.get(owner, ""),
                "place": list(place) if place else None,
                "trainable": runs[0].trainable[name],
                "none": all(each is None for record in records for each in record.means),
                "zero": all(flag for record in records for flag in record.zero) and any(r.zero for r in records),
                "start": number(_mean(record.means[0] for record in records)),
                "end": number(_mean(record.means[steps - 1] for record in records)),
                "norm": number(_mean(record.norm for record in records)),
                "order": runs[0].order.index(name) if name in runs[0].order else None,
                "steps": [number(_mean(r.means[i] for r in records)) for i in range(steps)],
            }
        )
    return found


def _mean(values: Iterable[float | None]) -> float:
    present = [each for each in values if each is not None]
    return sum(present) / len(present) if present else 0.0


def _is_large(model: Model) -> bool:
    return sum(each.numel() for each in model.parameters()) > _LARGE


def seeds(
    drive: Drive, count: int, steps: int, progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Run]:
    """Runs for seeds 0, 1, 2 … Raises Failure where the first one fails."""
    runs: list[Run] = []
    for seed in range(count):
        try:
            runs.append(train(drive, seed, steps, lambda done, seed=seed: progress(seed * steps + done, count * steps)))  # type: ignore[misc]
        except Failure as failure:
            if not runs:
                raise
            if isinstance(failure.cause, TooSlow):
                break
        if len(runs) > (1 if _is_large(runs[0].model) else KEPT):
            runs[-1].model = None
        if runs[-1].cut:
            break
    return runs


def grads(model: Model) -> dict[str, torch.Tensor | None]:
    """Copies of the gradients by name."""
    return {name: None if each.grad is None else each.grad.detach().clone() for name, each in model.named_parameters()}
