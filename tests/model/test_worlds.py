"""Worlds: a class is run again with the arguments of the calls that the project makes."""

from __future__ import annotations

import pytest

from actlint import engine
from actlint.facts import FunctionDef
from actlint.lower.cut import read_facts
from actlint.model.conditions import stated
from actlint.model.events import Call, Trace
from actlint.model.slices import is_forward
from actlint.model.values import Constant
from actlint.registry import rules
from tests.model.programs import PREAMBLE, file_view, operations
from tests.model.settings import DEFAULTS

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

HEAD = """
class Head(nn.Module):
    def __init__(self, width, groups=4):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 1)
        self.norm = nn.BatchNorm2d(groups)

    def forward(self, x):
        return self.norm(self.conv(x))
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


def forwards(*calls: str, top: str = "") -> dict[str, list[str]]:
    """The operations of `forward` in each world of `Net`, where another file makes the calls."""
    lines = "".join(f"    yield {call}\n" for call in calls)
    other = (
        f"from functools import partial\n{PREAMBLE}from main import Net\n\n{top}\n\ndef make(n, **options):\n" + lines
    )
    found: dict[str, list[str]] = {}
    for trace in file_view(PREAMBLE + NET, {"other.py": other}).traces():
        entry = trace.entry.code if trace.entry is not None else None
        if trace.world != "general" and isinstance(entry, FunctionDef) and entry.name == "forward":
            found[trace.world] = [name.rpartition(".")[2] for name in operations(trace)]
    return found


def test_a_call_in_another_file_is_a_world_with_the_defaults_of_what_it_leaves_out() -> None:
    assert forwards("Net(2)") == {"Net(2)": ["Linear", "ReLU"] * 2}


def test_what_the_call_does_not_tell_stays_open() -> None:
    assert forwards("Net(n)")["Net(n)"][-2:] == ["Linear", "ReLU"]  # the default of `act`, for any depth
    assert "ReLU" not in forwards("Net(1, options['act'])")["Net(1, options['act'])"]


def test_arguments_may_be_named_at_the_top_of_the_other_file() -> None:
    assert forwards("Net(DEPTH, Act)", top="DEPTH = 1\nAct = nn.Tanh\n") == {"Net(DEPTH, Act)": ["Linear", "Tanh"]}
    slope = "Net(1, partial(nn.LeakyReLU, 0.2))"
    assert forwards(slope) == {slope: ["Linear", "LeakyReLU"]}


def test_a_name_that_something_around_the_call_binds_is_not_known() -> None:
    assert forwards("Net(n)", top="n = 2\n")["Net(n)"] != ["Linear", "ReLU"] * 2
    inner = "[Net(d) for d in (options, n)]"
    assert forwards(inner, top="d = 2\n")["Net(d)"] != ["Linear", "ReLU"] * 2


def test_no_world_of_a_call_with_stars_or_that_does_not_fit() -> None:
    calls = ("Net(*n)", "Net(1, **options)", "Net()", "Net(1, 2, 3, 4)", "Net(1, wide=2)")
    assert list(forwards(*calls)) == ["Net(depth)"]  # what is usual, of which no call tells


BLOCK = """
class Block(nn.Module):
    def __init__(self, width, act=nn.ReLU, norm=None, parts=()):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.act = act()
        self.norm = norm if norm is not None else nn.Identity()
        self.parts = nn.ModuleList(part() for part in parts)

    def forward(self, x):
        x = self.norm(self.act(self.fc(x)))
        for part in self.parts:
            x = part(x)
        return x


