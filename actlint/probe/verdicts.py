"""Findings and what was seen, joined: each code has a judge, a function of the finding and one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actlint.diagnostic import Verdict
from actlint.observation import (
    ObservationChains,
    ObservationEvalNoise,
    ObservationFailed,
    ObservationFlow,
    ObservationFunction,
    ObservationInputs,
    ObservationLayers,
    ObservationLeftBehind,
    ObservationLines,
    ObservationLoss,
    ObservationMadeInForward,
    ObservationModule,
    ObservationWithout,
    ObservationWrites,
    Observed,
)
from actlint.probe.cases import Case, Judge, best, confirmed, inconclusive, refuted
from actlint.probe.thresholds import THRESHOLDS

_DIFFERENT = 1e-6
"""Relative differences below are rounding."""


def verdict(case: Case, runs: Sequence[Observed]) -> Verdict | None:
    """What all runs together say of a finding; None for findings that are about text alone."""
    code = case.diagnostic.code
    if code.startswith("ACT0"):
        return None
    judge = JUDGES.get(code)
    if judge is None:
        return inconclusive("running the model cannot decide this rule")
    found = [each for seen in runs if (each := judge(case, seen)) is not None]
    said = best(found)
    if said is None:
        return Verdict("not exercised", _why_not(case, runs))
    if said.status == "refuted" and case.diagnostic.conditions:
        return inconclusive(f"{said.evidence}, but perhaps not when {' and '.join(case.diagnostic.conditions)}")
    return said


def _why_not(case: Case, runs: Sequence[Observed]) -> str:
    where = f"no run reached line {case.row}"
    for seen in runs:
        if seen.trouble:
            return f"{where}: the run of `{seen.name}` {seen.trouble}"
        if failure := seen.first(ObservationFailed):
            at = f" in line {failure.place[1]}" if failure.place else ""
            return f"{where}: `{seen.name}` raised {failure.error}{at} ({short(failure.message)})"
    return where if runs else f"{where}: the file has no model that can be run"


def short(text: str) -> str:
    """A message on one line, cut after 120 characters."""
    text = " ".join(text.split())
    return text if len(text) <= 120 else f"{text[:117]}…"


def _complete(seen: Observed) -> bool:
    """Whether a step with forward and backward got to its end under observation."""
    return seen.first(ObservationWrites) is not None and seen.first(ObservationLoss) is not None


# -------------------------------------------------------------------------------------------------------------- raising


def _raises(*errors: str, elsewhere: bool = False) -> Judge:
    """Confirmed by an error of these types in the finding's statement; refuted where that ran without one.

    With `elsewhere` the error may come at a related place: a definition is wrong and its use raises.
    """

    def judge(case: Case, seen: Observed) -> Verdict | None:
        here = case.speaks_of if elsewhere else case.is_at
        for failure in seen.all(ObservationFailed):
            if any(here((each["path"], each["line"])) for each in failure.places):
                text = f"{failure.error}: {short(failure.message)}"
                if not errors or failure.error in errors:
                    return confirmed(f"`{seen.name}` raises there: {text}")
                return inconclusive(f"`{seen.name}` raises something else there: {text}")
        return _nothing_raised(case, seen, errors)

    return judge


def _nothing_raised(case: Case, seen: Observed, errors: Sequence[str]) -> Verdict | None:
    if not case.ran(seen):
        return None
    for failure in seen.all(ObservationFailed):
        if failure.error in errors or not errors:
            # What is wrong in one place can raise in another.
            at = f" in line {failure.place[1]}" if failure.place else ""
            return inconclusive(f"line {case.row} ran; later `{seen.name}` raised {failure.error}{at}")
    return refuted(f"line {case.row} ran in `{seen.name}`, and nothing was raised")


def _undefined_attribute(case: Case, seen: Observed) -> Verdict | None:
    for failure in seen.all(ObservationFailed):
        if failure.error == "AttributeError" and failure.attribute in case.names:
            return confirmed(f"`{seen.name}` raises AttributeError: {short(failure.message)}")
    return _raises("AttributeError")(case, seen)


def _in_backward(case: Case, seen: Observed) -> Verdict | None:
    """Writes to what autograd keeps: the watched step goes on after one, so that it sees all of them."""
    writes = seen.first(ObservationWrites)
    if writes is None:
        return _raises("RuntimeError")(case, seen)
    for each in writes.stale:
        if any(case.is_at(write["place"]) for write in each["writes"]):
            where = f" (kept in line {each['saved'][1]})" if each["saved"] else ""
            raised = next((f for f in seen.all(ObservationFailed) if f.phase == "backward"), None)
            if each["how"] == "value":
                return confirmed(f"backward of `{each['by']}`{where} computes with the overwritten value")
            if raised is not None:
                return confirmed(f"backward needs what `{each['by']}` had{where}: {short(raised.message)}")
    found = _raises("RuntimeError")(case, seen)
    if found is not None and found.status == "refuted":
        return refuted(f"line {case.row} ran in `{seen.name}`, and backward found all that it had kept unchanged")
    return found


# ------------------------------------------------------------------------------------------------------------ differing


def _differs(case: Case, seen: Observed) -> Verdict | None:
    """The same step with this statement's writes out of place."""
    for each in seen.all(ObservationWithout):
        if each.id == case.number and each.count:
            return _gap(case, seen, each)
    return None


