"""What was guessed is not held against the model, and what is wrong with the model is, whatever was guessed."""

from __future__ import annotations

from typing import Any

from actlint.observation import ObservationLayers
from tests.probe.probing import probed

HEAD = "import torch\nfrom torch import nn\n\n\n"

ATTENTION = """class Pool(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.score = nn.Linear(width, 1)
        self.out = nn.Linear(width, 2)

    def forward(self, x):
        weight = self.score(x).transpose(-1, -2).softmax(-1)
        return self.out((weight @ x).squeeze(-2))
"""

PATCHES = """class Patches(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.embed = nn.Conv2d(3, width, 32, stride=32)
        self.score = nn.Linear(width, 1)
        self.out = nn.Linear(width, 2)

    def forward(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2)
        weight = self.score(x).transpose(-1, -2).softmax(-1)
        return self.out((weight @ x).squeeze(-2))
"""

LAST = """class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.last = nn.Linear(width, 2)
        nn.init.zeros_(self.last.weight)

    def forward(self, x):
        return self.last(torch.relu(self.first(x)){})
"""

ASKING = """class Net(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.lin = nn.Linear(options["width"], 2)

    def forward(self, x):
        return self.lin(x)
"""


def _codes(text: str, **given: Any) -> set[str]:
    found = probed(HEAD + text, (), **given)
    assert not found.notices and found.runs
    return {each.code for each in found.diagnostics}


def test_attention_over_one_token_is_held_against_the_model_only_where_the_input_is_given() -> None:
    assert "ACT902" in _codes(ATTENTION, inputs=("float32[8,1,8]",))
    assert "ACT902" not in _codes(ATTENTION, inputs=("float32[8,5,8]",))
    assert "ACT902" in _codes(PATCHES, inputs=("float32[8,3,32,32]",))
    assert "ACT902" not in _codes(PATCHES)


def test_a_last_layer_that_begins_with_zeros_does_not_ignore_the_input() -> None:
    assert "ACT910" not in _codes(LAST.format(""))
    assert "ACT910" in _codes(LAST.format(" * 0"))


def test_arguments_that_errors_ask_for_are_given() -> None:
    found = probed(HEAD + ASKING, ())
    assert [run.first(ObservationLayers) is not None for run in found.runs] == [True]
