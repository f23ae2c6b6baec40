"""A loss for whatever a model gives back: the one that its class or the code that uses it names, else a generic one."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.nn import functional as F

from .kinds import Tensor

OWN = "mean squared error against noise"
"""The loss of a model for which no other is known."""


def tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in an output: itself, or those in tuples, lists, dicts and data classes."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from tensors(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from tensors(each)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from tensors(getattr(value, field.name))


def floating(value: Any) -> list[Tensor]:
    """The floating tensors of an output; complex ones as pairs of reals."""
    found = [torch.view_as_real(each) if each.is_complex() else each for each in tensors(value)]
    return [each for each in found if each.is_floating_point()]


def is_loss(value: Any) -> bool:
    """Whether an output already is a loss: one number that requires grad, alone or beside a dict or tuple."""
    first = next(tensors(value), None) if isinstance(value, (tuple, list)) else value
    return isinstance(first, torch.Tensor) and first.dim() == 0 and first.requires_grad


def classes_of(output: Any) -> int | None:
    """The number of classes where an output looks like logits or probabilities, one row a sample."""
    found = floating(output)
    if len(found) == 1 and found[0].dim() == 2 and 2 <= found[0].shape[1] <= 100_000:
        return int(found[0].shape[1])
    return None


def loss_of(output: Any, named: Sequence[str], seed: int) -> tuple[Tensor, str]:
    """A loss of an output against targets made of `seed`, and what it is.

    `named` are qualified names of losses that the class or its users name. Raises TypeError where there is nothing
    to take a loss of.
    """
    if is_loss(output):
        first = output if isinstance(output, torch.Tensor) else next(tensors(output))
        return first, "what the model returns"
    found = [each for each in floating(output) if each.numel()]
    if not found:
        raise TypeError(f"the model returns {type(output).__name__}, in which there is no floating tensor")
    learned = [each for each in found if each.requires_grad] or found
    generator = torch.Generator().manual_seed(seed)
    for name in named:
        if len(learned) == 1:
            loss = _named(name, learned[0], generator)
            if loss is not None:
                return loss
    total = torch.zeros((), device=learned[0].device)
    for each in learned:
        target = torch.randn(each.shape, generator=generator).to(each.device)
        total = total + F.mse_loss(each.float() if each.dtype in (torch.float16, torch.bfloat16) else each, target)
    return total, OWN


def _named(qualname: str, output: Tensor, generator: torch.Generator) -> tuple[Tensor, str] | None:
    name = qualname.rpartition(".")[2].lower().replace("_", "").removesuffix("loss")
    half = output.dtype in (torch.float16, torch.bfloat16)
    value = output.float() if half else output
    match name:
        case "crossentropy" | "nll" if output.dim() >= 2 and output.shape[1 if output.dim() != 3 else -1] > 1:
            # Sequences have their classes last, images second.
            value = value.transpose(1, -1) if output.dim() == 3 else value
            shape = (value.shape[0], *value.shape[2:])
            target = torch.randint(0, value.shape[1], shape, generator=generator).to(value.device)
            loss = F.cross_entropy(value, target) if name == "crossentropy" else F.nll_loss(value, target)
            return loss, "cross entropy" if name == "crossentropy" else "negative log likelihood"
        case "bcewithlogits" | "binarycrossentropywithlogits":
            target = torch.randint(0, 2, value.shape, generator=generator).to(value.device, value.dtype)
            return F.binary_cross_entropy_with_logits(value, target), "binary cross entropy with logits"
        case "bce" | "binarycrossentropy":
            target = torch.randint(0, 2, value.shape, generator=generator).to(value.device, value.dtype)
            return F.binary_cross_entropy(value, target), "binary cross entropy"
        case "mse" | "l1" | "smoothl1" | "huber":
            target = torch.randn(value.shape, generator=generator).to(value.device, value.dtype)
            known: dict[str, Any] = {
                "mse": (F.mse_loss, "mean squared error"),
                "l1": (F.l1_loss, "mean absolute error"),
                "smoothl1": (F.smooth_l1_loss, "smooth L1"),
                "huber": (F.huber_loss, "Huber loss"),
            }
            function, words = known[name]
            return function(value, target), words
        case _:
            return None
