"""Classes of the project: what their bodies define, what they inherit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Final

from actlint import torchapi
from actlint.facts import (
    AnnAssign,
    Assign,
    Attribute,
    Call,
    ClassDef,
    Constant,
    Expr,
    ExprStmt,
    For,
    FunctionDef,
    If,
    Import,
    ImportFrom,
    Name,
    Raise,
    Site,
    Stmt,
    Try,
    With,
)
from actlint.model.link import File
from actlint.model.machine import Machine
from actlint.model.show import dotted
from actlint.model.values import Class, External, Function, Unknown, Value
from actlint.model.walk import bound_names, target_names, walk
from actlint.torchapi.packages import written_from


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """One class. `methods` are the functions of its body by name (the last one wins), `attributes` the expressions of
    its class-level assignments, `opaque` further names that its body binds. `bases` are what it inherits from; `open`
    says why attributes may exist that nobody sees ("" if none can).
    """

    cls: Class
    code: ClassDef
    file: File
    methods: dict[str, FunctionDef]
    attributes: dict[str, Expr]
    opaque: frozenset[str]
    bases: tuple[Value, ...]
    open: str


def class_info(m: Machine, cls: Class) -> ClassInfo:
    """The class's definition; bases are evaluated once a run, or once a program for module-level classes."""
    cached = m.shared.classes.get(cls.site) if cls.frame == 0 else None
    if cached is None:
        m.shared.reading += 1
        try:
            cached = _read(m, cls)
        finally:
            m.shared.reading -= 1
        if cls.frame == 0:
            m.shared.classes[cls.site] = cached
    assert isinstance(cached, ClassInfo)
    return cached


def find_statement(file: File, site: Site) -> Stmt | None:
    """The statement at `site`."""
    facts = file.facts.chunks[site.chunk].facts
    if facts is None:
        return None
    for node in (*facts.body, *walk(facts.body)):  # most often it is the top-level statement itself
        if node.ordinal == site.ordinal:
            return node  # type: ignore[return-value]
    return None


def _read(m: Machine, cls: Class) -> ClassInfo:
    from actlint.model import expressions  # the two need each other: a base is any expression

    file = m.names.files[cls.site.path]
    code = find_statement(file, cls.site)
    assert isinstance(code, ClassDef)
    methods: dict[str, FunctionDef] = {}
    attributes: dict[str, Expr] = {}
    opaque: set[str] = set()
    _body(code.body, methods, attributes, opaque)
    reason = ""
    bases: list[Value] = []
    # A class may name itself in its bases' arguments through a cycle of files: what is being read counts as unknown.
    if cls.frame == 0:
        m.shared.classes[cls.site] = ClassInfo(
            cls, code, file, {}, {}, frozenset(), (Unknown("cyclic class"),), "cyclic class"
        )
    product = written_from(file.path)
    merged = product is not None and product in m.names.files
    for argument in code.bases:
        if argument.star:
            reason = "bases computed at run time"
        elif argument.keyword is None:
            base = _base(expressions.in_scope_of(m, cls.site, cls.frame, argument.value))
            foreign = merged and isinstance(base, Class) and base.site.path != file.path
            bases.append(Unknown("text for a generator, which merges it with that of its base") if foreign else base)
        elif argument.keyword == "metaclass" and dotted(argument.value) not in ("ABCMeta", "abc.ABCMeta"):
            reason = "metaclass"
    for decorator in code.decorators:
        if not _harmless_decorator(m, cls, decorator):
            reason = "class decorator"
    return ClassInfo(cls, code, file, methods, attributes, frozenset(opaque), tuple(bases), reason)


def _base(value: Value) -> Value:
    return value if isinstance(value, (Class, External)) else Unknown("base class")


_HARMLESS = frozenset(
    {
        "dataclasses.dataclass",
        "functools.total_ordering",
        "torch.jit.script",
        "typing.final",
        "typing.runtime_checkable",
    }
)


def _harmless_decorator(m: Machine, cls: Class, decorator: Expr) -> bool:
    """A decorator that returns the class as it is: a known one, or a project function that returns its argument."""
    from actlint.model import expressions

    callee = decorator.func if isinstance(decorator, Call) else decorator
    value = expressions.in_scope_of(m, cls.site, cls.frame, callee)
    match value:
        case External(qualname=qualname):
            return qualname in _HARMLESS
        case Function(code=FunctionDef() as code):
            return _returns_argument(code)
        case _:
            return False


