"""Which statements of a file are not worth lowering: tables that nothing in the file reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from actlint.lower import binds

_SMALL = 400
"""Characters up to which a statement costs so little that it is kept: other files may read it."""

_HUGE = 100_000
"""Characters from which on a table is dropped even where it is read: what is in it decides nothing about a model."""

_WORD = re.compile(r"[^\W\d]\w*")
_CALL = re.compile(r"[\w\])][ \t]*\(")


def unreachable(pieces: Sequence[tuple[str, tuple[ast.stmt, ...]]]) -> frozenset[int]:
    """The indices of the pieces (text and statements) that can be dropped.

    Dropped are assignments of some length without a call (calls and definitions matter by themselves, and all imports
    are kept) whose names stand in no statement that is kept. A word in a string or a comment counts as read.
    """
    candidates: dict[int, frozenset[str]] = {}
    for index, (text, nodes) in enumerate(pieces):
        table = len(text) > _SMALL and all(isinstance(node, (ast.Assign, ast.AnnAssign)) for node in nodes)
        if table and not _CALL.search(text):
            candidates[index] = binds.of_tree(nodes, text)
    if not candidates:
        return frozenset()
    imported: set[str] = set()
    read: set[str] = set()
    for index, (text, nodes) in enumerate(pieces):
        if index not in candidates:
            read.update(_WORD.findall(text))
            if any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in nodes):
                imported |= binds.of_tree(nodes, text)
    words = {index: frozenset(_WORD.findall(pieces[index][0])) for index in candidates}
    # A table that names something imported (a registry of classes) says what the program uses. One without a name of
    # its own (`table[key] = …`) changes what another holds.
    kept = [index for index, names in candidates.items() if not names or words[index] & imported or names & read]
    while kept:
        index = kept.pop()
        if len(pieces[index][0]) > _HUGE:
            continue
        if candidates.pop(index, None) is None:
            continue
        read |= words[index]
        kept.extend([other for other, names in candidates.items() if names & words[index]])
    return frozenset(candidates)
