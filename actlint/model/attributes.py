"""Reading and writing attributes and items."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from actlint import torchapi
from actlint.facts import FunctionDef, Site
from actlint.model import (
    calls,
    classes,
    expressions,
    gradients,
    layers,
    mappings,
    module_level,
    results,
    stale,
    tensors,
)
from actlint.model.args import Args
from actlint.model.events import Read, Store
from actlint.model.link import Binding, member
from actlint.model.machine import Machine
from actlint.model.state import DictObject, InstanceObject, ModuleObject, conjoin, make_join, options, select
from actlint.model.values import (
    NONE,
    UNSET,
    Class,
    Condition,
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
    ModuleFile,
    Partial,
    Super,
    Symbol,
    Tensor,
    Test,
    Tuple,
    Unknown,
    Unset,
    Value,
)
from actlint.torchapi.packages import method_of_layer

_Found = TypeVar("_Found")
AUTOGRAD_FUNCTIONS = frozenset({"torch.autograd.Function", "torch.autograd.function.Function"})


def alternatives(m: Machine, value: Join, function: Callable[[Value], _Found]) -> list[tuple[Condition, _Found]]:
    """`function` of each option that the path allows, worked out under the option's condition."""
    found: list[tuple[Condition, _Found]] = []
    before = m.state.condition
    for when, option in options(select(value, before)):
        both = conjoin(before, when)
        if both is None:
            continue
        m.state.condition = both
        found.append((when, function(option)))
        m.state.condition = before
    return found


def distribute(m: Machine, value: Join, function: Callable[[Value], Value]) -> Value:
    """`function` of each option that the path allows, under the option's condition."""
    found = alternatives(m, value, function)
    return make_join(found, m.merge) if found else Unknown("no path")


def get(m: Machine, receiver: Value, name: str, site: Site) -> Value:
    """`receiver.name`; what is certainly or possibly missing is recorded as a read of Unset and is Unknown from there
    on.
    """
    if isinstance(receiver, Join):
        return distribute(m, receiver, lambda option: get(m, option, name, site))
    value = select(_get(m, receiver, name, site), m.state.condition)
    if isinstance(receiver, (Module, Instance, Super)):
        m.record(Read(m.where(site), receiver, name, value))
    if isinstance(value, Tensor):
        if m.overwritten:
            stale.read(m, site, f".{name}", value)
        return m.current(value)
    return _without_unset(m, value, name)


def _without_unset(m: Machine, value: Value, name: str) -> Value:
    """On the path that goes on, the attribute was there."""
    if isinstance(value, Unset):
        return Unknown(f"attribute that is not defined: {name}")
    if isinstance(value, Join):
        kept = tuple((when, option) for when, option in value.options if not isinstance(option, Unset))
        if len(kept) == 1 and isinstance(kept[0][1], Constant):
            survived(m, value)  # a flag that is there on one path only: what is tested with it happens on that path
        if kept:
            return kept[0][1] if len(kept) == 1 else Join(kept)
        return Unknown(f"attribute that is not defined: {name}")
    return value


def survived(m: Machine, value: Value) -> None:
    """The run goes on past a read of what is there on one path only: it is on that path."""
    if type(value) is Join:
        kept = [when for when, option in value.options if not isinstance(option, Unset)]
        if len(kept) == 1 < len(value.options):
            guards = tuple(Test(test.key, test.positive, test.text, True) for test in kept[0])
            m.state.condition = conjoin(m.state.condition, guards) or m.state.condition


