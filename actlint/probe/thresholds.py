"""Bounds of what healthy networks show, from the calibration's data (`calibration.json`)."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

FILE = Path(__file__).parent / "calibration.json"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`vanishing`, `exploding`: factors of gradients from layer to layer outside of which no healthy network was seen.
    `signal`: the largest factor of the gradients of biases. `dead`: the largest share of dead units by depth (the n-th
    entry: after n rectifiers). `saturated`: the share of saturated units. `lift`: how much better a counterfactual must
    let gradients through. `cancelled`: below this share of its weight's gradient a bias is cancelled. `layers`: the
    fewest layers of which a factor says something.
    """

    vanishing: float
    exploding: tuple[tuple[int, float], ...]
    dead: tuple[float, ...]
    saturated: float
    signal: float
    lift: float
    cancelled: float
    layers: int

    def exploding_at(self, layers: int) -> float:
        """The bound for a network of so many layers: that of the calibrated depth below it, and the loosest first."""
        return next((bound for depth, bound in reversed(self.exploding) if depth <= layers), self.exploding[0][1])

    def dead_at(self, index: int) -> float:
        """The bound after the `index`-th rectifier, counted from 0; past the calibrated depth nothing is dead."""
        return self.dead[index] if index < len(self.dead) else 1.0


def _read() -> Thresholds:
    bounds = json.loads(FILE.read_text(encoding="utf-8"))["bounds"]
    values = {each.name: bounds[each.name] for each in fields(Thresholds)}
    pairs = tuple((int(depth), float(bound)) for depth, bound in values["exploding"])
    return Thresholds(**values | {"dead": tuple(values["dead"]), "exploding": pairs})


THRESHOLDS = _read()
