"""Calls: arguments, inlining of project functions, construction of objects, and what unknown code may do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from actlint.facts import Attribute, Call, FunctionDef, Lambda, Parameter, Site, Yield
from actlint.model import (
    apart,
    attributes,
    classes,
    data_classes,
    decorators,
    expressions,
    gradients,
    layers,
    mappings,
    patience,
    pythonic,
    replay,
    statements,
    tensors,
)
from actlint.model.args import Args
from actlint.model.conditions import CASE
from actlint.model.events import Call as CallEvent
from actlint.model.events import Escape
from actlint.model.machine import INLINE_DEPTH, SAME_FUNCTION, UNROLL, Frame, Machine
from actlint.model.sequences import choices, elements, one_of
from actlint.model.state import (
    DictObject,
    InstanceObject,
    ListObject,
    ModuleObject,
    join_states,
    join_values,
    negate,
    split,
)
from actlint.model.values import (
    NONE,
    Class,
    Computed,
    Constant,
    DictRef,
    External,
    ForeignMethod,
    Function,
    Instance,
    Iterator,
    Join,
    ListRef,
    Method,
    Module,
    Partial,
    Super,
    Symbol,
    Tensor,
    Test,
    Tuple,
    Unknown,
    Value,
    computed,
)
from actlint.model.walk import bound_names, walk

_Object = TypeVar("_Object", bound="ModuleObject | InstanceObject")


def replaced(found: _Object, **changes: object) -> _Object:
    """The heap object with some fields changed."""
    return replace(found, **changes)  # type: ignore[arg-type]


def arguments(m: Machine, node: Call) -> Args:
    """Evaluate the arguments of a call."""
    args = Args()
    for argument in node.args:
        value = expressions.evaluate(m, argument.value)
        if argument.star == "*":
            items = elements(m, value)
            if items is not None and args.complete:
                args.positional.extend(items)
            else:
                if type(value) is Computed:
                    args.sizes = computed("+", args.sizes or Tuple(tuple(args.positional)), value)
                args.complete = False
                further = choices(m, value) if items is None else items
                args.rest = (*args.rest, *further) if args.rest is not None and (further or items == ()) else None
        elif argument.star == "**":
            entries = m.state.heap[value.ref] if isinstance(value, DictRef) else None
            if isinstance(entries, DictObject):
                args.keywords.update({str(key): item for key, item in entries.items.items()})
                args.complete = args.complete and entries.complete
            else:
                args.complete = False
                args.rest = None
        elif argument.keyword is not None:
            args.keywords[argument.keyword] = value
        elif args.complete:
            args.positional.append(value)
        else:
            if args.sizes is not None:
                args.sizes = computed("+", args.sizes, Tuple((value,)))
            if args.rest is not None:
                args.rest = (*args.rest, value)
    return args


def call_expression(m: Machine, node: Call, discarded: bool = False) -> Value:
    """Evaluate a call as it stands in the source."""
    site = m.site(node.ordinal)
    if isinstance(node.func, Attribute):
        receiver = expressions.evaluate(m, node.func.value)
        if isinstance(receiver, Symbol) and receiver.role == "argument":
            receiver = tensors.of_symbol(m, receiver) if tensors.is_method(node.func.attr) else receiver
        callee = attributes.get(m, receiver, node.func.attr, m.site(node.func.ordinal))
    else:
        callee = expressions.evaluate(m, node.func)
    special = pythonic.special_form(m, callee, node)
    if special is not None:
        return special
    if isinstance(node.func, Attribute) and node.func.attr in ("backward", "manual_backward") and m.state.grad is None:
        # without grad mode there would be nothing to go backward through
        m.state.grad = None if isinstance(callee, (External, Function, Method)) else True
    return call(m, callee, arguments(m, node), site, discarded)


def call(m: Machine, callee: Value, args: Args, site: Site, discarded: bool = False) -> Value:
    """The result of calling a value."""
    m.tick()
    match callee:
        case Join():
            callee = _callable_of(callee)
            if type(callee) is not Join:
                return call(m, callee, args, site, discarded)
            return attributes.distribute(m, callee, lambda option: call(m, option, args, site, discarded))
        case Function():
            return invoke(m, callee, args, site)
        case Method(receiver=receiver, function=function):
            return _method(m, callee, receiver, function, args, site)
        case Partial(function=function, args=first, keywords=keywords):
            merged = Args([*first, *args.positional], {**dict(keywords), **args.keywords}, args.complete)
            return call(m, function, merged, site, discarded)
        case Class():
            return construct(m, callee, args, site)
        case Module():
            return layers.call_module(m, callee, args, site, discarded)
        case Instance():
            return _call_instance(m, callee, args, site)
        case External():
            return pythonic.call_external(m, callee, args, site, discarded)
        case ForeignMethod(receiver=receiver, name=name):
            return pythonic.call_method(m, receiver, name, args, site, discarded)
        case _:
            reason = callee.reason if isinstance(callee, Unknown) else _reason(callee)
            return unknown_call(m, callee, args, site, reason)


def _callable_of(callee: Join) -> Value:
    """What a callee is on the path that goes on: to call None raises."""
    kept = tuple((when, option) for when, option in callee.options if not isinstance(option, Constant))
    if not kept or len(kept) == len(callee.options):
        return callee
    return kept[0][1] if len(kept) == 1 else Join(kept)


def _reason(callee: Value) -> str:
    match callee:
        case Symbol(label=label):
            return f"call of a parameter: {label}"
        case Constant(value=value):
            return f"call of a constant: {value!r}"
        case _:
            return "call of an unknown value"


def unknown_call(m: Machine, callee: Value, args: Args, site: Site, reason: str) -> Value:
    """A call whose effect is not known: what it is given escapes."""
    escape(m, args.all(), reason, site)
    result = Unknown(reason)
    m.record(CallEvent(m.where(site), callee, None, None, args.named(), result, False, False))
    return result


def _method(m: Machine, callee: Method, receiver: Value, function: Function, args: Args, site: Site) -> Value:
    code = function.code
    if isinstance(receiver, Module) and isinstance(code, FunctionDef) and code.name == "forward":
        m.record(CallEvent(m.where(site), callee, None, receiver, args.named(), Unknown("direct"), False, False))
    return invoke(m, function, Args([receiver, *args.positional], args.keywords, args.complete), site)


def _call_instance(m: Machine, receiver: Instance, args: Args, site: Site) -> Value:
    found = m.state.heap[receiver.ref]
    assert isinstance(found, InstanceObject)
    if isinstance(found.cls, Class):
        method = classes.find_method(m, found.cls, "__call__")
        if isinstance(method, Function):
            return invoke(m, method, Args([receiver, *args.positional], args.keywords, args.complete), site)
    return unknown_call(m, receiver, args, site, "call of an object")


# ------------------------------------------------------------------------------------------------------------ functions


def invoke(m: Machine, function: Function, args: Args, site: Site) -> Value:
    """The result of a call of a project function: it is run inline, or known already."""
    known = apart.call(m, function, args)
    if known is None:
        known = replay.call(m, function, args, site)
    return invoke_here(m, function, args, site) if known is None else known


def invoke_here(m: Machine, function: Function, args: Args, site: Site) -> Value:
    """Run a project function inline and give its result; Unknown where that is not possible."""
    code = function.code
    active = sum(1 for frame in m.stack if frame.function is not None and frame.function.site == function.site)
    if len(m.stack) > INLINE_DEPTH or active >= SAME_FUNCTION:
        return unknown_call(m, function, args, site, "calls nested too deeply")
    info = code_info(m, function)
    if isinstance(code, FunctionDef) and not info.plain:
        reason = f"decorated function: {code.name}"
        if not info.handed_on:
            return unknown_call(m, function, args, site, reason)
        as_is = Test(f"{CASE}{m.number()}", True, f"the decorator of `{code.name}` hands the call on")
        return either(
            m,
            as_is,
            lambda: _inline(m, function, info, args, site),
            lambda: unknown_call(m, function, args, site, reason),
        )
    if m.constructing:
        return patience.patiently(
            m,
            function,
            args.positional[0] if args.positional else None,
            lambda: _inline(m, function, info, args, site),
            lambda: unknown_call(m, function, args, site, "a call that takes long"),
        )
    return _inline(m, function, info, args, site)


def either(m: Machine, test: Test, first: Callable[[], Value], second: Callable[[], Value]) -> Value:
    """The value of what runs under a literal, or of what runs under its opposite."""
    since = m.mark()
    m.state, after = m.state, m.state.fork()
    m.state.condition = (*m.state.condition, test)
    one = first()
    then, m.state = m.state, after
    after.condition = (*after.condition, negate(test))
    other = second()
    alive = then.alive, m.state.alive
    statements.meet(m, then, since)
    if not all(alive):
        return one if alive[0] else other
    return join_values(one, (test,), other, (negate(test),), m.merge)


def _inline(m: Machine, function: Function, info: CodeInfo, args: Args, site: Site) -> Value:
    code = function.code
    names = bind_parameters(m, function, args, site)
    if names is None:
        return unknown_call(m, function, args, site, "arguments that do not fit")
    key = _kept_under(function, names) if info.cached else None
    if key in m.kept:
        return m.kept[key]
    grad = m.state.grad
    if info.no_grad:
        m.state.grad = False
    result = run_function(m, function, names, site)
    if info.no_grad:
        m.state.grad = grad
    if key is not None and m.state.alive and _is_plain(result):
        m.kept[key] = result
    if info.generator:
        return Iterator(Unknown("generator"))
    if isinstance(code, FunctionDef) and code.is_async:
        return Unknown("coroutine")
    return result


def _kept_under(function: Function, names: dict[str, Value]) -> object:
    """Under what `functools.lru_cache` keeps the result of a call, None where the arguments are not known."""
    if not all(_is_plain(value) for value in names.values()) or any(type(v) is Unknown for v in names.values()):
        return None
    return function.site, function.frame, tuple((name, type(getattr(v, "value", None)), v) for name, v in names.items())


def _is_plain(value: Value) -> bool:
    """Whether a value is the same in any state of a run: it refers to no object."""
    if isinstance(value, Tuple):
        return all(_is_plain(item) for item in value.items)
    if isinstance(value, Join):
        return all(_is_plain(option) for _, option in value.options)
    return isinstance(value, (Constant, Unknown, External, Class)) or (isinstance(value, Function) and not value.frame)


@dataclass(frozen=True, slots=True)
class CodeInfo:
    """What a function's code says before it runs: its local names, whether it is a generator, whether its decorators
    leave its meaning alone (`plain`), turn gradients off (`no_grad`) and keep its results (`cached`). Those that do not
    leave it alone may at least hand calls on to it (`handed_on`).
    """

    local: frozenset[str]
    generator: bool
    plain: bool
    no_grad: bool
    cached: bool = False
    handed_on: bool = False


def code_info(m: Machine, function: Function) -> CodeInfo:
    """The function's `CodeInfo`, read once a program."""
    info = m.shared.codes.get(function.site)
    if info is None:
        code = function.code
        names = frozenset(item.name for item in code.params.items)
        if isinstance(code, FunctionDef):
            plain, no_grad, handed_on = _decoration(m, function, code)
            generator = any(isinstance(node, Yield) for node in walk(code.body, (FunctionDef, Lambda)))
            cached = plain and any(each.rpartition(".")[2] in _CACHES for each in classes.decorators(code))
            info = CodeInfo(names | bound_names(code.body), generator, plain, no_grad, cached, handed_on)
        else:
            info = CodeInfo(names | bound_names([code.body]), False, True, False)
        m.shared.codes[function.site] = info
    assert isinstance(info, CodeInfo)
    return info


