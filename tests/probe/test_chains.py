"""Chains of layers that are one affine map, and which of them a finding speaks of."""

from __future__ import annotations

from actlint.probe.probing import How
from tests.probe.probing import claimed, probed

SEVERAL = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two, self.three = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        return self.three(torch.relu(self.two(self.drop(self.one(x)))))  # ACT301 one two  # ACT301 two three
"""


def test_of_several_chains_on_a_line_the_one_that_is_named_is_judged(how: How) -> None:
    found = probed(SEVERAL, claimed(SEVERAL), only="Net", how=how)
    close, far = (each.verdict for each in found.diagnostics if each.code == "ACT301")
    assert close is not None and close.status == "confirmed" and "`one` and `two`" in close.evidence
    assert far is not None and far.status == "refuted" and "`two` and `three`" in far.evidence
