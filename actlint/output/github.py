"""Workflow commands, which GitHub shows beside the lines of a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actlint.diagnostic import Report, Severity
from actlint.output.cells import printable
from actlint.output.options import RenderOptions, Texts, no_text
from actlint.output.shared import NAME, as_posix, place, said, weight

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def render(reports: Iterable[Report], options: RenderOptions, texts: Texts = no_text) -> Iterator[str]:
    """One command a diagnostic."""
    for report in reports:
        for diagnostic in report.diagnostics:
            start, end = diagnostic.span.start, diagnostic.span.end
            path = printable(as_posix(diagnostic.path))
            properties = {"title": f"{NAME} ({diagnostic.code})", "file": path, "line": start.row}
            if start.row == end.row:  # GitHub refuses columns for more than one row
                properties |= {"col": start.column, "endLine": end.row, "endColumn": end.column}
            else:
                properties |= {"endLine": end.row}
            text = f"{place(diagnostic)}: {diagnostic.code} {printable(said(diagnostic))}"
            if diagnostic.fix is not None:
                text += f"\n  help: {printable(diagnostic.fix.message)}"
            listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
            yield f"::{_COMMANDS[weight(diagnostic)]} {listed}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