def _get(m: Machine, receiver: Value, name: str, site: Site) -> Value:
    match receiver:
        case Module():
            return _of_module(m, receiver, name, site)
        case Instance():
            return _of_instance(m, receiver, name, site)
        case Super():
            return _of_super(m, receiver, name)
        case Class() | Function() | External() if name == "__name__":
            return _own_name(m, receiver)
        case Class():
            return of_class(m, receiver, name, None, site)
        case ModuleFile():
            return linked(m, member(m.names, receiver, name), name)
        case External(qualname=qualname):
            return External(f"{qualname}.{name}")
        case Tensor():
            return tensors.attribute(m, m.current(receiver), name, site)  # one of a Join is as it was joined
        case Symbol(key=key, label=label, role=role):
            if role == "argument" and (name in ("items", "keys") or torchapi.method(name) is not None):
                return ForeignMethod(receiver, name)
            return Symbol(f"{key}.{name}", f"{label}.{name}", "parameter")
        case Tuple() | Iterator() if (position := results.field(receiver, name)) is not None:
            return receiver.items[position] if isinstance(receiver, Tuple) else tensors.part(m, receiver, position)
        case Constant() | Tuple() | ListRef() | DictRef() | Iterator():
            return ForeignMethod(receiver, name)
        case Partial(function=function) if name == "func":
            return function
        case Partial(args=args) if name == "args":
            return Tuple(args)
        case Partial(keywords=keywords) if name == "keywords":
            return DictRef(m.allocate(DictObject(dict(keywords))))
        case Function() | Method() | Partial() | ForeignMethod():
            return Unknown(f"attribute {name} of a function")
        case _:
            return receiver if isinstance(receiver, Unknown) else Unknown(f"attribute {name}")


def _own_name(m: Machine, value: Class | Function | External) -> Value:
    """`__name__` of a class or function."""
    match value:
        case Class():
            return Constant(classes.class_info(m, value).code.name)
        case Function(code=FunctionDef(name=name)):
            return Constant(name)
        case External(qualname=qualname) if torchapi.is_module_class(qualname):
            return Constant(qualname.rpartition(".")[2])
        case _:
            return Unknown("__name__", True)


def linked(m: Machine, found: list[Value | Binding], name: str) -> Value:
    """What a linked name is, evaluated where a statement defines it."""
    values: list[tuple[Condition, Value]] = []
    for index, entry in enumerate(found):
        value = entry
        if isinstance(entry, Binding):
            value = module_level.global_value(m, m.names.files[entry.site.path], _name_of(entry, name))
        assert not isinstance(value, Binding)
        values.append(((Test(f"?import:{name}#{index}", True, f"{name} is that of another import"),), value))
    if len(values) == 1:
        return values[0][1]
    return make_join(values, m.merge) if values else Unknown(f"{name} is not defined in its module")


def _name_of(binding: Binding, name: str) -> str:
    """The name under which the binding's own file knows it (an import may have renamed it)."""
    from actlint.facts import AnnAssign, Assign
    from actlint.model.walk import target_names

    statement = binding.statement
    if isinstance(statement, Assign):
        names = [n for target in statement.targets for n in target_names(target)]
        return name if name in names or not names else names[0]
    if isinstance(statement, AnnAssign):
        return next(target_names(statement.target), name)
    return name


def _of_module(m: Machine, receiver: Module, name: str, site: Site) -> Value:
    module = m.state.heap[receiver.ref]
    assert isinstance(module, ModuleObject)
    own = select(module.attrs.get(name, UNSET), m.state.condition)
    if isinstance(own, Unset):
        return _of_its_class(m, receiver, module, name, site)
    if isinstance(own, Join) and any(isinstance(value, Unset) for _, value in own.options):
        inherited = _of_its_class(m, receiver, module, name, site)
        return make_join([(w, inherited if isinstance(v, Unset) else v) for w, v in own.options], m.merge)
    return own


def _of_its_class(m: Machine, receiver: Module, module: ModuleObject, name: str, site: Site) -> Value:
    """What is found where the instance itself has no such attribute."""
    if name == "training":
        return Symbol("training", "self.training", "training")
    if module.children:
        for child, value in module.children:
            if child == name:
                return value
    if isinstance(module.cls, Class):
        return of_class(m, module.cls, name, receiver, site, module)
    return _of_torch_layer(m, receiver, module, module.cls.qualname, name)


def _of_torch_layer(m: Machine, receiver: Module, module: ModuleObject, qualname: str, name: str) -> Value:
    known = torchapi.class_attributes(qualname)
    if name in module.args and name not in ("weight", "bias"):
        return module.args[name]
    if known is not None and name not in known and name not in torchapi.MODULE_ATTRIBUTES:
        hidden = module.open or ("a container whose entries are not all known" if module.children is None else "")
        return Unknown(hidden) if hidden else UNSET
    if name in ("weight", "bias"):
        return NONE if _omitted(module, name) else tensors.parameter(m, receiver, name)
    if name == "__class__":
        return module.cls
    if known is None:
        function = method_of_layer(qualname, name)
        return Unknown(f"attribute of {qualname}") if function is None else External(function)
    return ForeignMethod(receiver, name)


