"""Healthy models that look most like sick ones."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrizations


class PlainSixteen(nn.Module):
    """Sixteen layers at torch's own initialisation: the first gets 3e-5 of the last one's gradient."""

    def __init__(self, width: int = 64, depth: int = 16, classes: int = 10) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.head = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = F.relu(layer(x))
        return self.head(x)


class NarrowRelu(nn.Module):
    """Half of its units are zero for all samples of a small batch."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            *(nn.Linear(20, 12), nn.ReLU(), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 12), nn.ReLU()),
            *(nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 1)),
        )

    def forward(self, x):
        return self.net(x)


class LoraAttention(nn.Module):
    """Low rank beside frozen layers: A has no gradient at the first step."""

    def __init__(self, dim=32, rank=4):
        super().__init__()
        self.query, self.value, self.out = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        for each in (self.query, self.value, self.out):
            each.requires_grad_(False)
        self.query_a, self.query_b = nn.Linear(dim, rank, bias=False), nn.Linear(rank, dim, bias=False)
        self.value_a, self.value_b = nn.Linear(dim, rank, bias=False), nn.Linear(rank, dim, bias=False)
        nn.init.zeros_(self.query_b.weight)
        nn.init.zeros_(self.value_b.weight)

    def forward(self, x):
        query = self.query(x) + self.query_b(self.query_a(x))
        value = self.value(x) + self.value_b(self.value_a(x))
        weights = (query @ x.transpose(1, 2) / math.sqrt(x.shape[-1])).softmax(-1)
        return self.out(weights @ value)


class NormedNet(nn.Module):
    """Batch norm couples the samples of a batch in training, and cancels the biases before it."""

    def __init__(self, classes=10):
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1)),
        )
        self.classifier = nn.Linear(32, classes)

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


class TiedLanguageModel(nn.Module):
    def __init__(self, vocab_size=100, dim=32, heads=4, layers=2, max_len=32):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, dim, padding_idx=0)
        self.positions = nn.Embedding(max_len, dim)
        layer = nn.TransformerEncoderLayer(dim, heads, 4 * dim, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(dim, vocab_size, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, tokens):
        length = tokens.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(length, device=tokens.device)
        x = self.tokens(tokens) + self.positions(torch.arange(length, device=tokens.device))
        return self.head(self.body(x, mask=mask, is_causal=True))


class GatedUnits(nn.Module):
    """Sigmoids as gates, many of them one after the other."""

    def __init__(self, dim=32, depth=8):
        super().__init__()
        self.values = nn.ModuleList(nn.Linear(dim, dim) for _ in range(depth))
        self.gates = nn.ModuleList(nn.Linear(dim, dim) for _ in range(depth))
        for gate in self.gates:
            nn.init.constant_(gate.bias, -2.0)

    def forward(self, x):
        for value, gate in zip(self.values, self.gates, strict=True):
            g = torch.sigmoid(gate(x))
            x = g * torch.relu(value(x)) + (1 - g) * x
        return x


class TanhRecurrent(nn.Module):
    def __init__(self, input_size=8, hidden_size=32):
        super().__init__()
        self.hidden_size = hidden_size
        self.cell = nn.RNNCell(input_size, hidden_size)
        self.out = nn.Linear(hidden_size, 4)

    def forward(self, x):
        state = x.new_zeros(x.shape[0], self.hidden_size)
        for step in range(x.shape[1]):
            state = self.cell(x[:, step], state)
        return self.out(state)


class Discriminator(nn.Module):
    def __init__(self, channels=3, features=16):
        super().__init__()
        norm = nn.utils.spectral_norm
        self.net = nn.Sequential(
            *(norm(nn.Conv2d(channels, features, 4, 2, 1)), nn.LeakyReLU(0.2)),
            *(norm(nn.Conv2d(features, 2 * features, 4, 2, 1)), nn.LeakyReLU(0.2)),
            *(norm(nn.Conv2d(2 * features, 4 * features, 4, 2, 1)), nn.LeakyReLU(0.2)),
            norm(nn.Conv2d(4 * features, 1, 4, 1, 0)),
        )

    def forward(self, x):
        return self.net(x).view(-1)


class ResidualTower(nn.Module):
    """Pre-activation blocks, the last norm of each starting at zero."""

    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.norm1, self.norm2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)
            self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
            self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
            nn.init.zeros_(self.norm2.weight)

        def forward(self, x):
            return x + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(F.relu(x))))))

    def __init__(self, width=8, blocks=12):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.Sequential(*(self.Block(width) for _ in range(blocks)))
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


