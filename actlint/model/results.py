"""What operations return whose result depends on their arguments: one tensor, or several."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from actlint.model.values import Computed, Constant, Iterator, Symbol, Tensor, Tuple, Unknown, Value
from actlint.torchapi import Op

_RANKING = frozenset({"topk", "sort", "kthvalue", "mode", "cummax", "cummin"})
_FLAGS = ("return_indices", "return_inverse", "return_counts", "as_tuple")
_FIELDS = {"values": 0, "indices": 1, "sign": 0, "logabsdet": 1, "Q": 0, "R": 1, "eigenvalues": 0, "eigenvectors": 1}


def ranked(op: Op, fresh: Callable[[], Tensor]) -> Tuple | None:
    """The result of an operation that always gives values and their indices; None of others."""
    return _with_indices(fresh) if op.qualname.rpartition(".")[2] in _RANKING else None


def _with_indices(fresh: Callable[[], Tensor], more: int = 1) -> Tuple:
    """What is differentiated, and the whole numbers that come with it: indices, counts."""
    return Tuple((fresh(), *(replace(fresh(), needs_grad=False) for _ in range(more))))


def either(op: Op, args: Mapping[str, Value], settings: Mapping[str, Value], fresh: Callable[[], Tensor]) -> Value:
    """The result of an operation that returns one tensor or several. Of a layer, `settings` are its constructor's
    arguments.
    """
    params = {param.name for param in op.params}
    name = op.qualname.rpartition(".")[2]
    flags = [settings.get(flag, args.get(flag, Constant(False))) for flag in _FLAGS if flag in params]
    if flags:
        known = [flag.value for flag in flags if isinstance(flag, Constant)]
        if len(known) < len(flags):
            return Unknown(f"result of {op.qualname} depends on its arguments")
        if not any(known):
            return fresh()
        return Iterator(fresh()) if name == "nonzero" else _with_indices(fresh, sum(map(bool, known)))
    match name:
        case "max" | "min" | "median" | "nanmedian":
            return _along(op, args.get("dim"), fresh)
        case "where":
            return fresh() if "other" in args or "input" in args else Iterator(fresh())
        case "type":
            return fresh() if "dtype" in args else Unknown("name of a type", True)
        case "atleast_1d" | "atleast_2d" | "atleast_3d":
            given = args.get("tensors")
            return fresh() if isinstance(given, Tuple) and len(given.items) == 1 else Iterator(fresh())
        case _:
            return Unknown(f"result of {op.qualname} depends on its arguments")


def _along(op: Op, dim: Value | None, fresh: Callable[[], Tensor]) -> Value:
    """`max(dim)` gives values and indices; without `dim`, or of two tensors, it gives one tensor."""
    match dim:
        case None | Tensor():
            return fresh()
        case Constant() | Symbol(role="parameter") | Computed() | Unknown(number=True):
            return _with_indices(fresh)
        case _:
            return Unknown(f"result of {op.qualname} depends on its arguments")


def field(value: Value, name: str) -> int | None:
    """The position in a result with several tensors that goes by this name."""
    if isinstance(value, Iterator) and isinstance(value.element, Tensor):
        return _FIELDS.get(name)
    if isinstance(value, Tuple) and len(value.items) == 2 and all(isinstance(item, Tensor) for item in value.items):
        return _FIELDS.get(name)
    return None
