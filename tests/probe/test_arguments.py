"""Where the arguments of a constructor come from when nobody gives them, and the inputs that go with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actlint.observation import ObservationBuilt, ObservationInputs, ObservationLayers, Observed
from actlint.probe.probing import How
from tests.probe.probing import HOW, probed

HEAD = "import torch\nfrom torch import nn\n\n\n"

INNER = """class Body(nn.Module):
    def __init__(self, features, layers=2):
        super().__init__()
        self.features = features
        self.layers = nn.ModuleList(nn.Linear(features, features) for _ in range(layers))

    def forward(self, x):
        for layer in self.layers:
            x = x + torch.tanh(layer(x))
        return x


class Spare(nn.Module):
    def __init__(self, size=4):
        super().__init__()
        self.lin = nn.Linear(size, size)

    def forward(self, x):
        return self.lin(x)


"""

OUTER = """class Net(nn.Module):
    def __init__(self, part, classes):
        super().__init__()
        self.part = part
        self.head = nn.Linear(part.features, classes)

    def forward(self, x):
        return self.head(self.part(x)).relu()
"""


def _run(text: str, how: How = HOW, **given: Any) -> Observed:
    found = probed(HEAD + text, (), only="Net", how=how, **given)
    assert not found.notices
    (run,) = found.runs
    assert run.first(ObservationLayers) is not None, run.seen
    assert found.diagnostics == (), found.diagnostics
    return run


def _made(run: Observed) -> tuple[str, str]:
    built = run.last(ObservationBuilt)
    return built.text, built.source


README = """# Nets

```bash
pip install nets
```

```python
import torch
from main import Body, Net

width = 6
body = Body(features=width, layers=3)
net = Net(body, classes=3).eval()

net(torch.randn(4, 5, width))
```
"""


def test_an_example_in_a_readme_gives_arguments_and_inputs(how: How) -> None:
    run = _run(INNER + OUTER, how, files={"README.md": README})
    assert _made(run)[0] == "Net(part=main.Body(features=6, layers=2), classes=3)"
    assert _made(run)[1].startswith("an example in README.md")
    inputs = run.last(ObservationInputs)
    assert (inputs.text, inputs.source) == ("float32[8,5,6]", "an example in README.md")


PROMPTS = """    >>> net = Net(Body(7), classes=2)
    >>> net(torch.ones(2, 7))
    1
"""


def test_an_example_in_a_docstring_gives_arguments() -> None:
    text = OUTER.replace("Module):\n", f'Module):\n    """A net.\n\n{PROMPTS}    """\n\n')
    assert _made(_run(INNER + text)) == (
        "Net(part=Body(features=7), classes=2)",
        "an example in the documentation of the class",
    )


def test_examples_in_the_project_are_followed_through_names() -> None:
    user = """import torch
from main import Body
from main import Net as Model


def build(width=5):
    parts = {"features": width}
    body = Body(width)
    return Model(body, classes=2)
"""
    run = _run(INNER + OUTER, files={"train.py": user})
    assert _made(run) == ("Net(part=main.Body(features=5), classes=2)", "an example in train.py")


def test_an_example_that_would_do_more_than_compute_is_not_followed(tmp_path: Any) -> None:
    mark = tmp_path / "mark"
    text = README.replace("width = 6", f"width = int(open({str(mark)!r}, 'w').write('x'))")
    run = _run(INNER + OUTER, files={"README.md": text})
    assert _made(run)[1] == "names and annotations"
    assert not mark.exists()


BUILDER = """class Block(nn.Module):
    growth = 3

    def __init__(self, size):
        super().__init__()
        self.lin = nn.Linear(size, size)

    def forward(self, x):
        return torch.relu(self.lin(x))


class Net(nn.Module):
    def __init__(self, block, plan):
        super().__init__()
        self.layers = nn.ModuleList(block(size) for size, _ in plan.items())
        self.head = nn.Linear(8 * block.growth // 3, 2)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


def _make(block, sizes):
    net = Net(block, dict.fromkeys(sizes, 1))
    return net


def tiny(pretrained=False):
    return _make(Block, (8,))


def download(url):
    return _make(Block, (8,))
"""


def test_a_function_of_the_file_that_makes_the_class_is_used() -> None:
    run = _run(BUILDER)
    assert _made(run) == ("tiny()", "the function `tiny` of the file")


def test_classes_among_the_arguments_have_what_is_read_from_them() -> None:
    text = BUILDER.partition("def _make")[0].replace("size, _ in plan.items()", "size in plan")
    run = _run(text, init={"plan": "[8]"})
    assert _made(run)[0] == "Net(plan=[8], block=Block)"


def test_a_module_among_the_arguments_has_what_is_read_from_it() -> None:
    run = _run(INNER + OUTER.replace("part", "backbone"))
    assert _made(run)[0] == "Net(backbone=Body(features=64), classes=10)"


CONFIGURED = """class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.lin = nn.Linear(config.hidden_size, config.hidden_size)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x):
        return self.drop(torch.relu(self.lin(x)))


class Net(nn.Module):
    def __init__(self, config{}):
        super().__init__()
        self.embed = nn.Linear(config.in_features, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_layers))

    def forward(self, x):
        x = torch.relu(self.embed(x))
        for layer in self.layers:
            x = layer(x)
        return x
"""

DATACLASS = """from dataclasses import dataclass


@dataclass
class Config:
    in_features: int
    hidden_size: int = 16
    num_layers: int = 2
    dropout: float = 0.0


"""


def test_a_configuration_has_what_any_layer_reads_from_it() -> None:
    text, _ = _made(_run(CONFIGURED.format("")))
    assert text == ("Net(config=types.SimpleNamespace(in_features=64, hidden_size=64, num_layers=2, dropout=0.1))")


def test_a_configuration_is_made_of_its_own_class() -> None:
    text, _ = _made(_run(DATACLASS + CONFIGURED.format(": Config")))
    assert text == "Net(config=Config(in_features=64))"


def test_a_dictionary_has_the_keys_that_are_read_from_it() -> None:
    text = CONFIGURED.format("")
    for name in ("hidden_size", "dropout", "in_features", "num_layers"):
        text = text.replace(f"config.{name}", f'config["{name}"]')
    found, _ = _made(_run(text))
    assert found == "Net(config={'in_features': 64, 'hidden_size': 64, 'num_layers': 2, 'dropout': 0.1})"


ASKING = """class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.attend = nn.MultiheadAttention(width, 2, batch_first=True)

    def forward(self, x, context=None, scale=1.0):
        assert context is not None, "context must be passed in"
        return self.attend(x, context, context)[0]
"""


def test_an_optional_input_that_an_error_asks_for_is_given(how: How) -> None:
    inputs = _run(ASKING, how).last(ObservationInputs)
    assert inputs.text == "float32[8,16,8], context=float32[8,16,8]"


SLOW = """import time


class Layer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.lin = nn.Linear(width, width)

    def forward(self, x):
        time.sleep(0.02)
        return torch.tanh(self.lin(x))


class Net(nn.Module):
    def __init__(self, depth=64):
        super().__init__()
        self.layers = nn.ModuleList(Layer(8) for _ in range(depth))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
"""


@pytest.mark.parametrize("given", [{}, {"depth": "20"}])
def test_a_slow_model_is_made_smaller_unless_its_size_was_given(given: dict[str, str]) -> None:
    run = _run(SLOW, replace(HOW, seconds=40), init=given)
    text, source = _made(run)
    if given:
        assert (text, source) == ("Net(depth=20)", "given")
    else:
        assert text == "Net(depth=2)" and source == "defaults, with smaller numbers, since its own take too long"
