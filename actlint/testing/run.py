"""Holding a case against what the linter, and torch, say of it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from actlint.diagnostic import Diagnostic, Report
from actlint.errors import ActlintError
from actlint.testing.cases import Case, Companion, File, Words
from actlint.testing.execute import RESULT, Outcome, difference, execute
from actlint.testing.markers import Expected
from actlint.testing.page import Failure


@dataclass(frozen=True, slots=True)
class Project:
    """What is linted: texts by file name, the page's code (None: default rules), TOML texts, which fixes to apply."""

    files: Mapping[str, str]
    code: str | None
    settings: tuple[str, ...]
    fix: Literal["none", "safe", "unsafe"] = "none"


Lint: TypeAlias = Callable[[Project], Mapping[str, Report]]
"""Lint a project and give each file's report; with `fix`, `Report.text` is the text after the fixes."""

Render: TypeAlias = Callable[[Mapping[str, Report]], str]
"""The findings of some reports in the full format, without colour and without the summary."""

Graph: TypeAlias = Callable[[Project, str], str]
"""What `actlint graph` prints of FILE[:CLASS] in a project."""


@dataclass(frozen=True, slots=True)
class Linter:
    """The parts of a linter that pages speak of."""

    lint: Lint
    render: Render
    graph: Graph


def run(case: Case, linter: Linter) -> list[Failure]:
    """All in which the case is not as its page says; empty if everything is."""
    try:
        return [*_linted(case, linter), *_executed(case)]
    except ActlintError as error:
        line = case.settings[-1].line if case.settings else case.line
        return [Failure(case.path, line, f"this cannot be linted: {error}")]


def _linted(case: Case, linter: Linter) -> list[Failure]:
    """What the linter says of the case. Raises ActlintError for settings or a graph that cannot be."""
    project = Project(case.texts, case.code, tuple(block.text for block in case.settings))
    reports = linter.lint(project)
    failures = [failure for file in case.files for failure in _findings(case.path, file, reports[file.name])]
    for companion in case.fixed:
        failures += _fixed(case, companion, project, linter.lint)
    for companion in case.outputs:
        failures += _equal(case.path, companion, linter.render(reports), "the output")
    for companion in case.graphs:
        failures += _equal(case.path, companion, linter.graph(project, companion.of), "the graph")
    return failures


def _findings(path: str, file: File, report: Report) -> Iterator[Failure]:
    """The findings of a file against its markers, line by line, and `nofix`."""

    def line(row: int) -> int:
        return file.lines[row - 1] if 0 < row <= len(file.lines) else file.line + max(len(file.lines) - 1, 0)

    for notice in report.notices:
        yield Failure(path, line(notice.row or 1), f"unexpected notice: {notice.message}")
    found = report.diagnostics
    # What only running shows is never found without the probe.
    wanted = () if file.words.probe else file.expected
    for row in sorted({d.span.start.row for d in found} | {e.row for e in wanted}):
        expected = [e for e in wanted if e.row == row]
        here = [d for d in found if d.span.start.row == row]
        met = _matching(expected, here)
        for index, marker in enumerate(expected):
            if index not in met:
                yield Failure(path, marker.line, f"nothing here is {marker}")
        for index, diagnostic in enumerate(here):
            if index not in met.values():
                yield Failure(path, line(row), f"unexpected {_show(diagnostic)}")
    if file.words.nofix:
        if not found:
            yield Failure(path, file.line - 1, "`nofix` speaks of findings, and there are none")
        for d in found:
            if d.fix is not None and d.fix.applicability != "display":
                text = f"{d.code} offers a fix ({d.fix.applicability}): {d.fix.message}"
                yield Failure(path, line(d.span.start.row), text)


def _show(diagnostic: Diagnostic) -> str:
    return f'[{diagnostic.code}] "{diagnostic.message}" (column {diagnostic.span.start.column})'


def _fits(expected: Expected, diagnostic: Diagnostic) -> bool:
    return expected.code in (None, diagnostic.code) and (expected.part or "") in diagnostic.message


def _matching(expected: Sequence[Expected], found: Sequence[Diagnostic]) -> dict[int, int]:
    """A largest set of pairs (index of a marker: index of a finding that fits it), by augmenting paths."""
    owner: dict[int, int] = {}

    def place(marker: int, tried: set[int]) -> bool:
        for index, diagnostic in enumerate(found):
            if index not in tried and _fits(expected[marker], diagnostic):
                tried.add(index)
                if index not in owner or place(owner[index], tried):
                    owner[index] = marker
                    return True
        return False

    for marker in range(len(expected)):
        place(marker, set())
    return {marker: index for index, marker in owner.items()}


def _fixed(case: Case, companion: Companion, project: Project, lint: Lint) -> Iterator[Failure]:
    """The fixes give exactly the fixed text, and the fixed text is silent."""
    fixed = lint(replace(project, fix="unsafe" if companion.words.unsafe else "safe"))
    yield from _equal(case.path, companion, fixed[companion.of].text, "the fixed text")
    texts = {name: report.text for name, report in fixed.items()} | {companion.of: companion.text}
    for diagnostic in lint(replace(project, files=texts))[companion.of].diagnostics:
        line = companion.line + diagnostic.span.start.row - 1
        yield Failure(case.path, line, f"the fixed text is not silent: {_show(diagnostic)}")


def _equal(path: str, companion: Companion, actual: str, what: str) -> Iterator[Failure]:
    """Equality of text but for line ends at its end."""
    wanted, got = companion.text.rstrip("\n").split("\n"), actual.rstrip("\n").split("\n")
    if wanted != got:
        diff = "\n".join(difflib.unified_diff(wanted, got, "page", "actlint", lineterm=""))
        yield Failure(path, companion.line, f"{what} differs\n{diff}")


def _executed(case: Case) -> Iterator[Failure]:
    """The programs that the page says something of, run."""
    for file in case.files:
        yield from _outcome(case.path, file.line, file.words, case.texts, file.name)[1]
    for companion in case.fixed:
        texts = case.texts | {companion.of: companion.text}
        after, failures = _outcome(case.path, companion.line, companion.words, texts, companion.of)
        yield from failures
        if companion.words.same and after is not None:
            before = execute(case.texts, companion.of)
            if before.error is not None:
                yield Failure(case.path, companion.line, f"the block before the fix raises {before.error_text}")
            elif RESULT not in before.names or RESULT not in after.names:
                yield Failure(case.path, companion.line, f"`same` compares what both blocks leave in `{RESULT}`")
            elif found := difference(before.names[RESULT], after.names[RESULT]):
                yield Failure(case.path, companion.line, f"the fix changes what is computed: {found}")


def _outcome(
    path: str, line: int, words: Words, texts: Mapping[str, str], main: str
) -> tuple[Outcome | None, list[Failure]]:
    """Run a program if its words ask for it; the outcome is None where it did not run or not as asked."""
    if not (words.runs or words.same or words.raises is not None):
        return None, []
    outcome = execute(texts, main)
    if words.raises is None:
        if outcome.error is None:
            return outcome, []
        return None, [Failure(path, line, f"this raises {outcome.error_text}")]
    if outcome.error is None:
        return None, [Failure(path, line, f'this does not raise; expected "{words.raises}"')]
    if words.raises not in outcome.error_text:
        return None, [Failure(path, line, f'this raises {outcome.error_text}; expected "{words.raises}"')]
    return None, []
