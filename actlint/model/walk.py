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


def bound_names(body: Iterable[Stmt | Expr]) -> frozenset[str]:
    """The names that a body binds in its own scope (a walrus in a comprehension too), minus `global` and `nonlocal`."""
    names: set[str] = set()
    outer: set[str] = set()
    stack: list[Node] = list(body)
    while stack:
        node = stack.pop()
        kind = type(node)
        if isinstance(node, (FunctionDef, ClassDef)):
            names.add(node.name)
            stack.extend(node.decorators)
            continue
        if kind is Lambda:
            continue
        match node:
            case Assign():
                for target in node.targets:
                    names.update(target_names(target))
            case AugAssign() | AnnAssign():
                names.update(target_names(node.target))
            case For():
                names.update(target_names(node.target))
            case With():
                for item in node.items:
                    if item.target is not None:
                        names.update(target_names(item.target))
            case Handler():
                if node.name:
                    names.add(node.name)
            case Case():
                names.update(node.captures)
            case Import():
                names.update(alias.asname or alias.name.partition(".")[0] for alias in node.aliases)
            case ImportFrom():
                names.update(alias.asname or alias.name for alias in node.aliases)
            case NamedExpr():
                names.add(node.target.id)
            case ScopeDecl():
                outer.update(node.names)
            case Delete():
                for target in node.targets:
                    names.update(target_names(target))
            case TypeAliasStmt():
                names.add(node.name)
            case _:
                pass
        stack.extend(_CHILDREN[kind](node))
    return frozenset(names - outer)
