"""Running statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from actlint.facts import (
    AnnAssign,
    Assert,
    Assign,
    Attribute,
    AugAssign,
    Call,
    ClassDef,
    Collection,
    Delete,
    Expr,
    ExprStmt,
    For,
    FunctionDef,
    If,
    Import,
    ImportFrom,
    Jump,
    Match,
    Name,
    NamedExpr,
    Raise,
    Return,
    ScopeDecl,
    Site,
    Starred,
    Stmt,
    Subscript,
    Try,
    TypeAliasStmt,
    While,
    With,
)
from actlint.model import attributes, calls, expressions, stale, subscripts, tensors
from actlint.model.conditions import CASE, LOOP
from actlint.model.events import LoopEdge, Read
from actlint.model.events import Return as ReturnEvent
from actlint.model.link import import_target, member, module_value
from actlint.model.machine import UNROLL, Loop, Machine
from actlint.model.sequences import element, elements
from actlint.model.state import DictObject, InstanceObject, ListObject, State, join_states, make_join, negate
from actlint.model.truth import is_main_guard
from actlint.model.values import (
    NONE,
    UNSET,
    Class,
    Computed,
    Constant,
    External,
    Function,
    Instance,
    Iterator,
    Join,
    ListRef,
    Symbol,
    Tensor,
    Test,
    Unknown,
    Value,
    computed,
)
from actlint.model.walk import bound_names, target_names, walk


def run(m: Machine, body: Iterable[Stmt]) -> None:
    """Run statements in the running frame until the path ends.

    Raises:
        BudgetExceeded: the run has no step left.
    """
    for statement in body:
        if not m.state.alive:
            return
        m.tick()
        _RUN[type(statement)](m, statement)


def meet(m: Machine, other: State, since: int = 0) -> None:
    """Join `other` into the running state; both were one at mark `since`."""
    m.state = join_states(other, m.state, m.merge, since)


def _branch(m: Machine, known: bool | Test, then: Callable[[], None], otherwise: Callable[[], None]) -> None:
    """Run what a test selects: one arm, or both on forked states that meet again."""
    if isinstance(known, bool):
        (then if known else otherwise)()
        return
    since = m.mark()
    first, second = m.state, m.state.fork()
    first.condition = (*first.condition, known)
    then()
    first_end = m.state
    m.state = second
    second.condition = (*second.condition, negate(known))
    otherwise()
    second_end = m.state
    for dead, lives in ((first_end, second_end), (second_end, first_end)):
        if not dead.alive and dead.raised and lives.alive:
            # What survived a raise is what every correct caller gives: it selects paths but is no condition to report.
            lives.condition = tuple(
                Test(t.key, t.positive, t.text, True) if t.key == known.key else t for t in lives.condition
            )
    meet(m, first_end, since)


# ---------------------------------------------------------------------------------------------------------- assignments


def names_of(target: Expr) -> tuple[str, ...]:
    """The names that a target binds."""
    return tuple(target_names(target))


def assign(m: Machine, target: Expr, value: Value) -> None:
    """Bind `value` to a target of any form."""
    match target:
        case Name(id=name):
            bind(m, name, value)
        case Attribute(value=receiver, attr=attr, ordinal=ordinal):
            attributes.store(m, expressions.evaluate(m, receiver), attr, value, m.site(ordinal))
        case Subscript():
            subscripts.store_item(m, expressions.evaluate(m, target.value), target, value, m.site(target.ordinal))
        case Collection(elements=parts):
            for part, item in zip(parts, unpack(m, value, len(parts), parts), strict=True):
                assign(m, part.value if isinstance(part, Starred) else part, item)
        case Starred(value=inner):
            assign(m, inner, value)
        case _:
            expressions.evaluate(m, target)


def bind(m: Machine, name: str, value: Value) -> None:
    """Bind a name in the scope that owns it."""
    frame = m.frame
    number = frame.number
    if name not in frame.local:
        parent = frame.parent
        while parent > 0 and name not in m.parents[parent][2]:
            parent = m.parents[parent][0]
        number = parent if parent > 0 else frame.file.number
    m.state.names(number)[name] = value


def unpack(m: Machine, value: Value, count: int, parts: tuple[Expr, ...] = ()) -> tuple[Value, ...]:
    """The values that unpacking into `count` targets gives; Unknown each where they are not known."""
    items = elements(m, value)
    starred = next((i for i, part in enumerate(parts) if isinstance(part, Starred)), None)
    if items is not None:
        if starred is None and len(items) == count:
            return items
        if starred is not None and len(items) >= count - 1:
            tail = count - starred - 1
            middle = items[starred : len(items) - tail]
            rest = items[len(items) - tail :] if tail else ()
            return (*items[:starred], ListRef(m.allocate(ListObject(middle))), *rest)
        return (Unknown("unpacked"),) * count
    if isinstance(value, (Iterator, Tensor)):
        return tuple(tensors.part(m, value, index) for index in range(count))
    if type(value) is Computed and starred is None:
        return tuple(computed("item", value, Constant(i), Constant(count)) for i in range(count))
    if isinstance(value, Symbol):
        return tuple(Symbol(f"{value.key}[{i}]", f"{value.label}[{i}]", value.role) for i in range(count))
    if type(value) is Join and starred is None:
        rows = attributes.alternatives(m, value, lambda option: unpack(m, option, count, parts))
        return tuple(make_join([(when, row[i]) for when, row in rows], m.merge) for i in range(count))
    return (value if isinstance(value, Unknown) else Unknown("unpacked"),) * count


def element_of(m: Machine, iterable: Value) -> Value:
    """What a loop variable is while the loop is not unrolled."""
    if isinstance(iterable, (Iterator, Tensor)):
        return tensors.part(m, iterable, None)
    if isinstance(iterable, Symbol) and iterable.role == "argument":
        return tensors.some_of(m, iterable)
    if isinstance(iterable, Symbol):
        return Unknown(f"element of a parameter: {iterable.label}")
    return element(m, iterable)


def _expr(m: Machine, node: ExprStmt) -> None:
    if isinstance(node.value, Call):
        calls.call_expression(m, node.value, discarded=True)
    else:
        expressions.evaluate(m, node.value)


def _assign(m: Machine, node: Assign) -> None:
    value = expressions.evaluate(m, node.value)
    for target in node.targets:
        assign(m, target, value)


def _augmented(m: Machine, node: AugAssign) -> None:
    target = node.target
    site = m.site(node.ordinal)
    match target:
        case Name(id=name):
            old = expressions.lookup(m, name)
            bind(m, name, augmented(m, node, old, site))
        case Attribute(value=receiver_node, attr=attr):
            receiver = expressions.evaluate(m, receiver_node)
            old = attributes.get(m, receiver, attr, m.site(target.ordinal))
            attributes.store(m, receiver, attr, augmented(m, node, old, site), site)
        case Subscript():
            receiver = expressions.evaluate(m, target.value)
            old = subscripts.item(m, receiver, target, m.site(target.ordinal))
            subscripts.store_item(m, receiver, target, augmented(m, node, old, site), site)
        case _:
            expressions.evaluate(m, node.value)


def augmented(m: Machine, node: AugAssign, old: Value, site: Site) -> Value:
    """The value of `old op= value`: in place for tensors and lists."""
    right = expressions.evaluate(m, node.value)
    if isinstance(old, Symbol) and old.role == "argument" and old.key in m.symbols:
        old = tensors.of_symbol(m, old)  # it has been used as a tensor
    if isinstance(old, ListRef) and node.op == "+":
        calls.extend_list(m, old, right)
        return old
    if isinstance(old, Tensor):
        return tensors.augmented(m, node.op, old, right, site)
    return expressions.binary(m, node.op, old, right, site)


def _annotated(m: Machine, node: AnnAssign) -> None:
    if node.value is not None:
        assign(m, node.target, expressions.evaluate(m, node.value))


def _delete(m: Machine, node: Delete) -> None:
    for target in node.targets:
        match target:
            case Name(id=name):
                bind(m, name, UNSET)
            case Attribute(value=receiver, attr=attr, ordinal=ordinal):
                attributes.delete(m, expressions.evaluate(m, receiver), attr, m.site(ordinal))
            case Subscript(value=value):
                calls.forget(m, expressions.evaluate(m, value), "an item is deleted")
            case _:
                pass


# ---------------------------------------------------------------------------------------------------------- definitions


def _function(m: Machine, node: FunctionDef) -> None:
    frame = m.frame
    if frame.function is None:
        return  # at module level names are linked, not run
    m.captured.add(frame.number)
    bind(m, node.name, Function(m.site(node.ordinal), node, frame.number, frame.owner))


def _class(m: Machine, node: ClassDef) -> None:
    frame = m.frame
    if frame.function is None:
        return
    m.captured.add(frame.number)
    bind(m, node.name, Class(m.site(node.ordinal), frame.number))


def _import(m: Machine, node: Import) -> None:
    if m.frame.function is None:
        return
    for alias in node.aliases:
        dotted = alias.name if alias.asname else alias.name.partition(".")[0]
        bind(m, alias.asname or dotted, module_value(m.names, dotted))


def _import_from(m: Machine, node: ImportFrom) -> None:
    frame = m.frame
    if frame.function is None:
        return
    target = import_target(m.names, frame.file, node.level, node.module)
    for alias in node.aliases:
        if alias.name == "*":
            continue
        bind(m, alias.asname or alias.name, attributes.linked(m, member(m.names, target, alias.name), alias.name))


def _nothing(m: Machine, node: Stmt) -> None:
    pass


# --------------------------------------------------------------------------------------------------------- control flow


def _return(m: Machine, node: Return) -> None:
    value = expressions.evaluate(m, node.value) if node.value is not None else NONE
    leave(m, value, m.site(node.ordinal))


def leave(m: Machine, value: Value, site: Site) -> None:
    """Return from the running function with `value`."""
    frame = m.frame
    if frame.function is not None:
        if m.overwritten and not m.where(site).stack:
            stale.inside(m, value, site)
        m.record(ReturnEvent(m.where(site), frame.function, len(m.stack) - 1, value))
    frame.returns.append((m.state, value))
    m.state = m.state.ended()


def _raise(m: Machine, node: Raise) -> None:
    if node.exception is not None:
        expressions.evaluate(m, node.exception)
    m.state.alive = False
    m.state.raised = True


def _assert(m: Machine, node: Assert) -> None:
    known = expressions.test(m, node.test)
    if known is False:
        m.state.alive = False
        m.state.raised = True
    elif isinstance(known, Test):
        m.state.condition = (*m.state.condition, Test(known.key, known.positive, known.text, True))


def _jump(m: Machine, node: Jump) -> None:
    if node.kind == "pass" or not m.frame.loops:
        return
    loop = m.frame.loops[-1]
    (loop.breaks if node.kind == "break" else loop.continues).append(m.state)
    m.state = m.state.ended()


def _if(m: Machine, node: If) -> None:
    if is_main_guard(node.test):
        run(m, node.body)
        return
    began = len(m.trace.events)
    known = expressions.test(m, node.test)
    before = m.state.condition
    for event in m.trace.events[began:]:
        if type(event) is Read and event.where.condition == m.state.condition:
            attributes.survived(m, event.value)
    within = m.state.condition
    _branch(m, known, lambda: run(m, node.body), lambda: run(m, node.orelse))
    if within is not before and m.state.alive:  # what follows does not rest on the test: it is looked at on its own
        m.state.condition = tuple(test for test in m.state.condition if test in before or test not in within)


def _for(m: Machine, node: For) -> None:
    iterable = expressions.evaluate(m, node.iterable)
    items = elements(m, iterable)
    if items is None or len(items) > UNROLL:
        stale.partly(m, (iterable,), m.site(node.iterable.ordinal))
        _unknown_loop(m, node.body, lambda: assign(m, node.target, element_of(m, iterable)), (node.target,))
        run(m, node.orelse)
        return
    loop = Loop()
    since = m.mark()
    m.frame.loops.append(loop)
    for item in items:
        if not m.state.alive:
            break
        loop.continues.clear()
        assign(m, node.target, item)
        run(m, node.body)
        for state in loop.continues:
            meet(m, state, since)
    m.frame.loops.pop()
    if m.state.alive:
        run(m, node.orelse)
    for state in loop.breaks:
        meet(m, state, since)


def _while(m: Machine, node: While) -> None:
    known = expressions.test(m, node.test)
    if known is False:
        run(m, node.orelse)
        return
    _unknown_loop(m, node.body, lambda: None, (), surely=known is True)
    run(m, node.orelse)


def _unknown_loop(
    m: Machine, body: tuple[Stmt, ...], start: Callable[[], None], targets: tuple[Expr, ...], surely: bool = False
) -> None:
    """A loop of unknown length: its body once, for an iteration in the middle.

    What the body changes is `Unknown` at its start, since an earlier iteration may have changed it; lists and dicts
    that it fills are incomplete afterwards. The loop may also run not at all.
    """
    base = m.state.condition
    since = m.mark()
    before = m.state.fork()
    changed = _changed_in(m, body)
    for name in sorted(changed.difference(n for t in targets for n in target_names(t))):
        value = expressions.lookup(m, name)
        if isinstance(value, Tensor) and value.leaf and value.needs_grad and not _rebinds(body, name):
            continue  # `w -= …` leaves a leaf the tensor that it is
        if value is not UNSET:
            bind(m, name, tensors.carried(m, value, name) or Unknown("changes in a loop"))
    _forget_filled(m, body)
    loop = Loop()
    m.frame.loops.append(loop)
    m.blurred += 1
    try:
        start()
        run(m, body)
    finally:
        m.blurred -= 1
        m.frame.loops.pop()
    for state in (*loop.continues, *loop.breaks):
        meet(m, state, since)
    _close_loop(m, body, changed)
    if not surely:
        ran = Test(f"{LOOP}{m.number()}", True, "the loop runs")
        m.state.condition = (*base, ran)
        before.condition = (*base, negate(ran))
        names = before.names(m.frame.number)
        for name in sorted(changed.intersection(names)):
            if tensors.as_tensor(m, names[name]) is None:
                names[name] = Unknown("changes in a loop")
        _forget_filled_in(m, before, body)
        meet(m, before, since)
    if m.state.alive:
        m.state.condition = base
    _forget_filled(m, body)


def _rebinds(body: tuple[Stmt, ...], name: str) -> bool:
    """Whether a block binds a name in any other way than by `name op= …`."""
    nodes = (node for node in walk(body) if isinstance(node, AugAssign))
    augmented = {id(node.target) for node in nodes if isinstance(node.target, Name)}
    targets = (node for node in walk(body) if isinstance(node, (Assign, AnnAssign, For, With, Delete, NamedExpr)))
    return any(
        isinstance(inner, Name) and inner.id == name and id(inner) not in augmented
        for node in targets
        for target in _targets(node)
        for inner in walk([target], (Attribute, Subscript))
    )


def _targets(node: Assign | AnnAssign | For | With | Delete | NamedExpr) -> tuple[Expr, ...]:
    match node:
        case Assign(targets=targets) | Delete(targets=targets):
            return targets
        case With(items=items):
            return tuple(item.target for item in items if item.target is not None)
        case AnnAssign(target=target) | For(target=target) | NamedExpr(target=target):
            return (target,)


def _close_loop(m: Machine, body: tuple[Stmt, ...], changed: frozenset[str]) -> None:
    """The next iteration, and what follows the loop, may read what this one bound."""
    if m.state.alive and body:
        found = [expressions.lookup(m, name) for name in sorted(changed)]
        values = tuple(value for value in found if isinstance(value, Tensor))
        if values:
            m.record(LoopEdge(m.where(m.site(body[0].ordinal)), values))


def _changed_in(m: Machine, body: tuple[Stmt, ...]) -> frozenset[str]:
    """The names that a block binds, found once a program."""
    frame = m.frame
    key = (frame.file.path, frame.chunk, body[0].ordinal if body else -1)
    found = m.shared.bound.get(key)
    if found is None:
        found = m.shared.bound[key] = bound_names(body)
    return found


def _forget_filled(m: Machine, body: tuple[Stmt, ...]) -> None:
    _forget_filled_in(m, m.state, body)


def _forget_filled_in(m: Machine, state: State, body: tuple[Stmt, ...]) -> None:
    """Lists and dicts that a loop's body can change through a local name are incomplete."""
    names = state.frames.get(m.frame.number, {})
    for node in walk(body):
        if isinstance(node, Name):
            value = names.get(node.id)
            if isinstance(value, ListRef):
                found = state.heap.get(value.ref)
                if isinstance(found, ListObject) and found.complete:
                    state.heap[value.ref] = ListObject(found.items, False, found.kind, True)
            elif value is not None and type(value).__name__ == "DictRef":
                entries = state.heap.get(value.ref)  # type: ignore[union-attr]
                if isinstance(entries, DictObject) and entries.complete:
                    state.heap[value.ref] = DictObject(entries.items, False)  # type: ignore[union-attr]


