"""Models that each have one illness; the comment beside the class says which finding names it."""

from __future__ import annotations

import torch
from torch import nn


class SigmoidStack(nn.Module):  # ACT903
    def __init__(self, width=32, depth=10):
        super().__init__()
        layers = []
        for _ in range(depth):
            layers += [nn.Linear(width, width), nn.Sigmoid()]
        self.net = nn.Sequential(*layers, nn.Linear(width, 2))

    def forward(self, x):
        return self.net(x)


class DeadByBias(nn.Module):  # ACT905
    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Linear(16, 32), nn.Linear(32, 32), nn.Linear(32, 4)
        nn.init.constant_(self.first.bias, -10.0)

    def forward(self, x):
        return self.last(torch.relu(self.second(torch.relu(self.first(x)))))


class LogOfNegative(nn.Module):  # ACT906
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        return torch.log(self.lin(x))


class MeanOverBatch(nn.Module):  # ACT909
    def __init__(self):
        super().__init__()
        self.lin, self.out = nn.Linear(10, 16), nn.Linear(16, 3)

    def forward(self, x):
        h = torch.relu(self.lin(x))
        return self.out(h - h.mean(0))


class IgnoresInput(nn.Module):  # ACT910
    def __init__(self):
        super().__init__()
        self.queries = nn.Parameter(torch.randn(4, 8))
        self.lin, self.out = nn.Linear(8, 8), nn.Linear(8, 2)

    def forward(self, x):
        h = self.queries.expand(x.shape[0], -1, -1)
        return self.out(torch.relu(self.lin(h))).mean(1)


class AffineChain(nn.Module):  # ACT907
    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Linear(16, 64), nn.Linear(64, 32), nn.Linear(32, 4)
        self.drop = nn.Dropout(0.1)

    def forward(self, x):
        return self.third(torch.relu(self.second(self.drop(self.first(x)))))


class Overwritten(nn.Module):  # ACT901
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(8, 8), nn.Linear(8, 2)

    def forward(self, x):
        h = torch.sigmoid(self.first(x))
        y = h * 2
        h += y
        return self.last(h)


class FrozenByNoGrad(nn.Module):  # ACT902
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 24))
        self.head = nn.Linear(24, 3)

    def forward(self, x):
        with torch.no_grad():
            h = self.encoder(x)
        return self.head(h)


class ExplodingStart(nn.Module):  # ACT904
    def __init__(self, width=32, depth=12):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        for layer in self.layers:
            nn.init.normal_(layer.weight, std=1.0)
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.head(x)


class Saturated(nn.Module):  # ACT908
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(64, 64), nn.Linear(64, 4)
        nn.init.normal_(self.first.weight, std=10.0)

    def forward(self, x):
        return self.last(torch.tanh(self.first(x)))


class Missing(nn.Module):  # ACT901
    def __init__(self):
        super().__init__()
        self.lin1 = nn.Linear(4, 4)

    def forward(self, x):
        return self.lin2(self.lin1(x))
