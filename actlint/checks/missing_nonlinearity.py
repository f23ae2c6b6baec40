"""ACT301: two affine layers with nothing nonlinear between."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Argument, Attribute, Collection, Constant, Name, Site
from actlint.facts import Call as CallNode
from actlint.intents import InsertElement, Repair, Replace
from actlint.model import affine, purpose
from actlint.model.affine import Pair
from actlint.model.conditions import stated
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT301")
def missing_nonlinearity(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the second of two layers that collapse into one."""
    for trace in unit.traces():
        for pair in affine.chains(unit, trace, ctx.path_to, wide_kernels=ctx.settings.conv_chains):
            conditions = stated(pair.condition)
            if conditions is None or pair.second.path != unit.path or purpose.is_template(trace, ctx):
                continue
            again = pair.first == pair.second
            first = "the layer before" if again else _name(unit, pair.first)
            yield Finding(
                pair.second,
                f"{_name(unit, pair.second)} is applied to the output of {first} with nothing nonlinear between: "
                f"together they are one {pair.what}{pair.widths}",
                label=f"collapses with {first}",
                notes=() if again else (Note(pair.first, f"{first} comes first"),),
                conditions=conditions,
                fix=None if again else _fix(unit, pair),
                names=_attributes(unit, pair),
            )


def _name(unit: FileView, site: Site) -> str:
    node = unit.node(site) if site.path == unit.path else None
    if not isinstance(node, CallNode):
        return "the layer before"
    built = unit.text(node)
    return f"`{built}`" if affine.is_constructor(unit, node, site) else f"`{unit.text(node.func)}`"


def _attributes(unit: FileView, pair: Pair) -> tuple[str, ...]:
    """The attributes of `self` that are called, where both are."""
    found = []
    for site in (pair.first, pair.second):
        match unit.node(site) if site.path == unit.path else None:
            case CallNode(func=Attribute(value=Name(id="self"), attr=name)):
                found.append(name)
    return tuple(found) if len(found) == 2 else ()


def _fix(unit: FileView, pair: Pair) -> Repair | None:
    """Put a ReLU between: as an entry of the Sequential, or around the argument of the call."""
    node = unit.node(pair.second)
    if not isinstance(node, CallNode):
        return None
    if pair.built:
        layer = unit.spell("torch.nn.ReLU", pair.second)
        if layer is None or not _is_entry(unit, pair.second):
            return None
        return Repair(
            f"put `{layer.text}()` between the two, or drop one of them",
            "unsafe",
            (InsertElement(pair.second, "before", (layer, "()")),),
            checkpoint_compatible=False,
        )
    function = unit.spell("torch.relu", pair.second)
    if function is None or len(node.args) != 1 or node.args[0].star:
        return None
    value = unit.site(pair.second, node.args[0].value)
    return Repair(
        f"put an activation between the two (`{function.text}(…)`), or drop one of them",
        "unsafe",
        (Replace(value, (function, "(", value, ")")),),
    )


def _is_entry(unit: FileView, site: Site) -> bool:
    """Whether another module may stand before the one built here: in a Sequential's call, or in a list of modules."""
    match unit.path_to(site):
        case (*_, CallNode(func=func), Argument(keyword=None, star=""), _):
            return affine.names(unit, unit.site(site, func), "torch.nn.Sequential")
        case (*_, Collection(kind="list", elements=elements), _):
            return not any(isinstance(element, Constant) for element in elements)
        case _:
            return False
