"""ACT605: compositions that overflow or lose digits where torch has one function for them."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.intents import Part, Repair, Replace
from actlint.model.compositions import Composition, compositions
from actlint.model.program import Context, FileView
from actlint.model.show import unparse
from actlint.rule import Finding, Note, rule
from actlint.torchapi.docs import documentation

_LOSES = {
    "torch.nn.functional.log_softmax": "is -inf where the softmax underflows to 0",
    "torch.nn.functional.logsigmoid": "is -inf where the sigmoid underflows to 0",
    "torch.logsumexp": "overflows where an exponential does",
    "torch.log1p": "loses the digits of a small argument to the 1",
    "torch.expm1": "cancels the digits of a small argument",
}


@rule("ACT605")
def unstable_composition(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the outer operation, and where what goes into it is made if that is another expression."""
    for found in compositions(unit):
        apart = () if found.given else (Note(found.inner, "what goes into it"),)
        yield Finding(
            found.site,
            f"`{unparse(found.node)}` {_LOSES[found.new]}: `{found.new}` computes the same without",
            label=f"use `{found.new.rpartition('.')[2]}`",
            notes=apart,
            fix=_fix(unit, found),
        )


def _fix(unit: FileView, found: Composition) -> Repair:
    """The new call where all of it is one expression. Of integers, `logsigmoid` alone would raise."""
    at = found.site
    spelled, flatten = unit.spell(found.new, at), unit.spell("torch.flatten", at)
    name = found.new if spelled is None else spelled.text
    message = f"use `{name}`: {documentation(found.new)}"
    if spelled is None or flatten is None or not found.given:
        return Repair(message, "display", ())
    parts: list[Part] = [spelled, "("]
    for key, value in found.given:
        parts += [f", {key}="] * (key != "input") + [unit.site(at, value)]
    if found.new == "torch.logsumexp" and len(found.given) == 1:
        parts = [spelled, "(", flatten, "(", parts[-1], "), dim=0"]
    safe = found.real or found.new != "torch.nn.functional.logsigmoid"
    return Repair(message, "safe" if safe else "unsafe", (Replace(at, (*parts, ")")),))
