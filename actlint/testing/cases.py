"""From a page to its cases: one for each block that is a program, with what the page says about that program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
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
    probe: bool = False
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


_Said: TypeAlias = tuple[str, Companion]
"""`fixed`, `output` or `graph`, and the block."""


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
    last: str | None = None

    def say(line: int, message: str) -> None:
        wrong.append(Failure(page.path, line, message))

    for section in page.sections:
        draft = _draft(section, last, say)
        if draft.earlier:
            # A `## Fix` after an `## Example` speaks of the last program of the example.
            found[-1] = _with(found[-1], draft.earlier, say)
        found += _cases(page, section, draft, say)
        last = draft.last if found else None
    return found, wrong


@dataclass(slots=True)
class _Draft:
    """What stands under a heading: its named files, its unnamed blocks, and what is said of the latter by their number.

    `earlier` speaks of the last case before the heading; `last` is the file of the last program so far.
    """

    last: str | None
    named: dict[str, File] = field(default_factory=dict)
    mains: list[File] = field(default_factory=list)
    earlier: list[_Said] = field(default_factory=list)
    said: list[tuple[int, _Said]] = field(default_factory=list)


def _draft(section: Section, last: str | None, say: _Say) -> _Draft:
    draft = _Draft(last)
    for block in section.blocks:
        words = _python_words(block.words) if block.language == "python" else Words()
        if isinstance(words, str):
            say(block.line - 1, words)
        elif block.language in ("output", "graph") or words.fixed:
            of = block.name or draft.last
            if draft.last is None or of is None:
                say(block.line - 1, "no program before it that this could speak of")
                continue
            if words.fixed and unmark(block.text, block.line).expected:
                say(block.line - 1, "a fixed block must be silent: it can have no markers")
            target = ":".join((of, *block.words)) if block.language == "graph" else of
            said = ("fixed" if words.fixed else block.language, Companion(target, block.text, block.line, words))
            if draft.named or draft.mains:
                draft.said.append((len(draft.mains), said))
            else:
                draft.earlier.append(said)
        elif block.language == "python":
            file = _file(block, words, say)
            draft.last = file.name
            if block.name is None:
                draft.mains.append(file)
            elif file.name in draft.named:
                say(block.line - 1, f"`{file.name}` stands twice under this heading")
            else:
                draft.named[file.name] = file
    return draft


def _cases(page: Page, section: Section, draft: _Draft, say: _Say) -> Iterator[Case]:
    """Named files belong to every case of their heading; an unnamed block is one more case."""
    if draft.mains and MAIN in draft.named:
        say(draft.named[MAIN].line - 1, f"`{MAIN}` is the name of the unnamed blocks under this heading")
        return
    named = tuple(draft.named.values())
    projects = [(*named, main) for main in draft.mains] or ([named] if named else [])
    for number, files in enumerate(projects, 1):
        line = files[-1].line if draft.mains else files[0].line
        settings = tuple(block for block in section.settings if block.line < files[-1].line)
        case = Case(page.path, line, section.title, page.code, settings, files, (), (), ())
        # What stands before the first unnamed block speaks of a named file, and is checked with that block.
        yield _with(case, [said for n, said in draft.said if number == max(n, 1)], say)


def _with(case: Case, said: Sequence[_Said], say: _Say) -> Case:
    """The case with more that is said of its files."""
    for kind, companion in said:
        if companion.of.partition(":")[0] not in case.texts:
            say(companion.line - 1, f"there is no file `{companion.of}` under this heading")
        elif kind == "fixed":
            case = replace(case, fixed=(*case.fixed, companion))
        elif kind == "output":
            case = replace(case, outputs=(*case.outputs, companion))
        else:
            case = replace(case, graphs=(*case.graphs, companion))
    return case


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
            case "probe":
                result = replace(result, probe=True)
            case "raises":
                text = next(rest, "")
                if not text:
                    return '`raises` needs the text of the exception: ```python raises "text"'
                result = replace(result, raises=text)
            case _:
                return f"unknown word {word!r}: a Python block knows fixed, unsafe, nofix, same, runs, probe and raises"
    if (result.unsafe or result.same) and not result.fixed:
        return "`unsafe` and `same` speak of a fixed block: ```python fixed unsafe"
    if result.nofix and result.fixed:
        return "a block is either fixed or nofix"
    if result.probe and (result.fixed or result.nofix):
        return "what the probe measures has no fix"
    if result.raises is not None and (result.runs or result.same):
        return "a block that raises has no result: leave out `runs` and `same`"
    return result
