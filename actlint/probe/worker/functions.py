"""Calling the user's own training functions with the model, an optimiser, batches and whatever else their names ask
for, so that what stands in them runs too."""

from __future__ import annotations

import inspect
import re
import sys
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any

import torch
from torch import nn

from . import driving, losses
from .driving import Drive
from .kinds import Model, Tensor
from .places import Failure, Project, described, guarded
from .tracing import Lines

_BATCHES = 3


def call(drive: Drive, module: ModuleType, name: str, project: Project, lines: Lines) -> dict[str, Any] | None:
    """What came of calling a function of the user's module; None where its parameters cannot be filled."""
    function = getattr(module, name, None)
    if not inspect.isfunction(function):
        return None
    model = drive.model(0)
    try:
        arguments = _arguments(drive, function, model)
    except LookupError as error:
        return {"called": False, "why": str(error)}
    kept: list[dict[str, Any]] = []
    try:
        with lines, _Locals(project, kept), guarded("function"):
            result = function(**arguments)
    except Failure as failure:
        return {"called": True, "kept": kept, "failure": described(failure, project)}
    used = _used(model, arguments, module)
    gradients = [each.grad is not None for each in used]
    if not any(gradients) and losses.is_loss(result):
        driving.backward(driving.Step(result, result, "what the function returns"))
        gradients = [each.grad is not None for each in used]
    return {"called": True, "kept": kept, "trained": sum(gradients), "parameters": len(gradients)}


def _used(model: Model, arguments: dict[str, Any], module: ModuleType) -> list[Tensor]:
    """The parameters that the function may train: those of the model it got, or of a global one of its class."""
    found = (value for value in vars(module).values() if isinstance(value, type(model)))
    own = model if any(value is model for value in arguments.values()) else next(found, None)
    return [each for each in own.parameters() if each.requires_grad] if own is not None else []


class _Locals:
    """Looks, when a function of the user's ends, for names that hold the graphs of several steps."""

    def __init__(self, project: Project, kept: list[dict[str, Any]]) -> None:
        self._project, self._kept = project, kept
        self._before: Any = None

    def __enter__(self) -> None:
        self._before = sys.gettrace()
        sys.settrace(self._call)

    def __exit__(self, *error: object) -> None:
        sys.settrace(self._before)

    def _call(self, frame: FrameType, event: str, argument: object) -> Any:
        inner = self._before(frame, event, argument) if self._before is not None else None
        if not self._project.owns(frame.f_code.co_filename):
            return inner

        def local(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal inner
            if inner is not None:
                inner = inner(frame, event, argument)
            if event == "return":
                for name, value in list(frame.f_locals.items()):
                    steps = _steps_in(value)
                    if steps > 1:
                        self._kept.append({"name": name, "function": frame.f_code.co_name, "steps": steps})
            return local

        return local


def _steps_in(value: Any) -> int:
    """How many losses hang together in a tensor's graph: the longest run of additions at its end."""
    if isinstance(value, (list, tuple)):
        return sum(1 for each in value if isinstance(each, torch.Tensor) and each.grad_fn is not None)
    if not isinstance(value, torch.Tensor) or value.grad_fn is None or value.dim():
        return 0
    count, node = 1, value.grad_fn
    while node is not None and "Add" in type(node).__name__ and count < 1000:
        count += 1
        nodes = [each for each, _ in node.next_functions if each is not None]
        node = next((each for each in nodes if "Add" in type(each).__name__), None)
    return count


def _arguments(drive: Drive, function: Any, model: Model) -> dict[str, Any]:
    """A value for each parameter without a default. Raises LookupError where a name says nothing."""
    found = {}
    optimizer = torch.optim.SGD([each for each in model.parameters() if each.requires_grad], lr=1e-3)
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if parameter.default is parameter.empty:
            found[name] = _value(name.lower(), drive, model, optimizer)
    return found


def _value(name: str, drive: Drive, model: Model, optimizer: Any) -> Any:
    args, keywords = drive.values(0)
    inputs = args[0] if len(args) == 1 else tuple(args)
    target = _target(drive, model)
    if re.fullmatch(r"(model|net|network|module|classifier|layer)", name):
        return model
    if re.fullmatch(r".*(loader|dataset|data|batches|iterator)", name):
        return [(inputs, target) for _ in range(_BATCHES)]
    if re.fullmatch(r"(opt|optim|optimizer|optimiser)", name):
        return optimizer
    if re.fullmatch(r".*(scaler)", name):
        return torch.amp.GradScaler("cpu", enabled=False)
    if re.fullmatch(r".*(criterion|loss_fn|loss_func|loss_function|loss)", name):
        return nn.CrossEntropyLoss() if target.dtype == torch.int64 else nn.MSELoss()
    if re.fullmatch(r".*(scheduler)", name):
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1.0)
    if re.fullmatch(r"(y|labels?|targets?|label_batch|ys)", name):
        return target
    if re.fullmatch(r"batch", name):
        return (inputs, target)
    if re.fullmatch(r"(x|inputs?|images?|xs|features|data_batch|tokens|imgs?)", name):
        return inputs
    if re.fullmatch(r"device", name):
        return drive.device
    if re.fullmatch(r"_?(engine|trainer)", name):
        return _Engine()
    if re.fullmatch(r"(n_?|num_?|max_?)?(epochs?|steps?|iters?|iterations?|batch_idx|step|i)", name):
        return 1
    raise LookupError(f"no value is known for the parameter `{name}`")


class _Engine:
    """What a process function of Ignite's is given first, as far as such functions look at it."""

    def __init__(self) -> None:
        self.state = SimpleNamespace(epoch=1, iteration=1, max_epochs=1, epoch_length=1, metrics={}, output=None)


def _target(drive: Drive, model: Model) -> Any:
    args, keywords = drive.values(0)
    with torch.no_grad(), guarded("forward"):
        output = model(*args, **keywords)
    names = " ".join(drive.losses).lower().replace("_", "")
    classes = losses.classes_of(output)
    if classes and "crossentropy" in names.replace("binarycrossentropy", ""):
        return torch.randint(0, classes, (drive.batch,), device=drive.device)
    found = losses.floating(output)
    return torch.rand(found[0].shape, device=drive.device) if found else torch.zeros(drive.batch, device=drive.device)
