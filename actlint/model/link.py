"""Linking: files become one program in which a name at module level has a meaning.

Nothing is evaluated here. A module-level name has *bindings* in the order of the source; those after the last
unconditional one are what it can mean (both arms of a `try` or `if`). Imports are followed through the project, star
imports and re-exports included, to a module outside it or to the statement that defines the name.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from actlint import torchapi
from actlint.facts import (
    Alias,
    AnnAssign,
    Assign,
    Attribute,
    AugAssign,
    BoolOp,
    Call,
    ClassDef,
    Delete,
    Expr,
    FileFacts,
    For,
    FunctionDef,
    Handler,
    If,
    Import,
    ImportFrom,
    Match,
    Name,
    Node,
    Site,
    Stmt,
    Subscript,
    Try,
    TypeAliasStmt,
    While,
    With,
)
from actlint.model.values import Class, External, Function, ModuleFile, Unknown, Value
from actlint.model.walk import target_names, walk

_BUILTINS = frozenset(dir(builtins))
_MUTATORS = frozenset(
    {"append", "extend", "insert", "update", "setdefault", "pop", "remove", "clear", "add", "popitem"}
)
_DEPTH = 24


@dataclass(frozen=True, slots=True)
class Binding:
    """One way in which a module-level name gets its meaning.

    `statement` is the defining statement (or the import's alias with its statement); `conditional` inside an `if`,
    `try` or loop; `typing` under `TYPE_CHECKING`. An opaque binding means something that is not followed.
    """

    kind: Literal["import", "from", "def", "class", "assign", "opaque"]
    site: Site
    statement: Stmt | None
    alias: Alias | None = None
    conditional: bool = False
    typing: bool = False


@dataclass(slots=True)
class File:
    """A file of the program: facts, dotted name, module-level bindings, star imports, and names mutated in place.

    A `lazy` module imports what others ask it for when they do: it tells type checkers alone what that is. `nodes` is
    filled by `references.nodes_of`.
    """

    path: str
    facts: FileFacts
    number: int
    module: str
    is_package: bool
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[tuple[ImportFrom, Site]] = field(default_factory=list)
    mutated: set[str] = field(default_factory=set)
    lazy: bool = False
    nodes: dict[int, dict[int, tuple[Node, int | None]]] = field(default_factory=dict)


@dataclass(slots=True)
class Names:
    """All files and the modules they are."""

    files: dict[str, File]
    modules: dict[str, str]
    packages: frozenset[str]


def link_names(files: Sequence[FileFacts], roots: Sequence[str] = ()) -> Names:
    """Give every file its dotted names and collect its module-level bindings."""
    paths = {_normal(facts.path): facts.path for facts in files}
    result: dict[str, File] = {}
    modules: dict[str, str] = {}
    for number, facts in enumerate(files, 1):
        names = list(_module_names(_normal(facts.path), paths.keys(), [_normal(root) for root in roots]))
        file = File(facts.path, facts, -number, names[0], facts.path.endswith("__init__.py"))
        for name in names:
            modules.setdefault(name, facts.path)
        result[facts.path] = file
        _collect(file)
    packages = frozenset(name.partition(".")[0] for name in modules)
    return Names(result, modules, packages)


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in path.replace("\\", "/").split("/"):
        if part == ".." and parts and parts[-1] not in ("", ".."):
            parts.pop()
        elif part not in (".", "") or not parts:
            parts.append(part)
    return "/".join(part for index, part in enumerate(parts) if part != "." or len(parts) == 1 or index)


def _module_names(path: str, known: Iterable[str], roots: Sequence[str]) -> Iterator[str]:
    """Dotted names of a file: by the packages around it first, then relative to each import root."""
    known_paths = known if isinstance(known, (set, frozenset, dict)) else set(known)
    stem = path.removesuffix(".py")
    parts = stem.split("/")
    start = len(parts) - 1
    while start > 0 and "/".join([*parts[:start], "__init__.py"]) in known_paths:
        start -= 1
    tail = parts[start:]
    if tail[-1] == "__init__" and len(tail) > 1:
        tail = tail[:-1]
    yield ".".join(tail)
    for root in roots:
        prefix = "" if root in ("", ".") else root.rstrip("/") + "/"
        if stem.startswith(prefix):
            relative = stem[len(prefix) :].split("/")
            if relative[-1] == "__init__" and len(relative) > 1:
                relative = relative[:-1]
            if all(part.isidentifier() for part in relative):
                yield ".".join(relative)


def _collect(file: File) -> None:
    for index, chunk in enumerate(file.facts.chunks):
        if chunk.facts is None:
            for name in sorted(chunk.binds):
                site = Site(file.path, index, -1)
                file.bindings.setdefault(name, []).append(Binding("opaque", site, None))
            continue
        _collect_body(file, index, chunk.facts.body, False, False)
        for node in walk(chunk.facts.body):
            match node:
                case Call(func=Attribute(value=Name(id=name), attr=attr)) if attr in _MUTATORS:
                    file.mutated.add(name)
                case Assign(targets=targets):
                    file.mutated.update(t.value.id for t in targets if _is_item_of_name(t))  # type: ignore[union-attr]
                    file.lazy = file.lazy or any(map(_is_the_module, targets))
                case AugAssign(target=Subscript(value=Name(id=name))) | AugAssign(target=Name(id=name)):
                    file.mutated.add(name)
                case _:
                    pass


def _is_the_module(target: Expr) -> bool:
    """`sys.modules[__name__]`: another object takes the module's place."""
    match target:
        case Subscript(value=Attribute(attr="modules"), index=Name(id="__name__")):
            return True
        case _:
            return False


def _is_item_of_name(target: Expr) -> bool:
    return isinstance(target, Subscript) and isinstance(target.value, Name)


def _collect_body(file: File, chunk: int, body: Iterable[Stmt], conditional: bool, typing: bool) -> None:
    def bind(name: str, binding: Binding) -> None:
        file.bindings.setdefault(name, []).append(binding)

    for statement in body:
        site = Site(file.path, chunk, statement.ordinal)
        match statement:
            case Import(aliases=aliases):
                for alias in aliases:
                    name = alias.asname or alias.name.partition(".")[0]
                    bind(name, Binding("import", site, statement, alias, conditional, typing))
            case ImportFrom(aliases=aliases):
                for alias in aliases:
                    if alias.name == "*":
                        file.stars.append((statement, site))
                    else:
                        bind(alias.asname or alias.name, Binding("from", site, statement, alias, conditional, typing))
            case FunctionDef(name=name):
                bind(name, Binding("def", site, statement, None, conditional, typing))
            case ClassDef(name=name):
                bind(name, Binding("class", site, statement, None, conditional, typing))
            case Assign(targets=targets):
                for target in targets:
                    for name in target_names(target):
                        bind(name, Binding("assign", site, statement, None, conditional, typing))
            case AnnAssign(target=Name(id=name), value=value) if value is not None:
                bind(name, Binding("assign", site, statement, None, conditional, typing))
            case AugAssign(target=Name(id=name)):
                bind(name, Binding("opaque", site, statement, None, True, typing))
            case If(test=test, body=inner, orelse=orelse):
                under_typing = typing or _is_type_checking(test)
                _collect_body(file, chunk, inner, True, under_typing)
                _collect_body(file, chunk, orelse, not _is_type_checking(test) or conditional, typing)
            case Try(body=inner, handlers=handlers, orelse=orelse, final=final):
                _collect_body(file, chunk, inner, True, typing)
                for handler in handlers:
                    if handler.name:
                        bind(handler.name, Binding("opaque", site, None, None, True, typing))
                    _collect_body(file, chunk, handler.body, True, typing)
                _collect_body(file, chunk, orelse, True, typing)
                _collect_body(file, chunk, final, conditional, typing)
            case With(items=items, body=inner):
                for item in items:
                    if item.target is not None:
                        for name in target_names(item.target):
                            bind(name, Binding("opaque", site, statement, None, conditional, typing))
                _collect_body(file, chunk, inner, conditional, typing)
            case For(target=target, body=inner, orelse=orelse):
                for name in target_names(target):
                    bind(name, Binding("opaque", site, statement, None, True, typing))
                _collect_loop(file, chunk, (*inner, *orelse), typing)
            case While(body=inner, orelse=orelse):
                _collect_loop(file, chunk, (*inner, *orelse), typing)
            case Match(cases=cases):
                for case in cases:
                    for name in case.captures:
                        bind(name, Binding("opaque", site, statement, None, True, typing))
                    _collect_body(file, chunk, case.body, True, typing)
            case Delete(targets=targets):
                for target in targets:
                    for name in target_names(target):
                        bind(name, Binding("opaque", site, statement, None, conditional, typing))
            case TypeAliasStmt(name=name):
                bind(name, Binding("opaque", site, statement, None, conditional, typing))
            case _:
                pass


def _collect_loop(file: File, chunk: int, body: tuple[Stmt, ...], typing: bool) -> None:
    """What a loop at module level binds is not followed, imports and definitions excepted."""
    before = {name: len(bindings) for name, bindings in file.bindings.items()}
    _collect_body(file, chunk, body, True, typing)
    for bindings in file.bindings.values():
        for index, binding in enumerate(bindings):
            if binding.kind == "assign" and binding.site.chunk == chunk and index >= before.get("", 0):
                bindings[index] = Binding("opaque", binding.site, binding.statement, None, True, typing)


def _is_type_checking(test: Expr) -> bool:
    match test:
        case Name(id="TYPE_CHECKING") | Attribute(attr="TYPE_CHECKING"):
            return True
        case BoolOp(left=left, right=right):
            return _is_type_checking(left) or _is_type_checking(right)
        case _:
            return False


# ------------------------------------------------------------------------------------------------------------- meanings


def meanings(file: File, name: str, annotations: bool = False) -> list[Binding]:
    """The bindings that a module-level name can have when the module has run."""
    bindings = [b for b in file.bindings.get(name, ()) if annotations or not b.typing]
    last = 0
    for index, binding in enumerate(bindings):
        if not binding.conditional:
            last = index
    return bindings[last:]


def global_name(
    names: Names, file: File, name: str, annotations: bool = False, depth: int = 0
) -> list[Value | Binding]:
    """What `name` means at module level of `file`: values, and bindings (`assign`) whose expression must be evaluated.

    An empty list means that nothing binds it. Several entries are alternatives.
    """
    if depth > _DEPTH:
        return [Unknown("circular import")]
    found: list[Value | Binding] = []
    for binding in meanings(file, name, annotations):
        for value in _meaning(names, file, binding, annotations, depth):
            if value not in found:
                found.append(value)
    if found:
        return found
    for statement, _ in reversed(file.stars):
        target = import_target(names, file, statement.level, statement.module)
        if isinstance(target, ModuleFile):
            inner = names.files[target.path]
            values = [] if name.startswith("_") else global_name(names, inner, name, annotations, depth + 1)
            if values and not _only_builtin(values):
                return values
        elif isinstance(target, External):
            exported = torchapi.star(target.qualname)
            if exported is None:
                return [Unknown(f"star import of {target.qualname}")]
            if name in exported:
                return [External(f"{target.qualname}.{name}")]
        else:
            return [target]
    if name in _BUILTINS:
        return [External(f"builtins.{name}")]
    return []


def _only_builtin(values: list[Value | Binding]) -> bool:
    return all(isinstance(value, External) and value.qualname.startswith("builtins.") for value in values)


def _meaning(names: Names, file: File, binding: Binding, annotations: bool, depth: int) -> list[Value | Binding]:
    match binding.statement:
        case Import() if binding.alias is not None:
            dotted = binding.alias.name
            if binding.alias.asname is None:
                dotted = dotted.partition(".")[0]
            return [module_value(names, dotted)]
        case ImportFrom(level=level, module=module) if binding.alias is not None:
            target = import_target(names, file, level, module)
            if target == ModuleFile(file.path):  # `from . import part` in a package
                part = names.modules.get(f"{file.module}.{binding.alias.name}")
                return [Unknown("a module imports from itself") if part is None else ModuleFile(part)]
            return member(names, target, binding.alias.name, annotations, depth + 1)
        case FunctionDef() as code:
            return [Function(binding.site, code)]
        case ClassDef():
            return [Class(binding.site)]
        case Assign() | AnnAssign() if binding.kind == "assign":
            return [binding]
        case _:
            return [Unknown("module-level name that is not followed")]


def module_value(names: Names, dotted: str) -> Value:
    """The module of that dotted name: in the project, outside it, or unknown."""
    path = names.modules.get(dotted)
    if path is not None:
        return ModuleFile(path)
    if dotted.partition(".")[0] in names.packages:
        prefix = dotted + "."
        if any(name.startswith(prefix) for name in names.modules):
            return Unknown(f"namespace package {dotted}")
        if _is_torch(dotted):
            return External(dotted)
        return Unknown(f"module {dotted} is not among the files")
    return External(dotted)


def _is_torch(dotted: str) -> bool:
    """A stray local `torch.py` is improbable; a file tree that *is* torch is not followed into its own names."""
    return dotted == "torch" or dotted.startswith("torch.")


def import_target(names: Names, file: File, level: int, module: str) -> Value:
    """The module that `from <level dots><module> import …` in `file` reads from."""
    if level == 0:
        return module_value(names, module)
    parts = file.module.split(".")
    keep = len(parts) - level + (1 if file.is_package else 0)
    if keep < 0:
        return Unknown("relative import beyond the top")
    dotted = ".".join([*parts[:keep], *([module] if module else [])])
    path = names.modules.get(dotted)
    if path is not None:
        return ModuleFile(path)
    return Unknown(f"module {dotted or '.'} is not among the files")


def member(names: Names, module: Value, name: str, annotations: bool = False, depth: int = 0) -> list[Value | Binding]:
    """Attribute `name` of a module: a name it binds, a submodule, or unknown."""
    match module:
        case External(qualname=qualname):
            return [External(f"{qualname}.{name}")]
        case ModuleFile(path=path):
            file = names.files[path]
            if name in file.bindings or file.stars:
                values = global_name(names, file, name, annotations, depth)
                if not values and (file.lazy or "__getattr__" in file.bindings):
                    values = global_name(names, file, name, True, depth)
                if values and not (_only_builtin(values) and name not in file.bindings):
                    return values
            submodule = names.modules.get(f"{file.module}.{name}")
            if submodule is not None and submodule != path:
                return [ModuleFile(submodule)]
            return [Unknown(f"{file.module} does not visibly define {name}")]
        case _:
            return [Unknown("member of an unknown module")]


def handlers_catch(handlers: Iterable[Handler], exceptions: Mapping[str, object] | frozenset[str]) -> bool:
    """Whether a handler catches one of the named exceptions (a bare `except` catches all)."""
    for handler in handlers:
        if handler.type is None:
            return True
        for node in walk([handler.type]):
            if isinstance(node, Name) and node.id in exceptions:
                return True
    return False
