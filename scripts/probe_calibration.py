"""Measure what healthy networks show, and derive the probe's thresholds from it: `actlint/probe/calibration.json`.

    python scripts/probe_calibration.py           measure all of them anew (minutes) and write the file
    python scripts/probe_calibration.py --check   the bounds follow from the measurements, and some networks measured
                                                  again still lie within them

A threshold lies outside of everything that a network showed which trains, or between those and the known sick ones.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import nn

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from actlint.probe.worker import activations, driving, layers  # noqa: E402
from actlint.probe.worker.building import Built  # noqa: E402
from actlint.probe.worker.driving import Drive  # noqa: E402
from actlint.probe.worker.inputs import Inputs  # noqa: E402
from actlint.probe.worker.places import Project  # noqa: E402
from actlint.probe.worker.specs import floats  # noqa: E402

FILE = ROOT / "actlint" / "probe" / "calibration.json"
STEPS, BATCH, SEEDS = 20, 8, 2
DEPTHS, WIDTHS = (4, 8, 16, 32), (16, 64, 256)
HEALTHY = ("relu", "leaky_relu", "gelu", "silu", "elu", "tanh", "softplus", "softsign")
SICK = ("sigmoid", "hardsigmoid")
LAYERS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "sigmoid": nn.Sigmoid,
    "hardsigmoid": nn.Hardsigmoid,
}


class Residual(nn.Module):
    """A block with a skip connection."""

    def __init__(self, width: int, act: Callable[[], nn.Module], norm: bool) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width) if norm else nn.Identity()
        self.first, self.act, self.second = nn.Linear(width, width), act(), nn.Linear(width, width)

    def forward(self, x: Any) -> Any:
        return x + self.second(self.act(self.first(self.norm(x))))


def plain(act: str, depth: int, width: int) -> nn.Module:
    """`depth` linear layers with an activation between them, as torch initialises them."""
    inner = [layer for _ in range(depth - 2) for layer in (nn.Linear(width, width), LAYERS[act]())]
    return nn.Sequential(nn.Linear(width, width), LAYERS[act](), *inner, nn.Linear(width, 10))


def kaiming(act: str, depth: int, width: int) -> nn.Module:
    """The same with weights as He et al. (2015) draw them for rectifiers."""
    model = plain(act, depth, width)
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return model


def residual(act: str, depth: int, width: int, norm: bool) -> nn.Module:
    """Blocks with skip connections."""
    blocks = (Residual(width, LAYERS[act], norm) for _ in range(depth // 2))
    return nn.Sequential(nn.Linear(width, width), *blocks, nn.Linear(width, 10))


def convolutional(act: str, depth: int, width: int, norm: bool) -> nn.Module:
    """Convolutions with the activation, and a linear head."""
    body: list[nn.Module] = [nn.Conv2d(3, width, 3, padding=1), LAYERS[act]()]
    for _ in range(depth - 2):
        body += [nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width) if norm else nn.Identity(), LAYERS[act]()]
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))


def networks() -> Iterator[tuple[dict[str, Any], Callable[[], nn.Module], Inputs]]:
    """All networks: what they are, how they are made, what they take."""
    for act, depth, width in product(HEALTHY + SICK, DEPTHS, WIDTHS):
        if width == 256 and depth == 32:
            continue
        named = {"act": act, "depth": depth, "width": width, "healthy": act not in SICK}
        vector, image = Inputs((floats(BATCH, width),)), Inputs((floats(BATCH, 3, 12, 12),))
        yield named | {"kind": "plain"}, lambda a=act, d=depth, w=width: plain(a, d, w), vector  # type: ignore[misc]
        if act in ("relu", "leaky_relu"):
            yield named | {"kind": "kaiming"}, lambda a=act, d=depth, w=width: kaiming(a, d, w), vector  # type: ignore[misc]
        if act in ("relu", "gelu", "tanh") and width < 256:
            for norm in (True, False):
                words = {"kind": f"residual{', norm' if norm else ''}"}
                yield named | words, lambda a=act, d=depth, w=width, n=norm: residual(a, d, w, n), vector  # type: ignore[misc]
        if act in ("relu", "tanh", "sigmoid") and width == 16 and depth <= 16:
            for norm in (True, False):
                healthy = named["healthy"] or norm
                words = {"kind": f"convolutional{', norm' if norm else ''}", "healthy": healthy}
                yield named | words, lambda a=act, d=depth, w=width, n=norm: convolutional(a, d, w, n), image  # type: ignore[misc]


def measure(make: Callable[[], nn.Module], inputs: Inputs) -> dict[str, Any]:
    """Factors by seed, dead shares by rectifier and the largest saturated share, as the probe itself measures them."""
    drive = Drive(Built(make, "", ""), inputs, torch.device("cpu"), torch.float32, BATCH)
    runs = layers.seeds(drive, SEEDS, STEPS)
    factors = [found for run in runs if (found := layers.factor(run)) is not None]
    many = Drive(Built(make, "", ""), inputs, torch.device("cpu"), torch.float32, 64)
    dead: list[float] = []
    saturated = 0.0
    for seed in range(SEEDS):
        model = drive.model(seed)
        for _ in driving.trained(drive, model, seed, STEPS):
            pass
        found = activations.measure(many, Project(str(ROOT)), model, 512, seed)
        shares = [each["dead"] for each in found if each["rectifies"]]
        dead = [max(pair) for pair in zip(dead or shares, shares, strict=True)]
        saturated = max([saturated, *(each["saturated"] for each in found if not each["rectifies"])])
    return {
        "layers": factors[0][2] if factors else 0,
        "factors": [float(f"{each:.4g}") for _, each, _ in factors],
        "signals": [float(f"{found[1]:.4g}") for run in runs if (found := layers.signal(run)) is not None],
        "dead": [round(each, 3) for each in dead],
        "saturated": round(saturated, 3),
    }


def bounds(measured: list[dict[str, Any]]) -> dict[str, Any]:
    """The thresholds that follow from the measurements."""
    healthy = [each for each in measured if each["healthy"]]
    sick = [each for each in measured if not each["healthy"]]
    # One seed must show it in every run, so that the best seed of each network counts.
    lowest = min(max(each["factors"]) for each in healthy if each["factors"])
    highest_sick = max(max(each["factors"]) for each in sick if each["factors"])
    vanishing = (lowest * highest_sick) ** 0.5 if highest_sick < lowest else 0.8 * lowest
    exploding = []
    for depth in DEPTHS:
        largest = max(min(each["factors"]) for each in healthy if each["factors"] and each["depth"] == depth)
        exploding.append([depth, round(1.5 * max(largest, 1.0), 3)])
    longest = max(len(each["dead"]) for each in healthy)
    dead = []
    for index in range(longest):
        worst = max(each["dead"][index] for each in healthy if index < len(each["dead"]))
        dead.append(round(min(1.0, max(worst + 0.15, dead[-1] if dead else 0.0)), 3))
    worst = max(each["saturated"] for each in healthy)
    return {
        "vanishing": round(vanishing, 3),
        "exploding": exploding,
        "dead": dead,
        "saturated": round(max(0.5, (1 + worst) / 2), 3),
        "signal": round(1.5 * max(1.0, *(min(each["signals"]) for each in healthy if each["signals"])), 3),
        "lift": 10.0,
        "cancelled": 1e-4,
        "layers": 4,
    }


def main() -> int:
    """Write the file, or with `--check` hold it against the networks."""
    torch.set_num_threads(1)
    if "--check" not in sys.argv:
        measured = []
        for named, make, inputs in networks():
            measured.append(named | measure(make, inputs))
            print(json.dumps(measured[-1])[:160], file=sys.stderr)
        rows = ",\n".join(f"    {json.dumps(each)}" for each in measured)
        text = f'{{\n  "bounds": {json.dumps(bounds(measured))},\n  "measured": [\n{rows}\n  ]\n}}\n'
        FILE.write_text(text, encoding="utf-8")
        return 0
    known = json.loads(FILE.read_text(encoding="utf-8"))
    if known["bounds"] != bounds(known["measured"]):
        print(
            f"{FILE}: the bounds do not follow from the measurements; run scripts/probe_calibration.py", file=sys.stderr
        )
        return 1
    stored = [{key: each[key] for key in ("act", "depth", "width", "healthy", "kind")} for each in known["measured"]]
    if stored != [{key: named[key] for key in stored[0]} for named, _, _ in networks()]:
        print(f"{FILE}: other networks were measured; run scripts/probe_calibration.py", file=sys.stderr)
        return 1
    for index, (named, make, inputs) in enumerate(networks()):
        if index % 40 == 0:
            again = measure(make, inputs)["factors"]
            if any(abs(a - b) > 0.1 * b for a, b in zip(again, known["measured"][index]["factors"], strict=True)):
                print(f"{FILE}: {named} now shows factors {again}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
