"""Gradients that only a step or a network around the model brings forth are not held against it."""

from __future__ import annotations

from dataclasses import replace

from actlint.probe.probing import How
from tests.probe.probing import probed

HEAD = "import torch\nfrom torch import nn\n\n\n"

REVERSIBLE = """class Reversed(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, layers):
        ctx.layers = layers
        ctx.save_for_backward(x)
        with torch.no_grad():
            return layers(x)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            y = ctx.layers(x)
        torch.autograd.backward(y, grad)
        return x.grad, None


class Block(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, width))

    def forward(self, x):
        return Reversed.apply(x{}, self.layers)
"""


def test_a_block_that_needs_inputs_with_gradients_gets_them(how: How) -> None:
    assert _codes(REVERSIBLE.format(""), how) == set()
    assert "ACT901" in _codes(REVERSIBLE.format(".detach()"), how)


ZERO_HEAD = """class Mixer(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.first = nn.Linear(width, width)
        self.layers = nn.Sequential(*(nn.Linear(width, width) for _ in range(4)))
        self.head = nn.Linear(width, 3)
        nn.init.{}(self.head.weight)

    def forward(self, x):
        x = nn.functional.gelu(self.first(x))
        for layer in self.layers:
            x = x + nn.functional.gelu(layer(x))
        return self.head(x)
"""


def test_a_head_that_begins_with_zeros_makes_no_gradient_vanish(how: How) -> None:
    assert _codes(ZERO_HEAD.format("zeros_"), replace(how, steps=10)) == set()


DEEP = """class Deep(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range({}))

    def forward(self, x):
        for layer in self.layers:
            x = torch.sigmoid(layer(x))
        return x
"""


def test_gradients_that_vanish_altogether_are_found(how: How) -> None:
    """In 80 layers they are smaller than any number of the type."""
    assert "ACT903" in _codes(DEEP.format(80), how)
    assert "ACT903" in _codes(DEEP.format(12), how)


def _codes(text: str, how: How) -> set[str]:
    found = probed(HEAD + text, (), how=how)
    assert not found.notices and found.runs
    return {each.code for each in found.diagnostics}
