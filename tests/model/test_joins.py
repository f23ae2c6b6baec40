"""Values of paths that meet."""

from __future__ import annotations

from dataclasses import replace

from actlint.model import values
from actlint.model.conditions import stated
from actlint.model.state import essential, join_values, negate
from actlint.model.values import Condition, Constant, Join, Tensor, Unknown, Value


def _merge(options: tuple[tuple[Condition, Tensor], ...]) -> Value:
    raise AssertionError(options)


def test_that_no_path_leads_to_is_unknown() -> None:
    """A join without options would be read as a value by everything that looks at its options."""
    deep, wide = values.Test("depth\0true", True, "depth"), values.Test("width\0true", True, "width")
    one = Join((((deep, wide), Constant(1)), ((deep, negate(wide)), Constant(2))))
    other = Join((((negate(deep), wide), Constant(3)), ((negate(deep), negate(wide)), Constant(4))))
    joined = join_values(one, (negate(deep),), other, (deep,), _merge)
    assert isinstance(joined, Unknown)


def test_a_case_stands_for_those_that_it_rules_out() -> None:
    """`elif kind == 'c'` after two others is one condition; so is what a `raise` for the rest leaves."""
    one, two, three = (values.Test(f"kind\0== {name!r}", True, f"kind == {name!r}") for name in "abc")
    last = replace(three, guard=True)
    assert essential((negate(one), negate(two), three)) == (three,)
    assert essential((negate(one), negate(two), last)) == (three,)
    assert essential((negate(one), negate(two))) == (negate(one), negate(two))
    assert stated((negate(one), negate(two), three)) == ("`kind == 'c'`",)
