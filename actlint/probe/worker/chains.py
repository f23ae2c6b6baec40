"""Chains of layers that are one affine map: followed from layer to layer along the only way of the data, and tested."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from .activations import ACTIVATIONS
from .driving import Drive
from .kinds import Model, Tensor
from .places import Place, Project, guarded
from .tracing import QUIET, tensors_of

SCALES = (1.0, 10.0, 100.0, 1000.0)
"""A network of rectifiers can look affine for inputs of one size."""

_TOLERANCE = 1e-9
_LONGEST = 40
_MOST = 64
_LINEAR = frozenset({"linear", "conv1d", "conv2d", "conv3d"})


@dataclass(slots=True)
class Step:
    """An operation with all that is needed to compute it again."""

    number: int
    function: Any
    name: str
    args: Any
    keywords: Any
    place: Place | None
    module: str
    reads: tuple[int, ...]
    makes: tuple[int, ...]


@dataclass(slots=True)
class Recording(TorchFunctionMode):
    """Every operation of one forward, with its arguments."""

    project: Project
    names: dict[int, str]
    steps: list[Step] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    kept: list[Tensor] = field(default_factory=list)
    running: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        TorchFunctionMode.__init__(self)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = list(tensors_of((args, kwargs)))
        before = [each._version for each in given]
        result = func(*args, **kwargs)
        name = getattr(func, "__name__", "")
        # What gives back its input as it was, as dropout does in eval mode, is nothing between two layers.
        same = any(result is each and each._version == version for each, version in zip(given, before, strict=True))
        if name not in QUIET and not same:
            reads = tuple(map(self.number, given))
            makes = tuple(map(self.number, tensors_of(result)))
            running = self.running[-1] if self.running else ""
            place = self.project.here(2)
            self.steps.append(Step(len(self.steps), func, name, args, kwargs, place, running, reads, makes))
        return result

    def number(self, tensor: Tensor) -> int:
        """The tensor's number; it is kept alive."""
        found = self.numbers.get(id(tensor))
        if found is None:
            found = self.numbers[id(tensor)] = len(self.kept)
            self.kept.append(tensor)
        return found


def record(drive: Drive, project: Project, model: Model, seed: int) -> tuple[Recording, set[int], Any]:
    """One forward of a model in eval mode and float64: the recording, the numbers of the inputs, the output."""
    names = {id(each): path for path, each in model.named_modules()}
    recording = Recording(project, names)
    args, keywords = drive.inputs.sized(max(2, min(drive.batch, 4))).make(seed, drive.device, torch.float64)
    handles = [
        hook
        for each in model.modules()
        for hook in (
            each.register_forward_pre_hook(lambda m, a: recording.running.append(names.get(id(m), ""))),
            each.register_forward_hook(lambda m, a, o: recording.running.pop() and None),
        )
    ]
    try:
        with guarded("forward"), torch.no_grad(), recording:
            inputs = {recording.number(each) for each in tensors_of((args, keywords))}
            output = model(*args, **keywords)
    finally:
        for handle in handles:
            handle.remove()
    return recording, inputs, output


def measure(drive: Drive, project: Project, model: Model, places: dict[str, Place | None], seed: int) -> dict[str, Any]:
    """Affine chains, and activations whose result nobody uses. The model must be in eval mode and float64."""
    recording, inputs, output = record(drive, project, model, seed)
    layers = dict(model.named_modules())
    readers: dict[int, list[Step]] = {}
    derived = set(inputs)
    for step in recording.steps:
        for number in set(step.reads):
            readers.setdefault(number, []).append(step)
        if derived.intersection(step.reads):
            derived.update(step.makes)
    returned = {recording.number(each) for each in tensors_of(output)}
    chains: list[dict[str, Any]] = []
    for step in recording.steps:
        if step.name in _LINEAR and isinstance(layers.get(step.module), nn.Module) and len(chains) < _MOST:
            path = _path(step, readers, derived, returned, layers)
            if path is not None:
                chains.append(_tested(path, layers, places, recording))
    unused = [
        {"name": step.name, "place": list(step.place), "used": _used(step, readers, returned)}
        for step in recording.steps
        if step.name in ACTIVATIONS and step.place is not None
    ]
    return {"chains": chains, "activations": unused}


