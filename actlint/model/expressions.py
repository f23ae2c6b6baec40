"""Evaluating expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actlint.facts import (
    Attribute,
    Await,
    BinOp,
    BoolOp,
    Call,
    Clause,
    Collection,
    Compare,
    Comprehension,
    DictExpr,
    Expr,
    FString,
    IfExp,
    Lambda,
    Name,
    NamedExpr,
    Opaque,
    Site,
    Slice,
    Starred,
    Subscript,
    UnaryOp,
    Yield,
)
from actlint.facts import Constant as Literal_
from actlint.model import attributes, calls, module_level, stale, statements, subscripts, tensors
from actlint.model.machine import UNROLL, Frame, Machine
from actlint.model.sequences import LONGEST, choices, elements, one_of, pads, text_value
from actlint.model.state import DictObject, ListObject, join_values, make_join, negate, options, select
from actlint.model.truth import compare, refine, truth
from actlint.model.values import (
    NONE,
    UNSET,
    Computed,
    Constant,
    DictRef,
    Function,
    Iterator,
    Join,
    ListRef,
    Symbol,
    Tensor,
    Test,
    Tuple,
    Unknown,
    Unset,
    Value,
    computed,
)


def evaluate(m: Machine, node: Expr) -> Value:
    """The value of an expression in the running frame; effects go to the state and the trace.

    Raises:
        BudgetExceeded: the run has no step left.
        Tedious: the call that is running has had its steps.
    """
    m.steps -= 1
    if m.steps < m.floor:
        m.overdraw()
    return _EVALUATE[type(node)](m, node)


def in_scope_of(m: Machine, site: Site, frame: int, node: Expr) -> Value:
    """The value of an expression that stands at `site`, outside of any running function."""
    file = m.names.files[site.path]
    m.stack.append(Frame(file.number, frame, file, site.chunk, frozenset()))
    try:
        return evaluate(m, node)
    finally:
        m.stack.pop()


# ---------------------------------------------------------------------------------------------------------------- names


def lookup(m: Machine, name: str) -> Value:
    """The value of a name in the running frame: local, enclosing, global, builtin; Unset where nothing binds it."""
    found = stored(m, name)
    return module_level.global_value(m, m.stack[-1].file, name) if found is None else current(m, found)


def stored(m: Machine, name: str) -> Value | None:
    """What a name was given, in the running frame or one around it; None where no function binds it."""
    frame = m.stack[-1]
    if name in frame.local:
        own = m.state.frames.get(frame.number)
        return UNSET if own is None else own.get(name, UNSET)
    number = frame.parent
    while number > 0:
        if number not in m.parents:
            return Unknown("closure of another run")
        parent, _, local = m.parents[number]
        if name in local:
            names = m.state.frames.get(number)
            return Unknown("closure") if names is None else names.get(name, UNSET)
        number = parent
    return None


def current(m: Machine, value: Value) -> Value:
    """The value under the path's condition; a tensor that was overwritten in place is the one it became."""
    if type(value) is Join:
        value = select(value, m.state.condition)
    return m.current(value) if type(value) is Tensor else value


def _name(m: Machine, node: Name) -> Value:
    value = lookup(m, node.id)
    if type(value) is Unset:
        return Unknown(f"name that is not bound: {node.id}")
    return stale.name(m, node, value) if m.overwritten and type(value) in (Tensor, Symbol, Join) else value


# ------------------------------------------------------------------------------------------------------------ operators


def _attribute(m: Machine, node: Attribute) -> Value:
    receiver = evaluate(m, node.value)
    return attributes.get(m, receiver, node.attr, m.site(node.ordinal))


def _constant(m: Machine, node: Literal_) -> Value:
    return Constant(node.value)


def _fstring(m: Machine, node: FString) -> Value:
    text = ""
    known = node.exact
    for part in node.parts:
        if isinstance(part, str):
            text += part
            continue
        value = evaluate(m, part)
        if isinstance(value, Constant):
            text += str(value.value)
        else:
            known = False
    return text_value(text) if known else Unknown("f-string", True)


def _binop(m: Machine, node: BinOp) -> Value:
    return binary(m, node.op, evaluate(m, node.left), evaluate(m, node.right), m.site(node.ordinal))


