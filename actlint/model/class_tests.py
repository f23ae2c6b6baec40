"""What asks for the class of a value: `isinstance`, `issubclass`, `callable`, `type`."""

from __future__ import annotations

import collections
import collections.abc
import functools
import numbers
import types
from collections.abc import Callable
from typing import Final

from actlint import torchapi
from actlint.facts import Site
from actlint.model import attributes, classes
from actlint.model.args import Args
from actlint.model.machine import Machine
from actlint.model.sequences import elements
from actlint.model.state import DictObject, InstanceObject, ListObject, ModuleObject, negate
from actlint.model.values import (
    NONE,
    Class,
    Constant,
    DictRef,
    External,
    Function,
    Instance,
    Join,
    ListRef,
    Method,
    Module,
    Partial,
    Symbol,
    Tensor,
    Test,
    Tuple,
    Unknown,
    Value,
)

_ABSTRACT: Final = {name: getattr(collections.abc, name) for name in collections.abc.__all__}

PYTHON: Final[dict[str, type]] = {
    **{
        f"builtins.{kind.__name__}": kind
        for kind in (bool, bytes, complex, dict, float, frozenset, int, list, object, range, set, slice, str, tuple)
    },
    "builtins.type": type,
    **{f"collections.abc.{name}": found for name, found in _ABSTRACT.items()},
    **{f"typing.{name}": found for name, found in _ABSTRACT.items()},
    "typing.Dict": dict,
    "typing.List": list,
    "typing.Tuple": tuple,
    "collections.OrderedDict": collections.OrderedDict,
    "collections.defaultdict": collections.defaultdict,
    "collections.deque": collections.deque,
    "functools.partial": functools.partial,
    "numbers.Integral": numbers.Integral,
    "numbers.Number": numbers.Number,
    "numbers.Real": numbers.Real,
    "types.FunctionType": types.FunctionType,
    "types.LambdaType": types.FunctionType,
    "types.MethodType": types.MethodType,
    "types.ModuleType": types.ModuleType,
}
"""Classes of Python that code asks for."""

_UNLIKE_CONSTANTS: Final = ("torch.", "builtins.", "functools.", "types.", "collections.", "numpy.ndarray")
"""How the names of classes begin that no number or text is of."""

_TENSOR: Final = frozenset(["Collection", "Container", "Hashable", "Iterable", "Reversible", "Sized"])
"""What a tensor is of `collections.abc`; a test holds it against torch."""

_METHODS: Final = {
    "Callable": ("__call__",),
    "Collection": ("__contains__", "__iter__", "__len__"),
    "Container": ("__contains__",),
    "Iterable": ("__iter__",),
    "Iterator": ("__iter__", "__next__"),
    "Reversible": ("__iter__", "__reversed__"),
    "Sized": ("__len__",),
}
"""What makes an object one of these: methods of its class."""

_OF_TORCH: Final = {
    "torch.nn.Module": frozenset({"__call__"}),
    "torch.nn.ModuleDict": frozenset({"__contains__", "__iter__", "__len__"}),
    "torch.nn.ModuleList": frozenset({"__iter__", "__len__"}),
    "torch.nn.ParameterDict": frozenset({"__contains__", "__iter__", "__len__", "__reversed__"}),
    "torch.nn.ParameterList": frozenset({"__iter__", "__len__"}),
    "torch.nn.Sequential": frozenset({"__iter__", "__len__"}),
}
"""Which of these methods modules of torch have; no other layer has any. A test holds it against torch."""


def is_instance(m: Machine, args: Args, site: Site) -> Value:
    """`isinstance(value, classes)`."""
    return _asked(m, args, _is_a, "is")


def is_subclass(m: Machine, args: Args, site: Site) -> Value:
    """`issubclass(cls, classes)`."""
    return _asked(m, args, _is_below, "derives from")