def _omitted(module: ModuleObject, name: str) -> bool:
    """Whether a layer was made without its weight or bias, so that None stands there."""
    flags = ("affine", "elementwise_affine", *((name,) if name == "bias" else ()))
    return any(module.args.get(flag) == Constant(False) for flag in flags)


def of_class(
    m: Machine,
    cls: Class,
    name: str,
    receiver: Module | Instance | None,
    site: Site,
    found: ModuleObject | InstanceObject | None = None,
) -> Value:
    """What the class and its ancestors give for `name`, bound to `receiver` if there is one."""
    for ancestor in classes.mro(m, cls):
        match ancestor:
            case Class():
                info = classes.class_info(m, ancestor)
                code = info.methods.get(name)
                if code is not None:
                    return bind_method(m, ancestor, code, receiver if receiver is not None else cls, site)
                if name in info.attributes:
                    made = expressions.in_scope_of(m, ancestor.site, ancestor.frame, info.attributes[name])
                    mappings.share(m, made)
                    return made
                if name in info.opaque:
                    return Unknown(f"class attribute {name}")
            case External(qualname=qualname):
                if name == "apply" and receiver is None and qualname in AUTOGRAD_FUNCTIONS:
                    return ForeignMethod(cls, name)
                value = _of_foreign_base(m, qualname, name, receiver, found)
                if value is not None:
                    return value
            case _:
                return Unknown("a base class is unknown")
    reason = classes.open_reason(m, cls) or (found.open if found is not None else "")
    if isinstance(found, ModuleObject) and found.children is None:
        reason = reason or "a container whose entries are not all known"
    if reason or name.startswith("__"):
        return Unknown(reason or f"attribute {name}")
    return UNSET if receiver is not None else Unknown(f"attribute {name} of a class")


def _of_foreign_base(
    m: Machine, qualname: str, name: str, receiver: Value | None, found: ModuleObject | InstanceObject | None
) -> Value | None:
    known = classes.foreign_attributes(qualname)
    if known is None:
        return Unknown(f"inherits from {qualname}")
    if name not in known:
        return None
    if isinstance(receiver, Module) and isinstance(found, ModuleObject):
        if name in ("weight", "bias") and qualname != "torch.nn.Module":
            return NONE if _omitted(found, name) else tensors.parameter(m, receiver, name)
        if name in found.args:
            return found.args[name]
        return ForeignMethod(receiver, name)
    if isinstance(receiver, Instance) and qualname in classes.MAPPINGS:
        return ForeignMethod(receiver, name)
    return External(f"{qualname}.{name}")


def bind_method(m: Machine, owner: Class, code: FunctionDef, receiver: Value, site: Site) -> Value:
    """A function of a class body as an attribute: bound, static, class method, or the result of a property."""
    info = classes.class_info(m, owner)
    function = Function(Site(info.file.path, owner.site.chunk, code.ordinal), code, owner.frame, owner)
    names = classes.decorators(code)
    if "staticmethod" in names:
        return function
    if "classmethod" in names:
        if isinstance(receiver, (Module, Instance)):
            found = m.state.heap[receiver.ref]
            assert isinstance(found, (ModuleObject, InstanceObject))
            return Method(found.cls, function)
        return Method(receiver, function)
    if classes.is_property(code):
        if isinstance(receiver, Class):
            return Unknown("property of a class")
        return calls.invoke(m, function, Args([receiver]), site)
    return function if isinstance(receiver, Class) else Method(receiver, function)


def _of_instance(m: Machine, receiver: Instance, name: str, site: Site) -> Value:
    found = m.state.heap[receiver.ref]
    assert isinstance(found, InstanceObject)
    if name in found.attrs:
        return found.attrs[name]
    if name == "__dict__":
        own: dict[object, Value] = {key: value for key, value in found.attrs.items() if key.isidentifier()}
        return DictRef(m.allocate(DictObject(own, False)))
    if isinstance(found.cls, Class):
        return of_class(m, found.cls, name, receiver, site, found)
    return ForeignMethod(receiver, name)


