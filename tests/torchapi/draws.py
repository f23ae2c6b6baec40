"""Random calls of operations whose shapes have rules of their own: the arguments are drawn, torch says what comes out.

A draw is `(name, constructor's or call's arguments, keywords, inputs of forward)`; `inputs` is None for functions and
methods. Some draws are calls that torch refuses, on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import torch
from torch import Tensor

F = "torch.nn.functional."


@dataclass(frozen=True)
class Drawn:
    """One call. `inputs` is what a layer's forward takes."""

    qualname: str
    args: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[Any, ...] | None = None


Draw = Callable[[Random], Drawn]


def meta(*shape: int) -> Tensor:
    """A tensor without memory."""
    return torch.empty(shape, device="meta")


def shape(r: Random, low: int = 1, high: int = 4) -> tuple[int, ...]:
    """Some sizes."""
    return tuple(r.randint(1, 6) for _ in range(r.randint(low, high)))


def dim_of(r: Random, rank: int) -> int:
    """A dimension, counted from either end."""
    return r.randint(-rank, rank - 1)


def image(r: Random, spatial: int, channels: int | None = None) -> Tensor:
    """A batch (or a single one) of `spatial`-dimensional pictures."""
    batch = [r.randint(1, 3)] if r.random() < 0.75 else []
    return meta(*batch, channels or r.choice((2, 4, 6)), *(r.randint(5, 12) for _ in range(spatial)))


def each(r: Random, spatial: int, low: int, high: int) -> Any:
    """One number, or one for each spatial dimension."""
    if r.random() < 0.5:
        return r.randint(low, high)
    return tuple(r.randint(low, high) for _ in range(spatial))


