"""The diagnostic format of reviewdog."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from actlint.diagnostic import Fix, Position, Report, Severity, Span
from actlint.lines import offset_of
from actlint.output.options import RenderOptions, Texts, no_text
from actlint.output.shared import NAME, as_posix, said, url, weight
from actlint.output.snippet import Lines, inside, lines_of

_SEVERITIES: dict[Severity, str] = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def render(reports: Iterable[Report], options: RenderOptions, texts: Texts = no_text) -> Iterator[str]:
    """One object; columns count bytes in UTF-8. A fix is one suggestion, since suggestions are applied one by one."""
    found = []
    for report in reports:
        lines = lines_of(report.text) if report.diagnostics else None
        for diagnostic in report.diagnostics:
            assert lines is not None
            code = {"value": diagnostic.code}
            if address := url(diagnostic, options):
                code["url"] = address
            location = {"path": as_posix(diagnostic.path), "range": _range(lines, diagnostic.span)}
            entry: dict[str, Any] = {
                "message": said(diagnostic),
                "location": location,
                "severity": _SEVERITIES[weight(diagnostic)],
                "code": code,
            }
            if diagnostic.fix is not None and diagnostic.fix.edits and diagnostic.fix.applicability != "display":
                entry["suggestions"] = [_suggestion(lines, diagnostic.fix)]
            found.append(entry)
    source = {"name": NAME} | ({"url": options.url_root} if options.url_root else {})
    yield json.dumps({"source": source, "severity": "WARNING", "diagnostics": found}, indent=2) + "\n"


def _suggestion(lines: Lines, fix: Fix) -> dict[str, Any]:
    """The text from the first edit's start to the last one's end, with all edits made."""
    edits = sorted(fix.edits, key=lambda edit: edit.span)
    text = edits[0].content
    for before, edit in zip(edits, edits[1:], strict=False):
        start, end = offset_of(lines.starts, before.span.end), offset_of(lines.starts, edit.span.start)
        text += lines.text[start:end] + edit.content
    return {"range": _range(lines, Span(edits[0].span.start, edits[-1].span.end)), "text": text}


def _range(lines: Lines, span: Span) -> dict[str, Any]:
    return {"start": _position(lines, span.start), "end": _position(lines, span.end)}


def _position(lines: Lines, at: Position) -> dict[str, int]:
    if at.row > len(lines.starts):
        at = inside(lines, Span(at, at)).start
    before = lines.row(at.row)[: at.column - 1]
    return {"line": at.row, "column": len(before.encode("utf-8", "surrogatepass")) + 1}
