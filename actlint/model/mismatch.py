"""Calls of layers that are given another size than they take, and what is to be said of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import BinOp, Constant, Expr, Site, Try, With
from actlint.facts import Call as CallNode
from actlint.intents import InsertElement, Repair, Replace
from actlint.model.affine import names
from actlint.model.conditions import firm
from actlint.model.events import Call, Event, Trace
from actlint.model.flow import input_of
from actlint.model.layers import HOOKED
from actlint.model.overwrite import built, container_of, name
from actlint.model.program import FileView
from actlint.model.shapes import Misfit, misfits, plain, shape_of
from actlint.model.show import dotted
from actlint.model.values import Tensor
from actlint.torchapi.shapes import Shape
from actlint.torchapi.shapes.dims import product

_PARAMETERS = {
    "in_features": 0,
    "in_channels": 0,
    "num_features": 0,
    "num_channels": 1,
    "input_size": 0,
    "normalized_shape": 0,
    "embed_dim": 0,
    "d_model": 0,
}
"""The constructor's parameters that say what a layer takes, and their positions."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A call that raises: at `site` a layer that takes `wanted` gets `found` (of a tensor of this shape).

    `flat`: from which dimension on the shape would have to be flattened to fit, None if that does not help. `built` is
    where the layer is made, `producer` the call that gave the dimension its size.
    """

    trace: Trace
    call: Call
    site: Site
    what: str
    wanted: int
    found: int
    shape: Shape
    flat: int | None
    built: Site | None
    producer: Call | None
    conditions: tuple[str, ...]


def mismatches(unit: FileView) -> Iterator[Mismatch]:
    """The calls of a file's runs whose sizes do not fit; both sizes are known."""
    for trace in unit.flows():
        for misfit in misfits(trace):
            found = _mismatch(unit, trace, misfit)
            if found is not None:
                yield found


def _mismatch(unit: FileView, trace: Trace, misfit: Misfit) -> Mismatch | None:
    call, demand = misfit.call, misfit.demand
    conditions = firm(call.where.condition)
    site = _place(unit, trace, call)
    if conditions is None or site is None or call.where.loop or may_fail(unit, site) or _opaque(call):
        return None
    assert isinstance(demand.wanted, int) and isinstance(demand.found, int)
    layer = call.layer.site if call.layer is not None else None
    flat = _flattened(call, demand.shape, demand.wanted) if demand.what == "features" else None
    what = "channels" if call.op is not None and call.op.kind == "normalization" else demand.what
    given = dict(call.args).get(demand.tensor)
    producer = _producer(trace, given, demand.place) if isinstance(given, Tensor) else None
    return Mismatch(
        trace, call, site, what, demand.wanted, demand.found, demand.shape, flat, layer, producer, conditions
    )


def _opaque(call: Call) -> bool:
    """Whether a hook may change what the layer takes, or something unknown may have changed the layer."""
    layer = call.layer
    return layer is not None and (bool(layer.open) or HOOKED in layer.args or "*" in layer.args)


def _place(unit: FileView, trace: Trace, call: Call) -> Site | None:
    """Where the file makes the call; in a container, where the layer is built."""
    if call.where.site.path == unit.path:
        own = built(unit, call)
        if own is not None and call.layer is not None and container_of(trace, call) is not None:
            return call.layer.site
        return call.where.site
    return next((site for site in reversed(call.where.stack) if site.path == unit.path), None)


def may_fail(unit: FileView, site: Site) -> bool:
    """Whether the code around expects or handles exceptions."""
    for node in unit.path_to(site):
        if isinstance(node, Try) and node.handlers:
            return True
        if isinstance(node, With):
            for item in node.items:
                context = item.context
                text = dotted(context.func) if isinstance(context, CallNode) else ""
                if (text or "").rpartition(".")[2] in ("raises", "assertRaises", "assertRaisesRegex", "suppress"):
                    return True
    return False


def _flattened(call: Call, shape: Shape, wanted: int) -> int | None:
    """The first dimension to flatten from, so that the last one is as large as a Linear wants it."""
    if call.op is None or call.op.qualname != "torch.nn.Linear" or shape.more or len(shape.dims) < 3:
        return None
    for first in (1, 2):
        if first < len(shape.dims) - 1 and product(shape.dims[first:]) == wanted:
            return first
    return None


def _producer(trace: Trace, tensor: Tensor, place: int, limit: int = 32) -> Call | None:
    """The layer or operation from which on the dimension has its size, seen through what keeps it."""
    size = shape_of(trace, tensor).at(place)
    found: Call | None = None
    while limit and 0 <= tensor.event < len(trace.events):
        limit -= 1
        event: Event = trace.events[tensor.event]
        if not isinstance(event, Call) or event.op is None:
            return found
        found = event
        before = input_of(event)
        if before is None or event.op.parametric and event.op.kind != "normalization":
            return found
        if shape_of(trace, before).at(place) != size:
            return found
        tensor = before
    return found


# ---------------------------------------------------------------------------------------------------------------- words


def layer_text(unit: FileView, found: Mismatch) -> str:
    """The layer as it is built, or as it is called."""
    node = built(unit, found.call)
    return unit.text(node) if node is not None else name(unit, found.trace, found.call)


