"""Worlds: a class is run again with the arguments of the calls that its file makes."""

from __future__ import annotations

from actlint.model.conditions import stated
from actlint.model.events import Call, Trace
from actlint.model.values import Constant
from tests.model.programs import PREAMBLE, file_view, operations

NET = """
class Net(nn.Module):
    def __init__(self, depth, act=nn.ReLU, width=8):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.act = act()

    def forward(self, x):
        for layer in self.layers:
            x = self.act(layer(x))
        return x


"""

PLAIN = """
class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x)


net = Plain()
"""

BARE = """
class Bare(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.fc = nn.Linear(n, n)

    def forward(self, x):
        return self.fc(x)


def make(n, **options):
    return Bare(n), Bare(**options)
"""

MODEL = """
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = nn.ModuleList([Net(i, width=4 * i) for i in (1, 2)])
"""


def worlds(text: str) -> dict[str, list[Trace]]:
    """The runs of each world of a file, constructor first, by the call's text."""
    found: dict[str, list[Trace]] = {}
    for trace in file_view(PREAMBLE + text).traces():
        if trace.owner is not None and trace.world != "general":
            found.setdefault(trace.world, []).append(trace)
    return found


def test_a_call_that_is_only_built_is_run() -> None:
    found = worlds(NET + "net = Net(2, nn.Tanh)\n")
    assert list(found) == ["Net(2, nn.Tanh)"]
    constructor, forward = found["Net(2, nn.Tanh)"]
    assert [name.rpartition(".")[2] for name in operations(forward)] == ["Linear", "Tanh"] * 2
    layer = next(event.layer for event in forward.events if isinstance(event, Call) and event.layer is not None)
    assert layer.args["in_features"] == Constant(8)
    assert constructor.complete and forward.complete


def test_what_is_found_says_at_which_call() -> None:
    found = worlds(NET + "net = Net(depth=1)\n")
    forward = found["Net(depth=1)"][1]
    conditions = {stated(event.where.condition) for event in forward.events if isinstance(event, Call)}
    assert conditions == {("built as `Net(depth=1)`",)}


def test_equal_arguments_are_one_world_and_there_are_few() -> None:
    again = worlds(NET + "a = Net(1)\nb = Net(1)\n")
    assert len(again) == 1
    many = worlds(NET + "".join(f"n{i} = Net({i})\n" for i in range(1, 20)))
    assert 1 < len(many) <= 4


def test_calls_in_other_runs_count_with_the_values_that_they_have_there() -> None:
    found = worlds(NET + MODEL)
    widths = {
        event.layer.args["in_features"]
        for traces in found.values()
        for trace in traces[1:]
        for event in trace.events
        if isinstance(event, Call) and event.layer is not None and event.op is not None and event.op.kind == "affine"
    }
    assert widths == {Constant(4), Constant(8)}


def test_no_world_where_nothing_is_known_or_nothing_depends_on_it() -> None:
    assert worlds(PLAIN) == {}
    assert worlds(BARE) == {}
