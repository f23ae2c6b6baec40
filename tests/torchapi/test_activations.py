"""What the tables say of activations, seen to happen."""

from __future__ import annotations

import math
import re

import pytest

torch = pytest.importorskip("torch")
F = torch.nn.functional
nn = torch.nn

from actlint import torchapi  # noqa: E402
from actlint.torchapi import activations  # noqa: E402
from actlint.torchapi.activations import FLAT, GAINS, OUTCOMES, RANGES, leaky_gain, named  # noqa: E402

X = torch.cat([torch.linspace(-30, 30, 6001, dtype=torch.double), torch.randn(2000, dtype=torch.double)])
ROWS = torch.randn(400, 6, dtype=torch.double, generator=torch.Generator().manual_seed(0)) * 8


def apply(name: str, x: object) -> object:
    if name in ("softmax", "log_softmax"):
        return getattr(F, name)(x, dim=-1)
    if name == "prelu":
        return F.prelu(x, torch.tensor([0.25], dtype=torch.double))
    return getattr(F, name)(x)


@pytest.mark.parametrize("name", RANGES)
def test_range(name: str) -> None:
    low, high = RANGES[name]
    y = apply(name, ROWS if "softmax" in name else X)
    assert low <= y.min() and y.max() <= high
    # and the bounds are no wider than they need be
    wide = apply(name, torch.tensor([[900.0, -900.0]], dtype=torch.double)) if "softmax" in name else y
    assert wide.min() - low < 0.06 if low > -math.inf else wide.min() < -20
    assert high - wide.max() < 0.06 if high < math.inf else wide.max() > 20


@pytest.mark.parametrize("name", FLAT)
def test_flat(name: str) -> None:
    low, high = FLAT[name]
    x = X.clone().requires_grad_()
    apply(name, x).sum().backward()
    assert (x.grad[(low > X) | (high < X)] == 0).all()
    inside = (low < X) & (high > X)
    assert (x.grad[inside] != 0).double().mean() > 0.99


def test_flat_is_complete() -> None:
    for name in RANGES:
        if "softmax" in name or name in FLAT:
            continue
        x = torch.linspace(-8, 8, 201, dtype=torch.double, requires_grad=True)
        apply(name, x).sum().backward()
        assert (x.grad != 0).double().mean() > 0.98, name


def test_gains() -> None:
    for name, gain in GAINS.items():
        assert math.isclose(nn.init.calculate_gain(name), gain)
    for slope in (0.0, 0.01, 0.2, 1.0):
        assert math.isclose(nn.init.calculate_gain("leaky_relu", slope), leaky_gain(slope))


@pytest.mark.parametrize(("outer", "inner"), OUTCOMES)
def test_outcome(outer: str, inner: str) -> None:
    outcome = OUTCOMES[outer, inner]
    x = ROWS if "softmax" in outer or "softmax" in inner else X
    first = apply(inner, x)
    both = apply(outer, first)
    match outcome.kind:
        case "same":
            scale = both.abs().max() / first.abs().max()
            assert torch.allclose(both, first * scale)
            assert outer == "selu" or torch.allclose(scale, torch.ones_like(scale))
        case "idle":
            alone = apply(outer, x)
            assert torch.allclose(both, alone)
        case "constant":
            assert (both == 0).all()
        case "narrowed":
            alone = apply(outer, x)
            span = alone.max() - alone.min()
            assert (both.max() - both.min() < 0.9 * span) or both.min() > 0.5
            numbers = [float(word) for word in re.findall(r"-?\d+\.\d+", outcome.effect)]
            if "between" in outcome.effect:
                assert numbers[0] - 0.006 <= both.min() and both.max() <= numbers[1] + 0.006
            elif "more" in outcome.effect:
                assert both.max() <= numbers[0] + 0.006
            elif "less" in outcome.effect:
                assert both.min() >= numbers[0] - 0.006
            else:
                assert both.min() >= 0
        case "even":
            p = both.exp() if outer == "log_softmax" else both
            assert (p.max(-1).values / p.min(-1).values <= math.e + 1e-9).all()
        case "cut" if "softmax" in outer:
            same = torch.tensor([[2.0, -1.0, -7.0]], dtype=torch.double)
            p = apply(outer, apply(inner, same))
            assert p[0, 1] == p[0, 2] and apply(outer, same)[0, 1] != apply(outer, same)[0, 2]
        case "cut" if outer == "relu":
            assert (both[first < 0] == 0).all() and (first < -1e-3).any()
        case "cut":
            assert (first >= 0).all()
            assert (both - first).abs().max() < 0.4  # a straight line, but for a small bend
        case "twice":
            assert outer == inner and not torch.allclose(both, first)


def test_names() -> None:
    for layer, function in (("ReLU", "relu"), ("Softmax2d", "softmax"), ("LogSoftmax", "log_softmax")):
        op = torchapi.layer(f"torch.nn.{layer}")
        assert op is not None and named(op) == function
    for name in ("torch.special.expit", "torch.sigmoid", "torch.nn.functional.sigmoid"):
        op = torchapi.function(name)
        assert op is not None and named(op) == "sigmoid"
    op = torchapi.method("relu_")
    assert op is not None and named(op) == "relu"
    known = {n for pair in OUTCOMES for n in pair} | set(activations.RANGES)
    for name in known:
        op = torchapi.function(f"torch.nn.functional.{name}") or torchapi.function(f"torch.{name}")
        assert op is not None and op.kind in ("activation", "softmax") and named(op) == name


@pytest.mark.parametrize(("layer", "function"), activations.DROPOUT.items())
def test_dropout(layer: str, function: str) -> None:
    x = torch.ones(4, 8, *[5] * int(layer[-2] if layer.endswith("d") else 1))
    torch.manual_seed(3)
    made = getattr(nn, layer)(0.4)(x)
    torch.manual_seed(3)
    assert torch.equal(made, getattr(F, function)(x, 0.4, training=True))
    op = torchapi.layer(f"torch.nn.{layer}")
    assert op is not None and named(op) == function
    table = torchapi.function(f"torch.nn.functional.{function}")
    assert table is not None
    drops = not torch.equal(getattr(F, function)(x, 0.4), x)
    assert [param.default for param in table.params if param.name == "training"] == [drops]
