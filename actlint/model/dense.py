"""Dense layers: which layers are affine, which two of them collapse, and whether their widths speak for a product."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from actlint import torchapi
from actlint.facts import (
    AnnAssign,
    Argument,
    Assign,
    Attribute,
    AugAssign,
    BinOp,
    Call,
    ClassDef,
    Constant,
    Expr,
    FunctionDef,
    Name,
    Node,
    Site,
)
from actlint.model import events, values
from actlint.model.flow import input_of, single_operand
from actlint.model.layers import HOOKED
from actlint.model.show import dotted
from actlint.model.state import ModuleObject
from actlint.model.values import External, Symbol, Tuple, Value
from actlint.model.walk import target_names, walk

Path: TypeAlias = Callable[[Site], "tuple[Node, ...]"]
"""The nodes from a top-level statement down to the one at a site."""

FROZEN = "frozen"
"""The mark among a layer's arguments that its parameters may not be trained."""

_LINEAR = frozenset({"torch.nn.Linear", "torch.nn.LazyLinear"})
_CONV = re.compile(r"torch\.nn\.(Lazy)?Conv([123]d)")
_BATCH_NORM = re.compile(r"torch\.nn\.(functional\.batch_norm|(Lazy|Sync)?BatchNorm([123]d)?)")
_ON_PURPOSE = re.compile(
    r"rank|bottle|reduc|squeez|compress|latent|low|proj|embed|code|factor|component|^r$|^k$"
    r"|(^|[._])(n?z|z_?dim|dim_?z|emb)([._]|$)",
    re.IGNORECASE,
)
_RANK = re.compile(r"rank|bottle|reduc|squeez|compress|low|^r$|^k$", re.IGNORECASE)
_KEEPING = frozenset(
    {"view", "reshape", "flatten", "squeeze", "unsqueeze", "contiguous", "unflatten", "view_as", "reshape_as"}
)
"""Reshapes after which the last dimension may still be the features. Transposition mixes along another one."""
_WHOLE = frozenset({"long", "int", "short", "char", "byte", "bool"})
_WHOLE_TYPE = re.compile(r"(torch|builtins)\.(u?int\d*|long|short|bool)")
_IN = ("in_features", "in_channels")
_OUT = ("out_features", "out_channels")


def normalises(qualname: str) -> bool:
    """Whether a layer or function is a batch normalisation, which is affine once the model is evaluated."""
    return _BATCH_NORM.fullmatch(qualname) is not None


def passes(layer: ModuleObject) -> bool:
    """Whether an entry of a Sequential keeps its input but for scales: dropout, identity, batch normalisation."""
    if not isinstance(layer.cls, External):
        return False
    op = torchapi.layer(layer.cls.qualname)
    return op is not None and (op.kind in ("dropout", "identity") or normalises(op.qualname))


def transparent(call: events.Call) -> bool:
    """Whether an operation hands its input on but for scales, shifts and shape: what is affine stays affine."""
    op = call.op
    if op is None:
        return False
    name = op.qualname.rpartition(".")[2].rstrip("_").lower()
    if op.kind in ("dropout", "identity"):
        return True
    if op.kind == "cast":
        return single_operand(call) and not _to_whole_numbers(call, name)
    if op.kind == "reshape":
        return name in _KEEPING
    if op.kind == "arithmetic":
        rounding = dict(call.args).get("rounding_mode", values.Constant(None))
        return name in ("add", "sub", "mul", "div") and single_operand(call) and rounding == values.Constant(None)
    return normalises(op.qualname)


def keeps(call: events.Call) -> bool:
    """Whether an operation hands every value of its input on as it is, wherever to: dropout, a reshape, a cast."""
    op = call.op
    if op is None or op.kind not in ("dropout", "identity", "reshape", "cast"):
        return False
    name = op.qualname.rpartition(".")[2].rstrip("_").lower()
    return single_operand(call) and not _to_whole_numbers(call, name)


def _to_whole_numbers(call: events.Call, name: str) -> bool:
    """Whether a cast rounds: to an integer type or to bool."""
    if name in _WHOLE:
        return True
    return any(isinstance(value, External) and _WHOLE_TYPE.fullmatch(value.qualname) for _, value in call.args)


