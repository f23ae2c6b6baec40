"""ACT504: sizes of a layer that do not divide: the embedding by the heads, channels by groups."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.model.indivisible import indivisible
from actlint.model.program import Context, FileView
from actlint.rule import Finding, rule


@rule("ACT504")
def indivisible_heads(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report constructor calls of layers that raise, since a size is no multiple of the number of its parts."""
    for found in indivisible(unit):
        yield Finding(
            found.site,
            f"`{found.of}` is {found.size} and `{found.by}` is {found.parts}, which does not divide it: "
            "building the layer raises an error",
            label=f"{found.size} % {found.parts} = {found.size % found.parts}",
            conditions=found.conditions,
            severity=None if found.conditions else "error",
        )
