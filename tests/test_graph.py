"""`actlint graph` in its three formats."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli import actlint

MODEL = """\
import torch
import torch.nn as nn


class Block(nn.Module):
    def __init__(self, dim, act):
        super().__init__()
        self.fc = nn.Linear(dim, dim)
        self.act = act

    def forward(self, x, mask=None):
        if mask is not None and mask["<a|b>`#&"] > 0:
            x = x * mask
        return x + self.act(self.fc(x))


class Loop(nn.Module):
    def __init__(self, dim, depth):
        super().__init__()
        self.blocks = nn.ModuleList(nn.Linear(dim, dim) for _ in range(depth))

    def forward(self, x):
        for block in self.blocks:
            x = torch.relu(block(x))
        return x
"""
NODE = r'n\d+(\(\["[^"]*"\]\)|\["[^"]*"\]|\{\{"[^"]*"\}\})(:::\w+)?'
EDGE = r'n\d+ (-->(\|"[^"|]*"\|)?|-\.->|-\. "next iteration" \.->) n\d+'
STEP = {"kind", "row", "depth", "label", "result"}
MORE = {
    "operation",
    "group",
    "layer",
    "inputs",
    "input_conditions",
    "value",
    "shape",
    "conditions",
    "loop",
    "reason",
    "unknown",
}


@pytest.fixture
def graph(tmp_path: Path) -> Callable[..., str]:
    """Runs the command on the model."""
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")

    def run(*arguments: str) -> str:
        done = actlint(tmp_path, "graph", "--isolated", *arguments)
        assert done.code == 0, done.err
        return done.out

    return run


def test_text_says_where_it_becomes_unknown(graph: Callable[..., str]) -> None:
    text = graph("model.py:Block")
    assert "forward  (not known to its end: call of a parameter: act)" in text
    assert re.search(r"self\.act\(%\d+\) = \? \(call of a parameter: act\)", text)
    assert "forward\n" in graph("model.py:Loop")


def test_json_has_the_documented_keys(graph: Callable[..., str]) -> None:
    found = json.loads(graph("model.py", "--format", "json"))
    assert (found["version"], found["file"]) == (1, "model.py")
    runs = {(run["class"], run["function"]): run for run in found["runs"]}
    block, loop = runs["Block", "forward"], runs["Loop", "forward"]
    assert (block["covered"], block["causes"]) == (False, ["call of a parameter: act"])
    assert (loop["covered"], loop["causes"], loop["complete"]) == (True, [], True)
    assert runs["Block", "__init__"]["covered"] is None
    for run in found["runs"]:
        for step in run["steps"]:
            assert step.keys() >= STEP and step.keys() <= STEP | MORE
    linear = next(step for step in loop["steps"] if step.get("operation") == "torch.nn.Linear")
    assert (linear["kind"], linear["label"], linear["row"], linear["group"]) == ("call", "block", 24, "affine")
    assert linear["loop"] and linear["layer"].startswith("Linear(")
    # every tensor that a step reads was made by one before it
    made: set[str] = set()
    for step in block["steps"]:
        assert made.issuperset(step.get("inputs", ()))
        made.update(step["result"])


def test_mermaid_is_one_flowchart_for_each_method(graph: Callable[..., str]) -> None:
    text = graph("model.py", "--format", "mermaid")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["`Block.forward`", "`Loop.forward`"]
    charts = re.findall(r"```mermaid\nflowchart TD\n(.*?)```\n", text, re.DOTALL)
    assert len(charts) == 2
    for chart in charts:
        for line in chart.splitlines():
            assert re.fullmatch(rf"    ({NODE}|{EDGE}|classDef [a-z]+ [a-z0-9#:,\- ]+)", line), line
    assert "? call of a parameter: act" in charts[0]
    assert ":::unknown" in charts[0]
    assert "#lt;a#124;b#gt;#96;#35;#amp;" in charts[0]
    assert "next iteration" in charts[1]