def is_affine(layer: ModuleObject, wide_kernels: bool) -> bool:
    """A Linear, or a convolution that mixes channels only (any dense one with `wide_kernels`), torch's own class."""
    if not isinstance(layer.cls, External) or layer.open or "*" in layer.args or HOOKED in layer.args:
        return False
    name = torchapi.canonical(layer.cls.qualname)
    if name in _LINEAR:
        return True
    if not _CONV.fullmatch(name) or layer.args.get("groups", values.Constant(1)) != values.Constant(1):
        return False
    return wide_kernels or _all_are(layer.args.get("kernel_size"), 1)


def _all_are(value: Value | None, wanted: int) -> bool:
    if isinstance(value, Tuple):
        return all(item == values.Constant(wanted) for item in value.items)
    return value == values.Constant(wanted)


def same_kind(first: ModuleObject, second: ModuleObject, reshaped: bool) -> bool:
    """Whether both are linear, or convolutions of as many dimensions, and the second takes what the first gives.

    What a pointwise convolution pads with is nothing that the first gives.
    """
    assert isinstance(first.cls, External) and isinstance(second.cls, External)
    names = [torchapi.canonical(cls.qualname).replace("Lazy", "") for cls in (first.cls, second.cls)]
    if _all_are(second.args.get("kernel_size"), 1):
        padding = second.args.get("padding", values.Constant(0))
        if padding not in (values.Constant("same"), values.Constant("valid")) and not _all_are(padding, 0):
            return False
    return names[0] == names[1] and _joined(first, second, reshaped)


def kind_of(layer: ModuleObject) -> str:
    """What two such layers are together, in words."""
    assert isinstance(layer.cls, External)
    return "linear layer" if torchapi.canonical(layer.cls.qualname) in _LINEAR else "convolution"


# --------------------------------------------------------------------------------------------------------------- widths


def _width_in(layer: ModuleObject) -> Value | None:
    """What a layer takes."""
    return layer.args.get(_IN[0], layer.args.get(_IN[1]))


def _width_out(layer: ModuleObject) -> Value | None:
    """What a layer gives."""
    return layer.args.get(_OUT[0], layer.args.get(_OUT[1]))


def _number(value: Value | None) -> int | None:
    """A width that is known."""
    return value.value if isinstance(value, values.Constant) and isinstance(value.value, int) else None


def _joined(first: ModuleObject, second: ModuleObject, reshaped: bool) -> bool:
    """The second takes what the first gives: a reshape between has not made other features of them."""
    out, into = _width_out(first), _width_in(second)
    if _number(out) is not None and _number(into) is not None:
        return out == into
    return not reshaped or (isinstance(out, Symbol) and out == into)


def joined_widths(first: ModuleObject, second: ModuleObject) -> bool:
    """Whether a normalisation is made for as many features as a layer gives, both known."""
    out, into = _width_out(first), second.args.get("num_features")
    return out == into and isinstance(out, (values.Constant, Symbol))


def scores_one(trace: events.Trace, tensor: values.Tensor) -> bool:
    """Whether a tensor holds one number for each sample: its layer has one output."""
    event = trace.events[tensor.event] if 0 <= tensor.event < len(trace.events) else None
    while isinstance(event, events.Call) and event.layer is None or isinstance(event, events.Call) and keeps(event):
        source = input_of(event)
        if source is None or not 0 <= source.event < len(trace.events):
            return False
        event = trace.events[source.event]
    return isinstance(event, events.Call) and event.layer is not None and _number(_width_out(event.layer)) == 1


def factorised(first: ModuleObject, second: ModuleObject, path: Path) -> bool | None:
    """Whether the widths (and a missing bias) say that the two are meant as a product; None if they say nothing."""
    before, middle, after = _width_in(first), _width_out(first), _width_out(second)
    unbiased = first.args.get("bias") == values.Constant(False)
    if unbiased and _named_on_purpose(first, path):
        return True  # however small the ends are that somebody tries it out with
    sizes = _number(before), _number(middle), _number(after)
    if sizes[1] is not None:
        ends = [size for size in (sizes[0], sizes[2]) if size is not None]
        if any(sizes[1] >= size for size in ends):
            return False  # no bottleneck, whatever the other end is
        if len(ends) == 2:
            return True
    if _widened(first, _IN, _OUT, path) or _widened(second, _OUT, _IN, path):
        return False
    if unbiased:
        return True
    if isinstance(middle, (values.Constant, Symbol)) and middle in (before, after):
        return None
    if not isinstance(middle, (values.Constant, Symbol)):
        return True
    return True if isinstance(middle, Symbol) and _ON_PURPOSE.search(middle.label) else None


