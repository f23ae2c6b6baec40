"""Modules of torch: how constructors bind, what containers hold, what calling them does."""

from __future__ import annotations

from actlint import torchapi
from actlint.facts import Site
from actlint.model import applied, attributes, calls, classes, custom_views, gradients, hyperparameters, tensors
from actlint.model.args import Args
from actlint.model.conditions import LOOP
from actlint.model.events import Call, LoopEdge
from actlint.model.machine import Machine
from actlint.model.sequences import choices, element, elements, one_of
from actlint.model.state import DictObject, ModuleObject, join_values, negate
from actlint.model.values import (
    Class,
    Constant,
    DictRef,
    External,
    ForeignMethod,
    Function,
    Join,
    Module,
    Tensor,
    Test,
    Tuple,
    Unknown,
    Value,
)
from actlint.model.values import (
    Iterator as IteratorValue,
)
from actlint.torchapi import lightning

_LISTS = frozenset({"torch.nn.ModuleList", "torch.nn.ParameterList"})
_DICTS = frozenset({"torch.nn.ModuleDict", "torch.nn.ParameterDict"})
SEQUENTIAL = "torch.nn.Sequential"
_CONTAINERS = _LISTS | _DICTS | {SEQUENTIAL}
ALL_MODULES = frozenset({"modules()", "named_modules()"})
"""The reasons why one of a model's modules, nobody knows which, is unknown."""
HOOKED = "hooked"
"""The mark among a layer's arguments that it may take or give something else: by a hook, or since it was changed."""


def construct(m: Machine, qualname: str, args: Args, site: Site) -> Value:
    """`nn.Linear(…)`: a module object with its arguments bound by the constructor's parameter names."""
    ref = m.allocate(ModuleObject(External(qualname), site))
    value = Module(ref)
    initialise(m, value, qualname, args, site)
    m.record(Call(m.where(site), External(qualname), None, None, args.named(), value, False, False))
    return value


def initialise(m: Machine, value: Module, qualname: str, args: Args, site: Site) -> None:
    """Bind a torch layer's constructor arguments, or fill a container."""
    found = m.state.heap[value.ref]
    assert isinstance(found, ModuleObject)
    if qualname == SEQUENTIAL:
        children = _sequential(m, args)
        any_of = (*args.positional, *(args.rest or ()))
        named = args.complete and isinstance(any_of[0], DictRef) if any_of else False
        alike = one_of(m, any_of) if children is None and not named and args.rest is not None and any_of else None
        m.state.heap[value.ref] = calls.replaced(found, children=children, element=_usable(alike))
        return
    if qualname in _LISTS:
        items = elements(m, args.positional[0]) if args.positional else ()
        children = None if items is None or not args.complete else tuple((str(i), v) for i, v in enumerate(items))
        alike = element(m, args.positional[0]) if children is None and args.positional else None
        m.state.heap[value.ref] = calls.replaced(found, children=children, element=_usable(alike))
        return
    if qualname in _DICTS:
        m.state.heap[value.ref] = calls.replaced(found, children=_entries(m, args))
        return
    if qualname in torchapi.WRAPPERS:
        inner = args.get(0, "module")
        if isinstance(inner, Module):
            m.state.heap[value.ref] = calls.replaced(found, children=(("module", inner),))
        return
    op = torchapi.layer(qualname)
    bound = dict(args.keywords) if op is None else tensors.bind(op, args.positional, args.keywords)
    if op is not None:
        for param in op.params:
            if param.name not in bound and _literal(param.default):
                bound[param.name] = Constant(param.default)
    if not args.complete:
        bound["*"] = Unknown("arguments passed through * or **")
    m.state.heap[value.ref] = calls.replaced(found, args=bound)


def _usable(value: Value | None) -> Value | None:
    return None if isinstance(value, Unknown) else value


def grown(m: Machine, module: ModuleObject, *more: Value) -> ModuleObject:
    """A container that `more` is put into, nobody knows where or how often."""
    before = (module.element,) if module.children is None else tuple(child for _, child in module.children)
    known = tuple(value for value in (*before, *more) if value is not None)
    alike = None if len(known) < len(before) + len(more) else one_of(m, _unlike(m, known))
    return calls.replaced(module, children=None, element=_usable(alike))


