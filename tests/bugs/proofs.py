"""What proofs have in common: functions that a proof can call without importing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def raises(action: Callable[[], object], text: str = "") -> bool:
    """Whether `action` raises an exception with `text` in its `Type: message`."""
    try:
        action()
    except Exception as error:  # any exception can be what a program raises
        shown = f"{type(error).__name__}: {error}"
        if text not in shown:
            raise AssertionError(f"it raises, but {shown!r}") from error
        return True
    return False


def affine(function: Callable[..., Any], *shape: int, modules: Iterable[Any] = ()) -> bool:
    """Whether `function` of a tensor of that shape is affine in evaluation: f(a + b) = f(a) + f(b) - f(0).

    `modules` are put into evaluation and double precision first: those that it uses, or itself.
    """
    import torch

    for module in modules or [function]:
        module.double().eval()
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(*shape, dtype=torch.double, generator=generator) for _ in range(2))
    with torch.no_grad():
        one, two, both, zero = (function(x).clone() for x in (a, b, a + b, torch.zeros_like(a)))
    return torch.allclose(both, one + two - zero)
