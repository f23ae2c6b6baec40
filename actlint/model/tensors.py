"""Operations on tensors: results, aliasing, in-place writes, and the events of the graph."""

from __future__ import annotations

from dataclasses import replace

from actlint import torchapi
from actlint.facts import Collection, Site, Slice, Subscript, UnaryOp
from actlint.facts import Constant as Literal_
from actlint.model import autograd, counting, expressions, gradients, out_arguments, overlapping, results, stale
from actlint.model.args import Args
from actlint.model.events import Argument, Call, Write
from actlint.model.holders import holders
from actlint.model.machine import Machine
from actlint.model.sequences import elements
from actlint.model.state import ModuleObject, StorageObject, conjoin
from actlint.model.values import (
    NONE,
    Computed,
    Condition,
    Constant,
    ForeignMethod,
    Iterator,
    Join,
    ListRef,
    Module,
    Symbol,
    Tensor,
    Tuple,
    Unknown,
    Value,
    computed,
)
from actlint.torchapi import Op

_QUERIES = frozenset(
    {"shape", "dtype", "device", "layout", "ndim", "is_cuda", "requires_grad", "is_leaf", "grad_fn", "grad"}
)
_NUMBERS = _QUERIES - {"grad"}
_SIZES = {
    "torch.Tensor.size": "shape",
    "torch.Tensor.dim": "rank",
    "torch.Tensor.ndimension": "rank",
    "torch.Tensor.numel": "numel",
    "torch.Tensor.nelement": "numel",
    "torch.numel": "numel",
}
_OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "div",
    "//": "floor_divide",
    "%": "remainder",
    "**": "pow",
    "@": "matmul",
    "&": "bitwise_and",
    "|": "bitwise_or",
    "^": "bitwise_xor",
    "<<": "bitwise_left_shift",
    ">>": "bitwise_right_shift",
}
_COMPARISONS = {"<": "lt", ">": "gt", "<=": "le", ">=": "ge", "==": "eq", "!=": "ne"}


def is_method(name: str) -> bool:
    """Whether tensors have a method of that name."""
    return torchapi.method(name) is not None


def of_symbol(m: Machine, symbol: Symbol) -> Tensor:
    """The tensor that an argument is, the same one each time."""
    known = m.symbols.get(symbol.key)
    if known is None or known.root not in m.state.heap:
        site = m.site(0)
        index = len(m.trace.events)
        if known is None:
            tensor = m.fresh(index, None, owner="")
        else:
            tensor = known
            m.state.heap[known.root] = StorageObject()
        m.record(Argument(m.where(site), symbol.label, tensor))
        m.symbols[symbol.key] = tensor
        return tensor
    return m.current(known)


def as_tensor(m: Machine, value: Value | None) -> Tensor | None:
    """The value as a tensor operand: a tensor, an argument that is used as one, or one of these by path.

    What is unknown on some path is, as an operand, a tensor of which nothing is known.
    """
    if isinstance(value, Tensor):
        return m.current(value)
    if isinstance(value, Symbol) and value.role == "argument":
        return of_symbol(m, value)
    if isinstance(value, Join) and all(_may_be_tensor(option) for _, option in value.options):
        known = m.merged.get(id(value))
        if known is not None and known[1].root in m.state.heap:
            return m.current(known[1])
        options = tuple((when, as_tensor(m, option) or _opaque(m, option)) for when, option in value.options)
        joined = m.merge(options)
        if not isinstance(joined, Tensor):
            return None
        m.merged[id(value)] = (value, joined)  # the value is kept, so that no other one gets its id
        return joined
    return None


def is_tensor_by_path(value: Value) -> bool:
    """Whether a value is a tensor on some path, and may be one on all."""
    if not isinstance(value, Join):
        return False
    return any(isinstance(option, Tensor) for _, option in value.options) and all(
        _may_be_tensor(option) for _, option in value.options
    )


def _may_be_tensor(value: Value) -> bool:
    return isinstance(value, (Tensor, Unknown)) or (isinstance(value, Symbol) and value.role == "argument")


OPAQUE = "? "
"""How the label begins of a tensor of which only a reason is known why nothing else is."""