def _unlike(m: Machine, values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Of modules that are built at one place, which look alike, only the first."""
    kept: dict[object, Value] = {}
    for value in values:
        found = m.state.heap.get(value.ref) if isinstance(value, Module) else None
        kept.setdefault(found.site if isinstance(found, ModuleObject) else value, value)
    return tuple(kept.values())


def _literal(default: object) -> bool:
    return default is None or isinstance(default, (bool, int, float, str))


def _sequential(m: Machine, args: Args) -> tuple[tuple[str, Value], ...] | None:
    if not args.complete:
        return None
    if len(args.positional) == 1:
        entries = _mapping(m, args.positional[0])
        if entries is not None or isinstance(args.positional[0], DictRef):
            return entries
    return tuple((str(i), value) for i, value in enumerate(args.positional))


def _entries(m: Machine, args: Args) -> tuple[tuple[str, Value], ...] | None:
    if not args.positional and not args.keywords:
        return () if args.complete else None
    return _mapping(m, args.positional[0]) if args.positional else None


def _mapping(m: Machine, value: Value) -> tuple[tuple[str, Value], ...] | None:
    if not isinstance(value, DictRef):
        return None
    entries = m.state.heap[value.ref]
    assert isinstance(entries, DictObject)
    if not entries.complete or not all(isinstance(key, str) for key in entries.items):
        return None
    return tuple((str(key), item) for key, item in entries.items.items())


def call_module(m: Machine, module: Module, args: Args, site: Site, discarded: bool) -> Value:
    """`module(…)`: a torch layer's forward from the table, a container's, or the project's `forward` inlined."""
    found = m.state.heap[module.ref]
    assert isinstance(found, ModuleObject)
    if found.args and custom_views.is_hooked(m, found):
        given = custom_views.into(m, module, args, site)
        return custom_views.out_of(m, module, _call(m, module, found, given, site, discarded), site)
    return _call(m, module, found, args, site, discarded)


def _call(m: Machine, module: Module, found: ModuleObject, args: Args, site: Site, discarded: bool) -> Value:
    if isinstance(found.cls, Class):
        return _call_project(m, module, found.cls, args, site, discarded)
    return _call_torch(m, module, found, found.cls.qualname, args, site, discarded)


def _call_project(m: Machine, module: Module, cls: Class, args: Args, site: Site, discarded: bool) -> Value:
    if isinstance(classes.find_method(m, cls, "__call__"), Function):
        return calls.unknown_call(m, module, args, site, "__call__ is redefined")
    method = classes.find_method(m, cls, "forward")
    if isinstance(method, Function):
        given = Args([module, *args.positional], args.keywords, args.complete)
        result = calls.invoke(m, method, given, site)
        m.record(Call(m.where(site), module, None, module, args.named(), result, False, discarded))
        return result
    layer = classes.foreign_layer(m, cls)
    if isinstance(method, External) and layer:
        found = m.state.heap[module.ref]
        assert isinstance(found, ModuleObject)
        return _call_torch(m, module, found, layer, args, site, discarded)
    return calls.unknown_call(m, module, args, site, "a module without a visible forward")


def _call_torch(
    m: Machine, module: Module, found: ModuleObject, qualname: str, args: Args, site: Site, discarded: bool
) -> Value:
    if qualname == SEQUENTIAL:
        return _call_sequential(m, module, found, args, site, discarded)
    if qualname in torchapi.WRAPPERS and found.children and not found.open:
        return calls.call(m, found.children[0][1], args, site, discarded)
    op = torchapi.layer(qualname)
    if op is None or op.kind == "container":
        return calls.unknown_call(m, module, args, site, f"call of {qualname}")
    return tensors.apply(m, op, _bind_forward(op, args), site, module, module, discarded)


def _bind_forward(op: torchapi.Op, args: Args) -> dict[str, Value]:
    """Forward's arguments by name: the table's tensor names in order."""
    bound: dict[str, Value] = {}
    for name, value in zip(op.tensors, args.positional, strict=False):
        bound[name] = value
    bound.update(args.keywords)
    return bound


def _call_sequential(m: Machine, module: Module, found: ModuleObject, args: Args, site: Site, discarded: bool) -> Value:
    if found.children is None and found.element is not None and len(args.positional) == 1 and not args.keywords:
        return _call_repeated(m, module, found.element, args, site, discarded)
    if found.children is None or found.open or len(args.positional) != 1:
        return calls.unknown_call(m, module, args, site, "a Sequential whose layers are not all known")
    value = args.positional[0]
    for index, (_, child) in enumerate(found.children):
        last = index == len(found.children) - 1
        if isinstance(child, Constant):
            value = Unknown("no layer")
            continue
        value = calls.call(m, child, Args([value]), site, discarded and last)
    m.record(Call(m.where(site), module, None, module, args.named(), value, False, discarded))
    return value


def _call_repeated(m: Machine, module: Module, layer: Value, args: Args, site: Site, discarded: bool) -> Value:
    """A Sequential of an unknown number of layers that look alike, or are some of a few: one in the middle."""
    before = args.positional[0]
    m.blurred += 1
    try:
        given = tensors.carried(m, before, "input") or Unknown("changes in a loop")
        made = calls.call(m, layer, Args([given]), site)
    finally:
        m.blurred -= 1
    if isinstance(made, Tensor):
        m.record(LoopEdge(m.where(site), (made,)))
    ran = Test(f"{LOOP}{m.number()}", True, "the container has layers")
    value = join_values(before, (negate(ran),), made, (ran,), m.merge)
    result = tensors.as_tensor(m, value) or value
    m.record(Call(m.where(site), module, None, module, args.named(), result, False, discarded))
    return result


def module_method(m: Machine, module: Module, name: str, args: Args, site: Site, discarded: bool) -> Value:
    """A method that `nn.Module` or a torch layer gives."""
    found = m.state.heap[module.ref]
    assert isinstance(found, ModuleObject)
    match name:
        case "super.__init__" | "__init__":
            calls.foreign_init(m, module, args, site)
            return Constant(None)
        case "register_buffer" | "register_parameter" | "add_module" | "register_module" | "__setattr__":
            return _register(m, module, name, args, site)
        case "forward":
            layer = found.cls.qualname if isinstance(found.cls, External) else classes.foreign_layer(m, found.cls)
            direct = ForeignMethod(module, "forward")
            m.record(Call(m.where(site), direct, None, module, args.named(), Unknown("direct"), False, discarded))
            return _call_torch(m, module, found, layer, args, site, discarded) if layer else Unknown("forward")
        case "to" | "cuda" | "cpu" | "eval" | "train" | "float" | "double" | "half" | "bfloat16" | "compile":
            return module
        case "apply":
            applied.apply(m, module, args, site)
            return module
        case "requires_grad_":
            flag = args.get(0, "requires_grad")
            gradients.freeze(m, module, True if flag is None or flag == Constant(True) else None)
            return module
        case "append" | "extend" | "insert" | "add" | "update" | "pop":
            result = _fill(m, module, found, name, args)
            m.record(
                Call(m.where(site), ForeignMethod(module, name), None, None, args.named(), result, False, discarded)
            )
            return result
        case "values" | "items" | "keys" | "children" | "named_children" if _contains(m, found):
            return _children(found, name)
        case "parameters":
            return IteratorValue(gradients.parameters(m, module))
        case "named_parameters":
            return IteratorValue(Tuple((Unknown("name of a parameter"), gradients.parameters(m, module))))
        case "modules" | "named_modules" if (listed := custom_views.listed(m, module, name)) is not None:
            return listed
        case "modules" | "named_modules" | "state_dict" | "buffers":
            return Unknown(f"{name}()")
        case "register_forward_hook" | "register_forward_pre_hook" if isinstance(found.cls, External):
            m.state.heap[module.ref] = calls.replaced(found, args={**found.args, HOOKED: Constant(True)})
            calls.escape(m, args.all(), f"{name}()", site)
            return Unknown(f"{name}()")
        case _ if name == lightning.SAVES_HYPERPARAMETERS:
            hyperparameters.save(m, module, args)
            return Constant(None)
        case _ if name in custom_views.HOOKS:
            return custom_views.register(m, module, args, name, site)
        case _:
            calls.escape(m, args.all(), f"{name}()", site)
            return Unknown(f"{name}() of a module")


def _register(m: Machine, module: Module, name: str, args: Args, site: Site) -> Value:
    key = args.get(0, "name")
    keyword = {"register_buffer": "tensor", "register_parameter": "param", "__setattr__": "value"}.get(name, "module")
    value = args.get(1, keyword) or Constant(None)
    if not isinstance(key, Constant) or not isinstance(key.value, str) or not args.complete:
        _forget_names(m, module, *([value] if name in ("add_module", "register_module", "__setattr__") else []))
        return Constant(None)
    if name == "register_buffer" and isinstance(value, Unknown):
        value = m.fresh(-1, False, owner=key.value)
    found = m.state.heap[module.ref]
    assert isinstance(found, ModuleObject)
    if name in ("add_module", "register_module") and found.children is not None and classes.foreign_layer(m, found.cls):
        children = (*((n, v) for n, v in found.children if n != key.value), (key.value, value))
        m.state.heap[module.ref] = grown(m, found, value) if m.blurred else calls.replaced(found, children=children)
    attributes.store(m, module, key.value, value, site)
    if name in ("add_module", "register_module"):
        callee = ForeignMethod(module, name)
        m.record(Call(m.where(site), callee, None, None, args.named(), Constant(None), False, True))
    return Constant(None)


def _forget_names(m: Machine, module: Module, *more: Value) -> None:
    found = m.state.heap[module.ref]
    assert isinstance(found, ModuleObject)
    layers = grown(m, found, *more) if classes.foreign_layer(m, found.cls) in _CONTAINERS else found
    reason = found.open or "attributes with computed names"
    m.state.heap[module.ref] = calls.replaced(layers, open=reason, children=None)


def _fill(m: Machine, module: Module, found: ModuleObject, name: str, args: Args) -> Value:
    """`append`, `extend`, `insert`, `update` of a container."""
    children = found.children
    first = args.positional[0] if args.positional else None
    if children is not None and args.complete and not m.blurred and first is not None:
        values = [value for _, value in children]
        if name == "append":
            values.append(first)
        elif name == "extend" and (more := elements(m, first)) is not None:
            values.extend(more)
        elif (
            name == "insert"
            and isinstance(first, Constant)
            and isinstance(first.value, int)
            and len(args.positional) == 2
        ):
            values.insert(first.value, args.positional[1])
        elif name == "update" and (entries := _mapping(m, first)) is not None:
            m.state.heap[module.ref] = calls.replaced(
                found, children=tuple({**dict(children), **dict(entries)}.items())
            )
            return Constant(None)
        else:
            m.state.heap[module.ref] = _filled(m, found, name, args)
            return module
        m.state.heap[module.ref] = calls.replaced(found, children=tuple((str(i), v) for i, v in enumerate(values)))
        return module
    m.state.heap[module.ref] = _filled(m, found, name, args)
    return module


def _filled(m: Machine, found: ModuleObject, name: str, args: Args) -> ModuleObject:
    """A container after `append` and the like, where it is not known what it has."""
    last = args.positional[-1] if args.positional and args.complete else None
    match name:
        case "append" | "insert" if last is not None:
            return grown(m, found, last)
        case "extend" if last is not None and choices(m, last):
            return grown(m, found, *choices(m, last))
        case "pop":
            return grown(m, found)
        case _:
            return calls.replaced(found, children=None, element=None)


def _contains(m: Machine, found: ModuleObject) -> bool:
    """Whether a module's children are what it is given as a container."""
    known = found.children is not None or found.element is not None
    return known and (isinstance(found.cls, External) or classes.foreign_layer(m, found.cls) in _CONTAINERS)


def _children(found: ModuleObject, name: str) -> Value:
    if found.children is None:
        key, value = Unknown("name of a module", True), found.element or Unknown("element of an unknown container")
        return IteratorValue(
            key if name == "keys" else value if name in ("values", "children") else Tuple((key, value))
        )
    match name:
        case "keys":
            return Tuple(tuple(Constant(key) for key, _ in found.children))
        case "items" | "named_children":
            return Tuple(tuple(Tuple((Constant(key), value)) for key, value in found.children))
        case _:
            return Tuple(tuple(value for _, value in found.children))


def is_tensor(value: Value) -> bool:
    """Whether a value is certainly a tensor."""
    return isinstance(value, Tensor) or (
        isinstance(value, Join) and all(isinstance(v, Tensor) for _, v in value.options)
    )
