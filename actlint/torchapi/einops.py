"""What the functions and layers of einops do, in the words of torch's own tables. Read from einops 0.8.1.

`rearrange` and `unpack` reshape and transpose, so that a result may be a view; `repeat` expands. All take a list of
tensors for one. The names have meant the same since 0.3 (`einsum` since 0.5, `pack` and `unpack` since 0.6).
"""

from __future__ import annotations

from typing import Final

from actlint.torchapi.op import Alias, Kind, Layer

FUNCTIONS: Final[dict[str, tuple[Kind, Alias, str]]] = {
    "einops.rearrange": ("reshape", "maybe", "@tensor pattern **axes_lengths"),
    "einops.reduce": ("reduction", "maybe", "@tensor pattern reduction **axes_lengths"),
    "einops.repeat": ("reshape", "expand", "@tensor pattern **axes_lengths"),
    "einops.einsum": ("matmul", "maybe", "@*tensors_and_pattern"),
    "einops.pack": ("concat", "fresh", "@tensors pattern -> first"),
    "einops.unpack": ("reshape", "maybe", "@tensor packed_shapes pattern -> tensors"),
    "einops.parse_shape": ("query", "none", "@x pattern -> none"),
    "einops.asnumpy": ("query", "none", "@tensor -> none"),
}
"""Kind, alias and signature (in the language of `tables/signatures.py`) of a function."""

HOMES: Final[dict[str, str]] = {"einops.einops": "einops", "einops.packing": "einops"}
"""Modules that define what another one exports."""

LAYERS: Final[dict[str, Layer]] = {
    "einops.layers.torch.Rearrange": Layer(
        "reshape", "maybe", "pattern **axes_lengths", "@input", "pattern axes_lengths multirecipe"
    ),
    "einops.layers.torch.Reduce": Layer(
        "reduction", "maybe", "pattern reduction **axes_lengths", "@input", "pattern reduction axes_lengths multirecipe"
    ),
    "einops.layers.torch.EinMix": Layer(
        "affine",
        "fresh",
        "pattern weight_shape bias_shape=None **axes_lengths",
        "@input",
        "pattern weight_shape bias_shape axes_lengths weight bias einsum_pattern pre_rearrange post_rearrange",
        parametric=True,
    ),
}
