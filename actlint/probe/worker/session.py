"""The order of a probe: import, make, call, watch one run, then measure what the others show."""

from __future__ import annotations

import builtins
import collections
import contextlib
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from . import attributes, building, copies, driving, inplace, inputs, instances, loading, losses, searching
from .channel import Channel
from .devices import DTYPES
from .driving import Drive
from .instances import Built
from .kinds import Model
from .patience import TooSlow, at_most, now
from .places import Failure, Project, described, guarded
from .state import Probe, say_lines
from .tracing import Births, Lines

_SEED = 0
_STEPS = 120
"""About so many steps are made in all measurements together."""

_PATIENCE = 0.12
"""The share of the time that is left which a call of two samples may take."""

_WAYS, _OTHERS, _MUCH, _HALVES = 12, 3, 4.0, 2
_USERS = ("given", "defaults")


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
    ways = building.ways(probe.module, request["class"], request, _SEED, 0.25 * probe.left())
    built, found, failure = _chosen(probe, ways, lines)
    if found is not None and request["mode"] == "measure":
        found, took = _trainable(probe, built, found)
        built, found = _quicker(probe, built, found, took, lines)
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

            compare(drive, request, channel)
        case "verify":
            from .verifying import verify

            say_lines(channel, lines)
            verify(drive, channel)
        case _:
            from .measuring import measure

            copies.made(built, _SEED)
            measure(probe, drive, lines)


# ------------------------------------------------------------------------------------------------- a model that can run


def _chosen(probe: Probe, ways: Iterator[Built], lines: Lines) -> tuple[Built, inputs.Inputs | None, Failure | None]:
    """The first way of making the model that can be called too; where none can, the first of all, with its failure.

    What the user wrote is not replaced by guesses of ours, but for smaller numbers where it takes too long.
    """
    channel, left = probe.channel, probe.left()
    todo: collections.deque[Built] = collections.deque()
    first: tuple[Built, Failure | None] | None = None
    tried: set[str] = set()
    slow = False
    while first is None or (len(tried) < _WAYS and probe.left() > (0.3 if slow else 0.5) * left):
        channel.phase("making the model")
        probe.births.forget()
        with probe.births, lines:
            way = todo.popleft() if todo else next(ways, None)
            if way is not None and first is not None:
                with contextlib.suppress(Failure), at_most(0.2 * probe.left()):
                    copies.made(way, _SEED)
        if way is None:
            break
        if way.text in tried:
            continue
        tried.add(way.text)
        _say_built(probe, way, lines)
        channel.phase("finding inputs")
        found, failure = _inputs(probe, way, lines)
        if found is not None:
            return way, found, None
        first = first or (way, failure)
        slow = failure is not None and isinstance(failure.cause, TooSlow)
        if slow:
            todo.extendleft(reversed(list(building.smaller(way, much=True))))
        elif way.source in _USERS or way.source.startswith("the call"):
            break
        elif failure is not None:
            todo.extendleft(reversed(list(building.mended(probe.module, way, failure.cause))))
    assert first is not None
    if len(tried) > 1:
        copies.forget()
        _say_built(probe, first[0], lines)
    return first[0], None, first[1]


def _trainable(probe: Probe, built: Built, found: inputs.Inputs) -> tuple[inputs.Inputs, float]:
    """How long a step takes; and the inputs, which require grad where the model's parameters get gradients only then:
    reversible blocks, for one, are meant to stand inside of a network.
    """
    took, failure, _ = _step(probe, built, found)
    if failure is not None and "does not require grad" in str(failure.cause):
        other = inputs.inside_a_network(found)
        again, failure, model = _step(probe, built, other)
        if failure is None and any(each.grad is not None for each in model.parameters()):
            return other, again
    return found, took


