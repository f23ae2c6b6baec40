"""For a terminal: what each model is, how it was run, and its layers with bars of mean |gradient| on a log scale."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from actlint.observation import (
    ObservationActivations,
    ObservationBuilt,
    ObservationCompared,
    ObservationFailed,
    ObservationFlow,
    ObservationInputs,
    ObservationIsolation,
    ObservationLayers,
    ObservationLoss,
    ObservationOverfit,
    ObservationShapes,
    ObservationTorch,
    ObservationUnmeasured,
    Observed,
)
from actlint.output.cells import Paint, painter, printable, width
from actlint.output.options import RenderOptions

_BAR, _SHORT_BAR = 24, 11
_DECADES = 8.0
_MOST_ROWS = 60


def render(runs: Iterable[Observed], options: RenderOptions) -> Iterator[str]:
    """Each class as a block that ends with an empty line."""
    paint = painter(options.color)
    for seen in runs:
        yield "".join(f"{line}\n" for line in _block(seen, options, paint)) + "\n"


def _block(seen: Observed, options: RenderOptions, paint: Paint) -> Iterator[str]:
    built, inputs = seen.last(ObservationBuilt), seen.last(ObservationInputs)
    yield paint(f"{printable(built.text if built else seen.name)}", "bold") + _where(seen)
    if seen.repaired:
        yield f"  with the fixes of {', '.join(seen.repaired)}, without which it does not run"
    if built is not None and built.source not in ("defaults", "given"):
        yield f"  arguments: guessed from {printable(built.source)} (--init NAME=VALUE sets them)"
    if inputs is not None:
        how = "given" if inputs.source == "given" else f"guessed from {inputs.source} (--input sets it)"
        yield f"  input: {printable(inputs.text)}, {printable(how)}"
    if (loss := seen.first(ObservationLoss)) is not None:
        yield f"  loss: {_loss(loss, seen.first(ObservationOverfit))}"
    raised = [
        f"in {each.phase}{f' in line {each.place[1]}' if each.place else ''}: {each.error}: {_short(each.message)}"
        for each in seen.all(ObservationFailed)
    ]
    for text in dict.fromkeys(raised):
        yield f"  {paint('raises', 'error')} {text}"
    if seen.trouble:
        yield f"  {paint('stopped', 'error')}: {printable(seen.trouble)}"
    for each in seen.all(ObservationUnmeasured):
        if each.internal or "too long" in each.message:
            yield f"  {paint('not measured', 'warning')}: {each.name}: {_short(each.message)}"
    if (shapes := seen.first(ObservationShapes)) is not None:
        yield from _shapes(shapes)
    if (layers := seen.first(ObservationLayers)) is not None:
        yield from _table(layers, seen, options, paint)
    if (isolation := seen.first(ObservationIsolation)) is not None and isolation.leak is None and isolation.why:
        yield f"  samples of a batch: not tested, {isolation.why}"
    yield from _compared(seen.all(ObservationCompared), paint)


def _where(seen: Observed) -> str:
    built, torch = seen.last(ObservationBuilt), seen.first(ObservationTorch)
    parts = [f"{built.parameters:,} parameters"] if built is not None else []
    parts += [f"torch {torch.version} on {torch.device}"] if torch is not None else []
    return f"  ({', '.join([*parts, f'{seen.seconds:.1f} s'])})"


def _loss(loss: ObservationLoss, overfit: ObservationOverfit | None) -> str:
    text = f"{loss.name}, {loss.initial:.3g} at first"
    if loss.guessing is not None:
        text += f" (blind guessing: {loss.guessing:.3g})"
    if overfit is not None and overfit.losses:
        last = [float(each[-1]) for each in overfit.losses if each]
        steps = max((len(each) for each in overfit.losses), default=0)
        text += f", {sum(last) / max(len(last), 1):.3g} after {steps} steps on one batch"
    return text


def _short(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) < 160 else f"{text[:157]}…"


def _shapes(shapes: ObservationShapes) -> Iterator[str]:
    longest = max((width(each["name"]) for each in shapes.layers), default=0)
    for each in shapes.layers:
        found = ", ".join(f"[{','.join(map(str, shape))}]" for shape in each["shapes"])
        yield f"  {printable(each['name'] or '(model)'):<{max(longest, 7)}}  {each['layer']:<16} {found}"
    yield f"  shapes alone, on the meta device, in {shapes.milliseconds:g} ms"


def _table(layers: ObservationLayers, seen: Observed, options: RenderOptions, paint: Paint) -> Iterator[str]:
    """Weights in the order in which they run; parameters without a gradient are listed too."""
    rows = [each for each in layers.layers if each["order"] is not None or each["none"] or each["zero"]]
    rows.sort(key=lambda each: (each["order"] is None, each["order"] or 0))
    if not rows:
        return
    names = [printable(each["name"]) for each in rows]
    numbers = f"at first    after {layers.steps} steps"
    room = options.width - len(numbers) - 6
    longest = max(min(max(map(width, names)), 40, room - _SHORT_BAR), 5)
    cells = max(min(_BAR, room - longest), _SHORT_BAR)
    heading = "mean |grad| (log scale)" if cells >= _BAR else "mean |grad|"
    top = max((float(each["start"]) for each in rows if math.isfinite(float(each["start"]))), default=0.0)
    yield f"  {'layer':<{longest}}  {heading:<{cells}}  {numbers}"
    for each, name in list(zip(rows, names, strict=True))[:_MOST_ROWS]:
        if len(name) > longest:
            name = f"…{name[1 - longest :]}"
        if each["none"]:
            yield f"  {name:<{longest}}  {paint('no gradient', 'warning')}"
        else:
            first, last = float(each["start"]), float(each["end"])
            yield f"  {name:<{longest}}  {bar(first, top, cells):<{cells}}  {first:8.2e}    {last:8.2e}"
    if len(rows) > _MOST_ROWS:
        yield f"  … and {len(rows) - _MOST_ROWS} more"
    if (flow := seen.first(ObservationFlow)) is not None:
        factor = sum(flow.factors) / len(flow.factors)
        yield f"  from layer to layer gradients change by a factor of {factor:.2g} ({flow.layers} layers)"
    yield from _activations(seen)


def _activations(seen: Observed) -> Iterator[str]:
    found = seen.first(ObservationActivations)
    for each in found.seeds[0] if found is not None and found.seeds else ():
        share = each["dead"] if each["rectifies"] else each["saturated"]
        if share >= 0.05:
            where = f" (line {each['place'][1]})" if each["place"] else ""
            word = "dead" if each["rectifies"] else "saturated"
            mean, std = float(each["mean"]), float(each["std"])
            yield f"  `{each['name']}`{where}: {share:.0%} {word}, mean {mean:.2g}, std {std:.2g}"


def bar(value: float, top: float, cells: int = _BAR) -> str:
    """A bar for a value: full for the largest one, empty for one that is eight powers of ten smaller."""
    if value <= 0 or top <= 0 or not math.isfinite(value):
        return ""
    share = max(0.0, 1 + math.log10(value / top) / _DECADES)
    eighths = round(share * cells * 8)
    return "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")


def _compared(compared: Sequence[ObservationCompared], paint: Paint) -> Iterator[str]:
    """A row for each activation: loss, accuracy, and the gradients of the first and last layer."""
    by_name: dict[str, list[ObservationCompared]] = {}
    for each in compared:
        by_name.setdefault(each.activation, []).append(each)
    if not by_name:
        return
    first = compared[0]
    count = len(by_name[first.activation])
    seeds = "one seed" if count == 1 else f"{count} seeds"
    yield f"  trained under each activation on {first.data}, {first.steps} steps, {seeds}"
    longest = max(map(len, by_name))
    yield f"  {'activation':<{max(longest, 10)}}  loss       accuracy   mean |grad| by layer, at first"
    for name, runs in by_name.items():
        fine = [each for each in runs if not each.raises]
        if not fine:
            yield f"  {name:<{max(longest, 10)}}  {paint('raises', 'error')}: {_short(runs[0].raises)}"
            continue
        loss = median([each.losses[-1] for each in fine if each.losses])
        known = [each.accuracy for each in fine if each.accuracy is not None]
        accuracy = f"{median(known):.3f}" if known else "-"
        grads = "  ".join(f"{value:.1e}" for value in mean_gradients(fine, 0).values())
        note = "" if fine[0].swapped else "  (the model calls no activation that could be swapped)"
        yield f"  {name:<{max(longest, 10)}}  {loss:<9.3g}  {accuracy:<9}  {grads}{note}"


def mean_gradients(runs: Sequence[ObservationCompared], step: int) -> Mapping[str, float]:
    """Mean |gradient| of each layer at a recorded step, over the runs."""
    found: dict[str, list[float]] = {}
    for run in runs:
        record: Mapping[str, Any] = run.gradients[step] if run.gradients else {}
        for name, value in record.items():
            found.setdefault(name, []).append(float(value))
    return {name: sum(values) / len(values) for name, values in found.items()}


def median(values: Sequence[float]) -> float:
    """The middle value; NaN of none."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return math.nan
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