def _named_on_purpose(layer: ModuleObject, path: Path) -> bool:
    """Whether the name under which a layer's constructor is given its width out says that it is a rank or the like."""
    parents = path(layer.site)
    call = parents[-1] if parents else None
    written = _width(call, _OUT) if isinstance(call, Call) else None
    name = dotted(written) if written is not None else None
    return name is not None and _RANK.search(name.rpartition(".")[2]) is not None


def may_narrow(layer: ModuleObject) -> bool:
    """Whether a layer may give less than it takes."""
    return _width_in(layer) != _width_out(layer)


def in_words(first: ModuleObject, second: ModuleObject) -> str:
    """The widths of the whole, in parentheses; "" where they are not known."""
    into, out = _number(_width_in(first)), _number(_width_out(second))
    return "" if into is None or out is None else f" ({into} → {out})"


# ----------------------------------------------------------------------------------------------------- as it is written


def _widened(layer: ModuleObject, narrow: tuple[str, ...], wide: tuple[str, ...], path: Path) -> bool:
    """Whether one width is written as the other times something that is at least 1."""
    parents = path(layer.site)
    call = parents[-1] if parents else None
    if not isinstance(call, Call):
        return False
    base, product = _width(call, narrow), _width(call, wide)
    if base is None or product is None or (name := dotted(base)) is None:
        return False
    function = next((node for node in reversed(parents) if isinstance(node, FunctionDef)), None)
    if isinstance(product, Name) and function is not None:
        product = _assigned(function, product.id)
    match product:
        case Call(func=Name(id="int"), args=(Argument(value=inner, star=""),)):
            product = inner
        case _:
            pass
    match product:
        case BinOp(op="*", left=left, right=right):
            return any(
                dotted(one) == name and _at_least_one(_constant(other, parents), function)
                for one, other in ((left, right), (right, left))
            )
        case _:
            return False


def _width(call: Call, names: tuple[str, ...]) -> Expr | None:
    """The argument of a layer's constructor by keyword or, the widths being the first two, by position."""
    for argument in call.args:
        if argument.keyword in names:
            return argument.value
    place = 0 if names == _IN else 1
    if len(call.args) <= place or any(argument.star or argument.keyword for argument in call.args[: place + 1]):
        return None
    return call.args[place].value


def _assigned(function: FunctionDef, name: str) -> Expr | None:
    """What a local name is assigned, if that is done once."""
    found: list[Expr | None] = []
    for node in walk(function.body):
        match node:
            case Assign(targets=(Name(id=target),), value=value) if target == name:
                found.append(value)
            case AnnAssign(target=Name(id=target), value=value) if target == name:
                found.append(value)
            case Assign(targets=targets) if any(name in target_names(target) for target in targets):
                found.append(None)
            case AugAssign(target=Name(id=target)) if target == name:
                found.append(None)
            case _:
                pass
    return found[0] if len(found) == 1 else None


def _constant(factor: Expr, parents: tuple[Node, ...]) -> Expr:
    """What the class's own body assigns to the attribute that a factor reads (`self.expansion`), else the factor."""
    owner = next((node for node in reversed(parents) if isinstance(node, ClassDef)), None)
    if owner is None or not isinstance(factor, Attribute) or not isinstance(factor.value, Name):
        return factor
    for statement in owner.body:
        match statement:
            case Assign(targets=(Name(id=name),), value=value) | AnnAssign(target=Name(id=name), value=value):
                if name == factor.attr and value is not None:
                    return value
            case _:
                pass
    return factor


def _at_least_one(factor: Expr, function: FunctionDef | None) -> bool:
    """Whether a factor is a number from 1, or a parameter whose default is one."""
    if isinstance(factor, Name) and function is not None:
        default = next((item.default for item in function.params.items if item.name == factor.id), None)
        factor = default if default is not None else factor
    return isinstance(factor, Constant) and isinstance(factor.value, (int, float)) and factor.value >= 1
