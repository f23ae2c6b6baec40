"""The repair of layers that are made in the wrong place: make them in `__init__`."""

from __future__ import annotations

import re

from actlint import torchapi
from actlint.facts import Assign, Attribute, Call, Constant, Expr, FunctionDef, Name, Return, Site, UnaryOp
from actlint.intents import DeleteStatement, InsertStatement, Intent, Repair, Replace
from actlint.model.program import ClassView, FileView
from actlint.model.show import dotted
from actlint.model.state import ModuleObject
from actlint.model.values import Module

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def moved_to_init(unit: FileView, view: ClassView, site: Site) -> Repair | None:
    """Make what the call at `site` makes at the end of `__init__`; None where its arguments are not known there."""
    path = unit.path_to(site)
    init, node = view.info.methods.get("__init__"), path[-1]
    functions = [each for each in path if isinstance(each, FunctionDef)]
    if init is None or init not in view.info.code.body or not functions or not isinstance(node, Call):
        return None
    if functions[0] not in view.info.methods.values() or isinstance(init.body[-1], Return):
        return None
    receiver, first = functions[0].params.items[:1], init.params.items[:1]
    if not receiver or not first or receiver[0].name != first[0].name:
        return None
    own = receiver[0].name
    if not all(_known(argument.value, own) and not argument.star for argument in node.args):
        return None
    around = path[-2] if len(path) > 1 else None
    target = around.targets[0] if isinstance(around, Assign) and len(around.targets) == 1 else None
    anchor = unit.site(site, init.body[-1])
    if isinstance(target, Attribute):
        if not isinstance(target.value, Name) or target.value.id != own or around is None:
            return None
        name = target.attr
        changes: Intent = DeleteStatement(unit.site(site, around))
    else:
        name = _free(view, target.id if isinstance(target, Name) else _named(node))
        changes = Replace(site, (f"{own}.{name}",))
    insert = InsertStatement(anchor, "after", (f"{own}.{name} = ", site))
    return Repair(f"make `{own}.{name}` once, in `__init__`", "unsafe", (changes, insert), checkpoint_compatible=False)


def _known(value: Expr, own: str) -> bool:
    match value:
        case Constant():
            return True
        case UnaryOp(operand=operand):
            return _known(operand, own)
        case Attribute(value=Name(id=name)):
            return name == own
        case _:
            return False


def _named(node: Call) -> str:
    return _WORD.sub("_", (dotted(node.func) or "layer").rpartition(".")[2]).lower()


def _free(view: ClassView, name: str) -> str:
    receiver = view.constructor.receiver
    found = view.constructor.heap.get(receiver.ref) if isinstance(receiver, Module) else None
    taken = {*view.info.methods, *view.info.attributes, *view.info.opaque, *torchapi.MODULE_ATTRIBUTES}
    taken.update(found.attrs if isinstance(found, ModuleObject) else ())
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{name}{count}"
    return free
