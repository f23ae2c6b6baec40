"""ACT110: `Variable`, which has been a tensor since torch 0.4, and a detached one."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Alias, Assign, Call, Constant, Name
from actlint.intents import DeleteStatement, Part, Repair, Replace
from actlint.model.annotated import in_text
from actlint.model.deprecations import Use, annotates, is_type_test, uses
from actlint.model.gradless import needs_no_grad
from actlint.model.program import Context, FileView
from actlint.rule import Finding, rule
from actlint.torchapi import function

_DOCS = "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.detach.html"


@rule("ACT110")
def legacy_variable(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report each use, and each import that hands the name on."""
    for use in uses(unit, ("ACT110",), switches=True):
        node, call = use.reference.node, use.reference.call
        written = node.name if isinstance(node, Alias) else unit.text(node)
        given = unit.text(call.args[0].value) if call is not None and call.args else ""
        does = f"gives an alias of `{given}` without its graph, so that no gradient flows back through it"
        yield Finding(
            use.site,
            f"`{written}` is deprecated since torch 0.4.0, where tensors took over what it did"
            + (f": `{written}` {does}" if given else ""),
            label="a detached tensor" if call is not None else "`torch.Tensor`",
            fix=_fix(unit, use),
        )


def _fix(unit: FileView, use: Use) -> Repair | None:
    reference = use.reference
    if reference.call is not None:
        return _of_call(unit, use, reference.call)
    tensor = None if reference.imported else unit.spell("torch.Tensor", reference.site)
    if tensor is not None and (annotates(reference) or is_type_test(reference)):
        parts = in_text(unit, reference, tensor)
        return None if parts is None else Repair(f"use `{tensor.text}`", "safe", (Replace(reference.site, parts),))
    return None


def _of_call(unit: FileView, use: Use, call: Call) -> Repair | None:
    """The tensor itself where it needs no gradient, else its detached alias; `requires_grad_` where asked for."""
    shown = Repair(f"use `detach()` or the tensor itself: {_DOCS}", "display", ())
    names = {argument.keyword or ("data", "requires_grad")[min(n, 1)]: argument for n, argument in enumerate(call.args)}
    if any(argument.star for argument in call.args) or "data" not in names or len(call.args) > 2:
        return shown
    wanted = names.get("requires_grad")
    flag = False if wanted is None else wanted.value.value if isinstance(wanted.value, Constant) else None
    if len(names) != len(call.args) or not isinstance(flag, bool) or not names.keys() <= {"data", "requires_grad"}:
        return shown
    data = names["data"].value
    parts: list[Part] = [unit.site(use.reference.site, data)]
    plain = isinstance(data, Call) and _makes_leaf(unit, use, data)
    plain = plain or (not flag and needs_no_grad(unit, unit.site(use.reference.site, call)))
    ending = ("" if plain else ".detach()") + (".requires_grad_()" if flag else "")
    given = unit.text(data) if isinstance(data, Name) else ""
    statement = use.reference.parents[-2] if len(use.reference.parents) > 1 else None
    if not ending and isinstance(statement, Assign) and [unit.text(each) for each in statement.targets] == [given]:
        return Repair(f"leave it out: {_DOCS}", "safe", (DeleteStatement(unit.site(use.reference.site, statement)),))
    message = f"write `{unit.text(data)}{ending}`" if ending else "leave it out"
    intent = Replace(unit.site(use.reference.site, call), (*parts, ending) if ending else tuple(parts))
    return Repair(f"{message}: {_DOCS}", "safe", (intent,))


def _makes_leaf(unit: FileView, use: Use, data: Call) -> bool:
    """Whether a call makes a new tensor that needs no gradient."""
    at = unit.site(use.reference.site, data.func)
    name = next((other.qualname for other in unit.references() if other.site == at), "")
    op = function(name) if name else None
    made = name == "torch.from_numpy" or (op is not None and op.kind in ("creation", "random"))
    return made and not any(argument.keyword == "requires_grad" or argument.star for argument in data.args)
