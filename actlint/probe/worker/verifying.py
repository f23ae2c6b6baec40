"""What a fix must not change: outputs, gradients and keys of the state, of one step from one seed."""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import nn

from . import driving, layers, losses
from .channel import Channel, number
from .driving import Drive
from .kinds import Tensor
from .places import Failure

_SEEDS = (0, 1)
_MOST_NUMBERS = 4000


def verify(drive: Drive, channel: Channel) -> None:
    """Say what a step computes, for the client to compare with what another text of the same model computes."""
    results: list[dict[str, Any]] = []
    for seed in _SEEDS:
        outputs = None
        try:
            model = drive.model(seed)
            step = driving.run(drive, model, seed)
            outputs = [_digest(each) for each in losses.floating(step.output)]
            driving.backward(step)
        except Failure as failure:
            results.append({"raises": str(failure)[:500], "phase": failure.phase, "outputs": outputs})
            continue
        state = list(model.state_dict()) if isinstance(model, nn.Module) else []
        gradients = {name: None if each is None else _digest(each) for name, each in layers.grads(model).items()}
        results.append({"raises": "", "outputs": outputs, "gradients": gradients, "state": state})
    channel.say("verified", results=results)


def _digest(tensor: Tensor) -> dict[str, Any]:
    """Enough of a tensor to compare: shape, norm, a hash of its bytes, and its numbers or a fixed choice of them."""
    flat = tensor.detach().double().flatten().cpu()
    chosen = flat
    if flat.numel() > _MOST_NUMBERS:
        index = torch.randperm(flat.numel(), generator=torch.Generator().manual_seed(0))[:_MOST_NUMBERS]
        chosen = flat[index]
    return {
        "shape": list(tensor.shape),
        "dtype": str(tensor.dtype),
        "norm": number(float(flat.norm())),
        "sum": number(float(flat.sum())),
        "hash": hashlib.sha256(str(flat.tolist()).encode()).hexdigest() if flat.numel() <= _MOST_NUMBERS else "",
        "numbers": [number(each) for each in chosen.tolist()],
    }
