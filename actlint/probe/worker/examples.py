"""Calls of the class in what is written about it: docstrings, the project's own files, Markdown beside the source.

Names in such a call are replaced by what they were assigned, and imported ones by where they come from, so that what
is left can be evaluated anywhere.
"""

from __future__ import annotations

import ast
import copy
import importlib.util
import inspect
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .documents import texts
from .expressions import dotted, dotted_names, evaluated
from .places import INSTALLED, Project

_DEPTH = 6
_MOST_EXAMPLES, _MOST_INPUTS = 6, 3
_HARMLESS = frozenset({"torch", "nn", "F", "einops", "numpy", "np", "functools", "math", "collections", "types"})
_BUILTINS = frozenset({"range", "dict", "list", "tuple", "int", "float", "bool", "str", "len", "max", "min", "sum"})


@dataclass(frozen=True, slots=True)
class Example:
    """A call of the class, calls of what it made, and where that is written."""

    call: ast.Call
    inputs: tuple[ast.Call, ...]
    where: str


def examples(cls: Any, module: ModuleType, request: Mapping[str, Any]) -> Iterator[Example]:
    """What can be evaluated without running anything but torch and the class's own package, the nearest first."""
    found, known = 0, _Known(module, Project(request["root"]), {})
    seen: set[str] = set()
    for where, tree in texts(cls, module, request):
        for each in _in(tree, cls, known, where):
            text = ast.unparse(each.call)
            if text not in seen and (each.call.args or each.call.keywords):
                seen.add(text)
                yield each
                found += 1
                if found >= _MOST_EXAMPLES:
                    return


# ---------------------------------------------------------------------------------------------------------------- calls


@dataclass(slots=True)
class _Scope:
    """The statements of a function or a module, but for those of functions in it; None for a value that is not known.

    `values` are by name, in order of lines.
    """

    nodes: list[ast.AST]
    values: dict[str, list[tuple[int, ast.expr | None]]]


def _scope(body: Sequence[ast.AST], arguments: ast.arguments | None = None) -> _Scope:
    nodes: list[ast.AST] = []
    todo: list[ast.AST] = list(reversed(body))
    while todo:
        node = todo.pop()
        nodes.append(node)
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            todo.extend(reversed(list(ast.iter_child_nodes(node))))
    scope = _Scope(nodes, {})
    if arguments is not None:
        plain = [*arguments.posonlyargs, *arguments.args]
        defaults: dict[str, ast.expr | None] = {each.arg: None for each in plain}
        pairs = zip(reversed(plain), reversed(arguments.defaults), strict=False)
        defaults |= {each.arg: value for each, value in pairs}
        defaults |= {each.arg: value for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)}
        for name, value in defaults.items():
            scope.values[name] = [(0, value)]
    for node in nodes:
        for name, value in _bound(node):
            scope.values.setdefault(name, []).append((getattr(node, "lineno", 0), value))
    for known in scope.values.values():
        known.sort(key=lambda each: each[0])
    return scope


