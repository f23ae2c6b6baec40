"""The fixer over a copy of a package: what it leaves must parse, stay as it is, and differ only where an edit is."""

from __future__ import annotations

import ast
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from actlint.diagnostic import Position, Span
from actlint.testing.edits import changed_outside
from benchmarks.ecosystem.lint import check, read


@dataclass(frozen=True, slots=True)
class Fixed:
    """What a fixer run did to a package: the files it changed, and all that is wrong with it."""

    changed: tuple[str, ...]
    wrong: tuple[str, ...]


def fix(directory: Path, *, unsafe: bool) -> Fixed:
    """Fix a copy of the directory, twice. The directory itself is only read."""
    options = ("--fix", "--unsafe-fixes") if unsafe else ("--fix",)
    with tempfile.TemporaryDirectory(prefix="actlint-ecosystem-") as temporary:
        copy = Path(temporary, "copy")
        shutil.copytree(directory, copy)
        wrong: list[str] = []
        spans = _spans(check(copy).raw, {"safe", "unsafe"} if unsafe else {"safe"})
        first = check(copy, *options)
        changed = [file for file in _files(copy) if (copy / file).read_bytes() != (directory / file).read_bytes()]
        for file in changed:
            wrong += [f"{file}: {text}" for text in _wrong(directory / file, copy / file, spans.get(file, []))]
        once = {file: (copy / file).read_bytes() for file in _files(copy)}
        if sorted(once) != sorted(_files(directory)):
            wrong.append("the fixer left other files than there were")
        second = check(copy, *options)
        wrong += [f"{file}: a second run changes it" for file in once if (copy / file).read_bytes() != once[file]]
        wrong += [f"exit code {run.exit_code}: {run.errors.strip()}" for run in (first, second) if run.exit_code > 1]
    return Fixed(tuple(changed), tuple(wrong))


def _files(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


def _spans(raw: tuple[dict[str, Any], ...], applied: set[str]) -> dict[str, list[Span]]:
    """Where the fixes that will be applied have their edits, by file."""
    spans: dict[str, list[Span]] = {}
    for finding in raw:
        if finding["fix"] is not None and finding["fix"]["applicability"] in applied:
            for edit in finding["fix"]["edits"]:
                span = Span(Position(**edit["location"]), Position(**edit["end_location"]))
                spans.setdefault(PurePath(finding["filename"]).as_posix(), []).append(span)
    return spans


def _wrong(before: Path, after: Path, spans: list[Span]) -> Iterator[str]:
    original, fixed = read(before), read(after)
    if _parses(original) and not _parses(fixed):
        yield "it no longer parses"
    piece = changed_outside(original, fixed, spans)
    if piece is not None:
        yield f"it changed outside its edits, near {piece.strip()[:60]!r}"


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
