"""Every rule that running can decide: a model where the probe confirms a finding, and one where it refutes a wrong one.

A comment `# CODE names` claims a finding of that code on its line, about these names. Programs are
grouped, since each class costs a process: what raises stands alone, what does not shares a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from actlint.diagnostic import Diagnostic, Verdict
from actlint.probe.probing import How
from actlint.probe.verdicts import JUDGES
from tests.probe.probing import HOW, claimed, probed

HEADER = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n\n"

CONFIRMED: dict[str, str] = {
    "writes that backward notices": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        y = torch.sigmoid(self.lin(x))
        y += 1  # ACT202
        return y
""",
    "writes to a saved input": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)
        self.scale = nn.Parameter(torch.ones(8))

    def forward(self, x):
        y = self.lin(x)
        z = y * self.scale
        y.add_(1)  # ACT203
        return z
""",
    "a leaf": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(8))

    def forward(self, x):
        self.weight.mul_(2)  # ACT201
        return x * self.weight
""",
    "an old value that is still read": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        y = self.lin(x)
        skip = y
        y += 1  # ACT204
        return skip + y
""",
    "shared memory": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        a, b = self.lin(x).chunk(2, dim=1)
        a.mul_(2)  # ACT205
        return a + b
""",
    "an argument that is not there": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)
        self.act = nn.Sigmoid(inplace=True)  # ACT207

    def forward(self, x):
        return self.act(self.lin(x))
""",
    "behind autograd's back": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        y = torch.sigmoid(self.lin(x))
        y.data.mul_(2)  # ACT208
        return y
""",
    "a layer for an activation": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        y = nn.ReLU(self.lin(x))  # ACT305 ReLU
        return y + 1
""",
    "an attribute that is not there": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        return self.layers(x)  # ACT401 layers
""",
    "a tuple": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8),  # ACT402 lin

    def forward(self, x):
        return self.lin(x)
""",
    "no set-up": """
class Net(nn.Module):
    def __init__(self):
        self.lin = nn.Linear(8, 8)  # ACT404

    def forward(self, x):
        return self.lin(x)
""",
    "no forward": """
class Net(nn.Module):  # ACT411 Net
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)
""",
    "another class's parents": """
class Other(nn.Module):
    pass


class Net(nn.Module):
    def __init__(self):
        super(Other, self).__init__()  # ACT414
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        return self.lin(x)
""",
    "features": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 16)
        self.second = nn.Linear(32, 4)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))  # ACT501
""",
    "channels": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(16)

    def forward(self, x):
        return self.norm(self.conv(x))  # ACT502
""",
    "an image for a vector": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=32)
        self.head = nn.Linear(800, 4)

    def forward(self, x):
        return self.head(F.adaptive_avg_pool2d(self.conv(x), 10))  # ACT503
""",
    "heads": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(30, 4)  # ACT504

    def forward(self, x):
        return self.attention(x, x, x)[0]
""",
    "logits where probabilities are wanted": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 1)
        self.loss = nn.BCELoss()

    def forward(self, x):
        return self.lin(x)

    def training_step(self, batch):
        x, y = batch
        return self.loss(self(x), torch.ones(len(x), 1))  # ACT603
""",
    "what is gone": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        return torch.lstsq(self.lin(x), x)  # ACT106
""",
    "nothing to train": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        y = self.lin(x).detach()  # ACT701
        return y * 2
""",
    "no grad": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        with torch.no_grad():  # ACT702
            return self.lin(x)
""",
    "rounding": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        return torch.round(self.lin(x))  # ACT703
""",
    "what warns": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)
        self.rnn = nn.GRU(8, 8, dropout=0.5, batch_first=True)  # ACT312

    def forward(self, x):
        with torch.cuda.amp.autocast(False):  # ACT103
            y = F.softmax(self.lin(x))  # ACT102
        loss = F.mse_loss(y, y, size_average=True)  # ACT105
        with torch.cpu.amp.autocast(False):  # ACT104
            z, _ = self.rnn(y.unsqueeze(1))
        return z + loss
""",
    "what goes wrong in silence": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(16, 32)
        self.second = nn.Linear(32, 32)
        self.blocks = [nn.Linear(32, 32)]  # ACT403 blocks
        self.spare = nn.Linear(4, 4)  # ACT406 spare
        self.mean = torch.zeros(16)  # ACT407 mean
        self.head = nn.Linear(32, 4)
        self.head = nn.Linear(32, 8)  # ACT410 head
        self.twice = nn.ModuleList([nn.Linear(32, 32)] * 2)  # ACT412
        self.before = nn.Linear(32, 32)  # ACT311
        self.norm = nn.BatchNorm1d(32)

    def forward(self, x):
        x.sub_(self.mean)  # ACT206
        x = self.second(self.first(x))  # ACT301
        F.relu(x)  # ACT304
        x = F.dropout(x, 0.5)  # ACT309
        for layer in [*self.blocks, *self.twice]:
            x = torch.relu(layer(x))
        x = nn.Linear(32, 32)(x)  # ACT405
        x = self.norm(self.before(x))
        return torch.relu(self.head(x))  # ACT303
""",
    "a parameter that is none": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)
        self.gain = nn.Parameter(torch.ones(8)) / 2  # ACT413 gain

    def forward(self, x):
        return self.lin(x) * self.gain
