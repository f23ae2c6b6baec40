"""The evaluator says which layers run, and in which order: torch runs the same program and is asked by hooks."""

from __future__ import annotations

import pytest
import torch

from actlint.model.verify import broken
from tests.model.programs import PREAMBLE, forward, layers

MODELS = {
    "straight line": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)
        self.act = nn.ReLU()

    def forward(self, x):
        x = self.act(self.a(x))
        x = self.b(x)
        return self.act(x)
""",
    "nested Sequential": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        inner = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
        self.net = nn.Sequential(inner, nn.Sequential(nn.Dropout(0.1), nn.Linear(4, 4)), nn.Sigmoid())

    def forward(self, x):
        return self.net(x)
""",
    "OrderedDict and names": """
from collections import OrderedDict


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(OrderedDict([("fc", nn.Linear(4, 4)), ("act", nn.GELU())]))

    def forward(self, x):
        return self.net.act(self.net.fc(self.net(x)))
""",
    "a list that is unpacked": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = (4, 4, 4)
        layers = []
        for a, b in zip(sizes[:-1], sizes[1:]):
            layers.append(nn.Linear(a, b))
            layers += [nn.ReLU()]
        self.net = nn.Sequential(*layers[:-1])

    def forward(self, x):
        return self.net(x)
""",
    "a ModuleList, enumerated and reversed": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(4, 4) if i % 2 else nn.Identity() for i in range(4)])
        self.blocks.append(nn.Tanh())

    def forward(self, x):
        for i, block in enumerate(reversed(self.blocks)):
            if i != 1:
                x = block(x)
        return self.blocks[-1](x)
""",
    "a ModuleDict and getattr": """
class Net(nn.Module):
    def __init__(self, name="act"):
        super().__init__()
        self.parts = nn.ModuleDict({"fc": nn.Linear(4, 4), "norm": nn.LayerNorm(4)})
        self.act = getattr(nn, "SiLU")()
        for i in range(2):
            setattr(self, f"extra{i}", nn.Linear(4, 4))

    def forward(self, x):
        for key in ("norm", "fc"):
            x = self.parts[key](x)
        for i in range(2):
            x = getattr(self, f"extra{i}")(x)
        return self.act(x)
""",
    "inheritance, super and helpers": """
class Base(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.stem = nn.Linear(width, width)

    def encode(self, x):
        return self.stem(x)

    def forward(self, x):
        return self.encode(x)


class Net(Base):
    def __init__(self):
        super().__init__(width=4)
        self.norm = nn.LayerNorm(4)

    def encode(self, x):
        return self.norm(super().encode(x))

    def forward(self, x):
        return torch.relu(super(Net, self).forward(x))
""",
    "blocks, residuals and a registry": """
ACTS = {"relu": nn.ReLU, "elu": nn.ELU}


class Block(nn.Module):
    def __init__(self, dim, act="elu", norm_layer=nn.LayerNorm):
        super().__init__()
        self.norm = norm_layer(dim)
        self.fc = nn.Linear(dim, dim)
        self.act = ACTS[act]()

    def forward(self, x):
        return x + self.act(self.fc(self.norm(x)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(*[Block(4) for _ in range(2)])
        self.tail = Block(4, act="relu", norm_layer=nn.Identity)

    def forward(self, x):
        return self.tail(self.body(x))
""",
    "branches that are decided": """
class Net(nn.Module):
    def __init__(self, depth=3, drop=0.0, head=None):
        super().__init__()
        self.depth = 3
        self.drop = nn.Dropout(0.5) if False else nn.Identity()
        self.head = None
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        for _ in range(self.depth):
            x = self.fc(x)
        if self.head is not None:
            x = self.head(x)
        elif isinstance(self.drop, nn.Identity):
            x = self.drop(x)
        return x
""",
    "partial, lambda and closures": """
from functools import partial


def make(width, act=nn.ReLU):
    return nn.Sequential(nn.Linear(width, width), act())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        build = partial(make, act=nn.Tanh)
        self.first = build(4)
        self.second = (lambda n: make(n))(4)

    def forward(self, x):
        def twice(f, value):
            return f(f(value))

        return twice(self.second, self.first(x))
""",
}


