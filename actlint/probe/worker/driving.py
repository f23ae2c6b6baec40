"""Running a model as its training would: forward, loss, backward, step. A run begins with a new model and a seed."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from . import losses
from .copies import fresh
from .inputs import Inputs
from .instances import Built
from .kinds import Model, Tensor
from .places import Failure, guarded


@dataclass(frozen=True, slots=True)
class Drive:
    """How a model is run: made by `built`, called with `inputs`, trained by `losses` or its own `training_step`."""

    built: Built
    inputs: Inputs
    device: torch.device
    dtype: torch.dtype
    batch: int
    losses: tuple[str, ...] = ()
    step_method: str = ""

    def model(self, seed: int) -> Model:
        """A new model in train mode, on the device, in float32 (autocast brings the other types)."""
        made = fresh(self.built, seed)
        if isinstance(made, nn.Module):
            with guarded("construct"):
                made.to(self.device)
                made.train()
            if is_lazy(made):
                # Its layers get their sizes, and their values, when they first see an input.
                args, keywords = self.values(seed)
                torch.manual_seed(seed)
                with guarded("forward"), torch.no_grad():
                    made(*args, **keywords)
        return made

    def values(self, seed: int, batch: int | None = None, scale: float = 1.0) -> tuple[list[Any], dict[str, Any]]:
        """Arguments of a call."""
        return self.inputs.sized(batch or self.batch).make(seed, self.device, torch.get_default_dtype(), scale)

    def mixed(self) -> contextlib.AbstractContextManager[Any]:
        """Autocast where another type than float32 is asked for."""
        if self.dtype == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)


def is_lazy(model: nn.Module) -> bool:
    """Whether it has parameters or buffers without a size yet."""
    return any(map(nn.parameter.is_lazy, [*model.parameters(), *model.buffers()]))


@dataclass(slots=True)
class Step:
    """What one step gave: the output, the loss as a tensor, what the loss is."""

    output: Any
    loss: Tensor
    loss_name: str


def run(
    drive: Drive, model: Model, seed: int, values: tuple[list[Any], dict[str, Any]] | None = None, noise: int = 0
) -> Step:
    """Forward and loss, reproducible by the seed, which makes the targets too, and by `noise` (dropout and the like).

    Raises Failure.
    """
    args, keywords = values if values is not None else drive.values(seed)
    torch.manual_seed(seed + noise)
    with guarded("forward"), drive.mixed():
        if drive.step_method:
            loss = _loss_in(_stepped(drive, model, args, keywords, seed))
            return Step(loss, loss, f"{drive.step_method}")
        output = model(*args, **keywords)
    with guarded("loss"):
        loss, name = losses.loss_of(output, drive.losses, seed)
    return Step(output, loss, name)


def backward(step: Step) -> None:
    """Gradients of a step's loss. Raises Failure, also where the loss depends on no parameter."""
    with guarded("backward"):
        step.loss.backward()


def trained(
    drive: Drive, model: Model, seed: int, steps: int, after: Callable[[int, Step], None] = lambda n, s: None
) -> Iterator[float]:
    """Steps on one batch; the losses. `after` is called with gradients still there. Raises Failure."""
    optimizer = optimizer_of(model)
    values = drive.values(seed)
    for number in range(steps):
        if optimizer is not None:
            optimizer.zero_grad(set_to_none=True)
        step = run(drive, model, seed, values, number)
        backward(step)
        after(number, step)
        if optimizer is not None:
            with guarded("step"):
                optimizer.step()
        yield float(step.loss.detach())


def optimizer_of(model: Model, rate: float = 1e-3) -> Any:
    """The optimiser that a module configures itself, as Lightning's do, else Adam; None without parameters."""
    configure = getattr(model, "configure_optimizers", None)
    if callable(configure) and not _required(configure):
        # What it asks of a trainer that is not there is no fault of the model.
        with contextlib.suppress(Failure), guarded("configure_optimizers"):
            found = _optimizer_in(configure())
            if found is not None:
                return found
    parameters = [each for each in model.parameters() if each.requires_grad]
    return Adam(parameters, rate) if parameters else None


