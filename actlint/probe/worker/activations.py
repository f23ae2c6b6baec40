"""What comes out of activations: how many units are dead, how many saturated, and where numbers stop being finite."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from .channel import number
from .driving import Drive
from .kinds import Tensor
from .places import Failure, Place, Project, guarded

RECTIFIERS = frozenset(
    {"relu", "relu_", "relu6", "threshold", "threshold_", "hardtanh", "hardtanh_", "clamp_min", "hardswish"}
)
"""Activations that are zero for whole ranges of their input."""

_SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": lambda y: 4 * y * (1 - y),
    "sigmoid_": lambda y: 4 * y * (1 - y),
    "tanh": lambda y: 1 - y * y,
    "tanh_": lambda y: 1 - y * y,
    "softsign": lambda y: (1 - y.abs()) ** 2,
    "hardsigmoid": lambda y: ((y > 0) & (y < 1)).to(y.dtype),
}
"""The slope of saturating activations by their output, 1 at the steepest."""

FLAT = 0.01
"""Less than this share of the steepest slope counts as flat."""

BINS = 24

_UNUSUAL = 4
"""One in so many samples more is unlike the others."""


@dataclass(slots=True)
class Layer:
    """All outputs of one call of one activation, in the order of the calls: running sums by unit."""

    name: str
    place: Place | None
    rectifies: bool
    samples: int = 0
    total: float = 0.0
    squares: float = 0.0
    count: int = 0
    flat: float = 0.0
    alive: Tensor | None = None
    low: float = float("inf")
    high: float = float("-inf")
    first: list[Tensor] = field(default_factory=list)


class Watch(TorchFunctionMode):
    """Collects the outputs of activations: the n-th activation of each forward is one layer."""

    def __init__(self, project: Project) -> None:
        super().__init__()
        self.layers: list[Layer] = []
        self.only_alive = False
        self._project = project
        self._at = 0

    def again(self) -> None:
        """The next forward begins."""
        self._at = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        rectifies, saturates = name in RECTIFIERS, name in _SLOPES
        if (rectifies or saturates) and isinstance(result, torch.Tensor) and result.dim() >= 2:
            if self._at == len(self.layers):
                self.layers.append(Layer(name.rstrip("_"), self._project.here(2), rectifies))
            layer = self.layers[self._at]
            self._at += 1
            if layer.name == name.rstrip("_"):
                if not self.only_alive:
                    _take(layer, result.detach().float(), _SLOPES.get(name))
                if layer.rectifies:
                    _note_alive(layer, result.detach())
        return result


def _take(layer: Layer, output: Tensor, slope: Callable[[Tensor], Tensor] | None) -> None:
    with torch._C.DisableTorchFunctionSubclass(), torch.no_grad():
        layer.samples += output.shape[0]
        layer.count += output.numel()
        layer.total += float(output.double().sum())
        layer.squares += float((output.double() ** 2).sum())
        layer.low, layer.high = min(layer.low, float(output.min())), max(layer.high, float(output.max()))
        if len(layer.first) < 1:
            layer.first.append(output.flatten()[:20_000].cpu())
        if slope is not None:
            layer.flat += float((slope(output) < FLAT).double().sum())


def _note_alive(layer: Layer, output: Tensor) -> None:
    with torch._C.DisableTorchFunctionSubclass():
        # A unit is a channel of an image, a feature of anything else.
        others = [d for d in range(output.dim()) if d != (1 if output.dim() >= 4 else output.dim() - 1)]
        alive = (output != 0).any(dim=others[0]) if len(others) == 1 else (output != 0).amax(dim=others)
        if layer.alive is None:
            layer.alive = alive
        elif layer.alive.shape == alive.shape:
            layer.alive = layer.alive | alive


def unlike(value: Any, generator: Any) -> Any:
    """Samples that differ as pictures do: each of a size and with a mean of its own in each channel or feature. A mean
    over many places is nearly the same for all noise, and a unit behind it that is zero for noise is not dead.
    """
    if not isinstance(value, torch.Tensor) or not value.is_floating_point() or value.dim() < 2:
        return value
    ones = [1] * (value.dim() - 1)
    size = 0.5 + 1.5 * torch.rand((len(value), *ones), generator=generator)
    made = value * size.to(value)
    if value.dim() > 2:
        made = made + torch.randn((*value.shape[:2], *ones[1:]), generator=generator).to(value)
    if value.dim() == 3:
        made = made + torch.randn((len(value), 1, value.shape[2]), generator=generator).to(value)
    return made


def measure(drive: Drive, project: Project, model: Any, samples: int, seed: int) -> list[dict[str, Any]]:
    """Statistics of each activation over at least `samples` inputs. Raises Failure."""
    watch = Watch(project)
    batch = max(drive.batch, 2)
    count = (samples + batch - 1) // batch
    with torch.no_grad():
        for number_ in range(count):
            args, keywords = drive.values(10_000 + seed * 1000 + number_, batch)
            watch.again()
            with guarded("forward"), watch, drive.mixed():
                model(*args, **keywords)
        watch.only_alive = True
        # What a model does not take when it is unusual needs no unusual inputs.
        with contextlib.suppress(Failure):
            for number_ in range(max(count // _UNUSUAL, 1)):
                generator = torch.Generator().manual_seed(20_000 + seed * 1000 + number_)
                args, keywords = drive.values(20_000 + seed * 1000 + number_, batch)
                watch.again()
                with guarded("forward"), watch, drive.mixed():
                    model(
                        *(unlike(each, generator) for each in args),
                        **{key: unlike(each, generator) for key, each in keywords.items()},
                    )
    return [_described(layer, index) for index, layer in enumerate(watch.layers)]


def _described(layer: Layer, index: int) -> dict[str, Any]:
    mean = layer.total / max(layer.count, 1)
    spread = max(layer.squares / max(layer.count, 1) - mean * mean, 0.0) ** 0.5
    dead = 0.0 if layer.alive is None else 1 - float(layer.alive.double().mean())
    return {
        "index": index,
        "name": layer.name,
        "place": list(layer.place) if layer.place else None,
        "samples": layer.samples,
        "mean": number(mean),
        "std": number(spread),
        "dead": dead,
        "units": 0 if layer.alive is None else layer.alive.numel(),
        "rectifies": layer.rectifies,
        "saturated": 0.0 if layer.rectifies else layer.flat / max(layer.count, 1),
        "histogram": list(_histogram(layer)),
        "low": number(layer.low),
        "high": number(layer.high),
    }


def _histogram(layer: Layer) -> Iterator[int]:
    if layer.first and layer.high > layer.low:
        counts = torch.histc(layer.first[0], BINS, layer.low, layer.high)
        yield from (int(each) for each in counts)


# ------------------------------------------------------------------------------------------------------------- swapping

SWAPS: dict[str, Callable[..., Tensor]] = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "relu6": F.relu6,
    "elu": F.elu,
    "gelu": F.gelu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "softplus": F.softplus,
}
"""Activations by name, for counterfactuals and comparisons."""

ACTIVATIONS = frozenset(
    {
        *("relu", "relu_", "relu6", "leaky_relu", "leaky_relu_", "elu", "elu_", "selu", "celu", "gelu", "silu", "mish"),
        *("tanh", "tanh_", "sigmoid", "sigmoid_", "hardtanh", "hardsigmoid", "hardswish", "softplus", "softsign"),
        *("logsigmoid", "hardshrink", "softshrink", "tanhshrink", "threshold", "rrelu", "prelu"),
    }
)


class Swap(TorchFunctionMode):
    """Computes another activation wherever one of `replaced` is called."""

    def __init__(self, name: str, replaced: frozenset[str] = ACTIVATIONS) -> None:
        super().__init__()
        self._function, self._replaced = SWAPS[name], replaced
        self.swapped = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") in self._replaced and args and isinstance(args[0], torch.Tensor):
            self.swapped += 1
            return self._function(args[0])
        return func(*args, **(kwargs or {}))
