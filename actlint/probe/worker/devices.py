"""Devices and types by the names that the command line gives them."""

from __future__ import annotations

import torch

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16, "float64": torch.float64}


class Unavailable(Exception):
    """A device that this machine or this build of torch does not have."""


def choose(name: str) -> torch.device:
    """The device of that name; `auto` is the first of CUDA, MPS and CPU that is there. Raises Unavailable."""
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": bool(getattr(torch.backends, "mps", None) and torch.backends.mps.is_available()),
        "cpu": True,
    }
    if name == "auto":
        name = next(each for each, found in there.items() if found)
    if not there.get(name, False):
        raise Unavailable(f"this torch ({torch.__version__}) finds no {name} device")
    return torch.device(name)
