"""The old forms of `add`, `addmm`, `addcmul` and their kin, which took numbers between the tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actlint.facts import Attribute, Call
from actlint.intents import Intent, Part, RenameKeyword, Replace
from actlint.model.program import FileView
from actlint.model.walk import walk

if TYPE_CHECKING:
    from actlint.model.deprecations import Use


def numbers_by_name(unit: FileView, use: Use) -> list[Intent] | None:
    """The tensors first and the numbers by keyword. Where that could change the order of effects, or part a comment
    from what it speaks of, everything keeps its place and gets its name.
    """
    call, row, near = use.reference.call, use.row, use.reference.site
    if call is None:
        return None
    positional = [argument for argument in call.args if argument.keyword is None]
    given = dict(zip(row.parameters, positional, strict=True))
    commented = "#" in unit.file.facts.chunks[near.chunk].text
    if commented or any(isinstance(node, Call) for argument in positional for node in walk([argument.value])):
        return [RenameKeyword(unit.site(near, argument), name) for name, argument in given.items()]
    names = [*row.accepted, *(name for name in row.parameters if name not in row.accepted)]
    intents: list[Intent] = []
    for place, name in zip(positional, names, strict=True):
        parts: list[Part] = [unit.site(near, given[name].value)]
        if name not in row.accepted:
            parts.insert(0, f"{name}=")
        intents.append(Replace(unit.site(near, place), tuple(parts)))
    return intents


def permuted(unit: FileView, use: Use) -> list[Intent] | None:
    """`.T` reverses all dimensions: of one alone nothing."""
    node, near = use.reference.node, use.reference.site
    rank = int(use.row.qualname.rpartition(".")[2])
    if not isinstance(node, Attribute):
        return None
    order = ", ".join(str(dim) for dim in reversed(range(rank)))
    return [Replace(near, (unit.site(near, node.value), *([f".permute({order})"] if rank > 1 else [])))]
