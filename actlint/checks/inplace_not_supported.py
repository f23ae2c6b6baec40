"""ACT207: `inplace` where an operation does not take it, or with a slope that in-place backward refuses."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Argument
from actlint.intents import Part, RemoveArgument, Repair, Replace
from actlint.model import inplace_arguments, overwrite
from actlint.model.guards import expects
from actlint.model.outofplace import out_of_place
from actlint.model.overwrite import Overwrite
from actlint.model.program import Context, FileView
from actlint.model.raising import raising
from actlint.model.torchcalls import TorchCall, torch_calls
from actlint.model.values import Tensor
from actlint.rule import Finding, Note, rule


@rule("ACT207", severity="error")
def inplace_not_supported(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the argument, or the call where the slope is what is wrong."""
    for call in torch_calls(unit):
        given = inplace_arguments.refused(call)
        ways = (site for site in (call.site, *call.via) if site.path == unit.path)
        if given is not None and not any(expects(unit.path_to(site), "TypeError") for site in ways):
            name = unit.text(call.node.func)
            meant = call.op.qualname.replace("torch.nn.functional.", "F.").replace("torch.nn.", "nn.")
            yield Finding(
                unit.site(call.site, given),
                f"`{meant if call.via else name}` takes no argument `inplace`: {_when(call)} raises a TypeError",
                label="no such argument",
                notes=tuple(Note(site, f"`{meant}` gets there from here") for site in call.via[-1:]),
                conditions=call.conditions,
                fix=_without(unit, call, given),
            )
        parameter = inplace_arguments.negative(call)
        if parameter:
            inplace = call.argument("inplace")
            intents = (RemoveArgument(unit.site(call.site, inplace)),) if inplace is not None else ()
            yield Finding(
                call.site,
                f"`{unit.text(call.node.func)}` works in place with a negative `{parameter}`: backward raises a "
                "RuntimeError, since the result no longer tells the sign of the input",
                label=f"negative `{parameter}` in place",
                conditions=call.conditions,
                fix=Repair("drop `inplace`", "unsafe", intents) if intents else None,
            )
    for found in raising(unit, "out"):
        over = found.over
        yield Finding(
            over.site,
            f"`{overwrite.text(unit, over)}` writes its result into `out`, which autograd does not support, and "
            f"{_needing(unit, over)} requires grad: this raises a RuntimeError",
            label="no gradient through `out`",
            conditions=found.conditions,
            fix=out_of_place(unit, over),
            severity="warning" if found.conditions else None,
        )


def _needing(unit: FileView, over: Overwrite) -> str:
    """The argument that needs gradients, in the user's words."""
    if over.write.tensor.needs_grad is True:
        return f"`{unit.text(over.target)}`" if over.target is not None else "it"
    given = {name for name, value in over.call.args if isinstance(value, Tensor) and value.needs_grad is True}
    shown = overwrite.argument(unit, over, given)
    return f"`{shown}`" if shown else "an operand"


def _when(call: TorchCall) -> str:
    return "the layer's first call" if call.op.qualname == "torch.nn.GELU" and call.positional else "this call"


def _without(unit: FileView, call: TorchCall, given: Argument) -> Repair | None:
    """Drop the argument; where the result was thrown away, give it to the operand."""
    if not call.written and call.kind != "method":
        return None  # another caller may hand in an operation that takes it
    if not call.dropped or call.kind == "layer":
        return Repair("drop the argument", "safe", (RemoveArgument(unit.site(call.site, given)),))
    operand = inplace_arguments.operand(call)
    if operand is None:
        return None
    parts: list[Part] = [unit.site(call.site, operand), " = ", unit.site(call.site, call.node.func), "("]
    for index, argument in enumerate(argument for argument in call.node.args if argument is not given):
        parts += [", ", unit.site(call.site, argument)] if index else [unit.site(call.site, argument)]
    repair = Replace(call.site, (*parts, ")"))
    return Repair(f"assign the result to `{unit.text(operand)}`", "unsafe", (repair,))
