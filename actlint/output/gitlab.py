"""GitLab's code quality report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from actlint.diagnostic import Position, Report, Severity
from actlint.output.options import RenderOptions, Texts, no_text
from actlint.output.shared import as_posix, identity, said, weight

_SEVERITIES: dict[Severity, str] = {"error": "critical", "warning": "major", "info": "info"}


def render(reports: Iterable[Report], options: RenderOptions, texts: Texts = no_text) -> Iterator[str]:
    """A list with one entry a diagnostic; GitLab shows only one of entries that have the same fingerprint."""
    taken: set[str] = set()
    entries = [
        {
            "check_name": diagnostic.code,
            "description": f"{diagnostic.code}: {said(diagnostic)}",
            "severity": "blocker" if diagnostic.internal else _SEVERITIES[weight(diagnostic)],
            "fingerprint": identity(diagnostic, taken),
            "location": {
                "path": as_posix(diagnostic.path),
                "positions": {"begin": _position(diagnostic.span.start), "end": _position(diagnostic.span.end)},
            },
        }
        for report in reports
        for diagnostic in report.diagnostics
    ]
    yield json.dumps(entries, indent=2) + "\n"


def _position(at: Position) -> dict[str, int]:
    return {"line": at.row, "column": at.column}
