"""Looking for inputs with which a model runs: those given, those of a call in the project, what its layers take, what
torch's errors about other inputs say. The search goes on where the model got furthest.
"""

from __future__ import annotations

import heapq
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from . import beginnings, errors, specs
from .guessing import asked_for
from .inputs import Inputs
from .kinds import Model
from .patience import TooSlow, at_most, now
from .places import Failure, guarded

_TRIALS = 160
_WRITTEN = ("the call", "an example")
_LATE = 100.0
_SECONDS = 15.0


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
    for number, inputs in enumerate(beginnings.starts(model, call(model), request, module, made_by, sizes or {})):
        heapq.heappush(queue, (-1000.0 if inputs.source.startswith(_WRITTEN) else number / 100, next(counter), inputs))
    best: tuple[float, Failure, Inputs] | None = None
    trials = 0
    while queue and trials < _TRIALS and now() < deadline:
        _, _, inputs = heapq.heappop(queue)
        if inputs.text in seen:
            continue
        seen.add(inputs.text)
        trials += 1
        error, progress = tried(model, call, inputs.sized(beginnings.BATCH), device, patience)
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


def runs(model: Model, inputs: Inputs, device: torch.device) -> bool:
    """Whether a call with them gives something."""
    return tried(model, lambda model: model, inputs.sized(beginnings.BATCH), device)[0] is None


def _asked(model: Model, forward: Callable[..., Any], inputs: Inputs, error: BaseException) -> Iterator[Inputs]:
    """The same with the optional arguments that an error asks for."""
    parameters = beginnings.parameters(forward)
    known = {each.name: each for each in parameters}
    given = [name for name, _ in inputs.keywords] + list(known)[: len(inputs.positional)]
    more = []
    for name in asked_for(error) if inputs.all() else ():
        parameter = known.get(name)
        if parameter is None and any(each.kind is each.VAR_KEYWORD for each in parameters):
            parameter = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
        if parameter is not None and name not in given:
            more.append((name, beginnings.other(model, parameter, inputs.all()[0])))
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
