"""What activations do to values: what they give, where they are flat, the gain of their initialisation, and which of
them over which other is pointless or does harm. By the names of torch's functions; with default arguments, except where
said. Every row is held against execution by a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, sqrt, tanh
from typing import Final, Literal

from actlint.torchapi.layers import FUNCTION
from actlint.torchapi.op import Op

RANGES: Final[dict[str, tuple[float, float]]] = {
    "relu": (0.0, inf),
    "relu6": (0.0, 6.0),
    "hardsigmoid": (0.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "log_softmax": (-inf, 0.0),
    "logsigmoid": (-inf, 0.0),
    "tanh": (-1.0, 1.0),
    "hardtanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "gelu": (-0.17, inf),
    "silu": (-0.279, inf),
    "mish": (-0.309, inf),
    "hardswish": (-0.375, inf),
    "elu": (-1.0, inf),
    "celu": (-1.0, inf),
    "softplus": (0.0, inf),
}
"""Bounds of what comes out, whatever goes in; rounded outwards where they are no plain number."""

FLAT: Final[dict[str, tuple[float, float]]] = {
    "relu": (0.0, inf),
    "relu6": (0.0, 6.0),
    "hardtanh": (-1.0, 1.0),
    "hardsigmoid": (-3.0, 3.0),
    "hardswish": (-3.0, inf),
}
"""The inputs between which a clipping activation has a gradient: below and above it is exactly zero."""

CLIPS: Final = frozenset({"relu", "relu6", "hardtanh", "hardsigmoid", "sigmoid", "tanh", "softsign"})
"""Activations that cut their input off at zero, or squash it into a range."""

SATURATING: Final = frozenset({"sigmoid", "hardsigmoid"})
"""Activations whose slope is at most a quarter, wherever."""

SOFTMAX_LOSSES: Final = frozenset({"cross_entropy"})
SIGMOID_LOSSES: Final = frozenset({"binary_cross_entropy_with_logits", "multilabel_soft_margin_loss"})
"""Losses that take logits, by the function that they apply to them."""

GAINS: Final[dict[str, float]] = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0,
    "conv_transpose3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5.0 / 3.0,
    "relu": sqrt(2.0),
    "selu": 0.75,
}
"""`nn.init.calculate_gain`; `leaky_relu` takes its slope and is not here."""


DROPOUT: Final[dict[str, str]] = {
    "Dropout": "dropout",
    "Dropout1d": "dropout1d",
    "Dropout2d": "dropout2d",
    "Dropout3d": "dropout3d",
    "AlphaDropout": "alpha_dropout",
    "FeatureAlphaDropout": "feature_alpha_dropout",
}
"""The function that each dropout layer applies."""


def leaky_gain(slope: float) -> float:
    """`nn.init.calculate_gain("leaky_relu", slope)`."""
    return sqrt(2.0 / (1.0 + slope * slope))


def named(op: Op) -> str:
    """The function that an activation, softmax or dropout is, of whatever spelling: `relu` for `nn.ReLU`."""
    namespace, _, last = op.qualname.rpartition(".")
    if namespace == "torch.nn" and (last in FUNCTION or last in DROPOUT):
        return FUNCTION.get(last) or DROPOUT[last]
    last = last.rstrip("_")
    return "sigmoid" if last == "expit" else "softmax" if last == "Softmax2d" else last


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an activation (`outer`) makes of the output of another (`inner`).

    same: it gives what it gets, `scaled` at most; idle: the inner one has no effect; constant: always the same number;
    narrowed: it cannot leave a part of its own range (`effect` says which); even: all probabilities are nearly equal;
    cut: it cuts off what the inner one lets through, or the other way round; twice: the same curve again.
    `drop` says which of the two a repair removes.
    """

    kind: Literal["same", "idle", "constant", "narrowed", "even", "cut", "twice"]
    effect: str
    drop: Literal["outer", "inner"]


_NOT_NEGATIVE: Final = ("relu", "relu6", "sigmoid", "hardsigmoid", "softmax")
_KEEPS_POSITIVE: Final = ("relu", "leaky_relu", "elu", "celu", "prelu", "rrelu")
_UNIT: Final = ("sigmoid", "hardsigmoid", "softmax")
_SMOOTH: Final = ("gelu", "silu", "mish", "hardswish")
_LOGS: Final = ("log_softmax", "logsigmoid")


