"""Inputs of the shapes that were worked out from the source, with the sizes that this instance was made with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .specs import Spec, floats

_BATCH, _LENGTH, _SIDE = 2, 16, 32


def specs(
    shape: Mapping[str, Any] | None, sizes: Mapping[str, Any], sequences: bool = False, side: int = _SIDE
) -> Iterator[Spec]:
    """Tensors that fit: `dims` are numbers, sums over the names in `sizes`, or None; `more` may stand before them.

    With `sequences` there are layers that take a batch of vectors for one sequence. Images have sides of `side`.
    """
    if shape is None or not any(each is not None for each in shape["dims"]):
        return
    dims = [_number(each, sizes) for each in shape["dims"]]
    if not shape["more"]:
        yield floats(*_filled(dims, side))
        return
    ways = ([_BATCH], [_BATCH, _LENGTH], [_BATCH, 4, _LENGTH])
    for before in (ways[1], ways[0], ways[2]) if sequences else ways:
        yield floats(*before, *(_LENGTH if each is None else each for each in dims))


def _filled(dims: Sequence[int | None], side: int) -> list[int]:
    """The batch first, then what is known; images get equal sides."""
    found = []
    for index, each in enumerate(dims):
        usual = _BATCH if index == 0 else side if len(dims) >= 4 and index >= len(dims) - 2 else _LENGTH
        found.append(usual if each is None else each)
    return found


def _number(dim: int | str | None, sizes: Mapping[str, Any]) -> int | None:
    if not isinstance(dim, str):
        return dim
    known = {key: value for key, value in sizes.items() if type(value) is int}
    try:
        value = eval(compile(dim, "<size>", "eval"), {"__builtins__": {}}, known)  # noqa: S307 - names and numbers
    except Exception:  # a size that the input brings with it
        return None
    return value if type(value) is int and 0 < value < 1 << 20 else None
