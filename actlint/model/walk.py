"""Walking facts: the children of a node, the names a body binds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from actlint.facts import (
    Alias,
    AnnAssign,
    Argument,
    Assert,
    Assign,
    Attribute,
    AugAssign,
    Await,
    BinOp,
    BoolOp,
    Call,
    Case,
    ClassDef,
    Clause,
    Collection,
    Compare,
    Comprehension,
    Constant,
    Delete,
    DictExpr,
    Expr,
    ExprStmt,
    For,
    FString,
    FunctionDef,
    Handler,
    If,
    IfExp,
    Import,
    ImportFrom,
    Jump,
    Lambda,
    Match,
    Name,
    NamedExpr,
    Node,
    Opaque,
    Parameter,
    Parameters,
    Raise,
    Return,
    ScopeDecl,
    Slice,
    Starred,
    Stmt,
    Subscript,
    Try,
    TypeAliasStmt,
    UnaryOp,
    While,
    With,
    Yield,
)


def _some(*nodes: Expr | None) -> tuple[Node, ...]:
    return tuple(node for node in nodes if node is not None)


def _clauses(clauses: tuple[Clause, ...]) -> tuple[Node, ...]:
    return tuple(node for clause in clauses for node in (clause.iterable, clause.target, *clause.conditions))


def parameters(params: Parameters) -> tuple[Node, ...]:
    """Defaults and annotations: what is evaluated outside of the function."""
    return tuple(node for item in params.items for node in _some(item.default, item.annotation))


_CHILDREN: dict[type, Callable[..., tuple[Node, ...]]] = {
    Name: lambda n: (),
    Constant: lambda n: (),
    Jump: lambda n: (),
    ScopeDecl: lambda n: (),
    Alias: lambda n: (),
    Attribute: lambda n: (n.value,),
    FString: lambda n: tuple(part for part in n.parts if not isinstance(part, str)),
    Argument: lambda n: (n.value,),
    Call: lambda n: (n.func, *n.args),
    Slice: lambda n: _some(n.lower, n.upper, n.step),
    Subscript: lambda n: (n.value, n.index),
    BinOp: lambda n: (n.left, n.right),
    UnaryOp: lambda n: (n.operand,),
    BoolOp: lambda n: (n.left, n.right),
    Compare: lambda n: (n.left, *(right for _, right in n.rest)),
    IfExp: lambda n: (n.test, n.body, n.orelse),
    Collection: lambda n: n.elements,
    DictExpr: lambda n: tuple(node for key, value in n.items for node in _some(key, value)),
    Comprehension: lambda n: (*_clauses(n.clauses), *_some(n.key, n.element)),
    Starred: lambda n: (n.value,),
    Lambda: lambda n: (*parameters(n.params), n.body),
    NamedExpr: lambda n: (n.target, n.value),
    Await: lambda n: (n.value,),
    Yield: lambda n: _some(n.value),
    Opaque: lambda n: n.children,
    Parameter: lambda n: _some(n.default, n.annotation),
    ExprStmt: lambda n: (n.value,),
    Assign: lambda n: (n.value, *n.targets),
    AugAssign: lambda n: (n.target, n.value),
    AnnAssign: lambda n: _some(n.value, n.target, n.annotation),
    Return: lambda n: _some(n.value),
    Raise: lambda n: _some(n.exception, n.cause),
    Assert: lambda n: _some(n.test, n.message),
    Delete: lambda n: n.targets,
    Import: lambda n: n.aliases,
    ImportFrom: lambda n: n.aliases,
    If: lambda n: (n.test, *n.body, *n.orelse),
    For: lambda n: (n.iterable, n.target, *n.body, *n.orelse),
    While: lambda n: (n.test, *n.body, *n.orelse),
    With: lambda n: (*(node for item in n.items for node in _some(item.context, item.target)), *n.body),
    Handler: lambda n: (*_some(n.type), *n.body),
    Try: lambda n: (*n.body, *n.handlers, *n.orelse, *n.final),
    Case: lambda n: (*n.values, *_some(n.guard), *n.body),
    Match: lambda n: (n.subject, *n.cases),
    FunctionDef: lambda n: (*n.decorators, *parameters(n.params), *_some(n.returns), *n.body),
    ClassDef: lambda n: (*n.decorators, *n.bases, *n.body),
    TypeAliasStmt: lambda n: (n.value,),
}


def children(node: Node) -> tuple[Node, ...]:
    """The direct sub-nodes, roughly in the order of evaluation."""
    return _CHILDREN[type(node)](node)


def walk(roots: Iterable[Node], stop: tuple[type, ...] = ()) -> Iterator[Node]:
    """All nodes below and including `roots`, in order; below a node of a type in `stop` nothing is visited."""
    stack = list(roots)
    stack.reverse()
    while stack:
        node = stack.pop()
        yield node
        if stop and isinstance(node, stop):
            continue
        below = _CHILDREN[type(node)](node)
        if below:
            stack.extend(reversed(below))


def target_names(target: Expr) -> Iterator[str]:
    """The names that assigning to `target` binds."""
    stack: list[Expr] = [target]
    while stack:
        node = stack.pop()
        if isinstance(node, Name):
            yield node.id
        elif isinstance(node, Collection):
            stack.extend(node.elements)
        elif isinstance(node, Starred):
            stack.append(node.value)


def statements(body: Iterable[Stmt]) -> Iterator[Stmt]:
    """The statements of a body and of the blocks in it, but not of the functions and classes that it defines."""
    stack = list(body)
    stack.reverse()
    while stack:
        statement = stack.pop()
        yield statement
        blocks = _BLOCKS.get(type(statement))
        if blocks is not None:
            for block in reversed(blocks(statement)):
                stack.extend(reversed(block))


_BLOCKS: dict[type, Callable[..., tuple[tuple[Stmt, ...], ...]]] = {
    If: lambda n: (n.body, n.orelse),
    For: lambda n: (n.body, n.orelse),
    While: lambda n: (n.body, n.orelse),
    With: lambda n: (n.body,),
    Try: lambda n: (n.body, *(handler.body for handler in n.handlers), n.orelse, n.final),
    Match: lambda n: tuple(case.body for case in n.cases),
}


def bound_names(body: Iterable[Stmt | Expr]) -> frozenset[str]:
    """The names that a body binds in its own scope (a walrus in a comprehension too), minus `global` and `nonlocal`."""
    return bindings(body)[0]


def bindings(body: Iterable[Stmt | Expr]) -> tuple[frozenset[str], frozenset[str]]:
    """What `bound_names` gives, and the names that are declared `global` or `nonlocal`."""
    names: set[str] = set()
    outer: set[str] = set()
    stack: list[Node] = list(body)
    while stack:
        node = stack.pop()
        kind = type(node)
        bound = _BINDS.get(kind)
        if bound is not None:
            names.update(bound(node))
            if kind is FunctionDef or kind is ClassDef:
                stack.extend(node.decorators)  # type: ignore[union-attr]
                continue
        elif kind is Lambda:
            continue
        elif kind is ScopeDecl:
            outer.update(node.names)  # type: ignore[union-attr]
        stack.extend(_CHILDREN[kind](node))
    return frozenset(names - outer), frozenset(outer)


_BINDS: dict[type, Callable[..., Iterable[str]]] = {
    FunctionDef: lambda n: (n.name,),
    ClassDef: lambda n: (n.name,),
    Assign: lambda n: (name for target in n.targets for name in target_names(target)),
    AugAssign: lambda n: target_names(n.target),
    AnnAssign: lambda n: target_names(n.target),
    For: lambda n: target_names(n.target),
    With: lambda n: (name for item in n.items if item.target is not None for name in target_names(item.target)),
    Handler: lambda n: (n.name,) if n.name else (),
    Case: lambda n: n.captures,
    Import: lambda n: (alias.asname or alias.name.partition(".")[0] for alias in n.aliases),
    ImportFrom: lambda n: (alias.asname or alias.name for alias in n.aliases),
    NamedExpr: lambda n: (n.target.id,),
    Delete: lambda n: (name for target in n.targets for name in target_names(target)),
    TypeAliasStmt: lambda n: (n.name,),
}
"""What a node itself binds, by its type."""
