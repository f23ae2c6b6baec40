"""Names that mean something outside their scope: every written reference to an import or a module-level definition.

This is lexical: it sees code that never runs, decorators, annotations and default values alike. A name that a function,
class or comprehension binds itself is not followed, except for an import inside of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from actlint.facts import (
    Alias,
    Assign,
    Attribute,
    Call,
    ClassDef,
    Comprehension,
    Constant,
    Expr,
    FunctionDef,
    Import,
    ImportFrom,
    Lambda,
    Name,
    Node,
    Site,
)
from actlint.model.link import Binding, File, Names, global_name, import_target, member, module_value
from actlint.model.values import External, ModuleFile, Unknown, Value
from actlint.model.walk import bindings, bound_names, children, parameters, statements, target_names, walk


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference: `node` at `site` means `value`. `call` is the call whose callee it is, `parents` the nodes around
    it, outermost first (definitions included). `imported` for a name in an import statement.
    """

    site: Site
    node: Expr | Alias
    value: Value
    call: Call | None
    parents: tuple[Node, ...]
    imported: bool = False

    @property
    def qualname(self) -> str:
        """The qualified name if it is outside the project, else ""."""
        return self.value.qualname if isinstance(self.value, External) else ""


Scope: TypeAlias = dict[str, "Value | None"]
"""What a scope binds: an import's value, None for anything else."""


def references(names: Names, file: File) -> Iterator[Reference]:
    """All references of a file, longest attribute chains first, with the shorter chains inside them."""
    reader = _Reader(names, file, {})
    for index, chunk in enumerate(file.facts.chunks):
        if chunk.facts is not None:
            reader.chunk = index
            for statement in chunk.facts.body:
                _visit(reader, statement, ())
    return iter(reader.found)


@dataclass(slots=True)
class _Reader:
    """Where reading a file stands: `path` are the nodes around the next one, from the top-level statement on."""

    names: Names
    file: File
    cache: dict[str, Value | None]
    chunk: int = 0
    path: list[Node] = field(default_factory=list)
    found: list[Reference] = field(default_factory=list)


def _visit(reader: _Reader, node: Node, scopes: tuple[Scope, ...]) -> None:
    kind = type(node)
    if kind is Name or kind is Attribute:
        assert isinstance(node, (Name, Attribute))
        _chain(reader, node, scopes)
        return
    if kind is Constant:
        return
    reader.path.append(node)
    if isinstance(node, (Import, ImportFrom)):
        _imported(reader, node)
    elif isinstance(node, (FunctionDef, Lambda)):
        _visit_function(reader, node, scopes)
    elif isinstance(node, ClassDef):
        header: tuple[Node, ...] = (*node.decorators, *node.bases)
        for child in header:
            _visit(reader, child, scopes)
        class_scope: Scope = dict.fromkeys(sorted(bound_names(node.body)))
        class_scope["\0class"] = None
        for statement in node.body:
            _visit(reader, statement, (*scopes, class_scope))
    else:
        if isinstance(node, Comprehension):
            scopes = (*scopes, {name: None for clause in node.clauses for name in target_names(clause.target)})
        for below in children(node):
            _visit(reader, below, scopes)
    reader.path.pop()


def _visit_function(reader: _Reader, node: FunctionDef | Lambda, scopes: tuple[Scope, ...]) -> None:
    outer: tuple[Node, ...] = parameters(node.params)
    if isinstance(node, FunctionDef):
        outer = (*node.decorators, *outer, *((node.returns,) if node.returns is not None else ()))
    for child in outer:
        _visit(reader, child, scopes)
    # A class body's names are not visible inside its methods.
    visible = tuple(scope for scope in scopes if "\0class" not in scope)
    inside = (*visible, _scope(reader.names, reader.file, node))
    body: tuple[Node, ...] = node.body if isinstance(node, FunctionDef) else (node.body,)
    for child in body:
        _visit(reader, child, inside)


def _scope(names: Names, file: File, node: FunctionDef | Lambda) -> Scope:
    """What a function binds: parameters, names of its body; imports that are its name's only binding keep their
    meaning.
    """
    scope: Scope = {item.name: None for item in node.params.items}
    if isinstance(node, Lambda):
        return scope
    bound, outer = bindings(node.body)
    for name in sorted(bound):
        scope.setdefault(name, None)
    counts: dict[str, int] = {}
    found: dict[str, Value] = {}
    own = [inner for inner in statements(node.body) if isinstance(inner, (Import, ImportFrom))]
    for inner in own:
        if isinstance(inner, Import):
            for alias in inner.aliases:
                dotted = alias.name if alias.asname else alias.name.partition(".")[0]
                _note(counts, found, alias.asname or dotted, module_value(names, dotted))
        else:
            target = import_target(names, file, inner.level, inner.module)
            for alias in inner.aliases:
                values = member(names, target, alias.name) if alias.name != "*" else []
                if len(values) == 1 and not isinstance(values[0], Binding):
                    _note(counts, found, alias.asname or alias.name, values[0])
    rebound = _rebound(node, own) if found else frozenset()
    for name, value in found.items():
        if counts[name] == 1 and name in scope and name not in rebound:
            scope[name] = value
    for name in outer:
        scope.pop(name, None)
    return scope


