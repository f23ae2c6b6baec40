"""Which inputs a model takes: those given, those of a call in the project, what its layers take, what torch's errors
about other inputs say. The search goes on where the model got furthest."""

from __future__ import annotations

import heapq
import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from . import errors, specs, static
from .expressions import evaluated
from .guessing import asked_for
from .kinds import SEQUENCE_LAYERS, Model
from .patience import TooSlow, at_most, now
from .places import Failure, guarded
from .specs import Spec, floats, integers

_TRIALS = 160
_WRITTEN = ("the call", "an example")
_LATE = 100.0
_LEAST = 16
_SECONDS = 15.0
_BATCH = 2


@dataclass(frozen=True, slots=True)
class Inputs:
    """Positional arguments and keywords of a call, and where they come from."""

    positional: tuple[Spec, ...]
    keywords: tuple[tuple[str, Spec], ...] = ()
    source: str = ""

    def all(self) -> list[Spec]:
        """The specs of all arguments."""
        return [*self.positional, *(spec for _, spec in self.keywords)]

    def sized(self, batch: int) -> Inputs:
        """The same for another batch."""
        return Inputs(
            tuple(spec.sized(batch) for spec in self.positional),
            tuple((name, spec.sized(batch)) for name, spec in self.keywords),
            self.source,
        )

    def make(
        self, seed: int, device: torch.device, dtype: torch.dtype = torch.float32, scale: float = 1.0
    ) -> tuple[list[Any], dict[str, Any]]:
        """Values, the same for the same seed."""
        generator = torch.Generator().manual_seed(seed)
        args = [spec.make(generator, device, dtype, scale) for spec in self.positional]
        return args, {name: spec.make(generator, device, dtype, scale) for name, spec in self.keywords}

    @property
    def text(self) -> str:
        """As users write it."""
        return ", ".join([*(s.text for s in self.positional), *(f"{name}={s.text}" for name, s in self.keywords)])