class Adam:
    """Adam (Kingma and Ba, 2015) with its usual constants. torch's own imports for seconds before its first step."""

    def __init__(self, parameters: Sequence[Tensor], rate: float) -> None:
        self._state = [(each, torch.zeros_like(each), torch.zeros_like(each)) for each in parameters]
        self._rate, self._steps = rate, 0

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        for parameter, _, _ in self._state:
            parameter.grad = None

    def clear(self) -> None:
        """Make the gradients zero where they are, for those that others look at."""
        for parameter, _, _ in self._state:
            if parameter.grad is not None:
                parameter.grad.zero_()

    def step(self) -> None:
        """Change the parameters that have gradients."""
        with torch.no_grad():
            self._step()

    def _step(self) -> None:
        self._steps += 1
        first, second = 1 - 0.9**self._steps, 1 - 0.999**self._steps
        for parameter, mean, square in self._state:
            if parameter.grad is not None:
                gradient = parameter.grad.to_dense() if parameter.grad.is_sparse else parameter.grad
                mean.lerp_(gradient, 0.1)
                square.mul_(0.999).addcmul_(gradient, gradient.conj(), value=0.001)
                parameter.addcdiv_(mean, (square / second).sqrt_().add_(1e-8), value=-self._rate / first)


def _optimizer_in(configured: Any) -> Any:
    if isinstance(configured, torch.optim.Optimizer):
        return configured
    if isinstance(configured, dict):
        return _optimizer_in(configured.get("optimizer"))
    if isinstance(configured, (list, tuple)) and configured:
        return _optimizer_in(configured[0])
    return None


def _required(function: Any) -> list[str]:
    return [
        name
        for name, each in inspect.signature(function).parameters.items()
        if each.default is each.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
    ]


# ------------------------------------------------------------------------------------------------------------ Lightning


def step_method(model: Model) -> str:
    """The method that gives a training loss of a batch, where the class has one."""
    method = getattr(model, "training_step", None)
    return "training_step" if callable(method) and isinstance(model, nn.Module) else ""


def _stepped(drive: Drive, model: Model, args: Sequence[Any], keywords: dict[str, Any], seed: int) -> Any:
    """Call the step method with a batch of inputs and targets that fit what `forward` gives."""
    method = getattr(model, drive.step_method)
    names = _required(method)
    batch = Batches(drive, model, args, keywords, seed).first()
    extra = [0 for _ in names[1:]]
    return method(batch, *extra)


def _loss_in(result: Any) -> Tensor:
    if isinstance(result, dict):
        result = result.get("loss")
    if not isinstance(result, torch.Tensor):
        raise TypeError(f"the training step returns {type(result).__name__} instead of a loss")
    return result if result.dim() == 0 else result.mean()


@dataclass(slots=True)
class Batches:
    """Batches for a step method: inputs with class indices, or with noise of the output's shape, whichever runs."""

    drive: Drive
    model: Model
    args: Sequence[Any]
    keywords: dict[str, Any]
    seed: int

    def first(self) -> Any:
        """The batch that the model's own loss accepts; inputs alone where `forward` gives nothing to compare with."""
        inputs = self.args[0] if len(self.args) == 1 else tuple(self.args)
        generator = torch.Generator().manual_seed(self.seed)
        state = torch.get_rng_state()
        try:
            with torch.no_grad():
                output = self.model(*self.args, **self.keywords)
        except Exception:  # the step need not call `forward`
            output = None
        torch.set_rng_state(state)
        found = losses.floating(output)
        if len(self.args) > 1 or not found:
            count = self.drive.batch
            return inputs if len(self.args) > 1 else (inputs, torch.randint(0, 2, (count,), generator=generator))
        first = found[0]
        if self._wants_classes() and first.dim() >= 2:
            target = torch.randint(0, max(first.shape[1], 1), (first.shape[0], *first.shape[2:]), generator=generator)
        else:
            target = torch.rand(first.shape, generator=generator)
        return inputs, target.to(first.device)

    def _wants_classes(self) -> bool:
        names = " ".join(self.drive.losses).lower().replace("_", "")
        return "crossentropy" in names.replace("binarycrossentropy", "") or "nll" in names or not names


def finite(value: Any) -> bool:
    """Whether all floats of an output are finite."""
    return all(bool(torch.isfinite(each).all()) for each in losses.floating(value))