def run_function(m: Machine, function: Function, names: dict[str, Value], site: Site | None) -> Value:
    """Run a function's body in a new frame whose names are bound already."""
    code = function.code
    file = m.names.files[function.site.path]
    local = code_info(m, function).local
    receiver = None
    params = code.params.items
    if function.owner is not None and params:
        receiver = names.get(params[0].name)
    number = m.number()
    frame = Frame(number, function.frame, file, function.site.chunk, local, function, function.owner, receiver, site)
    m.parents[number] = (function.frame, file, local)
    m.state.frames[number] = names
    before = m.state.condition
    since = m.mark()
    m.stack.append(frame)
    try:
        if isinstance(code, Lambda):
            frame.returns.append((m.state, expressions.evaluate(m, code.body)))
            frame.returns[0] = (m.state, frame.returns[0][1])
        else:
            statements.run(m, code.body)
            if m.state.alive:
                statements.leave(m, NONE, m.site(code.ordinal))
    finally:
        m.stack.pop()
    return _finish(m, frame, before, since)


def _finish(m: Machine, frame: Frame, before: tuple[object, ...], since: int) -> Value:
    """Join the states and values in which a function returned; a function that only raises ends the path."""
    if not frame.returns:
        m.state.alive = False
        m.state.raised = True
        return Unknown("a call that does not return")
    state, value = frame.returns[0]
    m.state = state
    for other, their_value in frame.returns[1:]:
        _, mine, theirs = split(m.state.condition, other.condition)
        mine_state = m.state
        m.state = other
        value = join_values(value, mine, their_value, theirs, m.merge)
        m.state = join_states(mine_state, other, m.merge, since)
    if frame.number not in m.captured:
        m.state.frames.pop(frame.number, None)
    if len(frame.returns) > 1 and len(m.state.condition) > len(before):
        kept = m.state.condition[: len(before)]
        m.state.condition = (*kept, *(t for t in m.state.condition[len(before) :] if t.guard))
    return value


