"""The steps of a file: shared so that no run takes those of others, whatever the order in which they come."""

from __future__ import annotations

import pytest

from actlint.model.evaluate import Purse
from actlint.model.machine import STEPS_PER_FUNCTION, STEPS_PER_RUN, STEPS_RESERVED
from tests.model.programs import PREAMBLE, file_view

SMALL = """
class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return self.layer(x).relu()


"""

HEAVY = """
class Heavy{number}(nn.Module):
    def step(self, x, number):
        for index in range(20):
            x = torch.where(x > index, x * number + index, x - number * index)
        return x

    def forward(self, x):
        for index in range(60):
            x = self.step(x, index)
        return x


"""


def test_a_few_steps_remain_for_each_run_that_is_to_come() -> None:
    purse = Purse(1_000, 4)
    given = purse.take(STEPS_PER_RUN)
    assert given == 1_000 - 3 * STEPS_RESERVED
    purse.give_back(given, -1)
    for _ in range(3):
        given = purse.take(STEPS_PER_RUN)
        assert given == STEPS_RESERVED
        purse.give_back(given, -1)
    assert purse.take(STEPS_PER_RUN) == 0


def test_what_a_run_leaves_is_there_for_others() -> None:
    purse = Purse(20_000, 2, whole=20_000)
    given = purse.take(STEPS_PER_RUN)
    purse.give_back(given, given - 5_000)
    assert purse.spent == 0.25
    assert purse.take(STEPS_PER_RUN) == STEPS_PER_RUN


def test_functions_that_come_to_no_end_get_less_in_time() -> None:
    purse = Purse(10 * STEPS_PER_RUN, 6)
    given = []
    for _ in range(4):
        given.append(purse.share())
        purse.give_back(given[-1], -1, True)
    assert given == [STEPS_PER_RUN, STEPS_PER_RUN // 2, STEPS_PER_FUNCTION, STEPS_PER_FUNCTION]


def test_a_function_that_ends_leaves_others_what_they_had() -> None:
    purse = Purse(10 * STEPS_PER_RUN, 6)
    purse.give_back(purse.share(), 10, True)
    assert purse.share() == STEPS_PER_RUN


@pytest.mark.parametrize("last", [True, False])
def test_a_small_class_is_run_wherever_it_stands(last: bool) -> None:
    heavy = "".join(HEAVY.format(number=number) for number in range(8))
    text = PREAMBLE + (heavy + SMALL if last else SMALL + heavy)
    view = file_view(text)
    found = {cls.name: [trace.complete for trace in cls.traces] for cls in view.classes()}
    assert found["Small"] == [True, True]
    assert not all(all(complete) for complete in found.values()), "the heavy ones are to use all steps up"
    assert view.spent() > 0.9
