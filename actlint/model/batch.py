"""Whether the first dimension of a tensor is proven to be the batch."""

from __future__ import annotations

from actlint.facts import (
    Argument,
    Assign,
    Attribute,
    Collection,
    Constant,
    Expr,
    FunctionDef,
    Name,
    Node,
    Subscript,
    UnaryOp,
)
from actlint.facts import Call as CallNode
from actlint.model import values
from actlint.model.dense import normalises
from actlint.model.events import Call, Trace
from actlint.model.flow import input_of, single_operand
from actlint.model.program import Context
from actlint.model.values import Tensor
from actlint.model.walk import target_names, walk
from actlint.torchapi import Kind
from actlint.torchapi.activations import named

_KEEPS: frozenset[Kind] = frozenset(
    {"activation", "softmax", "dropout", "identity", "cast", "elementwise", "normalization", "pooling", "resample"}
)
_CONVOLUTIONS = ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")


def proof_of_batch(ctx: Context, trace: Trace, tensor: Tensor) -> Call | None:
    """The call that says so: a convolution, a batch normalisation, a reshape that keeps the first size or flattens the
    rest. None where there is none, or something between moves dimensions.
    """
    source: Tensor | None = tensor
    for _ in range(64):
        event = trace.events[source.event] if source is not None and 0 <= source.event < len(trace.events) else None
        if not isinstance(event, Call) or event.op is None:
            return None
        name = named(event.op)
        if name in _CONVOLUTIONS or normalises(event.op.qualname) or _keeps_first(ctx, event):
            return event
        linear = event.op.kind == "affine" and name == "linear"
        single = event.op.kind == "arithmetic" and single_operand(event)
        if not (event.op.kind in _KEEPS or linear or single or _over_others(event)):
            return None
        source = input_of(event)
    return None


def _over_others(call: Call) -> bool:
    """A reduction over dimensions other than the first."""
    if call.op is None or call.op.kind != "reduction":
        return False
    dim = dict(call.args).get("dim")
    dims = dim.items if isinstance(dim, values.Tuple) else (dim,)
    return all(isinstance(d, values.Constant) and isinstance(d.value, int) and d.value > 0 for d in dims)


def _keeps_first(ctx: Context, call: Call) -> bool:
    """`flatten(1)`, `view(x.size(0), …)`, `reshape(-1, n)`: the first size is that of what came in, or of a batch."""
    assert call.op is not None
    name = call.op.qualname.rpartition(".")[2]
    settings = dict(call.args) if call.layer is None else call.layer.args
    if name in ("flatten", "Flatten"):
        default = 1 if call.layer is not None else 0
        return settings.get("start_dim", values.Constant(default)) == values.Constant(1)
    path = ctx.path_to(call.where.site)
    node = path[-1] if path else None
    if name not in ("view", "reshape") or not isinstance(node, CallNode):
        return False
    sizes = [argument.value for argument in node.args if argument.keyword is None and not argument.star]
    if not isinstance(node.func, Attribute) or len(sizes) != len(node.args):
        return False
    if call.op.qualname.startswith("torch.reshape"):
        sizes = sizes[1:]
    if len(sizes) == 1 and isinstance(sizes[0], Collection):
        sizes = list(sizes[0].elements)
    if len(sizes) < 2:
        return False
    function = next((each for each in reversed(path) if isinstance(each, FunctionDef)), None)
    return _is_first_size(sizes[0], function) or (len(sizes) == 2 and _is_minus_one(sizes[0]) and not _is_one(sizes[1]))


def _is_first_size(size: Expr, function: FunctionDef | None) -> bool:
    match size:
        case CallNode(func=Attribute(attr="size"), args=(Argument(value=Constant(value=0)),)):
            return True
        case Subscript(value=Attribute(attr="shape"), index=Constant(value=0)):
            return True
        case CallNode(func=Name(id="len")):
            return True
        case Name(id=name) if function is not None:
            return any(_binds_first(node, name) for node in walk(function.body))
        case _:
            return False


def _binds_first(node: Node, name: str) -> bool:
    """`b = x.size(0)`, `b, c, h, w = x.shape`."""
    match node:
        case Assign(targets=(Name(id=target),), value=value) if target == name:
            return _is_first_size(value, None)
        case Assign(targets=(Collection(elements=elements),), value=Attribute(attr="shape")):
            return bool(elements) and name in target_names(elements[0])
        case Assign(targets=(Collection(elements=elements),), value=CallNode(func=Attribute(attr="size"), args=())):
            return bool(elements) and name in target_names(elements[0])
        case _:
            return False


def _is_minus_one(size: Expr) -> bool:
    match size:
        case UnaryOp(op="-", operand=Constant(value=1)) | Constant(value=-1):
            return True
        case _:
            return False


def _is_one(size: Expr) -> bool:
    return isinstance(size, Constant) and size.value == 1