def conv(spatial: int) -> Draw:
    def draw(r: Random) -> Drawn:
        groups = r.choice((1, 1, 2))
        channels = r.choice((2, 4))
        padding: Any = r.choice((each(r, spatial, 0, 2), each(r, spatial, 0, 2), "same", "valid"))
        stride: Any = 1 if padding == "same" else each(r, spatial, 1, 3)
        kernel = each(r, spatial, 1, 4)
        keywords = {"stride": stride, "padding": padding, "dilation": each(r, spatial, 1, 2), "groups": groups}
        x = image(r, spatial, channels if r.random() < 0.9 else 3)
        if r.random() < 0.5:
            return Drawn(f"torch.nn.Conv{spatial}d", (channels, 6, kernel), keywords, (x,))
        sizes = kernel if isinstance(kernel, tuple) else (kernel,) * spatial
        return Drawn(f"{F}conv{spatial}d", (x, meta(6, channels // groups, *sizes)), keywords)

    return draw


def conv_transpose(spatial: int) -> Draw:
    def draw(r: Random) -> Drawn:
        stride = r.randint(1, 3)
        keywords = {"stride": stride, "padding": each(r, spatial, 0, 2), "dilation": each(r, spatial, 1, 2)}
        keywords["output_padding"] = r.randint(0, stride - 1)
        kernel = each(r, spatial, 1, 4)
        x = image(r, spatial, 4)
        if r.random() < 0.5:
            return Drawn(f"torch.nn.ConvTranspose{spatial}d", (4, 6, kernel), keywords, (x,))
        sizes = kernel if isinstance(kernel, tuple) else (kernel,) * spatial
        return Drawn(f"{F}conv_transpose{spatial}d", (x, meta(4, 3, *sizes)), {**keywords, "groups": r.choice((1, 2))})

    return draw


def pool(kind: str, spatial: int) -> Draw:
    def draw(r: Random) -> Drawn:
        kernel = each(r, spatial, 2, 4) if spatial > 1 else r.randint(2, 4)
        keywords: dict[str, Any] = {"ceil_mode": r.random() < 0.4}
        if r.random() < 0.6:
            keywords["stride"] = each(r, spatial, 1, 3)
        if r.random() < 0.6 and kind != "Lp":
            keywords["padding"] = 1
        if kind == "Max" and r.random() < 0.4:
            keywords["dilation"] = each(r, spatial, 1, 2)
        x = image(r, spatial)
        norm = (2,) if kind == "Lp" else ()
        if r.random() < 0.5:
            name = f"torch.nn.{kind if kind != 'Lp' else 'LP'}Pool{spatial}d"
            return Drawn(name, (*norm, kernel), keywords, (x,))
        if kind == "Lp":
            keywords = {key: value for key, value in keywords.items() if key != "padding"}
        return Drawn(f"{F}{kind.lower()}_pool{spatial}d", (x, *norm, kernel), keywords)

    return draw


def adaptive(kind: str, spatial: int) -> Draw:
    def draw(r: Random) -> Drawn:
        size: Any = r.choice((1, 3, tuple(r.choice((2, 3, None)) for _ in range(spatial))))
        x = image(r, spatial)
        if r.random() < 0.5:
            return Drawn(f"torch.nn.Adaptive{kind}Pool{spatial}d", (size,), {}, (x,))
        return Drawn(f"{F}adaptive_{kind.lower()}_pool{spatial}d", (x, size))

    return draw


def linear(r: Random) -> Drawn:
    x = meta(*shape(r, 0, 3), 6 if r.random() < 0.9 else 5)
    if r.random() < 0.5:
        return Drawn("torch.nn.Linear", (6, 9), {"bias": r.random() < 0.5}, (x,))
    return Drawn(f"{F}linear", (x, meta(9, 6) if r.random() < 0.8 else meta(6)))


def bilinear(r: Random) -> Drawn:
    lead = shape(r, 1, 2)
    return Drawn("torch.nn.Bilinear", (3, 4, 5), {}, (meta(*lead, 3), meta(*lead, 4)))


def embedding(r: Random) -> Drawn:
    ids = torch.zeros(shape(r, 0, 3), dtype=torch.long, device="meta")
    if r.random() < 0.5:
        return Drawn("torch.nn.Embedding", (10, 7), {}, (ids,))
    return Drawn(f"{F}embedding", (ids, meta(10, 7)))


def norm(r: Random) -> Drawn:
    spatial = r.randint(1, 3)
    x = image(r, spatial, 4)
    match r.randrange(5):
        case 0:
            return Drawn(f"torch.nn.BatchNorm{spatial}d", (4 if r.random() < 0.8 else 5,), {}, (x,))
        case 1:
            return Drawn(f"torch.nn.InstanceNorm{spatial}d", (4,), {"affine": r.random() < 0.5}, (x,))
        case 2:
            return Drawn("torch.nn.GroupNorm", (r.choice((1, 2)), 4), {}, (x,))
        case 3:
            lead = shape(r, 1, 2)
            return Drawn("torch.nn.LayerNorm", ((3, 4) if r.random() < 0.5 else 4,), {}, (meta(*lead, 3, 4),))
        case _:
            return Drawn("torch.nn.BatchNorm1d", (6,), {}, (meta(3, 6),))


def recurrent(r: Random) -> Drawn:
    kind = r.choice(("RNN", "GRU", "LSTM"))
    keywords: dict[str, Any] = {
        "batch_first": r.random() < 0.5,
        "bidirectional": r.random() < 0.5,
        "num_layers": r.randint(1, 2),
    }
    if kind == "LSTM" and r.random() < 0.3:
        keywords["proj_size"] = 2
    x = meta(5, 3, 4) if r.random() < 0.7 else meta(5, 4)
    if r.random() < 0.3:
        return Drawn(f"torch.nn.{kind}Cell", (4, 6), {}, (meta(*(3,) * r.randint(0, 1), 4),))
    return Drawn(f"torch.nn.{kind}", (4, 6), keywords, (x,))


def attention(r: Random) -> Drawn:
    first = r.random() < 0.5
    batch = r.random() < 0.7
    source = 7
    if batch:
        query, key = ((2, 5, 8), (2, source, 8)) if first else ((5, 2, 8), (source, 2, 8))
    else:
        query, key = (5, 8), (source, 8)
    inputs = (meta(*query), meta(*key), meta(*key))
    return Drawn("torch.nn.MultiheadAttention", (8, 2), {"batch_first": first}, inputs)


def transformer(r: Random) -> Drawn:
    keywords = {"dim_feedforward": 16, "batch_first": r.random() < 0.5}
    if r.random() < 0.5:
        return Drawn("torch.nn.TransformerEncoderLayer", (8, 2), keywords, (meta(2, 5, 8),))
    return Drawn("torch.nn.TransformerDecoderLayer", (8, 2), keywords, (meta(2, 2, 8), meta(2, 2, 8)))


def resample(r: Random) -> Drawn:
    match r.randrange(6):
        case 0:
            keywords: dict[str, Any] = r.choice(
                ({"scale_factor": 2}, {"scale_factor": 0.5}, {"size": (7, 9)}, {"size": 8})
            )
            x = meta(2, 4, *(r.randint(4, 9) for _ in range(2)))
            if r.random() < 0.5:
                return Drawn("torch.nn.Upsample", (), keywords, (x,))
            return Drawn(f"{F}interpolate", (x,), keywords)
        case 1:
            return Drawn(f"{F}pixel_shuffle", (meta(2, 8, 3, 5), 2))
        case 2:
            return Drawn("torch.nn.PixelUnshuffle", (2,), {}, (meta(2, 3, 4, 6),))
        case 3:
            margins = tuple(r.randint(0, 2) for _ in range(2 * r.randint(1, 2)))
            return Drawn(f"{F}pad", (meta(2, 3, 5, 6), margins))
        case 4:
            margin = r.choice((1, (1, 2, 0, 1)))
            return Drawn(
                f"torch.nn.{r.choice(('Zero', 'Reflection', 'Replication'))}Pad2d", (margin,), {}, (meta(2, 3, 5, 6),)
            )
        case _:
            keywords = {"kernel_size": r.randint(1, 3), "stride": r.randint(1, 2), "padding": r.randint(0, 1)}
            return Drawn(f"{F}unfold", (meta(2, 3, 6, 7),), keywords)


def reshapes(r: Random) -> Drawn:
    x = meta(2, 3, 4, 5)
    sizes = r.choice(((2, -1), (6, 20), (-1,), (2, 3, -1, 2, 10), (2, 3, 20), (-1, 7), (2, -1, 5)))
    start = r.randint(-4, 3)
    return r.choice(
        (
            Drawn("torch.Tensor.view", (x, *sizes)),
            Drawn("torch.Tensor.view", (x, sizes)),
            Drawn("torch.reshape", (x, sizes)),
            Drawn("torch.Tensor.flatten", (x, start)),
            Drawn("torch.flatten", (x, start, r.randint(-4, 3))),
            Drawn("torch.nn.Flatten", r.choice(((), (2,), (1, 2))), {}, (x,)),
            Drawn("torch.unflatten", (x, r.choice((2, -2)), r.choice(((2, 2), (2, -1), (3, -1))))),
            Drawn("torch.nn.Unflatten", (1, r.choice(((3, 1), (1, 3)))), {}, (x,)),
            Drawn("torch.Tensor.view_as", (x, meta(6, 20))),
        )
    )


def axes(r: Random) -> Drawn:
    sizes = tuple(r.choice((1, 1, 2, 3)) for _ in range(r.randint(1, 4)))
    x = meta(*sizes)
    rank = len(sizes)
    order = list(range(rank))
    r.shuffle(order)
    a, b = dim_of(r, rank), dim_of(r, rank)
    one = (1,) * (r.randint(0, 1)) + tuple(r.choice((-1, size if size > 1 else 4)) for size in sizes)
    found = [
        Drawn("torch.Tensor.permute", (x, *order)),
        Drawn("torch.permute", (x, tuple(order))),
        Drawn("torch.transpose", (x, a, b)),
        Drawn("torch.Tensor.transpose", (x, a, b)),
        Drawn("torch.swapaxes", (x, a, b)),
        Drawn("torch.movedim", (x, a, b)),
        Drawn("torch.squeeze", (x,)),
        Drawn("torch.Tensor.squeeze", (x, a)),
        Drawn("torch.Tensor.squeeze", (x,)),
        Drawn("torch.unsqueeze", (x, r.randint(-rank - 1, rank))),
        Drawn("torch.Tensor.expand", (x, *one)),
        Drawn("torch.Tensor.repeat", (x, *(r.randint(1, 3) for _ in range(r.randint(rank, rank + 1))))),
        Drawn("torch.Tensor.tile", (x, *(r.randint(1, 3) for _ in range(r.randint(1, rank + 1))))),
        Drawn("torch.repeat_interleave", (x, 2, a)),
        Drawn("torch.adjoint", (x,)) if rank > 1 else Drawn("torch.flatten", (x,)),
    ]
    return r.choice(found)


def cuts(r: Random) -> Drawn:
    x = meta(4, 6, 5)
    dim = dim_of(r, 3)
    size = x.shape[dim]
    return r.choice(
        (
            Drawn("torch.chunk", (x, r.randint(1, 5)), {"dim": dim}),
            Drawn("torch.Tensor.chunk", (x, 2, dim)),
            Drawn("torch.split", (x, r.randint(1, 4), dim)),
            Drawn("torch.Tensor.split", (x, (1, size - 1)), {"dim": dim}),
            Drawn("torch.unbind", (x, dim)),
            Drawn("torch.narrow", (x, dim, 1, 2)),
            Drawn("torch.select", (x, dim, 1)),
            Drawn("torch.Tensor.select", (x, dim, 1)),
            Drawn("torch.index_select", (x, dim, torch.zeros(3, dtype=torch.long, device="meta"))),
            Drawn("torch.Tensor.unfold", (x, dim, 2, r.randint(1, 2))),
            Drawn("torch.topk", (x, 2), {"dim": dim}),
            Drawn("torch.sort", (x, dim)),
            Drawn(f"{F}glu", (x, dim)),
        )
    )


def joins(r: Random) -> Drawn:
    x = meta(2, 3, 4)
    y = meta(*(r.choice(((2, 3, 4), (2, 3, 5), (2, 1, 4)))))
    dim = dim_of(r, 3)
    return r.choice(
        (
            Drawn("torch.cat", ((x, y), dim)),
            Drawn("torch.cat", ((x, x, y),), {"dim": dim}),
            Drawn("torch.stack", ((x, x),), {"dim": r.randint(-4, 3)}),
            Drawn("torch.add", (x, y)),
            Drawn("torch.Tensor.mul", (x, meta(*r.choice(((4,), (3, 1), (2, 1, 1), (5,), (7, 2, 3, 4)))))),
            Drawn("torch.Tensor.add", (x, 2)),
            Drawn("torch.where", (x > 0, x, meta(4))),
            Drawn("torch.maximum", (x, meta(3, 4))),
            Drawn("torch.eq", (x, meta(1))),
            Drawn("torch.Tensor.expand_as", (meta(3, 1), x)),
        )
    )


def reductions(r: Random) -> Drawn:
    x = meta(2, 3, 4)
    dim: Any = r.choice((dim_of(r, 3), (0, 2), (-1, -2)))
    keywords: dict[str, Any] = {"keepdim": r.random() < 0.5}
    one = dim if isinstance(dim, int) else -1
    name = r.choice(("sum", "mean", "amax", "std", "logsumexp"))
    return r.choice(
        (
            Drawn(f"torch.{name}", (x, dim), keywords),
            Drawn("torch.Tensor.mean", (x,), {"dim": dim, **keywords}),
            Drawn("torch.Tensor.sum", (x,)),
            Drawn("torch.max", (x, one), keywords),
            Drawn("torch.Tensor.max", (x,), {"dim": one, **keywords}),
            Drawn("torch.min", (x,)),
            Drawn("torch.argmax", (x,), {"dim": one, **keywords}),
            Drawn("torch.Tensor.argmax", (x, one)),
            Drawn("torch.norm", (x,), {"dim": one}),
            Drawn("torch.Tensor.prod", (x, one)),
            Drawn("torch.median", (x, one), keywords),
            Drawn("torch.any", (x,), {"dim": one}),
            Drawn(f"{F}mse_loss", (x, x), {"reduction": r.choice(("mean", "sum", "none"))}),
        )
    )


def products(r: Random) -> Drawn:
    inner = 4 if r.random() < 0.9 else 3
    a = r.choice(((4,), (3, 4), (2, 3, 4), (5, 2, 3, 4), (1, 3, 4)))
    b = r.choice(((inner,), (inner, 6), (2, inner, 6), (1, inner, 6)))
    equation, operands = r.choice(
        (
            ("bij,bjk->bik", (meta(2, 3, 4), meta(2, 4, 5))),
            ("b h i d, b h j d -> b h i j", (meta(2, 3, 4, 5), meta(2, 3, 6, 5))),
            ("...ij,...jk->...ik", (meta(7, 2, 3, 4), meta(2, 4, 5))),
            ("ii->i", (meta(4, 4),)),
            ("ij,jk", (meta(3, 4), meta(4, 5))),
            ("nctv,kvw->nckw", (meta(2, 3, 4, 5), meta(6, 5, 7))),
        )
    )
    return r.choice(
        (
            Drawn("torch.matmul", (meta(*a), meta(*b))),
            Drawn("torch.Tensor.matmul", (meta(*a), meta(*b))),
            Drawn("torch.bmm", (meta(2, 3, 4), meta(2, inner, 6))),
            Drawn("torch.mm", (meta(3, 4), meta(inner, 6))),
            Drawn("torch.einsum", (equation, *operands)),
            Drawn(f"{F}scaled_dot_product_attention", (meta(2, 3, 5, 8), meta(2, 3, 7, 8), meta(2, 3, 7, 6))),
            Drawn("torch.outer", (meta(3), meta(4))),
            Drawn("torch.cdist", (meta(2, 3, 4), meta(2, 5, 4))),
            Drawn(f"{F}cosine_similarity", (meta(3, 4), meta(3, 4)), {"dim": r.choice((0, 1, -1))}),
        )
    )


def making(r: Random) -> Drawn:
    sizes = shape(r)
    return r.choice(
        (
            Drawn("torch.zeros", sizes, {"device": "meta"}),
            Drawn("torch.randn", (sizes,), {"device": "meta"}),
            Drawn("torch.full", (sizes, 0.5), {"device": "meta"}),
            Drawn("torch.arange", (r.randint(1, 9),), {"device": "meta"}),
            Drawn("torch.arange", (2, r.randint(3, 9), r.randint(1, 3)), {"device": "meta"}),
            Drawn("torch.linspace", (0, 1, 7), {"device": "meta"}),
            Drawn("torch.eye", r.choice(((3,), (3, 4))), {"device": "meta"}),
            Drawn("torch.zeros_like", (meta(*sizes),)),
            Drawn("torch.tensor", (((1, 2, 3), (4, 5, 6)),), {"device": "meta"}),
            Drawn("torch.Tensor.new_zeros", (meta(2), sizes)),
        )
    )


FAMILIES: dict[str, Draw] = {
    **{f"conv{n}d": conv(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": conv_transpose(n) for n in (1, 2, 3)},
    **{f"{kind} pool {n}d": pool(kind, n) for kind in ("Avg", "Max") for n in (1, 2, 3)},
    **{f"Lp pool {n}d": pool("Lp", n) for n in (1, 2)},
    **{f"adaptive {kind} pool {n}d": adaptive(kind, n) for kind in ("Avg", "Max") for n in (1, 2, 3)},
    "linear": linear,
    "bilinear": bilinear,
    "embedding": embedding,
    "norm": norm,
    "recurrent": recurrent,
    "attention": attention,
    "transformer": transformer,
    "resample": resample,
    "reshapes": reshapes,
    "axes": axes,
    "cuts": cuts,
    "joins": joins,
    "reductions": reductions,
    "products": products,
    "making": making,
}