""",
    "gradients that vanish": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(32, 32) for _ in range(8))
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")  # ACT310
            layer.weight.data /= 20
        self.head = nn.Linear(32, 4)

    def forward(self, x):
        for layer in self.layers:
            x = torch.sigmoid(layer(x))  # ACT306
        return self.head(x)
""",
    "graphs that are kept": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 4)

    def forward(self, x):
        return self.lin(x)


def train(model, loader, optimizer):
    total = 0
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss  # ACT705 total
    return total
""",
}

REFUTED: dict[str, str] = {
    "a healthy model": """
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(32, 32)

    def forward(self, x):
        return x + torch.relu(self.lin(x))


class Net(nn.Module):  # ACT411 Net
    def __init__(self):
        super().__init__()  # ACT404 # ACT414
        self.first = nn.Linear(16, 32)  # ACT402 first # ACT501
        self.second = nn.Linear(32, 32)  # ACT311
        self.blocks = nn.ModuleList([Block(), Block()])  # ACT403 blocks # ACT412
        self.register_buffer("mean", torch.zeros(16))  # ACT407 mean
        self.gain = nn.Parameter(torch.ones(32))  # ACT413 gain
        self.head = nn.Linear(32, 4)  # ACT406 head # ACT410 head
        self.act = nn.ReLU(inplace=True)  # ACT207
        self.rnn = nn.GRU(32, 32, num_layers=2, dropout=0.1, batch_first=True)  # ACT312
        self.attention = nn.MultiheadAttention(32, 4, batch_first=True)  # ACT504

    def forward(self, x):
        x = x - self.mean  # ACT206
        x = torch.relu(self.first(x))  # ACT304
        x = self.second(x)  # ACT301 # ACT502
        x = self.act(x)  # ACT305 ReLU # ACT204
        x = x * self.gain
        x += 1  # ACT202 # ACT203 # ACT201 # ACT205 # ACT208
        for block in self.blocks:  # ACT401 blocks
            x = block(x)  # ACT405
        x = F.dropout(x, 0.1, self.training)  # ACT309
        x = self.rnn(x.unsqueeze(1))[0]
        x = self.attention(x, x, x)[0].flatten(1)  # ACT503
        weights = F.softmax(x, dim=-1)  # ACT102 # ACT103 # ACT104 # ACT105 # ACT106
        return self.head(x * weights)  # ACT303 # ACT701 # ACT702 # ACT703
""",
    "gradients that arrive": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(32, 32) for _ in range(6))
        for layer in self.layers:
            nn.init.xavier_normal_(layer.weight)  # ACT310
        self.head = nn.Linear(32, 4)

    def forward(self, x):
        for layer in self.layers:
            x = torch.tanh(layer(x))  # ACT306
        return self.head(x)
""",
    "probabilities": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 1)
        self.loss = nn.BCELoss()

    def forward(self, x):
        return torch.sigmoid(self.lin(x))

    def training_step(self, batch):
        x, y = batch
        return self.loss(self(x), torch.ones(len(x), 1))  # ACT603
""",
    "a graph that is dropped": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 4)

    def forward(self, x):
        return self.lin(x)


def train(model, loader, optimizer):
    total = 0
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.detach()  # ACT705 total
    return total
""",
}


def codes(texts: dict[str, str]) -> set[str]:
    return {code for text in texts.values() for code in re.findall(r"# (ACT\d+)", text)}


def test_every_decidable_rule_is_confirmed_once_and_refuted_once() -> None:
    assert codes(CONFIRMED) == codes(REFUTED) == set(JUDGES)


def verdicts(text: str, how: How = HOW) -> Iterator[tuple[Diagnostic, Verdict | None]]:
    found = probed(HEADER + text, claimed(HEADER + text), only="Net", how=how)
    assert not found.notices
    return ((each, each.verdict) for each in found.diagnostics if each.code in JUDGES)


@pytest.mark.parametrize("name", CONFIRMED)
def test_confirmed(name: str, how: How) -> None:
    for each, verdict in verdicts(CONFIRMED[name], how):
        assert verdict is not None and verdict.status == "confirmed", (each.code, verdict)
        assert verdict.evidence


@pytest.mark.parametrize("name", REFUTED)
def test_refuted(name: str, how: How) -> None:
    for each, verdict in verdicts(REFUTED[name], how):
        assert verdict is not None and verdict.status == "refuted", (each.code, verdict)
        assert verdict.evidence


def test_what_does_not_run_is_not_exercised() -> None:
    text = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 8)

    def forward(self, x):
        return self.lin(x)

    def other(self, x):
        return self.layers(x)  # ACT401 layers
"""
    ((each, verdict),) = verdicts(text)
    assert verdict == Verdict("not exercised", "no run reached line 16")


def test_what_no_run_decides_is_inconclusive() -> None:
    found = probed(HEADER + "x = 1  # ACT101\n", claimed(HEADER + "x = 1  # ACT101\n"))
    (each,) = found.diagnostics
    assert each.verdict == Verdict("inconclusive", "running the model cannot decide this rule")


def test_a_condition_that_may_not_have_held_refutes_nothing() -> None:
    from dataclasses import replace

    text = HEADER + REFUTED["probabilities"]
    claims = [replace(each, conditions=("self.hard",)) for each in claimed(text)]
    (each,) = probed(text, claims, only="Net").diagnostics
    assert each.verdict is not None and each.verdict.status == "inconclusive"
    assert "perhaps not when self.hard" in each.verdict.evidence
