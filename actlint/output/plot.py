"""Gradients of each layer over the steps, drawn by matplotlib (extra `plot`)."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
from matplotlib import pyplot

from actlint.observation import ObservationLayers, Observed


def draw(runs: Sequence[Observed], path: str) -> None:
    """One panel for each model, written to `path`; the format follows from its ending."""
    matplotlib.use("Agg")
    shown = [(seen, layers) for seen in runs if (layers := seen.first(ObservationLayers)) is not None]
    figure, panels = pyplot.subplots(max(len(shown), 1), 1, figsize=(8, 4 * max(len(shown), 1)), squeeze=False)
    for (seen, layers), panel in zip(shown, panels[:, 0], strict=False):
        rows = sorted(
            (each for each in layers.layers if each["order"] is not None), key=lambda each: int(each["order"])
        )
        for each in rows:
            panel.plot([float(value) for value in each["steps"]], label=each["name"])
        panel.set_yscale("log")
        panel.set_xlabel("step")
        panel.set_ylabel("mean |gradient|")
        panel.set_title(seen.name)
        if len(rows) <= 16:
            panel.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)
