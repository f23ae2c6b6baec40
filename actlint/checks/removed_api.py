"""ACT106: what the target torch no longer has."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.checks.from_table import findings
from actlint.model.program import Context, FileView
from actlint.rule import Finding, rule


@rule("ACT106", severity="error")
def removed_api(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report each use, from the table."""
    yield from findings(unit, ctx, "ACT106")
