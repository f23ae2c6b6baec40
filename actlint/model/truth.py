"""Whether a test holds: certainly, certainly not, or under a literal."""

from __future__ import annotations

from actlint.facts import BoolOp, Compare, Expr, Name, UnaryOp
from actlint.model.events import Call
from actlint.model.machine import Machine
from actlint.model.sequences import content
from actlint.model.show import unparse
from actlint.model.state import DictObject, ListObject, ModuleObject, contradicts, negate, options
from actlint.model.values import (
    NONE,
    Class,
    Constant,
    DictRef,
    External,
    ForeignMethod,
    Function,
    Instance,
    Join,
    ListRef,
    Method,
    Module,
    Symbol,
    Tensor,
    Test,
    Tuple,
    Unset,
    Value,
)


def truth(m: Machine, value: Value) -> bool | Test | None:
    """The truth of a value: known, a literal over a Symbol, or None."""
    match value:
        case Constant(value=constant):
            return bool(constant)
        case Tuple(items=items):
            return bool(items)
        case ListRef(ref=ref):
            found = m.state.heap[ref]
            assert isinstance(found, ListObject)
            return bool(found.items) if found.complete else None
        case DictRef(ref=ref):
            entries = m.state.heap[ref]
            assert isinstance(entries, DictObject)
            return bool(entries.items) if entries.complete else True if entries.items else None
        case Module(ref=ref):
            module = m.state.heap[ref]
            assert isinstance(module, ModuleObject)
            if isinstance(module.cls, External) and module.cls.qualname in _SIZED:
                return None if module.children is None else bool(module.children)
            return True if isinstance(module.cls, External) else None if module.children is None else True
        case Function() | Method() | ForeignMethod() | Class():
            return True
        case Symbol(key=key, label=label):
            return Test(f"{key}\0true", True, label)
        case Join():
            return _of_join(m, value)
        case _:
            return None


_SIZED = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict", "torch.nn.ParameterList"})


def _of_join(m: Machine, value: Join) -> bool | Test | None:
    """All options agree; or each option's truth is what one literal, and its opposite, say."""
    verdicts: list[tuple[tuple[Test, ...], bool]] = []
    for when, option in options(value):
        known = truth(m, option)
        if not isinstance(known, bool):
            if type(option) is not Unset:
                return None
            continue
        verdicts.append((when, known))
    if not verdicts:
        return None
    if all(known == verdicts[0][1] for _, known in verdicts):
        return verdicts[0][1]
    if len(verdicts) == 2 and all(len(when) == 1 for when, _ in verdicts):
        (first,), known = verdicts[0]
        (second,), _ = verdicts[1]
        if contradicts(first, second) and first.key == second.key:
            return first if known else negate(first)
    return None


def refine(m: Machine, expr: Expr, known: bool | Test | None) -> bool | Test:
    """A truth that the path already decides, or a literal; what nothing is known of gets a literal of its own."""
    if isinstance(known, bool):
        return known
    if known is None:
        site = m.site(getattr(expr, "ordinal", 0))
        known = Test(f"?{site.path}:{site.chunk}:{site.ordinal}:{m.number()}", True, unparse(expr))
    key, opposite = known.key, None
    for held in m.state.condition:
        if held.key == key:
            return held.positive == known.positive
        if key[0] == "?" or held.key[0] == "?":
            continue
        if contradicts(known, held):
            return False
        opposite = opposite or negate(known)
        if contradicts(opposite, held):
            return True
    return known


def compare(m: Machine, node: Compare, values: list[Value]) -> bool | Test | None:
    """The truth of a comparison whose operands have these values (left first)."""
    if len(node.rest) != 1:
        known = [_one(m, node, op, values[i], values[i + 1]) for i, (op, _) in enumerate(node.rest)]
        if all(value is True for value in known):
            return True
        return False if any(value is False for value in known) else None
    return _one(m, node, node.rest[0][0], values[0], values[1])