def _opaque(m: Machine, value: Value) -> Tensor:
    """A tensor that comes out of what is unknown."""
    tensor = m.fresh(len(m.trace.events), None)
    reason = value.reason if isinstance(value, Unknown) else ""
    m.record(Argument(m.where(m.site(0)), f"{OPAQUE}({reason})", tensor))
    return tensor


CARRIED = " of the previous iteration"
"""How the label ends of a tensor that a loop hands on."""


def carried(m: Machine, value: Value, name: str) -> Tensor | None:
    """A tensor that a loop of unknown length changes, in an iteration in the middle: the one before the loop, or the
    previous iteration's. None for what is no tensor.
    """
    before = as_tensor(m, value)
    if before is None:
        return None
    previous = m.fresh(len(m.trace.events), None)
    m.record(Argument(m.where(m.site(0)), f"{name}{CARRIED}", previous))
    joined = m.merge((((), before), ((), previous)))
    if not isinstance(joined, Tensor):
        return None
    m.heads[joined.number] = before
    return joined


def parameter(m: Machine, module: Module, name: str) -> Value:
    """`layer.weight` or `layer.bias`: a leaf that requires grad, the same one each time."""
    key = f"parameter:{module.ref}:{name}"
    known = m.symbols.get(key)
    if known is not None and known.root in m.state.heap:
        return m.current(known)
    found = m.state.heap[module.ref]
    assert isinstance(found, ModuleObject)
    trained = gradients.trained(m, found)
    tensor = m.fresh(len(m.trace.events), trained, leaf=True, owner=name)
    m.record(Argument(m.where(m.site(0)), name, tensor))
    m.symbols[key] = tensor
    return tensor


# ----------------------------------------------------------------------------------------------------------- operations


def bind(op: Op, positional: list[Value], keywords: dict[str, Value]) -> dict[str, Value]:
    """Arguments by parameter name; positional ones that no parameter takes are dropped."""
    bound: dict[str, Value] = {}
    queue = list(positional)
    for param in op.params:
        if param.kind in ("positional", "either"):
            if queue:
                bound[param.name] = queue.pop(0)
        elif param.kind == "vararg":
            bound[param.name] = Tuple(tuple(queue))
            queue = []
    bound.update(keywords)
    return bound


def bind_sizes(op: Op, args: Args, bound: dict[str, Value]) -> None:
    """What `view(*x.shape[:-1], 4)` is given as its sizes; "*" marks arguments that are not all known."""
    bound["*"] = Unknown("arguments passed through * or **")
    if args.sizes is not None and op.params and op.params[0].kind == "vararg":
        bound[op.params[0].name] = args.sizes
        del bound["*"]


def apply(
    m: Machine,
    op: Op,
    args: dict[str, Value],
    site: Site,
    callee: Value,
    module: Module | None = None,
    discarded: bool = False,
) -> Value:
    """Run a tabulated operation on bound arguments and record it.

    `args` maps the names of `op.tensors` (and other parameters) to values. `layer` is the object of `module`, whose
    constructor says whether it works in place; functions are told by an argument.
    """
    layer = _layer(m, module)
    settings = args if layer is None else layer.args
    inplace = True if op.inplace == "always" else autograd.inplace_flag(settings.get("inplace") if op.inplace else None)
    operands: dict[str, Tensor] = {}
    for name in op.tensors:
        given = args.get(name)
        tensor = as_tensor(m, given)
        if m.overwritten and given is not None and given != tensor:
            stale.operand(m, given, site)
        if tensor is not None:
            operands[name] = tensor
            args[name] = tensor
        elif type(args.get(name)) is ListRef:  # as it is now: the list may grow afterwards
            items = elements(m, args[name])
            args[name] = args[name] if items is None else Tuple(items)
    if op.cases:
        op = autograd.in_case(op, args, settings, operands)
    trained: bool | None = False
    if op.parametric and layer is not None:
        trained = gradients.trained(m, layer)
    needs = _needs_grad(m, op, args, operands, trained)
    first = next(iter(operands.values()), None)
    target = operands.get(op.tensors[0]) if op.tensors else None
    effective = _effective(op, settings, module) if inplace else ()
    call = Call(m.where(site), callee, op, module, tuple(args.items()), NONE, inplace, discarded, layer)
    if inplace and target is not None and effective is not None:
        return _inplace(m, op, call, operands, target, needs, effective)
    if "out" in args and module is None and (written := out_arguments.write(m, call, args["out"], needs)) is not None:
        return written
    if effective is None:  # in-place dropout that never drops, or nobody knows when
        op = replace(op, alias="same")
    elif inplace is None:  # either it writes to its argument or it does not: what holds in both worlds is kept
        both = op.saves_output and op.inplace_saves == "output"
        op = replace(op, alias="maybe", saves=(), saves_output=both)
    index = len(m.trace.events)  # a parameter that is met here for the first time has an event of its own
    result = _flag_method(m, op, args, first) or _result(m, op, args, settings, index, needs, first)
    m.record(replace(call, result=result))
    autograd.record_saves(m, op, index, operands, result, needs, trained)
    return result


