"""Who may define an attribute: what the text of classes, and of everything else, assigns by name.

This is lexical and generous, in code that never runs too: what is found here keeps a rule silent.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from actlint.facts import (
    AnnAssign,
    Assign,
    Attribute,
    AugAssign,
    Call,
    ClassDef,
    Collection,
    Constant,
    Expr,
    For,
    FunctionDef,
    Lambda,
    Name,
    Node,
    Site,
    Starred,
    Subscript,
    With,
)
from actlint.model.classes import ClassInfo, decorators
from actlint.model.link import File, Names, global_name, member
from actlint.model.show import dotted
from actlint.model.values import Class, External, Function, ModuleFile, Value
from actlint.model.walk import children, walk
from actlint.torchapi.fastcore import STORES_ARGUMENTS

_REGISTERS = frozenset({"add_module", "register_module", "register_buffer", "register_parameter", "__setattr__"})
_TABLES = frozenset({"__dict__", "_modules", "_parameters", "_buffers"})
_READS = frozenset({"get", "items", "keys", "values", "copy", "__contains__"})
_PICKLING = frozenset({"__getstate__", "__setstate__", "__deepcopy__", "__copy__", "__reduce__", "__reduce_ex__"})
_HARMFUL = frozenset({"vars", "exec", "eval", "setattr", "delattr"})


@dataclass(frozen=True, slots=True)
class Definitions:
    """What the text of one class says of its instances' attributes.

    `bound` are names of its body; `assigned` are those that functions in it give to their receiver, with the functions.
    `asked` are asked for by `hasattr` and `getattr`. `computed` says how names that are not seen may be defined, and in
    which function if the evaluator follows that way where it runs the function (None: it does not).
    """

    bound: frozenset[str]
    assigned: dict[str, frozenset[Site]]
    asked: frozenset[str]
    computed: tuple[tuple[Site | None, str], ...]


def definitions(names: Names, info: ClassInfo) -> Definitions:
    """What the class's own body defines."""
    assigned: dict[str, frozenset[Site]] = {}
    asked: set[str] = set()
    computed: list[tuple[Site | None, str]] = []
    for method in walk(info.code.body, (FunctionDef, Lambda)):
        if not isinstance(method, FunctionDef) or "staticmethod" in decorators(method) or not method.params.items:
            continue
        receiver = method.params.items[0].name
        for decorator in method.decorators:
            callee = _meaning(names, info.file, decorator.func if isinstance(decorator, Call) else decorator)
            if isinstance(callee, Function) and _computes_any(callee):
                computed.append((None, "a decorator"))
        for function, node in by_function(method):
            site = Site(info.file.path, info.cls.site.chunk, function.ordinal)
            for name in _assigned(node, receiver):
                assigned[name] = assigned.get(name, frozenset()) | {site}
            asked.update(_asked(node))
            if method.name in _PICKLING:
                continue
            if reason := _opens(node, receiver):
                computed.append((None, reason))
            elif reason := _computes(names, info.file, node, receiver):
                computed.append((site, reason))
    bound = frozenset((*info.methods, *info.attributes, *info.opaque, *_promised(info.code.body)))
    return Definitions(bound, assigned, frozenset(asked), tuple(computed))


def _promised(body: Iterable[Node]) -> Iterator[str]:
    """The names of `stages: ClassVar[…]` without a value: classes that derive from this one give them."""
    for node in body:
        match node:
            case AnnAssign(target=Name(id=name), annotation=annotation, value=None):
                outer = annotation.value if isinstance(annotation, Subscript) else annotation
                if (dotted(outer) or "").rpartition(".")[2] == "ClassVar":
                    yield name
            case _:
                pass


def asked_in(body: Iterable[Node]) -> frozenset[str]:
    """The names that `hasattr` and `getattr` ask for in a body."""
    return frozenset(name for node in walk(body) for name in _asked(node))


