"""The order of a probe: import, make, call, watch one run, then measure what the others show."""

from __future__ import annotations

import builtins
import contextlib
import math
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
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
    inputs,
    isolation,
    layers,
    loading,
    losses,
    swapping,
)
from .building import Built
from .channel import Channel, number
from .devices import DTYPES
from .driving import Drive
from .kinds import Model
from .places import Failure, Place, Project, described
from .tracing import Births, Lines, Trace, watching

DEAD_SAMPLES = 512
_FEWEST_STEPS = 3
_SETTLING = 10
_SEED = 0


@dataclass(slots=True)
class Probe:
    """What is known so far of the class that is probed."""

    request: Mapping[str, Any]
    channel: Channel
    device: torch.device
    project: Project
    overlay: loading.Overlay
    module: ModuleType
    births: Births
    places: dict[str, Place | None] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    step_seconds: float = 0.0

    def effort(self) -> tuple[int, int]:
        """Seeds and steps: as wished, but fewer where a step of a large model takes long."""
        seeds, steps = self.request["seeds"], self.request["steps"]
        affordable = int(0.35 * self.request["seconds"] / max(self.step_seconds, 1e-6))
        if affordable >= seeds * steps:
            return seeds, steps
        seeds = min(seeds, max(1, affordable // min(steps, _FEWEST_STEPS)))
        return seeds, max(min(steps, affordable // seeds), min(steps, _FEWEST_STEPS))

    def failed(self, failure: Failure) -> None:
        """Say that the user's code raised."""
        self.channel.say("failed", **described(failure, self.project))


def run(request: Mapping[str, Any], channel: Channel, device: torch.device) -> None:
    """Do what the request asks for; what goes wrong is said."""
    project = Project(request["root"])
    overlay = loading.Overlay(project, request.get("overlay", {}))
    overlay.install(request["paths"])
    vars(builtins)[inplace.HELPER] = inplace.put
    lines = Lines(project)
    channel.phase("importing the model")
    try:
        with lines:
            module = loading.load(request["file"], request.get("module", ""))
    except Failure as failure:
        channel.say("failed", **described(failure, project))
        _say_lines(channel, lines)
        return
    probe = Probe(request, channel, device, project, overlay, module, Births(project))
    try:
        _probe(probe, lines)
    except Failure as failure:
        probe.failed(failure)
        _say_lines(channel, lines)


def _say_lines(channel: Channel, lines: Lines) -> None:
    channel.say("lines", ran={path: sorted(found) for path, found in lines.ran.items()}, warned=_distinct(lines.warned))


def _distinct(warned: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(each["path"], each["line"], each["message"]): each for each in warned}.values())


def _probe(probe: Probe, lines: Lines) -> None:
    request, channel = probe.request, probe.channel
    channel.phase("making the model")
    with probe.births, lines:
        built = building.build(probe.module, request["class"], request, _SEED)
        model = building.fresh(built, _SEED)
    probe.births.replaced = list({(e["path"], e["line"], e["name"]): e for e in probe.births.replaced}.values())
    _name(probe, model)
    count = sum(each.numel() for each in model.parameters()) if isinstance(model, nn.Module) else 0
    channel.say("built", text=built.text, source=built.source, parameters=count, type=type(model).__name__)
    channel.say("module", **attributes.facts(model, probe.births))
    channel.phase("finding inputs")
    found, failure = _inputs(probe, built, lines)
    if found is not None:
        channel.say("inputs", text=found.sized(request["batch"]).text, source=found.source)
    if request["mode"] == "shapes":
        _say_lines(channel, lines)
        if failure is not None:
            probe.failed(failure)
        elif found is not None:
            _shapes(probe, built, found)
        return
    if failure is not None or found is None:
        if failure is not None:
            probe.failed(failure)
        _say_lines(channel, lines)
        return
    dtype = DTYPES[request["dtype"]]
    drive = Drive(built, found, probe.device, dtype, request["batch"], tuple(request.get("losses", ())))
    match request["mode"]:
        case "compare":
            from .comparing import compare

            compare(drive, probe.module, request, channel)
        case "verify":
            from .verifying import verify

            _say_lines(channel, lines)
            verify(drive, channel)
        case _:
            _measure(probe, drive, lines)


def _name(probe: Probe, model: Model) -> None:
    if isinstance(model, nn.Module):
        for path, module in model.named_modules():
            probe.places[path] = probe.births.places.get(id(module))
            probe.kinds[path] = type(module).__name__


def _inputs(probe: Probe, built: Built, lines: Lines) -> tuple[inputs.Inputs | None, Failure | None]:
    """Inputs that work, or, with the failure of the likeliest ones, None. Lines that ran are noted in both cases."""

    def make() -> Model:
        return building.fresh(built, _SEED)

    try:
        return inputs.find(make, lambda model: model, probe.request, probe.module, probe.device, built.text), None
    except inputs.NoInputs as error:
        if error.likeliest is not None:
            model = make().to(probe.device)
            with lines:
                inputs.tried(model, lambda model: model, error.likeliest, probe.device)
        return None, error.failure


# ------------------------------------------------------------------------------------------------------------- measures


def _measure(probe: Probe, drive: Drive, lines: Lines) -> None:
    """Each measurement on its own: one that fails says so and leaves the others alone."""
    channel = probe.channel
    whole = drive
    drive = _stepping(probe, drive, lines)
    runs: list[layers.Run] = []
    steps: list[tuple[str, Callable[[], None]]] = [
        ("watching one step", lambda: _watch(probe, drive, lines)),
        ("gradients", lambda: runs.extend(_gradients(probe, drive, lines))),
        ("activations", lambda: _activations(probe, whole, drive)),
        ("finite numbers", lambda: _finite(probe, drive)),
        ("gradient flow", lambda: _flow(probe, drive, runs)),
        ("chains of layers", lambda: _chains(probe, whole)),
        ("isolation", lambda: _isolation(probe, whole)),
        ("in-place writes", lambda: _counterfactuals(probe, whole)),
        ("training functions", lambda: _functions(probe, whole, lines)),
    ]
    for done, (name, step) in enumerate(steps):
        channel.phase(name, done, len(steps))
        started = time.monotonic()
        try:
            step()
        except Failure as failure:
            channel.say("unmeasured", name=name, **described(failure, probe.project))
        except Exception as error:  # a defect of one measurement must not cost the others
            where = traceback.extract_tb(error.__traceback__)[-1]
            text = f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})"
            channel.say("unmeasured", name=name, internal=True, message=text[:500])
        channel.say("took", name=name, seconds=round(time.monotonic() - started, 3))
    _say_lines(channel, lines)


def _stepping(probe: Probe, drive: Drive, lines: Lines) -> Drive:
    """Through the class's own training step where that works; else its failure is said and a loss of ours serves."""
    model = drive.model(_SEED)
    method = driving.step_method(model)
    if not method:
        return drive
    own = Drive(drive.built, drive.inputs, drive.device, drive.dtype, drive.batch, drive.losses, method)
    try:
        with lines:
            step = driving.run(own, model, _SEED)
        driving.backward(step)
    except Failure as failure:
        probe.failed(failure)
        return drive
    return own


def _watch(probe: Probe, drive: Drive, lines: Lines) -> None:
    """One step under observation, and one as it would be."""
    channel = probe.channel
    with probe.births, lines:
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
    started = time.monotonic()
    try:
        driving.backward(driving.run(drive, plain, _SEED))
        probe.step_seconds = time.monotonic() - started
    except Failure as failure:
        probe.failed(failure)
    channel.say("left-behind", names=attributes.left_behind(plain) if isinstance(plain, nn.Module) else [])


def _written(trace: Trace) -> list[dict[str, Any]]:
    places = {(each.name, each.place) for each in trace.writes if each.place is not None}
    return [{"name": name, "place": list(place)} for name, place in sorted(places) if place is not None]


def _attends_to_one(trace: Trace) -> bool:
    """Whether a softmax runs over a single entry: what goes in then has a gradient of zero, whatever it is."""
    made = (trace.tensors[op.made[0]] for op in trace.ops if op.name == "softmax" and op.made)
    return any(each.dim() > 0 and each.shape[-1] == 1 for each in made)


def _initial(step: driving.Step) -> dict[str, Any]:
    """The first loss against what blind guessing would give."""
    classes = losses.classes_of(step.output)
    guessing = math.log(classes) if classes and step.loss_name == "cross entropy" else None
    minimum = [float(each.detach().min()) for each in losses.floating(step.output) if each.numel()]
    clipped = [float((each.detach() == 0).double().mean()) for each in losses.floating(step.output) if each.numel()]
    return {
        "initial": number(float(step.loss.detach())),
        "guessing": guessing,
        "minimum": number(min(minimum, default=0.0)),
        "zeros": max(clipped, default=0.0),
    }


def _gradients(probe: Probe, drive: Drive, lines: Lines) -> list[layers.Run]:
    channel, (seeds, steps) = probe.channel, probe.effort()
    runs = layers.seeds(drive, seeds, steps, lambda done, total: channel.phase("training", done, total))
    found = layers.summary(runs, probe.places, probe.kinds)
    for each in found:
        if each["none"]:
            each["elsewhere"] = attributes.read_elsewhere(each["name"], lines.ran)
    channel.say("layers", layers=found, steps=steps)
    channel.say(
        "overfit",
        losses=[[number(each) for each in run.losses] for run in runs],
        diverged=[run.diverged for run in runs],
    )
    return runs


def _activations(probe: Probe, whole: Drive, drive: Drive) -> None:
    request, (seeds, steps) = probe.request, probe.effort()
    batch = min(max(request["batch"], 64), DEAD_SAMPLES)
    if probe.step_seconds * (steps + DEAD_SAMPLES / request["batch"] / 3) * 2 > 0.4 * request["seconds"]:
        probe.channel.say("unmeasured", name="activations", message="512 samples of this model would take too long")
        return
    many = Drive(whole.built, whole.inputs, whole.device, whole.dtype, batch, whole.losses)
    found = []
    for seed in range(min(seeds, 2)):
        model = activations.trained(drive, seed, steps)
        found.append(activations.measure(many, probe.project, model, DEAD_SAMPLES, seed))
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
        model.eval()
        yield model.double()
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
            built = building.build(module, probe.request["class"], probe.request, _SEED)
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


# --------------------------------------------------------------------------------------------------------------- shapes


def _shapes(probe: Probe, built: Built, found: inputs.Inputs) -> None:
    """The output's shape of every layer, computed on the meta device."""
    shapes: list[dict[str, Any]] = []
    with torch.device("meta"):
        model = building.fresh(built, _SEED)
    names = {id(each): path for path, each in model.named_modules()}

    def note(module: nn.Module, args: Any, output: Any) -> None:
        out = [list(each.shape) for each in losses.tensors(output)]
        shapes.append({"name": names.get(id(module), ""), "layer": type(module).__name__, "shapes": out})

    for each in model.modules():
        each.register_forward_hook(note)
    args, keywords = found.sized(probe.request["batch"]).make(_SEED, torch.device("cpu"))
    started = time.perf_counter()
    with torch.no_grad():
        model(*(_on_meta(each) for each in args), **{key: _on_meta(each) for key, each in keywords.items()})
    probe.channel.say("shapes", layers=shapes, milliseconds=round(1000 * (time.perf_counter() - started), 2))


def _on_meta(value: Any) -> Any:
    return value.to("meta") if isinstance(value, torch.Tensor) else value
