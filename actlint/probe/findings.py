"""What only running shows, as diagnostics: ACT901 to ACT910. A healthy model is never accused; see `thresholds`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from actlint.diagnostic import Diagnostic, Position, Related, Severity, Span, Verdict
from actlint.observation import (
    ObservationActivations,
    ObservationBuilt,
    ObservationChains,
    ObservationFailed,
    ObservationFlow,
    ObservationInputs,
    ObservationIsolation,
    ObservationLayers,
    ObservationLoss,
    ObservationNonfinite,
    Observed,
)
from actlint.probe.thresholds import THRESHOLDS
from actlint.probe.verdicts import lifting

_DEAD_SAMPLES = 512
_LEAK = 1e-6
_FEWEST_STEPS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A measured finding: code, message, evidence, and where; without a place it stands at the class."""

    code: str
    message: str
    evidence: str
    place: tuple[str, int] | None = None
    label: str = ""
    notes: tuple[tuple[str, tuple[str, int]], ...] = ()
    severity: Severity = "warning"


Measure: TypeAlias = Callable[[Observed], Iterator[Found]]


def measured(seen: Observed) -> list[Found]:
    """All that a run of a class shows."""
    return [found for measure in _MEASURES for found in measure(seen)]


def _place(place: Sequence[Any] | None) -> tuple[str, int] | None:
    return (str(place[0]), int(place[1])) if place else None


# ------------------------------------------------------------------------------------------------------ ACT901: failing

_CERTAIN = ("AttributeError", "NameError", "UnboundLocalError", "SyntaxError")


def forward_fails(seen: Observed) -> Iterator[Found]:
    """Only where no other arguments or inputs would have helped: guesses of ours can be wrong."""
    built, inputs = seen.last(ObservationBuilt), seen.last(ObservationInputs)
    for failure in seen.all(ObservationFailed):
        if failure.place is not None or failure.phase == "backward":
            if _is_certain(failure, built, inputs):
                doing = {"construct": "made", "import": "imported", "backward": "trained"}.get(failure.phase, "run")
                text = " ".join(failure.message.split())
                yield Found(
                    "ACT901",
                    f"`{seen.name}` cannot be {doing}: {failure.error}: {text[:200]}",
                    f"raised in {failure.phase}" + (f" of `{built.text}`" if built else ""),
                    failure.place,
                    f"{failure.error} in {failure.phase}",
                    severity="error",
                )
                return


def _with_stand_in(built: ObservationBuilt | None) -> bool:
    """Whether a module that we put there, since an argument has to be one, stands for what a user would pass."""
    return built is not None and "nn.Identity()" in built.text and built.source.startswith("names")


def _is_certain(failure: ObservationFailed, built: ObservationBuilt | None, inputs: ObservationInputs | None) -> bool:
    if failure.owner == "Identity" and built is None:
        return False
    if built is not None and built.source.startswith("names") and f"{failure.owner}(" in built.text.partition("(")[2]:
        return False  # an object that we put there lacks something
    if failure.error in ("MemoryError", "ModuleNotFoundError", "ImportError", "KeyboardInterrupt", "SystemExit"):
        return False
    if failure.phase == "import":
        return True
    if failure.phase == "construct":
        return failure.error in _CERTAIN and (failure.error != "AttributeError" or failure.owner not in _PLAIN)
    if failure.phase == "backward":
        if built is not None and not built.parameters:
            return False  # there is nothing to train
        return "inplace operation" in failure.message or "does not require grad" in failure.message
    if failure.phase == "forward" and "training" in (failure.places[-1]["function"] if failure.places else ""):
        return failure.error in _CERTAIN
    if failure.error in _CERTAIN:
        return failure.error != "AttributeError" or bool(failure.attribute) and failure.owner not in _PLAIN
    if "is not callable" in failure.message:
        return True
    return _given(inputs) and failure.error == "RuntimeError"


def _given(inputs: ObservationInputs | None) -> bool:
    """Whether the inputs are the user's, not a guess."""
    return inputs is not None and (inputs.source == "given" or inputs.source.startswith("the call"))


_PLAIN = ("NoneType", "Tensor", "int", "float", "str", "list", "tuple", "dict", "bool", "type", "function")
"""An attribute missing from these is a matter of what was passed in."""


# -------------------------------------------------------------------------------------------------- ACT902: no gradient


