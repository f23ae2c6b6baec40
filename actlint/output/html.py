"""A report of runs of models that stands alone: one HTML file, with drawings in SVG, without scripts or network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from actlint.diagnostic import Diagnostic, Report
from actlint.observation import (
    ObservationActivations,
    ObservationBuilt,
    ObservationCompared,
    ObservationFailed,
    ObservationInputs,
    ObservationLayers,
    ObservationLoss,
    Observed,
)
from actlint.output.layers import mean_gradients, median
from actlint.output.options import RenderOptions
from actlint.output.shared import findings

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; color: #1b1f24; }
h1 { font-size: 1.5em } h2 { font-size: 1.2em; border-top: 1px solid #d0d7de; padding-top: 1em } h3 { font-size: 1em }
table { border-collapse: collapse } td, th { text-align: left; padding: .1em .8em .1em 0; vertical-align: top }
pre { background: #f6f8fa; padding: .6em; overflow-x: auto } code { font-family: ui-monospace, monospace }
mark { background: #fff3bf } .confirmed { color: #b42318 } .refuted { color: #1a7f37; } figure { margin: 0 }
.multiples { display: flex; flex-wrap: wrap; gap: 1em } figcaption { font-size: .85em } svg text { font-size: 10px }
.other { color: #57606a }
"""
_COLORS = ("#0b5fff", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#0e7490", "#bf3989", "#57606a")
_WIDTH, _HEIGHT, _LEFT = 520, 220, 48
_CONTEXT = 2


def render(reports: Iterable[Report], runs: Sequence[Observed], options: RenderOptions) -> str:
    """The whole document."""
    parts = [
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><title>actlint probe</title>",
        f"<style>{_STYLE}</style></head><body><h1>actlint probe</h1>",
        f"<p class='other'>actlint {escape(options.version)}</p>",
        *(piece for report in reports for piece in _report(report)),
        *(piece for seen in runs for piece in _model(seen)),
        "</body></html>\n",
    ]
    return "\n".join(parts)


# ------------------------------------------------------------------------------------------------------------ findings


def _report(report: Report) -> Iterator[str]:
    found = findings(report)
    if found:
        yield f"<h2>{escape(report.path)}</h2>"
    lines = report.text.splitlines()
    for each in found:
        yield from _finding(each, lines)


def _finding(found: Diagnostic, lines: Sequence[str]) -> Iterator[str]:
    row = found.span.start.row
    yield f"<h3>{escape(found.code)} {_code(found.message)}</h3>"
    if found.verdict is not None:
        status = found.verdict.status
        style = status if status in ("confirmed", "refuted") else "other"
        yield f"<p><b class='{style}'>{status}</b>: {_code(found.verdict.evidence)}</p>"
    first, last = max(1, row - _CONTEXT), min(len(lines), row + _CONTEXT)
    shown = []
    for number in range(first, last + 1):
        text = f"{number:>5}  {escape(lines[number - 1])}"
        shown.append(f"<mark>{text}</mark>" if number == row else text)
    if shown:
        yield "<pre>" + "\n".join(shown) + "</pre>"


def _code(text: str) -> str:
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))


# -------------------------------------------------------------------------------------------------------------- models


def _model(seen: Observed) -> Iterator[str]:
    built, inputs, loss = seen.last(ObservationBuilt), seen.last(ObservationInputs), seen.first(ObservationLoss)
    yield f"<h2><code>{escape(built.text if built else seen.name)}</code></h2>"
    facts = [f"with the fixes of {', '.join(seen.repaired)}, without which it does not run"] if seen.repaired else []
    facts += [f"{built.parameters:,} parameters"] if built else []
    guessed = built is not None and built.source not in ("defaults", "given")
    facts += [f"arguments guessed from {built.source}"] if built is not None and guessed else []
    facts += [f"input {inputs.text} ({inputs.source})"] if inputs else []
    facts += [f"loss: {loss.name}, {loss.initial:.3g} at first"] if loss else []
    raised = (f"raises in {each.phase}: {each.error}: {each.message}" for each in seen.all(ObservationFailed))
    facts += list(dict.fromkeys(raised))
    facts += [f"stopped: {seen.trouble}"] if seen.trouble else []
    yield "<ul>" + "".join(f"<li>{_code(fact)}</li>" for fact in facts) + "</ul>"
    layers = seen.first(ObservationLayers)
    if layers is not None:
        rows = sorted(
            (each for each in layers.layers if each["order"] is not None), key=lambda each: int(each["order"])
        )
        curves = {str(each["name"]): [float(value) for value in each["steps"]] for each in rows[:24]}
        yield "<h3>mean |gradient| of each layer over the steps</h3>"
        yield _curves(curves, log=True)
        yield _legend(list(curves))
    yield from _histograms(seen)
    yield from _multiples(seen.all(ObservationCompared))


