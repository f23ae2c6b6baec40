"""Where a new import goes in a file."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence

from actlint.diagnostic import Edit, Span
from actlint.facts import Chunk
from actlint.lines import line_end, position_of
from actlint.lower.drafts import Document


def insertion(document: Document, module: str, alias: str | None, first_use: int) -> tuple[Edit, ...] | None:
    """The edit that adds `import module` (`as alias`) at the top level, before the chunk numbered `first_use`.

    No edit if that very import is there already.
    Before the first top-level import of the same package; else after the imports at the top; else after the docstring,
    the `__future__` imports and the comments of the file's head. Never in a block: None where the package is imported
    in a block alone (under `try`, say), for the file then does without it on purpose.
    """
    chunks = document.facts.chunks
    package = module.partition(".")[0]
    statement = f"import {module}" + (f" as {alias}" if alias else "")
    parsed = [_simple_statements(chunk) for chunk in chunks]
    if any(_says(body, module, alias) for body in parsed[:first_use]):
        return ()
    same = next((number for number, body in enumerate(parsed) if _imports(body, package)), None)
    if same is not None and same <= first_use:
        return (_line(document, chunks[same].first_line, statement, 0, 0),)
    in_block = re.compile(rf"^[ \t\f]+(?:import|from)[ \t]+{re.escape(package)}\b", re.MULTILINE)
    if same is None and any(in_block.search(chunk.text) for chunk in chunks):
        return None
    head = 0
    while head < len(chunks) and head < first_use and _is_head(parsed[head], head):
        head += 1
    last = head
    while last < len(chunks) and last < first_use and _is_imports(parsed[last]):
        last += 1
    if last > head:
        return (_line(document, _row_after(document, chunks[last - 1]), statement, 0, 0),)
    if head:
        row = _row_after(document, chunks[head - 1])
        return (_line(document, row, statement, 1, 0 if _is_blank(document, row) else _blanks(chunks[head:])),)
    return (_at_the_top(document, statement),)


def _simple_statements(chunk: Chunk) -> Sequence[ast.stmt]:
    """The statements of a chunk that may be of a file's head; empty for all others, which are not worth the parsing."""
    if not chunk.text.startswith(("import", "from", '"', "'", "r", "u", "R", "U", "(")):
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(chunk.text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _says(body: Sequence[ast.stmt], module: str, alias: str | None) -> bool:
    return any(
        (each.name, each.asname) == (module, alias)
        for statement in body
        if isinstance(statement, ast.Import)
        for each in statement.names
    )


def _imports(body: Sequence[ast.stmt], package: str) -> bool:
    """Whether a chunk consists of imports, one of them of the package."""
    return _is_imports(body) and any(
        name.partition(".")[0] == package
        for statement in body
        for name in (
            [alias.name for alias in statement.names]
            if isinstance(statement, ast.Import)
            else [statement.module or ""]
            if isinstance(statement, ast.ImportFrom) and statement.level == 0
            else []
        )
    )


def _is_imports(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and all(
        isinstance(statement, ast.Import | ast.ImportFrom) and not _is_future(statement) for statement in body
    )


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__" and statement.level == 0


def _is_head(body: Sequence[ast.stmt], number: int) -> bool:
    """Whether nothing may stand before a chunk: the docstring, or an import that changes how the file is read."""
    if any(_is_future(statement) for statement in body):
        return True
    return (
        number == 0
        and bool(body)
        and isinstance(body[0], ast.Expr)
        and isinstance(body[0].value, ast.Constant)
        and isinstance(body[0].value.value, str)
    )


def _at_the_top(document: Document, statement: str) -> Edit:
    """Below the comments that open the file, above those that belong to its first statement."""
    first = document.facts.chunks[0] if document.facts.chunks else None
    row = first.first_line if first is not None else 1
    above = row
    while above > 1 and _line_text(document, above - 1).lstrip().startswith("#"):
        above -= 1
    if above > 1:
        row = above
    return _line(document, row, statement, 0, _blanks(document.facts.chunks))


def _blanks(following: Sequence[Chunk]) -> int:
    """How many blank lines separate an import from what follows."""
    if not following:
        return 0
    return 2 if following[0].text.startswith(("def ", "class ", "async ", "@")) else 1


def _row_after(document: Document, chunk: Chunk) -> int:
    rows = len(re.findall(r"\r\n|\r|\n", chunk.text))
    return chunk.first_line + rows + (0 if chunk.text.endswith(("\n", "\r")) else 1)


def _line_text(document: Document, row: int) -> str:
    """The text of a row; empty beyond the last."""
    if row > len(document.lines):
        return ""
    end = document.lines[row] if row < len(document.lines) else len(document.text)
    return document.text[document.lines[row - 1] : end]


def _is_blank(document: Document, row: int) -> bool:
    return not _line_text(document, row).strip()


def _line(document: Document, row: int, statement: str, blanks_before: int, blanks_after: int) -> Edit:
    """The insertion of a line above a row, with blank lines around it."""
    newline = line_end(document.text, document.lines)
    content = newline * blanks_before + statement + newline + newline * blanks_after
    if row > len(document.lines):
        at, content = len(document.text), newline + content
    else:
        at = document.lines[row - 1]
    position = position_of(document.lines, at)
    return Edit(Span(position, position), content)
