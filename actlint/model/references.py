"""Names that mean something outside their scope: every written reference to an import or a module-level definition.

This is lexical: it sees code that never runs, decorators, annotations and default values alike. A name that a function,
class or comprehension binds itself is not followed, except for an import inside of it: also as `self.name` in the
methods of a class that imports it.
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
    Stmt,
)
from actlint.model.link import Binding, File, Names, global_name, import_target, member, module_value
from actlint.model.values import External, ModuleFile, Unknown, Value
from actlint.model.walk import bindings, bound_names, children, parameters, statements, target_names, walk


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference: `node` at `site` means `value`. `call` is the call whose callee it is, `parents` the nodes around
    it, outermost first (definitions included). `imported` for a name in an import statement, `bound` for what is read
    from an object whose class imports it.
    """

    site: Site
    node: Expr | Alias
    value: Value
    call: Call | None
    parents: tuple[Node, ...]
    imported: bool = False
    bound: bool = False

    @property
    def qualname(self) -> str:
        """The qualified name if it is outside the project, else ""."""
        return self.value.qualname if isinstance(self.value, External) else ""


Scope: TypeAlias = dict[str, "Value | None"]
"""What a scope binds: an import's value, None for anything else. A method's has `self.x` for what its class imports."""


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
    """Where reading a file stands: `path` are the nodes around the next one, from the top-level statement on;
    `receivers` is set once a class that imports something has methods.
    """

    names: Names
    file: File
    cache: dict[str, Value | None]
    chunk: int = 0
    path: list[Node] = field(default_factory=list)
    found: list[Reference] = field(default_factory=list)
    receivers: bool = False


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
        if own := _imports(reader.names, reader.file, node.body, frozenset()):
            stored = {each.attr for each in _stored(node)}
            class_scope.update({name: value for name, value in own.items() if name not in stored})
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
    # A class body's names are not visible inside its methods, but through the object.
    visible = tuple(scope for scope in scopes if "\0class" not in scope)
    own = _scope(reader.names, reader.file, node)
    if scopes and "\0class" in scopes[-1] and isinstance(node, FunctionDef) and (receiver := _receiver(node)):
        imported = {f"{receiver}.{name}": value for name, value in scopes[-1].items() if value is not None}
        reader.receivers |= bool(imported)
        own.update(imported)
    inside = (*visible, own)
    body: tuple[Node, ...] = node.body if isinstance(node, FunctionDef) else (node.body,)
    for child in body:
        _visit(reader, child, inside)


def _receiver(node: FunctionDef) -> str:
    """The name that a method has for its object or class, "" for none."""
    static = any(isinstance(each, Name) and each.id == "staticmethod" for each in node.decorators)
    return node.params.items[0].name if node.params.items and not static else ""


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
    given = frozenset(item.name for item in node.params.items)
    for name, value in _imports(names, file, node.body, given).items():
        if name in scope:
            scope[name] = value
    for name in outer:
        scope.pop(name, None)
    return scope


def _imports(names: Names, file: File, body: Sequence[Stmt], given: frozenset[str]) -> dict[str, Value]:
    """What the imports of a body mean by the names that they bind, where nothing else binds these, `given` neither."""
    own = [inner for inner in statements(body) if isinstance(inner, (Import, ImportFrom))]
    if not own:
        return {}
    found: dict[str, Value | None] = {}
    for inner in own:
        target = import_target(names, file, inner.level, inner.module) if isinstance(inner, ImportFrom) else None
        for alias in inner.aliases:
            if target is None:
                dotted = alias.name if alias.asname else alias.name.partition(".")[0]
                name, value = alias.asname or dotted, _only([module_value(names, dotted)])
            else:
                name = alias.asname or alias.name
                value = _only(member(names, target, alias.name)) if name != "*" else None
            found[name] = value if found.get(name, value) == value else None
    others = _bound_otherwise(body) | given
    return {name: value for name, value in found.items() if value is not None and name not in others}


def _only(values: Sequence[Value | Binding]) -> Value | None:
    """The single meaning, None where there are several or it is not followed."""
    value = values[0] if len(values) == 1 else None
    return None if isinstance(value, Binding) else value


def _stored(node: ClassDef) -> Iterator[Attribute]:
    """The attributes that code in a class assigns."""
    for inner in walk(node.body):
        own = [getattr(inner, "target", None), *getattr(inner, "targets", ())]
        yield from (target for target in own if isinstance(target, Attribute))


def _bound_otherwise(body: Sequence[Stmt]) -> set[str]:
    """The names that a body binds by anything but an import."""
    others: set[str] = set()
    for statement in walk(body, (FunctionDef, ClassDef, Lambda)):
        if isinstance(statement, (Import, ImportFrom)):
            continue
        own = [getattr(statement, "target", None), *getattr(statement, "targets", ())]
        others.update(n for target in own if target is not None for n in target_names(target))
        if isinstance(statement, (FunctionDef, ClassDef)):
            others.add(statement.name)
    return others


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
    first: Name | Attribute = root
    if value is None and links and reader.receivers:
        value = _of_receiver(root.id, links[-1], scopes)
        first = links.pop()
    if value is None:
        return
    found = [(first, value)]
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
        reader.found.append(Reference(at, inner, meaning, call, (*path, *outer), bound=inner is first is not root))


def _of_receiver(name: str, link: Name | Attribute, scopes: tuple[Scope, ...]) -> Value | None:
    """What an attribute of a method's object means, where the class imports it."""
    assert isinstance(link, Attribute)
    for scope in reversed(scopes):
        if name in scope:
            return scope.get(f"{name}.{link.attr}")
    return None


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
