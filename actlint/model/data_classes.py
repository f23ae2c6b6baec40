"""Dataclasses: the constructor that they are given, and what describes their fields."""

from __future__ import annotations

from actlint.facts import AnnAssign, Call, Expr, Name, Site, Subscript
from actlint.model import attributes, calls, classes, expressions
from actlint.model.args import Args
from actlint.model.machine import Machine
from actlint.model.show import dotted
from actlint.model.state import InstanceObject
from actlint.model.values import NONE, Class, Constant, External, Function, Instance, Module, Tuple, Unknown, Value


def is_dataclass(m: Machine, cls: Class) -> bool:
    """Whether the class or an ancestor in the project is a dataclass."""
    return any(isinstance(ancestor, Class) and _is_decorated(m, ancestor) for ancestor in classes.mro(m, cls))


def _is_decorated(m: Machine, cls: Class) -> bool:
    """Whether the class itself is a dataclass."""
    decorators = classes.class_info(m, cls).code.decorators
    names = (dotted(each.func if isinstance(each, Call) else each) or "" for each in decorators)
    return any(name.rpartition(".")[2] == "dataclass" for name in names)


def hides(m: Machine, cls: Class, method: Function) -> bool:
    """Whether a dataclass's own constructor comes before the `__init__` that is written: it hides that of a base."""
    for ancestor in classes.mro(m, cls):
        if ancestor == method.owner:
            return False
        if isinstance(ancestor, Class) and _is_decorated(m, ancestor):
            return True
    return False


def bind_fields(m: Machine, value: Module | Instance, cls: Class, args: Args) -> bool:
    """Bind the fields of a dataclass (or NamedTuple) from the call's arguments."""
    fields = _fields(m, cls)
    if fields is None:
        return False
    positional = list(args.positional)
    for name, origin in fields.items():
        defined_in, default = origin
        if positional:
            bound: Value = positional.pop(0)
        elif name in args.keywords:
            bound = args.keywords[name]
        elif default is not None and args.complete and not isinstance(default, Call):
            bound = expressions.in_scope_of(m, defined_in.site, defined_in.frame, default)
        else:
            made = _field_default(m, defined_in, default, cls.site) if args.complete else None
            bound = Unknown(f"field {name}") if made is None else made
        attributes.store(m, value, name, bound, cls.site)
    post = classes.find_method(m, cls, "__post_init__")
    if isinstance(post, Function):
        calls.invoke(m, post, Args([value]), cls.site)
    return True


def has_fields(m: Machine, cls: Class) -> bool:
    """Whether the class is a dataclass or NamedTuple: its objects are there for what is in their fields."""
    return _fields(m, cls) is not None


def _fields(m: Machine, cls: Class) -> dict[str, tuple[Class, Expr | None]] | None:
    """The fields of a dataclass (or NamedTuple) by name, each with the class that gives its default, and that default;
    None for any other class.
    """
    fields: dict[str, tuple[Class, Expr | None]] = {}
    found_any = is_dataclass(m, cls)
    for ancestor in reversed(classes.mro(m, cls)):
        if not isinstance(ancestor, Class):
            found_any = found_any or (isinstance(ancestor, External) and ancestor.qualname == classes.NAMED_TUPLE)
            continue
        info = classes.class_info(m, ancestor)
        for statement in info.code.body:
            if isinstance(statement, AnnAssign) and isinstance(statement.target, Name) and not _of_class(statement):
                fields[statement.target.id] = (ancestor, statement.value)
    return fields if found_any else None


def _of_class(statement: AnnAssign) -> bool:
    """Whether an attribute is annotated as one of the class: `names: ClassVar[list[str]] = []`."""
    annotation = statement.annotation.value if isinstance(statement.annotation, Subscript) else statement.annotation
    return (dotted(annotation) or "").rpartition(".")[2] == "ClassVar"


FIELD = External("dataclasses.Field")


def fields(m: Machine, args: Args, site: Site) -> Value | None:
    """`dataclasses.fields(object)`: what describes each field, with its name and its default."""
    value = args.positional[0] if args.positional else NONE
    found = m.state.heap[value.ref] if isinstance(value, Instance) else None
    cls = found.cls if isinstance(found, InstanceObject) else value
    named = _fields(m, cls) if isinstance(cls, Class) else None
    if named is None or not isinstance(cls, Class) or not is_dataclass(m, cls):
        return None
    return Tuple(tuple(_field(m, name, *origin) for name, origin in named.items()))


def _field(m: Machine, name: str, owner: Class, default: Expr | None) -> Value:
    described: dict[str, Value] = {"name": Constant(name), "default": Unknown("default of a field")}
    if default is None:
        described["default"] = External("dataclasses.MISSING")
    elif not isinstance(default, Call):
        described["default"] = expressions.in_scope_of(m, owner.site, owner.frame, default)
    return Instance(m.allocate(InstanceObject(FIELD, owner.site, {}, described)))


def _field_default(m: Machine, owner: Class, default: Expr | None, site: Site) -> Value | None:
    """What `field(default=…)` or `field(default_factory=…)` gives; None for any other call."""
    if not isinstance(default, Call) or (dotted(default.func) or "").rpartition(".")[2] != "field":
        return None
    for argument in default.args:
        if argument.keyword in ("default", "default_factory"):
            found = expressions.in_scope_of(m, owner.site, owner.frame, argument.value)
            return found if argument.keyword == "default" else calls.call(m, found, Args([]), site)
    return None