def _effective(op: Op, settings: dict[str, Value], module: Module | None) -> Condition | None:
    """The condition under which an in-place operation writes anything; None where that is never or not known."""
    if op.kind != "dropout":
        return ()
    defaults = {param.name: Constant(param.default) for param in op.params}
    training = Symbol("training", "self.training", "training") if module is not None else None
    return autograd.dropout_writes(
        settings.get("p", defaults.get("p")), training or settings.get("training", defaults.get("training"))
    )


def _flag_method(m: Machine, op: Op, args: dict[str, Value], first: Tensor | None) -> Value | None:
    """`requires_grad_` and `detach_`: the same tensor with another flag. None for other operations."""
    if first is None or op.qualname not in ("torch.Tensor.requires_grad_", "torch.Tensor.detach_"):
        return None
    if op.qualname == "torch.Tensor.detach_":
        return replace(gradients.flagged(m, first, False), leaf=True)
    mode = args.get("mode", Constant(True))
    gradients.assigned(m, first, mode)
    return m.current(first)


def _layer(m: Machine, module: Module | None) -> ModuleObject | None:
    found = m.state.heap.get(module.ref) if module is not None else None
    return found if isinstance(found, ModuleObject) else None


def _needs_grad(
    m: Machine, op: Op, args: dict[str, Value], operands: dict[str, Tensor], trained: bool | None
) -> bool | None:
    if op.kind in ("creation", "random", "detach") and op.inplace != "always":
        flag = args.get("requires_grad")
        return autograd.is_true(flag) if flag is None or isinstance(flag, Constant) else None
    if m.state.grad is False or not op.differentiable:
        return False
    states: list[bool | None] = [tensor.needs_grad for tensor in operands.values()]
    if op.parametric:
        states.append(trained)
    for name in op.tensors:
        value = args.get(name)
        if value is not None and name not in operands:
            states.extend(_inner_needs(m, value))
    if m.state.grad is None:
        return None if any(state is not False for state in states) else False
    if any(state is True for state in states):
        return True
    return None if any(state is None for state in states) else False


def _inner_needs(m: Machine, value: Value) -> list[bool | None]:
    """Requires-grad of what is inside a list of tensors, of a constant (never), of anything else (unknown)."""
    if isinstance(value, Constant):
        return [False]
    inner = elements(m, value)
    if inner is None:
        return [None]
    return [item.needs_grad if isinstance(item, Tensor) else None for item in inner]


def _result(
    m: Machine,
    op: Op,
    args: dict[str, Value],
    settings: dict[str, Value],
    index: int,
    needs: bool | None,
    first: Tensor | None,
) -> Value:
    if first is not None and op.qualname in _SIZES:
        dim = args.get("dim")
        whole = computed(_SIZES[op.qualname], first)
        return whole if dim is None else computed("item", whole, dim)
    if op.result == "none" or op.alias == "none":
        return Unknown(f"result of {op.qualname}", op.kind == "query")
    if op.alias == "multiview":
        base = first.root if first is not None else m.fresh(index, needs).root
        part_ = Tensor(m.number(), index, base, "multiview", needs, False)
        count = _count(args, op)
        if count is None:
            return Iterator(part_)
        return Tuple(tuple(replace(part_, number=m.number()) for _ in range(count)))
    if op.kind == "recurrent" and op.result != "tensor":
        states: Value = Iterator(m.fresh(index, needs))
        return Tuple((m.fresh(index, needs), states))
    if op.qualname.endswith("MultiheadAttention"):
        return Tuple((m.fresh(index, needs), m.fresh(index, needs)))
    if op.result == "tensors":
        ranked = results.ranked(op, lambda: m.fresh(index, needs))
        if ranked is not None:
            return ranked
        made = _aliased(m, op, args, index, needs, first) if op.alias == "maybe" else m.fresh(index, needs)
        return Iterator(replace(made, alias="expand") if overlapping.result_overlaps(op, args) else made)
    if op.result == "first":
        return Tuple((_aliased(m, op, args, index, needs, first), Unknown(f"second result of {op.qualname}")))
    if op.result == "either":
        return results.either(op, args, settings, lambda: _aliased(m, op, args, index, needs, first))
    return _aliased(m, op, args, index, needs, first)