def _note(counts: dict[str, int], found: dict[str, Value], name: str, value: Value) -> None:
    if name in found and found[name] != value:
        counts[name] = counts.get(name, 0) + 1
    else:
        counts.setdefault(name, 1)
    found[name] = value


def _rebound(node: FunctionDef, imports: Sequence[Import | ImportFrom]) -> frozenset[str]:
    """Names that the body binds by an import and by anything else, or that are parameters too."""
    imported = {alias.asname or alias.name.partition(".")[0] for s in imports for alias in s.aliases}
    others: set[str] = {item.name for item in node.params.items}
    for statement in walk(node.body, (FunctionDef, ClassDef, Lambda)):
        if isinstance(statement, (Import, ImportFrom)):
            continue
        own = [getattr(statement, "target", None), *getattr(statement, "targets", ())]
        others.update(n for target in own if target is not None for n in target_names(target))
        if isinstance(statement, (FunctionDef, ClassDef)):
            others.add(statement.name)
    return frozenset(others & imported)


def _chain(reader: _Reader, node: Name | Attribute, scopes: tuple[Scope, ...]) -> None:
    links: list[Name | Attribute] = []
    root: Expr = node
    while isinstance(root, Attribute):
        links.append(root)
        root = root.value
    path = reader.path
    if not isinstance(root, Name):
        path.extend(links)
        _visit(reader, root, scopes)
        del path[len(path) - len(links) :]
        return
    value = _root(reader, root.id, scopes)
    if value is None:
        return
    found: list[tuple[Name | Attribute, Value]] = [(root, value)]
    for link in reversed(links):
        assert isinstance(link, Attribute)
        value = _step(reader.names, value, link.attr)
        if value is None:
            break
        found.append((link, value))
    for position in range(len(found) - 1, -1, -1):
        inner, meaning = found[position]
        outer = links[: len(links) - position]
        parent = outer[-1] if outer else path[-1] if path else None
        call = parent if isinstance(parent, Call) and parent.func is inner else None
        at = Site(reader.file.path, reader.chunk, inner.ordinal)
        reader.found.append(Reference(at, inner, meaning, call, (*path, *outer)))


def _root(reader: _Reader, name: str, scopes: tuple[Scope, ...]) -> Value | None:
    for scope in reversed(scopes):
        if name in scope:
            return scope[name]
    cache = reader.cache
    if name not in cache:
        found = global_name(reader.names, reader.file, name, annotations=True)
        # `except ImportError: name = None` says where the name is missing, not what else it means.
        found = [entry for entry in found if not (isinstance(entry, Binding) and _is_missing(entry))] or found
        values = [entry for entry in found if not isinstance(entry, (Binding, Unknown))]
        known = len(values) == 1 and len(found) == 1
        value = values[0] if known else None
        builtin = isinstance(value, External) and value.qualname.startswith("builtins.")
        cache[name] = None if builtin else value
    return cache[name]


def _is_missing(binding: Binding) -> bool:
    """Whether a name gets None, beside what else binds it."""
    match binding.statement:
        case Assign(value=Constant(value=None)):
            return True
        case _:
            return False


def _step(names: Names, value: Value, attr: str) -> Value | None:
    if isinstance(value, (External, ModuleFile)):
        found = member(names, value, attr)
        if len(found) == 1 and not isinstance(found[0], (Binding, Unknown)):
            return found[0]
    return None


def _imported(reader: _Reader, node: Import | ImportFrom) -> None:
    for alias in node.aliases:
        site = Site(reader.file.path, reader.chunk, alias.ordinal)
        if isinstance(node, Import):
            value = module_value(reader.names, alias.name)
        elif alias.name != "*":
            target = import_target(reader.names, reader.file, node.level, node.module)
            found = member(reader.names, target, alias.name)
            if len(found) != 1 or isinstance(found[0], (Binding, Unknown)):
                continue
            value = found[0]
        else:
            continue
        reader.found.append(Reference(site, alias, value, None, tuple(reader.path), True))


def path_to(file: File, site: Site) -> tuple[Node, ...]:
    """The nodes from the top-level statement down to the one at `site`, that one included."""
    nodes = nodes_of(file, site.chunk)
    path: list[Node] = []
    ordinal: int | None = site.ordinal
    while ordinal is not None:
        found = nodes.get(ordinal)
        if found is None:
            return ()
        path.append(found[0])
        ordinal = found[1]
    path.reverse()
    return tuple(path)


def nodes_of(file: File, chunk: int) -> dict[int, tuple[Node, int | None]]:
    """The nodes of a top-level statement by ordinal, each with the ordinal of the node around it; read once."""
    nodes = file.nodes.get(chunk)
    if nodes is None:
        nodes = file.nodes[chunk] = {}
        facts = file.facts.chunks[chunk].facts
        stack: list[tuple[Node, int | None]] = [] if facts is None else [(node, None) for node in facts.body]
        while stack:
            entry = stack.pop()
            node = entry[0]
            nodes[node.ordinal] = entry
            stack.extend((child, node.ordinal) for child in children(node))
    return nodes
