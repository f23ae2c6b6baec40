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
                message = f"`{found.name}` is {what}, and containers hold modules: this raises a TypeError"
                yield Finding(found.at, message, "no module", (), found.conditions, _instance(unit, found))
            case "operand":
                yield _operand(unit, found)


def _constructed(unit: FileView, found: Uncalled) -> Finding:
    node = unit.node(found.at)
    assert isinstance(node, Call)
    notes, fix = (), None
    if found.stored is not None:
        path = unit.path_to(found.stored)
        notes = (Note(found.stored, f"`{unit.text(node.func)}` is the class `{found.name}` itself"),)
        assign = next((n for n in reversed(path) if isinstance(n, Assign)), None)
        if assign is not None and isinstance(assign.value, (Name, Attribute)):
            at = unit.site(found.stored, assign.value)
            fix = Repair(f"assign an instance: `{found.name}()`", "unsafe", (Replace(at, (at, "()")),))
    elif len(node.args) == 1 and not node.args[0].star:
        func, value = unit.site(found.at, node.func), unit.site(found.at, node.args[0].value)
        intent = Replace(found.at, (func, "()(", value, ")"))
        fix = Repair(f"make an instance and call it: `{unit.text(node.func)}()(…)`", "unsafe", (intent,))
    return Finding(
        found.at,
        f"`{unit.text(node)}` makes a layer with the tensor as its argument, and does not apply it: "
        "what comes out is a module, no tensor",
        "constructs, does not call",
        notes,
        found.conditions,
        fix,
    )


def _instance(unit: FileView, found: Uncalled) -> Repair | None:
    """`nn.ReLU` becomes `nn.ReLU()`, `F.relu` becomes `nn.ReLU()`, if nothing else is needed to make one."""
    layer = torchapi.layer_of(found.qualname)
    op = torchapi.layer(layer)
    node = unit.node(found.at)
    if op is None or not isinstance(node, (Name, Attribute)) or any(p.default is torchapi.REQUIRED for p in op.params):
        return None
    made: Part | None = found.at if layer == torchapi.canonical(found.qualname) else unit.spell(layer, found.at)
    return None if made is None else Repair("make an instance", "unsafe", (Replace(found.at, (made, "()")),))


def _operand(unit: FileView, found: Uncalled) -> Finding:
    node = unit.node(found.at)
    assert isinstance(node, (Name, Attribute))
    shown, fix = unit.text(node), None
    notes = () if found.use is None or found.use == found.at else (Note(found.use, "used as a tensor here"),)
    assign = next((n for n in reversed(unit.path_to(found.at)) if isinstance(n, Assign)), None)
    if assign is not None and assign.value is node and len(assign.targets) == 1 and isinstance(assign.targets[0], Name):
        target = unit.site(found.at, assign.targets[0])
        callee: tuple[Part, ...] = (found.at, "(", target, ")")
        if torchapi.layer(found.qualname) is not None and isinstance(node, Attribute) and found.name.startswith("nn."):
            callee = (found.at, "(", target, ")")
        fix = Repair(f"call it: `{shown}({assign.targets[0].id})`", "unsafe", (Replace(found.at, callee),))
    message = f"`{shown}` is an activation that is not called, and is used as a tensor: this raises a TypeError"
    return Finding(found.at, message, "not called", notes, found.conditions, fix)
