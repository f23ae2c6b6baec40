"""ACT402: a comma at the end of the line makes a tuple of a module."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.intents import Repair, Replace
from actlint.model.conditions import stated
from actlint.model.events import Call
from actlint.model.kept import has_state, is_trained
from actlint.model.lone import Lone, lone_modules
from actlint.model.program import Context, FileView
from actlint.model.values import Tuple
from actlint.rule import Finding, Note, rule


@rule("ACT402")
def module_in_tuple(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report attributes that get a tuple of one module, by a comma at the end of the line or only to be called."""
    for trace in unit.traces():
        for lone in lone_modules(unit, ctx, trace):
            conditions = stated(lone.condition)
            ways = {use.way for use in lone.uses}
            trained = any(is_trained(trace.heap, module) for module in lone.modules)
            meant = "sequence" in ways and not trained
            if conditions is None or meant or (lone.display.parenthesized and ways != {"called"}):
                continue
            name, module = unit.text(lone.target), unit.text(lone.display.elements[0])
            effect = "torch does not train, move or save its parameters" if trained else "torch does not see the module"
            calling = "" if "sequence" in ways else ", and calling it raises TypeError"
            stateful = any(has_state(trace.heap, each) for each in lone.modules)
            yield Finding(
                lone.site,
                f"`{name}` is a tuple, since a comma follows `{module}`: {effect}{calling}",
                label="a tuple of one module",
                notes=tuple(Note(use.site, "called here: TypeError") for use in lone.uses if use.way == "called")[:1],
                conditions=conditions,
                fix=None if "sequence" in ways else _fix(unit, lone, exact=_only_raises(lone), stateful=stateful),
                severity="error" if not conditions and _is_called(unit, lone) else None,
                names=(lone.target.attr,),
            )


def _only_raises(lone: Lone) -> bool:
    """Whether every use of the tuple raises, so that there is but one repair."""
    return bool(lone.uses) and not lone.through and all(use.way in ("called", "member") for use in lone.uses)


def _is_called(unit: FileView, lone: Lone) -> bool:
    """Whether some run surely calls the tuple."""
    events = (event for trace in unit.traces() for event in trace.events)
    called = (event.callee for event in events if isinstance(event, Call) and not event.where.condition)
    return any(isinstance(callee, Tuple) and set(callee.items) & set(lone.modules) for callee in called)


def _fix(unit: FileView, lone: Lone, *, exact: bool, stateful: bool) -> Repair:
    drop = Replace(lone.site, (unit.site(lone.site, lone.display.elements[0]),))
    return Repair("drop the comma", "safe" if exact else "unsafe", (drop,), checkpoint_compatible=not stateful)
