"""Values of paths that meet."""

from __future__ import annotations

from actlint.model.state import join_values, negate
from actlint.model.values import Condition, Constant, Join, Tensor, Test, Unknown, Value


def _merge(options: tuple[tuple[Condition, Tensor], ...]) -> Value:
    raise AssertionError(options)


def test_that_no_path_leads_to_is_unknown() -> None:
    """A join without options would be read as a value by everything that looks at its options."""
    deep, wide = Test("depth\0true", True, "depth"), Test("width\0true", True, "width")
    one = Join((((deep, wide), Constant(1)), ((deep, negate(wide)), Constant(2))))
    other = Join((((negate(deep), wide), Constant(3)), ((negate(deep), negate(wide)), Constant(4))))
    joined = join_values(one, (negate(deep),), other, (deep,), _merge)
    assert isinstance(joined, Unknown)
