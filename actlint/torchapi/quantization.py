"""What torch's modules for quantization do while nothing is quantized: in training, and when a float model runs."""

from __future__ import annotations

from typing import Final

from actlint.torchapi.op import Alias, Kind, Layer

_STUB: Final = Layer("identity", "same", "qconfig=None", "@input", "qconfig")

LAYERS: Final[dict[str, Layer]] = {
    "torch.ao.quantization.QuantStub": _STUB,
    "torch.ao.quantization.DeQuantStub": _STUB,
}

HOMES: Final[dict[str, str]] = {
    "torch.quantization": "torch.ao.quantization",
    "torch.ao.quantization.stubs": "torch.ao.quantization",
    "torch.quantization.stubs": "torch.ao.quantization",
}

FUNCTIONS: Final[dict[str, tuple[Kind, Alias, str]]] = {
    "torch.ao.nn.quantized.FloatFunctional.add_relu": ("other", "fresh", "@x @y"),
}

METHODS: Final[dict[str, str]] = {
    "add": "torch.add",
    "add_scalar": "torch.add",
    "mul": "torch.mul",
    "mul_scalar": "torch.mul",
    "matmul": "torch.matmul",
    "cat": "torch.cat",
    "add_relu": "torch.ao.nn.quantized.FloatFunctional.add_relu",
}
"""What the methods of `FloatFunctional` do: an observer that changes nothing sees their result."""
