"""Whether samples of a batch stay apart, and whether the output depends on the input at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch

from . import inputs as input_search
from .driving import Drive
from .kinds import SEQUENCE_LAYERS, Model, Tensor
from .losses import floating
from .places import guarded
from .tracing import Trace

_BATCHES = (5, 7)
_TOLERANCE = 1e-7
_SCALES = (1.0, 3.0, 30.0)


def measure(drive: Drive, model: Model, seed: int, certain: bool) -> dict[str, Any]:
    """For a model in eval mode and float64. `certain`: the first dimension is known to be the batch.

    `leak` is the largest relative change of sample 0's output when the other samples change, None where outputs have no
    batch dimension of their own; `dependence` the largest change of the output when the input changes.
    """
    found: dict[str, Any] = {"leak": None, "why": "", "dependence": None, "tensors": 0}
    if not drive.inputs.all() or not any(spec.batched and spec.constant is None for spec in drive.inputs.all()):
        return found | {"why": "the model takes no batch"}
    if not any(spec.varies for spec in drive.inputs.all()):
        return found | {"why": "its inputs are always the same"}
    sequences: list[str] = []
    with _watching_sequences(model, sequences):
        base = _forward(drive, model, seed, _BATCHES[0])
    again = _forward(drive, model, seed, _BATCHES[0])
    if _difference(base, again) > _TOLERANCE:
        return found | {"why": "the model gives another output for the same input and seed"}
    found["tensors"] = len(base)
    # Scales matter only to floats; integers differ by their seed.
    others = [_forward(drive, model, seed + 1 + n, _BATCHES[0], scale) for n, scale in enumerate(_SCALES)]
    found["dependence"] = max(_difference(base, other, exact=True) for other in others) if base else None
    wider = _forward(drive, model, seed, _BATCHES[1])
    own = [
        index
        for index, (a, b) in enumerate(zip(base, wider, strict=False))
        if a.dim() and a.shape[0] == _BATCHES[0] and b.dim() and b.shape[0] == _BATCHES[1]
        if _BATCHES[0] not in a.shape[1:] and a.shape[1:] == b.shape[1:]
    ]
    if not own or len(wider) != len(base):
        return found | {"why": "no output has one entry for each sample"}
    if input_search.sequence_first(model, drive.inputs) and not certain:
        return found | {"why": "the first dimension may be time: a layer has `batch_first=False`"}
    if sequences and not certain:
        return found | {"why": f"a {sequences[0]} takes the first dimension for one sequence"}
    mixed = _forward(drive, model, seed, _BATCHES[0], other=seed + 99)
    changes = [_difference([base[i][:1]], [mixed[i][:1]]) for i in own]
    moved = max(_difference([base[i][1:]], [mixed[i][1:]]) for i in own)
    return found | {"leak": max(changes), "moved": moved}


@contextlib.contextmanager
def _watching_sequences(model: Model, found: list[str]) -> Iterator[None]:
    """Notes the layers that are given two dimensions, and so a sequence without a batch."""

    def note(layer: Model, args: Any, keywords: Any) -> None:
        first = next((each for each in (*args, *keywords.values()) if isinstance(each, torch.Tensor)), None)
        if first is not None and first.dim() == 2:
            found.append(type(layer).__name__)

    layers: list[Model] = [each for each in model.modules() if isinstance(each, SEQUENCE_LAYERS)]
    handles = [each.register_forward_pre_hook(note, with_kwargs=True) for each in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def noise(trace: Trace) -> list[dict[str, Any]]:
    """Calls of dropout in a run in eval mode: one that changes its input will not give the same answer twice."""
    found = []
    for op in trace.ops:
        if "dropout" in op.name and op.place is not None and op.read and op.made:
            before, after = trace.tensors[op.read[0]], trace.tensors[op.made[0]]
            # In eval mode it may give its input back; overwritten in place it is no longer what it was.
            changed = bool(op.wrote) or not torch.equal(before, after)
            found.append({"name": op.name, "place": list(op.place), "changed": changed})
    return found


def _forward(
    drive: Drive, model: Model, seed: int, batch: int, scale: float = 1.0, other: int | None = None
) -> list[Tensor]:
    """The floating outputs. With `other`, all samples but the first are made of that seed."""
    args, keywords = drive.inputs.sized(batch).make(seed, drive.device, torch.float64, scale)
    if other is not None:
        more, named = drive.inputs.sized(batch).make(other, drive.device, torch.float64, scale)
        args = [_first_of(a, b, batch) for a, b in zip(args, more, strict=True)]
        keywords = {key: _first_of(keywords[key], named[key], batch) for key in keywords}
    torch.manual_seed(0)
    with guarded("forward"), torch.no_grad():
        output = model(*args, **keywords)
    return [each.detach().clone() for each in floating(output)]


def _first_of(own: Any, others: Any, batch: int) -> Any:
    if isinstance(own, torch.Tensor) and own.dim() and own.shape[0] == batch:
        return torch.cat([own[:1], others[1:]])
    return own


def _difference(left: list[Tensor], right: list[Tensor], exact: bool = False) -> float:
    worst = 0.0
    for a, b in zip(left, right, strict=False):
        if a.shape != b.shape:
            return float("inf")
        if a.numel():
            gap = torch.nan_to_num((a - b).abs().double()).max()
            size = 1.0 if exact else float(torch.nan_to_num(a.abs().double()).max()) or 1.0
            worst = max(worst, float(gap) / size)
    return worst
