"""Shapes of convolutions, pooling and resampling, in one to three spatial dimensions."""

from __future__ import annotations

import math

from actlint.torchapi.shapes.dims import ANY, Dim, Shape, add, exact, floordiv, mul
from actlint.torchapi.shapes.given import UNKNOWN, Found, Given, Rule, numbers, spread


def spatial_input(g: Given, count: int) -> Shape | None:
    """The input as (batch, channels, spatial …) or without a batch; None where it has another number of dimensions.

    Of a tensor of unknown rank it is assumed that it comes in batches if the call says so.
    """
    shape = g.shape()
    if shape.more:
        rank = count + (2 if g.batched else 1)
        if len(shape.dims) > count + 2:
            return None
        rank = max(rank, len(shape.dims))
        shape = Shape((*(None,) * (rank - len(shape.dims)), *shape.dims), of=shape.of)
        g.values = {**g.values, g.first: shape}
    return shape if len(shape.dims) in (count + 1, count + 2) else None


def window(size: Dim, kernel: Dim, stride: Dim, before: Dim, after: Dim, dilation: Dim, up: bool | None = False) -> Dim:
    """How often a window fits: `floor((size + padding - dilation * (kernel - 1) - 1) / stride) + 1`."""
    padded = add(add(size, before), after)
    room = add(add(padded, mul(dilation, add(kernel, 1, -1)), -1), 1, -1)
    if up is None:
        return None
    if not up or stride == 1:
        return add(floordiv(room, stride), 1)
    if type(room) is not int or type(stride) is not int or type(size) is not int or type(before) is not int:
        return None
    found = -(-room // stride) + 1
    # the last window must not begin in what is padded behind the end
    return found - 1 if (found - 1) * stride >= size + before else found


def positive(dims: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    """The sizes if none of them is known to be too small."""
    return None if any(type(dim) is int and dim <= 0 for dim in dims) else dims


def convolved(
    sizes: tuple[Dim, ...], kernel: tuple[Dim, ...], stride: tuple[Dim, ...], padding: object, dilation: tuple[Dim, ...]
) -> tuple[Dim, ...] | None:
    """The spatial sizes after a convolution."""
    if padding == "same":
        return sizes
    margins = (0,) * len(sizes) if padding == "valid" else spread(padding, len(sizes))
    rows = zip(sizes, kernel, stride, margins, dilation, strict=True)
    return positive(tuple(window(n, k, s, p, p, d) for n, k, s, p, d in rows))


def conv_layer(count: int) -> Rule:
    """`ConvNd`."""

    def rule(g: Given) -> Found:
        shape = spatial_input(g, count)
        if shape is None:
            return None
        g.demand(-count - 1, g.size("in_channels"), "channels")
        kernel, stride = g.sizes("kernel_size", count), g.sizes("stride", count, 1)
        sizes = convolved(shape.dims[-count:], kernel, stride, g.get("padding", 0), g.sizes("dilation", count, 1))
        return None if sizes is None else Shape((*shape.dims[: -count - 1], g.size("out_channels"), *sizes))

    return rule


def conv(count: int) -> Rule:
    """`F.convNd(input, weight)`: the weight is (out, in / groups, kernel …)."""

    def rule(g: Given) -> Found:
        shape, weight = spatial_input(g, count), g.shape("weight")
        if shape is None:
            return None
        if weight.rank != count + 2:
            return Shape((*shape.dims[: -count - 1], *(None,) * (count + 1)))
        g.demand(-count - 1, mul(weight.dims[1], g.size("groups", 1)), "channels")
        stride, dilation = g.sizes("stride", count, 1), g.sizes("dilation", count, 1)
        sizes = convolved(shape.dims[-count:], weight.dims[2:], stride, g.get("padding", 0), dilation)
        return None if sizes is None else Shape((*shape.dims[: -count - 1], weight.dims[0], *sizes))

    return rule


def transposed(g: Given, sizes: tuple[Dim, ...], kernel: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    """The spatial sizes after a transposed convolution."""
    count = len(sizes)
    given = g.get("output_size")
    if given is not None:
        wanted = numbers(given)
        return wanted[-count:] if wanted is not None and len(wanted) >= count else (None,) * count
    stride, padding = g.sizes("stride", count, 1), g.sizes("padding", count, 0)
    extra, dilation = g.sizes("output_padding", count, 0), g.sizes("dilation", count, 1)
    found = []
    for n, k, s, p, e, d in zip(sizes, kernel, stride, padding, extra, dilation, strict=True):
        inner = add(mul(add(n, 1, -1), s), mul(2, p), -1)
        found.append(add(add(inner, mul(d, add(k, 1, -1))), add(e, 1)))
    return positive(tuple(found))


def conv_transpose_layer(count: int) -> Rule:
    """`ConvTransposeNd`."""

    def rule(g: Given) -> Found:
        shape = spatial_input(g, count)
        if shape is None:
            return None
        g.demand(-count - 1, g.size("in_channels"), "channels")
        sizes = transposed(g, shape.dims[-count:], g.sizes("kernel_size", count))
        return None if sizes is None else Shape((*shape.dims[: -count - 1], g.size("out_channels"), *sizes))

    return rule


def conv_transpose(count: int) -> Rule:
    """`F.conv_transposeNd(input, weight)`: the weight is (in, out / groups, kernel …)."""

    def rule(g: Given) -> Found:
        shape, weight = spatial_input(g, count), g.shape("weight")
        if shape is None:
            return None
        if weight.rank != count + 2:
            return Shape((*shape.dims[: -count - 1], *(None,) * (count + 1)))
        g.demand(-count - 1, weight.dims[0], "channels")
        sizes = transposed(g, shape.dims[-count:], weight.dims[2:])
        channels = mul(weight.dims[1], g.size("groups", 1))
        return None if sizes is None else Shape((*shape.dims[: -count - 1], channels, *sizes))

    return rule


# -------------------------------------------------------------------------------------------------------------- pooling


def pool(count: int) -> Rule:
    """Average, max and Lp pooling, as layers and functions."""

    def rule(g: Given) -> Found:
        shape = spatial_input(g, count)
        if shape is None:
            return None
        kernel = g.sizes("kernel_size", count)
        given = g.get("stride")
        stride = kernel if given is None or given == () else spread(given, count)
        padding, dilation = g.sizes("padding", count, 0), g.sizes("dilation", count, 1)
        up = g.flag("ceil_mode")
        rows = zip(shape.dims[-count:], kernel, stride, padding, dilation, strict=True)
        sizes = positive(tuple(window(n, k, s, p, p, d, up) for n, k, s, p, d in rows))
        if sizes is None:
            return None
        result = Shape((*shape.dims[:-count], *sizes))
        return _with_indices(g, result)

    return rule


def _with_indices(g: Given, result: Shape) -> Found:
    indices = g.flag("return_indices")
    return ANY if indices is None else (result, result) if indices else result


def adaptive_pool(count: int) -> Rule:
    """Adaptive pooling: the sizes are given, None keeps one."""

    def rule(g: Given) -> Found:
        shape = spatial_input(g, count)
        if shape is None:
            return None
        given = g.get("output_size")
        items = given if isinstance(given, tuple) else (given,)
        if len(items) == 1:
            items = items * count
        if len(items) != count or given is UNKNOWN:
            return Shape((*shape.dims[:-count], *(None,) * count))
        own = zip(items, shape.dims[-count:], strict=True)
        sizes = tuple(size if item is None else item if type(item) is int else None for item, size in own)
        return _with_indices(g, Shape((*shape.dims[:-count], *sizes)))

    return rule


# ----------------------------------------------------------------------------------------------------------- resampling


def interpolate(g: Given) -> Found:
    """`F.interpolate`, `Upsample`: sizes are given, or multiplied by a factor."""
    shape = g.shape()
    if shape.rank is None or not 3 <= shape.rank <= 5:
        return ANY if shape.more else None
    count = shape.rank - 2
    given, factor = g.get("size"), g.get("scale_factor")
    if given is not None and factor is None:
        return Shape((*shape.dims[:2], *spread(given, count)))
    if given is not None:
        return ANY
    factors = factor if isinstance(factor, tuple) else (factor,) * count
    if len(factors) != count:
        return ANY
    sizes = tuple(_scaled(size, each) for size, each in zip(shape.dims[2:], factors, strict=True))
    return Shape((*shape.dims[:2], *sizes))


def _scaled(size: Dim, factor: object) -> Dim:
    if isinstance(factor, float) and factor.is_integer():
        factor = int(factor)
    if type(factor) is int:
        return mul(size, factor)
    if isinstance(factor, float) and type(size) is int:
        return math.floor(size * factor)
    return None


def pixel_shuffle(g: Given) -> Found:
    """`PixelShuffle(r)`: channels / r², height * r, width * r."""
    shape, factor = g.shape(), g.size("upscale_factor")
    if shape.rank is None or shape.rank < 3:
        return ANY if shape.more else None
    channels = exact(shape.at(-3), mul(factor, factor))
    return Shape((*shape.dims[:-3], channels, mul(shape.at(-2), factor), mul(shape.at(-1), factor)))


def pixel_unshuffle(g: Given) -> Found:
    """`PixelUnshuffle(r)`: channels * r², height / r, width / r."""
    shape, factor = g.shape(), g.size("downscale_factor")
    if shape.rank is None or shape.rank < 3:
        return ANY if shape.more else None
    channels = mul(shape.at(-3), mul(factor, factor))
    return Shape((*shape.dims[:-3], channels, exact(shape.at(-2), factor), exact(shape.at(-1), factor)))


def pad(g: Given) -> Found:
    """`F.pad(input, pad)`: pairs of margins, the last dimension first."""
    shape, margins = g.shape(), g.several("pad")
    if margins is None or shape.rank is None:
        return ANY
    if len(margins) % 2 or len(margins) // 2 > shape.rank:
        return None
    dims = list(shape.dims)
    for index in range(len(margins) // 2):
        dims[-1 - index] = add(add(dims[-1 - index], margins[2 * index]), margins[2 * index + 1])
    found = positive(tuple(dims[-len(margins) // 2 :]))
    return None if found is None else Shape(tuple(dims))


def pad_layer(count: int) -> Rule:
    """`ZeroPad2d` and the like: one margin for all sides, or a pair for each dimension, the last one first."""

    def rule(g: Given) -> Found:
        shape = spatial_input(g, count)
        margins = g.sizes("padding", 2 * count)
        if shape is None:
            return None
        g.values = {g.first: shape, "pad": margins}
        return pad(g)

    return rule


def unfold(g: Given) -> Found:
    """`F.unfold`, `Unfold`: (batch, channels * kernel, windows)."""
    shape = g.shape()
    if shape.rank not in (3, 4):
        return ANY if shape.more else None
    kernel, stride = g.sizes("kernel_size", 2), g.sizes("stride", 2, 1)
    padding, dilation = g.sizes("padding", 2, 0), g.sizes("dilation", 2, 1)
    rows = zip(shape.dims[-2:], kernel, stride, padding, dilation, strict=True)
    counts = positive(tuple(window(n, k, s, p, p, d) for n, k, s, p, d in rows))
    if counts is None:
        return None
    width = mul(shape.at(-3), mul(kernel[0], kernel[1]))
    return Shape((*shape.dims[:-3], width, mul(counts[0], counts[1])))


def fold(g: Given) -> Found:
    """`F.fold`, `Fold`: the reverse of unfold, into `output_size`."""
    shape, kernel = g.shape(), g.sizes("kernel_size", 2)
    if shape.rank not in (2, 3):
        return ANY if shape.more else None
    return Shape((*shape.dims[:-2], exact(shape.at(-2), mul(kernel[0], kernel[1])), *g.sizes("output_size", 2)))
