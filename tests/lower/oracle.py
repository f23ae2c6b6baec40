"""What a text says, counted twice: in the facts, and by Python's own parser in a tree that it alone made."""

from __future__ import annotations

import ast
import dataclasses
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeAlias

from actlint import facts
from actlint.lower.expressions import BINARY, COMPARISON, UNARY
from actlint.lower.statements import AUGMENTED

Saying: TypeAlias = tuple[object, ...]
Count: TypeAlias = Counter[Saying]

_SYMBOLS = {
    "Add": "+",
    "Sub": "-",
    "Mult": "*",
    "Div": "/",
    "FloorDiv": "//",
    "Mod": "%",
    "Pow": "**",
    "LShift": "<<",
    "RShift": ">>",
    "BitOr": "|",
    "BitAnd": "&",
    "BitXor": "^",
    "MatMult": "@",
    "UAdd": "+",
    "USub": "-",
    "Invert": "~",
    "Not": "not",
    "And": "and",
    "Or": "or",
    "Lt": "<",
    "Gt": ">",
    "Eq": "==",
    "LtE": "<=",
    "GtE": ">=",
    "NotEq": "!=",
    "In": "in",
    "NotIn": "not in",
    "Is": "is",
    "IsNot": "is not",
}
assert set(_SYMBOLS.values()) == {*BINARY.values(), *COMPARISON.values(), *UNARY.values(), "and", "or"}
assert set(AUGMENTED.values()) == set(BINARY.values())


def walk(value: object) -> Iterator[Any]:
    """All fact nodes in a value, parents first, in the order of their fields."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, tuple):
            pending.extend(reversed(item))
        elif dataclasses.is_dataclass(item):
            yield item
            pending.extend(reversed([getattr(item, field.name) for field in dataclasses.fields(item)]))


def parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _symbol(operator: ast.AST) -> str:
    return _SYMBOLS[type(operator).__name__]


def count_facts(statements: object) -> Count:
    """What facts say, as a multiset."""
    return Counter(_said_by_facts(statements))


def _said_by_facts(statements: object) -> Iterator[Saying]:
    for node in walk(statements):
        match node:
            case facts.Name(id=name):
                yield ("name", name)
            case facts.Attribute(attr=name):
                yield ("attribute", name)
            case facts.Constant(value=value):
                yield ("constant", repr(value))
            case facts.FString(parts=parts, exact=exact):
                text = "".join(part for part in parts if isinstance(part, str))
                yield ("f-string", text if exact else None)
            case facts.Argument(keyword=keyword, star=star):
                if star != "*":
                    yield ("argument", keyword, star)
                else:
                    yield ("Starred",)
            case facts.BinOp(op=op) | facts.UnaryOp(op=op) | facts.BoolOp(op=op) | facts.AugAssign(op=op):
                yield (type(node).__name__, op)
            case facts.Compare(rest=rest):
                yield ("compare", *(op for op, _ in rest))
            case facts.Collection(kind=kind, elements=elements):
                yield (kind, len(elements))
            case facts.DictExpr(items=items):
                yield ("dict", len(items), sum(key is None for key, _ in items))
            case facts.Comprehension(kind=kind, clauses=clauses):
                yield ("comprehension", kind, *(len(clause.conditions) for clause in clauses))
            case facts.Yield(is_from=is_from):
                yield ("yield", is_from)
            case facts.Parameter(name=name, kind=kind, default=default, annotation=annotation):
                yield ("parameter", name, kind, default is None, annotation is None)
            case facts.FunctionDef(name=name, decorators=decorators, returns=returns, body=body, is_async=is_async):
                yield ("def", name, len(decorators), returns is None, len(body), is_async)
            case facts.ClassDef(name=name, bases=bases, decorators=decorators, body=body):
                yield ("class", name, len(bases), len(decorators), len(body))
            case facts.Import(aliases=aliases):
                yield ("import", *((alias.name, alias.asname) for alias in aliases))
            case facts.ImportFrom(level=level, module=module, aliases=aliases):
                yield ("from", level, module, *((alias.name, alias.asname) for alias in aliases))
            case facts.If(body=body, orelse=orelse) | facts.While(body=body, orelse=orelse):
                yield (type(node).__name__, len(body), len(orelse))
            case facts.For(body=body, orelse=orelse, is_async=is_async):
                yield ("for", len(body), len(orelse), is_async)
            case facts.With(items=items, body=body, is_async=is_async):
                yield ("with", *(item.target is None for item in items), len(body), is_async)
            case facts.Try(body=body, handlers=handlers, orelse=orelse, final=final):
                yield ("try", len(body), len(handlers), len(orelse), len(final))
            case facts.Handler(type=kind, name=name, body=body):
                yield ("except", kind is None, name, len(body))
            case facts.Case(captures=captures, irrefutable=irrefutable, guard=guard, body=body):
                yield ("case", *sorted(captures), irrefutable, guard is None, len(body))
            case facts.Assign(targets=targets) | facts.Delete(targets=targets):
                yield (type(node).__name__, len(targets))
            case facts.ScopeDecl(kind=kind, names=names):
                yield (kind, *names)
            case facts.Jump(kind=kind):
                yield (kind,)
            case facts.TypeAliasStmt(name=name):
                yield ("type", name)
            case facts.StatementFacts() | facts.Alias() | facts.Parameters() | facts.Clause() | facts.WithItem():
                pass
            case _:
                yield (type(node).__name__,)


def count_tree(tree: ast.AST) -> Count:
    """What Python's tree says, as the same multiset."""
    return Counter(_said_by_tree(tree))