def _squashed(function: str, value: float) -> float:
    match function:
        case "tanh":
            return tanh(value)
        case "hardsigmoid":
            return min(max(value / 6 + 0.5, 0.0), 1.0)
        case _:
            return 1.0 if value == inf else 0.0 if value == -inf else 1.0 / (1.0 + exp(-value))


def _narrowed(outer: str, inner: str) -> Outcome:
    low, high = (_squashed(outer, bound) for bound in RANGES[inner])
    own = RANGES[outer]
    if low > own[0] and high < own[1]:
        effect = f"only gives values between {low:.2f} and {high:.2f}"
    elif low > own[0]:
        effect = "never gives a negative value" if low == 0 and outer == "tanh" else f"never gives less than {low:.2f}"
    else:
        effect = f"never gives more than {high:.2f}"
    return Outcome("narrowed", effect, "outer" if outer == inner else "inner")


def _outcomes() -> dict[tuple[str, str], Outcome]:
    found: dict[tuple[str, str], Outcome] = {}
    for outer in ("sigmoid", "hardsigmoid"):
        for inner in (*_NOT_NEGATIVE, *_SMOOTH, *_LOGS, "tanh", "hardtanh", "softsign", "elu", "celu"):
            found[outer, inner] = _narrowed(outer, inner)
    for inner in ("relu", "relu6", *_UNIT, *_SMOOTH, "tanh", "hardtanh", "softsign"):
        found["tanh", inner] = _narrowed("tanh", inner)
    for outer in ("softmax", "log_softmax"):
        for inner in ("softmax", "sigmoid", "hardsigmoid"):
            found[outer, inner] = Outcome(
                "even", "can make no probability more than e times another", "outer" if inner == "softmax" else "inner"
            )
        for inner in ("relu", "relu6"):
            found[outer, inner] = Outcome("cut", "cannot tell the negative scores apart any more", "inner")
    found["softmax", "log_softmax"] = Outcome(
        "idle", "undoes the logarithm: it gives what softmax alone gives", "inner"
    )
    found["log_softmax", "log_softmax"] = Outcome("same", "gives what it gets", "outer")
    for inner in _NOT_NEGATIVE:
        for outer in _KEEPS_POSITIVE:
            found[outer, inner] = Outcome("same", "gives what it gets, which is never negative", "outer")
        found["selu", inner] = Outcome("same", "only scales what it gets, which is never negative", "outer")
        found["softplus", inner] = Outcome("narrowed", "never gives less than 0.69", "inner")
        for outer in _SMOOTH:
            found[outer, inner] = Outcome(
                "cut", "gets no negative values, and is nearly a straight line without", "inner"
            )
    for inner in _UNIT:
        found["relu6", inner] = found["hardtanh", inner] = Outcome(
            "same", "gives what it gets, within 0 and 1", "outer"
        )
    for inner in ("tanh", "softsign", "hardtanh"):
        found["hardtanh", inner] = Outcome("same", "gives what it gets, within -1 and 1", "outer")
    found["relu6", "relu6"] = Outcome("same", "gives what it gets, within 0 and 6", "outer")
    for inner in ("relu", "leaky_relu", "elu", "celu", "prelu", "rrelu"):
        found["relu6", inner] = Outcome("idle", "gives what it gives without", "inner")
    for inner in ("leaky_relu", "elu", "celu", "prelu", "rrelu", "selu"):
        effect = "sets all that it lets through below zero to zero"
        found["relu", inner] = Outcome("cut" if inner == "selu" else "idle", effect, "inner")
    for inner in _SMOOTH:
        found["relu", inner] = Outcome("cut", "cuts off what it lets through below zero", "outer")
    for outer in ("relu", "relu6"):
        for inner in _LOGS:
            found[outer, inner] = Outcome("constant", "gives 0 for every input, and no gradient", "outer")
    for both in (*_SMOOTH, "elu", "celu", "selu", "leaky_relu", "softsign"):
        found[both, both] = Outcome("twice", "is the same curve once more", "outer")
    return found


OUTCOMES: Final[dict[tuple[str, str], Outcome]] = _outcomes()
"""(outer, inner) for two activations in a row, nothing between. Both softmaxes go over the same dimension.

What is not here may be meant: softmax over leaky ReLU or tanh (attention), tanh over softplus (Mish), ReLU over tanh.
"""