def _count(args: dict[str, Value], op: Op) -> int | None:
    chunks = args.get("chunks")
    if isinstance(chunks, Constant) and isinstance(chunks.value, int) and 0 < chunks.value <= 16:
        return chunks.value
    sizes = args.get("split_size_or_sections", args.get("split_size"))
    return len(sizes.items) if isinstance(sizes, Tuple) else None


def _aliased(
    m: Machine, op: Op, args: dict[str, Value], index: int, needs: bool | None, first: Tensor | None
) -> Tensor:
    if first is None or op.alias == "fresh":
        made = m.fresh(index, needs, leaf=op.kind in ("creation", "random") and needs is True)
        overlapping.note_sizes(m, op, args, made)
        return made
    match op.alias:
        case "same":
            return replace(
                first, number=m.number(), event=index, alias=first.alias if first.alias != "fresh" else "same"
            )
        case "view":
            alias = first.alias if first.alias in ("multiview", "expand", "custom", "maybe", "data") else "view"
            if alias == "expand" and op.kind == "index":
                alias = "maybe"  # one of the elements that share memory, perhaps
            if op.kind == "detach" and alias == "custom":
                alias = "view"
            if m.state.grad is False and first.needs_grad is True and op.kind != "detach" and alias != "data":
                alias = "custom"  # nobody may modify it once gradients are recorded again
            leaf = needs is True if op.kind == "detach" else first.leaf
            return Tensor(m.number(), index, first.root, alias, needs, leaf, first.owner)
        case "expand" if overlapping.enlarges(m, op, args, first):
            return Tensor(m.number(), index, first.root, "expand", needs, first.leaf, first.owner)
        case "expand" | "maybe":
            return Tensor(m.number(), index, m.fresh(index, needs).root, "maybe", needs, False)
        case _:
            return m.fresh(index, needs)


def _inplace(
    m: Machine,
    op: Op,
    call: Call,
    operands: dict[str, Tensor],
    target: Tensor,
    needs: bool | None,
    effective: Condition,
) -> Tensor:
    """Write to `target`, under the condition `effective`; its names denote the result afterwards."""
    index = len(m.trace.events)
    plain = replace(op, saves_output=op.inplace_saves == "output", saves=_inplace_saves(op))
    reasons = autograd.hazards(m, target, plain, index, operands)
    if overlapping.allows(op, call.callee):
        reasons = tuple(reason for reason in reasons if reason.kind != "expand")
    if effective:
        found = ((reason, conjoin(reason.condition, effective)) for reason in reasons)
        reasons = tuple(replace(reason, condition=both) for reason, both in found if both is not None)
    if m.state.grad is False or target.needs_grad is True:
        needs = target.needs_grad
    leaf = target.leaf and (needs is False or target.needs_grad is not False)
    result = replace(target, number=m.number(), event=index, needs_grad=needs, leaf=leaf)
    others = holders(m, target.root) if reasons else ()
    m.record(replace(call, result=result))
    m.record(Write(call.where, index, target, result, reasons, others, effective))
    autograd.written(m, target, result, index, effective == ())
    kept = {name: tensor for name, tensor in operands.items() if tensor.root != target.root or name == op.tensors[0]}
    autograd.record_saves(m, plain, index, kept, result, needs, None)
    return result


def _inplace_saves(op: Op) -> tuple[tuple[str, str], ...]:
    """Of an in-place operation's inputs only the others can be kept as they are: the first is overwritten."""
    first = op.tensors[0] if op.tensors else ""
    return tuple(entry for entry in op.saves if entry[0] != first)


