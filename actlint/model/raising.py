"""In-place writes that raise where they stand, in forward: what the memory is refuses them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import Call, Site
from actlint.model import overwrite
from actlint.model.backward import trains
from actlint.model.conditions import stated
from actlint.model.events import Hazard
from actlint.model.guards import expects
from actlint.model.overwrite import Overwrite
from actlint.model.program import FileView


@dataclass(frozen=True, slots=True)
class Raising:
    """The write `over`, which raises a RuntimeError for `hazard` under `conditions`."""

    over: Overwrite
    hazard: Hazard
    conditions: tuple[str, ...]


def raising(unit: FileView, *kinds: str) -> Iterator[Raising]:
    """Each write of the file with a hazard of these kinds, once; of `w.mul_(a).add_(b)` the first, which raises. Silent
    where code expects the error, and in functions for inference, whose callers switch gradients off.
    """
    told: set[Site] = set()
    for over in overwrite.overwrites(unit):
        for hazard in over.write.hazards:
            conditions = stated(hazard.condition)
            if hazard.kind not in kinds or conditions is None or not trains(hazard.condition):
                continue
            if expects(over.path, "RuntimeError") or overwrite.for_inference(unit, over):
                continue
            chained = isinstance(over.target, Call) and unit.site(over.site, over.target) in told
            told.add(over.site)
            if not chained:
                yield Raising(over, hazard, conditions)
            break
