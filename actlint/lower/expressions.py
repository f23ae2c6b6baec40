"""libcst expressions to facts.

Every function here takes a libcst node and the *trace*, the list of libcst nodes lowered so far. A fact's ordinal is
the length of the trace when its node was entered (so before its children: pre-order), and `trace[ordinal]` is its node.
Dispatch is a dict by type: libcst's own visitors rebuild every node, and `isinstance` chains cost more than the parse.

Three facts have no node of their own: an index tuple `x[a, b]` points at the whole `Subscript`, a starred index at its
`Index`, and the pieces of an implicit concatenation share the outermost `ConcatenatedString`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import libcst as cst

from actlint.facts import (
    Argument,
    Attribute,
    Await,
    BinOp,
    BoolOp,
    Call,
    Clause,
    Collection,
    Compare,
    Comprehension,
    Constant,
    DictExpr,
    Expr,
    IfExp,
    Lambda,
    Name,
    NamedExpr,
    Opaque,
    Parameter,
    Parameters,
    Slice,
    Starred,
    Subscript,
    UnaryOp,
    Yield,
)
from actlint.lower.literals import BadLiteral, identifier, literal
from actlint.lower.strings import flattened, interpolated, plain

Trace: TypeAlias = list[cst.CSTNode]
Handler: TypeAlias = Callable[[Any, Trace], Expr]

_KEYWORDS: dict[str, object] = {"None": None, "True": True, "False": False}

UNARY: dict[type, str] = {cst.Minus: "-", cst.Plus: "+", cst.BitInvert: "~", cst.Not: "not"}

BINARY: dict[type, str] = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
    cst.BitOr: "|",
    cst.BitAnd: "&",
    cst.BitXor: "^",
    cst.MatrixMultiply: "@",
}

COMPARISON: dict[type, str] = {
    cst.LessThan: "<",
    cst.GreaterThan: ">",
    cst.Equal: "==",
    cst.LessThanEqual: "<=",
    cst.GreaterThanEqual: ">=",
    cst.NotEqual: "!=",
    cst.In: "in",
    cst.NotIn: "not in",
    cst.Is: "is",
    cst.IsNot: "is not",
}


def expression(node: cst.BaseExpression, trace: Trace) -> Expr:
    """The facts of any expression. A node type that this module does not know is `Opaque`."""
    return EXPRESSIONS.get(type(node), _unknown)(node, trace)


def optional(node: cst.BaseExpression | None, trace: Trace) -> Expr | None:
    """The facts of an expression that may be absent."""
    return None if node is None else EXPRESSIONS.get(type(node), _unknown)(node, trace)


# ------------------------------------------------------------------------------------------------- names and literals


def _unknown(node: cst.BaseExpression, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    return Opaque(ordinal, ())


def _name(node: cst.Name, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    value = node.value
    if value in _KEYWORDS:
        return Constant(ordinal, _KEYWORDS[value])
    return Name(ordinal, value if value.isascii() else identifier(value))


def _attribute(node: cst.Attribute, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    value = node.value
    return Attribute(ordinal, EXPRESSIONS.get(type(value), _unknown)(value, trace), identifier(node.attr.value))


def _integer(node: cst.Integer, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    token = node.value
    # int() refuses "010" the way Python 3 does only through literal(); one digit needs no second look.
    if len(token) == 1:
        return Constant(ordinal, int(token))
    return _literal(token, ordinal)


def _number(node: cst.BaseNumber, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    return _literal(node.value, ordinal)  # type: ignore[attr-defined]  # Float and Imaginary each declare it


def _literal(token: str, ordinal: int) -> Expr:
    try:
        return Constant(ordinal, literal(token))
    except BadLiteral:
        return Opaque(ordinal, ())


def _ellipsis(node: cst.Ellipsis, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    return Constant(ordinal, ...)


def _simple_string(node: cst.SimpleString, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    return plain((node,), ordinal)


def _formatted_string(node: cst.FormattedString, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    return interpolated((node,), ordinal, expression, trace)


def _templated_string(node: cst.TemplatedString, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    return interpolated((node,), ordinal, expression, trace)


def _concatenated_string(node: cst.ConcatenatedString, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    pieces = flattened(node)
    if all(type(piece) is cst.SimpleString for piece in pieces):
        return plain(pieces, ordinal)
    return interpolated(pieces, ordinal, expression, trace)


# ---------------------------------------------------------------------------------------------- calls and subscripts


def argument(node: cst.Arg, trace: Trace) -> Argument:
    """The facts of one argument of a call or of one base of a class."""
    ordinal = len(trace)
    trace.append(node)
    value = node.value
    keyword = node.keyword
    star: Any = node.star
    lowered = EXPRESSIONS.get(type(value), _unknown)(value, trace)
    return Argument(ordinal, lowered, None if keyword is None else identifier(keyword.value), star)


def _call(node: cst.Call, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    func = node.func
    lowered = EXPRESSIONS.get(type(func), _unknown)(func, trace)
    return Call(ordinal, lowered, tuple([argument(arg, trace) for arg in node.args]))


def _subscript(node: cst.Subscript, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    value = expression(node.value, trace)
    elements = node.slice
    first = elements[0]
    if len(elements) == 1 and type(first.comma) is not cst.Comma and getattr(first.slice, "star", None) is None:
        return Subscript(ordinal, value, _index(first.slice, trace))
    index = len(trace)
    trace.append(node)
    items = tuple([_index(element.slice, trace) for element in elements])
    return Subscript(ordinal, value, Collection(index, "tuple", items, False))


def _index(node: cst.BaseSlice, trace: Trace) -> Expr:
    if isinstance(node, cst.Index):
        if node.star is None:
            return expression(node.value, trace)
        ordinal = len(trace)
        trace.append(node)
        return Starred(ordinal, expression(node.value, trace))
    assert isinstance(node, cst.Slice)
    ordinal = len(trace)
    trace.append(node)
    return Slice(ordinal, optional(node.lower, trace), optional(node.upper, trace), optional(node.step, trace))


# ---------------------------------------------------------------------------------------------------------- operators


def _binary(node: cst.BinaryOperation, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    left = expression(node.left, trace)
    return BinOp(ordinal, BINARY[type(node.operator)], left, expression(node.right, trace))


def _unary(node: cst.UnaryOperation, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    return UnaryOp(ordinal, UNARY[type(node.operator)], expression(node.expression, trace))


def _boolean(node: cst.BooleanOperation, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    left = expression(node.left, trace)
    right = expression(node.right, trace)
    return BoolOp(ordinal, "and" if type(node.operator) is cst.And else "or", left, right)


def _comparison(node: cst.Comparison, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    left = expression(node.left, trace)
    rest = [(COMPARISON[type(each.operator)], expression(each.comparator, trace)) for each in node.comparisons]
    return Compare(ordinal, left, tuple(rest))


def _conditional(node: cst.IfExp, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    body = expression(node.body, trace)
    test = expression(node.test, trace)
    return IfExp(ordinal, test, body, expression(node.orelse, trace))


# ------------------------------------------------------------------------------------------------------------ displays


def _elements(node: cst.Tuple | cst.List | cst.Set, trace: Trace) -> tuple[Expr, ...]:
    items: list[Expr] = []
    for element in node.elements:
        item = element if type(element) is cst.StarredElement else element.value
        items.append(EXPRESSIONS.get(type(item), _unknown)(item, trace))
    return tuple(items)


def _tuple(node: cst.Tuple, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    return Collection(ordinal, "tuple", _elements(node, trace), bool(node.lpar))


def _list(node: cst.List, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    return Collection(ordinal, "list", _elements(node, trace), bool(node.lpar))


def _set(node: cst.Set, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    return Collection(ordinal, "set", _elements(node, trace), bool(node.lpar))


def _starred(node: cst.StarredElement, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    return Starred(ordinal, expression(node.value, trace))


def _dict(node: cst.Dict, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    items: list[tuple[Expr | None, Expr]] = []
    for element in node.elements:
        key = expression(element.key, trace) if isinstance(element, cst.DictElement) else None
        items.append((key, expression(element.value, trace)))
    return DictExpr(ordinal, tuple(items))


def _clauses(node: cst.CompFor, trace: Trace) -> tuple[Clause, ...]:
    clauses: list[Clause] = []
    clause: cst.CompFor | None = node
    while clause is not None:
        target = expression(clause.target, trace)
        iterable = expression(clause.iter, trace)
        conditions = tuple([expression(condition.test, trace) for condition in clause.ifs])
        clauses.append(Clause(target, iterable, conditions))
        clause = clause.inner_for_in
    return tuple(clauses)


def _list_comprehension(node: cst.ListComp, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    element = expression(node.elt, trace)
    return Comprehension(ordinal, "list", None, element, _clauses(node.for_in, trace))


def _set_comprehension(node: cst.SetComp, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    element = expression(node.elt, trace)
    return Comprehension(ordinal, "set", None, element, _clauses(node.for_in, trace))


def _generator(node: cst.GeneratorExp, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    element = expression(node.elt, trace)
    return Comprehension(ordinal, "generator", None, element, _clauses(node.for_in, trace))


def _dict_comprehension(node: cst.DictComp, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    key = expression(node.key, trace)
    value = expression(node.value, trace)
    return Comprehension(ordinal, "dict", key, value, _clauses(node.for_in, trace))


def _starred_dict_comprehension(node: cst.StarredDictComp, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    # As in a display, a `**mapping` has no key.
    value = expression(node.value, trace)
    return Comprehension(ordinal, "dict", None, value, _clauses(node.for_in, trace))


# ------------------------------------------------------------------------------------------------ functions and others


def parameters(node: cst.Parameters, trace: Trace) -> Parameters:
    """The facts of all parameters of a function or lambda, in order of the source."""
    items: list[Parameter] = []
    for param in node.posonly_params:
        items.append(_parameter(param, "positional", trace))
    for param in node.params:
        items.append(_parameter(param, "either", trace))
    if type(node.star_arg) is cst.Param:
        items.append(_parameter(node.star_arg, "vararg", trace))
    for param in node.kwonly_params:
        items.append(_parameter(param, "keyword", trace))
    if node.star_kwarg is not None:
        items.append(_parameter(node.star_kwarg, "kwarg", trace))
    return Parameters(tuple(items))


def _parameter(node: cst.Param, kind: Any, trace: Trace) -> Parameter:
    ordinal = len(trace)
    trace.append(node)
    annotation = None if node.annotation is None else expression(node.annotation.annotation, trace)
    default = None if node.default is None else expression(node.default, trace)
    return Parameter(ordinal, identifier(node.name.value), kind, default, annotation)


def _lambda(node: cst.Lambda, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    params = parameters(node.params, trace)
    return Lambda(ordinal, params, expression(node.body, trace))


def _named(node: cst.NamedExpr, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    target = expression(node.target, trace)
    value = expression(node.value, trace)
    if not isinstance(target, Name):  # libcst is laxer than Python here
        return Opaque(ordinal, (target, value))
    return NamedExpr(ordinal, target, value)


def _await(node: cst.Await, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    return Await(ordinal, expression(node.expression, trace))


def _yield(node: cst.Yield, trace: Trace) -> Expr:
    ordinal = len(trace)
    trace.append(node)
    value = node.value
    if isinstance(value, cst.From):
        return Yield(ordinal, expression(value.item, trace), True)
    return Yield(ordinal, optional(value, trace), False)


EXPRESSIONS: dict[type, Handler] = {
    cst.Name: _name,
    cst.Attribute: _attribute,
    cst.Integer: _integer,
    cst.Float: _number,
    cst.Imaginary: _number,
    cst.Ellipsis: _ellipsis,
    cst.SimpleString: _simple_string,
    cst.FormattedString: _formatted_string,
    cst.TemplatedString: _templated_string,
    cst.ConcatenatedString: _concatenated_string,
    cst.Call: _call,
    cst.Subscript: _subscript,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison,
    cst.IfExp: _conditional,
    cst.Tuple: _tuple,
    cst.List: _list,
    cst.Set: _set,
    cst.StarredElement: _starred,
    cst.Dict: _dict,
    cst.ListComp: _list_comprehension,
    cst.SetComp: _set_comprehension,
    cst.GeneratorExp: _generator,
    cst.DictComp: _dict_comprehension,
    cst.StarredDictComp: _starred_dict_comprehension,
    cst.Lambda: _lambda,
    cst.NamedExpr: _named,
    cst.Await: _await,
    cst.Yield: _yield,
}
