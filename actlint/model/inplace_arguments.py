"""What calls of torch say about `inplace`: to operations that do not take it, and with slopes that refuse it."""

from __future__ import annotations

from typing import Final

from actlint.facts import Argument, Attribute, Constant, Expr, UnaryOp
from actlint.model.overwrite import is_place
from actlint.model.torchcalls import TorchCall
from actlint.model.values import Constant as ConstantValue

_SLOPES: Final = {
    "leaky_relu": "negative_slope",
    "LeakyReLU": "negative_slope",
    "elu": "alpha",
    "ELU": "alpha",
    "celu": "alpha",
    "CELU": "alpha",
}
"""The parameters that must not be negative where the operation works in place (measured: backward raises)."""


def refused(call: TorchCall) -> Argument | None:
    """The argument that says `inplace` to what takes no such argument: the call raises a TypeError."""
    params = call.op.params
    if any(p.kind in ("vararg", "kwarg") or p.name == "inplace" for p in params) or call.op.kind == "container":
        return None
    for argument in call.node.args:
        if argument.keyword == "inplace":
            return argument
    if call.op.kind not in ("activation", "softmax"):
        return None
    most = sum(param.kind in ("positional", "either") for param in params)
    if call.op.qualname == "torch.nn.GELU":
        most = 0  # its one parameter is a string: a truth value is refused when the layer is called
    extra = call.positional[most:]
    return extra[0] if extra and isinstance(_literal(extra[0]), bool) else None


def negative(call: TorchCall) -> str:
    """The parameter that is certainly negative although the operation works in place, "" if there is none."""
    name = call.op.qualname.rpartition(".")[2]
    parameter = _SLOPES.get(name.removesuffix("_"), "")
    slope = call.argument(parameter)
    if slope is None:
        return ""
    known = call.values.get(parameter)
    value = known.value if isinstance(known, ConstantValue) else _literal(slope)
    if not isinstance(value, (int, float)) or value >= 0:
        return ""
    inplace = call.argument("inplace")
    return parameter if name.endswith("_") or (inplace is not None and _literal(inplace) is True) else ""


def operand(call: TorchCall) -> Expr | None:
    """The name or attribute that a function or method is applied to, if it is one that can be assigned."""
    found: Expr | None = call.positional[0].value if call.positional else None
    if call.kind == "method":
        found = call.node.func.value if isinstance(call.node.func, Attribute) else None
    return found if call.kind != "layer" and is_place(found) else None


def _literal(argument: Argument) -> object:
    match argument.value:
        case Constant(value=value):
            return value
        case UnaryOp(op="-", operand=Constant(value=int() | float() as number)):
            return -number
        case _:
            return None
