"""One JSON object a line and diagnostic; failures of actlint itself are among them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from actlint.diagnostic import Report
from actlint.output.options import RenderOptions, Texts, no_text
from actlint.output.records import record


def render(reports: Iterable[Report], options: RenderOptions, texts: Texts = no_text) -> Iterator[str]:
    """The objects that the format `json` has in a list."""
    for report in reports:
        for diagnostic in report.diagnostics:
            yield json.dumps(record(diagnostic, options), separators=(",", ":")) + "\n"