_GRAD_OFF = frozenset(
    {"torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad", "torch.autograd.inference_mode"}
)
_GRAD_ON = frozenset({"torch.enable_grad", "torch.autograd.enable_grad"})
GRAD_SET = frozenset({"torch.set_grad_enabled", "torch.autograd.set_grad_enabled"})


_HARMLESS = ("torch.", "contextlib.nullcontext", "contextlib.suppress", "warnings.", "threading.", "time.", "builtins.")


def grad_mode(m: Machine, context: Value) -> bool | None | str:
    """The grad mode inside a context manager: True, False, None (unknown), or "same"."""
    if isinstance(context, Join):
        modes = {grad_mode(m, option) for _, option in context.options}
        return modes.pop() if len(modes) == 1 else None
    if not isinstance(context, Instance):
        return None
    found = m.state.heap[context.ref]
    assert isinstance(found, InstanceObject)
    if not isinstance(found.cls, External):
        return None
    name = found.cls.qualname
    if name in _GRAD_OFF:
        return None if found.args else False
    if name in _GRAD_ON:
        return True
    if name in GRAD_SET:
        mode = found.args.get("0", found.args.get("mode"))
        return mode.value if isinstance(mode, Constant) and isinstance(mode.value, bool) else None
    return "same" if name.startswith(_HARMLESS) and not name.startswith("torch.autograd.graph.") else None


