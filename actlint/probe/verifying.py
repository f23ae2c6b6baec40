"""Whether a fix is what it says it is: one step of each model before and after it, from the same seeds."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
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


@dataclass(frozen=True, slots=True)
class Verifier:
    """One step of each class of a file as it was, to compare those of changed texts with."""

    real: str
    before: str
    targets: Sequence[Target]
    how: How
    tell: Tell
    known: dict[tuple[str, str], ObservationVerified | str] = field(default_factory=dict)

    def verify(self, after: str) -> list[Verified]:
        """What a text of the file changes, class by class. Raises ProbeError."""
        return [
            _compared(target, self._step(self.before, target), self._step(after, target)) for target in self.targets
        ]

    def changes(self, after: str) -> bool:
        """Whether a text of the file changes any class."""
        return any(each.ran and each.differs for each in self.verify(after))

    def _step(self, text: str, target: Target) -> ObservationVerified | str:
        found = self.known.get((target.name, text))
        if found is None:
            found = self.known[target.name, text] = _step(self.real, text, target, self.how, self.tell)
        return found


def guilty(fixes: Sequence[str], changes: Callable[[Collection[str]], bool]) -> list[str]:
    """The fixes that change what a model computes; `changes` says whether any of some fixes, made alone, do.

    Halves of the fixes that are innocent together need no further runs.
    """
    if not fixes or not changes(fixes):
        return []
    if len(fixes) == 1:
        return list(fixes)
    middle = len(fixes) // 2
    return [*guilty(fixes[:middle], changes), *guilty(fixes[middle:], changes)]


def _compared(target: Target, old: ObservationVerified | str, new: ObservationVerified | str) -> Verified:
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
            # What was computed before it raised must stay.
            if a["outputs"] is not None and b["outputs"] is not None:
                if difference := _outputs(a["outputs"], b["outputs"]):
                    return Verified(target.name, True, f"{difference} of `{target.name}` (seed {index})")
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
    if difference := _outputs(before["outputs"], after["outputs"]):
        return difference
    if set(before["gradients"]) != set(after["gradients"]):
        return "other parameters"
    for name, a in before["gradients"].items():
        b = after["gradients"][name]
        if (a is None) != (b is None):
            return f"`{name}` {'gets a' if a is None else 'loses its'} gradient"
        if a is not None and (gap := _gap(a, b)):
            return f"the gradient of `{name}` changes{gap}"
    return ""


def _outputs(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> str:
    if len(before) != len(after):
        return "another number of outputs"
    for index, (a, b) in enumerate(zip(before, after, strict=True)):
        if gap := _gap(a, b):
            return f"output {index} changes{gap}"
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
