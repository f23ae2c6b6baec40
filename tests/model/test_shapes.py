"""Shapes of whole models: torch runs the same program, and what is said of its result must be what comes out.

Each model is looked at twice: as a script that calls it with an input of known size, where the result must be known
exactly, and as a class whose input is not known, where what is known must not contradict torch.
"""

from __future__ import annotations

import pytest
import torch

from actlint.model.events import Merge, Return, Trace
from actlint.model.shapes import inputs, shape_of
from actlint.model.values import Tensor
from actlint.torchapi.shapes import Shape
from tests.model.programs import PREAMBLE, file_view

MODELS: dict[str, tuple[tuple[int, ...], str]] = {
    "convolutions and a view": (
        (2, 1, 32, 32),
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.c2 = nn.Conv2d(6, 16, 5)
        self.fc = nn.Linear(16 * 5 * 5, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), (2, 2))
        x = x.view(x.size(0), -1)
        return self.fc(x)
""",
    ),
    "attention by hand": (
        (2, 7, 64),
        """
class Net(nn.Module):
    def __init__(self, dim=64, heads=4):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, dim * 3)
        self.proj = nn.Linear(dim, dim)
        self.scale = (dim // heads) ** -0.5

    def forward(self, x):
        B, N, C = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        attn = (q @ k.transpose(-2, -1)) * self.scale
        x = (attn.softmax(dim=-1) @ v).transpose(1, 2).reshape(B, N, C)
        return self.proj(x)
""",
    ),
    "a class token and positions": (
        (2, 3, 32, 48),
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 24, 16, stride=16)
        self.cls = nn.Parameter(torch.zeros(1, 1, 24))
        self.pos = nn.Parameter(torch.randn(1, 7, 24))
        self.norm = nn.LayerNorm(24)
        self.head = nn.Linear(24, 5)

    def forward(self, img):
        x = self.patch(img).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], dim=1) + self.pos
        return self.head(self.norm(x)[:, 0])
""",
    ),
    "sizes that are unpacked again": (
        (2, 3, 8),
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 12)

    def forward(self, x):
        x = self.fc(x)
        x = x.view(*x.shape[:-1], 4, 3).transpose(1, 2)
        sizes = x.size()[:-2] + (x.shape[-2] * x.shape[-1],)
        return x.reshape(sizes)[..., None, 2:]
""",
    ),
    "an encoder and a decoder with skips": (
        (2, 3, 16, 16),
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([nn.Conv2d(a, b, 3, padding=1) for a, b in ((3, 8), (8, 16))])
        self.up = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.out = nn.Conv2d(16, 2, 1)

    def forward(self, x):
        kept = []
        for conv in self.down:
            x = torch.relu(conv(x))
            kept.append(x)
            x = F.max_pool2d(x, 2)
        x = F.interpolate(x, scale_factor=2)
        x = torch.cat([self.up(x), kept[0]], 1)
        return self.out(x)
""",
    ),
    "recurrent": (
        (2, 5, 6),
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(6, 9, num_layers=2, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(36, 3)

    def forward(self, x):
        output, (hidden, _) = self.lstm(x)
        last = torch.cat((hidden[-2], hidden[-1]), dim=1)
        return self.fc(torch.cat((output[:, -1, :], last), dim=-1))
""",
    ),
    "grouped blocks": (
        (2, 4, 9, 9),
        """
class Block(nn.Module):
    def __init__(self, width, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(width, width * 2, 3, stride, 1, groups=2)
        self.norm = nn.BatchNorm2d(width * 2)
        self.skip = nn.Conv2d(width, 2 * width, 1, stride)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)) + self.skip(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(*[Block(4 * 2**i, stride=2) for i in range(2)])
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(16, 7))

    def forward(self, x):
        a, b = self.pool(self.body(x)).chunk(2, dim=1)
        return self.head(torch.stack([a, b], 1))
""",
    ),
    "einsum and reductions": (
        (2, 5, 8),
        """
class Net(nn.Module):
    def forward(self, x):
        gram = torch.einsum("bik,bjk->bij", x, x).mean(dim=-1, keepdim=True)
        best = x.max(dim=1)[0].unsqueeze(1)
        return torch.matmul(gram, best).sum(dim=(0,))
""",
    ),
}


def returned(trace: Trace) -> Shape:
    values = [event.value for event in trace.events if isinstance(event, Return) and event.depth == 1]
    assert isinstance(values[-1], Tensor)
    return shape_of(trace, values[-1])


@pytest.mark.parametrize("name", MODELS)
def test_a_script_with_a_known_input(name: str) -> None:
    size, text = MODELS[name]
    program = f"{PREAMBLE}{text}\n\ndef main():\n    return Net()(torch.randn{size})\n"
    space: dict[str, object] = {}
    exec(program, space)
    real = tuple(space["main"]().shape)  # type: ignore[operator]
    trace = next(t for t in file_view(program).traces() if t.entry is not None and t.owner is None)
    assert returned(trace) == Shape(real)


@pytest.mark.parametrize("name", MODELS)
def test_a_class_with_an_unknown_input(name: str) -> None:
    size, text = MODELS[name]
    space: dict[str, object] = {}
    exec(PREAMBLE + text, space)
    real = tuple(space["Net"]()(torch.randn(size)).shape)  # type: ignore[operator]
    view = next(each for each in file_view(PREAMBLE + text).classes() if each.name == "Net")
    trace = view.method("forward")
    assert trace is not None
    found = returned(trace)
    assert found.more or len(found.dims) == len(real)
    for dim, own in zip(reversed(found.dims), reversed(real), strict=False):
        assert not isinstance(dim, int) or dim == own


def test_what_the_first_layers_imply() -> None:
    text = PREAMBLE + MODELS["a class token and positions"][1]
    view = next(each for each in file_view(text).classes() if each.name == "Net")
    trace = view.method("forward")
    assert trace is not None
    assert {label: str(shape) for label, shape in inputs(trace).items()} == {"img": "(N, 3, H, W)"}


def test_many_branches_in_a_row_take_no_deep_stack() -> None:
    steps = "".join(f"        if flags[{i}]:\n            x = self.fc(x)\n" for i in range(1_500))
    text = (
        f"{PREAMBLE}class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.fc = nn.Linear(8, 8)\n\n    def forward(self, x, flags):\n        x = self.fc(x)\n"
        f"{steps}        return x\n"
    )
    view = next(each for each in file_view(text).classes() if each.name == "Net")
    trace = view.method("forward")
    assert trace is not None
    merged = [event.result for event in trace.events if isinstance(event, Merge)]
    assert len(merged) > 100
    assert shape_of(trace, merged[-1]) == Shape((8,), True)
