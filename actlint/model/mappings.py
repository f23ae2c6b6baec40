"""Objects of project classes that are dicts, or that are asked for their entries like one.

What such an object holds as a dict is a dict in the heap, which it has under a name that no attribute can have.
Python's abstract mappings hold nothing: their methods go by the `__getitem__` of the class.
"""

from __future__ import annotations

from actlint.facts import Site
from actlint.model import attributes, calls, classes, collection_methods, made_sequences, subscripts
from actlint.model.args import Args
from actlint.model.machine import Machine
from actlint.model.sequences import CONTENT, content, one_of
from actlint.model.state import DictObject, InstanceObject, ListObject, ModuleObject
from actlint.model.values import (
    NONE,
    Class,
    Constant,
    DictRef,
    External,
    Function,
    Instance,
    ListRef,
    Module,
    Unknown,
    Value,
)


def blank(m: Machine, cls: Class) -> dict[str, Value]:
    """The attributes of a new object before its constructor runs: the empty dict that it is, or has, if it does."""
    kinds = {base.qualname for base in classes.mro(m, cls) if isinstance(base, External)} & classes.DICTS
    if not kinds:
        return {}
    entries = DictRef(m.allocate(DictObject({})))
    return {CONTENT: NONE, "data": entries} if "collections.UserDict" in kinds else {CONTENT: entries}


def fill(m: Machine, value: Value, args: Args, site: Site) -> None:
    """`dict.__init__(value, …)`."""
    entries = content(m, value)
    if entries is not None:
        given = made_sequences.HANDLERS["builtins.dict"](m, args, site)
        assert isinstance(given, DictRef)
        m.state.heap[entries.ref] = m.state.heap[given.ref]


def blur(m: Machine, value: Value) -> None:
    """The object may have more entries than are seen."""
    entries = content(m, value)
    found = m.state.heap[entries.ref] if entries is not None else None
    if entries is not None and isinstance(found, DictObject):
        m.state.heap[entries.ref] = DictObject(found.items, False)


def share(m: Machine, value: Value) -> None:
    """What a class has for all its objects, or a file for all the program: a list or dict that begins empty, in an
    object too, is there to be filled by whoever registers something.
    """
    found = m.state.heap.get(value.ref) if isinstance(value, (ListRef, DictRef, Instance)) else None
    match found:
        case DictObject(items=items) if not items:
            m.state.heap[value.ref] = DictObject({}, False)  # type: ignore[union-attr]
        case ListObject(items=items) if not items:
            m.state.heap[value.ref] = ListObject((), False, found.kind)  # type: ignore[union-attr]
        case InstanceObject(cls=Class()):
            for inside in found.attrs.values():
                if isinstance(inside, (ListRef, DictRef)):
                    share(m, inside)
        case _:
            pass


def own_method(m: Machine, value: Value, name: str) -> Function | External | None:
    """The method `name` of an object of a project class."""
    found = m.state.heap.get(value.ref) if isinstance(value, (Instance, Module)) else None
    if not isinstance(found, (InstanceObject, ModuleObject)) or not isinstance(found.cls, Class):
        return None
    method = classes.find_method(m, found.cls, name)
    return method if isinstance(method, (Function, External)) else None


def item(m: Machine, receiver: Value, index: Value, site: Site) -> Value | None:
    """`receiver[index]` of an object; None where its class does not say what that is."""
    method = own_method(m, receiver, "__getitem__")
    if isinstance(method, Function):
        return calls.invoke(m, method, Args([receiver, index]), site)
    entries = content(m, receiver)
    return None if entries is None or method is None else subscripts.entry(m, entries.ref, index)


def store_item(m: Machine, receiver: Value, index: Value, value: Value, site: Site) -> None:
    """`receiver[index] = value` of an object."""
    method = own_method(m, receiver, "__setitem__")
    entries = content(m, receiver)
    if isinstance(method, Function):
        calls.invoke(m, method, Args([receiver, index, value]), site)
    elif entries is not None:
        subscripts.store_entry(m, entries.ref, index, value)


def foreign_method(m: Machine, receiver: Instance, name: str, args: Args, site: Site) -> Value | None:
    """A method that an object has from Python's mappings; None where there is nothing to say."""
    entries = content(m, receiver)
    first = args.positional[0] if args.positional else None
    match name:
        case "__init__" | "super.__init__":
            fill(m, receiver, args, site)
            return NONE
        case "__getitem__" if entries is not None and first is not None:
            return subscripts.entry(m, entries.ref, first)
        case "__setitem__" if entries is not None and len(args.positional) == 2:
            subscripts.store_entry(m, entries.ref, args.positional[0], args.positional[1])
            return NONE
        case "__delitem__" if entries is not None and first is not None:
            collection_methods.dict_method(m, entries, "pop", args, site)
            return NONE
        case "__setattr__" if (
            len(args.positional) == 2 and isinstance(first, Constant) and isinstance(first.value, str)
        ):
            attributes.store(m, receiver, first.value, args.positional[1], site)
            return NONE
        case _ if entries is not None and not name.startswith("__"):
            return collection_methods.dict_method(m, entries, name, args, site)
        case "get" if first is not None:
            return _get(m, receiver, first, args.get(1, "default") or NONE, site)
        case _:
            return None


def _get(m: Machine, receiver: Instance, key: Value, default: Value, site: Site) -> Value:
    """`Mapping.get`: what `__getitem__` gives, or the default where it raises a `KeyError`."""
    found = item(m, receiver, key, site) if isinstance(key, Constant) else None
    if found is None or isinstance(found, Unknown):
        return one_of(m, (default, found or Unknown("entry of a mapping")))
    return found
