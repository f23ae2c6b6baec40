"""NaN and infinity: the first operation that made one of finite inputs, where the run ends in one."""

from __future__ import annotations

import re
import warnings
from typing import Any

import torch

from . import driving
from .driving import Drive
from .places import Failure, Project
from .tracing import Trace

_MASKS = frozenset(
    {
        *("masked_fill", "masked_fill_", "full", "full_like", "new_full", "fill_", "where", "triu", "triu_", "tril"),
        *("tril_", "tensor", "__setitem__", "float", "to", "add", "__add__", "repeat", "expand"),
    }
)
"""What puts infinities into masks on purpose."""

_FRAME = re.compile(r'File "(.+?)", line (\d+), in (\S+)')
_FUNCTION = re.compile(r"Function '(\w+)' returned nan")


def in_forward(trace: Trace, output: Any, loss: Any) -> dict[str, Any] | None:
    """The operation after which the output or the loss is no longer finite; None where both are finite."""
    if driving.finite(output) and driving.finite(loss):
        return None
    made = [op for op in trace.ops if op.finite_in and not op.finite_out and op.place is not None]
    nans = [op for op in trace.ops if op.has_nan and op.place is not None]
    culprits = [op for op in made if op.name not in _MASKS] or nans or made
    if not culprits:
        return {"when": "forward", "name": "", "place": None, "what": "NaN or infinity"}
    first = culprits[0]
    what = "NaN" if first.has_nan else "infinity"
    return {"when": "forward", "name": first.name, "place": list(first.place or ()), "what": what}


def in_backward(drive: Drive, project: Project, seed: int) -> dict[str, Any] | None:
    """The operation whose gradient is NaN, found with autograd's anomaly detection; None where gradients are finite."""
    model = drive.model(seed)
    try:
        step = driving.run(drive, model, seed)
        driving.backward(step)
    except Failure:
        return None
    if not driving.finite(step.output) or _finite_gradients(model):
        return None
    with warnings.catch_warnings(record=True) as caught, torch.autograd.set_detect_anomaly(True):
        warnings.simplefilter("always")
        try:
            step = driving.run(drive, drive.model(seed), seed)
            step.loss.backward()
        except (Failure, RuntimeError) as error:
            found = _FUNCTION.search(str(error))
            places = [
                [path, int(line)]
                for warning in caught
                for path, line, _ in _FRAME.findall(str(warning.message))
                if project.owns(path)
            ]
            name = found[1].removesuffix("Backward0").lower() if found else ""
            return {"when": "backward", "name": name, "place": places[-1] if places else None, "what": "NaN"}
    return {"when": "backward", "name": "", "place": None, "what": "NaN or infinity"}


def _finite_gradients(model: Any) -> bool:
    return all(each.grad is None or bool(torch.isfinite(each.grad).all()) for each in model.parameters())
