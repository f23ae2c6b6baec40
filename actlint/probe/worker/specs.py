"""What an input looks like: a type, a shape, for integers a bound; as `float32[8,784]` or `int64[8,16]<256`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import torch

_KINDS = {
    "float": torch.float32,
    "float32": torch.float32,
    "float64": torch.float64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "int": torch.int64,
    "long": torch.int64,
    "int64": torch.int64,
    "int32": torch.int32,
    "uint8": torch.uint8,
    "bool": torch.bool,
    "complex64": torch.complex64,
}
_WRITTEN = re.compile(r"(?:([A-Za-z_]\w*)\s*=\s*)?([a-z0-9]+)\s*\[([\d,\s]*)\]\s*(?:<\s*(\d+))?")


@dataclass(frozen=True, slots=True)
class Spec:
    """A tensor to be made. `batched`: its first dimension is the batch. `bound` is above all integers in it.

    A `constant` stands for an argument that is no tensor. With `grad` it is what a layer before the model would give.
    """

    dtype: torch.dtype
    shape: tuple[int, ...]
    bound: int = 10
    batched: bool = True
    constant: Any = None
    listed: bool = False
    grad: bool = False

    def sized(self, batch: int) -> Spec:
        """The same for another batch."""
        return replace(self, shape=(batch, *self.shape[1:])) if self.batched and self.shape else self

    def make(self, generator: torch.Generator, device: torch.device, dtype: torch.dtype, scale: float = 1.0) -> Any:
        """Values: normal for floats, uniform below the bound for integers, all true for masks."""
        if self.constant is not None:
            return self.constant
        if self.dtype == torch.bool:
            made = torch.ones(self.shape, dtype=torch.bool)
        elif self.dtype.is_complex:
            made = torch.randn(self.shape, generator=generator, dtype=self.dtype)
        elif self.dtype.is_floating_point:
            made = (torch.randn(self.shape, generator=generator) * scale).to(dtype)
        else:
            made = torch.randint(0, max(self.bound, 1), self.shape, generator=generator, dtype=self.dtype)
        made = made.to(device)
        if self.grad and made.is_floating_point():
            made = made.requires_grad_().clone()
        return [made] if self.listed else made

    @property
    def varies(self) -> bool:
        """Whether another seed gives other values."""
        return self.constant is None and self.dtype != torch.bool and (self.bound > 1 or self.dtype.is_floating_point)

    @property
    def text(self) -> str:
        """As users write it."""
        if self.constant is not None:
            return repr(self.constant)
        name = str(self.dtype).removeprefix("torch.")
        bound = (
            ""
            if self.dtype.is_floating_point or self.dtype.is_complex or self.dtype == torch.bool
            else f"<{self.bound}"
        )
        written = f"{name}[{','.join(map(str, self.shape))}]{bound}"
        return f"[{written}]" if self.listed else written


def parse(text: str) -> tuple[str, Spec]:
    """The name ("" for a positional argument) and the spec of `name=float32[8,784]`. Raises ValueError."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None or found[2] not in _KINDS:
        raise ValueError(f"`{text}` is not of the form float32[8,784] or int64[8,16]<256")
    shape = tuple(int(part) for part in found[3].split(",") if part.strip())
    return found[1] or "", Spec(_KINDS[found[2]], shape, int(found[4] or 10), batched=len(shape) > 0)


def like(value: Any) -> Spec | None:
    """The spec of a value that a call in the project passes; None for what cannot be described."""
    if isinstance(value, torch.Tensor):
        whole = not value.dtype.is_floating_point and not value.dtype.is_complex and value.dtype != torch.bool
        bound = int(value.max()) + 1 if whole and value.numel() else 10
        return Spec(value.dtype, tuple(value.shape), max(bound, 2), batched=value.dim() > 0)
    if isinstance(value, (bool, int, float, str)):
        return Spec(torch.float32, (), batched=False, constant=value)
    return None


def floats(*shape: int) -> Spec:
    """A float tensor; the first dimension is the batch."""
    return Spec(torch.float32, shape)


def integers(bound: int, *shape: int) -> Spec:
    """An integer tensor; the first dimension is the batch."""
    return Spec(torch.int64, shape, bound)
