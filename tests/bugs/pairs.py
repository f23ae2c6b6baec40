"""Reading the pages of labelled bugs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from actlint.testing.markers import Expected, Marked, unmark
from actlint.testing.page import Block, Section, is_page, parse

MAIN = "main.py"
HERE = Path(__file__).parent


class PageError(Exception):
    """A page that does not say what a pair is; the text says where."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two programs of a pair: its files without markers, and what their markers expect."""

    texts: dict[str, str]
    expected: tuple[tuple[str, Expected], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A bug and its twin, and the proof that tells them apart. `codes` are the rules that the bug's markers name."""

    page: str
    line: int
    title: str
    bug: Side
    twin: Side
    proof: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The rules that find the bug."""
        return tuple(sorted({expected.code for _, expected in self.bug.expected if expected.code}))


def pairs() -> Iterator[Pair]:
    """The pairs of all pages. Raises PageError."""
    for path in sorted(HERE.glob("*.md")):
        if is_page(path):
            yield from read(path.name, path.read_text(encoding="utf-8"))


def read(name: str, text: str) -> Iterator[Pair]:
    """The pairs of a page. Raises PageError."""
    page = parse(name, text)
    for problem in page.problems:
        raise PageError(str(problem))
    for section in page.sections:
        if section.level > 1 and section.blocks:
            yield _pair(name, section)


def _pair(page: str, section: Section) -> Pair:
    place = f"{page}:{section.line}"
    proofs = [block for block in section.blocks if block.words == ("proof",)]
    if len(proofs) != 1:
        raise PageError(f"{place}: a pair has one proof")
    sides = _side(place, section, "bug"), _side(place, section, "twin")
    if sides[1].expected:
        raise PageError(f"{place}: a twin has no findings, so it has no markers")
    if not sides[0].expected or any(expected.code is None for _, expected in sides[0].expected):
        raise PageError(f"{place}: a bug has markers, each with its code")
    return Pair(page, section.line, section.title, *sides, proofs[0].text)


def _side(place: str, section: Section, word: Literal["bug", "twin"]) -> Side:
    files: dict[str, Block] = {}
    for block in section.blocks:
        if block.words == ("proof",):
            continue
        if block.language != "python" or block.words not in ((), ("bug",), ("twin",)):
            raise PageError(f"{place}: a block is `python bug`, `python twin`, `python proof`, or a file of both")
        if block.words in ((), (word,)):
            if files.setdefault(block.name or MAIN, block) is not block:
                raise PageError(f"{place}: `{block.name or MAIN}` stands twice for the {word}")
    if MAIN not in files:
        raise PageError(f"{place}: the {word} has no `{MAIN}`")
    marked: dict[str, Marked] = {name: unmark(block.text, block.line) for name, block in files.items()}
    if wrong := [line for each in marked.values() for line in each.malformed]:
        raise PageError(f"{page_of(place)}:{wrong[0]}: a marker that is none")
    expected = tuple((name, one) for name, each in marked.items() for one in each.expected)
    return Side({name: each.text for name, each in marked.items()}, expected)


def page_of(place: str) -> str:
    """The page of a place `page.md:12`."""
    return place.partition(":")[0]