def _bound(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            yield name, value
        case ast.Import(names=names):
            for each in names:
                top = each.name.partition(".")[0]
                yield each.asname or top, _chain(each.name if each.asname else top)
        case ast.ImportFrom(module=str(module), names=names, level=0):
            for each in names:
                yield each.asname or each.name, _chain(f"{module}.{each.name}")
        case ast.Assign(targets=targets):
            for target in targets:
                yield from _names(target)
        case ast.For(target=target) | ast.AugAssign(target=target):
            yield from _names(target)
        case ast.FunctionDef(name=known) | ast.ClassDef(name=known):
            yield known, None
        case _:
            return


def _names(target: ast.AST) -> Iterator[tuple[str, None]]:
    yield from ((each.id, None) for each in ast.walk(target) if isinstance(each, ast.Name))


def _chain(name: str) -> ast.expr:
    return ast.parse(name, mode="eval").body


def _in(tree: ast.Module, cls: Any, known: _Known, where: str) -> Iterator[Example]:
    outer = _scope(tree.body)
    inner = [
        _scope(node.body, node.args)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    for scopes in ([outer], *([each, outer] for each in inner)):
        for node in scopes[0].nodes:
            if isinstance(node, ast.Call) and (call := _resolved_call(node, scopes, cls, known)) is not None:
                calls = _uses(node, scopes, known)
                yield Example(call, tuple(calls)[:_MOST_INPUTS], where)


def _resolved_call(node: ast.Call, scopes: Sequence[_Scope], cls: Any, known: _Known) -> ast.Call | None:
    """The call with its names replaced, where it is one of the class and harmless to evaluate."""
    if not dotted(node.func):
        return None
    func = _Inlined(scopes, node.lineno, 0).visit(copy.deepcopy(node.func))
    if dotted(func).rpartition(".")[2] != cls.__name__ or not known.harmless(func):
        return None
    try:
        if not _same(evaluated(func, known.module), cls):
            return None
    except Exception:  # the example does not say where it has it from
        if not isinstance(func, ast.Name):
            return None
    call = _Inlined(scopes, node.lineno, 0).visit(copy.deepcopy(node))
    return call if isinstance(call, ast.Call) and known.harmless(call) else None


def _same(found: Any, cls: Any) -> bool:
    """Whether it is the class, which may have been imported under two names."""
    if found is cls:
        return True
    try:
        return found.__qualname__ == cls.__qualname__ and inspect.getsourcefile(found) == inspect.getsourcefile(cls)
    except (AttributeError, TypeError, OSError):
        return False


def _uses(node: ast.Call, scopes: Sequence[_Scope], known: _Known) -> Iterator[ast.Call]:
    """Calls of what the call made, in the same scope: of its result, or of the name that it is assigned to."""
    own = scopes[0]
    names = [name for name, values in own.values.items() if any(_made_first(value) is node for _, value in values)]
    for other in own.nodes:
        if not isinstance(other, ast.Call) or not (other.args or other.keywords):
            continue
        if other.func is not node and not (isinstance(other.func, ast.Name) and other.func.id in names):
            continue
        if isinstance(other.func, ast.Name) and _made_first(_last(own, other.func.id, other.lineno)) is not node:
            continue
        parts = ast.Call(ast.Name("_", ast.Load()), other.args, other.keywords)
        call = _Inlined(scopes, other.lineno, 0).visit(copy.deepcopy(parts))
        if known.harmless(*call.args, *(k.value for k in call.keywords)):
            yield call


def _made_first(value: ast.expr | None) -> ast.expr | None:
    """What methods are called on: `Net()` in `Net().to(device).eval()`."""
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        inner = value.func.value
        if not isinstance(inner, ast.Call):
            break
        value = inner
    return value


def _last(scope: _Scope, name: str, line: int) -> ast.expr | None:
    """What a name was assigned last before a line, but for what is made of itself, such as `net.to(device)`."""
    found = None
    for at, value in scope.values.get(name, ()):
        of_itself = value is not None and any(each.partition(".")[0] == name for each in dotted_names(value))
        if at < line and not of_itself:
            found = value
    return found


class _Inlined(ast.NodeTransformer):
    """Replaces names by what they were assigned before a line."""

    def __init__(self, scopes: Sequence[_Scope], line: int, depth: int) -> None:
        self._scopes, self._line, self._depth = scopes, line, depth
        self._bound: list[set[str]] = []

    def visit_Name(self, node: ast.Name) -> ast.expr:  # noqa: N802 - the name that `ast` wants
        if self._depth > _DEPTH or any(node.id in each for each in self._bound):
            return node
        line = self._line
        for scope in self._scopes:
            if node.id in scope.values:
                value = _last(scope, node.id, line)
                if value is None:
                    return node
                at = max((at for at, each in scope.values[node.id] if each is value), default=line)
                made = _Inlined(self._scopes, max(at, 1), self._depth + 1).visit(copy.deepcopy(value))
                assert isinstance(made, ast.expr)
                return made
            line = 1 << 30
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        bound: set[str] = set()
        if isinstance(node, ast.Lambda):
            bound = {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
        for each in getattr(node, "generators", ()):
            bound |= {name.id for name in ast.walk(each.target) if isinstance(name, ast.Name)}
        self._bound.append(bound)
        try:
            return super().generic_visit(node)
        finally:
            self._bound.pop()


@dataclass(slots=True)
class _Known:
    """What may be called: torch, plain Python, and the user's own modules."""

    module: ModuleType
    project: Project
    roots: dict[str, bool]

    def harmless(self, *nodes: ast.AST) -> bool:
        """Whether all calls in expressions are of that kind."""
        return all(self._one(each) for node in nodes for each in ast.walk(node))

    def _one(self, node: ast.AST) -> bool:
        if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
            return False
        if not isinstance(node, ast.Call) or not (name := dotted(node.func)):
            return True  # no call, or a method of what another call gives
        root, _, rest = name.partition(".")
        if rest.rpartition(".")[2] in ("load", "save"):
            return False
        if root not in self.roots:
            self.roots[root] = self._root(root)
        return self.roots[root] or (root in _BUILTINS and not rest)

    def _root(self, root: str) -> bool:
        value = vars(self.module).get(root)
        name = value.__name__.partition(".")[0] if isinstance(value, ModuleType) else root
        if value is not None and not isinstance(value, ModuleType):
            home = getattr(value, "__module__", None)
            name = home.partition(".")[0] if isinstance(home, str) else ""
        if name in (self.module.__name__.partition(".")[0], *_HARMLESS):
            return True
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError, AttributeError):
            return False
        installed = os.path.basename(self.project.root) in INSTALLED
        return spec is not None and bool(spec.origin) and not installed and self.project.owns(str(spec.origin))
