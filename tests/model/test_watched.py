"""Numbers that notice whether a computation depends on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actlint.model.values import Constant, Tuple
from actlint.model.watched import Watched

ASKING: list[Callable[[Any], object]] = [
    lambda n: n + 1,
    lambda n: 1 + n,
    lambda n: 2.5 * n,
    lambda n: n // 2,
    lambda n: n % 2,
    lambda n: 2**n,
    lambda n: divmod(n, 2),
    lambda n: n << 1,
    lambda n: n & 4,
    lambda n: -n,
    lambda n: abs(n),
    lambda n: n == 5,
    lambda n: 5 == n,  # noqa: SIM300
    lambda n: n != 5,
    lambda n: n < 6,
    lambda n: 6 > n,  # noqa: SIM300
    lambda n: n in (1, 5),
    lambda n: not n,
    lambda n: {n: 1},
    lambda n: {5: 1}[n],
    lambda n: [0] * n,
    lambda n: "a" * n,
    lambda n: range(n),
    lambda n: (1, 2, 3, 4, 5, 6)[n],
    lambda n: "abcdefgh"[:n],
    lambda n: f"{n}",
    lambda n: f"{n:03d}",
    lambda n: "%d" % n,  # noqa: UP031
    lambda n: str(n),
    lambda n: repr(n),
    lambda n: int(n),
    lambda n: float(n),
    lambda n: round(n),
    lambda n: n.bit_length(),
    lambda n: Constant(n) == Constant(5),
    lambda n: hash(Tuple((Constant(n),))),
]


@pytest.mark.parametrize("asking", ASKING)
def test_a_result_is_that_of_the_number_and_asks_for_it(asking: Callable[[Any], object]) -> None:
    number = Watched(5, 0)
    assert asking(number) == asking(5)
    assert number.asked


def test_carrying_a_number_and_telling_that_it_is_one_does_not_ask() -> None:
    number = Watched(5, 0)
    value = Constant(number)
    assert isinstance(number, int)
    assert not isinstance(number, (bool, str, float))
    assert number is not None
    match value:
        case Constant(value=int(found)):
            assert found is number
        case _:
            pytest.fail("it is no int")
    assert Tuple((value, Constant(None))).items[0] is value
    assert not number.asked
    assert number.unasked() == 5
    assert not number.asked
