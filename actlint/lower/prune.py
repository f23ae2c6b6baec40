"""Which imports the fixes of a file have left without use, and the edits that drop them.

An import may be there for reasons that no tree shows, so the test is on tokens and errs on the side of keeping: a name
that stands anywhere else in the code (but after a dot), in a string that is no docstring, in a doctest or in a comment
counts as used.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from actlint.diagnostic import Edit
from actlint.facts import Alias, Assign, ClassDef, Constant, FunctionDef, Import, ImportFrom, Name, Site, Stmt
from actlint.facts import Collection as Display
from actlint.intents import DeleteStatement, Repair
from actlint.lower.blocks import place_of
from actlint.lower.drafts import Document, opened
from actlint.lower.edits import realise, settled, without_aliases
from actlint.lower.frames import Opened
from actlint.lower.locate import range_of
from actlint.lower.shapes import children

_WORD = re.compile(r"[^\W\d]\w*")
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")
_LAYOUT = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT})


@dataclass(slots=True)
class _Words:
    """The names in code outside of imports, dotted ones whole and in part, and the words of strings and comments."""

    code: list[str] = field(default_factory=list)
    dotted: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)


def orphaned_import_edits(before: str, after: Document, exported: Collection[str] = ()) -> tuple[Edit, ...]:
    """The edits that drop from `after` the imports whose names `before` used and `after` does not.

    `before` is the text that was fixed. Only plain imports at the top level or directly in a function go, and none
    whose name is in `exported` (the names that other files of the project import from this one) or in `__all__`; none
    of an `__init__.py`, none with a comment, and none at all where `__all__` is computed or the text has no tokens.
    """
    if after.facts.path.replace("\\", "/").rpartition("/")[2] == "__init__.py":
        return ()
    suspects = _suspects(before, after)
    if not suspects:
        return ()
    try:
        used, using = _words(before), _words(after.text)
    except (tokenize.TokenError, SyntaxError):
        return ()
    if "__all__" in using.code and not _lists_all(after, using):
        return ()
    gone = suspects & set(used.code) - set(using.code) - using.elsewhere - set(exported)
    edits: list[Edit] = []
    for number, statement in _imports(after):
        orphans = {
            alias.ordinal
            for alias in statement.aliases
            if _bound(statement, alias) in gone and _full(statement, alias) not in using.dotted
        }
        if orphans:
            edits += _dropped(after, number, statement, orphans)
    return tuple(edits)


def _imports(document: Document) -> Iterator[tuple[int, Import | ImportFrom]]:
    """The imports that run whenever what is around them does: at the top level and directly in a function's body."""
    for number, chunk in enumerate(document.facts.chunks):
        pending: list[Stmt] = list(chunk.facts.body) if chunk.facts is not None else []
        while pending:
            match pending.pop():
                case Import() | ImportFrom() as statement:
                    yield number, statement
                case FunctionDef(body=body):
                    pending.extend(body)
                case ClassDef(body=body):
                    pending.extend(each for each in body if isinstance(each, FunctionDef | ClassDef))
                case _:
                    pass


def _suspects(before: str, after: Document) -> set[str]:
    """Imported names that stand less often in the text than before, and that no fact reads.

    Only to spare most files the tokens: Python splits a text into them no faster than libcst parses it.
    """
    suspects = {
        name
        for _, statement in _imports(after)
        for alias in statement.aliases
        if (name := _bound(statement, alias)) is not None
    }
    stood, stands = Counter(_NAME.findall(before)), Counter(_NAME.findall(after.text))
    suspects = {name for name in suspects if stands[name] < stood[name]}
    pending: list[object] = [
        statement for chunk in after.facts.chunks if chunk.facts is not None for statement in reversed(chunk.facts.body)
    ]
    while suspects and pending:
        fact = pending.pop()
        if isinstance(fact, Name):
            suspects.discard(fact.id)
        pending.extend(children(fact))
    return suspects


