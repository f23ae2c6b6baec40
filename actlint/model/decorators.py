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
from actlint.model.values import Function, Join, Value
from actlint.model.walk import walk

Effect: TypeAlias = Literal["same", "wrapped", "other"]
"""What becomes of the function: it stays the `same`, calls reach it on one path at least, through a wrapper that hands
them on or because it is given back there (`wrapped`), or anything.
"""

_DEPTH = 4


def effect(m: Machine, decorator: Value, called: bool) -> Effect:
    """What a decorator does with the function, or, where it is `called` first, what that call gives does with it."""
    if isinstance(decorator, Join):
        return _one_of({effect(m, option, called) for _, option in decorator.options})
    if not isinstance(decorator, Function):
        return "other"
    key = decorator.site, called
    found = m.shared.decorators.get(key)
    if found is None:
        found = m.shared.decorators[key] = _gives(m, decorator, decorator.code, called, {}, ())
    return found


def _gives(
    m: Machine,
    origin: Function,
    code: FunctionDef | Lambda,
    called: bool,
    around: Mapping[str, FunctionDef],
    through: tuple[FunctionDef, ...],
) -> Effect:
    """What a decorator makes of the function that it is given, or (`called`) what it makes gives; `around` are the
    functions that it can see, by name, `through` those that led to it.
    """
    if isinstance(code, Lambda):
        return "same" if _is_given(code.body, code) else "other"
    if len(through) > _DEPTH:
        return "other"
    if any(code is each for each in through):
        return "same"  # `return partial(decorator, …)` in a decorator with options: its other results tell
    through = (*through, code)
    inner = {**around, **{each.name: each for each in walk(code.body, (FunctionDef,)) if isinstance(each, FunctionDef)}}
    found: set[Effect] = set()
    for returned in _returned(code):
        match returned:
            case Name(id=name) if name in inner and called:
                found.add(_gives(m, origin, inner[name], False, inner, through))
            case Name(id=name) if name in inner and (_hands_on(inner[name]) or not _is_optional(code)):
                found.add("wrapped" if _hands_on(inner[name]) else "other")
            case Name(id=name) if name in inner:
                pass  # a decorator, for who calls this without a function
            case Name() if _is_given(returned, code):
                found.add("same")
            case Call():
                found.add(_of_call(m, origin, returned, inner, through))
            case Lambda() if called:
                found.add(_gives(m, origin, returned, False, inner, through))
            case _:
                found.add("other")
    return _one_of(found)


def _one_of(found: set[Effect]) -> Effect:
    """The effect where each of several may be that of the run."""
    if found == {"same"}:
        return "same"
    return "wrapped" if found & {"same", "wrapped"} else "other"


def _is_optional(code: FunctionDef) -> bool:
    """Whether a decorator can be called with options alone: `def register(function=None, *, name="")`."""
    return bool(code.params.items) and code.params.items[0].default is not None


def _is_given(node: Expr, code: FunctionDef | Lambda) -> bool:
    return isinstance(node, Name) and node.id in {item.name for item in code.params.items}


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
        return _gives(m, origin, inner[callee.id], False, inner, through)
    other = expressions.in_scope_of(m, origin.site, origin.frame, callee)
    return _gives(m, other, other.code, False, {}, through) if isinstance(other, Function) else "other"


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
    """Whether a function that is named, not a method, gets all of the stars. The keywords of a wrapper may be passed on
    under another name, once it has changed them.
    """
    passed = {argument.value.id for argument in node.args if argument.star and isinstance(argument.value, Name)}
    doubled = any(argument.star == "**" for argument in node.args)
    wanted = {name for name, kind in stars.items() if kind == "vararg" or not doubled}
    return isinstance(node.func, Name) and bool(passed) and wanted <= passed
