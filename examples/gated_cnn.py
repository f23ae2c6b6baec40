"""A small convolutional network with gated blocks: in-place operations where autograd still needs the old value."""

import torch
import torch.nn as nn


class GatedBlock(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.gate = nn.Conv2d(channels, channels, 1)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        gate = torch.sigmoid(self.gate(x))
        gate += 0.1
        return self.norm(self.conv(x)) * gate


class GatedCnn(nn.Module):
    def __init__(self, classes: int = 10, width: int = 32):
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        super().__init__()
        self.blocks = [GatedBlock(width), GatedBlock(width)]
        self.head = nn.Linear(width, classes)
        self.out = nn.Sigmoid(inplace=True)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block.forward(x)
        self.relu(x)
        return self.out(self.head(x.mean(dim=(2, 3))))
