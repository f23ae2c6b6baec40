"""Values as shape rules take them: `Computed` numbers are worked out, tensors are their shapes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from actlint.model.events import Trace
from actlint.model.state import ListObject
from actlint.model.values import Computed, Constant, ListRef, Symbol, Tensor, Tuple, Unknown, Value
from actlint.torchapi.shapes import ANY, NUMBER, UNKNOWN, Dim, Shape, name
from actlint.torchapi.shapes.dims import Sum, add, exact, floordiv, mul, product

_SHAPE_OF = re.compile(r"(\w+)\.shape(?:\[(-?\d+)\])?")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads values of one trace. `shape` gives a tensor's shape, `argument` that of an argument by its name, `size` one
    dimension of a shape.
    """

    trace: Trace
    shape: Callable[[Tensor], Shape]
    argument: Callable[[str], Shape | None]
    size: Callable[[Shape, int], Dim]

    def plain(self, value: Value) -> object:
        """A number, text, None, tuple, name or shape; UNKNOWN for all else."""
        match value:
            case Constant(value=constant):
                return constant
            case Tensor():
                return self.shape(value)
            case Tuple(items=items):
                return tuple(self.plain(item) for item in items)
            case ListRef(ref=ref):
                listed = self.trace.heap.get(ref)
                if not isinstance(listed, ListObject) or not listed.complete:
                    return UNKNOWN
                return tuple(self.plain(item) for item in listed.items)
            case Symbol(label=label, role=role):
                return UNKNOWN if role == "training" else self._symbol(label)
            case Computed():
                found = self._computed(value)
                return NUMBER if found is UNKNOWN else found
            case Unknown(number=True):
                return NUMBER
            case _:
                return UNKNOWN

    def _symbol(self, label: str) -> object:
        """A parameter goes by its name; `x.shape[1]` of an argument is the size that is known of it."""
        read = _SHAPE_OF.fullmatch(label)
        shape = self.argument(read[1]) if read is not None else None
        if read is None or shape is None:
            return name(label)
        if read[2] is None:
            return UNKNOWN if shape.more else shape.dims
        return known(self.size(shape, int(read[2])))

    def _computed(self, value: Computed) -> object:
        match value:
            case Computed(op="shape", operands=(of,)):
                shape = self._shape(of)
                return UNKNOWN if shape.more else tuple(known(dim) for dim in shape.dims)
            case Computed(op="numel", operands=(of,)):
                shape = self._shape(of)
                return UNKNOWN if shape.more else known(product(shape.dims))
            case Computed(op="rank", operands=(of,)):
                rank = self._shape(of).rank
                return UNKNOWN if rank is None else rank
            case Computed(op="item", operands=(of, at, *_)):
                return self._item(of, self.plain(at))
            case Computed(op="slice", operands=(of, part)):
                whole, bounds = self.plain(of), self.plain(part)
                if not isinstance(bounds, slice) or not isinstance(whole, tuple):
                    return UNKNOWN
                ends = (bounds.start, bounds.stop, bounds.step)
                return whole[bounds] if all(end is None or type(end) is int for end in ends) else UNKNOWN
            case Computed(op="index", operands=operands):
                bounds = [self.plain(operand) for operand in operands]
                return slice(*bounds)
            case Computed(op="int", operands=(of,)):
                return self.plain(of)
            case Computed(op=op, operands=(left, right)):
                return _operate(op, self.plain(left), self.plain(right))
            case _:
                return UNKNOWN

    def _shape(self, value: Value) -> Shape:
        return self.shape(value) if isinstance(value, Tensor) else ANY

    def _item(self, of: Value, at: object) -> object:
        """One size: of a tensor of unknown rank too, if it can be counted from the right end."""
        if not isinstance(at, int):
            return UNKNOWN
        match of:
            case Computed(op="shape", operands=(Tensor() as tensor,)):
                return known(self.size(self.shape(tensor), at))
            case _:
                whole = self.plain(of)
                if not isinstance(whole, tuple) or not -len(whole) <= at < len(whole):
                    return UNKNOWN
                found: object = whole[at]
                return found


def known(dim: Dim) -> object:
    """A dimension as a value."""
    return UNKNOWN if dim is None else dim


def _operate(op: str, left: object, right: object) -> object:
    if op == "+" and isinstance(left, tuple) and isinstance(right, tuple):
        return (*left, *right)
    a, b = (value if type(value) is int or isinstance(value, Sum) else None for value in (left, right))
    match op:
        case "+" | "-":
            return known(add(a, b, 1 if op == "+" else -1))
        case "*":
            return known(mul(a, b))
        case "//":
            return known(floordiv(a, b))
        case "/":
            even = exact(a, b)
            return known(even if even is not None else floordiv(a, b) if type(a) is not int else None)
        case _:
            return UNKNOWN