def _said_by_tree(tree: ast.AST) -> Iterator[Saying]:
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        children = list(ast.iter_child_nodes(node))
        match node:
            case ast.Name(id=name):
                yield ("name", name)
            case ast.Attribute(attr=name):
                yield ("attribute", name)
            case ast.Constant(value=value):
                yield ("constant", repr(value))
            case ast.MatchSingleton(value=value):
                yield ("constant", repr(value))
            case ast.JoinedStr(values=values):
                fields = [value for value in values if isinstance(value, ast.FormattedValue)]
                text = "".join(str(value.value) for value in values if isinstance(value, ast.Constant))
                exact = all(field.conversion == -1 and field.format_spec is None for field in fields)
                yield ("f-string", text if exact else None)
                children = []
                while fields:
                    field = fields.pop()
                    children.append(field.value)
                    if isinstance(field.format_spec, ast.JoinedStr):
                        fields.extend(f for f in field.format_spec.values if isinstance(f, ast.FormattedValue))
            case ast.Call(args=args, keywords=keywords):
                yield ("Call",)
                yield from _arguments(args, keywords)
            case ast.BinOp(op=op) | ast.UnaryOp(op=op) | ast.AugAssign(op=op):
                yield (type(node).__name__, _symbol(op))
            case ast.BoolOp(op=op, values=values):
                yield from [("BoolOp", _symbol(op))] * (len(values) - 1)
            case ast.Compare(ops=ops):
                yield ("compare", *map(_symbol, ops))
            case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
                yield (type(node).__name__.lower(), len(elements))
            case ast.Dict(keys=keys):
                yield ("dict", len(keys), sum(key is None for key in keys))
            case (
                ast.ListComp(generators=clauses)
                | ast.SetComp(generators=clauses)
                | ast.DictComp(generators=clauses)
                | ast.GeneratorExp(generators=clauses)
            ):
                kind = {"GeneratorExp": "generator"}.get(type(node).__name__, type(node).__name__[:-4].lower())
                yield ("comprehension", kind, *(len(clause.ifs) for clause in clauses))
            case ast.Yield() | ast.YieldFrom():
                yield ("yield", isinstance(node, ast.YieldFrom))
            case ast.arguments():
                yield from _parameters(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                is_async = isinstance(node, ast.AsyncFunctionDef)
                shape = len(node.decorator_list), node.returns is None, len(node.body), is_async
                yield ("def", node.name, *shape)
                children = _without_type_parameters(node)
            case ast.ClassDef(name=name, bases=bases, keywords=keywords, decorator_list=decorators, body=body):
                yield ("class", name, len(bases) + len(keywords), len(decorators), len(body))
                yield from _arguments(bases, keywords)
                children = _without_type_parameters(node)
            case ast.Import(names=aliases):
                yield ("import", *((alias.name, alias.asname) for alias in aliases))
            case ast.ImportFrom(level=level, module=module, names=aliases):
                yield ("from", level, module or "", *((alias.name, alias.asname) for alias in aliases))
            case ast.If(body=body, orelse=orelse) | ast.While(body=body, orelse=orelse):
                yield (type(node).__name__, len(body), len(orelse))
            case ast.For(body=body, orelse=orelse) | ast.AsyncFor(body=body, orelse=orelse):
                yield ("for", len(body), len(orelse), isinstance(node, ast.AsyncFor))
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                bare = [item.optional_vars is None for item in items]
                yield ("with", *bare, len(body), isinstance(node, ast.AsyncWith))
            case ast.ExceptHandler(type=kind, name=bound, body=body):
                yield ("except", kind is None, bound, len(body))
            case ast.match_case(pattern=pattern, guard=guard, body=body):
                names = sorted(_captures(pattern))
                irrefutable = isinstance(pattern, ast.MatchAs) and pattern.pattern is None and guard is None
                yield ("case", *names, irrefutable, guard is None, len(body))
            case ast.Assign(targets=targets) | ast.Delete(targets=targets):
                yield (type(node).__name__, len(targets))
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                yield (type(node).__name__.lower(), *names)
            case ast.Pass() | ast.Break() | ast.Continue():
                yield (type(node).__name__.lower(),)
            case ast.Expr():
                yield ("ExprStmt",)
            case _ if type(node).__name__ in ("Try", "TryStar"):
                yield ("try", *(len(getattr(node, f)) for f in ("body", "handlers", "orelse", "finalbody")))
            case _ if type(node).__name__ == "TypeAlias":
                yield ("type", node.name.id)  # type: ignore[attr-defined]
                children = [node.value]  # type: ignore[attr-defined]
            case ast.expr() | ast.stmt():
                yield (type(node).__name__,)
            case _:
                pass
        pending.extend(children)


def _without_type_parameters(node: ast.AST) -> list[ast.AST]:
    ignored = getattr(node, "type_params", ())
    return [child for child in ast.iter_child_nodes(node) if child not in ignored]


def _arguments(args: list[ast.expr], keywords: list[ast.keyword]) -> Iterator[Saying]:
    # A starred argument is counted where its `Starred` is met.
    yield from [("argument", None, "") for arg in args if not isinstance(arg, ast.Starred)]
    for keyword in keywords:
        yield ("argument", keyword.arg, "" if keyword.arg else "**")


def _parameters(node: ast.arguments) -> Iterator[Saying]:
    plain = [*node.posonlyargs, *node.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(node.defaults))
    pairs = list(zip(plain, [*defaults, *node.defaults], strict=True))
    kinds = ["positional"] * len(node.posonlyargs) + ["either"] * len(node.args)
    for (arg, default), kind in zip(pairs, kinds, strict=True):
        yield ("parameter", arg.arg, kind, default is None, arg.annotation is None)
    for arg, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        yield ("parameter", arg.arg, "keyword", default is None, arg.annotation is None)
    for single, kind in ((node.vararg, "vararg"), (node.kwarg, "kwarg")):
        if single is not None:
            yield ("parameter", single.arg, kind, True, single.annotation is None)


def _captures(pattern: ast.pattern) -> Iterator[str]:
    for node in ast.walk(pattern):
        match node:
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield name
