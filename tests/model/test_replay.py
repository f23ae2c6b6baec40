"""Blocks that are made again are repeated: what a run sees of them is what it would have seen, for fewer steps."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from actlint.model import calls, replay
from actlint.model.args import Args
from actlint.model.events import Call, Trace
from actlint.model.machine import Machine
from actlint.model.values import Class, Constant, External, Function, Value
from actlint.model.verify import broken
from tests.model.programs import PREAMBLE, file_view, layers

BLOCK = """
class Block(nn.Module):
    def __init__(self, width, out, kernel=3, norm=None, act=nn.ReLU):
        super().__init__()
        padding = kernel // 2
        self.conv = nn.Conv2d(width, out, kernel, padding=padding)
        self.norm = norm(out) if norm is not None else nn.Identity()
        self.sizes = [width, out]
        self.scale = nn.Parameter(torch.ones(out))
        self.act = act(inplace=True)

    def forward(self, x):
        return self.act(self.norm(self.conv(x)) * self.scale)


"""

NET = """
class Net(nn.Module):
    def __init__(self, norm=None, act=nn.ReLU):
        super().__init__()
{body}

    def forward(self, x):
        return self.layers(x)
"""

MANY = """
        self.layers = nn.ModuleList(
            [pair(4 * i, 4 * i + 4, norm) for i in range(1, 64)] + [pair(4 * i, 4 * i, norm) for i in range(1, 64)]
        )
"""
BODIES = {
    "other numbers": "        self.layers = nn.Sequential(Block(3, 8), Block(8, 16), Block(16, 32), Block(32, 8))",
    "numbers that count": "        self.layers = nn.Sequential(Block(3, 8, 1), Block(8, 16, 5), Block(8, 8, 1))",
    "parameters": (
        "        first, last = Block(3, 8, norm=norm), Block(9, 3, 3, norm)\n"
        "        self.layers = nn.Sequential(first, Block(8, 9, norm=norm), last, Block(3, 5, norm=norm, act=act))"
    ),
    "a condition": (
        "        if norm is not None:\n"
        "            self.layers = nn.Sequential(Block(3, 8, norm=norm), Block(8, 9, norm=norm))\n"
        "            self.further = Block(9, 3, 1, norm)\n"
        "        else:\n"
        "            self.layers = nn.Sequential(Block(3, 8, norm=norm), Block(8, 9, norm=norm))"
    ),
    "an alike width": "        self.layers = nn.Sequential(Block(8, 8), Block(8, 8), Block(8, 8))",
    "a helper": (
        "        self.layers = nn.Sequential(pair(3, 8, norm), pair(8, 9, norm), pair(9, 3, norm), pair(3, 3, None))"
    ),
    "a closure": "        self.layers = nn.Sequential(Lazy(3), Lazy(4), Lazy(5))",
    "lists": (
        "        options = [3, 8]\n"
        "        self.layers = nn.Sequential(Listed(options), Listed([8, 9]), Listed(options), Listed([9, 3]))"
    ),
}
HELPERS = """
def pair(width, out, norm):
    layers = [Block(width, out, norm=norm)]
    layers.append(nn.Dropout(0.1 if norm is None else 0.2))
    return nn.Sequential(*layers)


class Lazy(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 1)
        self.act = lambda x: F.relu(self.conv(x)) * width

    def forward(self, x):
        return self.act(x)


class Listed(nn.Module):
    def __init__(self, options):
        super().__init__()
        self.conv = nn.Conv2d(options[0], options[1], 1)
        self.options = options

    def forward(self, x):
        return self.conv(x)


"""
_NUMBER = re.compile(r"((?:number|root|event|ref|frame|writer|call|tensor)=)(\d+)|(?<=[#:])(\d+)(?=['\"\]])")


def _shown(trace: Trace) -> list[str]:
    """The events with numbers in the order in which they are met."""
    numbers: dict[str, int] = {}

    def renamed(found: re.Match[str]) -> str:
        number = found[2] or found[3]
        return f"{found[1] or ''}{numbers.setdefault(number, len(numbers))}"

    return [_NUMBER.sub(renamed, repr(event)) for event in trace.events]


@pytest.fixture
def repeated(monkeypatch: pytest.MonkeyPatch) -> list[Class | Function]:
    """What has been repeated."""
    found: list[Class | Function] = []
    call = replay.call

    def counting(m: Machine, callee: Class | Function, args: Args, site: object) -> Value | None:
        value = call(m, callee, args, site)  # type: ignore[arg-type]
        if value is not None:
            found.append(callee)
        return value

    monkeypatch.setattr(calls.replay, "call", counting)
    return found


def _inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls.replay, "call", lambda *_: None)


@pytest.mark.parametrize("body", BODIES)
def test_runs_see_what_they_see_without_it(
    body: str, repeated: list[Class | Function], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PREAMBLE + BLOCK + HELPERS + NET.format(body=BODIES[body])
    again = list(file_view(text).traces())
    assert repeated
    for trace in again:
        assert not list(broken(trace))
    _inline(monkeypatch)
    once = list(file_view(text).traces())
    assert [(trace.world, trace.complete) for trace in again] == [(trace.world, trace.complete) for trace in once]
    if body != "an alike width":
        assert [_shown(trace) for trace in again] == [_shown(trace) for trace in once]
    for found, expected in zip(again, once, strict=True):
        assert layers(found) == layers(expected)


def test_a_model_of_many_blocks_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = BLOCK.replace("kernel // 2", "kernel // 2\n        self.table = [kernel + i for i in range(60)]")
    text = PREAMBLE + slow + HELPERS + NET.format(body=MANY)
    net = next(cls for cls in file_view(text).classes() if cls.name == "Net")
    assert net.constructor.complete
    expected = [(4 * i, 4 * i + 4) for i in range(1, 64)] + [(4 * i, 4 * i) for i in range(1, 64)]
    assert list(_widths(net.constructor)) == expected
    _inline(monkeypatch)
    net = next(cls for cls in file_view(text).classes() if cls.name == "Net")
    assert not net.constructor.complete


def _widths(trace: Trace) -> Iterator[tuple[object, object]]:
    """The widths with which convolutions are made."""
    for event in trace.events:
        if isinstance(event, Call) and event.callee == External("torch.nn.Conv2d") and event.op is None:
            given = dict(event.args)
            width, out = given["0"], given["1"]
            assert isinstance(width, Constant) and isinstance(out, Constant)
            yield width.value, out.value
