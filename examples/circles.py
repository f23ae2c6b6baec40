"""Two concentric circles and a network of four hidden layers of five units: the experiment with which textbooks show
vanishing gradients, on your own machine.

    actlint probe examples/circles.py:Circles --compare relu,relu6,leaky_relu,tanh,sigmoid \\
        --epochs 300 --batch 16 --rate 1e-4 --seeds 10 --timeout 3600 --html circles.html
"""

import torch.nn as nn


class Circles(nn.Module):
    def __init__(self, width=5, depth=4, start=nn.init.xavier_uniform_):
        super().__init__()
        layers, size = [], 2
        for _ in range(depth):
            layers += [nn.Linear(size, width), nn.ReLU()]
            size = width
        self.net = nn.Sequential(*layers, nn.Linear(size, 1))
        if start is not None:
            self.apply(lambda layer: self.begin(layer, start))

    @staticmethod
    def begin(layer, start):
        if isinstance(layer, nn.Linear):
            start(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        return self.net(x)