def is_callable(m: Machine, args: Args, site: Site) -> Value:
    """`callable(value)`."""
    value = args.positional[0] if args.positional else NONE
    if isinstance(value, (Function, Method, Class, Module, Partial)):
        return Constant(True)
    return Constant(False) if isinstance(value, Constant) else Unknown("callable")


def type_of(m: Machine, args: Args, site: Site) -> Value:
    """`type(value)`."""
    value = args.positional[0] if len(args.positional) == 1 else NONE
    if isinstance(value, (Module, Instance)):
        found = m.state.heap[value.ref]
        assert isinstance(found, (ModuleObject, InstanceObject))
        return found.cls
    return Unknown("type()")


def _asked(m: Machine, args: Args, verdict: Callable[[Machine, Value, Value], bool | None], verb: str) -> Value:
    reason = "isinstance" if verb == "is" else "issubclass"
    if len(args.positional) != 2:
        return Unknown(reason, True)
    value, wanted = args.positional
    if isinstance(value, Join):
        return attributes.distribute(m, value, lambda option: _asked(m, Args([option, wanted]), verdict, verb))
    choices = elements(m, wanted) or (wanted,)
    verdicts = [verdict(m, value, choice) for choice in choices]
    if any(known is True for known in verdicts):
        return Constant(True)
    if all(known is False for known in verdicts):
        return Constant(False)
    if isinstance(value, Symbol):
        shown = " or ".join(_shown(choice) for choice in choices)
        article = "is a" if verb == "is" else verb
        test = Test(f"{value.key}\0{reason} {choices!r}", True, f"{value.label} {article} {shown}")
        return Join((((test,), Constant(True)), ((negate(test),), Constant(False))))
    return Unknown(reason, True)


def _shown(value: Value) -> str:
    return value.qualname.rpartition(".")[2] if isinstance(value, External) else "class"


def _name(cls: Value) -> str:
    return torchapi.canonical(cls.qualname) if isinstance(cls, External) else ""


def _is_a(m: Machine, value: Value, cls: Value) -> bool | None:
    """Whether the value is an instance of the class, None if that cannot be told."""
    name = _name(cls)
    python = PYTHON.get(name)
    if python is object:
        return True
    match value:
        case Constant(value=constant):
            if python is not None:
                return isinstance(constant, python)
            return False if isinstance(cls, Class) or name.startswith(_UNLIKE_CONSTANTS) else None
        case Module(ref=ref) | Instance(ref=ref):
            found = m.state.heap[ref]
            assert isinstance(found, (ModuleObject, InstanceObject))
            if name == "torch.nn.Module":
                return isinstance(value, Module) or None
            if python is not None:
                return _behaves(m, found.cls, python)
            below = _is_below(m, found.cls, cls)
            return below if below or isinstance(value, Module) else None
        case Tuple():
            return None if python is None else issubclass(tuple, python)
        case ListRef(ref=ref):
            items = m.state.heap[ref]
            assert isinstance(items, ListObject)
            return None if python is None else issubclass(set if items.kind == "set" else list, python)
        case DictRef(ref=ref):
            assert isinstance(m.state.heap[ref], DictObject)
            # Whether it has an order of its own, or makes entries, is not kept.
            return True if python is not None and issubclass(dict, python) else _not_below(python, dict)
        case Class() | External():
            return _is_class_a(m, value, python)
        case Partial():
            return None if python is None else issubclass(functools.partial, python)
        case Tensor():
            if python is None:
                return True if name == "torch.Tensor" else False if name.startswith("numpy.") else None
            return name.rpartition(".")[2] in _TENSOR if python.__module__ == "collections.abc" else False
        case Function() | Method():
            if python in (types.FunctionType, types.MethodType):
                # A method that is taken from a class is a function; a decorated one may be anything callable.
                return True if isinstance(value, Function) and python is types.FunctionType else None
            if python is not None:
                return issubclass(types.FunctionType, python)
            return False if name.startswith("torch.nn.") else None
        case _:
            return None


