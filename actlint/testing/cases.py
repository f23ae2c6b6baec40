"""From a page to its cases: one for each block that is a program, with what the page says about that program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from actlint.testing.markers import Expected, unmark
from actlint.testing.page import Block, Failure, Page, Section

MAIN = "main.py"
_Say: TypeAlias = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Words:
    """What the info string of a Python block asks for; `raises` is the text that the exception must contain."""

    fixed: bool = False
    unsafe: bool = False
    nofix: bool = False
    same: bool = False
    runs: bool = False
    raises: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file of a case, without its markers. `lines[row - 1]` is the page's line of a row."""

    name: str
    text: str
    line: int
    lines: tuple[int, ...]
    expected: tuple[Expected, ...]
    words: Words


@dataclass(frozen=True, slots=True)
class Companion:
    """A block that says more about a file of the case: its fixed text, the output, or the graph (`of` FILE[:CLASS])."""

    of: str
    text: str
    line: int
    words: Words = Words()


@dataclass(frozen=True, slots=True)
class Case:
    """A project and what must be seen in it. `settings` are TOML texts, outer first; `code` is the page's."""

    path: str
    line: int
    title: str
    code: str | None
    settings: tuple[Block, ...]
    files: tuple[File, ...]
    fixed: tuple[Companion, ...]
    outputs: tuple[Companion, ...]
    graphs: tuple[Companion, ...]

    @property
    def texts(self) -> dict[str, str]:
        """The text of each file by its name."""
        return {file.name: file.text for file in self.files}


def cases(page: Page) -> list[Case]:
    """The cases of a page in its order; what could not be read as one is told by `problems`."""
    return _read(page)[0]


def problems(page: Page) -> list[Failure]:
    """All that is wrong with the page itself, whatever the rule does."""
    return [*page.problems, *_read(page)[1]]


def _read(page: Page) -> tuple[list[Case], list[Failure]]:
    found: list[Case] = []
    wrong: list[Failure] = []
    for section in page.sections:
        found += _section(page, section, wrong)
    return found, wrong


def _section(page: Page, section: Section, wrong: list[Failure]) -> Iterator[Case]:
    """Named files belong to every case of their heading; an unnamed block is one more case."""

    def say(line: int, message: str) -> None:
        wrong.append(Failure(page.path, line, message))

    named: dict[str, File] = {}
    mains: list[File] = []
    companions: list[tuple[int, str, Companion]] = []
    last: str | None = None
    for block in section.blocks:
        match block.language:
            case "python":
                words = _python_words(block.words)
                if isinstance(words, str):
                    say(block.line - 1, words)
                elif words.fixed:
                    of = block.name or last
                    if of is None:
                        say(block.line - 1, "no block before it that this could be the fixed text of")
                    else:
                        if unmark(block.text, block.line).expected:
                            say(block.line - 1, "a fixed block must be silent: it can have no markers")
                        companions.append((len(mains), "fixed", Companion(of, block.text, block.line, words)))
                else:
                    file = _file(block, words, say)
                    last = file.name
                    if block.name is None:
                        mains.append(file)
                    elif file.name in named:
                        say(block.line - 1, f"`{file.name}` stands twice under this heading")
                    else:
                        named[file.name] = file
            case "output" | "graph":
                of = block.name or last
                if of is None:
                    say(block.line - 1, f"no block before it that this could be the {block.language} of")
                else:
                    target = ":".join((of, *block.words))
                    companions.append((len(mains), block.language, Companion(target, block.text, block.line)))
            case _:
                pass
    if mains and MAIN in named:
        say(named[MAIN].line - 1, f"`{MAIN}` is the name of the unnamed blocks under this heading")
        return
    for number, main in enumerate(mains, 1):
        files = (*named.values(), main)
        yield _case(page, section, files, main, [(kind, c) for n, kind, c in companions if max(n, 1) == number], say)
    if named and not mains:
        files = tuple(named.values())
        yield _case(page, section, files, files[0], [(kind, c) for _, kind, c in companions], say)


def _case(
    page: Page,
    section: Section,
    files: tuple[File, ...],
    first: File,
    companions: Sequence[tuple[str, Companion]],
    say: _Say,
) -> Case:
    names = {file.name for file in files}
    for _, companion in companions:
        if companion.of.partition(":")[0] not in names:
            say(companion.line - 1, f"there is no file `{companion.of}` under this heading")
    of = {
        kind: tuple(c for k, c in companions if k == kind and c.of.partition(":")[0] in names)
        for kind in ("fixed", "output", "graph")
    }
    return Case(
        page.path, first.line, section.title, page.code, section.settings, files, of["fixed"], of["output"], of["graph"]
    )


def _file(block: Block, words: Words, say: _Say) -> File:
    marked = unmark(block.text, block.line)
    for line in marked.malformed:
        say(line, 'this marker is none: write `# error` or `# error: [CODE] "part of message"`, before a line of code')
    return File(block.name or MAIN, marked.text, block.line, marked.lines, marked.expected, words)


def _python_words(words: tuple[str, ...]) -> Words | str:
    """The words of a Python block, or what is wrong with them."""
    result = Words()
    rest = iter(words)
    for word in rest:
        match word:
            case "fixed":
                result = replace(result, fixed=True)
            case "unsafe":
                result = replace(result, unsafe=True)
            case "nofix":
                result = replace(result, nofix=True)
            case "same":
                result = replace(result, same=True)
            case "runs":
                result = replace(result, runs=True)
            case "raises":
                text = next(rest, "")
                if not text:
                    return '`raises` needs the text of the exception: ```python raises "text"'
                result = replace(result, raises=text)
            case _:
                return f"unknown word {word!r}: a Python block knows fixed, unsafe, nofix, same, runs and raises"
    if (result.unsafe or result.same) and not result.fixed:
        return "`unsafe` and `same` speak of a fixed block: ```python fixed unsafe"
    if result.nofix and result.fixed:
        return "a block is either fixed or nofix"
    if result.raises is not None and (result.runs or result.same):
        return "a block that raises has no result: leave out `runs` and `same`"
    return result
