"""Writes to a tensor that is tested to hold nothing but zeros: no value is lost with what is put there."""

from __future__ import annotations

from actlint.facts import If, Node, Site, UnaryOp
from actlint.model.events import Call, Trace, Write
from actlint.model.values import Constant, Tensor

_ZERO_IF_BLANK = frozenset({"sum", "nansum", "max", "amax", "norm", "count_nonzero", "any"})


def is_blank(trace: Trace, write: Write, path: tuple[Node, ...]) -> bool:
    """Whether the write, at the end of `path`, stands behind a test that the tensor is blank: `if not t.any()`."""
    for outer, inner in zip(path, path[1:], strict=False):
        if isinstance(outer, If) and any(inner is statement for statement in outer.body):
            test, negated = outer.test, False
            if isinstance(test, UnaryOp) and test.op == "not":
                test, negated = test.operand, True
            if _says(trace, write, Site(write.where.site.path, write.where.site.chunk, test.ordinal), negated):
                return True
    return False


def _says(trace: Trace, write: Write, at: Site, negated: bool) -> bool:
    """Whether what is computed at a place is a reduction of the tensor itself (negated), or one compared with zero."""
    for event in trace.events:
        if isinstance(event, Call) and event.where.site == at and event.where.stack == write.where.stack:
            if negated:
                return _reduces(event, write.tensor)
            if _name(event) == "eq":
                compared = [value for _, value in event.args]
                made = [value for value in compared if isinstance(value, Tensor) and value.event >= 0]
                return Constant(0) in compared and any(
                    _reduces(trace.events[value.event], write.tensor) for value in made
                )
    return False


def _reduces(event: object, tensor: Tensor) -> bool:
    """Whether a call makes one number, zero where the tensor is blank, of it."""
    if not isinstance(event, Call) or event.op is None or _name(event) not in _ZERO_IF_BLANK:
        return False
    given = dict(event.args)
    source = given.get("input")
    return isinstance(source, Tensor) and source.root == tensor.root and "dim" not in given


def _name(call: Call) -> str:
    return call.op.qualname.rpartition(".")[2] if call.op is not None else ""
