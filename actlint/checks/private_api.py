"""ACT107: private names of what has a public one."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.checks.from_table import findings
from actlint.model.program import Context, FileView
from actlint.rule import Finding, rule


@rule("ACT107")
def private_api(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report each use, from the table."""
    yield from findings(unit, ctx, "ACT107")