def _gap(case: Case, seen: Observed, found: ObservationWithout) -> Verdict:
    if found.raises and not found.also:
        return confirmed(f"out of place the step of `{seen.name}` runs; as written it raises {short(found.raises)}")
    if found.raises or found.also:
        return inconclusive(f"out of place the step of `{seen.name}` raises {short(found.also or found.raises)}")
    if found.output > _DIFFERENT or found.gradient > _DIFFERENT:
        return confirmed(
            f"out of place the outputs of `{seen.name}` differ by {found.output:.2g} and its gradients by "
            f"{found.gradient:.2g} (relative)"
        )
    return refuted(f"out of place `{seen.name}` gives the same outputs and gradients")


def _behind_autograd(case: Case, seen: Observed) -> Verdict | None:
    writes = seen.first(ObservationWrites)
    for each in writes.stale if writes is not None else ():
        if any(case.is_at(write["place"]) for write in each["writes"]):
            return confirmed(f"backward of `{each['by']}` finds another value than it had kept, and does not notice")
    return _differs(case, seen) or (
        refuted(f"line {case.row} ran in `{seen.name}`, and backward found all that it had kept unchanged")
        if case.ran(seen) and _complete(seen)
        else None
    )


def _forward_input(case: Case, seen: Observed) -> Verdict | None:
    writes = seen.first(ObservationWrites)
    if writes is None or not case.ran(seen):
        return None
    if any(case.is_at(each["place"]) for each in writes.inputs):
        return confirmed(f"after a call of `{seen.name}` the caller's tensor holds other values")
    return refuted(f"line {case.row} ran in `{seen.name}`, and the caller's tensors are as they were")


def _eval_noise(case: Case, seen: Observed) -> Verdict | None:
    noise = seen.first(ObservationEvalNoise)
    calls = [each for each in noise.calls if case.is_at(each["place"])] if noise is not None else []
    if not calls:
        return None
    if any(each["changed"] for each in calls):
        return confirmed(f"in eval mode `{seen.name}` drops values in line {case.row}")
    return refuted(f"in eval mode line {case.row} of `{seen.name}` changes nothing")


# ------------------------------------------------------------------------------------------------------ what was warned


def _warns(case: Case, seen: Observed) -> Verdict | None:
    for lines in seen.all(ObservationLines):
        for each in lines.warned:
            if case.is_at((each["path"], each["line"])):
                return confirmed(f"torch warns: {short(each['message'])}")
    for failure in seen.all(ObservationFailed):
        if any(case.is_at((each["path"], each["line"])) for each in failure.places):
            return inconclusive(f"`{seen.name}` raises there: {failure.error}: {short(failure.message)}")
    return refuted(f"line {case.row} ran in `{seen.name}`, and torch did not warn") if case.ran(seen) else None


# ---------------------------------------------------------------------------------------------------------- activations


