"""A JSON list of all diagnostics; failures of actlint itself are among them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from textwrap import indent

from actlint.diagnostic import Report
from actlint.output.options import RenderOptions, Texts, no_text
from actlint.output.records import record


def render(reports: Iterable[Report], options: RenderOptions, texts: Texts = no_text) -> Iterator[str]:
    """The list, one piece an element, in ASCII whatever the texts are."""
    before = "[\n"
    for report in reports:
        for diagnostic in report.diagnostics:
            yield before + indent(json.dumps(record(diagnostic, options), indent=2), "  ")
            before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"