def _quicker(
    probe: Probe, built: Built, found: inputs.Inputs, took: float, lines: Lines
) -> tuple[Built, inputs.Inputs]:
    """A smaller model where a step of this one takes so long that little could be measured in the time there is; then
    other ways to make it, then smaller inputs.
    """
    if built.source == "given":
        return built, found
    first = built
    inside = any(each.grad for each in found.all())
    if took * _STEPS > probe.left():
        took = _step(probe, built, found)[0]  # the first step of all waits for what torch imports

    def slow() -> bool:
        return took * _STEPS > probe.left() > 0.4 * probe.request["seconds"]

    smaller = building.smaller(built, much=took * _STEPS > _MUCH * probe.left())
    for way in itertools.chain(smaller, _guesses(probe) if not built.source.startswith("the call") else ()):
        if not slow():
            break
        if way.text == first.text:
            continue
        try:
            with at_most(0.1 * probe.left()):
                copies.made(way, _SEED)
            used, _ = _inputs(probe, way, lines)
        except (Failure, TooSlow):
            continue
        used = inputs.inside_a_network(used) if used is not None and inside else used
        if used is not None and (less := _step(probe, way, used)[0]) < 0.7 * took:
            built, found, took = way, used, less
    if built is not first:
        copies.forget()
        _say_built(probe, built, lines)
    for _ in range(_HALVES if not found.source.startswith(("given", "the call")) else 0):
        if not slow():
            break
        model = copies.fresh(built, _SEED).to(probe.device)
        used = next((each for each in inputs.halved(found) if searching.runs(model, each, probe.device)), None)
        if used is None or (less := _step(probe, built, used)[0]) > 0.7 * took:
            break
        found, took = used, less
    return built, found


def _guesses(probe: Probe) -> Iterator[Built]:
    ways = building.ways(probe.module, probe.request["class"], probe.request, _SEED, 0.1 * probe.left(), guessed=True)
    with contextlib.suppress(Failure):
        yield from itertools.islice(ways, _OTHERS)


def _step(probe: Probe, built: Built, found: inputs.Inputs) -> tuple[float, Failure | None, Model]:
    """How long a step of training takes, estimated from a small batch; what it raises, and the model."""
    request = probe.request
    drive = Drive(built, found, probe.device, DTYPES[request["dtype"]], 2, tuple(request.get("losses", ())))
    patience = 0.1 * probe.left()
    model: Model = None
    try:
        with guarded("forward"):
            model = drive.model(_SEED)
            started = now()
            with at_most(patience):
                driving.backward(driving.run(drive, model, _SEED))
    except Failure as failure:
        return patience * request["batch"] if isinstance(failure.cause, TooSlow) else 0.0, failure, model
    return (now() - started) * request["batch"] / 2, None, model


def _say_built(probe: Probe, built: Built, lines: Lines) -> None:
    channel = probe.channel
    with probe.births, lines:
        model = copies.made(built, _SEED)
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
        return copies.fresh(built, _SEED)

    try:
        sizes = building.sizes(built) if built.kind is not None else {}
        patience = _PATIENCE * probe.left()
        request = {**probe.request, "input_calls": [*built.calls, *probe.request.get("input_calls", ())]}
        found = searching.find(make, lambda m: m, request, probe.module, probe.device, built.text, sizes, patience)
        return found, None
    except searching.NoInputs as error:
        if error.likeliest is not None:
            model = make().to(probe.device)
            with lines:
                searching.tried(model, lambda model: model, error.likeliest, probe.device, _PATIENCE * probe.left())
        return None, error.failure


# --------------------------------------------------------------------------------------------------------------- shapes


def _shapes(probe: Probe, built: Built, found: inputs.Inputs) -> None:
    """The output's shape of every layer, computed on the meta device."""
    shapes: list[dict[str, Any]] = []
    with torch.device("meta"):
        model = instances.fresh(built, _SEED)
    args, keywords = found.sized(probe.request["batch"]).make(_SEED, torch.device("cpu"))
    args, keywords = [_on_meta(each) for each in args], {key: _on_meta(each) for key, each in keywords.items()}
    with torch.no_grad():
        # The first operation on this device makes torch import for seconds.
        model(*args, **keywords)
    names = {id(each): path for path, each in model.named_modules()}

    def note(module: nn.Module, args: Any, output: Any) -> None:
        out = [list(each.shape) for each in losses.tensors(output)]
        shapes.append({"name": names.get(id(module), ""), "layer": type(module).__name__, "shapes": out})

    for each in model.modules():
        each.register_forward_hook(note)
    started = now()
    with torch.no_grad():
        model(*args, **keywords)
    probe.channel.say("shapes", layers=shapes, milliseconds=round(1000 * (now() - started), 2))


def _on_meta(value: Any) -> Any:
    return value.to("meta") if isinstance(value, torch.Tensor) else value