def binary(m: Machine, op: str, left: Value, right: Value, site: Site) -> Value:
    """`left op right`."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _fold(op, left.value, right.value)
    if isinstance(left, Join) and not isinstance(right, Join) and _no_tensor(right) and _no_tensor(left):
        return _map(m, left, lambda value: binary(m, op, value, right, site))
    if isinstance(right, Join) and not isinstance(left, Join) and _no_tensor(left) and _no_tensor(right):
        return _map(m, right, lambda value: binary(m, op, left, value, site))
    if op == "+":
        joined = _concatenate(m, left, right)
        if joined is not None:
            return joined
    if op == "*":
        repeated = _repeat(m, left, right)
        if repeated is not None:
            return repeated
    if op == "%" and isinstance(left, Constant) and isinstance(left.value, str):
        if isinstance(right, Tuple) and all(isinstance(item, Constant) for item in right.items):
            return _fold(op, left.value, tuple(item.value for item in right.items if isinstance(item, Constant)))
        return Unknown("string formatting", True)
    return tensors.operator(m, op, left, right, site)


def _no_tensor(value: Value) -> bool:
    """Whether a value is no tensor, on any path."""
    return not isinstance(value, Tensor) and not tensors.is_tensor_by_path(value)


def _map(m: Machine, value: Join, function: Callable[[Value], Value]) -> Value:
    return make_join([(when, function(option)) for when, option in options(value)], m.merge)


_FOLD: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: a**b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
}
_LARGE = 1 << 64


def _fold(op: str, left: object, right: object) -> Value:
    """Constant folding, kept small: neither huge numbers nor long strings are computed."""
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if op in ("**", "<<") and (not numbers or abs(right) > 64 or abs(left) > _LARGE):  # type: ignore[arg-type]
        return Unknown("large power")
    if op == "*" and not numbers and isinstance(left, (str, bytes)) != isinstance(right, (str, bytes)):
        text, count = (left, right) if isinstance(left, (str, bytes)) else (right, left)
        if not isinstance(count, int) or len(text) * count > 10_000:  # type: ignore[arg-type]
            return Unknown("long string")
    if op == "%" and (isinstance(left, bytes) or (isinstance(left, str) and pads(left))):
        return Unknown("padded text")
    fold = _FOLD.get(op)
    if fold is None:
        return Unknown(f"operator {op}")
    try:
        value = fold(left, right)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return Unknown("arithmetic error")
    if isinstance(value, int) and abs(value) > _LARGE:
        return Unknown("large number")
    return text_value(value) if isinstance(value, (str, bytes)) else Constant(value)


def _concatenate(m: Machine, left: Value, right: Value) -> Value | None:
    if isinstance(left, Tuple) and isinstance(right, Tuple):
        items = left.items + right.items
        return Tuple(items) if len(items) <= LONGEST else Unknown("long tuple")
    if isinstance(left, ListRef):
        a = m.state.heap[left.ref]
        b = m.state.heap[right.ref] if isinstance(right, ListRef) else None
        assert isinstance(a, ListObject)
        if isinstance(b, ListObject):
            items = a.items + b.items
            complete = a.complete and b.complete and len(items) <= LONGEST
            alike = (a.complete or a.alike) and (b.complete or b.alike) and len(items) <= LONGEST
            return ListRef(m.allocate(ListObject(items[:LONGEST], complete, alike=alike and not complete)))
        return ListRef(m.allocate(ListObject(a.items, False)))
    return None


def _repeat(m: Machine, left: Value, right: Value) -> Value | None:
    if isinstance(right, (Tuple, ListRef)):
        left, right = right, left
    items = left.items if isinstance(left, Tuple) else None
    if isinstance(left, ListRef):
        found = m.state.heap[left.ref]
        assert isinstance(found, ListObject)
        if not found.complete:
            return ListRef(m.allocate(ListObject(found.items, False, alike=found.alike)))
        items = found.items
    if items is None:
        return None
    count = right.value if isinstance(right, Constant) and isinstance(right.value, int) else None
    known = count is not None and len(items) * max(count, 0) <= 4 * UNROLL
    if isinstance(left, Tuple):
        return Tuple(items * (count or 0)) if known else Iterator(one_of(m, items) if items else Unknown("repeated"))
    return ListRef(m.allocate(ListObject(items * (count or 0) if known else items, known, alike=not known)))


def _unary(m: Machine, node: UnaryOp) -> Value:
    if node.op == "not":
        known = truth(m, evaluate(m, node.operand))
        if isinstance(known, bool):
            return Constant(not known)
        if isinstance(known, Test):
            return _of_test(m, node, negate(known))
        return Unknown("not", True)
    value = evaluate(m, node.operand)
    if isinstance(value, Constant) and isinstance(value.value, (int, float, complex)):
        try:
            match node.op:
                case "-":
                    return Constant(-value.value)
                case "+":
                    return Constant(+value.value)
                case _:
                    return Constant(~value.value)  # type: ignore[operator]
        except TypeError:
            return Unknown("arithmetic error")
    return tensors.unary(m, node.op, value, m.site(node.ordinal))


def _of_test(m: Machine, node: Expr, known: Test) -> Value:
    """A literal as a value: True under it, False under its opposite."""
    decided = refine(m, node, known)
    if isinstance(decided, bool):
        return Constant(decided)
    return Join((((decided,), Constant(True)), ((negate(decided),), Constant(False))))


def _boolop(m: Machine, node: BoolOp) -> Value:
    left = evaluate(m, node.left)
    known = truth(m, left)
    if isinstance(known, bool):
        return left if known == (node.op == "or") else evaluate(m, node.right)
    decided = refine(m, node.left, known)
    if isinstance(decided, bool):
        return left if decided == (node.op == "or") else evaluate(m, node.right)
    when = negate(decided) if node.op == "or" else decided
    since = m.mark()
    before = m.state
    m.state = before.fork()
    m.state.condition = (*before.condition, when)
    right = evaluate(m, node.right)
    statements.meet(m, before, since)
    if isinstance(left, Symbol):
        left = Constant(True) if node.op == "or" and isinstance(known, Test) and _boolean(right) else left
    return join_values(left, (negate(when),), right, (when,), m.merge)


def _boolean(value: Value) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, bool)


def _compare(m: Machine, node: Compare) -> Value:
    values = [evaluate(m, node.left), *(evaluate(m, right) for _, right in node.rest)]
    if any(isinstance(value, Tensor) for value in values) and node.rest[0][0] not in ("is", "is not", "in", "not in"):
        return tensors.comparison(m, node.rest[0][0], values, m.site(node.ordinal))
    known = compare(m, node, values)
    if isinstance(known, bool):
        return Constant(known)
    return _of_test(m, node, known) if isinstance(known, Test) else Unknown("comparison", True)


def _ifexp(m: Machine, node: IfExp) -> Value:
    decided = test(m, node.test)
    if isinstance(decided, bool):
        return evaluate(m, node.body if decided else node.orelse)
    since = m.mark()
    before = m.state
    after = before.fork()
    m.state = before
    before.condition = (*before.condition, decided)
    first = evaluate(m, node.body)
    then = m.state
    m.state = after
    after.condition = (*after.condition, negate(decided))
    second = evaluate(m, node.orelse)
    statements.meet(m, then, since)
    return join_values(first, (decided,), second, (negate(decided),), m.merge)


def test(m: Machine, node: Expr) -> bool | Test:
    """The truth of a test expression on this path: known, or the literal that decides it."""
    value = evaluate(m, node)
    return refine(m, node, truth(m, value))


# ------------------------------------------------------------------------------------------------------------- displays


def _collection(m: Machine, node: Collection) -> Value:
    items: list[Value] = []
    complete = alike = True
    sizes: Value | None = None  # what begins the tuple if sizes of a tensor are unpacked into it
    for element in node.elements:
        if isinstance(element, Starred):
            value = evaluate(m, element.value)
            inner = elements(m, value)
            if inner is None and type(value) is Computed and node.kind == "tuple":
                sizes = computed("+", Tuple(tuple(items)) if sizes is None else sizes, value)
                items = []
                continue
            if inner is None:
                complete = False
                inner = choices(m, value)
                if len(items) + len(inner) > LONGEST:
                    inner = ()  # a list that is unpacked into itself doubles
                alike = alike and bool(inner)
            items.extend(inner)
        else:
            items.append(evaluate(m, element))
            if sizes is not None:
                sizes, items = computed("+", sizes, Tuple(tuple(items))), []
    if node.kind == "tuple":
        if sizes is not None:
            return sizes if complete else Iterator(Unknown("tuple with an unknown part"))
        if complete:
            return Tuple(tuple(items))
        return Iterator(one_of(m, tuple(items)) if alike and items else Unknown("tuple with an unknown part"))
    return ListRef(m.allocate(ListObject(tuple(items), complete, node.kind, alike and not complete)))


def _dict(m: Machine, node: DictExpr) -> Value:
    items: dict[object, Value] = {}
    complete = True
    for key, value_node in node.items:
        if key is None:
            inner = evaluate(m, value_node)
            entries = m.state.heap[inner.ref] if isinstance(inner, DictRef) else None
            if isinstance(entries, DictObject):
                items.update(entries.items)
                complete = complete and entries.complete
            else:
                complete = False
            continue
        known = evaluate(m, key)
        value = evaluate(m, value_node)
        if isinstance(known, Constant):
            items[known.value] = value
        elif _hashable(known):
            items[known] = value
        else:
            complete = False
    return DictRef(m.allocate(DictObject(items, complete)))


def _hashable(value: Value) -> bool:
    from actlint.model.values import Class, External

    return isinstance(value, (External, Class))


def _comprehension(m: Machine, node: Comprehension) -> Value:
    """Unrolled where the iterables are known; once, as a pattern, otherwise. Targets live in a scope of their own."""
    names = m.state.frames.get(m.frame.number, {})
    bound = dict.fromkeys(name for clause in node.clauses for name in statements.names_of(clause.target))
    saved = {name: names.get(name) for name in bound}
    frame = m.frame
    local = frame.local
    frame.local = local.union(bound)
    results: list[tuple[Value, Value]] = []
    try:
        complete = _clauses(m, node, node.clauses, results)
    finally:
        frame.local = local
        names = m.state.names(frame.number)
        for name, old in saved.items():
            if old is None:
                names.pop(name, None)
            else:
                names[name] = old
    if node.kind == "dict":
        items = {k.value if isinstance(k, Constant) else k: v for k, v in results}
        known = complete and len(items) == len(results) and all(isinstance(k, Constant) for k, _ in results)
        return DictRef(m.allocate(DictObject(items, known)))
    values = tuple(value for _, value in results)
    if node.kind == "generator":
        return Tuple(values) if complete else Iterator(one_of(m, values) if values else Unknown("generator"))
    return ListRef(m.allocate(ListObject(values, complete, "set" if node.kind == "set" else "list", not complete)))


def _clauses(m: Machine, node: Comprehension, clauses: tuple[Clause, ...], results: list[tuple[Value, Value]]) -> bool:
    if not clauses:
        key = evaluate(m, node.key) if node.key is not None else Constant(None)
        results.append((key, evaluate(m, node.element)))
        return len(results) <= 4 * UNROLL
    iterable = evaluate(m, clauses[0].iterable)
    items = elements(m, iterable)
    if items is not None and len(items) <= UNROLL:
        return _each(m, node, clauses, items, results)
    m.blurred += 1
    try:
        _each(m, node, clauses, (statements.element_of(m, iterable),), results)
    finally:
        m.blurred -= 1
    return False


def _each(
    m: Machine,
    node: Comprehension,
    clauses: tuple[Clause, ...],
    items: tuple[Value, ...],
    results: list[tuple[Value, Value]],
) -> bool:
    complete = True
    for item in items:
        statements.assign(m, clauses[0].target, item)
        for condition in clauses[0].conditions:
            decided = test(m, condition)
            if decided is False:
                break
            complete = complete and decided is True
        else:
            complete = _clauses(m, node, clauses[1:], results) and complete
    return complete


def _starred(m: Machine, node: Starred) -> Value:
    evaluate(m, node.value)
    return Unknown("starred")


def _lambda(m: Machine, node: Lambda) -> Value:
    frame = m.frame
    m.captured.add(frame.number)
    return Function(
        m.site(node.ordinal), node, frame.number if frame.function is not None else frame.parent, frame.owner
    )


def _named(m: Machine, node: NamedExpr) -> Value:
    value = evaluate(m, node.value)
    statements.assign(m, node.target, value)
    return value


def _await(m: Machine, node: Await) -> Value:
    evaluate(m, node.value)
    return Unknown("await")


def _yield(m: Machine, node: Yield) -> Value:
    if node.value is not None:
        calls.escape(m, (evaluate(m, node.value),), "yielded", m.site(node.ordinal))
    return Unknown("yield")


def _opaque(m: Machine, node: Opaque) -> Value:
    for child in node.children:
        evaluate(m, child)
    return Unknown("expression")


def _slice(m: Machine, node: Slice) -> Value:
    parts = [NONE if part is None else evaluate(m, part) for part in (node.lower, node.upper, node.step)]
    return computed("index", *parts)


def _subscript(m: Machine, node: Subscript) -> Value:
    receiver = evaluate(m, node.value)
    return subscripts.item(m, receiver, node, m.site(node.ordinal))


def _call(m: Machine, node: Call) -> Value:
    return calls.call_expression(m, node)


_EVALUATE: dict[type, Callable[[Machine, Any], Value]] = {
    Name: _name,
    Attribute: _attribute,
    Literal_: _constant,
    FString: _fstring,
    Call: _call,
    Slice: _slice,
    Subscript: _subscript,
    BinOp: _binop,
    UnaryOp: _unary,
    BoolOp: _boolop,
    Compare: _compare,
    IfExp: _ifexp,
    Collection: _collection,
    DictExpr: _dict,
    Comprehension: _comprehension,
    Starred: _starred,
    Lambda: _lambda,
    NamedExpr: _named,
    Await: _await,
    Yield: _yield,
    Opaque: _opaque,
}
