"""Options of `actlint probe`: types to compute in, drawings, shapes alone, what is written to the configuration."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from actlint.observation import ObservationLayers
from actlint.probe.probing import How
from tests.cli import actlint
from tests.probe.probing import probed

HEALTHY = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, channels, width=16):
        super().__init__()
        self.conv = nn.Conv2d(channels, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width)
        self.head = nn.Linear(width, 4)

    def forward(self, x, scale=1.0):
        x = torch.relu(self.norm(self.conv(x)))
        return self.head(x.mean((2, 3)) * scale)
"""


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_a_healthy_model_is_healthy_in_every_type(dtype: str, how: How) -> None:
    found = probed(HEALTHY, (), how=replace(how, dtype=dtype, steps=10))
    assert not found.notices and found.diagnostics == ()
    layers = found.runs[0].first(ObservationLayers)
    assert layers is not None and all(not each["none"] and not each["zero"] for each in layers.layers)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_the_type_is_computed_in(dtype: str, how: How) -> None:
    """What overflows in half precision alone is found there."""
    text = HEALTHY.replace("self.head(x.mean((2, 3)) * scale)", "self.head(x.mean((2, 3))) * 60000 * 60000")
    codes = {each.code for each in probed(text, (), how=replace(how, dtype=dtype)).diagnostics}
    assert ("ACT906" in codes) == (dtype == "float16")


def test_the_configuration_is_kept_and_used(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(HEALTHY)
    (tmp_path / "pyproject.toml").write_text(
        '# mine\n[project]\nname = "x"\n\n[tool.actlint]\nselect = ["ACT9"]  # kept\n'
    )
    options = ("probe", "net.py", "--python", sys.executable, "--device", "cpu", "--seeds", "1", "--steps", "3")
    found = actlint(tmp_path, *options, "--init", "channels=5", "--save-config")
    assert found.code == 0 and "wrote pyproject.toml" in found.err, found
    text = (tmp_path / "pyproject.toml").read_text()
    assert text.startswith('# mine\n[project]\nname = "x"\n\n[tool.actlint]\n') and text.endswith(
        'select = ["ACT9"]  # kept\n'
    )
    assert 'probe-init = { Net = ["channels=5"] }' in text and 'probe-inputs = { Net = ["float32[8,5,32,32]"] }' in text
    again = json.loads(actlint(tmp_path, *options, "--output-format", "json").out)["models"][0]["evidence"]
    assert (again["built"][0]["source"], again["inputs"][0]["source"]) == ("given", "given")


def test_gradients_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra `plot`)")
    (tmp_path / "net.py").write_text(HEALTHY)
    options = ("--python", sys.executable, "--device", "cpu", "--seeds", "1", "--steps", "3")
    found = actlint(tmp_path, "probe", "net.py", *options, "--plot", "grads.png")
    assert found.code == 0, found.err
    assert (tmp_path / "grads.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_without_matplotlib_the_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(HEALTHY)
    hidden = "import sys\nsys.modules['matplotlib'] = None"
    found = actlint(tmp_path, "probe", "net.py", "--plot", "grads.png", program=hidden)
    assert found.code == 2 and "pip install 'actlint[plot]'" in found.err


def test_shapes_alone_are_those_of_every_layer(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(HEALTHY)
    found = actlint(tmp_path, "probe", "net.py", "--shapes-only", "--python", sys.executable, "--init", "channels=3")
    assert found.code == 0, found.err
    lines = [line.split() for line in found.out.splitlines()]
    for line in ("conv Conv2d [8,16,32,32]", "norm BatchNorm2d [8,16,32,32]", "head Linear [8,4]"):
        assert line.split() in lines
    assert "on the meta device, in" in found.out


def test_multiples_of_a_comparison_share_their_scale() -> None:
    """A layer's height says the same under each activation, and the axis ends at the last step, drawn or not."""
    from actlint.observation import ObservationCompared, Observed
    from actlint.output.html import render
    from actlint.output.options import RenderOptions

    def compared(name: str, small: float) -> ObservationCompared:
        steps = [{"a.weight": small, "b.weight": 0.1}] * 3
        return ObservationCompared(
            name, 0, "", [0.7, 0.5], 0.9, True, ["a.weight", "b.weight"], steps, "two circles", 900
        )

    page = render([], [Observed("Net", "net.py", (compared("relu", 0.05), compared("sigmoid", 1e-6)))], RenderOptions())
    labels = [figure.count(">1e-06<") for figure in page.split("<figure>")[1:]]
    assert labels == [1, 1] and page.count(">step 900<") == 2
    assert "two circles, 900 steps, one seed, one scale for all" in page
