"""ACT108: `torch.load` that unpickles whatever the file says."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Alias
from actlint.model.deprecations import uses
from actlint.model.program import Context, FileView
from actlint.model.rewrites import repair
from actlint.rule import Finding, rule


@rule("ACT108")
def unsafe_torch_load(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report calls without `weights_only` where some version of the target takes False for it."""
    for use in uses(unit, ("ACT108",), switches=True):
        node = use.reference.node
        written = node.name if isinstance(node, Alias) else unit.text(node)
        yield Finding(
            use.site,
            f"`{written}` without `weights_only` unpickles whatever the file says in torch before "
            f"2.6, and a pickle can run any code; the target is {ctx.settings.target}",
            label="runs what the file says",
            fix=repair(unit, use),
        )