MODELS |= {
    "config dataclass, namespace and getattr": """
from dataclasses import dataclass
from types import SimpleNamespace


@dataclass
class Config:
    width: int = 4
    act: str = "GELU"


class Net(nn.Module):
    def __init__(self, config=None):
        super().__init__()
        config = Config(act="Tanh")
        other = SimpleNamespace(depth=2)
        self.layers = nn.ModuleList([nn.Linear(config.width, config.width) for _ in range(other.depth)])
        self.act = getattr(nn, config.act)()

    def forward(self, x):
        for layer in self.layers:
            x = self.act(layer(x))
        return x
""",
    "keyword arguments that are handed on": """
class Block(nn.Module):
    def __init__(self, width, act=nn.ReLU, **kwargs):
        super().__init__()
        self.fc = nn.Linear(width, kwargs.get("out", width), bias=kwargs.pop("bias", True))
        self.act = act()

    def forward(self, x, *rest, scale=None):
        return self.act(self.fc(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        options = {"act": nn.ELU, "bias": False}
        self.block = Block(4, **options)
        self.other = Block(*(4, nn.Tanh))

    def forward(self, x):
        return self.other(self.block(x, scale=2), x)
""",
    "subclasses of containers": """
class Stack(nn.Sequential):
    def __init__(self, *layers):
        super().__init__(*layers, nn.Identity())


class Levels(nn.ModuleList):
    def __init__(self, n):
        super().__init__([nn.Linear(4, 4) for _ in range(n)])
        self.append(nn.Tanh())


class Named(nn.ModuleDict):
    def forward(self, x):
        for name, layer in self.items():
            x = layer(x)
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Stack(nn.Linear(4, 4), nn.ReLU())
        self.b = Levels(2)
        self.c = Named({"norm": nn.LayerNorm(4)})
        self.c["act"] = nn.ELU()

    def forward(self, x):
        x = self.a(x)
        for layer in self.b:
            x = layer(x)
        return self.c(x)
""",
    "feature lists, dicts and tuples": """
class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.LayerNorm(4), nn.Tanh()])

    def forward(self, x):
        features = []
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        return features, {"last": x}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.head = nn.Linear(12, 4)
        self.act = nn.GELU()

    def forward(self, x):
        features, named = self.encoder(x)
        a, b = torch.cat(features, dim=1).chunk(2, dim=1)
        first, *others = features
        y = self.head(torch.cat([first, *others], 1))
        y[:, :2] = 0
        return self.act(y + named["last"])
""",
    "mixins, parents and static builders": """
class Mixin:
    def build(self):
        self.extra = nn.Tanh()


class Base(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = self.make(width)
        self.build()

    @staticmethod
    def make(width):
        return nn.Linear(width, width)

    def build(self):
        raise NotImplementedError


class Net(Mixin, Base):
    def __init__(self):
        super().__init__(4)
        self.add_module("tail", nn.LayerNorm(4))
        self.register_buffer("mean", torch.zeros(4))
        nn.init.zeros_(self.fc.bias)

    def forward(self, x):
        with torch.no_grad():
            x = self.fc(x - self.mean)
        try:
            x = self.extra(x)
        except RuntimeError:
            return x
        return self.tail(x)
""",
    "pairwise, None and conditional layers": """
from itertools import pairwise
from torch.utils.checkpoint import checkpoint


class Net(nn.Module):
    def __init__(self, drop=0.0):
        super().__init__()
        widths = [4, 4, 4]
        self.layers = nn.ModuleList()
        for i, (a, b) in enumerate(pairwise(widths)):
            self.layers.insert(i, nn.Linear(a, b))
        self.layers.extend([nn.ReLU() if flag else None for flag in (True,)])
        self.norm = None
        self.act = {"relu": nn.ReLU, "silu": nn.SiLU}["silu"]()

    def forward(self, x, mask=None):
        for layer in self.layers:
            x = checkpoint(layer, x, use_reentrant=False)
        if self.norm is not None:
            x = self.norm(x)
        return (lambda value: self.act(value))(x)
""",
}


@pytest.mark.parametrize("name", MODELS)
def test_layers_run_in_torch_s_order(name: str) -> None:
    text = PREAMBLE + MODELS[name]
    trace = forward(text)
    space: dict[str, object] = {}
    exec(text, space)
    net = space["Net"]()  # type: ignore[operator]
    ran: list[str] = []
    for module in net.modules():
        if not list(module.children()) and type(module).__module__.startswith("torch."):
            module.register_forward_hook(lambda layer, *_: ran.append(type(layer).__name__))
    net(torch.randn(2, 4))
    assert layers(trace) == ran
    assert trace.complete
    assert list(broken(trace)) == []
