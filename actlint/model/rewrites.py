"""How a deprecated call is written in the new form: one function a recipe of the table. None where it cannot be exact.

Arguments keep their order, their text and the comments in it; those that land elsewhere get their names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from actlint.facts import (
    Alias,
    Argument,
    Attribute,
    Call,
    Collection,
    Comprehension,
    Constant,
    Expr,
    FunctionDef,
    Name,
    Site,
    Subscript,
    UnaryOp,
)
from actlint.intents import (
    Applicability,
    Intent,
    Part,
    Reference,
    RemoveArgument,
    RenameKeyword,
    Repair,
    Replace,
    SetArgument,
)
from actlint.model.algebra import moved
from actlint.model.annotated import in_text
from actlint.model.axes import first_of_size
from actlint.model.deprecations import (
    Use,
    annotates,
    asks_names,
    compared,
    exists_at,
    given_argument,
    is_none,
    is_offered,
    is_type_test,
    moved_import,
    relied_on,
    tested,
)
from actlint.model.overloads import numbers_by_name, permuted
from actlint.model.program import FileView
from actlint.model.show import unparse
from actlint.torchapi.deprecated import TENSORS_ONLY, Deprecation, documentation

_DTYPES = {"Half": "float16", "Float": "float32", "Double": "float64", "BFloat16": "bfloat16"}
_KERNELS = (
    ("enable_flash", "FLASH_ATTENTION"),
    ("enable_mem_efficient", "EFFICIENT_ATTENTION"),
    ("enable_math", "MATH"),
    ("enable_cudnn", "CUDNN_ATTENTION"),
)


def repair(unit: FileView, use: Use) -> Repair | None:
    """The repair of a use: shown only where the new form cannot be exact, or is not there in all of the target."""
    row, reference = use.row, use.reference
    message, display = advice(row), shown(row)
    if row.fix == "none" or not exists_at(row.replacement_since, unit.program.settings.target) or relied_on(unit, row):
        return display
    if reference.imported:
        # An import that nothing uses any more goes by itself.
        alone = use.status == "removed" and isinstance(reference.node, Alias) and not is_offered(unit, reference.node)
        plain = row.recipe == "rename" and _is_plain(row) and not alone
        moved = moved_import(unit, reference, row.replacement) if plain else None
        return display if moved is None else replace(moved, message=message)
    if not row.argument and (row.kind == "class" or reference.call is None) and compared(unit, row):
        return display
    made = _RECIPES[row.recipe](unit, use) if row.recipe else None
    if made is None or not made:
        return display
    return Repair(message, _applicability(unit, use), tuple(made), row.keeps_checkpoints)


def shown(row: Deprecation) -> Repair | None:
    """The advice alone."""
    message = advice(row)
    return Repair(message, "display", (), row.keeps_checkpoints) if message else None


def advice(row: Deprecation) -> str:
    """What to do, and where that is documented; "" where nothing is known."""
    text = f"use `{row.replacement}`" if row.replacement else ""
    match row.recipe:
        case "drop":
            text = f"leave out `{row.argument}`"
        case "keyword":
            text = f"call it `{dict(row.renamed)[row.argument]}`"
        case "reversed":
            rank = int(row.qualname.rpartition(".")[2])
            text = f"write `permute({', '.join(map(str, reversed(range(rank))))})`" if rank > 1 else "leave it out"
        case "overload":
            numbers = ", ".join(f"`{name}`" for name in row.parameters if name not in row.accepted)
            text = f"give {numbers} by keyword"
        case "set":
            text = f"say `{'='.join(row.added[0])}`".replace('"', "'")
        case "axis":
            text = f"say `{row.argument}`"
        case "reduction":
            text = "say `reduction`"
        case "weights":
            text = f"say `{row.renamed[0][1]}` with a member of `{row.replacement}`" if row.replacement else ""
        case _:
            pass
    address = documentation(row.replacement or row.qualname)
    if not text and address and (row.argument or not row.removed):
        return f"see {address}"
    return f"{text}: {address}" if text and address else text


def _applicability(unit: FileView, use: Use) -> Applicability:
    row, reference = use.row, use.reference
    if row.fix == "unsafe":
        return "unsafe"
    if row.recipe == "algebra" and use.status == "deprecated" and row.qualname.endswith("solve"):
        return "unsafe"  # a stack of right sides may have been meant as one
    if row.recipe == "drop" and row.value and use.status == "deprecated":
        given = None if use.argument is None else use.argument.value
        return "safe" if given is not None and unparse(given) == row.value else "unsafe"
    renamed = row.qualname.rpartition(".")[2] != row.replacement.rpartition(".")[2]
    if renamed and (row.kind == "class" or reference.call is None) and not row.argument and asks_names(unit):
        return "unsafe"
    if row.kind == "class" and not row.argument:
        around = reference.parents[-2:]
        handed = len(around) == 2 and isinstance(around[0], Call) and isinstance(around[1], Argument)
        if handed or is_type_test(reference) or tested(unit, row):
            return "unsafe"  # who is handed a class may ask for its name
    if row.kind == "function" and reference.call is None and (_is_registered(reference.parents) or tested(unit, row)):
        return "unsafe"
    return "safe"


def _is_registered(parents: Sequence[object]) -> bool:
    """Whether a decorator is given the function itself: it may enter it into a table, to be found under this name."""
    steps = zip(parents, parents[1:], strict=False)
    return any(node in outer.decorators for outer, node in steps if isinstance(outer, FunctionDef))


def _is_plain(row: Deprecation) -> bool:
    """Whether the new form takes what the old one took, all of it, in the same order."""
    changed = row.renamed or row.mapped or row.added or row.dropped or row.component
    return not changed and (not row.accepted or row.accepted[: len(row.parameters)] == row.parameters)


def spelled(unit: FileView, row: Deprecation, at: Site) -> Reference | None:
    """How the replacement can be written at a place, with the module that it is in imported."""
    found = unit.spell(row.replacement, at)
    if found is not None and row.module and found.text.startswith("torch."):
        return Reference(found.text, (row.module, None))
    return found


# ---------------------------------------------------------------------------------------------------------- the recipes


def _rename(unit: FileView, use: Use) -> list[Intent] | None:
    row, reference = use.row, use.reference
    new = spelled(unit, row, reference.site)
    if new is None:
        return None
    if reference.call is None:
        if not _is_plain(row) and not (row.kind == "class" and (annotates(reference) or is_type_test(reference))):
            return None
        parts = in_text(unit, reference, new)
        return None if parts is None else [Replace(reference.site, parts)]
    if row.component is not None:
        return _component(unit, use, new, row.component)
    for name in TENSORS_ONLY.get(row.qualname, ()):
        given, _ = given_argument(reference.call, name, row.parameters)
        if given is not None and isinstance(given.value, (Collection, Comprehension, Constant, UnaryOp)):
            return None
    arguments = _arguments(unit, reference.site, reference.call, row)
    return None if arguments is None else [Replace(reference.site, (new,)), *arguments]


def _arguments(unit: FileView, near: Site, call: Call, row: Deprecation) -> list[Intent] | None:
    """What happens to the arguments: names where they land elsewhere, values where they mean something else."""
    renamed, mapped = dict(row.renamed), {old: (new, dict(values)) for old, new, values in row.mapped}
    accepted = row.accepted or row.parameters
    exact = _is_plain(replace(row, added=()))
    intents: list[Intent] = []
    by_name = False
    for number, argument in enumerate(call.args):
        at = unit.site(near, argument)
        if argument.star:
            if not exact:
                return None
            continue
        old = argument.keyword or (row.parameters[number] if number < len(row.parameters) else None)
        if old is None:
            if row.parameters and not exact:
                return None
            continue
        if old in row.dropped:
            if not _is_pure(argument.value):
                return None
            intents.append(RemoveArgument(at))
            by_name = True
            continue
        name = renamed.get(old, old)
        if old in mapped:
            text = mapped[old][1].get(unparse(argument.value))
            if text is None:
                return None
            intents.append(Replace(unit.site(near, argument.value), (text,)))
        if argument.keyword is None:
            if by_name or not (number < len(accepted) and accepted[number] == name):
                if row.parameters:
                    intents.append(RenameKeyword(at, name))
                    by_name = True
        elif name != old:
            intents.append(RenameKeyword(at, name))
    site = unit.site(near, call)
    intents += [SetArgument(site, name, (text,)) for name, text in row.added]
    return intents


def _is_pure(value: Expr) -> bool:
    return isinstance(value, Constant | Name) or (isinstance(value, Attribute) and _is_pure(value.value))


def _component(unit: FileView, use: Use, new: Reference, wanted: tuple[int, str]) -> list[Intent] | None:
    """The new call for one item of the old result, where only that one is taken."""
    call, outer = use.reference.call, _item(use, wanted)
    if outer is None:
        return None
    assert call is not None
    kept: list[Part] = []
    for number, argument in enumerate(call.args):
        old = argument.keyword or (use.row.parameters[number] if number < len(use.row.parameters) else None)
        if argument.star or old is None or (old in use.row.dropped and not _is_pure(argument.value)):
            return None
        if old not in use.row.dropped:
            if dict(use.row.renamed).get(old, old) not in use.row.accepted:
                return None
            kept += [", "] * bool(kept) + [unit.site(use.reference.site, argument.value)]
    return [Replace(unit.site(use.reference.site, outer), (new, "(", *kept, ")"))]


def _close(unit: FileView, use: Use) -> list[Intent] | None:
    """The new function with what the old one compared by: its own tolerances, which go by the dtype, must be given."""
    call, row = use.reference.call, use.row
    if call is None:
        return None
    names = ("rtol", "atol", "equal_nan")
    rtol, atol, equal_nan = (given_argument(call, name, row.parameters)[0] for name in names)
    if rtol is None or atol is None or is_none(rtol.value) or is_none(atol.value):
        return None
    nan = (("equal_nan", "True"),) if equal_nan is None else ()
    return _rename(unit, replace(use, row=replace(row, added=(*nan, *row.added))))


def _item(use: Use, wanted: tuple[int, str]) -> Expr | None:
    """The expression that takes one item of the result of a call."""
    call, parents = use.reference.call, use.reference.parents
    outer = parents[-2] if len(parents) > 1 else None
    match outer:
        case Attribute(value=value, attr=attr) if value is call and attr == wanted[1]:
            return outer
        case Subscript(value=value, index=Constant(value=index)) if value is call and index == wanted[0]:
            return outer
        case _:
            return None


def _function(unit: FileView, use: Use) -> list[Intent] | None:
    """A function in place of a method: the receiver, the first of the parameters, becomes an argument."""
    row, node, call, near = use.row, use.reference.node, use.reference.call, use.reference.site
    new = spelled(unit, row, near)
    if new is None or call is None or not isinstance(node, Attribute):
        return None
    outer = call if row.component is None else _item(use, row.component)
    receiver = Argument(node.ordinal, node.value, None, "")
    renamed, mapped = dict(row.renamed), {old: (name, dict(values)) for old, name, values in row.mapped}
    parts: list[Part] = [new, "("]
    for number, argument in enumerate((receiver, *call.args)):
        old = argument.keyword or (row.parameters[number] if number < len(row.parameters) else "")
        if argument.star or old not in row.parameters:
            return None
        if old in row.dropped and _is_pure(argument.value):
            continue
        name = mapped[old][0] if old in mapped else renamed.get(old, old)
        text = mapped[old][1].get(unparse(argument.value)) if old in mapped else ""
        if name not in row.accepted or text is None:
            return None
        first = number == 0 and name == row.accepted[0]
        parts += [", "] * bool(number) + ([] if first else [f"{name}="]) + [text or unit.site(near, argument.value)]
    return None if outer is None else [Replace(unit.site(near, outer), (*parts, ")"))]


def _drop(unit: FileView, use: Use) -> list[Intent] | None:
    call, argument, row = use.reference.call, use.argument, use.row
    if call is None or argument is None or not _is_pure(argument.value):
        return None
    if argument.keyword is not None:
        return [RemoveArgument(unit.site(use.reference.site, argument))]
    return _arguments(unit, use.reference.site, call, replace(row, dropped=(row.argument,), accepted=row.parameters))


def _keyword(unit: FileView, use: Use) -> list[Intent] | None:
    call, argument, row = use.reference.call, use.argument, use.row
    new = dict(row.renamed)[row.argument]
    if call is None or argument is None or argument.keyword is None:
        return None
    if any(each.star == "**" or each.keyword == new for each in call.args):
        return None
    return [RenameKeyword(unit.site(use.reference.site, argument), new)]


def _set(unit: FileView, use: Use) -> list[Intent] | None:
    call, argument = use.reference.call, use.argument
    if call is None:
        return None
    ((name, text),) = use.row.added
    if argument is not None:
        return [Replace(unit.site(use.reference.site, argument.value), (text,))]
    return [SetArgument(unit.site(use.reference.site, call), name, (text,))]


def _axis(unit: FileView, use: Use) -> list[Intent] | None:
    """The axis that the call takes, where the sizes of its input are known: `value` is the size that it looks for."""
    call, row, near = use.reference.call, use.row, use.reference.site
    if call is None:
        return None
    at = unit.site(near, call)
    axis = first_of_size(unit, at, int(row.value))
    return None if axis is None else [SetArgument(at, row.argument, (str(axis),))]


def _reduction(unit: FileView, use: Use) -> list[Intent] | None:
    """`reduction` for what the two booleans mean together; both None mean nothing, and override nothing."""
    call, row, near = use.reference.call, use.row, use.reference.site
    if call is None or any(argument.star for argument in call.args):
        return None
    values: dict[str, bool | None] = {"size_average": None, "reduce": None}
    for name in values:
        given, _ = given_argument(call, name, row.parameters)
        if given is not None:
            if not isinstance(given.value, Constant) or not isinstance(given.value.value, bool | None):
                return None
            values[name] = given.value.value
    average, reduce = (True if value is None else value for value in values.values())
    reduction = "none" if not reduce else "mean" if average else "sum"
    changed = replace(row, dropped=("size_average", "reduce"), accepted=row.parameters)
    intents = _arguments(unit, near, call, changed)
    if intents is None:
        return None
    given, _ = given_argument(call, "reduction", row.parameters)
    if given is not None:
        return [*intents, Replace(unit.site(near, given.value), (f'"{reduction}"',))]
    if reduction == "mean":
        return intents
    return [*intents, SetArgument(unit.site(near, call), "reduction", (f'"{reduction}"',))]


def _norm(unit: FileView, use: Use) -> list[Intent] | None:
    """`torch.norm` is the vector norm of what it is over, but for the nuclear norm; "fro" is 2 there."""
    call, row = use.reference.call, use.row
    new = spelled(unit, row, use.reference.site)
    if call is None or new is None or any(argument.star for argument in call.args):
        return None
    order, _ = given_argument(call, "p", row.parameters)
    if (
        order is not None
        and not _is_number(order.value)
        and not _is_text(order.value, "fro")
        and not is_none(order.value)
    ):
        return None
    changed = replace(
        row, accepted=("x", "ord", "dim", "keepdim"), renamed=(("input", "x"), ("p", "ord")), recipe="rename"
    )
    intents = _arguments(unit, use.reference.site, call, changed)
    if intents is None:
        return None
    if order is not None and not _is_number(order.value):
        intents.append(Replace(unit.site(use.reference.site, order.value), ("2",)))
    return [Replace(use.reference.site, (new,)), *intents]


def _is_number(value: Expr) -> bool:
    """Whether an expression surely is a number: a literal, or an infinity."""
    match value:
        case Constant(value=number):
            return isinstance(number, int | float) and not isinstance(number, bool)
        case UnaryOp(op="-" | "+", operand=operand):
            return _is_number(operand)
        case Call(func=Name(id="float"), args=(Argument(value=Constant(value=str())),)):
            return True
        case Attribute(value=Name(), attr="inf"):
            return True
        case _:
            return False


def _is_text(value: Expr, text: str) -> bool:
    return isinstance(value, Constant) and value.value == text


def _range(unit: FileView, use: Use) -> list[Intent] | None:
    """The end moves by one, which is exact for integers alone; the dtype is said: `arange` takes that of its ends."""
    call, near = use.reference.call, use.reference.site
    new = spelled(unit, use.row, near)
    positional = [argument for argument in call.args if argument.keyword is None] if call is not None else []
    if call is None or new is None or not 2 <= len(positional) <= 3 or any(each.star for each in call.args):
        return None
    keywords = {argument.keyword for argument in call.args if argument.keyword is not None}
    if not keywords <= {"dtype", "device", "requires_grad", "layout"}:
        return None
    numbers = [_integer(argument.value) for argument in positional]
    if any(number is None for number in numbers):
        return None
    end, step = numbers[1] or 0, numbers[2] if len(numbers) == 3 else 1
    if not step:
        return None
    moved = str(end + (1 if step > 0 else -1))
    intents: list[Intent] = [Replace(near, (new,)), Replace(unit.site(near, positional[1].value), (moved,))]
    if "dtype" not in keywords:
        dtype = unit.spell("torch.get_default_dtype", near)
        if dtype is None:
            return None
        intents.append(SetArgument(unit.site(near, call), "dtype", (dtype, "()")))
    return intents


def _integer(value: Expr) -> int | None:
    match value:
        case Constant(value=int() as number) if not isinstance(number, bool) and abs(number) < 1 << 20:
            return number
        case UnaryOp(op="-", operand=operand):
            inner = _integer(operand)
            return None if inner is None else -inner
        case _:
            return None


def _list(unit: FileView, use: Use) -> list[Intent] | None:
    """Two or more matrices as one list; a single one is given back as it is, which the new function does not do."""
    call, near = use.reference.call, use.reference.site
    new = spelled(unit, use.row, near)
    if call is None or new is None or any(argument.star for argument in call.args):
        return None
    matrices: list[Part] = []
    others: list[Part] = []
    for argument in call.args:
        into = matrices if argument.keyword is None else others
        copied = argument.value if into is matrices else argument
        into += [", "] * bool(into or into is others) + [unit.site(near, copied)]
    if len(matrices) < 3:
        return None
    return [Replace(unit.site(near, call), (new, "([", *matrices, "]", *others, ")"))]


def _real(unit: FileView, use: Use) -> list[Intent] | None:
    """The complex result, seen as the pairs that the old form gave."""
    call, near = use.reference.call, use.reference.site
    new = spelled(unit, use.row, near)
    if call is None or new is None or any(argument.star for argument in call.args):
        return None
    parts: list[Part] = []
    for argument in call.args:
        if argument is not use.argument:
            parts += [unit.site(near, argument), ", "]
    if use.argument is not None and use.argument.keyword is None:
        return None
    return [Replace(unit.site(near, call), (new, "(", near, "(", *parts, "return_complex=True))"))]


def _kernels(unit: FileView, use: Use) -> list[Intent] | None:
    """The list of the kernels that the booleans leave on."""
    call, near = use.reference.call, use.reference.site
    new, names = spelled(unit, use.row, near), unit.spell("torch.nn.attention.SDPBackend", near)
    if call is None or new is None or names is None or any(argument.star for argument in call.args):
        return None
    on: list[Part] = []
    for parameter, kernel in _KERNELS:
        given, _ = given_argument(call, parameter, use.row.parameters)
        value = True if given is None else given.value.value if isinstance(given.value, Constant) else None
        if not isinstance(value, bool):
            return None
        if value:
            on += [", "] * bool(on) + [replace(names, text=f"{names.text}.{kernel}")]
    return [Replace(unit.site(near, call), (new, "([", *on, "])"))] if on else None


def _tensor_type(unit: FileView, use: Use) -> list[Intent] | None:
    """The dtype of a tensor type of the CPU."""
    call, near = use.reference.call, use.reference.site
    new = spelled(unit, use.row, near)
    if call is None or new is None or len(call.args) != 1 or call.args[0].star or call.args[0].keyword is not None:
        return None  # torch takes no keyword there
    value = call.args[0].value
    text = value.value if isinstance(value, Constant) else None
    if text is None:
        at = unit.site(near, value)
        text = next((each.qualname for each in unit.references() if each.site == at), "")
    kind = _DTYPES.get(str(text).removeprefix("torch.").removesuffix("Tensor"))
    dtype = None if kind is None or not str(text).startswith("torch.") else unit.spell(f"torch.{kind}", near)
    if dtype is None:
        return None
    return [Replace(near, (new,)), Replace(unit.site(near, value), (dtype,))]


def _method(unit: FileView, use: Use) -> list[Intent] | None:
    """The same receiver, another method."""
    node, near = use.reference.node, use.reference.site
    if not isinstance(node, Attribute):
        return None
    return [Replace(near, (unit.site(near, node.value), "." + use.row.replacement.rpartition(".")[2]))]


def _call(unit: FileView, use: Use) -> list[Intent] | None:
    """A call in place of a constant."""
    new = spelled(unit, use.row, use.reference.site)
    return None if new is None else [Replace(use.reference.site, (new, "()"))]


def _weights(unit: FileView, use: Use) -> list[Intent] | None:
    """The named weights that True meant; None for False."""
    call, argument, near, row = use.reference.call, use.argument, use.reference.site, use.row
    new = dict(row.renamed)[row.argument]
    if call is None or argument is None or any(each.star == "**" or each.keyword == new for each in call.args):
        return None
    if not isinstance(argument.value, Constant) or not isinstance(argument.value.value, bool):
        return None
    text = dict(row.mapped[0][2])[str(argument.value.value)]
    value: Part | None = text if text == "None" else unit.spell(text, near)
    if value is None:
        return None
    later = call.args[call.args.index(argument) + 1 :]
    if argument.keyword is None and any(each.keyword is None for each in later):
        return None
    at = unit.site(near, argument)
    return [RenameKeyword(at, new), Replace(unit.site(near, argument.value), (value,))]


_RECIPES: dict[str, Callable[[FileView, Use], list[Intent] | None]] = {
    "rename": _rename,
    "close": _close,
    "method": _method,
    "function": _function,
    "drop": _drop,
    "keyword": _keyword,
    "set": _set,
    "axis": _axis,
    "reduction": _reduction,
    "norm": _norm,
    "range": _range,
    "list": _list,
    "real": _real,
    "kernels": _kernels,
    "tensor type": _tensor_type,
    "call": _call,
    "weights": _weights,
    "overload": numbers_by_name,
    "reversed": permuted,
    "algebra": moved,
}
