"""Compositions of exponentials and logarithms for which torch has one function that keeps their digits.

A run sees what goes into a logarithm, also where it was given a name before. `log(1 + x)` loses something only where x
can be a small fraction, which counts, distances and positions are not: it needs a proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import Argument, Attribute, BinOp, Expr, Node, Site
from actlint.facts import Call as CallNode
from actlint.model.events import Argument as Entry
from actlint.model.events import Call, Merge, Trace
from actlint.model.flow import input_of, tensors_in
from actlint.model.places import Layout, layout
from actlint.model.program import FileView
from actlint.model.values import Computed, Constant, ForeignMethod, Symbol, Tensor, Tuple, Unknown, Value
from actlint.model.walk import walk
from actlint.torchapi import Op, method
from actlint.torchapi.activations import named

_HANDLED = frozenset({"where", "clamp", "clamp_min", "clamp_max", "clip", "nan_to_num", "maximum", "minimum", "isinf"})
_HANDLED |= {"masked_fill", "isfinite", "max", "xlogy"}
"""What mends a result that is infinite."""
_WHOLE = frozenset({"round", "floor", "ceil", "trunc", "fix", "long", "int", "short", "byte", "floor_divide", "sign"})
_WHOLE |= {"sgn", "heaviside", "bool", "char"}
"""What makes whole numbers of anything."""
_WHOLE_DRAWS = frozenset({"randint", "randint_like", "randperm", "bernoulli", "poisson", "multinomial", "binomial"})
_REAL = frozenset({"affine", "normalization", "softmax", "attention", "recurrent", "embedding", "loss", "spectral"})
"""Kinds of operations whose results are no whole numbers."""
_SQUASHING = frozenset({"sigmoid", "tanh", "gelu", "silu", "softplus", "mish", "elu", "selu", "celu", "logsigmoid"})
_OF_OPERANDS = frozenset({"activation", "elementwise", "arithmetic", "reduction", "index", "concat", "reshape"})
_OF_OPERANDS |= {"dropout", "pooling", "identity", "resample", "cast", "matmul", "distance", "detach", "linalg"}
_COUNTS = frozenset({"argmax", "argmin", "argsort", "bincount", "count_nonzero", "histc", "searchsorted", "bucketize"})


@dataclass(frozen=True, slots=True)
class Composition:
    """`node` at `site` could be `new`; what goes into it is made at `inner`. `given`: what `new` takes, by name, where
    all of it is written in one expression; `real`: whether that surely is no tensor of integers. Under which condition
    it runs says nothing about it.
    """

    site: Site
    node: Expr
    inner: Site
    new: str
    given: tuple[tuple[str, Expr], ...]
    real: bool


def compositions(unit: FileView) -> Iterator[Composition]:
    """Those of a file's runs, each place once."""
    if not any(word in chunk.text for chunk in unit.file.facts.chunks for word in ("log(", "exp(")):
        return
    seen: set[Site] = set()
    for trace in unit.traces():
        plan: Layout | None = None
        for outer in trace.events:
            if not isinstance(outer, Call) or outer.op is None or outer.where.site.path != unit.path:
                continue
            found = _composed(trace, outer)
            if found is None or outer.where.site in seen:
                continue
            plan = plan or layout(trace)
            new, inner, operand = found
            if _is_handled(plan, outer, _WHOLE if new in ("torch.log1p", "torch.expm1") else _HANDLED):
                continue
            node = unit.node(outer.where.site)
            if not isinstance(node, (CallNode, BinOp)):
                continue
            seen.add(outer.where.site)
            real = isinstance(operand, Tensor) and fractional(trace, operand)
            given = _written(unit, outer, inner, new)
            yield Composition(outer.where.site, node, inner.where.site, new, given, real)
    yield from (each for each in _of_methods(unit) if each.site not in seen)


_METHODS = {"softmax": "torch.nn.functional.log_softmax", "sigmoid": "torch.nn.functional.logsigmoid"}


def _of_methods(unit: FileView) -> Iterator[Composition]:
    """`x.softmax(d).log()` of what no run sees the value of: only tensors have these methods."""
    for number, chunk in enumerate(unit.file.facts.chunks):
        if chunk.facts is None or ".log()" not in chunk.text or not any(f".{name}(" in chunk.text for name in _METHODS):
            continue
        handled = [value for node in walk(chunk.facts.body) for value in _mended(node)]
        for node in walk(chunk.facts.body):
            match node:
                case CallNode(func=Attribute(value=CallNode(func=Attribute(attr=name)) as inner, attr="log"), args=()):
                    op = method(name) if name in _METHODS else None
                    given = {} if op is None else _by_name(inner, op, True)
                    site, below = (Site(unit.path, number, each.ordinal) for each in (node, inner))
                    known = any(unit.references_at(unit.site(site, each)) for each in (inner.func, *given.values()))
                    fits = given.keys() == {"input"} if name == "sigmoid" else "dim" in given
                    if fits and not known and node not in handled:
                        yield Composition(site, node, below, _METHODS[name], tuple(given.items()), False)
                case _:
                    pass


