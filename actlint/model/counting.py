"""Which expressions are surely integers although their values are not known: what a loop over `range` counts, sizes,
parameters that are annotated with `int`.
"""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import (
    Assign,
    Attribute,
    BinOp,
    Call,
    Clause,
    Collection,
    Comprehension,
    Constant,
    Expr,
    For,
    FunctionDef,
    Name,
    Node,
    Subscript,
    UnaryOp,
)
from actlint.model.machine import Machine
from actlint.model.walk import target_names, walk


def is_integer(m: Machine, node: Expr) -> bool:
    """Whether an expression of the running function is an integer: as an index it gives a view."""
    match node:
        case Constant(value=value):
            return isinstance(value, int)
        case UnaryOp(op="-" | "+", operand=operand):
            return is_integer(m, operand)
        case BinOp(op="+" | "-" | "*" | "//" | "%", left=left, right=right):
            return is_integer(m, left) and is_integer(m, right)
        case Call(func=Name(id="len" | "int")) | Call(func=Attribute(attr="size"), args=(_, *_)):
            return True
        case Subscript(value=Attribute(attr="shape"), index=index):
            return is_integer(m, index)
        case Name(id=name):
            return name in _counters(m)
        case _:
            return False


def _counters(m: Machine) -> frozenset[str]:
    """The names that loops of the running function count with, or that it takes as integers, and that nothing else
    binds; found once a program.
    """
    function = m.frame.function
    if function is None:
        facts = m.frame.file.facts.chunks[m.frame.chunk].facts
        return frozenset() if facts is None else _found(facts.body)
    known = m.shared.counters.get(function.site)
    if known is None:
        known = m.shared.counters[function.site] = _found((function.code,))
    return known


def _found(body: tuple[Node, ...]) -> frozenset[str]:
    counted: set[str] = set()
    bound: set[str] = set()
    for node in walk(body):
        match node:
            case For(target=target, iterable=iterable):
                clauses: tuple[tuple[Expr, Expr], ...] = ((target, iterable),)
            case Comprehension(clauses=parts):
                clauses = tuple(_pair(part) for part in parts)
            case FunctionDef(params=params):
                for item in params.items:
                    one = item.kind not in ("vararg", "kwarg")
                    whole = one and isinstance(item.annotation, Name) and item.annotation.id == "int"
                    (counted if whole else bound).add(item.name)
                continue
            case Assign(targets=targets):
                bound.update(name for target in targets for name in target_names(target))
                continue
            case _:
                continue
        for target, iterable in clauses:
            counting = set(_counted(target, iterable))
            counted |= counting
            bound.update(set(target_names(target)) - counting)
    return frozenset(counted - bound)


def _pair(clause: Clause) -> tuple[Expr, Expr]:
    return clause.target, clause.iterable


def _counted(target: Expr, iterable: Expr) -> Iterator[str]:
    match target, iterable:
        case Name(id=name), Call(func=Name(id="range")):
            yield name
        case Collection(elements=(Name(id=name), *_)), Call(func=Name(id="enumerate")):
            yield name
        case _:
            pass
