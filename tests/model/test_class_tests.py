"""`isinstance` and `issubclass` of everything by everything, held against what Python says of the same program."""

from __future__ import annotations

from typing import Any

import pytest

from actlint.model.events import Return
from actlint.model.values import Constant, Tuple, Value
from tests.model.programs import file_view

HEAD = """
import collections, collections.abc, enum, functools, numbers, types, typing
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x):
        return self.fc(x)


class Bag(nn.Module):
    def __init__(self):
        super().__init__()
        self.items = nn.ModuleList([nn.Linear(2, 2)])

    def __iter__(self):
        return iter(self.items)

    def __len__(self):
        return 1


class Stack(nn.Sequential):
    pass


class Wide(nn.Conv2d):
    pass


class Point(NamedTuple):
    x: int


class Kind(enum.Enum):
    A = 1


@dataclass
class Config:
    width: int = 3


class Table(dict):
    pass


def plain(x):
    return x


"""
VALUES = [
    *("1", "True", "1.5", "'relu'", "None", "b'x'", "(1, 2)", "()", "[1, 2]", "[]", "{1, 2}", "{'a': 1}", "Point(1)"),
    *("OrderedDict(a=1)", "Config()", "Block()", "Bag()", "Stack()", "Wide(1, 1, 1)", "nn.Linear(1, 1)", "nn.ReLU6()"),
    *("nn.Sequential(nn.ReLU())", "nn.ModuleList()", "nn.ModuleDict()", "nn.BatchNorm2d(3)", "torch.zeros(2)"),
    *("nn.Parameter(torch.zeros(2))", "plain", "lambda x: x", "Block", "nn.ReLU", "Config", "Point", "Kind", "int"),
    *(
        "functools.partial(nn.LayerNorm, eps=1e-6)",
        "nn.Linear(1, 1).forward",
        "Block().forward",
        "torch.relu",
        "Table()",
    ),
]
CLASSES = [
    *("int", "bool", "float", "str", "bytes", "tuple", "list", "dict", "set", "type", "object", "OrderedDict"),
    *("collections.abc.Iterable", "collections.abc.Sequence", "collections.abc.Mapping", "collections.abc.Callable"),
    *("collections.abc.Sized", "collections.abc.Hashable", "collections.abc.Collection", "collections.abc.Container"),
    *("collections.abc.Iterator", "collections.abc.MutableSequence", "collections.abc.Reversible", "typing.Sequence"),
    *("typing.Iterable", "typing.Callable", "numbers.Number", "functools.partial", "types.FunctionType"),
    *("types.MethodType", "nn.Module", "nn.Linear", "nn.Conv2d", "nn.Sequential", "nn.ModuleList", "nn.Hardtanh"),
    *("nn.modules.batchnorm._BatchNorm", "nn.modules.conv._ConvNd", "nn.ReLU", "torch.Tensor", "Block", "Stack"),
    *("Config", "Point", "Table", "(int, str)", "(list, tuple)", "(nn.Conv2d, nn.Linear)"),
]
TYPES = [
    *("Block", "Bag", "Stack", "Wide", "Config", "Point", "Table", "nn.Linear", "nn.ReLU6", "nn.BatchNorm2d", "int"),
    *("nn.Module", "nn.Sequential", "nn.LazyLinear"),
]


def verdicts(asked: list[str]) -> tuple[list[bool | None], list[bool]]:
    """What the evaluator says of each question, None where it says nothing, and what Python says."""
    text = (
        HEAD
        + "def ask():\n    y = nn.ReLU()\n    return (\n"
        + "".join(f"        {each},\n" for each in asked)
        + "    )\n"
    )
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, "asked.py", "exec"), space)
    trace = next(
        trace
        for trace in file_view(text).traces()
        if trace.entry is not None and trace.owner is None and getattr(trace.entry.code, "name", "") == "ask"
    )
    assert trace.complete
    (value,) = (event.value for event in trace.events if isinstance(event, Return) and event.depth == 1)
    assert isinstance(value, Tuple) and len(value.items) == len(asked)
    return [said(item) for item in value.items], list(space["ask"]())


def said(value: Value) -> bool | None:
    return bool(value.value) if isinstance(value, Constant) else None


@pytest.mark.parametrize("value", VALUES)
def test_isinstance_agrees_with_python(value: str) -> None:
    asked = [f"isinstance({value}, {cls})" for cls in CLASSES]
    found, true = verdicts(asked)
    assert [(a, f) for a, f, t in zip(asked, found, true, strict=True) if f is not None and f is not t] == []


@pytest.mark.parametrize("cls", TYPES)
def test_issubclass_agrees_with_python(cls: str) -> None:
    asked = [f"issubclass({cls}, {other})" for other in CLASSES if "typing" not in other]
    found, true = verdicts(asked)
    assert [(a, f) for a, f, t in zip(asked, found, true, strict=True) if f is not None and f is not t] == []


def test_little_is_left_open() -> None:
    """Of the questions that code asks most, each has an answer."""
    asked = [
        f"isinstance({value}, {cls})"
        for value in (
            "1",
            "'relu'",
            "None",
            "(1, 2)",
            "[1]",
            "{'a': 1}",
            "nn.ReLU",
            "Block",
            "Block()",
            "torch.ones(2)",
        )
        for cls in ("int", "str", "(list, tuple)", "dict", "collections.abc.Iterable", "collections.abc.Sequence")
    ]
    asked += [
        f"isinstance({module}, {cls})"
        for module in ("nn.Linear(1, 1)", "Block()", "Stack()", "nn.BatchNorm2d(1)")
        for cls in ("nn.Module", "nn.Linear", "nn.Sequential", "nn.modules.batchnorm._BatchNorm", "Block")
    ]
    asked += ["issubclass(Wide, nn.Conv2d)", "issubclass(Block, nn.AvgPool2d)", "issubclass(nn.ReLU, nn.Module)"]
    found, true = verdicts(asked)
    assert [a for a, f in zip(asked, found, strict=True) if f is None] == []
    assert found == true