def part(m: Machine, value: Value, position: int | None) -> Value:
    """One part of a tensor or of an unknown sequence: unpacking or iterating a tensor gives unbind's views."""
    if isinstance(value, Iterator):
        inner = value.element
        if isinstance(inner, Symbol):
            return some_of(m, inner)
        return replace(inner, number=m.number()) if isinstance(inner, Tensor) else inner
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Tensor):
        return Tensor(m.number(), value.event, value.root, "multiview", value.needs_grad, False)
    return Unknown("part")


def some_of(m: Machine, symbol: Symbol) -> Symbol:
    """One element of an argument, nobody knows which: another one each time."""
    return Symbol(f"{symbol.key}[#{m.number()}]", f"{symbol.label}[…]", symbol.role)


# ------------------------------------------------------------------------------------------------------------ operators


def operator(m: Machine, op: str, left: Value, right: Value, site: Site) -> Value:
    """`left op right` where neither is a plain Python value."""
    if m.overwritten and isinstance(left, Symbol):
        stale.operand(m, left, site)  # the right operand may have overwritten it
    whole = op in ("//", "%")
    a, b = _operand(m, left, right, whole), _operand(m, right, left, whole)
    if a is None and b is None:
        return _calculated(op, left, right)
    name = _OPERATORS.get(op)
    table = torchapi.method(name) if name else None
    if table is None:
        return Unknown(f"operator {op}")
    first: Value = a if a is not None else left
    second: Value = b if b is not None else right
    args = {"input": first, _second(table): second}
    return apply(m, table, args, site, ForeignMethod(first, f"operator {op}"))


_ARITHMETIC = frozenset({"+", "-", "*", "//", "/"})


def _calculated(op: str, left: Value, right: Value) -> Value:
    """Arithmetic on sizes and constructor parameters, tuples of sizes included."""
    kinds = (type(left), type(right))
    if op in _ARITHMETIC and (Computed in kinds or Symbol in kinds) and all(map(_calculates, (left, right))):
        return computed(op, left, right)
    return _of_numbers(left, right)


def _calculates(value: Value) -> bool:
    match value:
        case Computed() | Tuple():
            return True
        case Symbol(role=role):
            return role == "parameter"
        case Constant(value=number):
            return isinstance(number, int)
        case _:
            return False


def _operand(m: Machine, value: Value, other: Value = NONE, whole: bool = False) -> Tensor | None:
    """The tensor that an operator works on. An argument that is divided into whole parts by a plain number may be a
    number too, until it is used as a tensor.
    """
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Symbol) and value.role == "argument":
        number = isinstance(other, Constant) and (whole or not isinstance(other.value, (int, float)))
        used = value.key in m.symbols or not number
        return of_symbol(m, value) if used else None
    if isinstance(value, Join) and any(isinstance(option, Tensor) for _, option in value.options):
        return as_tensor(m, value)
    return None


def _of_numbers(left: Value, right: Value) -> Unknown:
    """The result of an operator on values of which neither is a tensor: the first thing that is unknown says why.

    What comes of numbers and of parameters that are not used as tensors is no tensor.
    """
    for value in (left, right):
        if isinstance(value, Unknown) and not value.number:
            return value
    plain = all(isinstance(value, (Unknown, Constant, Symbol, Tuple, Computed)) for value in (left, right))
    return Unknown("operator on unknown values", plain)


def _second(op: Op) -> str:
    return next((param.name for param in op.params if param.kind in ("positional", "either")), "other")


def unary(m: Machine, op: str, value: Value, site: Site) -> Value:
    """`-x`, `~x` of a tensor."""
    tensor = _operand(m, value)
    table = torchapi.method("neg" if op == "-" else "bitwise_not")
    if tensor is None or table is None:
        return value if isinstance(value, Unknown) else _of_numbers(value, NONE)
    if op == "+":
        return tensor
    return apply(m, table, {"input": tensor}, site, ForeignMethod(tensor, f"operator {op}"))


def comparison(m: Machine, op: str, values: list[Value], site: Site) -> Value:
    """A comparison of tensors: a tensor of truth values."""
    table = torchapi.method(_COMPARISONS.get(op, "eq"))
    if table is None:
        return Unknown("comparison")
    args = {"input": values[0], _second(table): values[1]}
    return apply(m, table, args, site, ForeignMethod(values[0], f"operator {op}"))