def _affine(case: Case, seen: Observed) -> Verdict | None:
    chains = seen.first(ObservationChains)
    if chains is None:
        return None
    fitting = [
        each
        for each in chains.chains
        if case.is_at(each["born"][1]) or any(case.is_at(place) for place in each["places"][-1:])
    ]
    exact = [each for each in fitting if _row(each["born"][1]) == case.row or _row(each["places"][-1]) == case.row]
    if case.names:
        # On one line there may be several.
        exact = fitting = [each for each in fitting if {_last(each["first"]), _last(each["last"])} <= case.names]
    for each in sorted(exact or fitting, key=lambda chain: not chain["affine"]):
        pair = f"`{each['first']}` and `{each['last']}` of `{seen.name}`"
        if each["affine"]:
            return confirmed(f"{pair} are one affine map: f(a+b) - f(a) - f(b) + f(0) is zero ({each['error']:.1g})")
        return refuted(f"{pair} are not affine together: f(a+b) - f(a) - f(b) + f(0) is {each['error']:.2g} (relative)")
    return (
        inconclusive(f"`{seen.name}` has no single way between these layers that could be tested")
        if case.ran(seen)
        else None
    )


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _row(place: Any) -> int:
    return int(place[1]) if place else 0


def _discarded(case: Case, seen: Observed) -> Verdict | None:
    chains = seen.first(ObservationChains)
    calls = [each for each in chains.activations if case.is_at(each["place"])] if chains is not None else []
    if not calls:
        return None
    if any(not each["used"] for each in calls):
        return confirmed(f"nothing reads the result of `{calls[0]['name']}` in `{seen.name}`")
    return refuted(f"the result of `{calls[0]['name']}` is read in `{seen.name}`")


def _clipped_logits(case: Case, seen: Observed) -> Verdict | None:
    loss = seen.first(ObservationLoss)
    if loss is None or not case.ran(seen):
        return None
    if loss.minimum < 0:
        return refuted(f"`{seen.name}` gives logits down to {loss.minimum:.2g}")
    if loss.zeros > 0:
        return confirmed(f"{loss.zeros:.0%} of the logits of `{seen.name}` are exactly zero, and none is negative")
    return inconclusive(f"no logit of `{seen.name}` was clipped in this run")


def _vanishing(case: Case, seen: Observed) -> Verdict | None:
    flow = seen.first(ObservationFlow)
    if flow is None or not case.ran(seen):
        return None
    factor = max(flow.factors)
    words = f"gradients of `{seen.name}` change by a factor of {factor:.2g} from layer to layer ({flow.layers} layers)"
    if factor < THRESHOLDS.vanishing and (change := lifting(flow)):
        return confirmed(f"{words}; {change}")
    if factor >= THRESHOLDS.vanishing:
        return refuted(f"{words}, as those of healthy networks do")
    return inconclusive(f"{words}, and no other activation or initialisation changes that")


def lifting(flow: ObservationFlow) -> str:
    """The change under which gradients reach the first layer at least ten times better, in words."""
    base = flow.changed.get("as it is")
    if base is None:
        return ""
    before = float(base["ratio"])
    found = [(float(each["ratio"]), name) for name, each in flow.changed.items() if name != "as it is"]
    ratio, name = max(found, default=(0.0, ""))
    if ratio < THRESHOLDS.lift * before or ratio == 0:
        return ""
    change = "another initialisation" if name == "initialisation" else f"`{name}` as activation"
    times = f"{ratio / before:.0f} times" if before else "infinitely"
    return f"with {change} the first layer's share is {times} as large"


def _initialisation(case: Case, seen: Observed) -> Verdict | None:
    flow = seen.first(ObservationFlow)
    if flow is None or not case.ran(seen):
        return None
    base, other = flow.changed.get("as it is"), flow.changed.get("initialisation")
    if base is None or other is None or not float(base["ratio"]):
        return inconclusive(f"the gradients of `{seen.name}` could not be compared with another initialisation")
    change = float(other["ratio"]) / float(base["ratio"])
    words = f"another initialisation changes the first layer's share of the gradient in `{seen.name}` by {change:.2g}"
    return confirmed(words) if not 1 / THRESHOLDS.lift < change < THRESHOLDS.lift else refuted(words)