def applied(unit: FileView, found: Mismatch) -> str:
    """What is called at the place of the finding."""
    node = unit.node(found.site)
    if found.site == found.built or not isinstance(node, CallNode):
        return layer_text(unit, found)
    return unit.text(node.func)


def made_by(unit: FileView, found: Mismatch) -> tuple[Site, str] | None:
    """Where the size comes from, and in what words."""
    call = found.producer
    if call is None:
        return None
    site = call.where.site
    container = container_of(found.trace, call) is not None
    if call.layer is not None and (container or site == found.site):
        site = call.layer.site
    if site == found.site or site == found.built:
        return None
    return site, f"`{name(unit, found.trace, call)}` gives {found.found} {found.what} here"


# ---------------------------------------------------------------------------------------------------------------- fixes


def take_what_comes(unit: FileView, found: Mismatch) -> Repair | None:
    """Build the layer for the size that it gets, where that is a number in its constructor's call."""
    node = built(unit, found.call)
    if node is None or found.built is None or found.conditions:
        return None
    for keyword, place in _PARAMETERS.items():
        if found.call.layer is None or keyword not in found.call.layer.args:
            continue
        value = _argument(node, keyword, place)
        if isinstance(value, Constant) and value.value == found.wanted:
            intent = Replace(unit.site(found.built, value), (str(found.found),))
            return Repair(f"build it for {found.found} {found.what}", "unsafe", (intent,), checkpoint_compatible=False)
    return None


def _argument(node: CallNode, keyword: str, place: int) -> Expr | None:
    for argument in node.args:
        if argument.keyword == keyword:
            return argument.value
    if len(node.args) <= place or any(argument.star or argument.keyword for argument in node.args[: place + 1]):
        return None
    return node.args[place].value


def flatten_first(unit: FileView, found: Mismatch) -> Repair | None:
    """Flatten what the layer is given: as an entry of the Sequential before it, or around the argument of the call."""
    node = unit.node(found.site)
    if not isinstance(node, CallNode):
        return None
    if found.site == found.built:
        flatten = unit.spell("torch.nn.Flatten", found.site)
        parents = unit.path_to(found.site)
        entry = len(parents) > 2 and isinstance(parents[-3], CallNode)
        holder = parents[-3] if entry else None
        if flatten is None or not isinstance(holder, CallNode):
            return None
        if not names(unit, unit.site(found.site, holder.func), "torch.nn.Sequential"):
            return None
        parts = (flatten, "()" if found.flat == 1 else f"({found.flat})")
        message = f"put `{flatten.text}()` before it"
        return Repair(message, "unsafe", (InsertElement(found.site, "before", parts),), checkpoint_compatible=False)
    function = unit.spell("torch.flatten", found.site)
    if function is None or len(node.args) != 1 or node.args[0].star:
        return None
    value = unit.site(found.site, node.args[0].value)
    intent = Replace(value, (function, "(", value, f", {found.flat})"))
    return Repair(f"flatten it first: `{function.text}(…, {found.flat})`", "unsafe", (intent,))


# -------------------------------------------------------------------------------------------------------- probable ones


def unflattened(unit: FileView) -> Iterator[Mismatch]:
    """The Linear layers made for channels * height * width that get a convolution's output as it is.

    `found` is the number of channels. The width of the picture is not known, so that it could be as large as the layer
    wants. That the layer was made for the flattened picture shows where its size is written as a product, or is the
    channels times a square and larger than pictures are wide.
    """
    for trace in unit.flows():
        for event in trace.events:
            if not isinstance(event, Call) or event.op is None or event.op.qualname != "torch.nn.Linear":
                continue
            given = input_of(event)
            size = None if event.layer is None else event.layer.args.get("in_features")
            if given is None or event.layer is None or size is None or _opaque(event) or event.where.loop:
                continue
            shape, wanted = shape_of(trace, given), plain(trace, size)
            channels = shape.at(1)
            if len(shape.dims) not in (4, 5) or type(wanted) is not int or type(channels) is not int:
                continue
            if (
                isinstance(shape.at(-1), int)
                or not _picture(trace, given)
                or not _for_flat(unit, event, wanted, channels)
            ):
                continue
            conditions, site = firm(event.where.condition), _place(unit, trace, event)
            if conditions is not None and site is not None and not may_fail(unit, site):
                own = event.layer.site
                yield Mismatch(trace, event, site, "features", wanted, channels, shape, 1, own, None, conditions)


def _picture(trace: Trace, tensor: Tensor) -> bool:
    """Whether a convolution or pooling gave the tensor, and nothing but its like came after."""
    for _ in range(32):
        event = trace.events[tensor.event] if 0 <= tensor.event < len(trace.events) else None
        if not isinstance(event, Call) or event.op is None:
            return False
        if event.op.kind == "pooling" or (event.op.kind == "affine" and "onv" in event.op.qualname):
            return True
        before = input_of(event)
        if before is None or event.op.kind not in ("activation", "dropout", "normalization", "identity", "cast"):
            return False
        tensor = before
    return False


def _for_flat(unit: FileView, call: Call, wanted: int, channels: int) -> bool:
    if wanted % channels or wanted == channels:
        return False
    node = built(unit, call)
    size = _argument(node, "in_features", 0) if node is not None else None
    if isinstance(size, BinOp) and size.op == "*":
        return True
    side = math.isqrt(wanted // channels)
    return side >= 3 and side * side == wanted // channels and wanted >= 1024