def _histograms(seen: Observed) -> Iterator[str]:
    found = seen.first(ObservationActivations)
    layers = [each for each in found.seeds[0] if each["histogram"]] if found is not None and found.seeds else []
    if not layers:
        return
    yield "<h3>outputs of activations after training</h3><div class='multiples'>"
    for each in layers[:24]:
        counts = [int(count) for count in each["histogram"]]
        top = max(counts) or 1
        bars = "".join(
            f"<rect x='{index * 6}' y='{60 - 60 * count / top:.1f}' width='5' height='{60 * count / top:.1f}' "
            f"fill='{_COLORS[0]}'/>"
            for index, count in enumerate(counts)
        )
        line = f", line {each['place'][1]}" if each["place"] else ""
        share = f"{each['dead']:.0%} dead" if each["rectifies"] else f"{each['saturated']:.0%} saturated"
        yield f"<figure><svg width='{len(counts) * 6}' height='60' role='img'>{bars}</svg>"
        low, high = float(each["low"]), float(each["high"])
        yield f"<figcaption>{escape(each['name'])}{line}<br>{low:.2g} to {high:.2g}, {share}</figcaption></figure>"
    yield "</div>"


def _multiples(compared: Sequence[ObservationCompared]) -> Iterator[str]:
    by_name: dict[str, list[ObservationCompared]] = {}
    for each in compared:
        if not each.raises:
            by_name.setdefault(each.activation, []).append(each)
    if not by_name:
        return
    yield "<h3>the same model under other activations: mean |gradient| by layer while it trains</h3>"
    first = next(iter(by_name.values()))
    seeds = "one seed" if len(first) == 1 else f"{len(first)} seeds"
    yield f"<p class='other'>{escape(first[0].data)}, {first[0].steps} steps, {seeds}, one scale for all</p>"
    yield "<div class='multiples'>"
    drawn = {name: _over_steps(runs) for name, runs in by_name.items()}
    shown = [v for curves in drawn.values() for curve in curves.values() for v in curve if math.isfinite(v) and v > 0]
    limits = (min(shown), max(shown)) if shown else None
    names: list[str] = []
    for name, runs in by_name.items():
        curves = drawn[name]
        names = list(curves) or names
        known = [run.accuracy for run in runs if run.accuracy is not None]
        accuracy = f", accuracy {median(known):.3f}" if known else ""
        loss = median([run.losses[-1] for run in runs if run.losses])
        size = {"width": 260, "height": 150}
        yield f"<figure>{_curves(curves, log=True, limits=limits, steps=runs[0].steps, **size)}"
        yield f"<figcaption>{escape(name)}: loss {loss:.3g}{accuracy}</figcaption></figure>"
    yield f"</div>{_legend(names)}"


def _over_steps(runs: Sequence[ObservationCompared]) -> dict[str, list[float]]:
    """Mean |gradient| of each layer at the recorded steps, over all runs."""
    means = [mean_gradients(runs, step) for step in range(min(len(run.gradients) for run in runs))]
    return {layer: [step.get(layer, 0.0) for step in means] for layer in (means[0] if means else ())}


# ------------------------------------------------------------------------------------------------------------- drawing


def _curves(
    curves: Mapping[str, Sequence[float]],
    log: bool,
    width: int = _WIDTH,
    height: int = _HEIGHT,
    limits: tuple[float, float] | None = None,
    steps: int = 0,
) -> str:
    """Lines over steps; on a log scale what is zero or not finite leaves a gap.

    `limits` are the ends of the scale, where it is not made for these curves; `steps` is how many there were, where not
    every one is drawn.
    """
    values = [v for curve in curves.values() for v in curve if math.isfinite(v) and (v > 0 or not log)]
    if not values:
        return "<p class='other'>nothing to draw</p>"
    scale = math.log10 if log else float
    low, high = map(scale, limits or (min(values), max(values)))
    high = high if high > low else low + 1
    last = max(max(map(len, curves.values())) - 1, 1)

    def x(step: int) -> float:
        return _LEFT + (width - _LEFT - 8) * step / last

    def y(value: float) -> float:
        return 8 + (height - 28) * (high - scale(value)) / (high - low)

    drawn = [f"<svg width='{width}' height='{height}' role='img'>"]
    for tick in range(5):
        level = low + (high - low) * tick / 4
        at = 8 + (height - 28) * (high - level) / (high - low)
        text = f"{10**level:.0e}" if log else f"{level:.2g}"
        drawn.append(f"<line x1='{_LEFT}' x2='{width - 8}' y1='{at:.1f}' y2='{at:.1f}' stroke='#d0d7de'/>")
        drawn.append(f"<text x='2' y='{at + 3:.1f}'>{text}</text>")
    for index, curve in enumerate(curves.values()):
        points = [f"{x(n):.1f},{y(v):.1f}" for n, v in enumerate(curve) if math.isfinite(v) and (v > 0 or not log)]
        color = _COLORS[index % len(_COLORS)]
        drawn.append(f"<polyline points='{' '.join(points)}' fill='none' stroke='{color}' stroke-width='1.5'/>")
    drawn.append(f"<text x='{_LEFT}' y='{height - 4}'>first step</text>")
    drawn.append(f"<text x='{width - 60}' y='{height - 4}'>step {steps or last + 1}</text></svg>")
    return "".join(drawn)


def _legend(names: Sequence[str]) -> str:
    items = (
        f"<span style='color:{_COLORS[index % len(_COLORS)]}'>■</span> <code>{escape(name)}</code>"
        for index, name in enumerate(names)
    )
    return f"<p>{' &nbsp; '.join(items)}</p>"
