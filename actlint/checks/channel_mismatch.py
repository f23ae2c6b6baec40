"""ACT502: a convolution or normalization gets another number of channels than it was made for."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.checks.feature_mismatch import finding
from actlint.model import mismatch
from actlint.model.program import Context, FileView
from actlint.rule import Finding, rule


@rule("ACT502")
def channel_mismatch(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report calls of convolutions and normalizations whose input has other channels than the layer takes."""
    for found in mismatch.mismatches(unit):
        if found.what == "channels":
            yield finding(unit, found)