class Experts(nn.Module):
    """Of sixteen experts most are chosen by no sample of a batch."""

    def __init__(self, dim=16, experts=16):
        super().__init__()
        self.router = nn.Linear(dim, experts)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, 32), nn.GELU(), nn.Linear(32, dim)) for _ in range(experts)
        )

    def forward(self, x):
        weights, chosen = self.router(x).softmax(-1).topk(2, dim=-1)
        out = torch.zeros_like(x)
        for index, expert in enumerate(self.experts):
            rows, slots = (chosen == index).nonzero(as_tuple=True)
            if rows.numel():
                out = out.index_add(0, rows, expert(x[rows]) * weights[rows, slots, None])
        return out


class Vae(nn.Module):
    def __init__(self, size=64, hidden=32, latent=4):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(size, hidden), nn.ReLU())
        self.mean, self.log_var = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, size), nn.Sigmoid())

    def forward(self, x):
        h = self.encoder(x)
        mean, log_var = self.mean(h), self.log_var(h)
        z = mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)
        return self.decoder(z), mean, log_var


class Dropping(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            *(nn.Dropout(0.5), nn.Linear(32, 64), nn.ReLU(), nn.Dropout(0.8), nn.Linear(64, 64), nn.ReLU()),
            *(nn.Dropout(0.8), nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 3)),
        )

    def forward(self, x):
        return self.net(x)


class WeightNormed(nn.Module):
    def __init__(self, channels=16, depth=6):
        super().__init__()
        self.first = parametrizations.weight_norm(nn.Conv1d(1, channels, 3, padding=1))
        self.body = nn.ModuleList(
            parametrizations.weight_norm(nn.Conv1d(channels, 2 * channels, 3, padding=2**n, dilation=2**n))
            for n in range(depth)
        )
        self.last = parametrizations.weight_norm(nn.Conv1d(channels, 1, 1))

    def forward(self, x):
        x = self.first(x)
        for layer in self.body:
            values, gates = layer(x).chunk(2, dim=1)
            x = x + torch.tanh(values) * torch.sigmoid(gates)
        return self.last(x)


class FrozenBackbone(nn.Module):
    def __init__(self, classes=5):
        super().__init__()
        self.backbone = nn.Sequential(
            *(nn.Conv2d(3, 16, 3, stride=2), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2), nn.ReLU()),
        )
        for parameter in self.backbone.parameters():
            parameter.requires_grad = False
        self.head = nn.Sequential(nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, classes))

    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()
        return self

    def forward(self, x):
        with torch.no_grad():
            features = self.backbone(x).mean((2, 3))
        return self.head(features)


class SmallUNet(nn.Module):
    def __init__(self, in_channels=3, out_channels=2, base=8):
        super().__init__()
        self.down1, self.down2 = self.double(in_channels, base), self.double(base, 2 * base)
        self.middle = self.double(2 * base, 4 * base)
        self.up2 = nn.ConvTranspose2d(4 * base, 2 * base, 2, stride=2)
        self.up1 = nn.ConvTranspose2d(2 * base, base, 2, stride=2)
        self.join2, self.join1 = self.double(4 * base, 2 * base), self.double(2 * base, base)
        self.out = nn.Conv2d(base, out_channels, 1)
        self.pool = nn.MaxPool2d(2)

    @staticmethod
    def double(ins, outs):
        return nn.Sequential(
            *(nn.Conv2d(ins, outs, 3, padding=1), nn.ReLU(inplace=True)),
            *(nn.Conv2d(outs, outs, 3, padding=1), nn.ReLU(inplace=True)),
        )

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(self.pool(a))
        c = self.middle(self.pool(b))
        b = self.join2(torch.cat([self.up2(c), b], 1))
        a = self.join1(torch.cat([self.up1(b), a], 1))
        return self.out(a)


class Siamese(nn.Module):
    def __init__(self, size=32, dim=16):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(size, dim), nn.ReLU(), nn.Linear(dim, dim))

    def forward(self, left, right):
        return F.cosine_similarity(self.encoder(left), self.encoder(right))


