"""One line a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actlint.diagnostic import Report
from actlint.output.cells import painter, printable
from actlint.output.options import RenderOptions, Texts, no_text
from actlint.output.shared import findings, one_line


def render(reports: Iterable[Report], options: RenderOptions, texts: Texts = no_text) -> Iterator[str]:
    """`path:row:column: CODE [*] message`."""
    paint = painter(options.color)
    for report in reports:
        for diagnostic in findings(report):
            start = diagnostic.span.start
            where = f"{paint(printable(diagnostic.path), 'bold')}:{start.row}:{start.column}:"
            line = one_line(diagnostic, options)
            code = paint(line[: len(diagnostic.code)], diagnostic.severity)
            yield f"{where} {code}{line[len(diagnostic.code) :]}\n"