def no_gradient(seen: Observed) -> Iterator[Found]:
    """One finding for each layer all of whose trainable parameters stay without a gradient."""
    layers = seen.first(ObservationLayers)
    if layers is None or layers.steps < _FEWEST_STEPS or _with_stand_in(seen.last(ObservationBuilt)):
        return
    owners: dict[str, list[Mapping[str, Any]]] = {}
    for each in layers.layers:
        if each["trainable"]:
            owners.setdefault(each["name"].rpartition(".")[0], []).append(each)
    loss = seen.first(ObservationLoss)
    lone = loss is not None and loss.lone and not _given(seen.last(ObservationInputs))
    trained = [name for name, parts in owners.items() if not all(p["none"] or p["zero"] for p in parts)]
    if not trained:
        return  # a loss that reaches nothing says more of the loss than of a layer
    for owner, parts in owners.items():
        if not all(part["none"] or part["zero"] for part in parts):
            continue
        none = all(part["none"] for part in parts)
        if not none and lone:
            continue  # inputs of our choice were too small
        if none and any(part.get("elsewhere") for part in parts):
            continue  # another way through the model may use it
        what = "gets no gradient: nothing on the way to the loss uses it" if none else "has a gradient of exactly zero"
        kind = f" ({parts[0]['layer']})" if parts[0]["layer"] else ""
        count = f"{layers.steps} steps"
        yield Found(
            "ACT902",
            f"`{owner or parts[0]['name']}`{kind} of `{seen.name}` {what}",
            f"{'None' if none else 'zero'} at each of {count}, in every seed",
            _place(parts[0]["place"]),
            "never trained",
        )


# ---------------------------------------------------------------------------------------- ACT903, ACT904: gradient flow


def gradient_flow(seen: Observed) -> Iterator[Found]:
    """Factors outside of what any healthy network showed, in every seed."""
    flow = seen.first(ObservationFlow)
    if flow is None or flow.layers < THRESHOLDS.layers or not all(map(math.isfinite, flow.factors)):
        return
    words = f"{min(flow.factors):.2g} to {max(flow.factors):.2g} from layer to layer over {flow.layers} layers"
    if max(flow.factors) < THRESHOLDS.vanishing and (change := lifting(flow)):
        yield Found(
            "ACT903",
            f"gradients of `{seen.name}` vanish: the first layer gets {flow.ratios[0]:.1g} of what the last one gets",
            f"a factor of {words}; {change}",
        )
    bound, loss = THRESHOLDS.exploding_at(flow.layers), seen.first(ObservationLoss)
    # Of several outputs one may be near the first layer, and its part of a loss of ours larger than that of the others.
    if loss is not None and loss.summed > 1:
        return
    if min(flow.factors) > bound:
        yield Found(
            "ACT904",
            f"gradients of `{seen.name}` explode: the first layer gets {flow.ratios[0]:.1g} times the last one's",
            f"a factor of {words}, in every seed (healthy networks of that depth stay below {bound:g})",
        )
    elif flow.signals and min(flow.signals) > THRESHOLDS.signal and (less := _tamed(flow)):
        yield Found(
            "ACT904",
            f"gradients of `{seen.name}` explode: they grow by a factor of {min(flow.signals):.2g} from layer to layer",
            f"those of the biases, in every seed (healthy networks stay below {THRESHOLDS.signal:g}); {less}",
        )


def _tamed(flow: ObservationFlow) -> str:
    """That another initialisation lets gradients grow less than a tenth as much, in words."""
    base, other = (flow.changed.get(name) for name in ("as it is", "initialisation"))
    if base is None or other is None or not float(other.get("signal", 0.0)):
        return ""
    times = float(base.get("signal", 0.0)) / float(other["signal"])
    return f"with another initialisation {times:.1g} times less" if times > THRESHOLDS.lift else ""


# ------------------------------------------------------------------------------------------ ACT905, ACT908: activations


def activations(seen: Observed) -> Iterator[Found]:
    """Units that are dead or saturated in every seed, after training steps."""
    found = seen.first(ObservationActivations)
    if found is None or not found.seeds:
        return
    rectifiers = -1
    for layers in zip(*found.seeds, strict=False):
        first = layers[0]
        place, where = _place(first["place"]), f"`{first['name']}` of `{seen.name}`"
        if first["rectifies"]:
            rectifiers += 1
            share, bound = min(each["dead"] for each in layers), THRESHOLDS.dead_at(rectifiers)
            if share > bound and first["samples"] >= _DEAD_SAMPLES:
                yield Found(
                    "ACT905",
                    f"{share:.0%} of the units of {where} are dead: zero for every input",
                    f"{first['samples']} samples after training steps, in every seed (healthy: up to {bound:.0%} here)",
                    place,
                    "dead units",
                )
        else:
            share = min(each["saturated"] for each in layers)
            if share > THRESHOLDS.saturated:
                yield Found(
                    "ACT908",
                    f"{share:.0%} of the outputs of {where} lie where it is flat: almost no gradient passes",
                    f"{first['samples']} samples after training steps, in every seed "
                    f"(healthy: up to {THRESHOLDS.saturated:.0%})",
                    place,
                    "saturated",
                )


