"""What facts say without their ordinals, and what they should say once a repair is made.

An edit is made only if lowering the edited text gives exactly the expected *shape*: the shape of the facts before,
with the repair applied to it. That one comparison decides where parentheses are needed and catches all that goes wrong.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, get_args

from actlint.facts import (
    Argument,
    Call,
    Case,
    ClassDef,
    Constant,
    ExprStmt,
    FunctionDef,
    Handler,
    Name,
    Node,
    StatementFacts,
    Stmt,
)

Shape: TypeAlias = object
"""Nested tuples that are equal where the code means the same: a type's name, then its fields without the ordinal."""

_IRRELEVANT = frozenset({"ordinal", "parenthesized"})
_STATEMENTS = frozenset((*get_args(Stmt), Handler, Case))
_FIELDS: dict[type, tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a repair does to facts, by ordinal.

    `replaced` puts other nodes (none, one or several) into a node's place, `before` and `after` add statements around
    it, `arguments` adds arguments to a call, each before the given index of the old ones. `keywords` and `names` are
    the new names of arguments and definitions.
    """

    replaced: dict[int, tuple[Shape, ...]] = field(default_factory=dict)
    before: dict[int, tuple[Shape, ...]] = field(default_factory=dict)
    after: dict[int, tuple[Shape, ...]] = field(default_factory=dict)
    arguments: dict[int, tuple[tuple[int, Shape], ...]] = field(default_factory=dict)
    keywords: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)


NOTHING = Plan()


def merged(plans: Iterable[Plan]) -> Plan | None:
    """All plans as one; None if two of them do the same to one node (two statements added to one place will do)."""
    total = Plan()
    for plan in plans:
        for part in ("replaced", "arguments", "keywords", "names"):
            old, new = getattr(total, part), getattr(plan, part)
            if old.keys() & new.keys():
                return None
            old.update(new)
        for ordinal, shapes in plan.before.items():
            total.before[ordinal] = total.before.get(ordinal, ()) + shapes
        for ordinal, shapes in plan.after.items():
            total.after[ordinal] = total.after.get(ordinal, ()) + shapes
    return total


def fields_of(kind: type) -> tuple[str, ...]:
    """The names of a fact's fields that carry meaning; empty for what is no fact."""
    names = _FIELDS.get(kind)
    if names is None:
        names = ()
        if dataclasses.is_dataclass(kind):
            names = tuple(each.name for each in dataclasses.fields(kind) if each.name not in _IRRELEVANT)
        _FIELDS[kind] = names
    return names


def children(fact: object) -> Iterator[object]:
    """The facts directly below a fact; clauses, items and parameter lists are looked through only if they have none."""
    pending: list[object] = [getattr(fact, name) for name in reversed(fields_of(type(fact)))]
    while pending:
        value = pending.pop()
        if isinstance(value, tuple):
            pending.extend(reversed(value))
        elif hasattr(value, "ordinal"):
            yield value
        elif fields_of(type(value)):
            pending.extend(getattr(value, name) for name in reversed(fields_of(type(value))))


def index(facts: StatementFacts) -> tuple[dict[int, Node], dict[int, int]]:
    """Every node by its ordinal, and every node's parent's ordinal (absent for the outermost statements)."""
    nodes: dict[int, Node] = {}
    parents: dict[int, int] = {}
    pending: list[Node] = list(facts.body)
    while pending:
        node = pending.pop()
        nodes[node.ordinal] = node
        for child in children(node):
            parents[child.ordinal] = node.ordinal  # type: ignore[attr-defined]
            pending.append(child)  # type: ignore[arg-type]
    return nodes, parents


def shapes(
    values: Iterable[object], plan: Plan = NOTHING, filled: Mapping[str, Node] | None = None
) -> tuple[Shape, ...]:
    """The shapes of facts in a row, under a plan.

    `filled` says which names stand for which facts (in a template with holes).
    """
    return tuple(shape for value in values for shape in _spliced(value, plan, filled or {}))


def _spliced(value: object, plan: Plan, filled: Mapping[str, Node]) -> tuple[Shape, ...]:
    ordinal = getattr(value, "ordinal", None)
    if ordinal is None:
        return (_shape(value, plan, filled),)
    core = plan.replaced[ordinal] if ordinal in plan.replaced else (_shape(value, plan, filled),)
    return plan.before.get(ordinal, ()) + core + plan.after.get(ordinal, ())


def _shape(value: object, plan: Plan, filled: Mapping[str, Node]) -> Shape:
    match value:
        case tuple():
            return shapes(value, plan, filled)
        case Name(id=name) if name in filled:
            return _shape(filled[name], NOTHING, {})
        case ExprStmt(value=Name(id=name)) if name in filled and is_statement(filled[name]):
            return _shape(filled[name], NOTHING, {})
        case Argument(value=Name(id=name), keyword=None, star="") if isinstance(filled.get(name), Argument):
            return _shape(filled[name], NOTHING, {})
        case Constant(value=constant):
            return "Constant", type(constant).__name__, repr(constant)
        case Call(ordinal=ordinal, func=func, args=args) if ordinal in plan.arguments:
            added = plan.arguments[ordinal]
            given: list[Shape] = []
            for index, arg in enumerate((*args, None)):
                given.extend(shape for at, shape in added if at == index)
                if arg is not None:
                    given.extend(_spliced(arg, plan, filled))
            return "Call", _single(func, plan, filled), tuple(given)
        case Argument(ordinal=ordinal, value=inner) if ordinal in plan.keywords:
            return "Argument", _single(inner, plan, filled), plan.keywords[ordinal], ""
        case FunctionDef(ordinal=ordinal) | ClassDef(ordinal=ordinal) if ordinal in plan.names:
            renamed = dataclasses.replace(value, ordinal=-1, name=plan.names[ordinal])
            return _shape(renamed, plan, filled)
        case _:
            names = fields_of(type(value))
            if not names:
                return value if value is None or isinstance(value, str | bool) else (type(value).__name__, repr(value))
            return type(value).__name__, *(_single(getattr(value, name), plan, filled) for name in names)


def _single(value: object, plan: Plan, filled: Mapping[str, Node]) -> Shape:
    """The shape in a place for one node; a marker that equals nothing where the plan leaves none or several there."""
    found = _spliced(value, plan, filled)
    return found[0] if len(found) == 1 else ("not one node", found)


def is_statement(fact: Node) -> bool:
    """Whether a fact is a statement, an `except` or a `case`."""
    return type(fact) in _STATEMENTS
