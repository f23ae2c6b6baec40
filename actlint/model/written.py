"""Constructor calls as they are written, in any file: what they say of the arguments without a run of what is around.

A literal is known, and so is what a name means at module level, if nothing around the call binds it; a `partial` of
such is one too. Any other argument is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actlint.facts import (
    Attribute,
    Call,
    ClassDef,
    Collection,
    Comprehension,
    Constant,
    Expr,
    FunctionDef,
    Lambda,
    Name,
    Node,
    UnaryOp,
)
from actlint.model import expressions
from actlint.model.args import Args
from actlint.model.machine import BudgetExceeded, Machine
from actlint.model.references import Reference
from actlint.model.values import External, Unknown, Value
from actlint.model.walk import bound_names, target_names, walk

_ARGUMENT = Unknown("argument that is not known where the call is written")


def written_args(m: Machine, reference: Reference) -> Args | None:
    """The arguments of the call whose callee the reference is; None where stars may add to them."""
    call = reference.call
    if call is None or any(argument.star for argument in call.args):
        return None
    args = Args()
    local: set[str] | None = None
    for argument in call.args:
        names = [node.id for node in walk((argument.value,)) if isinstance(node, Name)]
        if names and local is None:
            local = {name for node in reference.parents for name in _bound(node)}
        known = local is None or local.isdisjoint(names)
        value = _value(m, reference, argument.value) if known else _ARGUMENT
        if argument.keyword is None:
            args.positional.append(value)
        else:
            args.keywords[argument.keyword] = value
    return args


def _bound(node: Node) -> Iterator[str]:
    """The names to which a node around an expression may give a meaning there."""
    match node:
        case FunctionDef(params=params, body=body):
            yield from (item.name for item in params.items)
            yield from bound_names(body)
        case Lambda(params=params):
            yield from (item.name for item in params.items)
        case ClassDef(body=body):
            yield from bound_names(body)
        case Comprehension(clauses=clauses):
            yield from (name for clause in clauses for name in target_names(clause.target))
        case _:
            pass


def _value(m: Machine, reference: Reference, node: Expr) -> Value:
    if not _is_plain(m, reference, node):
        return _ARGUMENT
    try:
        return expressions.in_scope_of(m, reference.site, 0, node)
    except (BudgetExceeded, RecursionError):
        return _ARGUMENT


def _is_plain(m: Machine, reference: Reference, node: Expr) -> bool:
    """Whether an expression only names and groups what is there already."""
    match node:
        case Constant() | Name():
            return True
        case Attribute(value=inner) | UnaryOp(operand=inner):
            return _is_plain(m, reference, inner)
        case Collection(kind="tuple", elements=elements):
            return _all_plain(m, reference, elements)
        case Call(func=func, args=args):
            return (
                _is_plain(m, reference, func)
                and _value(m, reference, func) == External("functools.partial")
                and not any(argument.star for argument in args)
                and _all_plain(m, reference, [argument.value for argument in args])
            )
        case _:
            return False


def _all_plain(m: Machine, reference: Reference, nodes: Sequence[Expr]) -> bool:
    return all(_is_plain(m, reference, node) for node in nodes)
