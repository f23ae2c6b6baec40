"""The fixer over a copy of a package: what it leaves must parse, stay as it is, and differ only where an edit is."""

from __future__ import annotations

import ast
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from actlint.diagnostic import Position, Span
from actlint.lines import line_starts, position_of
from actlint.testing.edits import changed_outside
from benchmarks.ecosystem.lint import Run, check, parse, read


@dataclass(frozen=True, slots=True)
class Fixed:
    """What a fixer run did to a package: the files it changed, and all that is wrong with it."""

    changed: tuple[str, ...]
    wrong: tuple[str, ...]


def fix(directory: Path, found: Run, *, unsafe: bool) -> Fixed:
    """Fix a copy of the directory, twice. The directory itself is only read; `found` is a run over it."""
    options = ("--fix", "--unsafe-fixes") if unsafe else ("--fix",)
    with tempfile.TemporaryDirectory(prefix="actlint-ecosystem-") as temporary:
        copy = Path(temporary, "copy")
        shutil.copytree(directory, copy)
        wrong: list[str] = []
        spans = _spans(found, {"safe", "unsafe"} if unsafe else {"safe"})
        first = check(copy, *options)
        before, once = _files(directory), _files(copy)
        changed = sorted(file for file in before.keys() | once.keys() if before.get(file) != once.get(file))
        for file in changed:
            if file in before and file in once:
                wrong += [f"{file}: {text}" for text in _wrong(directory / file, copy / file, spans.get(file, []))]
            else:
                wrong.append(f"{file}: it is {'gone' if file in before else 'new'}")
        second = check(copy, *options)
        twice = _files(copy)
        wrong += [f"{file}: a second run changes it" for file in sorted(once) if once[file] != twice.get(file)]
        wrong += [f"exit code {run.exit_code}: {run.errors.strip()}" for run in (first, second) if run.exit_code > 1]
    return Fixed(tuple(changed), tuple(wrong))


def _files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def _spans(found: Run, applied: set[str]) -> dict[str, list[Span]]:
    """Where the fixes that will be applied have their edits, by file."""
    spans: dict[str, list[Span]] = {}
    for finding in found.raw:
        if finding["fix"] is not None and finding["fix"]["applicability"] in applied:
            for edit in finding["fix"]["edits"]:
                span = Span(Position(**edit["location"]), Position(**edit["end_location"]))
                spans.setdefault(PurePath(finding["filename"]).as_posix(), []).append(span)
    return spans


def _wrong(before: Path, after: Path, spans: list[Span]) -> Iterator[str]:
    original, fixed = read(before), read(after)
    tree = parse(original)
    if tree is not None and parse(fixed) is None:
        yield "it no longer parses"
    # An import that the fixes leave without use is dropped with them; it is in no finding's own edits.
    imports = list(_imports(original, tree)) if tree is not None and spans else []
    piece = changed_outside(original, fixed, [*spans, *imports])
    if piece is not None:
        yield f"it changed outside its edits, near {piece.strip()[:60]!r}"


def _imports(text: str, tree: ast.Module) -> Iterator[Span]:
    """The lines of every import statement."""
    starts = line_starts(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            after = (node.end_lineno or node.lineno) + 1
            end = Position(after, 1) if after <= len(starts) else position_of(starts, len(text))
            yield Span(Position(node.lineno, 1), end)