# --------------------------------------------------------------------------------------------------- ACT906: not finite


def non_finite(seen: Observed) -> Iterator[Found]:
    """The first operation that made NaN or infinity, where the run ends in one."""
    found = seen.first(ObservationNonfinite)
    if found is not None:
        maker = f"`{found.name}` makes {found.what}" if found.name else f"{found.what} appears"
        yield Found(
            "ACT906",
            f"{maker} in the {found.when} of `{seen.name}`",
            "of finite inputs, with values drawn from a normal distribution",
            _place(found.place),
            f"makes {found.what}",
        )


# ---------------------------------------------------------------------------------------------- ACT907: linear collapse


def linear_collapse(seen: Observed) -> Iterator[Found]:
    """Chains of layers without kernels that are one affine map, but for factorisations through a narrow middle."""
    chains = seen.first(ObservationChains)
    for each in chains.chains if chains is not None else ():
        if each["affine"] and each["pointwise"] and not each["low_rank"]:
            (width, middle), (_, out) = each["widths"]
            place = _place(each["born"][1]) or _place(each["places"][-1] if each["places"] else None)
            before = _place(each["born"][0])
            yield Found(
                "ACT907",
                f"`{each['first']}` and `{each['last']}` of `{seen.name}` collapse to one affine map: "
                f"{width} → {middle} → {out} computes what {width} → {out} could",
                f"f(a+b) - f(a) - f(b) + f(0) is {each['error']:.1g} of f for inputs of scales 1 to 1,000, in eval "
                "mode and float64",
                place,
                "no nonlinearity before it",
                ((f"the layer before, `{each['first']}`", before),) if before else (),
            )


# -------------------------------------------------------------------------------------------- ACT909, ACT910: isolation


def isolation(seen: Observed) -> Iterator[Found]:
    """Samples that follow each other, outputs that follow nothing."""
    found = seen.first(ObservationIsolation)
    if found is None:
        return
    if found.leak is not None and found.leak > _LEAK:
        yield Found(
            "ACT909",
            f"in eval mode the output of `{seen.name}` for one sample depends on the other samples of the batch",
            f"sample 0 changes by {found.leak:.1g} (relative, float64) when the others are replaced",
        )
    if found.dependence == 0.0 and found.tensors and not _with_stand_in(seen.last(ObservationBuilt)):
        yield Found(
            "ACT910",
            f"the output of `{seen.name}` ignores its input",
            "exactly equal for different inputs of scales 1, 3 and 30, in eval mode and float64",
        )


_MEASURES: tuple[Measure, ...] = (
    forward_fails,
    no_gradient,
    gradient_flow,
    activations,
    non_finite,
    linear_collapse,
    isolation,
)


# ---------------------------------------------------------------------------------------------------------- diagnostics


@dataclass(frozen=True, slots=True)
class Shown:
    """Files as users see them: paths by real path, and the span of a line's text."""

    path: Callable[[str], str]
    span: Callable[[str, int], Span]


def diagnostic(found: Found, name: str, home: tuple[str, int], shown: Shown) -> Diagnostic:
    """A measured finding at its line, or at the class's (`home`)."""
    path, row = found.place or home
    related = tuple(Related(message, shown.path(at[0]), shown.span(*at)) for message, at in found.notes)
    return Diagnostic(
        found.code,
        name,
        found.severity,
        found.message,
        shown.path(path),
        shown.span(path, row),
        found.label,
        related,
        verdict=Verdict("confirmed", found.evidence),
    )


def line_span(lines: Sequence[str], row: int) -> Span:
    """The text of a line without its indentation."""
    text = lines[row - 1] if 0 < row <= len(lines) else ""
    stripped = text.strip()
    start = len(text) - len(text.lstrip()) + 1
    return Span(Position(row, start), Position(row, start + max(len(stripped), 1)))