def _bias(case: Case, seen: Observed) -> Verdict | None:
    layers = seen.first(ObservationLayers)
    if layers is None:
        return None
    known = {each["name"]: each for each in layers.layers}
    for name, each in known.items():
        owner, _, last = name.rpartition(".")
        weight = known.get(f"{owner}.weight" if owner else "weight")
        if last != "bias" or weight is None or not case.speaks_of(each["place"]) or each["none"]:
            continue
        share = float(each["start"]) / (float(weight["start"]) or 1.0)
        words = f"the gradient of `{name}` is {share:.1g} of its weight's"
        return confirmed(words) if share < THRESHOLDS.cancelled else refuted(words)
    return None


# --------------------------------------------------------------------------------------------------------------- wiring


def _odd(*kinds: str) -> Judge:
    """Confirmed by an attribute of that kind and name; refuted where the class was made and has none."""

    def judge(case: Case, seen: Observed) -> Verdict | None:
        module = seen.last(ObservationModule)
        if module is None or not case.ran(seen) or not case.names:
            return None
        for each in module.odd:
            if each["what"] in kinds and each["name"] in case.names:
                left = seen.first(ObservationLeftBehind)
                moved = " (measured with `model.to`)" if left and any(each["name"] in n for n in left.names) else ""
                return confirmed(f"in `{each['owner']}`, {each['evidence']}{moved}")
        names = ", ".join(f"`{name}`" for name in sorted(case.names))
        return refuted(f"`{seen.name}` was made, and {names} is registered as usual")

    return judge


def _misused_activation(case: Case, seen: Observed) -> Verdict | None:
    """A layer where a tensor is wanted: whatever comes next raises, and names the layer's class."""
    for failure in seen.all(ObservationFailed):
        words = set(failure.message.replace("'", " ").replace(".", " ").split())
        if failure.error in ("TypeError", "AttributeError", "RuntimeError") and words & case.names and case.ran(seen):
            at = f" in line {failure.place[1]}" if failure.place else ""
            return confirmed(f"`{seen.name}` raises{at}: {failure.error}: {short(failure.message)}")
    return _raises("TypeError", "AttributeError", "RuntimeError", elsewhere=True)(case, seen)


def _missing_forward(case: Case, seen: Observed) -> Verdict | None:
    for failure in seen.all(ObservationFailed):
        if failure.error == "NotImplementedError" and seen.name in case.names | {failure.message}:
            return confirmed(f"calling `{seen.name}` raises NotImplementedError: {short(failure.message)}")
    done = seen.last(ObservationInputs) is not None and seen.name in case.names
    return refuted(f"`{seen.name}` can be called") if done else None


def _tuple(case: Case, seen: Observed) -> Verdict | None:
    found = _odd("tuple")(case, seen)
    return found if found is not None else _raises("TypeError", "AttributeError", elsewhere=True)(case, seen)


def _made_in_forward(case: Case, seen: Observed) -> Verdict | None:
    made = seen.first(ObservationMadeInForward)
    if made is None or not case.ran(seen):
        return None
    for each in made.layers:
        if case.speaks_of(each["place"]):
            return confirmed(f"each call of `{seen.name}` makes a new {each['type']} there, which nothing trains")
    return refuted(f"line {case.row} ran in a forward of `{seen.name}`, and no layer was made there")


def _unused_module(case: Case, seen: Observed) -> Verdict | None:
    layers = seen.first(ObservationLayers)
    own = [each for each in layers.layers if case.names & set(each["name"].split("."))] if layers is not None else []
    if not own:
        return None
    if all(each["none"] for each in own):
        return confirmed(f"no parameter of it gets a gradient in {layers.steps} steps of `{seen.name}`")
    return refuted(f"`{own[0]['name']}` of `{seen.name}` gets gradients")


def _replaced(case: Case, seen: Observed) -> Verdict | None:
    module = seen.last(ObservationModule)
    if module is None or not case.ran(seen):
        return None
    for each in module.replaced:
        if case.speaks_of((each["path"], each["line"])):
            return confirmed(f"`{each['name']}` of `{seen.name}` had a layer with parameters, which was lost there")
    return refuted(f"`{seen.name}` was made, and no layer was replaced there")


def _repeated(case: Case, seen: Observed) -> Verdict | None:
    module = seen.last(ObservationModule)
    if module is None or not case.ran(seen):
        return None
    for each in module.repeated:
        if case.speaks_of(each["born"]):
            names = ", ".join(f"`{name}`" for name in each["names"][:4])
            return confirmed(f"{names} of `{seen.name}` are one layer ({each['parameters']:,} parameters)")
    return refuted(f"`{seen.name}` was made, and the layers made there are all different")


