"""ACT405: `forward` makes a layer with parameters each time it runs."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Call, FunctionDef, Site
from actlint.model.anew import Anew, made_anew
from actlint.model.conditions import stated
from actlint.model.moved import moved_to_init
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT405")
def module_built_in_forward(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report layers with parameters, and parameters, that a module's `forward` or step makes and uses."""
    for view in unit.modules():
        for anew in made_anew(ctx, view):
            conditions = stated(anew.condition)
            at = _place(unit, anew)
            node = unit.node(at) if at is not None else None
            if conditions is None or at is None or not isinstance(node, Call):
                continue
            function = _function(unit, at)
            where = function.name if function is not None else "forward"
            what = "with new random weights" if anew.layer else "a new parameter"
            yield Finding(
                at,
                f"`{unit.text(node)}` is made anew each time that `{where}` runs: {what}, which no optimizer has seen "
                "and no checkpoint holds",
                label=f"new {'weights' if anew.layer else 'parameter'} at each call",
                notes=(Note(anew.used, f"{'called' if anew.layer else 'used'} here"),)
                if _apart(unit, anew.used, node)
                else (),
                conditions=conditions,
                fix=moved_to_init(unit, view, at) if at == anew.sites[0] else None,
            )


def _place(unit: FileView, anew: Anew) -> Site | None:
    """The place to speak of: where the layer is made, or a helper called that makes it, in the code that calls it."""
    here = [site for site in anew.sites if site.path == unit.path]
    around = [_function(unit, site) for site in here]
    caller = _function(unit, anew.used) if anew.used.path == unit.path else None
    return next(
        (site for site, function in zip(here, around, strict=True) if function is caller), here[0] if here else None
    )


def _function(unit: FileView, site: Site) -> FunctionDef | None:
    return next((each for each in reversed(unit.path_to(site)) if isinstance(each, FunctionDef)), None)


def _apart(unit: FileView, used: Site, made: Call) -> bool:
    """Whether the layer is called elsewhere than where it is made: not as `nn.Linear(4, 2)(x)`."""
    node = unit.node(used) if used.path == unit.path else None
    return not (isinstance(node, Call) and node.func is made)