def _composed(trace: Trace, outer: Call) -> tuple[str, Call, Value] | None:
    """The function that a call with what goes into it could be, and what that would be given."""
    source, name = input_of(outer), _name(outer)
    if source is None or name not in ("log", "sub", "subtract"):
        return None
    inner = _maker(trace, source)
    while name == "log" and inner is not None and _selects(trace, inner):
        source = input_of(inner)
        inner = None if source is None else _maker(trace, source)
    if inner is None or inner.op is None:
        return None
    operand = dict(inner.args).get("input", Unknown("no input"))
    if name != "log":
        one = _name(inner) == "exp" and _is_one(dict(outer.args).get("other")) and "alpha" not in dict(outer.args)
        return ("torch.expm1", inner, operand) if one and not _counts(trace, operand) else None
    if _name(inner) in ("add", "__radd__"):
        return _one_plus(trace, inner)
    match _activation(inner):
        case "softmax":
            return "torch.nn.functional.log_softmax", inner, operand
        case "sigmoid":
            return "torch.nn.functional.logsigmoid", inner, operand
        case _:
            powers = _maker(trace, operand) if _name(inner) == "sum" else None
            if powers is None or _name(powers) != "exp":
                return None
            exponent = dict(powers.args).get("input", Unknown("no input"))
            shifted = _maker(trace, exponent)
            if isinstance(exponent, Unknown) or (shifted is not None and _name(shifted) in ("sub", "subtract")):
                return None  # the largest may have been taken off by hand
            return "torch.logsumexp", inner, exponent


def _selects(trace: Trace, call: Call) -> bool:
    """Whether a call gives some of the values, chosen by their place: what is chosen by value may never be 0."""
    if call.op is None:
        return False
    given = dict(call.args)
    if call.op.kind == "reshape":
        return True
    if _name(call) == "gather":
        index: Value | None = given.get("index")
        while index is not None and (maker := _maker(trace, index)) is not None and maker.op is not None:
            if maker.op.kind not in ("reshape", "cast", "creation"):
                return False
            index = dict(maker.args).get("input")
        known = isinstance(index, Tensor) and 0 <= index.event < len(trace.events)
        given_from = trace.events[index.event] if known and isinstance(index, Tensor) else None
        return index is None or isinstance(index, Symbol) or isinstance(given_from, Entry)
    place = given.get("at")
    items = place.items if isinstance(place, Tuple) else ()
    return bool(items) and all(isinstance(item, (Constant, Computed)) for item in items)


def _one_plus(trace: Trace, inner: Call) -> tuple[str, Call, Value] | None:
    """`1 + x` where x can be a small fraction; of an exponential it is softplus, which rounds otherwise."""
    given = dict(inner.args)
    for one, other in (("input", "other"), ("other", "input")):
        value = given.get(other)
        if _is_one(given.get(one)) and isinstance(value, Tensor) and "alpha" not in given:
            maker = _maker(trace, value)
            grows = maker is not None and _name(maker) == "exp"
            return ("torch.log1p", inner, value) if not grows and fractional(trace, value) else None
    return None


def _is_handled(plan: Layout, outer: Call, names: frozenset[str]) -> bool:
    """Whether what reads the result makes the loss good, or does not see it."""
    if not isinstance(outer.result, Tensor):
        return True
    readers = [plan.trace.events[index] for index in plan.readers(outer.result.number)]
    return any(isinstance(reader, Call) and _name(reader) in names for reader in readers)


def fractional(trace: Trace, tensor: Tensor, limit: int = 32) -> bool:
    """Whether a tensor surely has floating numbers that need not be whole ones."""
    event = trace.events[tensor.event] if 0 <= tensor.event < len(trace.events) else None
    match event:
        case Entry(result=result):
            return bool(result.leaf and result.needs_grad)
        case Merge(options=options) if limit:
            return all(fractional(trace, option, limit - 1) for _, option in options)
        case Call(op=op) if op is not None and limit:
            name = _name(event)
            if name in _WHOLE or name in _COUNTS or dict(event.args).get("rounding_mode") is not None:
                return False
            if op.kind == "random":
                return name not in _WHOLE_DRAWS
            if op.kind in _REAL or _activation(event) in _SQUASHING:
                return True
            if op.kind not in _OF_OPERANDS or (op.kind == "cast" and _recast(event)):
                return False
            values = [value for _, value in event.args]
            inside = [each for value in values for each in tensors_in(trace, value)]
            every = all if op.kind == "concat" else any
            return bool(inside) and every(fractional(trace, each, limit - 1) for each in inside)
        case _:
            return False