def _bound(statement: Import | ImportFrom, alias: Alias) -> str | None:
    """The name that an import binds; None where it is written so as to be re-exported (`x as x`), or not a name's."""
    if alias.asname is not None:
        return None if alias.asname == alias.name else alias.asname
    if isinstance(statement, Import):
        return alias.name.partition(".")[0]
    return None if statement.module == "__future__" else alias.name


def _full(statement: Import | ImportFrom, alias: Alias) -> str:
    """What is imported, by its full name: `import a.b as c` also makes `a.b` work, wherever `a` comes from."""
    if isinstance(statement, Import):
        return alias.name if alias.asname is not None or "." in alias.name else ""
    return f"{statement.module}.{alias.name}" if statement.level == 0 else ""


def _dropped(
    document: Document, chunk: int, statement: Import | ImportFrom, orphans: Collection[int]
) -> Iterable[Edit]:
    found = opened(document, chunk)
    if found is None or not found.located.exact or _has_comment(found, statement.ordinal):
        return ()
    if len(orphans) == len(statement.aliases):
        whole = DeleteStatement(Site(document.facts.path, chunk, statement.ordinal))
        return realise(document, Repair("", "safe", (whole,))) or ()
    draft = without_aliases(found, chunk, statement.ordinal, orphans)
    return (settled(document, chunk, [draft]) or ()) if draft is not None else ()


def _has_comment(found: Opened, ordinal: int) -> bool:
    located = found.located
    start, end = range_of(located, ordinal)
    inside = any(start <= comment and comment < end for comment, _ in located.comments)
    return inside or place_of(located, ordinal).line.trailing_whitespace.comment is not None


def _lists_all(document: Document, using: _Words) -> bool:
    """Whether `__all__` is one plain list of strings, so that what it exports is among the words of strings."""
    lists = [
        statement
        for chunk in document.facts.chunks
        for statement in (chunk.facts.body if chunk.facts is not None else ())
        if isinstance(statement, Assign)
        and [target.id for target in statement.targets if isinstance(target, Name)] == ["__all__"]
        and isinstance(statement.value, Display)
        and all(isinstance(each, Constant) for each in statement.value.elements)
    ]
    return len(lists) == 1 and using.code.count("__all__") == 1


# ---------------------------------------------------------------------------------------------------------------- words


def _words(text: str) -> _Words:
    """The words of a text; raises what `tokenize` raises."""
    words = _Words()
    statement: list[tokenize.TokenInfo] = []
    lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"))
    for token in tokenize.generate_tokens(lines.readline):
        if token.type == tokenize.COMMENT:
            words.elsewhere.update(_WORD.findall(token.string))
        elif token.type in (tokenize.NEWLINE, tokenize.ENDMARKER) or token.string == ";":
            _read(statement, words)
            statement = []
        elif token.type not in _LAYOUT:
            statement.append(token)
    return words


def _read(statement: list[tokenize.TokenInfo], words: _Words) -> None:
    """Count the words of one statement (a header with what follows on its line is one here)."""
    if statement and statement[0].string in ("import", "from"):
        return
    if all(token.type == tokenize.STRING for token in statement):
        for line in "\n".join(token.string for token in statement).splitlines():
            if line.lstrip().startswith((">>>", "...")):
                words.elsewhere.update(_WORD.findall(line))
        return
    chain = ""
    for before, token in zip([None, *statement], statement, strict=False):
        if token.type == tokenize.NAME:
            if before is not None and before.string == ".":
                chain = f"{chain}.{token.string}" if chain else ""
            else:
                chain = token.string
                words.code.append(token.string)
            if chain:
                words.dotted.add(chain)
        elif token.string != ".":
            chain = ""
            if token.type != tokenize.OP and token.type != tokenize.NUMBER:
                words.elsewhere.update(_WORD.findall(token.string))
        elif before is None or before.type != tokenize.NAME:
            chain = ""
