"""Healthy models that are odd in some way: what they return, how they are made, what they do beside computing."""

from __future__ import annotations

import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import weight_norm


class DictOutput(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(8, 16)
        self.a, self.b = nn.Linear(16, 3), nn.Linear(16, 2)

    def forward(self, x):
        h = torch.relu(self.body(x))
        return {"a": self.a(h), "b": self.b(h), "name": "x"}


class SeveralLosses(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(12, 6), nn.Linear(3, 12)

    def forward(self, x):
        mean, log = self.encode(x).chunk(2, dim=1)
        z = mean + torch.randn_like(mean) * (0.5 * log).exp()
        y = self.decode(torch.tanh(z))
        return F.mse_loss(y, x), (mean**2 + log.exp() - log - 1).mean()


class Recurrent(nn.Module):
    def __init__(self, vocab=50):
        super().__init__()
        self.embed = nn.Embedding(vocab, 16, padding_idx=0)
        self.lstm = nn.LSTM(16, 16, num_layers=2, batch_first=True)
        self.out = nn.Linear(16, vocab)

    def forward(self, tokens, state=None):
        y, state = self.lstm(self.embed(tokens), state)
        return self.out(y), state


class Complex(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(8, 8, dtype=torch.cfloat) / 8)

    def forward(self, x):
        return torch.fft.irfft(torch.fft.rfft(x, dim=-1)[..., :8] @ self.weight, n=14, dim=-1)


class NeedsKeywords(nn.Module):
    def __init__(self, *, dim, heads=2):
        super().__init__()
        self.attend = nn.MultiheadAttention(dim, heads, batch_first=True)

    def forward(self, *, query, context):
        return self.attend(query, context, context, need_weights=False)[0]


class Prints(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(4, 4)
        print("made", self)

    def forward(self, x):
        print(x.shape, x)
        return self.lin(x).relu()


class ReadsFile(nn.Module):
    def __init__(self):
        super().__init__()
        with open(__file__, encoding="utf-8") as file:
            self.lines = len(file.readlines())
        self.lin = nn.Linear(6, 3)

    def forward(self, x):
        return self.lin(x) / self.lines


class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.LazyLinear(16)
        self.norm = nn.LazyBatchNorm1d()
        self.last = nn.LazyLinear(2)

    def forward(self, x):
        return self.last(torch.relu(self.norm(self.first(x))))


class Parametrized(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = weight_norm(nn.Linear(8, 16))
        self.second = nn.utils.parametrizations.spectral_norm(nn.Linear(16, 4))

    def forward(self, x):
        return self.second(F.gelu(self.first(x)))


class Tied(nn.Module):
    def __init__(self, vocab=40, dim=16):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim)
        self.body = nn.TransformerEncoderLayer(dim, 2, 32, batch_first=True)
        self.head = nn.Linear(dim, vocab, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids):
        return self.head(self.body(self.embed(ids)))


class Frozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
        for parameter in self.backbone.parameters():
            parameter.requires_grad = False
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        with torch.no_grad():
            x = self.backbone(x)
        return self.head(x.mean((2, 3)))


class Lora(nn.Module):
    def __init__(self, rank=2):
        super().__init__()
        self.base = nn.Linear(16, 16)
        self.base.requires_grad_(False)
        self.a = nn.Parameter(torch.randn(rank, 16) / 4)
        self.b = nn.Parameter(torch.zeros(16, rank))

    def forward(self, x):
        return self.base(x) + F.linear(F.linear(x, self.a), self.b)


class Mixture(nn.Module):
    def __init__(self, experts=4):
        super().__init__()
        self.gate = nn.Linear(8, experts)
        self.experts = nn.ModuleList(nn.Linear(8, 8) for _ in range(experts))

    def forward(self, x):
        weight, index = self.gate(x).softmax(-1).topk(1)
        out = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            chosen = (index == number).any(-1)
            if chosen.any():
                out[chosen] = expert(x[chosen]) * weight[chosen]
        return out


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(64, 64) for _ in range(16))

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return x


class Contrastive(nn.Module):
    def __init__(self):
        super().__init__()
        self.image, self.text = nn.Linear(16, 8), nn.Linear(12, 8)
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, image, text):
        a, b = F.normalize(self.image(image), dim=-1), F.normalize(self.text(text), dim=-1)
        logits = self.scale.exp() * a @ b.T
        return F.cross_entropy(logits, torch.arange(len(a)))


class Clamped(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 3)
        self.register_buffer("low", torch.tensor(-1.0))

    def forward(self, x, mask=None):
        y = self.lin(x).clamp(min=self.low)
        return y.masked_fill(mask, 0.0) if mask is not None else y


class Layerwise(nn.Module):
    def __init__(self, layers=3):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(8, 8) for _ in range(layers))
        self.drop = 0.2

    def forward(self, x):
        for layer in self.layers:
            if self.training and torch.rand(()) < self.drop:
                continue
            x = x + torch.tanh(layer(x))
        return x


class ShapeChanging(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.ConvTranspose2d(4, 2, 4, stride=2, padding=1)
        self.down = nn.Conv2d(2, 4, 3, stride=2, padding=1)

    def forward(self, x):
        return self.down(torch.sigmoid(self.up(x)))


class ZeroStart(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(8, 8), nn.Linear(8, 8)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x):
        return x + self.last(torch.relu(self.first(x)))


class Environment(nn.Module):
    def __init__(self):
        super().__init__()
        width = int(os.environ.get("WIDTH", "8"))
        self.lin = nn.Linear(width, width)

    def forward(self, x, *args, **kwargs):
        return self.lin(x).square().mean(-1)