_PLAIN_DECORATORS = frozenset(
    {
        "staticmethod",
        "classmethod",
        "property",
        "override",
        "typing.override",
        "typing_extensions.override",
        "abstractmethod",
        "abc.abstractmethod",
        "final",
        "torch.jit.export",
        "torch.jit.ignore",
        "torch.jit.unused",
        "torch.jit.script_method",
        "torch.compiler.disable",
        "torch._dynamo.disable",
        "torch.fx.wrap",
        "torch.compile",
        "torch.jit.script",
        "torch.enable_grad",
        "torch.autocast",
        "torch.amp.autocast",
        "torch.cuda.amp.autocast",
        "functools.lru_cache",
        "functools.cache",
        "functools.cached_property",
        "functools.wraps",
        "lru_cache",
        "cached_property",
        "cache",
        "typing.no_type_check",
        "beartype.beartype",
        "typechecked",
    }
)


_CACHES = frozenset({"lru_cache", "cache"})


def _decoration(m: Machine, function: Function, code: FunctionDef) -> tuple[bool, bool, bool]:
    """Whether the function's decorators leave its meaning alone, whether they turn gradients off, and whether those
    that do not leave it alone at least hand calls on to it.
    """
    plain, no_grad, handed_on = True, False, True
    for decorator, written in zip(code.decorators, classes.decorators(code), strict=True):
        if written in _PLAIN_DECORATORS or written.rpartition(".")[2] in ("setter", "getter", "deleter"):
            continue
        callee = decorator.func if isinstance(decorator, Call) else decorator
        value = expressions.in_scope_of(m, function.site, function.frame, callee)
        if isinstance(value, External):
            if value.qualname in statements._GRAD_OFF:
                no_grad = True
                continue
            if value.qualname in _PLAIN_DECORATORS or value.qualname.startswith(("torch.jit.", "torch.compiler.")):
                continue
        effect = decorators.effect(m, value, isinstance(decorator, Call))
        plain = plain and effect == "same"
        handed_on = handed_on and effect != "other"
    return plain, no_grad, handed_on and not plain


