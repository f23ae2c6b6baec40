"""ACT104: functions, classes and methods that torch deprecates."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.checks.from_table import findings
from actlint.model.program import Context, FileView
from actlint.rule import Finding, rule


@rule("ACT104")
def deprecated_api(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report each use, from the table."""
    yield from findings(unit, ctx, "ACT104")
