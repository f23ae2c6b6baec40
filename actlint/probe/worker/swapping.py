"""The same model under other activations or another initialisation: does the gradient then reach the first layer?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from . import driving, layers
from .activations import Swap
from .driving import Drive
from .places import Failure

CANDIDATES = ("tanh", "leaky_relu", "gelu")
"""Activations to try instead. One that lets gradients through is enough to know what held them back."""


def ratios(drive: Drive, seed: int) -> dict[str, dict[str, Any]]:
    """The first-to-last ratio of gradients and its per-layer factor, as the model is and under each change."""
    found = {}
    for name in ("as it is", *CANDIDATES, "initialisation"):
        measured = _ratio(drive, seed, name)
        if measured is not None:
            (ratio, factor, count), signal = measured
            found[name] = {"ratio": ratio, "factor": factor, "layers": count, "signal": signal}
    return found


def _ratio(drive: Drive, seed: int, change: str) -> tuple[tuple[float, float, int], float] | None:
    try:
        model = drive.model(seed)
        if change == "initialisation":
            with torch.no_grad():
                model.apply(_reset)
        order: list[str] = []
        for path, module in model.named_modules():
            weight = getattr(module, "weight", None)
            if isinstance(weight, nn.Parameter) and weight.dim() >= 2:
                module.register_forward_hook(_noting(order, f"{path}.weight".lstrip(".")))
        if change in CANDIDATES:
            with Swap(change) as swap:
                step = driving.run(drive, model, seed)
            if not swap.swapped:
                return None
        else:
            step = driving.run(drive, model, seed)
        driving.backward(step)
    except Failure:
        return None
    run = layers.Run({}, [], list(dict.fromkeys(order)), {})
    for name, parameter in model.named_parameters():
        record = layers.Record()
        record.means.append(None if parameter.grad is None else float(parameter.grad.abs().double().mean()))
        run.records[name] = record
        run.trainable[name] = parameter.requires_grad
    found, signal = layers.factor(run), layers.signal(run)
    return (found, signal[0] if signal is not None else 0.0) if found is not None else None


def _noting(order: list[str], name: str) -> Callable[..., None]:
    def hook(module: nn.Module, args: Any, output: Any) -> None:
        order.append(name)

    return hook


def _reset(module: nn.Module) -> None:
    """Weights as Glorot and Bengio (2010) draw them, which keeps the variance where slopes are near one."""
    weight = getattr(module, "weight", None)
    if isinstance(weight, nn.Parameter) and weight.dim() >= 2:
        nn.init.xavier_normal_(weight)
        bias = getattr(module, "bias", None)
        if isinstance(bias, nn.Parameter):
            nn.init.zeros_(bias)
