"""What running shows of a model that runs: each measurement on its own, as far as there is time."""

from __future__ import annotations

import contextlib
import math
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import torch
from torch import nn

from . import (
    activations,
    attributes,
    building,
    chains,
    driving,
    finite,
    inplace,
    isolation,
    layers,
    loading,
    losses,
    patience,
    swapping,
)
from .channel import number
from .driving import Drive
from .kinds import Model
from .patience import TooSlow, at_most
from .places import Failure, described, guarded
from .state import Probe, say_lines
from .tracing import Births, Lines, Trace, watching

DEAD_SAMPLES = 512
_SETTLING = 10
_FEWEST = 2
_STEPS_WANTED = 40
_ALL_OF_IT = 1 - 1e-6
_SEED = 0


def measure(probe: Probe, drive: Drive, lines: Lines) -> None:
    """Each measurement on its own: one that fails, or takes too long, says so and leaves the others alone."""
    channel = probe.channel
    whole = drive = _affordable(probe, drive)
    drive = _stepping(probe, drive, lines)
    runs: list[layers.Run] = []
    steps: list[tuple[str, float, Callable[[], None]]] = [
        ("watching one step", 0.4, lambda: _watch(probe, drive, lines)),
        ("gradients", 0.6, lambda: runs.extend(_gradients(probe, drive, lines))),
        ("activations", 0.5, lambda: _activations(probe, whole, runs)),
        ("finite numbers", 0.5, lambda: _finite(probe, drive)),
        ("gradient flow", 0.5, lambda: _flow(probe, drive, runs)),
        ("chains of layers", 0.5, lambda: _chains(probe, whole)),
        ("isolation", 0.5, lambda: _isolation(probe, whole)),
        ("in-place writes", 0.8, lambda: _counterfactuals(probe, whole)),
        ("training functions", 1.0, lambda: _functions(probe, whole, lines)),
    ]
    for done, (name, share, step) in enumerate(steps):
        channel.phase(name, done, len(steps))
        started = patience.now()
        try:
            with guarded(name), at_most(share * probe.left()):
                step()
        except Failure as failure:
            _say_unmeasured(probe, name, failure)
        channel.say("took", name=name, seconds=round(patience.now() - started, 3))
    say_lines(channel, lines)


def _say_unmeasured(probe: Probe, name: str, failure: Failure) -> None:
    cause = failure.cause
    if isinstance(cause, TooSlow):
        probe.channel.say("unmeasured", name=name, message="it would take too long (--timeout gives it more)")
    elif failure.phase != name:  # the user's code raised
        probe.channel.say("unmeasured", name=name, **described(failure, probe.project))
    else:  # a defect of one measurement must not cost the others
        where = traceback.extract_tb(cause.__traceback__)[-1]
        text = f"{type(cause).__name__}: {cause} ({where.name}, line {where.lineno})"
        probe.channel.say("unmeasured", name=name, internal=True, message=text[:500])


def _affordable(probe: Probe, drive: Drive) -> Drive:
    """With smaller batches where one step takes so long that little else could be done."""
    small = replace(drive, batch=_FEWEST)
    started = patience.now()
    try:
        with guarded("forward"), at_most(0.3 * probe.left()):
            driving.backward(driving.run(small, small.model(_SEED), _SEED))
    except Failure as failure:
        return small if isinstance(failure.cause, TooSlow) else drive
    took = (patience.now() - started) / _FEWEST
    affordable = int(probe.left() / (_STEPS_WANTED * max(took, 1e-6)))
    if affordable >= drive.batch:
        return drive
    smaller = replace(drive, batch=max(affordable, _FEWEST))
    probe.channel.say("inputs", text=smaller.inputs.sized(smaller.batch).text, source=drive.inputs.source)
    return smaller


def _stepping(probe: Probe, drive: Drive, lines: Lines) -> Drive:
    """Through the class's own training step where that works; else its failure is said and a loss of ours serves."""
    model = drive.model(_SEED)
    method = driving.step_method(model)
    if not method:
        return drive
    own = Drive(drive.built, drive.inputs, drive.device, drive.dtype, drive.batch, drive.losses, method)
    try:
        with lines, at_most(0.3 * probe.left()):
            step = driving.run(own, model, _SEED)
            driving.backward(step)
    except Failure as failure:
        if not isinstance(failure.cause, TooSlow):
            probe.failed(failure)
        return drive
    return own