def _recast(call: Call) -> bool:
    """Whether a cast may be to another type than a floating one."""
    if _name(call) in ("float", "double", "half", "bfloat16", "contiguous", "cpu", "cuda", "clone"):
        return False
    return any(name != "input" for name, _ in call.args)


def _mended(node: Node) -> tuple[Expr, ...]:
    """The receiver that a method mends where it is infinite."""
    match node:
        case CallNode(func=Attribute(value=value, attr=attr)) if attr in _HANDLED:
            return (value,)
        case _:
            return ()


def _counts(trace: Trace, value: Value, limit: int = 16) -> bool:
    """Whether whole numbers or positions go into a value: multiples of a step are not small."""
    maker = _maker(trace, value)
    if maker is None or maker.op is None or not limit:
        return False
    if _name(maker) in _WHOLE or _name(maker) == "arange":
        return True
    if maker.op.kind not in ("arithmetic", "elementwise", "reshape", "cast", "index"):
        return False
    inside = [each for _, given in maker.args for each in tensors_in(trace, given)]
    return any(_counts(trace, each, limit - 1) for each in inside)


def _maker(trace: Trace, value: Value) -> Call | None:
    known = isinstance(value, Tensor) and 0 <= value.event < len(trace.events)
    event = trace.events[value.event] if known and isinstance(value, Tensor) else None
    return event if isinstance(event, Call) and event.op is not None else None


def _name(call: Call) -> str:
    return "" if call.op is None else call.op.qualname.rpartition(".")[2]


def _activation(call: Call) -> str:
    if call.op is None:
        return ""
    return "sigmoid" if _name(call) == "expit" else named(call.op)


def _is_one(value: Value | None) -> bool:
    return isinstance(value, Constant) and value.value == 1 and not isinstance(value.value, bool)


# ------------------------------------------------------------------------------------------ all of it in one expression


def _written(unit: FileView, outer: Call, inner: Call, new: str) -> tuple[tuple[str, Expr], ...]:
    """What the new function takes, by parameter, where the composition is one expression; () where it is not."""
    if inner.layer is not None or outer.layer is not None or inner.where.stack != outer.where.stack:
        return ()
    node, operands = unit.node(outer.where.site), _operands(unit, outer)
    part = operands.get("input")
    if node is None or part is None or inner.where.site != unit.site(outer.where.site, part):
        return ()
    below = _operands(unit, inner)
    match new:
        case "torch.expm1":
            given = {"input": below["input"]} if below.keys() == {"input"} else {}
        case "torch.log1p":
            one = next((key for key, value in inner.args if _is_one(value)), "")
            given = {"input": next(value for key, value in below.items() if key != one)} if len(below) == 2 else {}
        case "torch.nn.functional.logsigmoid":
            given = below if below.keys() == {"input"} else {}
        case "torch.nn.functional.log_softmax":
            given = below if below.keys() <= {"input", "dim", "dtype"} and "dim" in below else {}
        case _:
            powers = below.pop("input", None)
            func = None if powers is None else _exponent(powers)
            given = {} if func is None or not below.keys() <= {"dim", "keepdim"} else {"input": func, **below}
    return tuple(given.items()) if operands.keys() <= {"input", "other"} else ()


def _exponent(powers: Expr) -> Expr | None:
    """x of `torch.exp(x)` and `x.exp()`."""
    match powers:
        case CallNode(func=Attribute(value=value, attr="exp"), args=()):
            return value
        case CallNode(args=(Argument(star="", keyword=None | "input", value=value),)):
            return value
        case _:
            return None


def _operands(unit: FileView, call: Call) -> dict[str, Expr]:
    """The expressions that an operation is written with, by parameter; {} where a star hides one."""
    node = unit.node(call.where.site)
    match node:
        case BinOp(left=left, right=right):
            return {"input": left, "other": right}
        case CallNode() if call.op is not None:
            return _by_name(node, call.op, isinstance(call.callee, ForeignMethod))
        case _:
            return {}


def _by_name(node: CallNode, op: Op, method: bool) -> dict[str, Expr]:
    names = [param.name for param in op.params if param.kind != "keyword"]
    given: dict[str, Expr] = {}
    if method and isinstance(node.func, Attribute):
        given["input"] = node.func.value
        names = [name for name in names if name != "input"]
    for number, argument in enumerate(node.args):
        if argument.star or (argument.keyword is None and number >= len(names)):
            return {}
        given[argument.keyword or names[number]] = argument.value
    return given