def outside(body: Sequence[Node]) -> tuple[frozenset[str], bool]:
    """The attribute names that statements assign to anything but the receiver of a module-level class's method.

    The flag says that some are computed: `setattr(model, name, …)`.
    """
    found: set[str] = set()
    computed = False
    stack: list[tuple[Node, str, bool]] = [(node, "", True) for node in body]
    while stack:
        node, receiver, at_top = stack.pop()
        if isinstance(node, ClassDef):
            for member_ in node.body:
                params = member_.params.items if isinstance(member_, FunctionDef) and at_top else ()
                stack.append((member_, params[0].name if params else "", False))
            continue
        found.update(_assigned(node, receiver, others=True))
        computed = computed or _sets_computed(node, receiver, others=True)
        top = at_top and not isinstance(node, FunctionDef)
        stack.extend((child, receiver, top) for child in children(node))
    return frozenset(found), computed


# ------------------------------------------------------------------------------------------------------------- one node


def by_function(method: FunctionDef) -> Iterator[tuple[FunctionDef | Lambda, Node]]:
    """Every node of a method with the innermost function that it belongs to."""
    stack: list[tuple[FunctionDef | Lambda, Node]] = [(method, node) for node in reversed(method.body)]
    while stack:
        function, node = stack.pop()
        yield function, node
        inner = node if isinstance(node, (FunctionDef, Lambda)) else function
        stack.extend((inner, child) for child in children(node))


def _assigned(node: Node, receiver: str, others: bool = False) -> Iterator[str]:
    """The attributes that one node gives to the receiver, or to `others`. `x.n += 1` needs the name to be there."""
    match node:
        case Assign(targets=targets):
            yield from _targets(targets, receiver, others)
        case AnnAssign(target=target, value=value) if value is not None:
            yield from _targets((target,), receiver, others)
        case AugAssign(target=target) if others:
            yield from _targets((target,), receiver, others)
        case For(target=target):
            yield from _targets((target,), receiver, others)
        case With(items=items):
            yield from _targets((item.target for item in items if item.target is not None), receiver, others)
        case Subscript(value=Attribute(value=Name(id=name), attr=attr), index=Constant(value=str(key))):
            if attr in _TABLES and (others or name == receiver):
                yield key
        case Call():
            match _registered(node):
                case Name(id=name), Constant(value=str(key)):
                    if (name == receiver) != others:
                        yield key
                case _, Constant(value=str(key)):
                    yield key
                case _:
                    pass
        case _:
            pass


def _targets(targets: Iterable[Expr], receiver: str, others: bool) -> Iterator[str]:
    stack = list(targets)
    while stack:
        target = stack.pop()
        match target:
            case Attribute(value=value, attr=attr):
                if (isinstance(value, Name) and value.id == receiver) != others:
                    yield attr
            case Collection(elements=elements):
                stack.extend(elements)
            case Starred(value=value):
                stack.append(value)
            case _:
                pass


def _registered(call: Call) -> tuple[Expr, Expr | None] | None:
    """Of `setattr(x, name, …)` and `x.register_buffer(name, …)`: the object, and the name if it is seen."""
    args = [argument.value for argument in call.args if argument.keyword is None and not argument.star]
    plain = len(args) + sum(argument.keyword is not None for argument in call.args) == len(call.args)
    match call.func:
        case Name(id="setattr"):
            return (args[0], args[1] if len(args) > 1 and plain else None) if args else None
        case Attribute(attr="__setattr__") if len(args) == 3:  # `object.__setattr__(x, name, value)`
            return args[0], args[1]
        case Attribute(value=value, attr=attr) if attr in _REGISTERS:
            named = [*args, *(argument.value for argument in call.args if argument.keyword == "name")]
            return value, named[0] if named and plain else None
        case _:
            return None


def _asked(node: Node) -> Iterator[str]:
    match node:
        case Call(func=Name(id="hasattr" | "getattr" | "delattr"), args=args) if len(args) > 1:
            if isinstance(args[1].value, Constant) and isinstance(args[1].value.value, str):
                yield args[1].value.value
        case _:
            pass


