"""ACT312: dropout between the layers of a recurrent network that has one layer."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Argument, Constant
from actlint.intents import RemoveArgument, Repair
from actlint.model.program import Context, FileView
from actlint.model.torchcalls import TorchCall, torch_calls
from actlint.rule import Finding, rule

_LAYERS = frozenset({"torch.nn.RNN", "torch.nn.LSTM", "torch.nn.GRU"})


@rule("ACT312", severity="info")
def rnn_dropout_single_layer(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the `dropout` argument of a constructor whose number of layers is one, both as literals."""
    for call in torch_calls(unit):
        if not call.written or call.op.qualname not in _LAYERS or any(argument.star for argument in call.node.args):
            continue
        dropout, layers = call.argument("dropout"), call.argument("num_layers")
        if dropout is None or not _is_positive(dropout) or not _is_one(layers):
            continue
        yield Finding(
            unit.site(call.site, dropout),
            f"`{unit.text(call.node.func)}` drops between its layers, and it has only one: `{_text(unit, dropout)}` "
            "does nothing, and torch warns when it is built",
            label="has no effect",
            fix=_fix(unit, call, dropout),
        )


def _is_positive(argument: Argument) -> bool:
    value = argument.value.value if isinstance(argument.value, Constant) else None
    return isinstance(value, (int, float)) and value > 0


def _is_one(argument: Argument | None) -> bool:
    return argument is None or (isinstance(argument.value, Constant) and argument.value.value in (1, 1.0))


def _text(unit: FileView, argument: Argument) -> str:
    value = unit.text(argument.value)
    return f"{argument.keyword}={value}" if argument.keyword else value


def _fix(unit: FileView, call: TorchCall, dropout: Argument) -> Repair | None:
    """Without it the layer is the same, and silent; a positional one can only go if nothing positional follows."""
    if dropout.keyword is None and dropout is not call.positional[-1]:
        return None
    message = f"drop `{_text(unit, dropout)}`"
    return Repair(message, "safe", (RemoveArgument(unit.site(call.site, dropout)),))