def bind_parameters(m: Machine, function: Function, args: Args, site: Site) -> dict[str, Value] | None:
    """Parameter names to values, None where the call does not fit. With an incomplete `args`, what is missing is
    Unknown.
    """
    code = function.code
    names: dict[str, Value] = {}
    positional = list(args.positional)
    keywords = dict(args.keywords)
    for item in code.params.items:
        match item.kind:
            case "positional" | "either":
                if positional:
                    names[item.name] = positional.pop(0)
                elif item.kind == "either" and item.name in keywords:
                    names[item.name] = keywords.pop(item.name)
                else:
                    value = _missing(m, function, item, args)
                    if value is None:
                        return None
                    names[item.name] = value
            case "vararg":
                names[item.name] = Tuple(tuple(positional)) if args.complete else _further(m, positional, args)
                positional = []
            case "keyword":
                value = keywords.pop(item.name, None) or _missing(m, function, item, args)
                if value is None:
                    return None
                names[item.name] = value
            case "kwarg":
                rest: dict[object, Value] = dict(keywords.items())
                names[item.name] = DictRef(m.allocate(DictObject(rest, args.complete)))
                keywords = {}
    return None if (positional or keywords) and args.complete else names


def _further(m: Machine, positional: list[Value], args: Args) -> Value:
    """What `*args` takes where it is not known how many there are."""
    found = (*positional, *(args.rest or ()))
    return Iterator(one_of(m, found) if found and args.rest is not None else Unknown("*args"))


