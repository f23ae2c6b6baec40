"""Runs: of a class's constructor and methods, of functions, of a file's top level, each in its worlds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from actlint.facts import (
    Attribute,
    ClassDef,
    Collection,
    Constant,
    DictExpr,
    Expr,
    FunctionDef,
    Lambda,
    Name,
    Site,
    Subscript,
    With,
)
from actlint.facts import Call as CallNode
from actlint.model import calls, classes, data_classes, mappings, statements
from actlint.model.args import Args
from actlint.model.carried import CarriedArgs
from actlint.model.conditions import USUAL, WORLD
from actlint.model.events import Call, Trace
from actlint.model.link import File, Names
from actlint.model.machine import (
    STEPS_PER_FUNCTION,
    STEPS_PER_RUN,
    STEPS_RESERVED,
    BudgetExceeded,
    Frame,
    Machine,
    Shared,
    steps_of,
)
from actlint.model.show import dotted
from actlint.model.state import MAX_LITERALS, DictObject, Heap, InstanceObject, ModuleObject, State
from actlint.model.values import (
    Class,
    DictRef,
    External,
    Function,
    Instance,
    Module,
    Symbol,
    Test,
    Unknown,
    Value,
)
from actlint.model.values import (
    Iterator as IteratorValue,
)
from actlint.model.walk import walk

Role: TypeAlias = Literal["argument", "parameter", "training"]
_NOT_TENSORS = ("int", "float", "bool", "str", "dict", "Dict", "List", "list", "Callable", "Config")


def symbols(m: Machine, function: Function, role: Role, skip: int = 0) -> dict[str, Value]:
    """One Symbol for each parameter after the first `skip`: arguments of forward are tensors unless annotated
    otherwise.
    """
    names: dict[str, Value] = {}
    owner = function.code.name if isinstance(function.code, FunctionDef) else "lambda"
    for item in function.code.params.items[skip:]:
        match item.kind:
            case "vararg":
                names[item.name] = IteratorValue(_further(owner, item.name, role))
            case "kwarg":
                names[item.name] = DictRef(m.allocate(DictObject({}, False)))
            case _:
                given = _role(item.annotation, role) if item.annotation or not _is_plain(item.default) else "parameter"
                names[item.name] = Symbol(f"{owner}({item.name})", item.name, given)
    return names


def _is_plain(default: Expr | None) -> bool:
    """Whether a parameter's default is a number, text or container, so that no tensor is meant: `start=[0]`."""
    match default:
        case Constant(value=value):
            return value is not None
        case Collection() | DictExpr():
            return True
        case _:
            return False


def _further(owner: str, name: str, role: Role) -> Value:
    """What each of `*args` is."""
    return Symbol(f"{owner}(*{name})", f"*{name}", role) if role == "argument" else Unknown("*args")


def _role(annotation: Expr | None, role: Role) -> Role:
    """A parameter that is annotated as a number, string, container or configuration is no tensor; a container of
    tensors is made of what is given.
    """
    if annotation is not None and role == "argument" and _mentions_tensor(annotation):
        return role
    match annotation:
        case None:
            return role
        case Constant(value=str(text)):
            name = text
        case Subscript(value=generic, index=index):
            name = dotted(generic) or ""
            if name.rpartition(".")[2] == "Optional":
                return _role(index, role)
        case _:
            name = dotted(annotation) or ""
    last = name.rpartition(".")[2]
    return "parameter" if last in _NOT_TENSORS or last.endswith("Config") else role


def _mentions_tensor(annotation: Expr) -> bool:
    return any(
        (isinstance(node, Name) and node.id.endswith("Tensor"))
        or (isinstance(node, Attribute) and node.attr.endswith("Tensor"))
        or (isinstance(node, Constant) and isinstance(node.value, str) and "Tensor" in node.value)
        for node in walk([annotation])
    )


PART = 4
"""The part of a file's steps that are left that code which may belong to no model may have."""