def _of_super(m: Machine, receiver: Super, name: str) -> Value:
    start = receiver.receiver
    cls: Value = start
    if isinstance(start, (Module, Instance)):
        found = m.state.heap[start.ref]
        assert isinstance(found, (ModuleObject, InstanceObject))
        cls = found.cls
    if not isinstance(cls, Class):
        return Unknown("super() of an unknown class")
    method = classes.find_method(m, cls, name, receiver.owner)
    match method:
        case Function(code=code) if isinstance(code, FunctionDef):
            if "staticmethod" in classes.decorators(code):
                return method
            if classes.is_property(code):
                return calls.invoke(m, method, Args([start]), method.site)
            return Method(start, method)
        case External():
            return ForeignMethod(start, f"super.{name}") if name == "__init__" else ForeignMethod(start, name)
        case Unknown():
            return method
        case _:
            return ForeignMethod(start, f"super.{name}") if name == "__init__" else Unknown(f"super().{name}")


# --------------------------------------------------------------------------------------------------------------- stores


def store(m: Machine, receiver: Value, name: str, value: Value, site: Site) -> None:
    """`receiver.name = value`."""
    if isinstance(receiver, Join):
        for _, option in options(receiver):
            if isinstance(option, (Module, Instance)):
                forget_attribute(m, option, name)
        return
    if isinstance(receiver, Unknown) and receiver.reason in layers.ALL_MODULES:
        for ref, each in list(m.state.heap.items()):
            if isinstance(each, ModuleObject) and name in each.args:
                forget_attribute(m, Module(ref), name)
    ready: bool | None = True
    if isinstance(receiver, (Module, Instance)):
        found = m.state.heap[receiver.ref]
        assert isinstance(found, (ModuleObject, InstanceObject))
        ready = found.ready if isinstance(found, ModuleObject) else True
        attrs = dict(found.attrs)
        attrs[name] = value
        found = calls.replaced(found, attrs=attrs)
        if isinstance(found, ModuleObject) and _reshapes(found, name, value):
            set_ = {name: value} if name in found.args else {}
            found = calls.replaced(found, args={**found.args, **set_, layers.HOOKED: Constant(True)})
        m.state.heap[receiver.ref] = found
        if isinstance(receiver, Module) and isinstance(value, (Module, Unknown, Join, Symbol)):
            _becomes_child(m, receiver, name, value)
    m.record(Store(m.where(site), "attribute", receiver, name, value, ready))
    if name == "requires_grad":
        gradients.assigned(m, receiver, value)
    if isinstance(receiver, Tensor) and name == "data":
        tensors.overwrite_data(m, receiver, site)


def _reshapes(module: ModuleObject, name: str, value: Value) -> bool:
    """Whether a torch layer is changed after it was made: `conv.stride = 1`, `fc.weight = nn.Parameter(…)`.

    A weight that is another layer's is tied to it, and has the shape that fits.
    """
    if not isinstance(module.cls, External):
        return False
    return name in module.args or (name == "weight" and not (isinstance(value, Tensor) and value.owner == "weight"))


def _becomes_child(m: Machine, receiver: Module, name: str, value: Value) -> None:
    """What a container that torch knows is given as an attribute is one of its entries, if it is a module."""
    found = m.state.heap[receiver.ref]
    if not isinstance(found, ModuleObject) or found.children is None:
        return
    if classes.foreign_layer(m, found.cls) not in ("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict"):
        return
    entries = {**dict(found.children), name: value}
    known = isinstance(value, Module) and not m.blurred
    m.state.heap[receiver.ref] = calls.replaced(found, children=tuple(entries.items()) if known else None)


def forget_attribute(m: Machine, receiver: Module | Instance, name: str) -> None:
    """The attribute may have been changed."""
    found = m.state.heap[receiver.ref]
    assert isinstance(found, (ModuleObject, InstanceObject))
    unknown = Unknown("assigned through an unknown reference")
    found = calls.replaced(found, attrs={**found.attrs, name: unknown})
    if name in found.args:  # what a layer of torch was built with
        found = calls.replaced(found, args={**found.args, name: unknown})
    m.state.heap[receiver.ref] = found


def delete(m: Machine, receiver: Value, name: str, site: Site) -> None:
    """`del receiver.name`."""
    if isinstance(receiver, (Module, Instance)):
        found = m.state.heap[receiver.ref]
        assert isinstance(found, (ModuleObject, InstanceObject))
        attrs = {key: value for key, value in found.attrs.items() if key != name}
        m.state.heap[receiver.ref] = calls.replaced(found, attrs=attrs)


# ---------------------------------------------------------------------------------------------------------------- items