def _missing(m: Machine, function: Function, item: Parameter, args: Args) -> Value | None:
    if not args.complete:
        return Unknown("argument passed through * or **")
    if item.default is None:
        return None
    return expressions.in_scope_of(m, function.site, function.frame, item.default)


# --------------------------------------------------------------------------------------------------------- construction


def construct(m: Machine, cls: Class, args: Args, site: Site) -> Value:
    """`cls(args)` for a class of the project."""
    known = replay.call(m, cls, args, site)
    return construct_here(m, cls, args, site) if known is None else known


def construct_here(m: Machine, cls: Class, args: Args, site: Site) -> Value:
    """Make an object of a class of the project."""
    reason = classes.open_reason(m, cls)
    if classes.is_module(m, cls):
        value: Module | Instance = Module(m.allocate(ModuleObject(cls, site, open=reason, ready=False, children=())))
    else:
        value = Instance(m.allocate(InstanceObject(cls, site, {}, mappings.blank(m, cls), reason)))
    initialise(m, value, cls, args, site)
    given = args.named() if args.complete else (*args.named(), ("*", Unknown("arguments passed through * or **")))
    m.record(CallEvent(m.where(site), cls, None, None, given, value, False, False))
    return value


def initialise(m: Machine, value: Module | Instance, cls: Class, args: Args, site: Site) -> None:
    """Run the constructor that the class's resolution order gives."""
    method = classes.find_method(m, cls, "__init__")
    match method:
        case Function() if data_classes.hides(m, cls, method) and data_classes.bind_fields(m, value, cls, args):
            return
        case Function():
            alive = m.state.alive
            invoke(m, method, Args([value, *args.positional], args.keywords, args.complete), site)
            if alive and not m.state.alive and len(m.stack) <= 1:
                m.state.alive = False
        case External() | None:
            # A dataclass gets a constructor of its own, which calls no other.
            if data_classes.bind_fields(m, value, cls, args):
                return
            foreign_init(m, value, args, site)
        case _:
            escape(m, (value,), "constructor of an unknown base class", site)
            _ready(m, value)