class CausalTransformer(nn.Module):
    def __init__(self, dim=32, heads=4, depth=6):
        super().__init__()
        self.attend = nn.ModuleList(nn.MultiheadAttention(dim, heads, batch_first=True) for _ in range(depth))
        self.forward1 = nn.ModuleList(nn.Linear(dim, 4 * dim) for _ in range(depth))
        self.forward2 = nn.ModuleList(nn.Linear(4 * dim, dim) for _ in range(depth))
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(2 * depth))

    def forward(self, x):
        mask = torch.full((x.shape[1], x.shape[1]), float("-inf"), device=x.device).triu(1)
        for n, attend in enumerate(self.attend):
            y = self.norms[2 * n](x)
            x = x + attend(y, y, y, attn_mask=mask, need_weights=False)[0]
            x = x + self.forward2[n](F.gelu(self.forward1[n](self.norms[2 * n + 1](x))))
        return x


class DiffusionMlp(nn.Module):
    """The last layer begins with zeros: nothing before it has a gradient at the first step, and the output is zero."""

    def __init__(self, dim=16, hidden=64, steps=100):
        super().__init__()
        self.time = nn.Embedding(steps, hidden)
        self.first, self.second, self.last = nn.Linear(dim, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, dim)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, x, t):
        h = F.silu(self.first(x) + self.time(t))
        return self.last(F.silu(self.second(h)))


class SequenceClassifier(nn.Module):
    """Padding gets no gradient; of a vocabulary of thousands most words are in no batch."""

    def __init__(self, vocab_size=5000, embed_dim=24, classes=2):
        super().__init__()
        self.embedding = nn.EmbeddingBag(vocab_size, embed_dim, padding_idx=0, mode="mean")
        self.head = nn.Linear(embed_dim, classes)

    def forward(self, tokens):
        return self.head(self.embedding(tokens))


class Hardened(nn.Module):
    """Outputs in bounds: a last sigmoid, a clamp, and hard activations inside."""

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.squeeze = nn.Sequential(nn.Linear(8, 2), nn.ReLU6(), nn.Linear(2, 8), nn.Hardsigmoid())
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, image):
        x = F.hardswish(self.conv2(F.relu6(self.conv1(image))))
        x = x * self.squeeze(x.mean((2, 3)))[:, :, None, None]
        return torch.sigmoid(self.last(x)).clamp(1e-6, 1 - 1e-6)


class LowRank(nn.Module):
    """Two layers without an activation between them, on purpose: a factorised matrix."""

    def __init__(self, dim=64, rank=8):
        super().__init__()
        self.down, self.up = nn.Linear(dim, rank, bias=False), nn.Linear(rank, dim)
        self.head = nn.Linear(dim, 10)

    def forward(self, x):
        return self.head(torch.relu(self.up(self.down(x))))


class DeepTanh(nn.Module):
    """Ten layers of tanh with Glorot's initialisation."""

    def __init__(self, width=48, depth=10):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        for layer in self.layers:
            nn.init.xavier_uniform_(layer.weight, nn.init.calculate_gain("tanh"))
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return self.head(x)


class Regressor(nn.Module):
    """A gradient stopped on purpose, beside a way that it takes."""

    def __init__(self, size=12):
        super().__init__()
        self.body, self.value = nn.Linear(size, 32), nn.Linear(32, 1)
        self.policy = nn.Linear(32, 4)

    def forward(self, state):
        h = F.elu(self.body(state))
        return self.policy(h), self.value(h.detach()).squeeze(-1)


class Quantized(nn.Module):
    """A straight-through estimator: the codes get their gradient from a loss of their own."""

    def __init__(self, dim=8, codes=32):
        super().__init__()
        self.encode, self.decode = nn.Linear(16, dim), nn.Linear(dim, 16)
        self.codebook = nn.Embedding(codes, dim)

    def forward(self, x):
        z = self.encode(x)
        index = torch.cdist(z, self.codebook.weight).argmin(1)
        q = self.codebook(index)
        loss = F.mse_loss(q, z.detach()) + 0.25 * F.mse_loss(z, q.detach())
        return self.decode(z + (q - z).detach()), loss
