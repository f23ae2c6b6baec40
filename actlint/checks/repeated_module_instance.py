"""ACT412: a list repeats one module instead of holding several."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Attribute, BinOp, Call, Collection, Constant, FunctionDef
from actlint.intents import Repair, Replace
from actlint.model.conditions import stated
from actlint.model.program import Context, FileView
from actlint.model.repeated import Repeated, repeated_modules
from actlint.model.walk import bound_names
from actlint.rule import Finding, Note, rule


@rule("ACT412")
def repeated_module_instance(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report lists, and dicts from keys, in which all entries are the same module with the same weights."""
    for repeated in repeated_modules(unit, unit.traces()):
        conditions = stated(repeated.condition)
        if conditions is not None:
            count = repeated.count
            times = unit.text(count) if isinstance(count, Constant) else f"`{unit.text(count)}`"
            places = f"stands there {times} times" if count is not None else "is every entry"
            if isinstance(repeated.node, Call) and isinstance(repeated.node.func, Attribute) and count is None:
                places = "appended each time that the loop comes by" if repeated.node.func.attr == "append" else places
            yield Finding(
                repeated.site,
                f"`{unit.text(repeated.element)}` is made once and {places}: they are all "
                "one module with the same weights",
                label="the same module each time",
                notes=(Note(repeated.made, "made once, here"),) if repeated.name else (),
                conditions=conditions,
                fix=_fix(unit, repeated),
            )


def _fix(unit: FileView, repeated: Repeated) -> Repair | None:
    """A comprehension makes one for each place."""
    node, count = repeated.node, repeated.count
    if not isinstance(node, BinOp) or repeated.name or count is None:
        return None
    display = node.left if count is node.right else node.right
    if not isinstance(display, Collection) or display.kind != "list" or len(display.elements) != 1:
        return None
    around = [each for each in unit.path_to(repeated.site) if isinstance(each, FunctionDef)]
    taken = bound_names(around[-1].body) if around else frozenset(unit.file.bindings)
    variable = "_" if "_" not in taken else "_i"
    element, times = unit.site(repeated.site, repeated.element), unit.site(repeated.site, count)
    intent = Replace(repeated.site, ("[", element, f" for {variable} in range(", times, ")]"))
    return Repair("make one for each place", "unsafe", (intent,))