def _one(m: Machine, node: Compare, op: str, left: Value, right: Value) -> bool | Test | None:
    if isinstance(left, Join):
        verdicts = [(when, _one(m, node, op, option, right)) for when, option in options(left)]
        if all(isinstance(known, bool) for _, known in verdicts):
            joined = Join(tuple((when, Constant(known)) for when, known in verdicts))
            return _of_join(m, joined)
        return None
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _constants(op, left.value, right.value)
    if op in ("is", "is not") and right == NONE and isinstance(left, Instance):
        return op == "is not"
    if op in ("is", "is not") and right == NONE and isinstance(left, Tensor):
        made = m.trace.events[left.event] if 0 <= left.event < len(m.trace.events) else None
        return op == "is not" if isinstance(made, Call) and made.result == left else None
    if op in ("is", "is not", "==", "!="):
        positive = op in ("is", "==")
        if isinstance(right, Constant):
            return _against(left, right.value, positive, op)
        if isinstance(left, Constant):
            return _against(right, left.value, positive, op)
        if isinstance(left, (External, Class)) and isinstance(right, (External, Class)):
            return (left == right) == positive
        if isinstance(left, Symbol) and isinstance(right, (External, Class)):
            return Test(f"{left.key}\0== {right}", positive, unparse(node) if positive else _flip(node))
        return None
    if op in ("in", "not in"):
        return _membership(m, node, left, right, op == "in")
    if isinstance(left, Symbol) and isinstance(right, Constant):
        opposite = {"<=": ">", "<": ">="}.get(op)
        if opposite:
            return Test(f"{left.key}\0{opposite} {right.value!r}", False, f"{left.label} {opposite} {right.value!r}")
        return Test(f"{left.key}\0{op} {right.value!r}", True, unparse(node))
    return None


def _flip(node: Compare) -> str:
    op, right = node.rest[0]
    return f"{unparse(node.left)} {'is' if op == 'is not' else '=='} {unparse(right)}"


def _against(value: Value, constant: object, positive: bool, op: str) -> bool | Test | None:
    """`value` is (not) the constant."""
    match value:
        case Symbol(key=key, label=label):
            if constant is None:
                return Test(f"{key}\0is None", positive, f"{label} is None")
            if constant is True and op.startswith("is"):
                return Test(f"{key}\0true", positive, label)
            if constant is False and op.startswith("is"):
                return Test(f"{key}\0true", not positive, label)
            return Test(f"{key}\0== {constant!r}", positive, f"{label} == {constant!r}")
        case External() | Module() | Function() | Method() | Class() | ListRef() | DictRef() | Tuple():
            return not positive if constant is None or isinstance(constant, (str, int, float)) else None
        case _:
            return None


def _constants(op: str, left: object, right: object) -> bool | None:
    try:
        match op:
            case "==":
                return bool(left == right)
            case "!=":
                return bool(left != right)
            case "is":
                return left is right if left is None or right is None else bool(left == right)
            case "is not":
                return left is not right if left is None or right is None else bool(left != right)
            case "<":
                return bool(left < right)  # type: ignore[operator]
            case ">":
                return bool(left > right)  # type: ignore[operator]
            case "<=":
                return bool(left <= right)  # type: ignore[operator]
            case ">=":
                return bool(left >= right)  # type: ignore[operator]
            case "in":
                return left in right  # type: ignore[operator]
            case "not in":
                return left not in right  # type: ignore[operator]
            case _:
                return None
    except TypeError:
        return None


def _membership(m: Machine, node: Compare, left: Value, right: Value, positive: bool) -> bool | Test | None:
    items: tuple[Value, ...] | None = None
    right = content(m, right) or right
    if isinstance(right, Tuple):
        items = right.items
    elif isinstance(right, ListRef):
        found = m.state.heap[right.ref]
        assert isinstance(found, ListObject)
        items = found.items if found.complete else None
    elif isinstance(right, DictRef):
        entries = m.state.heap[right.ref]
        assert isinstance(entries, DictObject)
        items = tuple(Constant(key) for key in entries.items) if entries.complete else None
    if items is None:
        return None
    if isinstance(left, (Constant, External, Class)) and all(isinstance(i, (Constant, External, Class)) for i in items):
        return (left in items) == positive
    if isinstance(left, Symbol) and all(isinstance(item, Constant) for item in items):
        shown = unparse(node.rest[0][1])
        return Test(f"{left.key}\0in {items!r}", positive, f"{left.label} in {shown}")
    return None


def negated(node: Expr) -> Expr | None:
    """The operand of `not x`."""
    return node.operand if isinstance(node, UnaryOp) and node.op == "not" else None


def is_main_guard(node: Expr) -> bool:
    """`__name__ == "__main__"`, which holds for a script."""
    match node:
        case Compare(left=Name(id="__name__"), rest=(("==", _),)):
            return True
        case BoolOp():
            return False
        case _:
            return False