def augmented(m: Machine, op: str, old: Tensor, right: Value, site: Site) -> Value:
    """`tensor op= right`: in place."""
    name = _OPERATORS.get(op)
    table = torchapi.method(f"{name}_") if name and name != "matmul" else None
    if table is None:
        return operator(m, op, old, right, site)
    args: dict[str, Value] = {"input": old, _second(table): as_tensor(m, right) or right}
    return apply(m, table, args, site, ForeignMethod(old, f"operator {op}="))


# ---------------------------------------------------------------------------------------------- attributes and indexing


def attribute(m: Machine, receiver: Tensor, name: str, site: Site) -> Value:
    """`tensor.name`: a property, a view such as `.T`, or a method to be called."""
    if name in _QUERIES:
        if name == "shape" or name == "ndim":
            return computed("shape" if name == "shape" else "rank", receiver)
        return Unknown(f"tensor.{name}", name in _NUMBERS)
    if name in ("T", "mT", "H", "mH"):
        last: dict[str, Value] = {"dim0": Constant(-2), "dim1": Constant(-1)} if name in ("mT", "mH") else {}
        table = torchapi.method("transpose" if last else "t")
        if table is not None:
            return apply(m, table, {"input": receiver, **last}, site, ForeignMethod(receiver, name))
    if name == "data":
        table = torchapi.method("detach")
        if table is not None:
            made = apply(m, table, {"input": receiver}, site, ForeignMethod(receiver, name))
            return replace(made, alias="data") if isinstance(made, Tensor) else made
    return ForeignMethod(receiver, name)


def _indices(m: Machine, node: Subscript) -> tuple[tuple[Value, ...], bool | None]:
    """The values of an index, and whether it copies (a tensor or list among them, None where unknown) or gives a view
    (integers, slices, None, `...`).
    """
    found: list[Value] = []
    advanced: bool | None = False
    for index in node.index.elements if isinstance(node.index, Collection) else (node.index,):
        value = expressions.evaluate(m, index)
        found.append(value)
        if isinstance(index, (Slice, Literal_)) or (isinstance(index, UnaryOp) and isinstance(index.operand, Literal_)):
            continue
        if isinstance(value, (Tensor, ListRef)):
            advanced = True
        elif advanced is False and not isinstance(value, Constant) and not counting.is_integer(m, index):
            advanced = None
    return tuple(found), advanced


_INDEX_ALIAS: dict[bool | None, torchapi.Alias] = {False: "view", True: "fresh", None: "maybe"}


def index(m: Machine, receiver: Tensor, node: Subscript, site: Site) -> Value:
    """`tensor[index]`: a view of basic indices, a copy otherwise."""
    indices, advanced = _indices(m, node)
    table = torchapi.method("select" if advanced is False else "index_select")
    if table is None:
        return Unknown("index")
    table = replace(table, alias=_INDEX_ALIAS[advanced], saves=(), kind="index")
    result = apply(m, table, {"input": receiver, "at": Tuple(indices)}, site, ForeignMethod(receiver, "[]"))
    sizes = m.sizes.get(receiver.root) if receiver.alias in ("fresh", "same") else None
    if advanced is False and sizes is not None and isinstance(result, Tensor):
        m.ranks[result.number] = len(sizes) - _dropped(node)
    return result


def _dropped(node: Subscript) -> int:
    """How many dimensions a basic index takes away."""
    indices = node.index.elements if isinstance(node.index, Collection) else (node.index,)
    added = sum(isinstance(index, Literal_) and index.value is None for index in indices)
    whole = sum(isinstance(index, Slice) or (isinstance(index, Literal_) and index.value is ...) for index in indices)
    return len(indices) - added - whole - added


def write_item(m: Machine, receiver: Tensor, value: Value, site: Site) -> None:
    """`tensor[index] = value`: an in-place write that saves nothing."""
    table = torchapi.method("copy_")
    if table is None:
        return
    operand = as_tensor(m, value) or value
    args: dict[str, Value] = {"input": receiver, _second(table): operand}
    apply(
        m, replace(table, tensors=("input", _second(table))), args, site, ForeignMethod(receiver, "[]="), discarded=True
    )


def overwrite_data(m: Machine, receiver: Tensor, site: Site) -> None:
    """`tensor.data = …`: the tensor's value is something else from here on, behind autograd's back."""
    result = replace(receiver, number=m.number())
    autograd.written(m, receiver, result, len(m.trace.events))
