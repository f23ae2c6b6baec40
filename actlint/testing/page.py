"""A Markdown page as data: headings, the fenced blocks under them, and what was wrong with it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePath

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r"(`{3,})[ \t]*([^`]*)$")
_FILE = re.compile(r"`([^`\s]+\.py)`:$")
_TITLE = re.compile(r"([A-Z]+[0-9]+): ([a-z0-9-]+)$")


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that is not as a page says; `line` is a line of the page, from 1."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `line` is the page's line of its first text line; `name` the file it is, where one is named."""

    line: int
    language: str
    words: tuple[str, ...]
    name: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands before the next one. Level 0 is the text before the first heading.

    `settings` are the TOML blocks in force here, those of outer headings first; each only from its own line on.
    """

    line: int
    level: int
    title: str
    prose: tuple[str, ...]
    blocks: tuple[Block, ...]
    settings: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page. `code` and `name` are those of a first heading such as `# ACT601: softmax-before-cross-entropy`."""

    path: str
    code: str | None
    name: str | None
    lines: int
    sections: tuple[Section, ...]
    problems: tuple[Failure, ...]


def is_page(path: PurePath) -> bool:
    """Whether a file of a directory of pages is one: Markdown, and not the directory's own README."""
    return path.suffix == ".md" and path.stem.upper() != "README"


def parse(path: str, text: str) -> Page:
    """Read a page; never raises: what cannot be read is in `problems`."""
    lines = text.removesuffix("\n").split("\n")
    problems: list[Failure] = []
    sections: list[Section] = []
    scopes: list[tuple[int, Block]] = []
    level, title, heading_line = 0, "", 1
    prose: list[str] = []
    blocks: list[Block] = []
    name: str | None = None

    def close() -> None:
        settings = tuple(block for _, block in scopes)
        sections.append(Section(heading_line, level, title, tuple(prose), tuple(blocks), settings))
        prose.clear()
        blocks.clear()

    index = 0
    while index < len(lines):
        line = lines[index]
        if heading := _HEADING.match(line):
            close()
            level, title, heading_line, name = len(heading[1]), heading[2], index + 1, None
            scopes = [(depth, block) for depth, block in scopes if depth < level]
        elif fence := _FENCE.match(line):
            end = _closing(lines, index + 1, fence[1])
            if end is None:
                problems.append(Failure(path, index + 1, "this block is never closed"))
                end = len(lines)
            words = _words(fence[2])
            if words is None:
                problems.append(Failure(path, index + 1, f"unbalanced quotes in {fence[2].strip()!r}"))
                words = [fence[2].split()[0]]
            block_text = "".join(f"{inside}\n" for inside in lines[index + 1 : end])
            block = Block(index + 2, words[0] if words else "", tuple(words[1:]), name, block_text)
            if block.language == "toml":
                scopes.append((level, block))
            blocks.append(block)
            name, index = None, end
        elif line.strip():
            named = _FILE.match(line.strip())
            name = named[1] if named else None
            prose.append(line)
        index += 1
    close()
    first = next((_TITLE.match(section.title) for section in sections if section.level == 1), None)
    code, rule = (first[1], first[2]) if first else (None, None)
    return Page(path, code, rule, len(lines), tuple(sections), tuple(problems))


def _closing(lines: list[str], start: int, fence: str) -> int | None:
    """The index of the line that closes a block opened with `fence`."""
    for index in range(start, len(lines)):
        candidate = lines[index].rstrip()
        if candidate.startswith(fence) and not candidate.strip("`"):
            return index
    return None


def _words(info: str) -> list[str] | None:
    """The words of an info string, quotes as in a shell; None where a quote is not closed."""
    try:
        return shlex.split(info)
    except ValueError:
        return None
