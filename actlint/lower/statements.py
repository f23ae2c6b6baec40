"""libcst statements to facts; the trace and the ordinals are as in `lower.expressions`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import libcst as cst

from actlint.facts import (
    Alias,
    AnnAssign,
    Assert,
    Assign,
    AugAssign,
    Case,
    ClassDef,
    Delete,
    Expr,
    ExprStmt,
    For,
    FunctionDef,
    Handler,
    If,
    Import,
    ImportFrom,
    Jump,
    Match,
    Opaque,
    Raise,
    Return,
    ScopeDecl,
    Stmt,
    Try,
    TypeAliasStmt,
    While,
    With,
    WithItem,
)
from actlint.lower.expressions import Trace, argument, expression, optional, parameters
from actlint.lower.literals import identifier
from actlint.lower.patterns import collect

Lowering: TypeAlias = Callable[[Any, Trace], Stmt]

AUGMENTED: dict[type, str] = {
    cst.AddAssign: "+",
    cst.SubtractAssign: "-",
    cst.MultiplyAssign: "*",
    cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%",
    cst.PowerAssign: "**",
    cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>",
    cst.BitOrAssign: "|",
    cst.BitAndAssign: "&",
    cst.BitXorAssign: "^",
    cst.MatrixMultiplyAssign: "@",
}


def block(body: Iterable[cst.CSTNode], trace: Trace) -> tuple[Stmt, ...]:
    """The facts of the statements of a module, an indented block or a one-line suite."""
    found: list[Stmt] = []
    for node in body:
        if type(node) is cst.SimpleStatementLine:
            for small in node.body:
                found.append(STATEMENTS.get(type(small), _unknown)(small, trace))
        else:
            found.append(STATEMENTS.get(type(node), _unknown)(node, trace))
    return tuple(found)


def _else(node: cst.Else | cst.Finally | None, trace: Trace) -> tuple[Stmt, ...]:
    return () if node is None else block(node.body.body, trace)


def _unknown(node: cst.CSTNode, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.extend((node, node))
    return ExprStmt(ordinal, Opaque(ordinal + 1, ()))


# ---------------------------------------------------------------------------------------------------- simple statements


def _expression_statement(node: cst.Expr, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    return ExprStmt(ordinal, expression(node.value, trace))


def _assign(node: cst.Assign, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    targets = tuple([expression(target.target, trace) for target in node.targets])
    return Assign(ordinal, targets, expression(node.value, trace))


def _augmented(node: cst.AugAssign, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    target = expression(node.target, trace)
    return AugAssign(ordinal, target, AUGMENTED[type(node.operator)], expression(node.value, trace))


def _annotated(node: cst.AnnAssign, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    target = expression(node.target, trace)
    annotation = expression(node.annotation.annotation, trace)
    return AnnAssign(ordinal, target, annotation, optional(node.value, trace))


def _return(node: cst.Return, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    return Return(ordinal, optional(node.value, trace))


def _raise(node: cst.Raise, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    exception = optional(node.exc, trace)
    cause = None if node.cause is None else expression(node.cause.item, trace)
    return Raise(ordinal, exception, cause)


def _assert(node: cst.Assert, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    test = expression(node.test, trace)
    return Assert(ordinal, test, optional(node.msg, trace))


def _delete(node: cst.Del, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    target = node.target
    if isinstance(target, cst.Tuple) and not target.lpar:
        return Delete(ordinal, tuple([expression(element.value, trace) for element in target.elements]))
    return Delete(ordinal, (expression(target, trace),))


def _global(node: cst.Global, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    return ScopeDecl(ordinal, "global", tuple([identifier(item.name.value) for item in node.names]))


def _nonlocal(node: cst.Nonlocal, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    return ScopeDecl(ordinal, "nonlocal", tuple([identifier(item.name.value) for item in node.names]))


def _pass(node: cst.Pass, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    return Jump(ordinal, "pass")


def _break(node: cst.Break, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    return Jump(ordinal, "break")


def _continue(node: cst.Continue, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    return Jump(ordinal, "continue")


def _type_alias(node: cst.TypeAlias, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    return TypeAliasStmt(ordinal, identifier(node.name.value), expression(node.value, trace))


# ------------------------------------------------------------------------------------------------------------- imports


def _dotted(node: cst.BaseExpression | None) -> str:
    names: list[str] = []
    while isinstance(node, cst.Attribute):
        names.append(identifier(node.attr.value))
        node = node.value
    if isinstance(node, cst.Name):
        names.append(identifier(node.value))
    return ".".join(reversed(names))


def _aliases(nodes: Sequence[cst.ImportAlias], trace: Trace) -> tuple[Alias, ...]:
    aliases: list[Alias] = []
    for node in nodes:
        asname = node.asname.name if node.asname is not None else None
        bound = identifier(asname.value) if isinstance(asname, cst.Name) else None
        aliases.append(Alias(len(trace), _dotted(node.name), bound))
        trace.append(node)
    return tuple(aliases)


def _import(node: cst.Import | cst.LazyImport, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    return Import(ordinal, _aliases(node.names, trace))


def _import_from(node: cst.ImportFrom | cst.LazyImportFrom, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    names = node.names
    if isinstance(names, cst.ImportStar):
        aliases: tuple[Alias, ...] = (Alias(len(trace), "*", None),)
        trace.append(names)
    else:
        aliases = _aliases(names, trace)
    return ImportFrom(ordinal, len(node.relative), _dotted(node.module), aliases)


# -------------------------------------------------------------------------------------------------- compound statements


def _if(node: cst.If, trace: Trace) -> Stmt:
    # A chain of elif is a nest for libcst and a list for its author: a loop here, so that only real nesting recurses.
    arms: list[tuple[int, Expr, tuple[Stmt, ...]]] = []
    arm: cst.If | cst.Else | None = node
    while isinstance(arm, cst.If):
        ordinal = len(trace)
        trace.append(arm)
        test = expression(arm.test, trace)
        arms.append((ordinal, test, block(arm.body.body, trace)))
        arm = arm.orelse
    orelse = _else(arm, trace)
    for ordinal, test, body in reversed(arms):
        orelse = (If(ordinal, test, body, orelse),)
    return orelse[0]


def _for(node: cst.For, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    target = expression(node.target, trace)
    iterable = expression(node.iter, trace)
    body = block(node.body.body, trace)
    return For(ordinal, target, iterable, body, _else(node.orelse, trace), node.asynchronous is not None)


def _while(node: cst.While, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    test = expression(node.test, trace)
    body = block(node.body.body, trace)
    return While(ordinal, test, body, _else(node.orelse, trace))


def _with(node: cst.With, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    items: list[WithItem] = []
    for item in node.items:
        context = expression(item.item, trace)
        items.append(WithItem(context, None if item.asname is None else expression(item.asname.name, trace)))
    return With(ordinal, tuple(items), block(node.body.body, trace), node.asynchronous is not None)


def _try(node: cst.Try | cst.TryStar, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    body = block(node.body.body, trace)
    handlers = tuple([_handler(handler, trace) for handler in node.handlers])
    orelse = _else(node.orelse, trace)
    return Try(ordinal, body, handlers, orelse, _else(node.finalbody, trace))


def _handler(node: cst.ExceptHandler | cst.ExceptStarHandler, trace: Trace) -> Handler:
    ordinal = len(trace)
    trace.append(node)
    exception = optional(node.type, trace)
    bound = node.name.name if node.name is not None else None
    name = identifier(bound.value) if isinstance(bound, cst.Name) else None
    return Handler(ordinal, exception, name, block(node.body.body, trace))


def _function(node: cst.FunctionDef, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    decorators = tuple([expression(decorator.decorator, trace) for decorator in node.decorators])
    params = parameters(node.params, trace)
    returns = None if node.returns is None else expression(node.returns.annotation, trace)
    body = block(node.body.body, trace)
    return FunctionDef(
        ordinal, identifier(node.name.value), params, decorators, returns, body, node.asynchronous is not None
    )


def _class(node: cst.ClassDef, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    decorators = tuple([expression(decorator.decorator, trace) for decorator in node.decorators])
    bases = tuple([argument(base, trace) for base in (*node.bases, *node.keywords)])
    return ClassDef(ordinal, identifier(node.name.value), bases, decorators, block(node.body.body, trace))


# --------------------------------------------------------------------------------------------------------------- match


def _match(node: cst.Match, trace: Trace) -> Stmt:
    ordinal = len(trace)
    trace.append(node)
    subject = expression(node.subject, trace)
    return Match(ordinal, subject, tuple([_case(case, trace) for case in node.cases]))


def _case(node: cst.MatchCase, trace: Trace) -> Case:
    ordinal = len(trace)
    trace.append(node)
    captures: list[str] = []
    values: list[Expr] = []
    pattern = node.pattern
    collect(pattern, captures, values, trace)
    guard = optional(node.guard, trace)
    irrefutable = isinstance(pattern, cst.MatchAs) and pattern.pattern is None and guard is None
    return Case(ordinal, tuple(captures), tuple(values), irrefutable, guard, block(node.body.body, trace))


STATEMENTS: dict[type, Lowering] = {
    cst.Expr: _expression_statement,
    cst.Assign: _assign,
    cst.AugAssign: _augmented,
    cst.AnnAssign: _annotated,
    cst.Return: _return,
    cst.Raise: _raise,
    cst.Assert: _assert,
    cst.Del: _delete,
    cst.Global: _global,
    cst.Nonlocal: _nonlocal,
    cst.Pass: _pass,
    cst.Break: _break,
    cst.Continue: _continue,
    cst.TypeAlias: _type_alias,
    cst.Import: _import,
    cst.LazyImport: _import,
    cst.ImportFrom: _import_from,
    cst.LazyImportFrom: _import_from,
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
    cst.Match: _match,
}
