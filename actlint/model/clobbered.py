"""Writes to what autograd saved: backward needs the old value, and raises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import Site
from actlint.model import overwrite
from actlint.model.backward import visited
from actlint.model.conditions import stated
from actlint.model.events import Call
from actlint.model.overwrite import Overwrite
from actlint.model.program import FileView
from actlint.model.values import Condition


@dataclass(frozen=True, slots=True)
class Clobber:
    """The write `over` to a tensor that `saver` saved, as its output or as the input `role`; both reach the loss."""

    over: Overwrite
    saver: Call
    role: str
    conditions: tuple[str, ...]

    @property
    def own(self) -> bool:
        """Whether the write itself saves what it overwrites: `n *= n`."""
        return self.saver is self.over.call


def clobbered(unit: FileView) -> Iterator[Clobber]:
    """Each write in the file that certainly breaks backward, once: what produced the tensor before what read it."""
    for over in overwrite.overwrites(unit):
        reached: dict[Condition, dict[int, Condition]] = {}
        found: list[Clobber] = []
        for hazard in over.write.hazards:
            saver = over.trace.events[hazard.event]
            if hazard.kind != "saved" or not isinstance(saver, Call):
                continue
            if hazard.condition not in reached:
                reached[hazard.condition] = visited(over.trace, hazard.condition, over.write.call)
            condition = reached[hazard.condition].get(hazard.event)
            conditions = None if condition is None else stated(condition)
            if conditions is not None:
                found.append(Clobber(over, saver, hazard.role, conditions))
        if found and not overwrite.for_inference(unit, over):
            yield min(found, key=lambda each: (each.role != "output", len(each.conditions)))


def place(unit: FileView, found: Clobber) -> Site:
    """Where to report: the write, or the layer that works in place where a container calls both layers."""
    layer = found.over.call.layer
    return layer.site if layer is not None and _in_one_container(unit, found) else found.over.site


def shown(unit: FileView, found: Clobber) -> str:
    """The write, or the layer that performs it where its container stands in the source."""
    over = found.over
    if _in_one_container(unit, found):
        return overwrite.name(unit, over.trace, over.call)
    return overwrite.text(unit, over)


def _in_one_container(unit: FileView, found: Clobber) -> bool:
    over = found.over
    return (
        over.call.layer is not None
        and found.saver.where.site == over.site
        and overwrite.built(unit, over.call) is not None
    )


def places(unit: FileView, found: Clobber, saves: str) -> Iterator[tuple[Site, str]]:
    """Where else to look, with what is there: what saved the value, the layer that overwrites it, the call of both."""
    over, saver = found.over, found.saver
    site = saver.where.site
    if saver.layer is not None and site == over.site:
        site = saver.layer.site
    if not found.own:
        yield site, saves
    if over.call.layer is not None and site != over.call.layer.site and saver.where.site != over.site:
        yield over.call.layer.site, "the layer that works in place is built here"
    if place(unit, found) != over.site:
        yield over.site, "both run here"