def _not_below(python: type | None, own: type) -> bool | None:
    """False where no object whose class is `own`, or below it, is of a class of Python."""
    return None if python is None or issubclass(python, own) else False


def _is_class_a(m: Machine, value: Class | External, python: type | None) -> bool | None:
    """Whether a class, taken as a value, is an instance of one of Python's classes: the class of classes is `type`."""
    if python is None or not (isinstance(value, Class) or torchapi.is_module_class(value.qualname)):
        return None
    behaviour = python.__module__ == "collections.abc" and python.__name__ != "Callable"
    if behaviour and not classes.is_module(m, value):
        return None  # an enumeration can be iterated: its class is not just `type`
    return issubclass(type, python)


def _behaves(m: Machine, cls: Value, python: type) -> bool | None:
    """Whether an object of a class of the project, or a layer, is of one of Python's classes."""
    ancestors = classes.mro(m, cls) if isinstance(cls, Class) else (cls,)
    if python is object:
        return True
    if classes.is_named_tuple(m, cls):
        return issubclass(tuple, python)
    for ancestor in ancestors:
        own = PYTHON.get(_name(ancestor))
        if own is not None and issubclass(own, python):
            return True
    if not all(isinstance(ancestor, Class) or _is_known(ancestor) for ancestor in ancestors):
        return None
    if python is collections.abc.Hashable:
        return True if _parents(cls, m) else None  # with an `__eq__`, that of a dataclass included, it may not be
    if python.__name__ not in _METHODS or python.__module__ != "collections.abc":
        return False
    return all(any(_has(m, ancestor, name) for ancestor in ancestors) for name in _METHODS[python.__name__])


def _is_known(cls: Value) -> bool:
    return isinstance(cls, External) and (_is_tabulated(cls) or cls.qualname in PYTHON)


def _has(m: Machine, cls: Value, name: str) -> bool:
    """Whether a class, its ancestors aside, has a method."""
    if isinstance(cls, Class):
        info = classes.class_info(m, cls)
        return name in info.methods or name in info.attributes
    assert isinstance(cls, External)
    if cls.qualname in PYTHON:
        return any(name in vars(ancestor) for ancestor in PYTHON[cls.qualname].__mro__)
    return any(name in _OF_TORCH.get(parent, ()) for parent in (*_parents(cls, m), "torch.nn.Module"))


def _parents(cls: Value, m: Machine) -> frozenset[str]:
    """The tabulated module classes that a class derives from."""
    return frozenset(
        name
        for ancestor in (classes.mro(m, cls) if isinstance(cls, Class) else (cls,))
        if isinstance(ancestor, External)
        for name in torchapi.module_parents(ancestor.qualname) or ()
    )


def _is_below(m: Machine, cls: Value, wanted: Value) -> bool | None:
    """Whether a class is another or derives from it."""
    if not isinstance(cls, (Class, External)) or not isinstance(wanted, (Class, External)):
        return None
    name = _name(wanted)
    ancestors = classes.mro(m, cls) if isinstance(cls, Class) else (cls,)
    if wanted in ancestors or (name and name in map(_name, ancestors)):
        return True
    python = PYTHON.get(name)
    if python is not None:
        own = PYTHON.get(_name(cls))
        return _behaves(m, cls, python) if own is None else issubclass(own, python)
    if name == "torch.nn.Module" and classes.is_module(m, cls):
        return True
    if name and name in _parents(cls, m):
        return True
    known = all(isinstance(ancestor, Class) or _is_known(ancestor) for ancestor in ancestors)
    # A layer of another package may be below any of torch's.
    return False if known and (isinstance(wanted, Class) or name.startswith("torch.")) else None


def _is_tabulated(cls: External) -> bool:
    """Whether all that a class of torch derives from is known."""
    return torchapi.module_parents(cls.qualname) is not None