def _returns_argument(code: FunctionDef) -> bool:
    """`def register(cls): …; return cls`, directly or through one inner function that it returns."""
    inner = {s.name: s for s in code.body if isinstance(s, FunctionDef)}
    names = {item.name for item in code.params.items}
    returned = [s for s in walk(code.body, (FunctionDef,)) if type(s).__name__ == "Return"]
    results = [s.value for s in returned if s.value is not None]  # type: ignore[union-attr]
    if not results:
        return False
    for result in results:
        if not isinstance(result, Name):
            return False
        if result.id in inner:
            if not _returns_argument(inner[result.id]):
                return False
        elif result.id not in names:
            return False
    touched = (n for n in walk(code.body) if type(n).__name__ in ("Assign", "AugAssign"))
    return not any(isinstance(t, Attribute) for n in touched for t in getattr(n, "targets", ()))


def _body(
    body: tuple[Stmt, ...], methods: dict[str, FunctionDef], attributes: dict[str, Expr], opaque: set[str]
) -> None:
    for statement in body:
        match statement:
            case FunctionDef(name=name):
                if name in methods and is_accessor(statement):
                    continue  # `@x.setter` keeps the property's getter
                methods[name] = statement
            case Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, Name):
                        attributes[target.id] = value
                    else:
                        opaque.update(target_names(target))
            case AnnAssign(target=Name(id=name), value=value):
                if value is not None:  # an annotation alone binds nothing
                    attributes[name] = value
            case If(body=inner, orelse=orelse):
                _body(inner, methods, attributes, opaque)
                _body(orelse, methods, attributes, opaque)
            case Try(body=inner, handlers=handlers, orelse=orelse, final=final):
                for part in (inner, *(handler.body for handler in handlers), orelse, final):
                    _body(part, methods, attributes, opaque)
            case With(body=inner) | For(body=inner):
                opaque.update(bound_names([statement]))
                _body(inner, methods, attributes, opaque)
            case ClassDef(name=name):
                opaque.add(name)
            case Import() | ImportFrom():
                opaque.update(bound_names([statement]))
            case ExprStmt(value=Constant()):
                pass
            case _:
                opaque.update(bound_names([statement]))


def decorators(code: FunctionDef) -> tuple[str, ...]:
    """The decorators' dotted names as written, without call arguments; "?" for anything else."""
    names = []
    for decorator in code.decorators:
        callee = decorator.func if isinstance(decorator, Call) else decorator
        names.append(dotted(callee) or "?")
    return tuple(names)


def is_accessor(code: FunctionDef) -> bool:
    """A property's setter or deleter."""
    return any(name.endswith((".setter", ".deleter")) for name in decorators(code))


def is_property(code: FunctionDef) -> bool:
    """A property, cached or not (a custom `…property` decorator counts)."""
    return any(name.rpartition(".")[2].endswith("property") for name in decorators(code))


def is_abstract(code: FunctionDef) -> bool:
    """Decorated as abstract, or doing nothing but raise NotImplementedError."""
    if any(name.rpartition(".")[2].startswith("abstract") for name in decorators(code)):
        return True
    body = [s for s in code.body if not (isinstance(s, ExprStmt) and isinstance(s.value, Constant))]
    if not body or not isinstance(body[-1], Raise):
        return False
    raised = body[-1].exception
    name = dotted(raised.func if isinstance(raised, Call) else raised) if raised is not None else None
    return name == "NotImplementedError"


def mro(m: Machine, cls: Class) -> tuple[Value, ...]:
    """The class and its ancestors in resolution order: Class, External, or Unknown entries.

    C3 where it works; depth first otherwise. Bases of foreign classes are not expanded (torch's own are tabulated).
    """
    known = m.shared.ancestors.get(cls.site) if cls.frame == 0 else None
    if known is None:
        known = tuple(_linear(m, cls, 0))
        if cls.frame == 0 and not m.shared.reading:  # while a class is being read, its bases are not known yet
            m.shared.ancestors[cls.site] = known
    return known


def _linear(m: Machine, cls: Value, depth: int) -> list[Value]:
    if not isinstance(cls, Class) or depth > 24:
        return [cls]
    bases = list(class_info(m, cls).bases)
    sequences = [_linear(m, base, depth + 1) for base in bases] + [bases]
    result: list[Value] = [cls]
    while any(sequences):
        sequences = [s for s in sequences if s]
        for sequence in sequences:
            head = sequence[0]
            if not any(head in other[1:] for other in sequences):
                break
        else:
            head = sequences[0][0]
        if head not in result or isinstance(head, Unknown):
            result.append(head)
        sequences = [[v for v in s if v != head] for s in sequences]
    return result


