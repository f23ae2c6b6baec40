"""ACT305: an activation's class or function where an instance, or a result, is needed."""

from __future__ import annotations

from collections.abc import Iterator

from actlint import torchapi
from actlint.facts import Assign, Attribute, Call, Name
from actlint.intents import Part, Repair, Replace
from actlint.model.guards import expects
from actlint.model.program import Context, FileView
from actlint.model.uncalled import Uncalled, uncalled
from actlint.rule import Finding, Note, rule


@rule("ACT305", severity="error")
def activation_class_misuse(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the constructor call, the entry of the container, or the expression that should have been called."""
    for found in uncalled(unit, ctx):
        if expects(unit.path_to(found.where.site), "TypeError"):
            continue
        match found.kind:
            case "constructed":
                yield _constructed(unit, found)
            case "contained":
                what = "a function" if torchapi.function(found.qualname) is not None else "a class"
                message = f"`{found.name}` is {what}, not a layer: the container refuses it with a TypeError"
                yield Finding(
                    found.at,
                    message,
                    f"{what}, no instance",
                    (),
                    found.conditions,
                    _instance(unit, found),
                    names=_names(found),
                )
            case "operand":
                yield _operand(unit, found)


def _constructed(unit: FileView, found: Uncalled) -> Finding:
    node = unit.node(found.at)
    assert isinstance(node, Call)
    notes: tuple[Note, ...] = ()
    fix = None
    if found.stored is not None:
        path = unit.path_to(found.stored)
        notes = (Note(found.stored, f"`{unit.text(node.func)}` is the class `{found.name}` itself"),)
        assign = next((n for n in reversed(path) if isinstance(n, Assign)), None)
        if assign is not None and found.bare and isinstance(assign.value, (Name, Attribute)):
            at = unit.site(found.stored, assign.value)
            fix = Repair(f"assign an instance: `{found.name}()`", "unsafe", (Replace(at, (at, "()")),))
    elif not any(argument.star for argument in node.args):
        parts: list[Part] = [unit.site(found.at, node.func), "("]
        for index, argument in enumerate(node.args[1:]):
            parts += [", ", unit.site(found.at, argument)] if index else [unit.site(found.at, argument)]
        intent = Replace(found.at, (*parts, ")(", unit.site(found.at, node.args[0].value), ")"))
        fix = Repair(f"make an instance and call it: `{unit.text(node.func)}(…)(…)`", "unsafe", (intent,))
    return Finding(
        found.at,
        f"`{unit.text(node)}` makes a layer and applies nothing: the tensor becomes a setting of `{found.name}`, "
        "and the result is a module",
        "a module, not a tensor",
        notes,
        found.conditions,
        fix,
        names=_names(found),
    )


def _names(found: Uncalled) -> tuple[str, ...]:
    """torch complains of the type of what it was given, which is the activation's class, or of a function."""
    return (found.name.rpartition(".")[2],)


def _instance(unit: FileView, found: Uncalled) -> Repair | None:
    """`nn.ReLU` becomes `nn.ReLU()`, `F.relu` becomes `nn.ReLU()`, if nothing else is needed to make one."""
    if not found.bare:
        return None
    same = torchapi.function(found.qualname) is None
    made: Part | None = found.at if same else unit.spell(found.layer, found.at)
    return None if made is None else Repair("make an instance", "unsafe", (Replace(found.at, (made, "()")),))


def _operand(unit: FileView, found: Uncalled) -> Finding:
    node = unit.node(found.at)
    assert isinstance(node, (Name, Attribute))
    shown, fix = unit.text(node), None
    use = found.where.site
    notes = () if use == found.at else (Note(use, "used as a tensor here"),)
    if found.before is not None:
        intent = Replace(found.at, (found.at, "(", found.before, ")"))
        fix = Repair(f"call it: `{shown}({found.before})`", "unsafe", (intent,))
    assigned = f" is assigned to `{found.before}` and" if found.before is not None else " is"
    message = f"`{shown}`{assigned} not called: the activation itself is used as a tensor, which raises a TypeError"
    return Finding(found.at, message, "not called", notes, found.conditions, fix, names=_names(found))
