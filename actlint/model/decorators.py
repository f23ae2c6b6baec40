"""What decorators of the project do with a function: give it back, or wrap it in one that hands its calls on.

That is read off their code, which is not run: a wrapper may do anything before and after the call. A decorator may be
made by a call (`@retry(times=3)`), by a function in it or by another function of the project.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from actlint.facts import Call, Expr, FunctionDef, IfExp, Lambda, Name, Return, Stmt
from actlint.model import expressions
from actlint.model.machine import Machine
from actlint.model.show import dotted
from actlint.model.values import Function, Value
from actlint.model.walk import walk

Effect: TypeAlias = Literal["same", "wrapped", "other"]
"""What becomes of the function: it stays the `same`, a wrapper hands calls on to it (`wrapped`), or anything."""

_DEPTH = 4


def effect(m: Machine, decorator: Value) -> Effect:
    """What a decorator, or what the call makes that stands for one, does with the function."""
    if not isinstance(decorator, Function):
        return "other"
    found = m.shared.decorators.get(decorator.site)
    if found is None:
        found = _gives(m, decorator, decorator.code, {}, ())
        m.shared.decorators[decorator.site] = found
    return found


def _gives(
    m: Machine,
    origin: Function,
    code: FunctionDef | Lambda,
    around: Mapping[str, FunctionDef],
    through: tuple[FunctionDef, ...],
) -> Effect:
    """What a function makes of the one that it is given; `around` are the functions that it can see, by name, `through`
    those that led to it.
    """
    if isinstance(code, Lambda) or len(through) > _DEPTH:
        return "other"
    if any(code is each for each in through):
        return "same"  # `return partial(decorator, …)` in a decorator with options: its other results tell
    through = (*through, code)
    inner = {**around, **{each.name: each for each in walk(code.body, (FunctionDef,)) if isinstance(each, FunctionDef)}}
    given = {item.name for item in code.params.items}
    found: set[Effect] = set()
    for returned in _returned(code):
        match returned:
            case Name(id=name) if name in inner:
                hands_on = _hands_on(inner[name])
                found.add("wrapped" if hands_on else _gives(m, origin, inner[name], inner, through))
            case Name(id=name) if name in given:
                found.add("same")
            case Call():
                found.add(_of_call(m, origin, returned, inner, through))
            case _:
                return "other"
    if not found or "other" in found:
        return "other"
    return "wrapped" if "wrapped" in found else "same"


def _returned(code: FunctionDef) -> Iterator[Expr | None]:
    for node in walk(code.body, (FunctionDef, Lambda)):
        if isinstance(node, Return):
            if isinstance(node.value, IfExp):
                yield from (node.value.body, node.value.orelse)
            else:
                yield node.value


def _of_call(
    m: Machine, origin: Function, node: Call, inner: Mapping[str, FunctionDef], through: tuple[FunctionDef, ...]
) -> Effect:
    """`return decorator(function)`, `return partial(decorator, …)` or `return wraps(function)(wrapper)`."""
    callee = node.func
    if isinstance(callee, Call) and _is(callee.func, "wraps") and node.args:
        callee = node.args[0].value
        name = callee.id if isinstance(callee, Name) else ""
        return "wrapped" if name in inner and _hands_on(inner[name]) else "other"
    if _is(callee, "partial") and node.args:
        callee = node.args[0].value
    if isinstance(callee, Name) and callee.id in inner:
        return _gives(m, origin, inner[callee.id], inner, through)
    other = expressions.in_scope_of(m, origin.site, origin.frame, callee)
    return _gives(m, other, other.code, {}, through) if isinstance(other, Function) else "other"


def _is(node: Expr, name: str) -> bool:
    return (dotted(node) or "").rpartition(".")[2] == name


def _hands_on(code: FunctionDef) -> bool:
    """Whether a function calls another with what it is given itself, and gives what that gives: `*args, **kwargs`."""
    stars = {item.name: item.kind for item in code.params.items if item.kind in ("vararg", "kwarg")}
    if not stars or any(not isinstance(value, (Name, Call)) for value in _returned(code) if value is not None):
        return False
    return any(_passes(node, stars) for node in _calls(code.body))


def _calls(body: tuple[Stmt, ...]) -> Iterator[Call]:
    return (node for node in walk(body, (FunctionDef, Lambda)) if isinstance(node, Call))


def _passes(node: Call, stars: Mapping[str, str]) -> bool:
    """Whether a function that is named, not a method, gets all of the stars."""
    passed = {argument.value.id for argument in node.args if argument.star and isinstance(argument.value, Name)}
    return isinstance(node.func, Name) and bool(passed) and passed >= set(stars) - _rewritten(node, stars)


def _rewritten(node: Call, stars: Mapping[str, str]) -> set[str]:
    """The keywords of the wrapper may be passed on under another name, once it has changed them."""
    doubled = any(argument.star == "**" for argument in node.args)
    return {name for name, kind in stars.items() if kind == "kwarg" and doubled}
