"""ACT403: modules in a plain list, tuple, set or dict, where torch does not see them."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Attribute, Collection, DictExpr, FunctionDef, Name
from actlint.intents import Repair, Replace
from actlint.model.conditions import stated
from actlint.model.hidden import Hidden, hidden_modules
from actlint.model.program import Context, FileView
from actlint.model.state import options
from actlint.model.values import NONE, Module
from actlint.model.walk import walk
from actlint.rule import Finding, Note, rule

_CONTAINERS = {"list": "torch.nn.ModuleList", "tuple": "torch.nn.ModuleList", "dict": "torch.nn.ModuleDict"}
_LACKING = frozenset({"clear", "copy", "count", "get", "index", "popitem", "remove", "reverse", "setdefault", "sort"})


@rule("ACT403")
def unregistered_module(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report attributes that keep trainable modules which nothing registers."""
    for view in unit.modules():
        for hidden in hidden_modules(unit, ctx, view):
            conditions = stated(hidden.condition)
            if conditions is not None:
                name = unit.text(hidden.target)
                yield Finding(
                    hidden.site,
                    f"`{name}` is a plain {hidden.kind}: torch does not register the modules in it, and neither "
                    "trains, moves nor saves their parameters",
                    label="not registered",
                    notes=(Note(hidden.made, "a module with parameters, made here"),),
                    conditions=conditions,
                    fix=_fix(unit, hidden),
                    names=(hidden.target.attr,),
                )


def _fix(unit: FileView, hidden: Hidden) -> Repair | None:
    """Put the container into one of torch's, where that can hold the same and is used in ways that it knows."""
    wanted = _CONTAINERS.get(hidden.kind)
    spelled = unit.spell(wanted, hidden.site) if wanted is not None else None
    lacking = any(isinstance(use.parent, Attribute) and use.parent.attr in _LACKING for use in hidden.uses)
    keys = [key for key, _ in hidden.items] if hidden.kind == "dict" else []
    named = all(isinstance(key, str) and key and "." not in key for key in keys)
    if spelled is None or lacking or not named or _is_read_on(unit, hidden):
        return None
    if not all(isinstance(each, Module) or each == NONE for _, value in hidden.items for _, each in options(value)):
        return None
    value = hidden.value
    empty = (isinstance(value, Collection) and not value.elements) or (isinstance(value, DictExpr) and not value.items)
    parts = (spelled, "()") if empty else (spelled, "(", hidden.site, ")")
    message = f"keep the modules in `{spelled.text}`"
    return Repair(message, "unsafe", (Replace(hidden.site, parts),), checkpoint_compatible=False)


def _is_read_on(unit: FileView, hidden: Hidden) -> bool:
    """Whether the container has a local name too, under which it may be filled later."""
    functions = [node for node in unit.path_to(hidden.site) if isinstance(node, FunctionDef)]
    if not isinstance(hidden.value, Name) or not functions:
        return isinstance(hidden.value, Name)
    names = [node for node in walk(functions[-1].body) if isinstance(node, Name) and node.id == hidden.value.id]
    return names[-1] is not hidden.value
