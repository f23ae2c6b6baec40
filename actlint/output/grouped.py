"""One line a finding, under the file's name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actlint.diagnostic import Report
from actlint.output.cells import painter, printable
from actlint.output.options import RenderOptions, Texts, no_text
from actlint.output.shared import findings, one_line


def render(reports: Iterable[Report], options: RenderOptions, texts: Texts = no_text) -> Iterator[str]:
    """Each file that has findings: its name, its findings in columns, and an empty line."""
    paint = painter(options.color)
    for report in reports:
        found = findings(report)
        if not found:
            continue
        yield f"{paint(printable(report.path), 'bold')}:\n"
        places = [f"{d.span.start.row}:{d.span.start.column}" for d in found]
        longest = max(map(len, places))
        for where, diagnostic in zip(places, found, strict=True):
            line = one_line(diagnostic, options)
            code = paint(line[: len(diagnostic.code)], diagnostic.severity)
            yield f"  {where:<{longest}} {code}{line[len(diagnostic.code) :]}\n"
        yield "\n"
