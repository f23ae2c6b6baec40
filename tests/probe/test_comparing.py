"""Training several seeds at once, by `--compare`, gives what each seed alone gives; where it would not, none is so
trained.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from actlint.probe.worker import comparing, stacking
from actlint.probe.worker.driving import Drive
from actlint.probe.worker.inputs import Inputs
from actlint.probe.worker.instances import built
from actlint.probe.worker.specs import floats


class Plain(nn.Module):
    def __init__(self, outputs: int = 1) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, outputs))

    def forward(self, x: Any) -> Any:
        return self.net(x)


class Classes(Plain):
    def __init__(self) -> None:
        super().__init__(2)


class Tied(nn.Module):
    """One layer twice, one that is frozen, one that is not used."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.twice, self.last = nn.Linear(2, 6), nn.Linear(6, 6), nn.Linear(6, 1)
        self.again = self.twice
        self.frozen, self.idle = nn.Linear(6, 6).requires_grad_(False), nn.Linear(3, 3)

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.twice(torch.relu(self.first(x))))
        return self.last(torch.tanh(self.frozen(self.again(x)))).squeeze(1)


class Normed(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.net.insert(1, nn.BatchNorm1d(5))


class Dropped(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.net.insert(2, nn.Dropout(0.5))


class Deciding(Plain):
    def forward(self, x: Any) -> Any:
        return self.net(x) if x.sum() > 0 else self.net(-x)


class Counting(Plain):
    """After some calls it computes something else."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: Any) -> Any:
        self.calls += 1
        return self.net(x) * (1 + self.calls // 20)


class Wide(Plain):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU(), nn.Linear(400, 1))


class Seeded(Plain):
    """Another model from each seed."""

    def __init__(self) -> None:
        super().__init__()
        self.net.extend([nn.Linear(1, 1) for _ in range(int(torch.randint(0, 3, ())))])


def compared(kind: type, **more: Any) -> tuple[Any, list[dict[str, Any]]]:
    """The runs of three seeds trained together, and each alone."""
    drive = Drive(
        built(kind, kind.__name__, (), {}, "defaults"),
        Inputs((floats(2, 2),)),
        torch.device("cpu"),
        torch.float32,
        16,
    )
    request = {"batch": 16, "steps": 150, "seeds": 3, "rate": 1e-3, "points": 200, **more}
    alone = [comparing.alone(comparing.learner(drive, "gelu", seed, request)) for seed in range(3)]
    return stacking.trained(drive, "gelu", request, lambda part: None), alone


@pytest.mark.parametrize("kind", [Plain, Classes, Tied])
def test_seeds_trained_at_once_learn_what_each_learns_alone(kind: type) -> None:
    together, alone = compared(kind)
    assert together is not None
    for one, other in zip(together, alone, strict=True):
        assert one["losses"] == pytest.approx(other["losses"], rel=1e-4)
        assert one["losses"][-1] != one["losses"][0]
        assert len(one["gradients"]) == len(other["gradients"]) == 150
        for left, right in zip(one["gradients"], other["gradients"], strict=True):
            assert left == pytest.approx(right, rel=1e-3, abs=1e-7)
        same = ("swapped", "layers", "data", "steps")
        assert [one[key] for key in same] == [other[key] for key in same]
        assert one["accuracy"] == pytest.approx(other["accuracy"], abs=0.011)
    assert len({one["losses"][0] for one in together}) == 3, "each seed has its own model"


@pytest.mark.parametrize("kind", [Normed, Dropped, Deciding, Counting, Wide, Seeded])
def test_models_that_would_not_are_trained_alone(kind: type) -> None:
    together, alone = compared(kind, steps=30)
    assert together is None and len(alone) == 3
