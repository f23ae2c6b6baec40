"""The order of a probe: import, make, call, watch one run, then measure what the others show."""

from __future__ import annotations

import builtins
import contextlib
import time
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from . import attributes, building, inplace, inputs, loading, losses
from .channel import Channel
from .devices import DTYPES
from .driving import Drive
from .instances import Built
from .kinds import Model
from .patience import TooSlow
from .places import Failure, Project, described
from .state import Probe, say_lines
from .tracing import Births, Lines

_SEED = 0


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
        say_lines(channel, lines)
        return
    probe = Probe(request, channel, device, project, overlay, module, Births(project))
    try:
        _probe(probe, lines)
    except Failure as failure:
        probe.failed(failure)
        say_lines(channel, lines)


def _probe(probe: Probe, lines: Lines) -> None:
    request, channel = probe.request, probe.channel
    channel.phase("making the model")
    with probe.births, lines:
        built = building.build(probe.module, request["class"], request, _SEED, 0.25 * probe.left())
    _say_built(probe, built, lines)
    channel.phase("finding inputs")
    found, failure = _inputs(probe, built, lines)
    if failure is not None and isinstance(failure.cause, TooSlow):
        for way in building.smaller(probe.module, request["class"], built):
            with contextlib.suppress(Failure):
                building.fresh(way, _SEED)
                found, failure = _inputs(probe, way, lines)
                if found is not None:
                    _say_built(probe, built := way, lines)
                    break
    if found is not None:
        channel.say("inputs", text=found.sized(request["batch"]).text, source=found.source)
    if request["mode"] == "shapes":
        say_lines(channel, lines)
        if failure is not None:
            probe.failed(failure)
        elif found is not None:
            _shapes(probe, built, found)
        return
    if failure is not None or found is None:
        if failure is not None:
            probe.failed(failure)
        say_lines(channel, lines)
        return
    dtype = DTYPES[request["dtype"]]
    drive = Drive(built, found, probe.device, dtype, request["batch"], tuple(request.get("losses", ())))
    match request["mode"]:
        case "compare":
            from .comparing import compare

            compare(drive, probe.module, request, channel)
        case "verify":
            from .verifying import verify

            say_lines(channel, lines)
            verify(drive, channel)
        case _:
            from .measuring import measure

            measure(probe, drive, lines)


def _say_built(probe: Probe, built: Built, lines: Lines) -> None:
    channel = probe.channel
    with probe.births, lines:
        model = building.fresh(built, _SEED)
    probe.births.replaced = list({(e["path"], e["line"], e["name"]): e for e in probe.births.replaced}.values())
    _name(probe, model)
    count = attributes.size(model.parameters()) if isinstance(model, nn.Module) else 0
    channel.say("built", text=built.text, source=built.source, parameters=count, type=type(model).__name__)
    channel.say("module", **attributes.facts(model, probe.births))


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
        sizes = building.sizes(probe.module, probe.request["class"], built)
        patience = 0.2 * probe.left()
        found = inputs.find(make, lambda m: m, probe.request, probe.module, probe.device, built.text, sizes, patience)
        return found, None
    except inputs.NoInputs as error:
        if error.likeliest is not None:
            model = make().to(probe.device)
            with lines:
                inputs.tried(model, lambda model: model, error.likeliest, probe.device, 0.2 * probe.left())
        return None, error.failure


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
