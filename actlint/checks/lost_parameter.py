"""ACT413: something is computed from a parameter before it is assigned."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import AnnAssign, Assign, Attribute, BinOp, Call, Expr, Name, Site
from actlint.intents import Part, Repair, Replace
from actlint.model.conditions import stated
from actlint.model.lost import Lost, lost_parameters
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT413")
def lost_parameter(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report attributes that get the result of an operation on a parameter instead of the parameter."""
    for trace in unit.traces():
        for lost in lost_parameters(trace):
            conditions = stated(lost.condition)
            if conditions is None:
                continue
            inside = lost.operation.path == unit.path
            at = lost.operation if inside else lost.stored
            target = unit.node(lost.stored) if lost.stored.path == unit.path else None
            name = unit.text(target) if isinstance(target, Attribute) else lost.name
            notes = [] if not inside else [Note(lost.stored, f"`{name}` gets the result")]
            notes.append(Note(lost.made, "the parameter, which nothing keeps"))
            what = (
                "a moved or converted parameter, which is a copy wherever there is something to do"
                if lost.moved
                else "what is computed from a parameter, not the parameter"
            )
            yield Finding(
                at,
                f"`{name}` gets {what}: nothing registers it, so that neither the optimizer nor `state_dict()` sees it",
                label="no leaf any more",
                notes=tuple(notes),
                conditions=conditions,
                fix=_fix(unit, lost),
                names=(lost.name,),
            )


def _fix(unit: FileView, lost: Lost) -> Repair | None:
    """Compute first and make a parameter of the result, where all of it is the value of one assignment."""
    if not lost.stored.path == lost.operation.path == lost.made.path == unit.path:
        return None
    assign = next((n for n in reversed(unit.path_to(lost.stored)) if isinstance(n, (Assign, AnnAssign))), None)
    made = unit.node(lost.made)
    if assign is None or assign.value is None or not isinstance(made, Call) or not made.args or made.args[0].star:
        return None
    parts = _around(unit, lost.stored, assign.value, made)
    if parts is None or assign.value is made:
        return None
    rest: list[Part] = []
    for argument in made.args[1:]:
        rest += [", ", unit.site(lost.stored, argument)]
    at = unit.site(lost.stored, assign.value)
    intent = Replace(at, (unit.site(lost.stored, made.func), "(", *parts, *rest, ")"))
    message = f"make the result the parameter: `{unit.text(made.func)}(…)` around all of it"
    return Repair(message, "unsafe", (intent,), checkpoint_compatible=False)


def _around(unit: FileView, near: Site, value: Expr, made: Call) -> list[Part] | None:
    """The expression with what `made` wraps in the place of `made`; None where it is not on the way."""
    if value is made:
        inner = made.args[0].value
        at = unit.site(near, inner)
        return [at] if isinstance(inner, (Name, Call, Attribute)) else ["(", at, ")"]
    match value:
        case BinOp(op=op, left=left, right=right):
            if (parts := _around(unit, near, left, made)) is not None:
                return [*parts, f" {op} ", unit.site(near, right)]
            if (parts := _around(unit, near, right, made)) is not None:
                return [unit.site(near, left), f" {op} ", *parts]
        case Call(func=Attribute(value=inner, attr=attr), args=args) if not isinstance(inner, BinOp):
            if (parts := _around(unit, near, inner, made)) is not None:
                given: list[Part] = []
                for argument in args:
                    given += [", ", unit.site(near, argument)] if given else [unit.site(near, argument)]
                return [*parts, f".{attr}(", *given, ")"]
        case _:
            pass
    return None
