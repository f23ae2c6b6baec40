"""ACT105: arguments that torch deprecates, and those that it wants to be given."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.checks.from_table import findings
from actlint.model.program import Context, FileView
from actlint.rule import Finding, rule


@rule("ACT105")
def deprecated_argument(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report each call, from the table."""
    yield from findings(unit, ctx, "ACT105")
