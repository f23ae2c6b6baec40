"""Names that mean something outside their scope: every written reference to an import or a module-level definition.

This is lexical: it sees code that never runs, decorators, annotations and default values alike. A name that a function,
class or comprehension binds itself is not followed, except for an import inside of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from actlint.facts import (
    Alias,
    Attribute,
    Call,
    ClassDef,
    Comprehension,
    Expr,
    FunctionDef,
    Import,
    ImportFrom,
    Lambda,
    Name,
    Node,
    ScopeDecl,
    Site,
)
from actlint.model.link import Binding, File, Names, global_name, import_target, member, module_value
from actlint.model.values import External, ModuleFile, Unknown, Value
from actlint.model.walk import bound_names, children, parameters, target_names, walk


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
    cache: dict[str, Value | None] = {}
    for index, chunk in enumerate(file.facts.chunks):
        if chunk.facts is not None:
            for statement in chunk.facts.body:
                yield from _visit(names, file, index, statement, (), (), cache)


def _visit(
    names: Names,
    file: File,
    chunk: int,
    node: Node,
    scopes: tuple[Scope, ...],
    parents: tuple[Node, ...],
    cache: dict[str, Value | None],
) -> Iterator[Reference]:
    kind = type(node)
    if kind is Name or kind is Attribute:
        assert isinstance(node, (Name, Attribute))
        yield from _chain(names, file, chunk, node, scopes, parents, cache)
        return
    inside = (*parents, node)
    if isinstance(node, (Import, ImportFrom)):
        yield from _imported(names, file, chunk, node, inside)
        return
    if isinstance(node, (FunctionDef, Lambda)):
        outer: tuple[Node, ...] = parameters(node.params)
        if isinstance(node, FunctionDef):
            outer = (*node.decorators, *outer, *((node.returns,) if node.returns is not None else ()))
        for child in outer:
            yield from _visit(names, file, chunk, child, scopes, inside, cache)
        # A class body's names are not visible inside its methods.
        visible = tuple(scope for scope in scopes if "\0class" not in scope)
        scope = _scope(names, file, node)
        body: tuple[Node, ...] = node.body if isinstance(node, FunctionDef) else (node.body,)
        for child in body:
            yield from _visit(names, file, chunk, child, (*visible, scope), inside, cache)
        return
    if isinstance(node, ClassDef):
        for child in (*node.decorators, *node.bases):
            yield from _visit(names, file, chunk, child, scopes, inside, cache)
        class_scope: Scope = dict.fromkeys(bound_names(node.body))
        class_scope["\0class"] = None
        for child in node.body:
            yield from _visit(names, file, chunk, child, (*scopes, class_scope), inside, cache)
        return
    if isinstance(node, Comprehension):
        bound: Scope = {name: None for clause in node.clauses for name in target_names(clause.target)}
        for child in children(node):
            yield from _visit(names, file, chunk, child, (*scopes, bound), inside, cache)
        return
    for child in children(node):
        yield from _visit(names, file, chunk, child, scopes, inside, cache)


def _scope(names: Names, file: File, node: FunctionDef | Lambda) -> Scope:
    """What a function binds: parameters, names of its body; imports that are its name's only binding keep their
    meaning.
    """
    scope: Scope = {item.name: None for item in node.params.items}
    if isinstance(node, Lambda):
        return scope
    for name in bound_names(node.body):
        scope.setdefault(name, None)
    counts: dict[str, int] = {}
    found: dict[str, Value] = {}
    for inner in walk(node.body, (FunctionDef, ClassDef, Lambda)):
        if isinstance(inner, Import):
            for alias in inner.aliases:
                dotted = alias.name if alias.asname else alias.name.partition(".")[0]
                _note(counts, found, alias.asname or dotted, module_value(names, dotted))
        elif isinstance(inner, ImportFrom):
            target = import_target(names, file, inner.level, inner.module)
            for alias in inner.aliases:
                values = member(names, target, alias.name) if alias.name != "*" else []
                if len(values) == 1 and not isinstance(values[0], Binding):
                    _note(counts, found, alias.asname or alias.name, values[0])
        elif isinstance(inner, Name) and inner.id in found:
            continue
    rebound = _rebound(node)
    for name, value in found.items():
        if counts[name] == 1 and name in scope and name not in rebound:
            scope[name] = value
    declared = {
        n for inner in walk(node.body, (FunctionDef, ClassDef)) if isinstance(inner, ScopeDecl) for n in inner.names
    }
    for name in declared:
        scope.pop(name, None)
    return scope


def _note(counts: dict[str, int], found: dict[str, Value], name: str, value: Value) -> None:
    if name in found and found[name] != value:
        counts[name] = counts.get(name, 0) + 1
    else:
        counts.setdefault(name, 1)
    found[name] = value


def _rebound(node: FunctionDef) -> frozenset[str]:
    """Names that the body binds by anything but an import, and its parameters."""
    kept = [s for s in walk(node.body, (FunctionDef, ClassDef, Lambda)) if isinstance(s, (Import, ImportFrom))]
    imports = {alias.asname or alias.name.partition(".")[0] for s in kept for alias in s.aliases}
    others: set[str] = {item.name for item in node.params.items}
    for statement in walk(node.body, (FunctionDef, ClassDef, Lambda)):
        if isinstance(statement, (Import, ImportFrom)):
            continue
        own = [getattr(statement, "target", None), *getattr(statement, "targets", ())]
        others.update(n for target in own if target is not None for n in target_names(target))
        if isinstance(statement, (FunctionDef, ClassDef)):
            others.add(statement.name)
    return frozenset(others & imports)


def _chain(
    names: Names,
    file: File,
    chunk: int,
    node: Name | Attribute,
    scopes: tuple[Scope, ...],
    parents: tuple[Node, ...],
    cache: dict[str, Value | None],
) -> Iterator[Reference]:
    links: list[Name | Attribute] = []
    root: Expr = node
    while isinstance(root, Attribute):
        links.append(root)
        root = root.value
    if not isinstance(root, Name):
        yield from _visit(names, file, chunk, root, scopes, (*parents, *links), cache)
        return
    value = _root(names, file, root.id, scopes, cache)
    if value is None:
        return
    found: list[tuple[Name | Attribute, Value]] = [(root, value)]
    for link in reversed(links):
        assert isinstance(link, Attribute)
        value = _step(names, value, link.attr)
        if value is None:
            break
        found.append((link, value))
    for position in range(len(found) - 1, -1, -1):
        inner, meaning = found[position]
        outer = tuple(links[: len(links) - position])
        parent = outer[-1] if outer else parents[-1] if parents else None
        call = parent if isinstance(parent, Call) and parent.func is inner else None
        yield Reference(Site(file.path, chunk, inner.ordinal), inner, meaning, call, (*parents, *outer))


def _root(
    names: Names, file: File, name: str, scopes: tuple[Scope, ...], cache: dict[str, Value | None]
) -> Value | None:
    for scope in reversed(scopes):
        if name in scope:
            return scope[name]
    if name not in cache:
        found = global_name(names, file, name, annotations=True)
        values = [entry for entry in found if not isinstance(entry, (Binding, Unknown))]
        known = len(values) == 1 and len(found) == 1
        value = values[0] if known else None
        builtin = isinstance(value, External) and value.qualname.startswith("builtins.")
        cache[name] = None if builtin else value
    return cache[name]


def _step(names: Names, value: Value, attr: str) -> Value | None:
    if isinstance(value, (External, ModuleFile)):
        found = member(names, value, attr)
        if len(found) == 1 and not isinstance(found[0], (Binding, Unknown)):
            return found[0]
    return None


def _imported(
    names: Names, file: File, chunk: int, node: Import | ImportFrom, parents: tuple[Node, ...]
) -> Iterator[Reference]:
    for alias in node.aliases:
        site = Site(file.path, chunk, alias.ordinal)
        if isinstance(node, Import):
            yield Reference(site, alias, module_value(names, alias.name), None, parents, True)
        elif alias.name != "*":
            target = import_target(names, file, node.level, node.module)
            found = member(names, target, alias.name)
            if len(found) == 1 and not isinstance(found[0], (Binding, Unknown)):
                yield Reference(site, alias, found[0], None, parents, True)


def path_to(file: File, site: Site) -> tuple[Node, ...]:
    """The nodes from the top-level statement down to the one at `site`, that one included."""
    facts = file.facts.chunks[site.chunk].facts
    if facts is None:
        return ()
    stack: list[tuple[Node, tuple[Node, ...]]] = [(statement, (statement,)) for statement in facts.body]
    while stack:
        node, path = stack.pop()
        if node.ordinal == site.ordinal:
            return path
        stack.extend((child, (*path, child)) for child in children(node))
    return ()
