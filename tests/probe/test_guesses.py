"""What was guessed is not held against the model, and what is wrong with the model is, whatever was guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from actlint.observation import ObservationBuilt, ObservationInputs, ObservationLayers
from actlint.probe.probing import How
from tests.probe.probing import HOW, probed

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


def _codes(text: str, how: How, **given: Any) -> set[str]:
    found = probed(HEAD + text, (), how=how, **given)
    assert not found.notices and found.runs
    return {each.code for each in found.diagnostics}


def test_attention_over_one_token_is_held_against_the_model_only_where_the_input_is_given(
    how: How,
) -> None:
    assert "ACT902" in _codes(ATTENTION, how, inputs=("float32[8,1,8]",))
    assert "ACT902" not in _codes(ATTENTION, how, inputs=("float32[8,5,8]",))
    assert "ACT902" in _codes(PATCHES, how, inputs=("float32[8,3,32,32]",))
    assert "ACT902" not in _codes(PATCHES, how)


def test_a_last_layer_that_begins_with_zeros_does_not_ignore_the_input(how: How) -> None:
    assert "ACT910" not in _codes(LAST.format(""), how)
    assert "ACT910" in _codes(LAST.format(" * 0"), how)


def test_arguments_that_errors_ask_for_are_given(how: How) -> None:
    found = probed(HEAD + ASKING, (), how=how)
    assert [run.first(ObservationLayers) is not None for run in found.runs] == [True]


FORMS = """class Net(nn.Module):
    def __init__(self, sides, dims, channels, act, mode, make, **more):
        super().__init__()
        assert len(dims) == 3, "three of them"
        assert mode in ("sum", "mean")
        height, width = sides
        first, *_, last = channels
        self.lin = nn.Linear(dims[2], channels[3])
        self.other = make(more["in_width"] + more["out_width"])
        self.act = act()

    def forward(self, x):
        return self.act(self.lin(x))


def test(kwargs):
    return {key: kwargs.pop(key) for key in kwargs if key.startswith("in_") or key.startswith("out_")}
"""

PREFIXED = """class Inner(nn.Module):
    def __init__(self, *, width, **rest):
        super().__init__()
        self.lin = nn.Linear(width, width)

    def forward(self, x):
        return torch.relu(self.lin(x))


class Outer(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.first = Inner(**{k[4:]: v for k, v in options.items() if k.startswith("one_")})
        self.second = Inner(**{k[4:]: v for k, v in options.items() if k.startswith("two_")})

    def forward(self, x):
        return self.second(self.first(x))
"""


def _built(text: str, how: How, name: str) -> str:
    (run,) = probed(HEAD + text, (), only=name, how=how).runs
    assert run.first(ObservationLayers) is not None, run.seen
    return str(run.last(ObservationBuilt).text)


def test_the_text_of_a_constructor_gives_the_form_of_its_arguments(how: How) -> None:
    made = _built(FORMS, how, "Net")
    for part in ("sides=(16, 16)", "dims=(64, 64, 64)", "channels=(16, 16, 16, 16)", "mode='sum'", "act=nn.ReLU"):
        assert part in made, made


def test_what_a_constructor_passes_on_is_given_under_its_prefixes(how: How) -> None:
    assert _built(PREFIXED, how, "Outer") == "Outer(one_width=64, two_width=64)"


LARGE = """class Net(nn.Module):
    def __init__(self, hidden_dim=8192, depth=40):
        super().__init__()
        self.first = nn.Linear(16, hidden_dim)
        self.layers = nn.ModuleList(nn.Linear(hidden_dim, hidden_dim) for _ in range(depth))

    def forward(self, x):
        x = self.first(x)
        for layer in self.layers:
            x = torch.relu(layer(x))
        return x
"""


def test_a_model_that_is_too_large_by_default_is_made_smaller() -> None:
    built = _built(LARGE, replace(HOW, seconds=60), "Net")
    assert built == "Net(hidden_dim=256, depth=2)"


CONVOLUTION = """class Net(nn.Module):
    def __init__(self, bands=6):
        super().__init__()
        self.spare = nn.Conv2d(3, 4, 3)
        self.conv = nn.Conv2d(bands, 4, 3)
        self.lin = nn.Linear(4, 2)

    def forward(self, x):
        return self.lin(torch.relu(self.conv(x)).mean((2, 3)))
"""


def test_inputs_have_the_shapes_that_the_code_shows(how: How) -> None:
    """The layer that is first registered takes other channels."""
    (run,) = probed(HEAD + CONVOLUTION, (), how=how).runs
    found = run.last(ObservationInputs)
    assert (found.text, found.source) == ("float32[8,6,32,32]", "the shapes that the code shows")


def test_a_model_that_takes_too_long_is_one_notice() -> None:
    text = HEAD.replace("import torch\n", "import time\nimport torch\n") + ASKING.replace(
        "return self", "time.sleep(1000)\n        return self"
    )
    found = probed(text, (), how=replace(HOW, seconds=20))
    (notice,) = found.notices
    assert "probe: `Net` was stopped in forward, which takes longer than" in notice.message


STANDS_IN = """class Net(nn.Module):
    def __init__(self, transformer, width=8):
        super().__init__()
        self.token = nn.Parameter(torch.randn(1, 1, width))
        self.embed = nn.Linear(width, width)
        self.transformer = transformer{}
        self.head = nn.Linear(width, 2)

    def forward(self, x):
        x = self.embed(x)
        x = torch.cat((self.token.expand(len(x), 1, -1), x), dim=1)
        return self.head(self.transformer(x)[:, 0])
"""

MIXED = "nn.TransformerEncoderLayer(8, 2, batch_first=True)"


def test_a_module_that_stands_for_what_a_user_would_pass_is_not_held_against_the_model(how: How) -> None:
    given = {"inputs": ("float32[8,5,8]",)}
    assert _codes(STANDS_IN.format(""), how, **given) == set()
    assert _codes(STANDS_IN.format(""), how, init={"transformer": MIXED}, **given) == set()
    assert {"ACT902", "ACT910"} <= _codes(STANDS_IN.format(""), how, init={"transformer": "nn.Identity()"}, **given)
    assert _codes(STANDS_IN.format(".layers"), how, **given) == set()
    assert "ACT901" in _codes(STANDS_IN.format(".layers"), how, init={"transformer": MIXED}, **given)