def _watch(probe: Probe, drive: Drive, lines: Lines) -> None:
    """One step under observation, and one as it would be."""
    channel = probe.channel
    model = drive.model(_SEED)
    trace = Trace(probe.project, model)
    before = {id(each) for each in model.modules()} if isinstance(model, nn.Module) else set()
    born = Births(probe.project)
    values = drive.values(_SEED)
    try:
        with born, lines, watching(trace):
            step = driving.run(drive, model, _SEED, values)
            nonfinite = finite.in_forward(trace, step.output, step.loss)
            driving.backward(step)
    except Failure as failure:
        _unless_slow(failure)
        nonfinite = None
        probe.failed(failure)
    else:
        channel.say("loss", name=step.loss_name, lone=_attends_to_one(trace), **_initial(step))
    made = [
        {"type": type(each).__name__, "place": list(place)}
        for each in born.alive
        if id(each) not in before and (place := born.places.get(id(each))) is not None and list(each.parameters())
    ]
    channel.say("made-in-forward", layers=made)
    channel.say("writes", stale=inplace.stale(trace), writes=_written(trace), inputs=inplace.to_inputs(trace, values))
    if nonfinite is not None:
        channel.say("nonfinite", **nonfinite)
    plain = drive.model(_SEED)
    started = patience.now()
    try:
        driving.backward(driving.run(drive, plain, _SEED))
        probe.step_seconds = patience.now() - started
    except Failure as failure:
        _unless_slow(failure)
        probe.failed(failure)
    channel.say("left-behind", names=attributes.left_behind(plain) if isinstance(plain, nn.Module) else [])


def _unless_slow(failure: Failure) -> None:
    """What takes too long is no failure of the model's."""
    if isinstance(failure.cause, TooSlow):
        raise failure


def _written(trace: Trace) -> list[dict[str, Any]]:
    places = {(each.name, each.place) for each in trace.writes if each.place is not None}
    return [{"name": name, "place": list(place)} for name, place in sorted(places) if place is not None]


def _attends_to_one(trace: Trace) -> bool:
    """Whether a softmax runs over a single entry, or over one that is not masked: what goes in then has a gradient of
    zero, whatever it is.
    """
    made = (trace.tensors[op.made[0]].detach() for op in trace.ops if op.name == "softmax" and op.made)
    return any(each.dim() > 0 and each.numel() and bool((each.amax(-1) > _ALL_OF_IT).all()) for each in made)


def _initial(step: driving.Step) -> dict[str, Any]:
    """The first loss against what blind guessing would give."""
    classes = losses.classes_of(step.output)
    guessing = math.log(classes) if classes and step.loss_name == "cross entropy" else None
    minimum = [float(each.detach().min()) for each in losses.floating(step.output) if each.numel()]
    clipped = [float((each.detach() == 0).double().mean()) for each in losses.floating(step.output) if each.numel()]
    learned = [each for each in losses.floating(step.output) if each.requires_grad]
    return {
        "initial": number(float(step.loss.detach())),
        "guessing": guessing,
        "minimum": number(min(minimum, default=0.0)),
        "zeros": max(clipped, default=0.0),
        "summed": max(len(learned), 1) if step.loss_name == losses.OWN else 1,
    }


def _gradients(probe: Probe, drive: Drive, lines: Lines) -> list[layers.Run]:
    channel, (seeds, steps) = probe.channel, probe.effort()
    runs = layers.seeds(drive, seeds, steps, lambda done, total: channel.phase("training", done, total))
    found = layers.summary(runs, probe.places, probe.kinds)
    for each in found:
        if each["none"]:
            each["elsewhere"] = attributes.read_elsewhere(each["name"], lines.ran)
    channel.say("layers", layers=found, steps=min(len(run.losses) for run in runs))
    channel.say(
        "overfit",
        losses=[[number(each) for each in run.losses] for run in runs],
        diverged=[run.diverged for run in runs],
    )
    return runs


def _activations(probe: Probe, whole: Drive, runs: list[layers.Run]) -> None:
    batch = min(max(whole.batch, 64), DEAD_SAMPLES)
    if probe.step_seconds * DEAD_SAMPLES / whole.batch / 3 * min(len(runs), layers.KEPT) > 0.5 * probe.left():
        probe.channel.say("unmeasured", name="activations", message="512 samples of this model would take too long")
        return
    many = replace(whole, batch=batch)
    found = [
        activations.measure(many, probe.project, run.model, DEAD_SAMPLES, seed)
        for seed, run in enumerate(runs)
        if run.model is not None
    ]
    probe.channel.say("activations", seeds=found)