def _with(m: Machine, node: With) -> None:
    before = m.state.grad
    swallows = False
    contexts: list[Value] = []
    for item in node.items:
        inside = m.state.grad
        context = expressions.evaluate(m, item.context)
        contexts.append(context)
        m.state.grad = inside
        mode = grad_mode(m, context)
        if not isinstance(mode, str):
            m.state.grad = mode
        swallows = swallows or _swallows(m, context)
        if item.target is not None:
            assign(m, item.target, context if isinstance(context, Instance) else Unknown("context manager"))
    since = m.mark()
    entry = m.state.fork() if swallows else None
    run(m, node.body)
    for context in contexts:
        if isinstance(context, Instance) and context.ref in m.state.heap:
            calls.forget(m, context, "__exit__()")
    if entry is not None:
        entry.condition = (*entry.condition, Test(f"?suppressed:{m.number()}", True, "an exception is suppressed"))
        meet(m, entry, since)
    if m.state.alive:
        m.state.grad = before


def _swallows(m: Machine, context: Value) -> bool:
    """`contextlib.suppress(…)`, `pytest.raises(…)`: the body may end early and the path goes on."""
    if not isinstance(context, Instance):
        return False
    found = m.state.heap[context.ref]
    assert isinstance(found, InstanceObject)
    name = found.cls.qualname if isinstance(found.cls, External) else ""
    return name.rpartition(".")[2] in ("suppress", "raises", "assertRaises")