"""


def usual(text: str, cls: str = "Block") -> dict[str, list[str]]:
    """The operations of `forward` of a class in each of its worlds."""
    view = file_view(PREAMBLE + BLOCK + text)
    names = {own.cls: own.name for own in view.classes()}
    return {
        trace.world: [name.rpartition(".")[2] for name in operations(trace)]
        for trace in view.traces()
        if trace.owner is not None and names[trace.owner] == cls and trace.world != "general" and is_forward(trace)
    }


def test_a_class_that_is_not_understood_is_run_with_its_defaults() -> None:
    assert usual("") == {"Block(width)": ["Linear", "ReLU", "Identity"]}


def test_what_rests_on_defaults_is_no_ground_for_sizes() -> None:
    text = PREAMBLE + (
        "class Head(nn.Module):\n    def __init__(self, given, groups=4):\n        super().__init__()\n"
        "        self.conv = nn.Conv2d(3, 8, 1)\n        self.norm = nn.BatchNorm2d(groups)\n"
        "        self.given = given\n\n    def forward(self, x):\n"
        "        return self.given(self.norm(self.conv(x)))\n"
    )
    wanted = [rule for rule in rules() if rule.code == "ACT502"]
    for call, count in ("", 0), ("\n\nhead = Head(nn.ReLU())\n", 1):
        files = [read_facts("main.py", text + call)]
        assert len(list(engine.check(engine.link(files, DEFAULTS), "main.py", text + call, wanted))) == count


def test_an_object_is_run_where_its_arguments_cannot_be_carried_and_what_a_builder_makes() -> None:
    text = (
        "class Wrap(nn.Module):\n    def __init__(self, inner):\n        super().__init__()\n"
        "        self.inner = inner\n\n"
        "    def forward(self, x):\n        return self.inner(x) * 2\n\n\n"
        "class Other(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.wrap = Wrap(nn.Sequential(nn.Linear(2, 2), nn.Tanh()))\n"
    )
    (operations_,) = usual(text, "Wrap").values()
    assert operations_ == ["Linear", "Tanh", "mul"]
    built = text.partition("class Other")[0] + (
        "ACT = nn.GELU\n\n\ndef inner(act):\n    return act()\n\n\n"
        "def net(act):\n    return Wrap(inner(act))\n\n\ndef big(act=ACT):\n    return net(act)\n"
    )
    assert usual(built, "Wrap")["big()"] == ["GELU", "mul"]


def test_a_builder_may_be_handed_the_class() -> None:
    text = (
        "import collections.abc\n\n\n"
        "def build(cls, inner, times=1):\n"
        "    inner = inner if isinstance(inner, collections.abc.Iterable) else [inner] * times\n"
        "    return cls(nn.Sequential(*[act() for act in inner]))\n\n\n"
        "def small(inner=nn.GELU):\n    return build(Wrap, inner, times=2)\n\n\n"
        "class Wrap(nn.Module):\n    def __init__(self, inner):\n        super().__init__()\n"
        "        self.inner = inner\n\n"
        "    def forward(self, x):\n        return self.inner(x) * 2\n\n\n"
    )
    assert usual(text, "Wrap")["small()"] == ["GELU", "GELU", "mul"]


def test_a_whole_model_is_run_with_its_defaults() -> None:
    text = (
        "class Deep(nn.Module):\n    def __init__(self, act=nn.Tanh, depth=24):\n        super().__init__()\n"
        "        blocks = []\n"
        "        for index in range(depth):\n"
        "            blocks.append(Block(8, norm=act(), parts=[act] * 3))\n"
        "        self.blocks = nn.Sequential(*blocks, act())\n\n"
        "    def forward(self, x):\n        return self.blocks(x)\n\n\n"
    )
    assert usual(text, "Deep") == {"Deep()": ["Linear", "ReLU", "Tanh", "Tanh", "Tanh", "Tanh"] * 24 + ["Tanh"]}


def test_worlds_give_worlds() -> None:
    text = "class Outer(nn.Module):\n    def __init__(self, act, n):\n        super().__init__()\n"
    text += "        self.block = Block(n, act=act)\n\n    def forward(self, x):\n        return x(x)\n\n\n"
    assert "Tanh" in usual(text + "net = Outer(nn.Tanh, 4)\n")["Block(n, act=act)"]


def test_lists_are_arguments_if_they_stay_as_they_are() -> None:
    assert usual("net = Block(2, parts=[nn.ReLU, nn.Tanh])\n")["Block(2, parts=[nn.ReLU, nn.Tanh])"][-2:] == [
        "ReLU",
        "Tanh",
    ]
    text = "parts = [nn.ReLU]\nnet = Block(2, parts=parts)\nparts.append(nn.Tanh)\n"
    assert usual(text)["Block(2, parts=parts)"][-1] != "Tanh"


def test_of_written_calls_those_that_tell_most_are_worlds() -> None:
    assert list(forwards("Net(n)", "Net(2)")) == ["Net(2)"]  # all that the first tells, the second does
    assert list(forwards("Net(n, nn.Tanh)", "Net(2)")) == ["Net(2)", "Net(n, nn.Tanh)"]
    assert list(forwards("Net(1)", "Net(1, nn.ReLU)", "Net(True)", "Net(3)")) == ["Net(1)", "Net(True)"]


def test_calls_that_are_written_alike_are_told_apart() -> None:
    other = PREAMBLE + "from main import Net\n\nN = 2\nnet = Net(N)\n"
    view = file_view(PREAMBLE + NET + "N = 1\nnet = Net(N)\n", {"other.py": other})
    made = {trace.world for trace in view.traces() if trace.owner is not None and trace.world != "general"}
    assert made == {"Net(N)", "Net(N), call 2 of these"}
    assert [site.path for site in view.calls.values()] == ["main.py", "other.py"]


def test_a_finding_names_the_call_in_the_other_file() -> None:
    text = PREAMBLE + HEAD
    other = PREAMBLE + "from main import Head\n\n\ndef make():\n    return Head(8)\n"
    files = [read_facts("main.py", text), read_facts("other.py", other)]
    wanted = [rule for rule in rules() if rule.code == "ACT502"]
    (found,) = engine.check(engine.link(files, DEFAULTS), "main.py", text, wanted)
    assert found.conditions == ("built as `Head(8)`",)
    assert ("with these arguments", "other.py") in {(note.message, note.path) for note in found.related}
    with pytest.raises(RuntimeError, match="8 elements not 4"):
        run(text + "\nHead(8)(torch.zeros(1, 3, 4, 4))\n")
    run(text + "\nHead(4)(torch.zeros(1, 3, 4, 4))\n")


def run(text: str) -> None:
    """Execute a program."""
    exec(compile(text, "main.py", "exec"), {"__name__": "main"})
