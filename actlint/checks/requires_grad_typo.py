"""ACT704: an attribute that is almost `requires_grad`, and does nothing."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import AnnAssign, Assign, Attribute, Constant, Expr, Name, Site
from actlint.intents import RenameKeyword, Repair, Replace
from actlint.model.program import Context, FileView
from actlint.model.walk import walk
from actlint.rule import Finding, rule

_TYPOS = frozenset(
    {
        "require_grad",
        "require_grads",
        "requires_grads",
        "required_grad",
        "require_gradient",
        "requires_gradient",
        "requires_gradients",
        "requires_gard",
        "requries_grad",
        "require_gard",
        "reguires_grad",
        "requiers_grad",
        "requiresgrad",
        "requiresGrad",
        "requires_grad_",
    }
)


@rule("ACT704")
def requires_grad_typo(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report what is assigned and never read, on anything but `self`; and the keyword of a call of torch."""
    for number, chunk in enumerate(unit.file.facts.chunks):
        if chunk.facts is None or not any(typo in chunk.text for typo in _TYPOS):
            continue
        for node in walk(chunk.facts.body):
            targets: tuple[Expr, ...] = ()
            match node:
                case Assign(targets=targets):
                    pass
                case AnnAssign(target=target, value=value) if value is not None:
                    targets = (target,)
                case _:
                    continue
            for target in targets:
                if isinstance(target, Attribute) and target.attr in _TYPOS and not _is_own(target, ctx):
                    yield _finding(unit, Site(unit.path, number, target.ordinal), target)
    for reference in unit.references():
        if reference.call is not None and reference.qualname.startswith("torch."):
            for argument in reference.call.args:
                if argument.keyword in _TYPOS:
                    at = unit.site(reference.site, argument)
                    message = f"`{argument.keyword}` is no parameter of `{reference.qualname}`"
                    fix = Repair("call it `requires_grad`", "unsafe", (RenameKeyword(at, "requires_grad"),))
                    yield Finding(at, message, "raises: no such argument", fix=fix)


def _finding(unit: FileView, at: Site, target: Attribute) -> Finding:
    written = unit.text(target)
    does = (
        "replaces the method of that name"
        if target.attr == "requires_grad_"
        else "sets an attribute that torch ignores"
    )
    repair = Replace(at, (unit.site(at, target.value), ".requires_grad"))
    return Finding(
        at,
        f"`{written} = …` {does}: whether gradients are computed stays as it was",
        label="`requires_grad`",
        fix=Repair(f"write `{unit.text(target.value)}.requires_grad`", "unsafe", (repair,)),
    )


def _is_own(target: Attribute, ctx: Context) -> bool:
    """Whether the attribute may be the project's own: it is a `self`'s, or some code reads it."""
    if isinstance(target.value, Name) and target.value.id in ("self", "cls"):
        return True
    if target.attr == "requires_grad_":
        return False
    stored = 0
    for file in ctx.program.names.files.values():
        for chunk in file.facts.chunks:
            if chunk.facts is None or target.attr not in chunk.text:
                continue
            for node in walk(chunk.facts.body):
                match node:
                    case Constant(value=str() as text) if text == target.attr:
                        return True
                    case Attribute(attr=attr) if attr == target.attr:
                        stored += 1
                    case Assign(targets=targets):
                        stored -= sum(isinstance(t, Attribute) and t.attr == target.attr for t in targets)
                    case AnnAssign(target=Attribute(attr=attr)) if attr == target.attr:
                        stored -= 1
                    case _:
                        pass
    return stored > 0