def _used(step: Step, readers: dict[int, list[Step]], returned: set[int]) -> bool:
    overwrites = bool(set(step.makes) & set(step.reads))
    return overwrites or any(number in returned or readers.get(number) for number in step.makes)


def _path(
    first: Step, readers: dict[int, list[Step]], derived: set[int], returned: set[int], layers: dict[str, Any]
) -> list[Step] | None:
    """From a layer to the next one, where nothing joins or leaves on the way."""
    path = [first]
    while len(path) < _LONGEST:
        if len(path[-1].makes) != 1 or path[-1].makes[0] in returned:
            return None
        following = [
            each for each in readers.get(path[-1].makes[0], ()) if each.number > path[-1].number and each.makes
        ]
        if len(following) != 1:
            return None
        step = following[0]
        if len(set(step.reads) & derived) != 1 or path[-1].makes[0] in step.makes:
            return None
        path.append(step)
        if step.name in _LINEAR:
            return path if layers.get(step.module) is not layers.get(first.module) else None
    return None


def _tested(
    path: list[Step], layers: dict[str, Any], places: dict[str, Place | None], recording: Recording
) -> dict[str, Any]:
    first, last = layers[path[0].module], layers.get(path[-1].module)
    affine, constant, worst = _affine(path, recording)
    between = [step.name for step in path[1:-1]]
    return {
        "first": path[0].module,
        "last": path[-1].module,
        "born": [list(place) if place else None for place in (places.get(path[0].module), places.get(path[-1].module))],
        "places": [list(step.place) for step in path if step.place is not None],
        "between": between,
        "affine": affine and not constant,
        "constant": constant,
        "error": worst,
        "pointwise": _pointwise(first) and _pointwise(last),
        "low_rank": _low_rank(first, last),
        "widths": [_widths(first), _widths(last)],
    }


def _pointwise(layer: Any) -> bool:
    if isinstance(layer, nn.Linear):
        return True
    size = getattr(layer, "kernel_size", None)
    return size is not None and all(each == 1 for each in size) and getattr(layer, "groups", 1) == 1


def _widths(layer: Any) -> list[int]:
    if isinstance(layer, nn.Linear):
        return [layer.in_features, layer.out_features]
    return [getattr(layer, "in_channels", 0), getattr(layer, "out_channels", 0)]


def _low_rank(first: Any, last: Any) -> bool:
    (wide, middle), (_, out) = _widths(first), _widths(last)
    return middle < wide and middle < out


def _affine(path: list[Step], recording: Recording) -> tuple[bool, bool, float]:
    """Whether f(a+b) - f(a) - f(b) + f(0) is zero for inputs of all scales; whether f is constant; the worst error."""
    start = next(
        each for each in tensors_of((path[0].args, path[0].keywords)) if recording.number(each) == path[0].reads[0]
    )
    generator = torch.Generator().manual_seed(0)
    zero = torch.zeros_like(start)
    worst, largest = 0.0, 0.0
    with torch.no_grad():
        for scale in SCALES:
            a, b = (
                (torch.randn(start.shape, generator=generator, dtype=torch.float64) * scale).to(start) for _ in range(2)
            )
            fa, fb, both, none = (_again(path, value, recording) for value in (a, b, a + b, zero))
            size = float((fa - none).abs().max())
            largest = max(largest, size)
            worst = max(worst, float((both - fa - fb + none).abs().max()) / (size or 1.0))
    return worst < _TOLERANCE, largest == 0.0, worst


def _again(path: list[Step], value: Tensor, recording: Recording) -> Tensor:
    """The path computed for another input."""
    number = path[0].reads[0]
    for step in path:

        def exchanged(argument: Any, number: int = number, value: Tensor = value) -> Any:
            if isinstance(argument, torch.Tensor):
                return value if recording.numbers.get(id(argument)) == number else argument
            if isinstance(argument, (list, tuple)):
                return type(argument)(exchanged(each, number, value) for each in argument)
            return argument

        keywords = {key: exchanged(each) for key, each in step.keywords.items()}
        value = step.function(*(exchanged(each) for each in step.args), **keywords)
        number = step.makes[0]
    return value