def _finite(probe: Probe, drive: Drive) -> None:
    found = finite.in_backward(drive, probe.project, _SEED)
    if found is not None:
        probe.channel.say("nonfinite", **found)


def _flow(probe: Probe, drive: Drive, runs: list[layers.Run]) -> None:
    """How gradients shrink or grow from layer to layer, and whether a change of activation or start cures it."""
    factors = [found for run in runs if (found := layers.factor(run)) is not None]
    if not factors or not runs:
        return
    changed = swapping.ratios(drive, _SEED)
    probe.channel.say(
        "flow",
        ratios=[number(ratio) for ratio, _, _ in factors],
        factors=[number(each) for _, each, _ in factors],
        layers=factors[0][2],
        signals=[number(found[1]) for run in runs if (found := layers.signal(run)) is not None],
        changed={name: {key: number(value) for key, value in each.items()} for name, each in changed.items()},
        order=[name for name in runs[0].order if runs[0].trainable.get(name)],
    )


@contextlib.contextmanager
def _exact(drive: Drive) -> Iterator[Model]:
    """An untrained model in eval mode, and everything that it makes, in float64."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        model = drive.model(_SEED)
        # A model may have a method of this name for something else.
        nn.Module.double(model.eval())
        for each in (*model.parameters(), *model.buffers()):
            if each.dtype == torch.complex64:
                each.data = each.data.to(torch.complex128)
        yield model
    finally:
        torch.set_default_dtype(usual)


def _chains(probe: Probe, drive: Drive) -> None:
    if probe.device.type == "mps":
        return
    with _exact(drive) as model:
        probe.channel.say("chains", **chains.measure(drive, probe.project, model, probe.places, _SEED))


def _isolation(probe: Probe, drive: Drive) -> None:
    quiet = drive.model(_SEED).eval()
    trace = Trace(probe.project, quiet)
    with torch.no_grad(), trace:
        driving.run(drive, quiet, _SEED)
    probe.channel.say("eval-noise", calls=isolation.noise(trace))
    if probe.device.type == "mps":
        return
    certain = drive.inputs.source == "given" or drive.inputs.source.startswith("the call")
    with _exact(drive) as model:
        found = isolation.measure(drive, model, _SEED, certain)
        if found["dependence"] == 0.0:
            # A last layer of zeros, as some begin with, hides the input until the first steps are made.
            for _ in driving.trained(drive, model.train(), _SEED, _SETTLING):
                pass
            found["dependence"] = isolation.measure(drive, model.eval(), _SEED, certain)["dependence"]
        probe.channel.say("isolation", **found)


def _counterfactuals(probe: Probe, drive: Drive) -> None:
    """The same step with the writes of each wanted statement out of place."""
    for site in probe.request.get("writes", ()):
        region = (site["path"], site["line"], site["end"])
        births = Births(probe.project)
        mode = inplace.Instead(probe.project, [region], births.places)
        with _rewritten(probe, inplace.rewriter([region])) as module:
            built = building.again(module, probe.request["class"], probe.request, drive.built, _SEED)
            other = Drive(built, drive.inputs, drive.device, drive.dtype, drive.batch, drive.losses)
            probe.channel.say("without", id=site["id"], **inplace.compared(drive, other, mode, _SEED, births))


class _rewritten:  # noqa: N801 - used as a statement
    """The user's file imported anew under a rewriting."""

    def __init__(self, probe: Probe, rewrite: loading.Rewrite) -> None:
        self._probe, self._rewrite = probe, rewrite

    def __enter__(self) -> ModuleType:
        probe = self._probe
        probe.overlay.rewrite = self._rewrite
        loading.forget(probe.project)
        return loading.load(probe.request["file"], probe.request.get("module", ""))

    def __exit__(self, *error: object) -> None:
        self._probe.overlay.rewrite = None


def _functions(probe: Probe, drive: Drive, lines: Lines) -> None:
    from .functions import call

    for name in probe.request.get("functions", ()):
        found = call(drive, probe.module, name, probe.project, lines)
        if found is not None:
            probe.channel.say("function", name=name, **found)
