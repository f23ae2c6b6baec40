"""What is written about a class: docstrings, the project's own files, Markdown beside the source."""

from __future__ import annotations

import ast
import inspect
import itertools
import os
import re
import textwrap
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from .places import INSTALLED

_LARGEST, _MOST_FILES, _MOST_FOLDERS = 1 << 20, 24, 200


def texts(cls: Any, module: ModuleType, request: Mapping[str, Any]) -> Iterator[tuple[str, ast.Module]]:
    """Programs that may make the class, the nearest first, and where they are written."""
    for each in (cls, getattr(cls, "__init__", None), getattr(cls, "forward", None), module):
        text = getattr(each, "__doc__", None)
        if isinstance(text, str) and cls.__name__ in text:
            yield "the documentation of the class", _blocks(inspect.cleandoc(text))
    for path in request.get("users", ()):
        if (text := _read(path)) and cls.__name__ in text:
            try:
                yield os.path.basename(path), ast.parse(text)
            except (SyntaxError, ValueError, RecursionError):
                continue
    for path in _documents(request):
        if (text := _read(path)) and cls.__name__ in text:
            name = os.path.basename(path)
            yield "the description of the package" if name == "METADATA" else name, _blocks(text)


def _read(path: str) -> str:
    try:
        if os.path.getsize(path) > _LARGEST:
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _documents(request: Mapping[str, Any]) -> Iterator[str]:
    """Markdown beside the file and in the directories above it, up to the project's root; of an installed package the
    description that was installed with it.
    """
    file, root = request["file"], request["root"]
    directory = os.path.dirname(file)
    count = 0
    while True:
        for name in sorted(_entries(directory)):
            if name.lower().endswith((".md", ".rst", ".markdown")) and count < _MOST_FILES:
                count += 1
                yield os.path.join(directory, name)
        parent = os.path.dirname(directory)
        if os.path.basename(parent) in INSTALLED:
            yield from _descriptions(parent, os.path.basename(directory))
            return
        if directory == root or parent == directory or ".git" in _entries(directory) or not file.startswith(root):
            break
        directory = parent
    for folder, _, names in itertools.islice(os.walk(os.path.join(directory, "docs")), _MOST_FOLDERS):
        for name in sorted(names):
            if name.lower().endswith((".md", ".rst")) and count < 2 * _MOST_FILES:
                count += 1
                yield os.path.join(folder, name)


def _entries(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _descriptions(packages: str, name: str) -> Iterator[str]:
    wanted = re.sub(r"[-_.]+", "_", name).lower()
    for entry in _entries(packages):
        if entry.endswith(".dist-info") and re.sub(r"[-_.]+", "_", entry.rpartition("-")[0]).lower().startswith(wanted):
            yield os.path.join(packages, entry, "METADATA")


_FENCE = re.compile(r"(?ms)^[ \t]*(```+|~~~+)[ \t]*([^\n`]*)\n(.*?)^[ \t]*\1")
_LANGUAGE = re.compile(r"(?i)\s*(\{?\.?(python|py|pycon|python3|ipython)\b.*)?")
_PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.) ?(.*)$")


def _blocks(text: str) -> ast.Module:
    """The code of a text as one program: fenced blocks, prompts and what is indented. What Python cannot read is left
    out. A later block may speak of what an earlier one made.
    """
    body: list[ast.stmt] = []
    for block in _code(text):
        try:
            tree = ast.parse(textwrap.dedent(block))
        except (SyntaxError, ValueError, RecursionError):
            continue
        # Lines count on, so that what stands above comes first.
        start = body[-1].end_lineno or 0 if body else 0
        ast.increment_lineno(tree, start)
        body.extend(tree.body)
    return ast.Module(body, [])


def _code(text: str) -> Iterator[str]:
    fenced = [match[3] for match in _FENCE.finditer(text) if _LANGUAGE.fullmatch(match[2])]
    if fenced:
        for each in fenced:
            yield _without_prompts(each) if ">>>" in each else each
        return
    block: list[str] = []
    for line in [*text.splitlines(), "end"]:
        if line.startswith(("    ", "\t")) or ">>>" in line or (block and not line.strip()):
            block.append(line)
        elif block:
            yield _without_prompts("\n".join(block)) if any(">>>" in each for each in block) else "\n".join(block)
            block = []


def _without_prompts(text: str) -> str:
    """What is typed at prompts, without what is answered."""
    return "\n".join(match[1] for line in text.splitlines() if (match := _PROMPT.match(line)))
