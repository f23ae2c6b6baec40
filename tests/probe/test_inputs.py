"""Inputs that errors, sizes and examples tell of."""

from __future__ import annotations

from typing import Any

from actlint.observation import ObservationBuilt, ObservationInputs, ObservationLayers
from tests.probe.probing import probed

HEAD = "import torch\nfrom torch import nn\n\n\n"

COLUMNS = """class Net(nn.Module):
    def __init__(self, width=3):
        super().__init__()
        self.lin = nn.Linear(width, 2)
        self.register_buffer("chosen", torch.tensor([0, 3, 6]))

    def forward(self, x):
        assert x.shape[-1] == 7, f"you must pass in {x.new_tensor(7).int().item()} values"
        return self.lin(x.index_select(-1, self.chosen))
"""

OPTIONAL = """class Net(nn.Module):
    def __init__(self, width, act=None):
        super().__init__()
        self.lin = nn.Linear(width, 2)
        self.act = act

    def forward(self, x):
        return self.act(self.lin(x))
"""

IMAGES = """class Net(nn.Module):
    def __init__(self, image_size):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 8, stride=8)
        self.lin = nn.Linear(4, 2)

    def forward(self, x):
        return self.lin(torch.relu(self.conv(x)).mean((2, 3)))
"""

CALLED = """class Net(nn.Module):
    def __init__(self, sides):
        super().__init__()
        self.lin = nn.Linear(sides[0] * sides[1] * sides[2], 2)

    def forward(self, x):
        a, b, c, d, e, f = x.shape
        return self.lin(x.reshape(a * b, c, d * e * f).mean(1))


if __name__ == "__main__":
    net = Net((2, 3, 4))
    x = torch.randn(2, 3, 5, 2, 3, 4)
    if torch.cuda.is_available():
        net = torch.compile(net)
    print(net(x).shape)
"""


def _found(text: str, **given: Any) -> tuple[str, str]:
    found = probed(HEAD + text, (), **given)
    (run,) = found.runs
    assert not found.notices and run.first(ObservationLayers) is not None, run.seen
    return run.last(ObservationBuilt).text, run.last(ObservationInputs).text


def test_numbers_in_the_message_of_an_assertion_are_tried() -> None:
    assert _found(COLUMNS) == ("Net()", "float32[8,7]")


def test_what_may_be_left_out_but_not_here_is_given() -> None:
    assert _found(OPTIONAL) == ("Net(width=64, act=nn.ReLU())", "float32[8,64]")


def test_images_are_as_large_as_the_model_is_made_for() -> None:
    assert _found(IMAGES, init={"image_size": "64"}) == ("Net(image_size=64)", "float32[8,3,64,64]")


def test_inputs_of_a_call_are_followed_through_a_name_that_is_compiled() -> None:
    assert _found(CALLED) == ("Net((2, 3, 4))", "float32[8,3,5,2,3,4]")
