"""Calls of what Python, its standard library and torch give: builtins, methods of lists and strings, constructors."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from actlint import torchapi
from actlint.facts import Call, Name, Site
from actlint.model import (
    attributes,
    autograd,
    callbacks,
    calls,
    class_tests,
    classes,
    collection_methods,
    custom_views,
    expressions,
    layers,
    made_sequences,
    mappings,
    statements,
    tensors,
)
from actlint.model.args import Args
from actlint.model.events import Argument
from actlint.model.events import Call as CallEvent
from actlint.model.machine import Machine
from actlint.model.sequences import elements, text_value
from actlint.model.state import InstanceObject, StorageObject, make_join, options
from actlint.model.truth import truth
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
    Unset,
    Value,
    computed,
)


def special_form(m: Machine, callee: Value, node: Call) -> Value | None:
    """Calls that need the frame rather than their arguments: `super()`, `locals()`."""
    if not isinstance(callee, External) or not isinstance(node.func, Name):
        return None
    if callee.qualname == "builtins.super":
        return _super(m, node)
    if callee.qualname in ("builtins.locals", "builtins.vars") and not node.args:
        return Unknown("locals()")
    return None


def _super(m: Machine, node: Call) -> Value:
    frame = next((f for f in reversed(m.stack) if f.owner is not None and f.receiver is not None), None)
    if len(node.args) == 2:
        cls = expressions.evaluate(m, node.args[0].value)
        receiver = expressions.evaluate(m, node.args[1].value)
        return Super(cls, receiver) if isinstance(cls, Class) else Unknown("super() of a class that is not followed")
    if frame is None or frame.owner is None or frame.receiver is None or node.args:
        return Unknown("super() outside of a method")
    return Super(frame.owner, frame.receiver)


# --------------------------------------------------------------------------------------------------------- constructors


def call_external(m: Machine, callee: External, args: Args, site: Site, discarded: bool) -> Value:
    """Call something outside the project by its qualified name."""
    qualname = torchapi.canonical(callee.qualname)
    handler = _HANDLERS.get(qualname)
    if handler is not None:
        result = handler(m, args, site)
        return result if result is not None else calls.unknown_call(m, callee, args, site, f"call of {qualname}")
    if qualname.endswith(".__init__") and args.positional and isinstance(args.positional[0], (Module, Instance)):
        return _explicit_init(m, qualname, args, site)
    if torchapi.is_module_class(qualname):
        return layers.construct(m, qualname, args, site)
    op = torchapi.function(qualname)
    if op is not None and op.kind not in ("control", "container"):
        bound = tensors.bind(op, args.positional, args.keywords)
        if not args.complete:
            tensors.bind_sizes(op, args, bound)
        return tensors.apply(m, op, bound, site, External(qualname), None, discarded)
    if qualname.startswith("torch.Tensor.") and args.positional:
        return call_method(
            m, args.positional[0], qualname[13:], Args(args.positional[1:], args.keywords), site, discarded
        )
    if qualname in statements.GRAD_SET:  # at once, whether a `with` statement follows or not
        mode = args.get(0, "mode")
        m.state.grad = mode.value if isinstance(mode, Constant) and isinstance(mode.value, bool) else None
    callbacks.run_handed_over(m, qualname, args, site)
    if qualname.rpartition(".")[2][:1].isupper() or qualname in _CONTEXTS:
        return _foreign_object(m, callee, args, site)
    if qualname.startswith("torch.nn.init."):
        return args.positional[0] if args.positional else Unknown("init")
    return calls.unknown_call(m, callee, args, site, f"call of {qualname}")


_CONTEXTS = frozenset(
    {
        "torch.no_grad",
        "torch.enable_grad",
        "torch.inference_mode",
        "torch.set_grad_enabled",
        "torch.autograd.no_grad",
        "torch.autograd.enable_grad",
        "torch.autograd.inference_mode",
        "torch.autograd.set_grad_enabled",
        "torch.autocast",
        "torch.amp.autocast",
        "torch.cuda.amp.autocast",
        "contextlib.suppress",
        "contextlib.nullcontext",
        "pytest.raises",
    }
)


def _foreign_object(m: Machine, callee: External, args: Args, site: Site) -> Value:
    """An instance of a class that is not followed; what it is given may be changed by it."""
    found = InstanceObject(callee, site, dict(args.named()), {}, f"instance of {callee.qualname}")
    calls.escape(m, args.all(), f"call of {callee.qualname}", site)
    value = Instance(m.allocate(found))
    m.record(CallEvent(m.where(site), callee, None, None, args.named(), value, False, False))
    return value


def _explicit_init(m: Machine, qualname: str, args: Args, site: Site) -> Value:
    """`nn.Module.__init__(self)`."""
    receiver = args.positional[0]
    assert isinstance(receiver, (Module, Instance))
    calls.foreign_init(m, receiver, Args(args.positional[1:], args.keywords, args.complete), site)
    return NONE


# -------------------------------------------------------------------------------------------------------------- methods


def call_method(m: Machine, receiver: Value, name: str, args: Args, site: Site, discarded: bool) -> Value:
    """Call method `name` of a value whose class is not in the project."""
    match receiver:
        case Tensor():
            return _tensor_method(m, receiver, name, args, site, discarded)
        case Symbol(role="argument") if name in ("items", "keys"):  # of a dict
            key = Unknown("key", True)
            return Iterator(key if name == "keys" else Tuple((key, tensors.some_of(m, receiver))))
        case Symbol(role="argument"):
            return _tensor_method(m, tensors.of_symbol(m, receiver), name, args, site, discarded)
        case Module():
            return layers.module_method(m, receiver, name, args, site, discarded)
        case ListRef():
            return collection_methods.list_method(m, receiver, name, args, site)
        case DictRef():
            return collection_methods.dict_method(m, receiver, name, args, site)
        case Constant(value=str(text)):
            return collection_methods.string_method(m, text, name, args)
        case Tuple() if name in ("index", "count"):
            return Unknown(f"tuple.{name}")
        case Class() if name == "apply":
            return _apply_function(m, receiver, args, site)
        case Instance() if (given := mappings.foreign_method(m, receiver, name, args, site)) is not None:
            return given
        case _:
            found = m.state.heap[receiver.ref] if isinstance(receiver, Instance) else None
            if isinstance(found, InstanceObject) and isinstance(found.cls, External):
                callbacks.run_handed_over(m, f"{found.cls.qualname}.{name}", args, site)
            calls.forget(m, receiver, f"{name}()")
            return calls.unknown_call(m, ForeignMethod(receiver, name), args, site, f"call of method {name}")


def _apply_function(m: Machine, cls: Class, args: Args, site: Site) -> Value:
    """`Function.apply(…)`: its `forward` without gradients. What it gives is another tensor, of whose backward nothing
    is known; it may share memory with what was given.
    """
    method = classes.find_method(m, cls, "forward")
    if not isinstance(method, Function):
        return calls.unknown_call(m, ForeignMethod(cls, "apply"), args, site, "call of an autograd function")
    two_steps = isinstance(classes.find_method(m, cls, "setup_context"), Function)
    first = [] if two_steps else [Unknown("context of an autograd function")]
    grad = m.state.grad
    m.state.grad = False
    result = calls.invoke(m, method, Args([*first, *args.positional], args.keywords, args.complete), site)
    m.state.grad = grad
    given = custom_views.given_back(m, method, cls, args.all(), result, site)
    return _from_backward(_recomputed(m, given))


def _from_backward(value: Value) -> Value:
    """What an autograd function gives is no leaf, and needs gradients as its inputs do."""
    match value:
        case Tensor(alias="custom"):
            return value
        case Tensor():
            return replace(value, needs_grad=None, leaf=False)
        case Tuple(items=items):
            return Tuple(tuple(map(_from_backward, items)))
        case _:
            return value


def _tensor_method(m: Machine, receiver: Tensor, name: str, args: Args, site: Site, discarded: bool) -> Value:
    op = torchapi.method(name)
    if op is None:
        return calls.unknown_call(m, ForeignMethod(receiver, name), args, site, f"tensor method {name}")
    bound: dict[str, Value] = {"input": receiver, **tensors.bind(op, args.positional, args.keywords)}
    if not args.complete:
        tensors.bind_sizes(op, args, bound)
    return tensors.apply(m, op, bound, site, ForeignMethod(receiver, name), None, discarded)


# ------------------------------------------------------------------------------------------------------------- builtins


def _limits(m: Machine, args: Args, site: Site) -> Value:
    return Unknown("limits of a type of number", True)


def _of_numbers(function: Callable[..., object]) -> Callable[[Machine, Args, Site], Value]:
    def run(m: Machine, args: Args, site: Site) -> Value:
        values: list[Value] = list(args.positional)
        if function is int and len(values) == 1 and type(values[0]) is Computed:
            return computed("int", values[0])
        if len(values) == 1 and (items := elements(m, values[0])) is not None and function in (max, min, sum):
            values = list(items)
        constants = [value.value for value in values if isinstance(value, Constant)]
        if args.keywords or not args.complete or len(constants) != len(values) or not values:
            return Unknown("computed number", True)
        try:
            whole = function in (max, min, sum) and len(args.positional) == 1
            result = function(constants) if whole else function(*constants)
        except (TypeError, ValueError, OverflowError, ZeroDivisionError, LookupError):
            return Unknown("computed number", True)
        if isinstance(result, str):
            return text_value(result)
        return Constant(result) if isinstance(result, (int, float, bool)) else Unknown("computed number", True)

    return run


def _bool(m: Machine, args: Args, site: Site) -> Value:
    known = truth(m, args.positional[0]) if args.positional else False
    if isinstance(known, bool):
        return Constant(known)
    if isinstance(known, Test) and isinstance(args.positional[0], Symbol):
        return args.positional[0]
    return Unknown("bool", True)


def _quantifier(wanted: bool) -> Callable[[Machine, Args, Site], Value | None]:
    """`any` (of which one `wanted` is enough) and `all`."""

    def handler(m: Machine, args: Args, site: Site) -> Value | None:
        items = elements(m, args.positional[0]) if len(args.positional) == 1 else None
        if items is None:
            return None
        found = [truth(m, item) for item in items]
        if any(known is wanted for known in found):
            return Constant(wanted)
        return Constant(not wanted) if all(isinstance(known, bool) for known in found) else Unknown("bool", True)

    return handler


def _getattr(m: Machine, args: Args, site: Site) -> Value:
    if len(args.positional) < 2:
        return Unknown("getattr")
    receiver, name = args.positional[0], args.positional[1]
    if isinstance(name, Join):
        return attributes.distribute(
            m, name, lambda option: _getattr(m, Args([receiver, option, *args.positional[2:]]), site)
        )
    if not isinstance(name, Constant) or not isinstance(name.value, str):
        return Unknown("getattr with an unknown name")
    if len(args.positional) == 3:
        value = attributes._get(m, receiver, name.value, site)
        if isinstance(value, Unset):
            return args.positional[2]
        if isinstance(value, Join):
            return make_join(
                [(when, args.positional[2] if isinstance(v, Unset) else v) for when, v in options(value)], m.merge
            )
        return value
    return attributes.get(m, receiver, name.value, site)


def _hasattr(m: Machine, args: Args, site: Site) -> Value:
    name = args.get(1, "name")
    if not args.positional or not isinstance(name, Constant) or not isinstance(args.positional[0], (Module, Instance)):
        return Unknown("hasattr", True)
    value = attributes._get(m, args.positional[0], str(name.value), site)
    if isinstance(value, Unset):
        # Absent as far as is seen; a subclass or a caller may define it, which is why it is asked.
        return Unknown("hasattr", True)
    if isinstance(value, Join):
        return make_join([(when, Constant(not isinstance(v, Unset))) for when, v in options(value)], m.merge)
    return Unknown("hasattr", True) if isinstance(value, Unknown) else Constant(True)


def _setattr(m: Machine, args: Args, site: Site) -> Value:
    if len(args.positional) != 3:
        return Unknown("setattr")
    receiver, name, value = args.positional
    if isinstance(name, Constant) and isinstance(name.value, str):
        attributes.store(m, receiver, name.value, value, site)
    else:
        calls.forget(m, receiver, "setattr with a computed name")
    return NONE


def _partial(m: Machine, args: Args, site: Site) -> Value:
    if not args.positional or not args.complete:
        return Unknown("partial")
    return Partial(args.positional[0], tuple(args.positional[1:]), tuple(args.keywords.items()))


def _reparametrized(m: Machine, args: Args, site: Site) -> Value | None:
    """`spectral_norm(layer)`: the layer itself, with weights that are computed from others from here on."""
    module = args.get(0, "module")
    if not isinstance(module, Module):
        return None
    calls.escape(m, (module,), "computed weights", site)
    return module


def _deepcopy(m: Machine, args: Args, site: Site) -> Value:
    """A copy of a module is another module with the same structure (shallowly followed)."""
    value = args.positional[0] if args.positional else NONE
    if isinstance(value, Module):
        return Module(m.allocate(m.state.heap[value.ref]))
    return value if isinstance(value, (Constant, External, Class, Function)) else Unknown("deepcopy")


def _namespace(m: Machine, args: Args, site: Site) -> Value:
    ref = m.allocate(InstanceObject(External("types.SimpleNamespace"), site, {}, dict(args.keywords)))
    if not args.complete or args.positional:
        calls.forget(m, Instance(ref), "computed fields")
    return Instance(ref)


def _parameter(m: Machine, args: Args, site: Site) -> Value:
    flag = args.get(1, "requires_grad")
    trained = True if flag is None else flag.value is True if isinstance(flag, Constant) else None
    tensor = m.fresh(len(m.trace.events), trained, leaf=True, owner="parameter")
    data = args.get(0, "data")
    m.record(Argument(m.where(site), "parameter", tensor, data if isinstance(data, Tensor) else None))
    if isinstance(data, Tensor) and data.root in m.sizes:
        m.sizes[tensor.root] = m.sizes[data.root]
    return tensor


def _buffer(m: Machine, args: Args, site: Site) -> Value:
    """`nn.Buffer(tensor)`: the tensor under another name, which no gradient flows through."""
    data = args.get(0, "data")
    tensor = m.fresh(len(m.trace.events), None if isinstance(data, Unknown) else False, owner="buffer")
    m.record(Argument(m.where(site), "buffer", tensor, data if isinstance(data, Tensor) else None))
    if isinstance(data, Tensor) and data.root in m.sizes:
        m.sizes[tensor.root] = m.sizes[data.root]
    return tensor


def _nothing(m: Machine, args: Args, site: Site) -> Value:
    return NONE


def _false(m: Machine, args: Args, site: Site) -> Value:
    return Constant(False)


def _identity(m: Machine, args: Args, site: Site) -> Value:
    return args.get(1, "val") or Unknown("cast")


def _compiled(m: Machine, args: Args, site: Site) -> Value | None:
    """`torch.compile(model)` is called as the model is, and has its attributes."""
    value = args.get(0, "model")
    return value if isinstance(value, (Module, Function, Method)) else None


def _checkpoint(m: Machine, args: Args, site: Site) -> Value:
    """`checkpoint(function, *args)` calls the function. It keeps the inputs, and computes again what was saved inside:
    writing to what comes out is no problem.
    """
    if not args.positional:
        return Unknown("checkpoint")
    own = {"use_reentrant", "preserve_rng_state", "determinism_check", "debug", "context_fn", "early_stop"}
    keywords = {key: value for key, value in args.keywords.items() if key not in own}
    callee = External("torch.utils.checkpoint.checkpoint")
    index = m.record(CallEvent(m.where(site), callee, None, None, args.named(), Unknown("checkpoint"), False, False))
    for value in (*args.positional[1:], *keywords.values()):
        given = tensors.as_tensor(m, value)
        if given is not None and given.needs_grad is True:
            autograd.keep(m, given, index, "input")
    return _recomputed(m, calls.call(m, args.positional[0], Args(args.positional[1:], keywords, args.complete), site))


def _recomputed(m: Machine, value: Value) -> Value:
    """The value with storages of its own, of which nothing is saved."""
    match value:
        case Tensor(alias="custom"):
            return value
        case Tensor():
            return replace(value, number=m.number(), root=m.allocate(StorageObject()), alias="maybe")
        case Tuple(items=items):
            return Tuple(tuple(_recomputed(m, item) for item in items))
        case _:
            return value


_HANDLERS: dict[str, Callable[[Machine, Args, Site], Value | None]] = {
    **made_sequences.HANDLERS,
    "builtins.int": _of_numbers(int),
    "builtins.float": _of_numbers(float),
    "builtins.str": _of_numbers(str),
    "builtins.max": _of_numbers(max),
    "builtins.min": _of_numbers(min),
    "builtins.sum": _of_numbers(sum),
    "builtins.abs": _of_numbers(abs),
    "builtins.round": _of_numbers(round),
    "math.sqrt": _of_numbers(math.sqrt),
    "math.ceil": _of_numbers(math.ceil),
    "math.floor": _of_numbers(math.floor),
    "math.log": _of_numbers(math.log),
    "math.log2": _of_numbers(math.log2),
    "math.log10": _of_numbers(math.log10),
    "math.exp": _of_numbers(math.exp),
    "math.pow": _of_numbers(math.pow),
    "math.gcd": _of_numbers(math.gcd),
    "math.cos": _of_numbers(math.cos),
    "math.sin": _of_numbers(math.sin),
    "builtins.bool": _bool,
    "builtins.any": _quantifier(True),
    "builtins.all": _quantifier(False),
    "builtins.getattr": _getattr,
    "builtins.hasattr": _hasattr,
    "builtins.setattr": _setattr,
    "builtins.isinstance": class_tests.is_instance,
    "builtins.issubclass": class_tests.is_subclass,
    "builtins.type": class_tests.type_of,
    "builtins.callable": class_tests.is_callable,
    "builtins.print": _nothing,
    "functools.partial": _partial,
    "copy.deepcopy": _deepcopy,
    "copy.copy": _deepcopy,
    "types.SimpleNamespace": _namespace,
    "torch.jit.is_scripting": _false,
    "torch.finfo": _limits,
    "torch.iinfo": _limits,
    "typing.cast": _identity,
    "torch.compile": _compiled,
    "warnings.warn": _nothing,
    "torch.nn.Parameter": _parameter,
    "torch.nn.parameter.Parameter": _parameter,
    "torch.nn.Buffer": _buffer,
    "torch.nn.parameter.Buffer": _buffer,
    "torch.utils.checkpoint.checkpoint": _checkpoint,
    "torch.nn.utils.weight_norm": _reparametrized,
    "torch.nn.utils.spectral_norm": _reparametrized,
    "torch.nn.utils.parametrizations.weight_norm": _reparametrized,
    "torch.nn.utils.parametrizations.spectral_norm": _reparametrized,
    "torch.nn.utils.parametrizations.orthogonal": _reparametrized,
}