def _try(m: Machine, node: Try) -> None:
    since = m.mark()
    before = m.state.fork()
    run(m, node.body)
    if m.state.alive:
        run(m, node.orelse)
    normal = m.state
    ends = [normal]
    for handler in node.handlers:
        entry = before.fork()
        entry.condition = (*entry.condition, Test(f"?except:{m.number()}", True, "an exception is caught"))
        # The body may have run in part: what it binds is one thing or the other.
        for name in sorted(_changed_in(m, node.body)):
            entry.names(m.frame.number)[name] = Unknown("bound in a try block")
        m.state = entry
        if handler.name:
            bind(m, handler.name, Unknown("exception"))
        run(m, handler.body)
        ends.append(m.state)
    m.state = ends[0]
    for end in ends[1:]:
        meet(m, end, since)
    if node.final:
        if m.state.alive:
            run(m, node.final)
        else:
            dead = m.state
            m.state = before
            run(m, node.final)
            m.state = dead


def _match(m: Machine, node: Match) -> None:
    subject = expressions.evaluate(m, node.subject)
    ends: list[State] = []
    fell_through = True
    since = m.mark()
    for case in node.cases:
        entry = m.state.fork()
        rest = m.state
        known = _case(m, subject, case.values, case.irrefutable)
        if known is False:
            continue
        m.state = entry
        if isinstance(known, Test):
            entry.condition = (*entry.condition, known)
        for name in case.captures:
            bind(m, name, Unknown("captured by a pattern"))
        if case.guard is not None:
            expressions.evaluate(m, case.guard)
        run(m, case.body)
        ends.append(m.state)
        m.state = rest
        if known is True and case.guard is None:
            fell_through = False
            break
        if isinstance(known, Test):
            m.state.condition = (*m.state.condition, negate(known))
    if not fell_through and ends:
        m.state = ends.pop()
    for end in ends:
        meet(m, end, since)


def _case(m: Machine, subject: Value, values: tuple[Expr, ...], irrefutable: bool) -> bool | Test:
    if irrefutable:
        return True
    if isinstance(subject, Constant) and values:
        found = [expressions.evaluate(m, value) for value in values]
        if all(isinstance(value, Constant) for value in found):
            return subject in found
    if isinstance(subject, Symbol) and len(values) == 1:
        value = expressions.evaluate(m, values[0])
        if isinstance(value, Constant):
            return Test(f"{subject.key}\0== {value.value!r}", True, f"{subject.label} == {value.value!r}")
    return Test(f"{CASE}{m.number()}", True, "this case of the match statement")


_RUN: dict[type, Callable[[Machine, Any], None]] = {
    ExprStmt: _expr,
    Assign: _assign,
    AugAssign: _augmented,
    AnnAssign: _annotated,
    Return: _return,
    Raise: _raise,
    Assert: _assert,
    Delete: _delete,
    ScopeDecl: _nothing,
    Jump: _jump,
    Import: _import,
    ImportFrom: _import_from,
    If: _if,
    For: _for,
    While: _while,
    With: _with,
    Try: _try,
    Match: _match,
    FunctionDef: _function,
    ClassDef: _class,
    TypeAliasStmt: _nothing,
}
