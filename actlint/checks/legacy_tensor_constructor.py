"""ACT109: tensors made by a type, `torch.Tensor(2, 3)` or `torch.FloatTensor([1.0])`."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Call, Collection, Constant, Site
from actlint.intents import Intent, Repair, Replace, SetArgument
from actlint.model.program import Context, FileView
from actlint.rule import Finding, rule

_DTYPES = {
    "Tensor": "",
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "HalfTensor": "float16",
    "BFloat16Tensor": "bfloat16",
    "ByteTensor": "uint8",
    "CharTensor": "int8",
    "ShortTensor": "int16",
    "IntTensor": "int32",
    "LongTensor": "int64",
    "BoolTensor": "bool",
}
_DOCS = "https://docs.pytorch.org/docs/stable/tensors.html"


@rule("ACT109", default=False)
def legacy_tensor_constructor(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the calls; the types themselves have other uses."""
    for reference in unit.references():
        owner, _, name = reference.qualname.rpartition(".")
        if reference.call is None or name not in _DTYPES or owner not in ("torch", "torch.cuda"):
            continue
        written = reference.qualname
        yield Finding(
            reference.site,
            f"`{written}` is a legacy constructor: integers are the sizes of a tensor of arbitrary values, a list its "
            "values, and the dtype is the type's, not that of the values",
            label="use `torch.tensor` or `torch.empty`",
            fix=_fix(unit, reference.site, reference.call, _DTYPES[name], owner == "torch.cuda"),
        )


def _fix(unit: FileView, near: Site, call: Call, dtype: str, cuda: bool) -> Repair | None:
    """`torch.empty` for literal sizes, `torch.tensor` for a literal list; anything else may be either."""
    shown = Repair(f"use `torch.tensor`, `torch.empty` or `torch.as_tensor`: {_DOCS}", "display", ())
    values = [argument.value for argument in call.args if argument.keyword is None and not argument.star]
    if len(values) != len(call.args) or not values:
        return shown
    sizes = all(isinstance(value, Constant) and type(value.value) is int for value in values)
    listed = len(values) == 1 and isinstance(values[0], Collection) and values[0].kind == "list"
    new = unit.spell("torch.empty" if sizes else "torch.tensor", near)
    if new is None or not (sizes or listed):
        return shown
    at = unit.site(near, call)
    intents: list[Intent] = [Replace(near, (new,))]
    if dtype or listed:
        kind = unit.spell(f"torch.{dtype or 'get_default_dtype'}", near)
        if kind is None:
            return shown
        intents.append(SetArgument(at, "dtype", (kind,) if dtype else (kind, "()")))
    if cuda:
        intents.append(SetArgument(at, "device", ('"cuda"',)))
    return Repair(f"use `{new.text}`: {_DOCS}", "unsafe", tuple(intents))