@dataclass(slots=True)
class Purse:
    """The steps that are left for the runs of one file, of how many (`whole`), and how many runs still wait for some.
    `most` is what code that may belong to no model gets: less once such code has used up much of it and come to no end.
    """

    steps: int
    waiting: int = 0
    most: int = STEPS_PER_RUN
    whole: int = 0

    @property
    def spent(self) -> float:
        """The share that is used."""
        return 1 - max(self.steps, 0) / self.whole if self.whole else 0.0

    def take(self, most: int) -> int:
        """Steps for one run: as many as there are, but a few remain for each that is to come."""
        self.waiting = max(self.waiting - 1, 0)
        return max(min(most, self.steps - STEPS_RESERVED * self.waiting), 0)

    def share(self) -> int:
        """Steps for one run of code that may belong to no model: a part of those that are left."""
        return self.take(min(self.most, max(STEPS_PER_FUNCTION, self.steps // PART)))

    def give_back(self, given: int, left: int, shared: bool = False) -> None:
        """A run has ended with `left` of its steps, which were a `share` if it is `shared`."""
        self.steps -= given - max(left, 0)
        if shared and left < 0:
            self.most = max(self.most // 2, STEPS_PER_FUNCTION)


def purse_of(file: File) -> Purse:
    """The budget of a file, by its size."""
    waiting = 1  # the script
    for bindings in file.bindings.values():
        for binding in bindings:
            match binding.statement:
                case ClassDef(body=body):
                    waiting += 1 + sum(isinstance(s, FunctionDef) and s.name != "__init__" for s in body)
                case FunctionDef():
                    waiting += 1
                case _:
                    pass
    whole = steps_of(file)
    return Purse(whole, waiting, whole=whole)


def run_class(names: Names, shared: Shared, cls: Class, purse: Purse) -> Iterator[Trace]:
    """The general world of a class: its constructor, then each of its other methods on the object that it makes."""
    trace = Trace(None, cls, "general")
    given = purse.take(STEPS_PER_RUN)
    m = Machine(names, shared, trace, steps=given)
    receiver = _construct(m, cls)
    trace.receiver = receiver
    trace.heap = m.state.heap
    purse.give_back(given, m.steps)
    yield trace
    info = classes.class_info(m, cls)
    base = m.state
    for name, code in _methods(m, cls):
        if name == "__init__" or not base.alive:
            continue
        yield _run_method(names, shared, m, base, info, cls, receiver, code, purse, trace)


def run_call(
    names: Names, shared: Shared, cls: Class, args: CarriedArgs, world: World, steps: int, first: int
) -> tuple[Trace, ...]:
    """One call's world of a class: its constructor on the arguments, and what training runs on the object.

    `steps` bounds each run, `first` numbers its objects, so that they are not taken for those of another world. Runs
    that do not end in time are left out.
    """
    trace = Trace(None, cls, world.text)
    m = Machine(names, shared, trace, steps=steps, counter=first)
    m.state.condition = (world.test,)
    receiver = _construct(m, cls, args.placed(m))
    trace.receiver, trace.heap = receiver, m.state.heap
    if not trace.complete:
        return ()
    info, found = classes.class_info(m, cls), [trace]
    for name, code in _methods(m, cls):
        if name in ("forward", "training_step") and m.state.alive:
            m.state.condition = (world.test,)
            run = _run_method(names, shared, m, m.state, info, cls, receiver, code, Purse(steps), trace)
            found.extend([run] if run.complete else [])
    return tuple(found)


def run_object(
    names: Names, shared: Shared, made_by: Trace, call: Call, world: World, steps: int, first: int
) -> tuple[Trace, ...]:
    """One call's world of a class without its constructor: `forward` of the module that a run has made at a call."""
    cls, receiver = call.callee, call.result
    assert isinstance(cls, Class) and isinstance(receiver, Module)
    m = Machine(names, shared, Trace(None, cls, world.text), State({}, Heap(made_by.heap)), counter=first)
    m.state.condition = (world.test, *call.where.condition)[:MAX_LITERALS]
    info = classes.class_info(m, cls)
    code = info.methods.get("forward")
    if code is None:
        return ()
    run = _run_method(names, shared, m, m.state, info, cls, receiver, code, Purse(steps), made_by)
    return (run,) if run.complete else ()


@dataclass(frozen=True, slots=True)
class World:
    """A constructor call and how it is written. If it is not `seen`, it rests on defaults that may never be taken."""

    text: str
    site: Site
    seen: bool = True

    @property
    def test(self) -> Test:
        """The literal that all conditions of such a run have: it says at which call they hold."""
        return Test(f"{WORLD if self.seen else USUAL}{self.site}", True, self.text)


def _construct(m: Machine, cls: Class, args: Args | None = None) -> Value:
    """An object of the class, made from Symbols, or from arguments: those that are Unknown are Symbols too."""
    reason = classes.open_reason(m, cls)
    module = classes.is_module(m, cls)
    site = cls.site
    if module:
        value: Module | Instance = Module(m.allocate(ModuleObject(cls, site, open=reason, ready=False)))
    else:
        value = Instance(m.allocate(InstanceObject(cls, site, {}, mappings.blank(m, cls), reason)))
    file = m.names.files[cls.site.path]
    m.stack.append(Frame(file.number, 0, file, cls.site.chunk, frozenset()))
    m.constructing = module
    try:
        method = classes.find_method(m, cls, "__init__")
        if isinstance(method, Function):
            m.trace.entry = method
            bound = symbols(m, method, "parameter", 1)
            if args is not None:
                bound = _given(m, method, value, args, bound)
            first = method.code.params.items
            if first:
                bound[first[0].name] = value
            grad = m.state.grad
            m.state.grad = False if calls.code_info(m, method).no_grad else grad
            calls.run_function(m, method, bound, None)
            m.state.grad = grad
        else:
            # Fields of a dataclass are parameters, whatever their defaults; a foreign constructor gets nothing.
            fields = args is None and data_classes.is_dataclass(m, cls)
            calls.initialise(m, value, cls, Args([], {}, False) if fields else args or Args(), site)
    except (BudgetExceeded, RecursionError):
        m.trace.complete = False
        calls.forget(m, value, "budget exhausted")
    finally:
        m.constructing = False
        del m.stack[1:]
        m.stack.pop()
    m.state.condition = ()
    return value


def _given(m: Machine, method: Function, value: Value, args: Args, general: dict[str, Value]) -> dict[str, Value]:
    """The constructor's parameters at one call.

    Raises:
        BudgetExceeded: the call does not fit, so that there is nothing to run.
    """
    bound = calls.bind_parameters(m, method, Args([value, *args.positional], args.keywords, args.complete), method.site)
    if bound is None:
        raise BudgetExceeded
    return {name: general.get(name, own) if isinstance(own, Unknown) else own for name, own in bound.items()}


def _methods(m: Machine, cls: Class) -> list[tuple[str, FunctionDef]]:
    """The methods that the class's own body defines, `forward` first."""
    own = list(classes.class_info(m, cls).methods.items())
    return sorted(own, key=lambda entry: entry[0] != "forward")


def run_builder(names: Names, shared: Shared, function: Function, steps: int, first: int) -> Trace:
    """A module-level function with its defaults, called without arguments; not complete where it needs some."""
    trace = Trace(function, None, f"{function.code.name if isinstance(function.code, FunctionDef) else 'lambda'}()")
    m = Machine(names, shared, trace, steps=steps, counter=first)
    try:
        bound = calls.bind_parameters(m, function, Args(), function.site)
    except (BudgetExceeded, RecursionError):
        bound = None
    if bound is None:
        trace.complete = False
    else:
        _run(m, function, bound)
    trace.heap = m.state.heap
    return trace


def _run_method(
    names: Names,
    shared: Shared,
    made: Machine,
    base: State,
    info: classes.ClassInfo,
    cls: Class,
    receiver: Value,
    code: FunctionDef,
    purse: Purse,
    made_by: Trace,
) -> Trace:
    function = Function(Site(info.file.path, cls.site.chunk, code.ordinal), code, cls.frame, cls)
    trace = Trace(function, cls, made.trace.world, receiver=receiver, made_by=made_by)
    model = isinstance(receiver, Module)
    given = purse.take(STEPS_PER_RUN) if model else purse.share()
    m = Machine(names, shared, trace, base.fork(), [], dict(made.parents), steps=given, counter=made.counter)
    m.captured = set(made.captured)
    m.made = made.counter
    m.globals = dict(made.globals)
    m.sizes = dict(made.sizes)
    written = classes.decorators(code)
    skip = 0 if "staticmethod" in written else 1
    bound = symbols(m, function, "argument" if code.name == "forward" or _is_step(code) else "parameter", skip)
    if skip and code.params.items:
        bound[code.params.items[0].name] = cls if "classmethod" in written else receiver
    _run(m, function, bound)
    trace.heap = m.state.heap
    purse.give_back(given, m.steps, not model)
    return trace


def _is_step(code: FunctionDef) -> bool:
    """Methods that are handed tensors too: anything `forward…`, private helpers included, is judged by what it does."""
    return code.name.lstrip("_").startswith("forward")


_TRAINED_METHODS = frozenset({"__init__", "forward", "training_step"})


def entry_grad(m: Machine, function: Function) -> bool | None:
    """The grad mode in which a function is called that nothing visible calls: on for what training runs, off for
    `autograd.Function`, and None (its callers decide) for all else, such as a `forward_slow` that `forward` does not
    call, since that may be meant for inference.
    """
    code, owner = function.code, function.owner
    if not isinstance(code, FunctionDef):
        return None
    if owner is not None:
        if any(isinstance(base, External) and base.qualname in _FUNCTION for base in classes.mro(m, owner)):
            return False
        if code.name in _TRAINED_METHODS and (classes.is_module(m, owner) or _may_be_module(m, owner, code)):
            return True
    return True if _goes_backward(code) else None


def _goes_backward(code: FunctionDef) -> bool:
    """Whether a function calls `backward` on something, in the grad mode in which it is called: that has to be on."""
    found = False
    for node in walk(code.body, (FunctionDef, Lambda)):
        match node:
            case With(items=items) if any("grad" in (dotted(_callee(item.context)) or "") for item in items):
                return False
            case CallNode(func=Attribute(attr="backward")):
                found = True
            case _:
                pass
    return found


def _callee(node: Expr) -> Expr:
    return node.func if isinstance(node, CallNode) else node


def _may_be_module(m: Machine, owner: Class, code: FunctionDef) -> bool:
    """Whether a class with an unknown base is a module by its looks: `forward` is a method of its instances."""
    foreign = (a for a in classes.mro(m, owner) if not isinstance(a, Class))
    unknown = any(not isinstance(a, External) or classes.foreign_attributes(a.qualname) is None for a in foreign)
    return unknown and _is_step(code) and "staticmethod" not in classes.decorators(code)


_FUNCTION = frozenset({"torch.autograd.Function", "torch.autograd.function.Function"})


def _run(m: Machine, function: Function, bound: dict[str, Value]) -> None:
    file = m.names.files[function.site.path]
    m.stack.append(Frame(file.number, 0, file, function.site.chunk, frozenset()))
    code = function.code
    try:
        if isinstance(code, FunctionDef):
            info = calls.code_info(m, function)
            m.state.grad = False if info.no_grad else entry_grad(m, function) if info.plain else None
        calls.run_function(m, function, bound, None)
    except (BudgetExceeded, RecursionError):
        m.trace.complete = False
    finally:
        m.stack.clear()


def run_function(names: Names, shared: Shared, function: Function, purse: Purse) -> Trace:
    """A module-level function on Symbols."""
    trace = Trace(function, None, "general")
    given = purse.share()
    m = Machine(names, shared, trace, steps=given)
    _run(m, function, symbols(m, function, "parameter"))
    trace.heap = m.state.heap
    purse.give_back(given, m.steps, True)
    return trace


def run_script(names: Names, shared: Shared, file: File, purse: Purse) -> Trace:
    """The file's top-level statements in order, `__name__ == "__main__"` included; definitions are linked, not run."""
    trace = Trace(None, None, "script")
    m = Machine(names, shared, trace, steps=purse.take(STEPS_PER_RUN))
    frame = Frame(file.number, 0, file, 0, frozenset())
    m.stack.append(frame)
    m.state.frames[file.number] = {}
    try:
        for index, chunk in enumerate(file.facts.chunks):
            frame.chunk, frame.sites = index, None
            if chunk.facts is not None and m.state.alive:
                statements.run(m, chunk.facts.body)
    except (BudgetExceeded, RecursionError):
        trace.complete = False
    finally:
        m.stack.clear()
    trace.heap = m.state.heap
    return trace


def functions(file: File) -> Iterable[Function]:
    """The module-level functions of a file (in conditional blocks too)."""
    for bindings in file.bindings.values():
        for binding in bindings:
            if isinstance(binding.statement, FunctionDef):
                yield Function(binding.site, binding.statement)
