"""Whether a fix is what it says it is: one step of each model before and after it, from the same seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actlint.observation import ObservationFailed, ObservationVerified, decode
from actlint.probe import client
from actlint.probe.client import Limits
from actlint.probe.plan import Target
from actlint.probe.probing import How, Tell

_ROUNDING = {"torch.float64": 1e-9, "torch.float16": 1e-2, "torch.bfloat16": 1e-2}
_USUAL = 1e-5


@dataclass(frozen=True, slots=True)
class Verified:
    """What a change of a file does to a class: `differs` says what (empty: nothing), `ran` whether it could be told."""

    name: str
    ran: bool
    differs: str = ""
    repaired: bool = False


def verify(real: str, before: str, after: str, targets: Sequence[Target], how: How, tell: Tell) -> list[Verified]:
    """Compare one step of each class under two texts of its file. Raises ProbeError."""
    return [_verify(real, before, after, target, how, tell) for target in targets]


def _verify(real: str, before: str, after: str, target: Target, how: How, tell: Tell) -> Verified:
    old, new = (_step(real, text, target, how, tell) for text in (before, after))
    if isinstance(new, str):
        if isinstance(old, str):
            return Verified(target.name, False, old)
        return Verified(target.name, True, f"`{target.name}` no longer runs: {new}")
    if isinstance(old, str):
        return Verified(target.name, True, repaired=True)
    for index, (a, b) in enumerate(zip(old.results, new.results, strict=True)):
        if b["raises"] and not a["raises"]:
            return Verified(target.name, True, f"`{target.name}` raises: {b['raises']}")
        if a["raises"]:
            if not b["raises"]:
                return Verified(target.name, True, repaired=True)
            continue
        if difference := _difference(a, b):
            return Verified(target.name, True, f"{difference} of `{target.name}` (seed {index})")
    ran = any(not each["raises"] for each in old.results)
    return Verified(target.name, ran)


def _step(real: str, text: str, target: Target, how: How, tell: Tell) -> ObservationVerified | str:
    """What a step computes, or why there is none."""
    request = target.request() | replace(how, mode="verify").request() | {"overlay": {real: text}}
    reply = client.run(how.python, request, Limits.usual(how.seconds), lambda said: tell(target.name, said))
    seen = decode(reply.said)
    for each in seen:
        if isinstance(each, ObservationVerified):
            return each
    failed = next((each for each in seen if isinstance(each, ObservationFailed)), None)
    return f"{failed.error}: {failed.message}" if failed is not None else reply.trouble or "it gave no answer"


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if before["state"] != after["state"]:
        gone = [key for key in before["state"] if key not in after["state"]]
        new = [key for key in after["state"] if key not in before["state"]]
        return f"other keys of the state dict ({', '.join([*gone, *new][:4])})"
    if len(before["outputs"]) != len(after["outputs"]):
        return "another number of outputs"
    for index, (a, b) in enumerate(zip(before["outputs"], after["outputs"], strict=True)):
        if gap := _gap(a, b):
            return f"output {index} changes{gap}"
    if set(before["gradients"]) != set(after["gradients"]):
        return "other parameters"
    for name, a in before["gradients"].items():
        b = after["gradients"][name]
        if (a is None) != (b is None):
            return f"`{name}` {'gets a' if a is None else 'loses its'} gradient"
        if a is not None and (gap := _gap(a, b)):
            return f"the gradient of `{name}` changes{gap}"
    return ""


def _gap(a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    """How two tensors differ beyond rounding, in words; empty where they do not."""
    if a["shape"] != b["shape"] or a["dtype"] != b["dtype"]:
        return f" from {a['dtype']}{a['shape']} to {b['dtype']}{b['shape']}"
    if a["hash"] and a["hash"] == b["hash"]:
        return ""
    x, y = ([float(each) for each in side["numbers"]] for side in (a, b))
    size = max((abs(each) for each in x if math.isfinite(each)), default=0.0) or 1.0
    gaps = [0.0 if p == q or (p != p and q != q) else abs(p - q) / size for p, q in zip(x, y, strict=True)]
    worst = max((each if each == each else math.inf for each in gaps), default=0.0)
    return f" by {worst:.2g} (relative)" if worst > _ROUNDING.get(str(a["dtype"]), _USUAL) else ""