def _sets_computed(node: Node, receiver: str, others: bool = False) -> bool:
    if not isinstance(node, Call):
        return False
    match _registered(node):
        case None:
            return False
        case value, name:
            mine = isinstance(value, Name) and value.id == receiver
            through = isinstance(value, Call)  # `super().add_module(name, …)`
            return not isinstance(name, Constant) and ((mine or through) != others)


def _opens(node: Node, receiver: str) -> str:
    """How a node changes the tables that hold its receiver's attributes, "" if it does not."""
    match node:
        case Call(func=Name(id=name)) if name == STORES_ARGUMENTS:
            return f"{name}() stores arguments"
        case Call(func=Name(id="vars"), args=args) if any(_is(argument.value, receiver) for argument in args):
            return "vars() of it"
        case Call(func=Attribute(value=Attribute(value=table, attr=name), attr=attr)) if name in _TABLES:
            return f"{name} is changed" if _is(table, receiver) and attr not in _READS else ""
        case Call(args=args) if any(_is_dict(argument.value, receiver) for argument in args):
            return "__dict__ is passed on"
        case Assign(targets=targets, value=value):
            return "tables of attributes" if any(_is_table(t, receiver) for t in (*targets, value)) else ""
        case _:
            return ""


def _computes(names: Names, file: File, node: Node, receiver: str) -> str:
    """How a call may give the receiver attributes under names that are not seen, "" if it does not."""
    if not isinstance(node, Call):
        return ""
    if _registered(node) is not None:
        return "computed names" if _sets_computed(node, receiver) else ""
    passed = any(_is(argument.value, receiver) for argument in node.args)
    return f"passed to {dotted(node.func) or 'a function'}" if passed and not _harmless(names, file, node.func) else ""


def _is(node: Node, receiver: str) -> bool:
    return isinstance(node, Name) and node.id == receiver


def _is_dict(node: Node, receiver: str) -> bool:
    return isinstance(node, Attribute) and node.attr == "__dict__" and _is(node.value, receiver)


def _is_table(node: Expr, receiver: str) -> bool:
    """`self.__dict__`, `self._modules[name]`, as the target or the value of an assignment."""
    if isinstance(node, Subscript):
        return not isinstance(node.index, Constant) and _is_table(node.value, receiver)
    return isinstance(node, Attribute) and node.attr in _TABLES and _is(node.value, receiver)


def _harmless(names: Names, file: File, func: Expr) -> bool:
    """Whether a function that is given an object defines no attributes that are not seen elsewhere by their names."""
    value = _meaning(names, file, func)
    match value:
        case External(qualname=qualname):
            root, _, name = qualname.partition(".")
            return root == "torch" or (name not in _HARMFUL if root == "builtins" else root in sys.stdlib_module_names)
        case Function():
            return not _computes_any(value)
        case Class():
            return True
        case _:
            return isinstance(func, Attribute) and func.attr in ("__init__", "append", "add", "remove", "index")


def _computes_any(function: Function) -> bool:
    """Whether a function gives any object attributes under names that are not seen."""
    code = function.code
    for node in walk(code.body if isinstance(code, FunctionDef) else (code.body,)):
        if _sets_computed(node, "", others=True) or (isinstance(node, Attribute) and node.attr == "__dict__"):
            return True
    return False


def _meaning(names: Names, file: File, func: Expr) -> Value | None:
    """What a dotted name means at module level; a method of a class is harmless where the class is."""
    if isinstance(func, Name):
        found = global_name(names, file, func.id)
    elif isinstance(func, Attribute):
        base = _meaning(names, file, func.value)
        if isinstance(base, Class):
            return base
        if not isinstance(base, (External, ModuleFile)):
            return None
        found = member(names, base, func.attr)
    else:
        return None
    value = found[0] if len(found) == 1 else None
    return value if isinstance(value, (External, Function, Class, ModuleFile)) else None
