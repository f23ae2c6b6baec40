"""What torch's complaints about shapes say of the input that would have fitted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import torch

from .specs import Spec, floats, integers

_MATMUL = re.compile(r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x(\d+)\)")
_SIZES = re.compile(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)")
_EINSUM = re.compile(r"has size (\d+) for operand \d+ which does not broadcast with previously seen size (\d+)")
_NUMBER = re.compile(r"same number of dimensions: got (\d) and (\d)")
_CHANNELS = re.compile(r"expected input(?:\[[\d, ]*\])? to have (\d+) channels")
_FEATURES = re.compile(
    r"(?:input\.size\(-1\) must be equal to input_size\. Expected|running_mean should contain|expected) (\d+)"
)
_NORM = re.compile(r"normalized_shape=\[([\d, ]+)\]")
_DIMS = re.compile(r"[Ee]xpect\w*:? ?(?:input to be )?(\d)D\b(?:[^,]*?or (\d)D)?|[Ee]xpects? (\d) dim")
_UNPACK = re.compile(r"not enough values to unpack \(expected (?:at least )?(\d+), got (\d+)\)")
_MANY = re.compile(r"too many values to unpack \(expected (\d+)")
_PERMUTE = re.compile(
    r"number of dimensions in the tensor input does not match.*input\.dim\(\) = \d+ is not equal to len\(dims\) = (\d+)"
)
_EMBED = re.compile(r"(?:was expecting embedding dimension of|embed_dim|dim) (\d+)")
_WORDS = re.compile(
    r"indices.*(?:Long|Int)|expected scalar type Long|must be (?:long|int)|Long, Int|one_hot"
    r"|tensors used as indices must be|is only applicable to index tensor",
    re.IGNORECASE,
)
_FLOATS = re.compile(
    r"expected m1 and m2 to have the same dtype|expected scalar type Float|expected .*dtype.*Float"
    r"|same dtype.*(?:long|int)|not implemented for 'Long'|Input type \(.*Long|must be floating|got torch.int64",
    re.IGNORECASE,
)

_SHORTEST, _LARGEST = 4, 4096
_COUNT = re.compile(r"(?<![\w.])\d{1,4}(?![\w.])")
SIZES = (32, 64, 224, 28, 16, 128, 256, 96, 227, 299, 8)


def repaired(spec: Spec, message: str) -> Iterator[Spec]:
    """Inputs to try instead of `spec`, the likelier first."""
    shape, rest = spec.shape, spec.shape[1:]
    if spec.constant is not None:
        return
    whole = not spec.dtype.is_floating_point
    if _FLOATS.search(message) and whole:
        yield floats(*shape)
    if _WORDS.search(message) and not whole:
        yield integers(spec.bound, *(shape[:2] if len(shape) > 2 else shape))
        yield integers(spec.bound, *shape)
        if len(shape) == 2 and shape[1] > 64:
            yield integers(spec.bound, shape[0], 16)
    if "index out of range" in message or "out of bounds" in message:
        if whole:
            for bound in [each for each in (1024, 256, 64, 16, 2) if each < spec.bound][:3]:
                yield replace(spec, bound=bound)
        if len(shape) > 1 and shape[-1] > _SHORTEST:
            yield replace(spec, shape=(*shape[:-1], max(shape[-1] // 2, _SHORTEST)))
    if found := _MATMUL.search(message):
        has, wants = int(found[2]), int(found[3])
        if rest and rest[-1] == has:
            yield replace(spec, shape=(*shape[:-1], wants))
        if len(shape) >= 4:
            yield from _resized(spec)
            side = round((wants / shape[1]) ** 0.5)
            if side * side * shape[1] == wants:
                yield replace(spec, shape=(*shape[:2], side, side))
        if len(shape) == 3 and shape[1] * shape[2] == has and wants % shape[2] == 0:
            yield replace(spec, shape=(shape[0], wants // shape[2], shape[2]))
        yield floats(shape[0], wants)
        yield floats(shape[0], 16, wants)
    if found := _CHANNELS.search(message):
        wants = int(found[1])
        if len(shape) > 2:
            yield replace(spec, shape=(shape[0], wants, *shape[2:]))
            yield replace(spec, shape=(shape[0], *shape[2:], wants))
    elif found := _FEATURES.search(message):
        wants = int(found[1])
        if rest:
            yield replace(spec, shape=(*shape[:-1], wants))
            if len(shape) > 2:
                yield replace(spec, shape=(shape[0], wants, *shape[2:]))
    if found := _NORM.search(message):
        wants_all = tuple(int(part) for part in found[1].split(","))
        yield replace(spec, shape=(*shape[: max(len(shape) - len(wants_all), 1)], *wants_all))
        yield floats(shape[0], 16, *wants_all)
    if found := _EMBED.search(message):
        if rest:
            yield replace(spec, shape=(*shape[:-1], int(found[1])))
    if found := _NUMBER.search(message):
        for one, other in (found.groups(), found.groups()[::-1]):
            if len(shape) == int(one):
                yield from _with_dimensions(spec, int(other))
    if found := _SIZES.search(message) or _EINSUM.search(message):
        has, wants = int(found[1]), int(found[2])
        for a, b in ((has, wants), (wants, has)):
            for index, size in enumerate(shape[1:], 1):
                if size == a:
                    yield replace(spec, shape=(*shape[:index], b, *shape[index + 1 :]))
                elif size and a % size == 0 and b % (a // size) == 0:
                    # Something on the way makes a multiple of it.
                    yield replace(spec, shape=(*shape[:index], b // (a // size), *shape[index + 1 :]))
        if len(shape) >= 4:
            yield from _resized(spec)
    for pattern in (_UNPACK, _MANY, _PERMUTE, _DIMS):
        if found := pattern.search(message):
            for text in found.groups():
                if text and 0 < int(text) <= 5 and not (pattern is _UNPACK and text == found[2]):
                    yield from _with_dimensions(spec, int(text))
    if "Wrong shape: expected" in message or "einops" in message.lower() or "Error while processing" in message:
        for number in re.findall(r"[Ee]xpected (\d) dims|expects? (\d)", message):
            yield from _with_dimensions(spec, int(next(filter(None, number))))
        if len(shape) >= 4:
            yield from _resized(spec)
    if "is invalid for input of size" in message or "Kernel size can't be greater" in message or "too small" in message:
        yield from _resized(spec)
    if " must " in message or " should " in message or "xpected" in message:
        for number in list(dict.fromkeys(map(int, _COUNT.findall(message))))[:3]:
            if rest and 0 < number <= _LARGEST and number != shape[-1]:
                yield replace(spec, shape=(*shape[:-1], number))
    if "list" in message and "argument" in message:
        yield replace(spec, listed=True)


def _resized(spec: Spec) -> Iterator[Spec]:
    if len(spec.shape) >= 3:
        spatial = len(spec.shape) - 2 if len(spec.shape) < 5 else 2
        for size in SIZES:
            if size != spec.shape[-1]:
                yield replace(spec, shape=(*spec.shape[: len(spec.shape) - spatial], *(size,) * spatial))


def _with_dimensions(spec: Spec, count: int) -> Iterator[Spec]:
    shape = spec.shape
    if count == len(shape) or count < 1:
        return
    features = shape[-1] if len(shape) > 1 else 64
    match count:
        case 1:
            yield replace(spec, shape=shape[:1])
        case 2:
            yield replace(spec, shape=(shape[0], features))
        case 3:
            if spec.dtype == torch.int64:
                yield floats(shape[0], 16, 64)
            else:
                yield replace(spec, shape=(shape[0], 16, features))
                yield replace(spec, shape=(shape[0], shape[1] if len(shape) > 1 else 16, 64))
        case 4:
            for channels in (3, 1, features if features <= 64 else 16):
                yield floats(shape[0], channels, 32, 32)
            yield floats(shape[0], 8, 8, features)
            if len(shape) > 1:
                yield floats(shape[0], shape[1], 32, 32)
        case 5:
            yield floats(shape[0], 3, 4, 32, 32)
            yield floats(shape[0], 4, 3, 32, 32)
        case _:
            return
