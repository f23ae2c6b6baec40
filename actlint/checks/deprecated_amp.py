"""ACT103: mixed precision by device, `torch.cuda.amp` and `torch.cpu.amp`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from actlint.facts import Alias, Call, Constant, FunctionDef
from actlint.intents import Intent, Reference, RenameKeyword, Repair, Replace, SetArgument
from actlint.model.annotated import in_text
from actlint.model.deprecations import annotates, compared, deprecated_uses, is_type_test, tested
from actlint.model.program import Context, FileView
from actlint.model.references import Reference as Use
from actlint.model.rewrites import shown
from actlint.rule import Finding, rule
from actlint.torchapi.deprecated import Deprecation, documentation


@rule("ACT103")
def deprecated_amp(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report each use of a name that `torch.amp` has for all devices, and each import that hands one on."""
    for use, row in deprecated_uses(unit, "ACT103", switches=True):
        written = use.node.name if isinstance(use.node, Alias) else unit.text(use.node)
        device = f'{row.device_parameter}="{row.device}"' if row.device_keyword else f'"{row.device}"'
        spelled = None if use.imported else unit.spell(row.replacement, use.site)
        yield Finding(
            use.site,
            f"`{written}` is deprecated since torch {row.since}, with a warning at each call: "
            f"`{row.replacement}` does the same for any device, here {device}",
            label=f"use `{row.replacement}`",
            fix=(None if spelled is None else _fix(unit, use, row, spelled)) or shown(row),
        )


def _fix(unit: FileView, use: Use, row: Deprecation, spelled: Reference) -> Repair | None:
    """The repair of a call, a bare decorator, an annotation or a type test; elsewhere no device could be given.

    The new class is the base of the old one: where the project asks for the old, objects of the new are not what is
    meant, until both have been replaced; comparisons with the class itself are not.
    """
    message, parent = _advice(row, spelled), use.parents[-1]
    if row.kind == "class" and compared(unit, row):
        return None
    if use.call is not None:
        repair = _call(unit, use, use.call, row, spelled)
        is_tested = row.kind == "class" and tested(unit, row)
        return replace(repair, applicability="unsafe") if repair is not None and is_tested else repair
    if row.kind == "class" and is_type_test(use):
        return Repair(message, "unsafe", (Replace(use.site, (spelled,)),))
    if row.device_keyword and isinstance(parent, FunctionDef) and any(each is use.node for each in parent.decorators):
        device = f'({row.device_parameter}="{row.device}")'
        return Repair(message, "safe", (Replace(use.site, (spelled, device)),))
    if row.kind == "class" and annotates(use):
        parts = in_text(unit, use, spelled)
        return None if parts is None else Repair(message, "safe", (Replace(use.site, parts),))
    return None


def _call(unit: FileView, use: Use, call: Call, row: Deprecation, spelled: Reference) -> Repair | None:
    """The call with the device, by keyword where the order has changed, and with the dtype that was the default."""
    message, at, device = _advice(row, spelled), unit.site(use.site, call), f'"{row.device}"'
    if row.device_keyword:
        device_given = SetArgument(at, row.device_parameter, (device,))
        return Repair(message, "safe", (Replace(use.site, (spelled,)), device_given))
    if row.reordered and any(argument.star == "*" for argument in call.args):
        return None
    given = _given(call, row)
    dtype: Reference | None = None
    if row.defaults and "dtype" not in given and given.get("enabled") is not False:
        dtype = unit.spell(dict(row.defaults)["dtype"], at)
        if dtype is None:
            return None
    opaque = any(argument.star == "**" for argument in call.args)
    if not call.args:
        default = () if dtype is None else (", dtype=", dtype)
        return Repair(message, "safe", (Replace(at, (spelled, f"({device}", *default, ")")),))
    first, *others = call.args
    name = f"{row.parameters[0]}=" if row.reordered and first.keyword is None and not first.star else ""
    kept = first.value if name else first
    intents: list[Intent] = [Replace(use.site, (spelled,))]
    intents.append(Replace(unit.site(at, first), (f"{device}, {name}", unit.site(at, kept))))
    if row.reordered:
        intents += [
            RenameKeyword(unit.site(at, argument), keyword)
            for argument, keyword in zip(others, row.parameters[1:], strict=False)
            if argument.keyword is None and not argument.star
        ]
    if dtype is not None and not opaque:
        intents.append(SetArgument(at, "dtype", (dtype,)))
    return Repair(message, "unsafe" if dtype is not None and opaque else "safe", tuple(intents))


def _advice(row: Deprecation, spelled: Reference) -> str:
    return f"use `{spelled.text}`: {documentation(row.replacement)}"


def _given(call: Call, row: Deprecation) -> dict[str, object]:
    """The parameters that a call names or fills by position, each with its value if that is a literal."""
    given: dict[str, object] = {}
    for number, argument in enumerate(call.args):
        name = argument.keyword or "".join(row.parameters[number : number + 1])
        if not argument.star:
            given[name] = argument.value.value if isinstance(argument.value, Constant) else ...
    return given
