"""Calls that only compute are worked out once a program, apart from the runs that make them."""

from __future__ import annotations

from actlint.model.events import Call, Trace
from actlint.model.values import Constant, External, Join, Value
from tests.model.programs import PREAMBLE, file_view, forward, operations

NET = """
class Net(nn.Module):
    def __init__(self, flag=None):
        super().__init__()
{body}

    def forward(self, x):
        return self.layers(x)
"""

WIDTHS = """
def widths(n):
    found = []
    for i in range(n):
        found.append(4 * i + 4)
    return found


"""

SLOW = """
def slow(n):
    total = 0
    for i in range(20):
        for j in range(8):
            total = total + i * j
    return total * n


"""

COUNTER = """
COUNT = 0


def number():
    global COUNT
    COUNT = COUNT + 1
    return COUNT


"""

CHOICE = """
def width(flag):
    if flag:
        return 8
    return 16


"""

TUPLES = """
def ntuple(n):
    def parse(x):
        if isinstance(x, (tuple, list)):
            return tuple(x)
        return (x,) * n
    return parse


pair = ntuple(2)


"""

WRITES = """
def activate(x):
    return x.relu_()


class Net(nn.Module):
    def forward(self, x):
        return activate(x)
"""


def made(helper: str, *body: str) -> Trace:
    """The run of `Net.forward`, whose constructor has these lines."""
    return forward(PREAMBLE + helper + NET.format(body="\n".join(f"        {line}" for line in body)))


def sizes(trace: Trace, name: str = "in_features") -> list[Value]:
    return [
        event.layer.args[name]
        for event in trace.events
        if isinstance(event, Call) and event.layer is not None and name in event.layer.args
    ]


def test_each_call_gets_a_list_of_its_own() -> None:
    built = "self.layers = nn.Sequential(*[nn.Linear(w, w) for w in {}])"
    changed = made(WIDTHS, "a = widths(2)", "a.append(7)", "b = widths(2)", built.format("b"))
    assert sizes(changed) == [Constant(4), Constant(8)]
    own = made(WIDTHS, "a = widths(2)", "a.append(7)", "b = widths(2)", built.format("a"))
    assert sizes(own) == [Constant(4), Constant(8), Constant(7)]


def test_arguments_are_told_apart_by_type_and_by_what_is_in_them() -> None:
    helper = "def kind(x):\n    return 1 if isinstance(x, bool) else 2\n\n\ndef first(xs):\n    return xs[0]\n\n\n"
    trace = made(
        helper,
        "a, b = nn.Linear(kind(1), kind(True)), nn.Linear(first([4, 5]), first([6, 5]))",
        "self.layers = nn.Sequential(a, b)",
    )
    assert sizes(trace) == [Constant(2), Constant(4)]
    assert sizes(trace, "out_features") == [Constant(1), Constant(6)]


def test_a_long_computation_costs_a_run_no_steps() -> None:
    trace = made(SLOW, "ns = [slow(1) for _ in range(60)]", "self.layers = nn.Linear(ns[0], slow(1))")
    assert trace.made_by is not None and trace.made_by.complete
    assert sizes(trace) == [Constant(sum(i * j for i in range(20) for j in range(8)))]


def test_what_changes_a_global_runs_each_time() -> None:
    trace = made(COUNTER, "self.layers = nn.Sequential(nn.Linear(number(), 2), nn.Linear(number(), 2))")
    assert sizes(trace) == [Constant(1), Constant(2)]


def test_what_changes_its_argument_runs_each_time() -> None:
    helper = "def grow(widths):\n    widths.append(2 * widths[-1])\n    return len(widths)\n\n\n"
    trace = made(helper, "ws = [4]", "grow(ws)", "self.layers = nn.Linear(ws[-1], grow(ws))")
    assert sizes(trace) == [Constant(8)] and sizes(trace, "out_features") == [Constant(3)]


def test_the_path_selects_what_a_call_gives() -> None:
    trace = made(
        CHOICE,
        "if flag:",
        "    self.layers = nn.Linear(width(flag), 2)",
        "else:",
        "    self.layers = nn.Linear(width(flag), 2)",
    )
    assert sizes(trace) == [Constant(8), Constant(16)]


def test_closures_of_module_level_are_helpers_too() -> None:
    trace = made(TUPLES, "self.layers = nn.Linear(pair(3)[1], pair((4, 5))[0])")
    assert sizes(trace) == [Constant(3)] and sizes(trace, "out_features") == [Constant(4)]


def test_a_call_that_raises_ends_the_path() -> None:
    helper = "def checked(n):\n    if n % 2:\n        raise ValueError(n)\n    return n\n\n\n"
    trace = made(
        helper,
        "if flag:",
        "    self.layers = nn.Linear(checked(3), 2)",
        "else:",
        "    self.layers = nn.Linear(checked(4), 2)",
    )
    assert sizes(trace) == [Constant(4)]


def test_what_writes_to_a_tensor_is_part_of_the_run() -> None:
    assert operations(forward(PREAMBLE + WRITES)) == ["torch.Tensor.relu_"]


COLLECTED = """
def collected(tree):
    found = []

    def visit(items):
        for item in items:
            found.append(item)

    visit(tree)
    visit([7])
    return found


SIZES = collected([4, 5])


"""


def test_what_a_running_function_closes_over_is_its_own() -> None:
    """Module-level values are worked out apart too: functions in functions are called while these run."""
    trace = made(COLLECTED, "self.layers = nn.Sequential(*[nn.Linear(w, w) for w in SIZES])")
    assert sizes(trace) == [Constant(4), Constant(5), Constant(7)]


def test_a_call_that_does_not_fit_is_one_of_the_run() -> None:
    helper = "def half(n):\n    return n // 2\n\n\n"
    trace = made(helper, "self.layers = nn.Linear(half(4, 5), 2) if flag else nn.Linear(half(8), 2)")
    assert Constant(4) in sizes(trace)


HALVES = """
from somewhere import choose


def half(n):
    return n // 2


class One(nn.Module):
    def __init__(self, a):
        super().__init__()
        kernel = 3 if choose(a) else 5
        self.conv = nn.Conv2d(4, 4, kernel, padding=half(kernel))


class Two(nn.Module):
    def __init__(self, a):
        super().__init__()
        first = nn.ReLU() if choose(a) else nn.GELU()
        kernel = 3 if choose(first) else 5
        self.conv = nn.Conv2d(4, 4, kernel, padding=half(kernel))
"""


def test_what_only_one_run_knows_is_no_part_of_the_arguments() -> None:
    view = file_view(PREAMBLE + HALVES)
    tests = []
    for cls in view.classes():
        made = next(
            dict(event.args)
            for event in cls.constructor.events
            if isinstance(event, Call) and event.callee == External("torch.nn.Conv2d")
        )
        kernel, padding = made["2"], made["padding"]
        assert isinstance(kernel, Join) and isinstance(padding, Join)
        assert [(when, value) for when, value in padding.options] == [
            (when, Constant(half)) for (when, _), half in zip(kernel.options, (1, 2), strict=True)
        ]
        tests.append(kernel.options[0][0])
    assert tests[0] != tests[1]
    assert len(view.program.shared.apart) == 1
