"""A residual network for tables, as it should be: nothing to report."""

import torch
import torch.nn as nn


class ResidualBlock(nn.Module):
    def __init__(self, width: int, dropout: float = 0.1):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.lin1 = nn.Linear(width, 2 * width)
        self.act = nn.GELU()
        self.drop = nn.Dropout(dropout)
        self.lin2 = nn.Linear(2 * width, width)

    def forward(self, x):
        return x + self.lin2(self.drop(self.act(self.lin1(self.norm(x)))))


class ResidualMlp(nn.Module):
    def __init__(self, features: int = 16, width: int = 64, depth: int = 4, classes: int = 2):
        super().__init__()
        self.stem = nn.Linear(features, width)
        self.blocks = nn.ModuleList(ResidualBlock(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))
