"""Repairs that take an operation out of a chain: the call becomes its argument, the layer an Identity."""

from __future__ import annotations

from actlint.facts import Assign, AugAssign, ExprStmt, Name
from actlint.facts import Call as CallNode
from actlint.intents import DeleteStatement, Intent, Repair, Replace
from actlint.model.events import Call
from actlint.model.exactness import calls_of
from actlint.model.overwrite import operand_of
from actlint.model.places import Place
from actlint.model.program import FileView


def removal(unit: FileView, place: Place, call: Call) -> Repair | None:
    """Unsafe, since it changes what is computed; None where the source gives no way to say so.

    Where a layer is built for a container, an Identity takes its place, so that what is saved by position still loads.
    """
    if place.site.path != unit.path:
        return None
    if place.built:
        identity = unit.spell("torch.nn.Identity", place.site)
        node = unit.node(place.site)
        if identity is None or not isinstance(node, CallNode) or _calls(unit, place) > 1:
            return None
        edit: Intent = Replace(place.site, (identity, "()"))
        return Repair(f"put `{identity.text}()` in place of `{unit.text(node)}`", "unsafe", (edit,))
    *around, node = unit.path_to(place.site)
    operand = operand_of(call, node) if isinstance(node, CallNode) else None
    if operand is None or not isinstance(node, CallNode):
        return None
    message = f"drop `{unit.text(node)}`" if isinstance(operand, Name) else f"drop `{unit.text(node.func)}`"
    statement = around[-1] if around else None
    match statement:
        case ExprStmt():
            edit = DeleteStatement(unit.site(place.site, statement))
        case Assign(targets=(Name(id=target),)) if isinstance(operand, Name) and operand.id == target:
            edit = DeleteStatement(unit.site(place.site, statement))
        case AugAssign():
            return None
        case _:
            edit = Replace(place.site, (unit.site(place.site, operand),))
    return Repair(message, "unsafe", (edit,))


def _calls(unit: FileView, place: Place) -> int:
    """How often the layer that is built at a place is called in the run that calls it most."""
    return max((len(list(calls_of((trace,), place.site))) for trace in unit.flows()), default=0)
