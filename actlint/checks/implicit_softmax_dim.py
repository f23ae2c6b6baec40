"""ACT102: softmax and its kin without `dim`."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Argument, Call, Constant, Site
from actlint.intents import Repair, Replace, SetArgument
from actlint.model.deprecations import Use, uses
from actlint.model.events import Call as CallEvent
from actlint.model.flow import input_of, producers
from actlint.model.overwrite import short
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule
from actlint.torchapi import Kind
from actlint.torchapi.deprecated import documentation

_KEEPS_RANK: frozenset[Kind] = frozenset({"activation", "dropout", "identity", "normalization", "pooling", "resample"})


@rule("ACT102")
def implicit_softmax_dim(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report calls, of the functions and of the layers' constructors, that leave `dim` out or give None."""
    found = [
        (use, use.reference.call, omitted)
        for use in uses(unit, ("ACT102",), switches=False)
        if use.reference.call is not None
        and (omitted := _omitted(use.reference.call, use.row.parameters.index("dim"))) is not False
    ]
    channels = _over_channels(unit) if found else frozenset()
    for use, call, argument in found:
        at = unit.site(use.reference.site, call)
        dim = "1" if at in channels else "-1"
        none = unit.site(at, argument.value) if isinstance(argument, Argument) else None
        advice = f"name the dimension: `dim={dim}`"
        intent = SetArgument(at, "dim", (dim,)) if none is None else Replace(none, (dim,))
        yield Finding(
            at,
            f"{_named(unit, use, call)} without `dim` takes the second dimension of a 2-D or 4-D input, but the first "
            "of a 3-D one, which mixes the samples of a batch",
            label="torch warns at each call",
            notes=() if use.given is None else (Note(use.given, "called with it here"),),
            conditions=use.conditions,
            fix=Repair(f"{advice}: {documentation(use.row.qualname)}", "unsafe", (intent,)) if use.alone else None,
        )


def _named(unit: FileView, use: Use, call: Call) -> str:
    """What is called, and what that is where its name does not say so."""
    written, name = unit.text(call.func), use.row.qualname.rpartition(".")[2]
    hidden = use.held is not None and name not in written
    return f"`{written}` (`{short(use.row.qualname)}`)" if hidden else f"`{written}`"


def _omitted(call: Call, position: int) -> Argument | bool:
    """Whether a call surely leaves `dim` out; the argument where it is a literal None."""
    if any(argument.star for argument in call.args):
        given = [argument for argument in call.args if argument.keyword == "dim"]
        return given[0] if given and _is_none(given[0]) else False
    for number, argument in enumerate(call.args):
        if argument.keyword == "dim" or (argument.keyword is None and number == position):
            return argument if _is_none(argument) else False
    return True


def _is_none(argument: Argument) -> bool:
    return isinstance(argument.value, Constant) and argument.value.value is None


def _over_channels(unit: FileView) -> frozenset[Site]:
    """The calls (of a function, or that build a layer) whose input is an image or sequence that a convolution made."""
    found: dict[Site, bool] = {}
    for trace in unit.traces():
        for event in trace.events:
            if isinstance(event, CallEvent) and event.op is not None and event.op.kind == "softmax":
                tensor = input_of(event)
                makers = [] if tensor is None else producers(trace, tensor, _keeps_rank)
                conv = bool(makers) and all(_is_convolution(maker) for maker, _ in makers)
                at = event.where.site if event.layer is None else event.layer.site
                found[at] = conv and found.get(at, True)
    return frozenset(site for site, conv in found.items() if conv)


def _is_convolution(call: CallEvent) -> bool:
    name = "" if call.op is None else call.op.qualname.rpartition(".")[2].lower()
    return name.removeprefix("lazy").startswith("conv")


def _keeps_rank(call: CallEvent) -> bool:
    return call.op is not None and call.op.kind in _KEEPS_RANK
