"""Layers that cannot be built, since a size is no multiple of the number of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import Site
from actlint.model.conditions import firm
from actlint.model.events import Call
from actlint.model.mismatch import may_fail
from actlint.model.program import FileView
from actlint.model.shapes import plain
from actlint.model.state import ModuleObject
from actlint.model.values import External, Module
from actlint.torchapi import canonical


@dataclass(frozen=True, slots=True)
class Indivisible:
    """A layer is built with `size` (the parameter `of`), which is not a multiple of `parts` (the parameter `by`)."""

    site: Site
    size: int
    of: str
    parts: int
    by: str
    conditions: tuple[str, ...]


_DIVIDED: dict[str, tuple[tuple[str, str], ...]] = {
    "torch.nn.MultiheadAttention": (("embed_dim", "num_heads"),),
    "torch.nn.TransformerEncoderLayer": (("d_model", "nhead"),),
    "torch.nn.TransformerDecoderLayer": (("d_model", "nhead"),),
    "torch.nn.Transformer": (("d_model", "nhead"),),
    "torch.nn.GroupNorm": (("num_channels", "num_groups"),),
    **{
        f"torch.nn.{kind}{n}d": (("in_channels", "groups"), ("out_channels", "groups"))
        for kind in ("Conv", "ConvTranspose")
        for n in (1, 2, 3)
    },
}


def indivisible(unit: FileView) -> Iterator[Indivisible]:
    """The layers whose sizes do not divide, so that building them raises."""
    for trace in unit.traces():
        for event in trace.events:
            if not isinstance(event, Call) or not isinstance(event.callee, External):
                continue
            pairs = _DIVIDED.get(canonical(event.callee.qualname))
            made = trace.heap.get(event.result.ref) if pairs and isinstance(event.result, Module) else None
            conditions = firm(event.where.condition)
            if not isinstance(made, ModuleObject) or conditions is None or "*" in made.args:
                continue
            for of, by in pairs or ():
                size, parts = (plain(trace, made.args[key]) if key in made.args else None for key in (of, by))
                if type(size) is not int or type(parts) is not int or parts <= 0 or size % parts == 0:
                    continue
                places = (event.where.site, *reversed(event.where.stack))
                site = next((place for place in places if place.path == unit.path), None)
                if site is not None and not may_fail(unit, site):
                    yield Indivisible(site, size, of, parts, by, conditions)
                break