def find_method(m: Machine, cls: Class, name: str, after: Class | None = None) -> Function | External | Unknown | None:
    """What the class's resolution order gives for a method: a project function, a foreign class's, unknown, or None.

    With `after`, the search begins behind that class (`super()`).
    """
    seen = after is None
    for ancestor in mro(m, cls):
        if not seen:
            seen = ancestor == after
            continue
        match ancestor:
            case Class():
                info = class_info(m, ancestor)
                code = info.methods.get(name)
                if code is not None:
                    return Function(
                        Site(info.file.path, ancestor.site.chunk, code.ordinal), code, ancestor.frame, ancestor
                    )
                if name in info.attributes or name in info.opaque:
                    return Unknown(f"class attribute {name}")
            case External(qualname=qualname):
                if qualname == "builtins.object":
                    continue
                known = foreign_attributes(qualname)
                if known is None:
                    return Unknown(f"inherits from {qualname}")
                if name in known:
                    return External(f"{qualname}.{name}")
            case _:
                return Unknown("unknown base class")
    return None


def foreign_attributes(qualname: str) -> frozenset[str] | None:
    """The attributes that instances of a foreign class have, None where that is not tabulated."""
    if qualname in _PLAIN:
        return frozenset()
    if qualname in MAPPINGS:
        return MAPPINGS[qualname]
    if qualname == NAMED_TUPLE:
        return _OF_TUPLES
    known = torchapi.base_class(qualname)
    if known is not None:
        return known
    return torchapi.class_attributes(qualname)


def is_named_tuple(m: Machine, cls: Value) -> bool:
    """Whether objects of a class are tuples whose items have names."""
    if not isinstance(cls, Class):
        return False
    return any(isinstance(each, External) and each.qualname == NAMED_TUPLE for each in mro(m, cls))


_PLAIN = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})

NAMED_TUPLE: Final = "typing.NamedTuple"
_OF_TUPLES: Final = frozenset(dir(tuple)) | {"_asdict", "_field_defaults", "_fields", "_make", "_replace"}

DICTS: Final = frozenset({"builtins.dict", "collections.OrderedDict", "collections.UserDict", "typing.OrderedDict"})
"""Python's classes whose objects are, or have, a dict."""

MAPPINGS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(DICTS, frozenset(dir(OrderedDict)) | {"data"}),
    **{
        f"{package}.{kind.__name__}": frozenset(dir(kind))
        for package in ("collections.abc", "typing")
        for kind in (Mapping, MutableMapping)
    },
}
"""The attributes of what is a dict, or has the methods of one."""


def is_module(m: Machine, cls: Value) -> bool:
    """Whether the class certainly derives from `nn.Module`."""
    if isinstance(cls, External):
        return torchapi.is_module_class(cls.qualname) or torchapi.base_class(cls.qualname) is not None
    if not isinstance(cls, Class):
        return False
    return any(isinstance(a, External) and is_module(m, a) for a in mro(m, cls))


def foreign_layer(m: Machine, cls: Value) -> str:
    """The torch class other than `nn.Module` that the class is or derives from, "" if none."""
    for ancestor in mro(m, cls) if isinstance(cls, Class) else (cls,):
        if isinstance(ancestor, External) and torchapi.is_module_class(ancestor.qualname):
            name = torchapi.canonical(ancestor.qualname)
            if name != "torch.nn.Module":
                return name
    return ""


def open_reason(m: Machine, cls: Class) -> str:
    """Why instances may have attributes that are not visible: "" if they cannot."""
    for ancestor in mro(m, cls):
        match ancestor:
            case Class():
                info = class_info(m, ancestor)
                if info.open:
                    return info.open
                if "__getattr__" in info.methods or "__getattribute__" in info.methods:
                    return f"{info.code.name}.__getattr__"
                if "__setattr__" in info.methods or "__slots__" in info.attributes:
                    return f"{info.code.name} controls its attributes"
                if "__getattr__" in info.attributes or "__getattr__" in info.opaque:
                    return f"{info.code.name}.__getattr__"
            case External(qualname=qualname):
                if foreign_attributes(qualname) is None:
                    return f"inherits from {qualname}"
            case _:
                return "a base class is unknown"
    return ""
