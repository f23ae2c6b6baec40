"""Code whose author knows what is deprecated about it, and keeps to it on purpose."""

from __future__ import annotations

import re

from actlint.facts import Call, ClassDef, Constant, FunctionDef, With
from actlint.model.deprecations import Use
from actlint.model.program import FileView
from actlint.model.walk import walk
from actlint.torchapi.deprecated import CONTRACTS, MADE_BY

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_FILTERS = ("warnings.simplefilter", "warnings.filterwarnings")


def knows(unit: FileView, use: Use) -> bool:
    """Whether the code says so: the warning is silenced on the spot; or, of what is but information, the function or
    class around it has it in its name and offers just that, or the function reads or writes what others have made.
    """
    if _is_hushed(unit, use):
        return True
    if not use.row.info:
        return False
    qualname = use.row.qualname
    if qualname in MADE_BY and not _makes(unit, use):
        return True
    words = next((words for start, words in CONTRACTS.items() if qualname.startswith(start)), frozenset())
    return any(
        not words.isdisjoint(_words(node.name))
        for node in use.reference.parents
        if isinstance(node, FunctionDef | ClassDef)
    )


def _makes(unit: FileView, use: Use) -> bool:
    """Whether the same function also makes what is read or written there; outside of functions, the same file."""
    function = next((node for node in reversed(use.reference.parents) if isinstance(node, FunctionDef)), None)
    makers = MADE_BY[use.row.qualname]
    return any(
        each.qualname in makers and (function is None or any(node is function for node in each.parents))
        for each in unit.references()
    )


def _words(name: str) -> set[str]:
    """The words of a name, and each two that stand together as one."""
    words = [word.lower() for word in _WORD.findall(name)]
    return {*words, *(one + two for one, two in zip(words, words[1:], strict=False))}


def _is_hushed(unit: FileView, use: Use) -> bool:
    """Whether a `with warnings.catch_warnings():` that ignores some is around the place."""
    blocks = [node for node in use.reference.parents if isinstance(node, With)]
    if not blocks:
        return False
    chunk = use.reference.site.chunk
    calls = [(each.qualname, each.call) for each in unit.references() if each.call and each.site.chunk == chunk]
    caught = {call.ordinal for qualname, call in calls if qualname == "warnings.catch_warnings"}
    ignored = {call.ordinal for qualname, call in calls if qualname in _FILTERS and _says_ignore(call)}
    return any(
        any(item.context.ordinal in caught for item in block.items)
        and any(node.ordinal in ignored for node in walk(block.body))
        for block in blocks
    )


def _says_ignore(call: Call) -> bool:
    return any(isinstance(each.value, Constant) and each.value.value == "ignore" for each in call.args)