# ------------------------------------------------------------------------------------------------------------ gradients

_NO_GRAPH = ("does not require grad", "has no grad_fn", "is not differentiable", "not implemented for")


def _no_gradient(case: Case, seen: Observed) -> Verdict | None:
    for each in seen.all(ObservationFunction):
        if each.name not in case.own.inside:
            continue
        message = str(each.failure["message"]) if each.failure else ""
        if any(part in message for part in _NO_GRAPH):
            return confirmed(f"`{each.name}` raises: {short(message)}")
        if each.called and each.parameters and not each.failure:
            words = f"{each.trained} of {each.parameters} parameters of `{seen.name}` get a gradient in `{each.name}`"
            return refuted(words) if each.trained == each.parameters else confirmed(words)
    if not case.ran(seen):
        return None
    for failure in seen.all(ObservationFailed):
        if any(part in failure.message for part in _NO_GRAPH):
            return confirmed(f"`{seen.name}` raises in {failure.phase}: {short(failure.message)}")
    layers = seen.first(ObservationLayers)
    if layers is None:
        return None
    trainable = [each for each in layers.layers if each["trainable"]]
    without = [each for each in trainable if each["none"] or each["zero"]]
    words = f"{len(trainable) - len(without)} of {len(trainable)} parameters of `{seen.name}` get a gradient"
    # A cut takes it from all that comes before: where the first layer has one, nothing was cut on the only way.
    ordered = sorted((each for each in trainable if each["order"] is not None), key=lambda each: int(each["order"]))
    cut = ordered[0] in without if ordered else bool(without)
    return confirmed(words) if cut else refuted(words)


def _kept_graph(case: Case, seen: Observed) -> Verdict | None:
    for each in seen.all(ObservationFunction):
        if each.name not in case.own.inside or not each.called:
            continue
        for kept in each.kept:
            if kept["name"] in case.names:
                return confirmed(f"after {kept['steps'] - 1} steps `{kept['name']}` holds the graphs of all of them")
        if each.failure is None:
            return refuted(f"`{each.name}` was called, and no name holds a graph of several steps")
    return None


JUDGES: Mapping[str, Judge] = {
    "ACT102": _warns,
    "ACT103": _warns,
    "ACT104": _warns,
    "ACT105": _warns,
    "ACT106": _raises("AttributeError", "ImportError", "ModuleNotFoundError", "TypeError", "RuntimeError"),
    "ACT201": _raises("RuntimeError"),
    "ACT202": _in_backward,
    "ACT203": _in_backward,
    "ACT204": _differs,
    "ACT205": _in_backward,
    "ACT206": _forward_input,
    "ACT207": _raises("TypeError", "NotImplementedError", "RuntimeError"),
    "ACT208": _behind_autograd,
    "ACT301": _affine,
    "ACT303": _clipped_logits,
    "ACT304": _discarded,
    "ACT305": _misused_activation,
    "ACT306": _vanishing,
    "ACT309": _eval_noise,
    "ACT310": _initialisation,
    "ACT311": _bias,
    "ACT312": _warns,
    "ACT401": _undefined_attribute,
    "ACT402": _tuple,
    "ACT403": _odd("unregistered"),
    "ACT404": _raises("AttributeError", "TypeError"),
    "ACT405": _made_in_forward,
    "ACT406": _unused_module,
    "ACT407": _odd("tensor"),
    "ACT410": _replaced,
    "ACT411": _missing_forward,
    "ACT412": _repeated,
    "ACT413": _odd("lost"),
    "ACT414": _raises("TypeError", "AttributeError"),
    "ACT501": _raises("RuntimeError", "ValueError"),
    "ACT502": _raises("RuntimeError", "ValueError"),
    "ACT503": _raises("RuntimeError", "ValueError"),
    "ACT504": _raises("AssertionError", "ValueError", "RuntimeError"),
    "ACT603": _raises("RuntimeError", "ValueError"),
    "ACT701": _no_gradient,
    "ACT702": _no_gradient,
    "ACT703": _no_gradient,
    "ACT705": _kept_graph,
}
"""Judges of the rules that a run can decide, by code."""
