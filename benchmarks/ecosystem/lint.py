"""Running `actlint check` on a directory, and its findings with the code around them."""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, TypeAlias

from actlint.lines import line_starts

Key: TypeAlias = tuple[str, str, str, str, str]
"""File, code, enclosing class and function, text of the line, message: what a finding keeps when lines move."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding in a package.

    `scope` is the dotted name of what encloses it, `text` its first line. `piece` is the same for copies of one piece
    of code: the finding's line and message and the text of the innermost enclosing function or class.
    """

    package: str
    file: str
    code: str
    name: str
    scope: str
    text: str
    message: str
    row: int
    column: int
    piece: str

    @property
    def key(self) -> Key:
        """What it is known by in the list."""
        return (self.file, self.code, self.scope, self.text, self.message)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run printed: the JSON findings as they came, exit code and the text on stderr."""

    raw: tuple[dict[str, Any], ...]
    exit_code: int
    errors: str


def check(directory: Path, *options: str) -> Run:
    """Run `actlint check .` there with the default rules and no configuration but `options`."""
    command = [sys.executable, "-m", "actlint", "check", ".", "--isolated", "--no-cache", "--output-format", "json"]
    done = subprocess.run([*command, *options], cwd=directory, check=False, capture_output=True, encoding="utf-8")
    try:
        raw = json.loads(done.stdout)
    except json.JSONDecodeError:
        return Run((), done.returncode or 2, f"{done.stderr}{done.stdout[:2000]}")
    return Run(tuple(raw), done.returncode, done.stderr)


def read(path: Path) -> str:
    """The text of a Python file with its own line ends, in its declared encoding, or Latin-1 where that is wrong."""
    data = path.read_bytes()
    try:
        with path.open("rb") as file:
            return data.decode(tokenize.detect_encoding(file.readline)[0])
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return data.decode("latin-1")


def split_lines(text: str) -> list[str]:
    """The lines of a text as Python counts them, without their ends."""
    starts = line_starts(text)
    ends = [*starts[1:], len(text)]
    return [text[start:end].rstrip("\r\n") for start, end in zip(starts, ends, strict=True) if start < len(text)]


def findings(package: str, directory: Path, run: Run) -> list[Finding]:
    """The findings of a run with what encloses them, in order of file and position."""
    found: list[Finding] = []
    by_file: dict[str, list[dict[str, Any]]] = {}
    for raw in run.raw:
        by_file.setdefault(PurePath(raw["filename"]).as_posix(), []).append(raw)
    for file, group in sorted(by_file.items()):
        text = read(directory / file)
        lines = split_lines(text)
        tree = parse(text)
        for raw in group:
            row, column = raw["location"]["row"], raw["location"]["column"]
            line = lines[row - 1].strip() if row <= len(lines) else ""
            scope, around = _enclosing(tree, row)
            told = "\0".join((raw["code"], line, raw["message"], around))
            piece = hashlib.sha256(told.encode()).hexdigest()[:12]
            found.append(
                Finding(package, file, raw["code"], raw["name"], scope, line, raw["message"], row, column, piece)
            )
    return sorted(found, key=lambda f: (f.file, f.row, f.column, f.code, f.message))


def snippet(directory: Path, finding: Finding, around: int = 2) -> str:
    """The finding's line between its neighbours, numbered."""
    lines = split_lines(read(directory / finding.file))
    first, last = max(finding.row - around, 1), min(finding.row + around, len(lines))
    return "\n".join(
        f"    {'>' if row == finding.row else ' '} {row:5} | {lines[row - 1]}".rstrip()
        for row in range(first, last + 1)
    )


def parse(text: str) -> ast.Module | None:
    """The tree of a text; None where Python cannot read it."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _enclosing(tree: ast.Module | None, row: int) -> tuple[str, str]:
    """The dotted name and the text, comments and blanks dropped, of the innermost function or class around a row."""
    names: list[str] = []
    inner: ast.AST | None = tree
    innermost: ast.stmt | None = None
    while inner is not None:
        inner = next((node for node in ast.iter_child_nodes(inner) if _covers(node, row)), None)
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.append(inner.name)
            innermost = inner
    return ".".join(names), "" if innermost is None else ast.unparse(innermost)


def _covers(node: ast.AST, row: int) -> bool:
    first = min((n.lineno for n in getattr(node, "decorator_list", ())), default=getattr(node, "lineno", row + 1))
    return bool(first <= row <= (getattr(node, "end_lineno", None) or 0))