def _ready(m: Machine, value: Value) -> None:
    if isinstance(value, Module):
        found = m.state.heap[value.ref]
        assert isinstance(found, ModuleObject)
        m.state.heap[value.ref] = replaced(found, ready=True)


def foreign_init(m: Machine, value: Value, args: Args, site: Site) -> None:
    """`super().__init__(…)` that reaches a class outside the project: `nn.Module` or a torch layer, or anything."""
    if isinstance(value, Module):
        found = m.state.heap[value.ref]
        assert isinstance(found, ModuleObject)
        layer = classes.foreign_layer(m, found.cls)
        attrs = found.attrs
        if layer:
            layers.initialise(m, value, layer, args, site)
            found = m.state.heap[value.ref]
            assert isinstance(found, ModuleObject)
        m.state.heap[value.ref] = replaced(found, ready=True, attrs=attrs)
    else:
        mappings.fill(m, value, args, site)


# -------------------------------------------------------------------------------------------------------------- escapes


def escape(m: Machine, values: Iterable[Value], reason: str, site: Site) -> None:
    """Values reach unknown code: modules may get attributes, lists and dicts entries, tensors readers."""
    reached = tuple(values)
    seen: set[int] = set()
    for value in reached:
        forget(m, value, reason, seen)
        if isinstance(value, Module):
            gradients.freeze(m, value, None)
    if any(isinstance(value, (Tensor, Module, ListRef, DictRef, Tuple, Instance)) for value in reached):
        m.record(Escape(m.where(site), reached, reason))


def forget(m: Machine, value: Value, reason: str, seen: set[int] | None = None) -> None:
    """What unknown code may have changed is no longer known."""
    seen = set() if seen is None else seen
    match value:
        case Module(ref=ref) | Instance(ref=ref):
            if ref in seen:
                return
            seen.add(ref)
            found = m.state.heap[ref]
            if isinstance(found, ModuleObject) and isinstance(found.cls, Class):
                ready = found.ready or None  # it may call `nn.Module.__init__`
                m.state.heap[ref] = replaced(found, open=found.open or f"escapes: {reason}", ready=ready)
            elif isinstance(found, InstanceObject):
                m.state.heap[ref] = replaced(found, open=found.open or f"escapes: {reason}")
                mappings.blur(m, value)
        case ListRef(ref=ref):
            if ref in seen:
                return
            seen.add(ref)
            items = m.state.heap[ref]
            assert isinstance(items, ListObject)
            for inner in items.items:
                forget(m, inner, reason, seen)
            m.state.heap[ref] = ListObject(items.items, False, items.kind)
        case DictRef(ref=ref):
            if ref in seen:
                return
            seen.add(ref)
            entries = m.state.heap[ref]
            assert isinstance(entries, DictObject)
            for inner in entries.items.values():
                forget(m, inner, reason, seen)
            m.state.heap[ref] = DictObject(entries.items, False)
        case Tuple(items=inside):
            for inner in inside:
                forget(m, inner, reason, seen)
        case Method(receiver=receiver) | ForeignMethod(receiver=receiver) | Super(receiver=receiver):
            forget(m, receiver, reason, seen)
        case Partial(args=first):
            for inner in first:
                forget(m, inner, reason, seen)
        case _:
            pass


def extend_list(m: Machine, target: ListRef, value: Value) -> None:
    """`target.extend(value)`."""
    found = m.state.heap[target.ref]
    assert isinstance(found, ListObject)
    items = elements(m, value)
    complete = found.complete and items is not None and not m.blurred
    seen = m.state.heap.get(value.ref) if isinstance(value, ListRef) else None
    more = items if items is not None else choices(m, value) or (seen.items if isinstance(seen, ListObject) else ())
    known = (found.complete or found.alike) and (items is not None or bool(choices(m, value)))
    grown = (*found.items, *more)
    alike = not complete and known and len(grown) <= 4 * UNROLL
    m.state.heap[target.ref] = ListObject(grown[: 4 * UNROLL], complete, found.kind, alike)
