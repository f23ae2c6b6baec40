"""What actlint says depends on the source alone: Python's hash seed, which orders sets, must not show anywhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROGRAM = """\
import torch
import torch.nn as nn
import torch.nn.functional as F

try:
    from fancy import alpha, beta, gamma
except ImportError:
    alpha = beta = gamma = None


class Loops(nn.Module):
    def __init__(self, depth, width, wide=False, gated=False):
        super().__init__()
        self.first, self.second, self.third = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        try:
            inner, outer, middle, last = depth // 2, depth * 2, width, width + depth
            kind = nn.ReLU if wide else nn.GELU
        except TypeError:
            self.fallback = [inner, outer, middle, last]
        self.sizes = {name: size for name, size, other in zip("abc", (inner, outer, middle), (last, last, last))}
        self.act = kind(inplace=True) if wide else kind()
        self.gated = gated

    def forward(self, x, steps):
        apple, banana, cherry, damson = x, self.first(x), self.second(x), self.third(x)
        elder = figs = grape = torch.zeros(8)
        for step in range(steps):
            grape, figs, elder = elder + apple, grape * banana, figs - cherry
            damson = self.act(damson + elder)
            if self.gated:
                apple, cherry = cherry.sigmoid(), apple.exp()
                apple += 1
            else:
                banana = torch.sigmoid(damson)
                banana.mul_(2)
        while steps:
            try:
                apple, cherry, damson = alpha(apple), beta(cherry), gamma(damson)
                steps = steps - 1
            except ValueError:
                figs = elder = F.softmax(damson, dim=-1)
                break
        kept = [(p, q, r) for p, q, r in ((apple, banana, cherry), (damson, elder, figs))]
        mapped = {s: t for s, t in self.sizes.items()}
        return apple + banana + cherry + damson + elder + figs + grape, kept, mapped


class Choices(nn.Module):
    def __init__(self, norm="batch", act=None, first=True, second=False):
        super().__init__()
        if first:
            self.one, left, right = nn.Linear(4, 4), nn.ReLU(), nn.Sigmoid()
        elif second:
            self.two, left, right = nn.Linear(4, 4), nn.Softmax(dim=1), nn.Tanh()
        else:
            left, right = nn.Identity(), nn.ELU(inplace=True)
        self.left, self.right = left, right
        for name in {"query", "key", "value"}:
            setattr(self, name, nn.Linear(4, 4))

    def forward(self, x, target):
        y = self.left(self.right(x))
        match target:
            case [one, two, three]:
                y = y + one * two - three
            case {"loss": loss, "scale": scale}:
                y = y * loss / scale
        with torch.no_grad():
            z = self.query(y) + self.key(y) + self.value(y)
        return F.cross_entropy(F.softmax(self.two(z), dim=1), target)


def step(model, batches, optimizer, criterion):
    total, count, best, worst = 0, 0, None, None
    for images, labels in batches:
        logits = model(images)
        loss = criterion(torch.softmax(logits, 1), labels)
        best, worst, total, count = min(best, loss), max(worst, loss), total + loss, count + 1
        loss.backward()
        optimizer.step()
    return total / count, best, worst
"""

DIGEST = """\
import sys
from pathlib import Path
from actlint import facts
from actlint.model import graph
from tests.model.programs import file_view

for kind in (facts.FunctionDef, facts.Lambda, facts.ClassDef):
    kind.__repr__ = lambda self: f"<{self.ordinal}>"
view = file_view(Path(sys.argv[1]).read_text(encoding="utf-8"))
print(*graph.render(view.program, view.path, None), sep="")
for trace in view.traces():
    print(trace.world, trace.complete, list(trace.heap.items()), *trace.events, sep="\\n")
"""
"""What `actlint graph` prints, then every event and heap object of every run, with all their numbers."""


def _said(seed: str, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed, "NO_COLOR": "1"},
        check=False,
    )
    assert done.returncode in (0, 1) and not done.stderr, done.stderr
    return done.stdout


@pytest.mark.parametrize("what", ["check", "runs"])
def test_the_hash_seed_does_not_show(what: str, tmp_path: Path) -> None:
    model = tmp_path / "model.py"
    model.write_text(PROGRAM, encoding="utf-8")
    command = {
        "check": (
            *("-m", "actlint", "check", "--isolated", "--no-cache", "--select", "ALL"),
            *("--output-format", "json", str(model)),
        ),
        "runs": ("-c", DIGEST, str(model)),
    }[what]
    first, *others = (_said(seed, *command) for seed in ("0", "1", "2"))
    assert len(first) > 200
    assert others == [first, first]
