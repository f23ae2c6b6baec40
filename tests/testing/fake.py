"""A linter of four lines, so that the reader of pages is tested apart from actlint's rules.

It reports `BAD` at each place as ACT101 (safe fix: `GOOD`), `UGLY` as ACT102 (unsafe fix: `NICE`) and `HOPELESS` as
ACT201 (no fix), those of them that the project selects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from actlint.diagnostic import Diagnostic, Edit, Fix, Position, Report, Span
from actlint.intents import Applicability
from actlint.testing import Linter, Project

_WORDS: dict[str, tuple[str, Applicability | None, str]] = {
    "BAD": ("ACT101", "safe", "GOOD"),
    "UGLY": ("ACT102", "unsafe", "NICE"),
    "HOPELESS": ("ACT201", None, ""),
}


def _selected(project: Project) -> list[str]:
    chosen = [text for text in project.settings if text.startswith("select")]
    return re.findall(r'"(\w+)"', chosen[-1]) if chosen else [project.code] if project.code else ["ACT101", "ACT102"]


def _diagnostics(path: str, text: str, selected: list[str]) -> tuple[Diagnostic, ...]:
    found = []
    for row, line in enumerate(text.split("\n"), 1):
        for match in re.finditer("|".join(_WORDS), line):
            code, applicability, good = _WORDS[match[0]]
            span = Span(Position(row, match.start() + 1), Position(row, match.end() + 1))
            fix = applicability and Fix(applicability, f"write `{good}`", True, (Edit(span, good),))
            if code in selected:
                message = f'`{match[0]}` is "bad" here'
                found.append(Diagnostic(code, "word", "warning", message, path, span, fix=fix or None))
    return tuple(found)


def lint(project: Project) -> Mapping[str, Report]:
    """Report and repair the words."""
    reports = {}
    for path, original in project.files.items():
        text = original
        for word, (code, applicability, good) in _WORDS.items():
            if code in _selected(project) and applicability in {"none": (), "safe": ("safe",)}.get(
                project.fix, ("safe", "unsafe")
            ):
                text = text.replace(word, good)
        reports[path] = Report(path, text, _diagnostics(path, text, _selected(project)))
    return reports


def render(reports: Mapping[str, Report]) -> str:
    """One line a finding."""
    return "".join(f"{d.path}:{d.span.start.row}: {d.code}\n" for r in reports.values() for d in r.diagnostics)


FAKE = Linter(lint, render, lambda project, of: f"graph of {of}\n")