class _Progress(TorchFunctionMode):
    """Counts operations: how far a run came."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        return func(*args, **(kwargs or {}))


class NoInputs(Exception):
    """Nothing that was tried runs: the failure of the likeliest inputs, and these."""

    def __init__(self, failure: Failure, likeliest: Inputs | None) -> None:
        super().__init__(str(failure))
        self.failure, self.likeliest = failure, likeliest


def find(
    make: Callable[[], Model],
    call: Callable[[Model], Callable[..., Any]],
    request: Mapping[str, Any],
    module: ModuleType,
    device: torch.device,
    made_by: str = "",
    sizes: Mapping[str, Any] | None = None,
    patience: float = _SECONDS,
) -> Inputs:
    """Inputs with which a new model's `call` runs, in no more than `patience` seconds for each.

    `made_by` is the call that made the model, `sizes` are its arguments and defaults by name.
    Raises NoInputs, and Failure where no model can be made.
    """
    model = make().to(device)
    given = [specs.parse(text) for text in request.get("inputs", ())]
    if given:
        inputs = Inputs(
            tuple(spec for name, spec in given if not name),
            tuple((name, spec) for name, spec in given if name),
            "given",
        )
        error, _ = tried(model, call, inputs, device)
        if error is not None:
            raise NoInputs(error, inputs)
        return inputs
    deadline = now() + max(_SECONDS, 2 * patience)
    counter = itertools.count()
    queue: list[tuple[float, int, Inputs]] = []
    seen: set[str] = set()
    for number, inputs in enumerate(_starts(model, call(model), request, module, made_by, sizes or {})):
        heapq.heappush(queue, (-1000.0 if inputs.source.startswith(_WRITTEN) else number / 100, next(counter), inputs))
    best: tuple[float, Failure, Inputs] | None = None
    trials = 0
    while queue and trials < _TRIALS and now() < deadline:
        _, _, inputs = heapq.heappop(queue)
        if inputs.text in seen:
            continue
        seen.add(inputs.text)
        trials += 1
        error, progress = tried(model, call, inputs.sized(_BATCH), device, patience)
        if error is None:
            return inputs
        seen_in_code = inputs.source.startswith("the call")
        rank = float("inf") if seen_in_code else progress
        if best is None or rank > best[0]:
            best = (rank, error, inputs)
        if _is_not_about_input(error):
            break
        changed = itertools.chain(_asked(model, call(model), inputs, error.cause), _repaired(inputs, str(error.cause)))
        for place, other in enumerate(changed):
            if other.text not in seen:
                # What is changed of an example that does not fit comes after what the layers take.
                weight = _LATE if inputs.source.startswith("an example") else -progress
                heapq.heappush(queue, (weight + place / 10, next(counter), other))
    assert best is not None
    raise NoInputs(best[1], best[2])


def _is_not_about_input(failure: Failure) -> bool:
    """Whether no other input would help: the model itself is incomplete."""
    cause = failure.cause
    if isinstance(cause, (NotImplementedError, NameError, ImportError, MemoryError, TooSlow)):
        return True
    if isinstance(cause, AttributeError):
        return isinstance(getattr(cause, "obj", None), nn.Module)
    return isinstance(cause, TypeError) and "object is not callable" in str(cause)


def tried(
    model: Model,
    call: Callable[[Model], Callable[..., Any]],
    inputs: Inputs,
    device: torch.device,
    patience: float = _SECONDS,
) -> tuple[Failure | None, float]:
    """One call: what it raised, and how many operations it got through."""
    args, keywords = inputs.make(0, device)
    progress = _Progress()
    try:
        with guarded("forward"), at_most(patience), torch.no_grad(), progress:
            call(model)(*args, **keywords)
    except Failure as failure:
        return failure, float(progress.count)
    return None, float(progress.count)


def inside_a_network(inputs: Inputs) -> Inputs:
    """The same as they would come from a layer before the model."""
    count = len(inputs.positional)
    changed = [replace(each, grad=True) for each in inputs.all()]
    named = zip((name for name, _ in inputs.keywords), changed[count:], strict=True)
    return Inputs(tuple(changed[:count]), tuple(named), f"{inputs.source}, as from a layer before it")


def halved(inputs: Inputs) -> Iterator[Inputs]:
    """The same with half of what is not the batch, nor channels or features: sides of images, lengths of sequences."""
    for parts in (slice(-2, None), slice(-3, -2)):
        changed = [_halved(spec, parts) for spec in inputs.all()]
        if changed != inputs.all():
            count = len(inputs.positional)
            named = zip((name for name, _ in inputs.keywords), changed[count:], strict=True)
            yield Inputs(tuple(changed[:count]), tuple(named), f"{inputs.source}, with smaller sizes")


def _halved(spec: Spec, parts: slice) -> Spec:
    shape = list(spec.shape)
    if len(shape) >= 4:
        inside = range(*parts.indices(len(shape)))[-2:]
    elif len(shape) == 3 - (not spec.dtype.is_floating_point):
        inside = range(1, 2)
    else:
        return spec
    for index in inside:
        if index > 1 or len(shape) < 4:
            # What is too small makes sizes of zero, and numbers that are not finite, in models that are fine.
            shape[index] = max(shape[index] // 2, min(shape[index], _LEAST if len(shape) < 4 else 2 * _LEAST))
    return replace(spec, shape=tuple(shape))


def runs(model: Model, inputs: Inputs, device: torch.device) -> bool:
    """Whether a call with them gives something."""
    return tried(model, lambda model: model, inputs.sized(_BATCH), device)[0] is None


def _asked(model: Model, forward: Callable[..., Any], inputs: Inputs, error: BaseException) -> Iterator[Inputs]:
    """The same with the optional arguments that an error asks for."""
    parameters = _parameters(forward)
    known = {each.name: each for each in parameters}
    given = [name for name, _ in inputs.keywords] + list(known)[: len(inputs.positional)]
    more = []
    for name in asked_for(error) if inputs.all() else ():
        parameter = known.get(name)
        if parameter is None and any(each.kind is each.VAR_KEYWORD for each in parameters):
            parameter = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
        if parameter is not None and name not in given:
            more.append((name, _other(model, parameter, inputs.all()[0])))
    if more:
        yield Inputs(inputs.positional, (*inputs.keywords, *more), "errors about arguments")


def _repaired(inputs: Inputs, message: str) -> Iterator[Inputs]:
    """Each argument changed as the message suggests, and all of them alike."""
    names = [name for name, _ in inputs.keywords]
    arguments = inputs.all()
    for index, spec in enumerate(arguments):
        for other in errors.repaired(spec, message):
            together = [other if each == spec else each for each in arguments]
            alone = [other if number == index else each for number, each in enumerate(arguments)]
            for changed in (together, alone) if together != alone else (alone,):
                count = len(inputs.positional)
                yield Inputs(
                    tuple(changed[:count]), tuple(zip(names, changed[count:], strict=True)), "errors about shapes"
                )


# ------------------------------------------------------------------------------------------------------- where to begin


def _starts(
    model: Model,
    forward: Callable[..., Any],
    request: Mapping[str, Any],
    module: ModuleType,
    made_by: str,
    sizes: Mapping[str, Any],
) -> Iterator[Inputs]:
    for call in request.get("input_calls", ()):
        try:
            found = [specs.like(evaluated(text, module)) for text in call["args"]]
            named = [(name, specs.like(evaluated(text, module))) for name, text in call["keywords"].items()]
        except Exception:  # the call names what only its own place knows
            continue
        if all(spec is not None for spec in found) and all(spec is not None for _, spec in named):
            yield Inputs(
                tuple(spec for spec in found if spec is not None),
                tuple((name, spec) for name, spec in named if spec is not None),
                call.get("source") or f"the call at {call['where']}",
            )
    parameters = _required(_parameters(forward))
    if not parameters:
        yield Inputs((), (), "forward takes nothing")
        return
    sequences = isinstance(model, nn.Module) and any(isinstance(m, SEQUENCE_LAYERS) for m in model.modules())
    side = int(written[1]) if (written := _SIZE.search(made_by)) else 32
    for shapes in request.get("shapes", ()):
        for first in static.specs(shapes.get(parameters[0].name), sizes, sequences, side):
            rest = [
                next(static.specs(shapes.get(each.name), sizes, sequences, side), None) or _other(model, each, first)
                for each in parameters[1:]
            ]
            yield _together(parameters, [first, *rest], "the shapes that the code shows")
    for first in _candidates(model, parameters[0].name, made_by):
        rest = [_other(model, each, first) for each in parameters[1:]]
        yield _together(parameters, [first, *rest], "the layers of the model")


def _together(parameters: Sequence[inspect.Parameter], found: Sequence[Spec], source: str) -> Inputs:
    pairs = list(zip(parameters, found, strict=True))
    positional = tuple(spec for each, spec in pairs if each.kind is not each.KEYWORD_ONLY)
    return Inputs(positional, tuple((p.name, spec) for p, spec in pairs if p.kind is p.KEYWORD_ONLY), source)


def _parameters(forward: Callable[..., Any]) -> list[inspect.Parameter]:
    function = forward.forward if isinstance(forward, nn.Module) else forward
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _required(found: Sequence[inspect.Parameter]) -> list[inspect.Parameter]:
    needed = [
        each
        for each in found
        if each.default is each.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
    ]
    if not needed and found:
        # `forward(self, *inputs)` and `forward(self, x=None)` still want a tensor.
        first = found[0]
        if first.kind is first.VAR_POSITIONAL or first.default is None:
            return [first.replace(kind=first.POSITIONAL_OR_KEYWORD)]
    return needed


_IMAGES = re.compile(r"images?|imgs?|pixel_values|pictures?")
_VIDEOS = re.compile(r"videos?|clips?|frames")
_TOKENS = re.compile(r"tokens?|ids|input_ids|indices|idx|src_tokens|words|text|captions?|token_ids|seq")
_MASKS = re.compile(r".*mask.*")
_TIMES = re.compile(r"t|times?|timesteps?|sigmas?|noise_level")
_NUMBERS = re.compile(
    r".*(cont|continuous|numer|numerical|numeric|dense|floats?|real|values?|feats?|features|coors|coords)"
)
_LABELS = re.compile(r"y|labels?|targets?|class(es)?|class_labels?")


_SIZE = re.compile(r"\b(?:image_size|img_size|input_resolution|resolution)=\(?(\d+)")
_CHANNELS = re.compile(r"\b(?:in_)?(?:channels|chans)=(\d+)")


def _candidates(model: Model, name: str, made_by: str) -> Iterator[Spec]:
    """Inputs for the first argument: what its name says, then what the first layers take, then common shapes.

    The call that made the model may say how large images are, and how many channels they have.
    """
    size = next((int(s) for s in (_side(model, key) for key in ("image_size", "img_size", "input_size")) if s), 32)
    if written := _SIZE.search(made_by):
        size = int(written[1])
    channels = int(written[1]) if (written := _CHANNELS.search(made_by)) else 3
    entries = list(_entries(model, size))
    plain = name.lower()
    if _TOKENS.fullmatch(plain):
        yield from (spec for spec in entries if spec.dtype == torch.int64)
    if _VIDEOS.fullmatch(plain):
        yield floats(_BATCH, channels, 4, size, size)
    if _IMAGES.fullmatch(plain) or _SIZE.search(made_by):
        yield floats(_BATCH, channels, size, size)
        yield from (spec for spec in entries if len(spec.shape) == 4)
    yield from entries
    yield from (
        floats(_BATCH, 64),
        floats(_BATCH, 16, 64),
        floats(_BATCH, 3, size, size),
        integers(10, _BATCH, 16),
        floats(_BATCH, 1, 28, 28),
        floats(_BATCH, 64, 8, 8),
        floats(_BATCH, 3, 224, 224),
        floats(_BATCH, 3, 4, 32, 32),
        floats(_BATCH, 3, 64),
        floats(_BATCH),
    )


def _side(model: Model, key: str) -> int | None:
    found = getattr(model, key, None)
    found = found[0] if isinstance(found, (tuple, list)) and found else found
    return found if isinstance(found, int) and 4 <= found <= 512 else None


def _entries(model: Model, size: int) -> Iterator[Spec]:
    """What the first layers take, in the order in which they are registered."""
    seen = 0
    for layer in model.modules() if isinstance(model, nn.Module) else ():
        before = seen
        for spec in _taken(layer, size):
            seen += 1
            yield spec
        if seen > before and seen > 12:
            return


def _taken(layer: nn.Module, size: int) -> Iterator[Spec]:
    if any(map(nn.parameter.is_lazy, layer.parameters(recurse=False))):
        return  # it takes whatever comes first
    match layer:
        case nn.Embedding() | nn.EmbeddingBag():
            yield integers(layer.num_embeddings, _BATCH, 16)
            yield integers(layer.num_embeddings, _BATCH)
        case nn.Linear():
            yield floats(_BATCH, layer.in_features)
            yield floats(_BATCH, 16, layer.in_features)
            for channels in (1, 3):
                side = round((layer.in_features / channels) ** 0.5)
                if side > 3 and channels * side * side == layer.in_features:
                    yield floats(_BATCH, channels, side, side)
        case nn.Conv2d() | nn.ConvTranspose2d():
            for side in dict.fromkeys((size, 28, 64, 224)):
                yield floats(_BATCH, layer.in_channels, side, side)
        case nn.Conv1d() | nn.ConvTranspose1d():
            yield floats(_BATCH, layer.in_channels, 64)
            yield floats(_BATCH, 64, layer.in_channels)
        case nn.Conv3d() | nn.ConvTranspose3d():
            yield floats(_BATCH, layer.in_channels, 8, size, size)
        case nn.RNNBase():
            yield floats(_BATCH, 16, layer.input_size)
        case nn.RNNCellBase():
            yield floats(_BATCH, layer.input_size)
        case nn.MultiheadAttention():
            yield floats(_BATCH, 16, layer.embed_dim)
        case nn.LayerNorm():
            yield floats(_BATCH, 16, *layer.normalized_shape)
        case nn.BatchNorm2d():
            yield floats(_BATCH, layer.num_features, 16, 16)
        case nn.BatchNorm1d():
            yield floats(_BATCH, layer.num_features)
            yield floats(_BATCH, layer.num_features, 16)
        case nn.GroupNorm():
            yield floats(_BATCH, layer.num_channels, 16, 16)
        case _:
            return


def _other(model: Model, parameter: inspect.Parameter, first: Spec) -> Spec:
    """An argument after the first: by its name, else like the first."""
    plain = parameter.name.lower()
    if _MASKS.fullmatch(plain):
        return Spec(
            torch.bool, first.shape[: 2 if len(first.shape) == 3 else 1] if len(first.shape) > 2 else first.shape
        )
    if _TIMES.fullmatch(plain):
        return floats(_BATCH) if parameter.annotation in (parameter.empty, torch.Tensor) else integers(100, _BATCH)
    if _LABELS.fullmatch(plain):
        return integers(10, _BATCH)
    if _NUMBERS.fullmatch(plain) and not first.dtype.is_floating_point:
        return floats(*first.shape)
    if parameter.annotation is int:
        return Spec(torch.float32, (), batched=False, constant=1)
    if parameter.annotation is float:
        return Spec(torch.float32, (), batched=False, constant=0.5)
    if parameter.annotation is bool:
        return Spec(torch.float32, (), batched=False, constant=True)
    if _TOKENS.fullmatch(plain):
        bound = next((m.num_embeddings for m in model.modules() if isinstance(m, nn.Embedding)), 10)
        return integers(bound, _BATCH, 16)
    if _IMAGES.fullmatch(plain):
        return floats(_BATCH, 3, 32, 32)
    return replace(first)


def sequence_first(model: Model, inputs: Inputs) -> bool:
    """Whether the first dimension may be time instead of the batch: a layer counts it so and nobody said otherwise."""
    doubtful = any(getattr(layer, "batch_first", True) is False for layer in model.modules())
    return doubtful and not any(len(spec.shape) >= 4 for spec in inputs.all())
