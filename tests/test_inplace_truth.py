"""What the rules on in-place writes say is held against what torch does with the same program."""

from __future__ import annotations

import random
import warnings
from bisect import bisect
from collections.abc import Sequence

import pytest
import torch

from actlint import engine
from actlint.config import Settings
from actlint.lower.cut import read_facts
from actlint.model.backward import visited
from actlint.model.conditions import stated
from actlint.model.events import Write
from actlint.model.program import view
from actlint.testing.lint import LINTER
from actlint.testing.run import Project

HEAD = """\
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(4, 4)
        self.conv = nn.Conv1d(2, 2, 1)
        self.norm = nn.LayerNorm(4)
        self.w = nn.Parameter(torch.ones(2, 4))
        self.register_buffer("buf", torch.ones(2, 4))
        self.relu = nn.ReLU(inplace=True)
        self.act = nn.ReLU()
        self.silu = nn.SiLU(inplace=True)
        self.leaky = nn.LeakyReLU(inplace=True)
        self.drop = nn.Dropout(0.5, inplace=True)
        self.plain = nn.Dropout(0.5)
        self.tail = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Dropout(0.1))
        self.first = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(4, 4))

    def helper(self, t):
        t += 1
        return torch.sigmoid(t)
"""

CLASS = """

class Net{number}(Base):
    def forward(self, x):
        x = self.lin(x)
{body}
"""

PRODUCERS = """\
F.relu(x) | torch.relu(x) | x.relu() | self.act(x) | torch.sigmoid(x) | F.sigmoid(x) | x.sigmoid() | torch.tanh(x)
F.softmax(x, dim=-1) | F.log_softmax(x, dim=-1) | F.softmin(x, dim=-1) | x.softmax(-1) | nn.Softmax(-1)(x)
x.exp() | torch.exp2(x) | x.expm1() | torch.sqrt(x.abs()) | x.abs().rsqrt() | x.reciprocal() | x.tan() | x.cumprod(-1)
x.norm(dim=-1, keepdim=True) * 1 | x.std(-1) | x.logsumexp(-1) | x.amax(-1) | torch.linalg.norm(x) | x.prod(-1) | x.var(-1)
F.leaky_relu(x) | F.elu(x) | F.gelu(x) | F.silu(x) | F.relu6(x) | F.hardtanh(x) | F.softplus(x) | F.mish(x) | F.glu(x)
self.norm(x) | self.lin(x) | self.conv(x) | x * 2 | x + x | x - 1 | x / 2 | x ** 2 | x * self.w | x @ x.t()
x.clone() | x.mean(-1) | x.sum(-1) | x.view(-1) | x.reshape(-1) | x.t() | torch.cat([x, x]) | torch.stack([x, x])
F.dropout(x, 0.5) | self.tail(x) | checkpoint(self.tail, x, use_reentrant=False) | self.relu(x) | self.silu(x)
self.leaky(x) | x.clamp(min=0) | F.normalize(x) | x.abs() | x.log1p() | torch.where(x > 0, x, x) | x.detach() | x.max(-1)[0]
"""

WRITES = """\
y += 1 | y *= 2 | y.mul_(2) | y.relu_() | F.relu(y, inplace=True) | y = self.relu(y) | y = self.silu(y)
y = self.drop(y) | y[0] = 0 | y.view(-1).add_(1) | y.detach().add_(1) | y.data.add_(1) | y.zero_() | y.sigmoid_()
y.masked_fill_(y > 0, 0)
"""

UNCLAIMED = {
    "x.max(-1)[0]",  # which result `max` has depends on its arguments
    "x.reshape(-1)",  # a view or a copy
    "torch.linalg.norm(x)",  # the norm of a matrix, for some orders, keeps other things
}
"""Producers of which nothing is said."""

OUT = """\
{v} = self.lin({u}) | {v} = self.conv({u}) | {v} = self.norm({u}) | {v} = torch.sigmoid({u}) | {v} = F.relu({u})
{v} = self.act({u}) | {v} = torch.tanh({u}) | {v} = {u}.exp() | {v} = F.gelu({u}) | {v} = F.leaky_relu({u})
{v} = F.softmax({u}, dim=-1) | {v} = {u} * {w} | {v} = {u} + {w} | {v} = {u} / {w} | {v} = {u} @ {w}.t() @ {u}
{v} = {u}.view(2, 4) | {v} = {u}.t().t() | {v} = {u}.detach() | {v} = {u}.clone() | {v} = self.plain({u})
{v} = self.tail({u}) | {v} = {u} | {v} = {u} * 2 | {v} = {u} * self.w | {v} = {u} - {u}.mean() | {v} = {u} / {u}.std()
{v} = torch.cat([{u}, {w}])[:2] | {v} = torch.where({u} > 0, {u}, {w}) | {v} = self.helper({u}) | {v} = {u} ** 2
{v} = checkpoint(self.lin, {u}, use_reentrant=False) | {v} = {u}.reshape(2, 4) | {v} = F.hardtanh({u})
{v} = torch.sqrt({u}.abs() + 1) | {v} = {u}.clamp(min=0) | {v} = torch.stack([{u}, {w}]).sum(0) | {v} = {u} * self.buf
"""

IN = """\
{u} += {w} | {u} *= 2 | {u} *= {w} | {u} /= {w} | {u} -= 1 | {u}.relu_() | F.relu({u}, inplace=True) | {u} **= 2
{v} = F.relu({u}, inplace=True) | {u} = self.relu({u}) | self.relu({u}) | {v} = self.silu({u}) | {u} = self.leaky({u})
{u} = self.drop({u}) | {u}.sigmoid_() | {u}[0] = 0 | {u}[:, 1] = {w}[:, 1] | {u}.data.mul_(2) | {u}.detach().add_(1)
{u}.mul_({w}) | {u}.exp_() | {u}.add_(1).mul_(2) | {u}.clamp_(min=0) | {u}.masked_fill_({u} > 0, 0) | self.buf += 1
{v} = self.first({u}) | {u}.zero_() | {u}.copy_({w}) | F.leaky_relu_({u}) | {u}.tanh_() | {u} *= {u}
{u}.view(-1).mul_(2) | torch.relu_({u}) | {u}.unsqueeze_(0).squeeze_(0) | self.w.mul_(1) | self.w.data.mul_(2)
"""


def cells(text: str) -> list[str]:
    return [cell.strip() for line in text.splitlines() for cell in line.split("|")]


def module(bodies: Sequence[Sequence[str]]) -> str:
    """A module with one model for each body of `forward`."""
    classes = ("\n".join(f"        {line}" for line in body) for body in bodies)
    return HEAD + "".join(CLASS.format(number=number, body=body) for number, body in enumerate(classes))


def findings(text: str) -> dict[int, set[str]]:
    """What the rules on writes that raise report in each model, for training mode."""
    select = 'select = ["ACT201", "ACT202", "ACT203", "ACT205"]'
    report = LINTER.lint(Project({"main.py": text}, None, (select,)))["main.py"]
    starts = [n for n, line in enumerate(text.splitlines(), 1) if line.startswith("class Net")]
    found: dict[int, set[str]] = {}
    for each in report.diagnostics:
        if all(condition == "`self.training` is true" for condition in each.conditions):
            found.setdefault(bisect(starts, each.span.start.row) - 1, set()).add(each.code)
    return found


SHARED_TEXTS = (
    "view and is being modified",
    "view of its base has been modified",  # another one is used after the write
    "refers to a single memory location",
)


def outcomes(text: str, count: int) -> list[str]:
    """What one step of training does to each model: "leaf", "saved" or "shared" for the errors, "" for none,
    "other"."""
    names: dict[str, object] = {}
    exec(compile(text, "main.py", "exec"), names)
    return [_outcome(names[f"Net{number}"]) for number in range(count)]


def _outcome(model: object) -> str:
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = model().train()(torch.rand(2, 4) + 0.1)  # type: ignore[operator]
            if result.requires_grad:
                result.sum().backward()
        except RuntimeError as error:
            if "a leaf Variable" in str(error):
                return "leaf"
            if any(text in str(error) for text in SHARED_TEXTS):
                return "shared"
            return "saved" if "modified by an inplace operation" in str(error) else "other"
        except (TypeError, IndexError):
            return "other"
    return ""


@pytest.mark.parametrize("producer", cells(PRODUCERS))
def test_writes_to_what_an_operation_made(producer: str) -> None:
    """ACT202 says of a write to an operation's result what backward says."""
    writes = cells(WRITES)
    text = module([(f"y = {producer}", write, "return y.sum()") for write in writes])
    said = findings(text)
    for number, truth in enumerate(outcomes(text, len(writes))):
        shown = f"{producer}; {writes[number]}: {said.get(number)} is said, torch: {truth or 'no error'}"
        if truth in ("", "leaf"):
            assert number not in said, shown
        if truth == "saved" and producer not in UNCLAIMED:
            assert said.get(number) == {"ACT202"}, shown


SHARED = """\
p, q = {u}.chunk(2, dim=-1) | p, q = {u}.split(2, dim=-1) | p, q = torch.unbind({u}) | p, q = {u}
p, q = {u}.tensor_split(2, dim=-1) | p, q = {u}[:, :2], {u}[:, 2:] | p, q = {u}.narrow(1, 0, 2), {u} | p, q = {u}[0], {u}[1]
p = {u}.mean(-1, keepdim=True).expand(-1, 3) | p = {u}.unsqueeze(1).expand(-1, 3, -1) | p = {u}.expand(2, 4)
p = {u}.unsqueeze(0).expand(-1, 2, 4) | p = torch.zeros(1, 4).expand(2, -1) | p = torch.zeros(2, 4).expand(-1, 4)
p = self.w[:1].expand(2, 4).clone() | p, q = torch.meshgrid({u}[0], {u}[1], indexing="ij") | p = torch.zeros(4).expand(2, 4)
p, q = torch.hsplit({u}, 2) | p = {u}.sum(1, True).expand_as({u}) | p, q = {u}.unbind(0)
"""
SHARED_WRITES = """\
p += 1 | p.relu_() | F.relu(p, inplace=True) | p = self.relu(p) | p.mul_(2) | p.zero_() | p.masked_fill_(p > 0, 0)
p.view(p.shape).add_(1) | p.clamp_(min=0) | p[..., 0] = 0 | p.detach().add_(1) | torch.tanh_(p) | p = self.drop(p)
"""

SILENT = {
    "p[..., 0] = 0",  # what is written may be one of the elements
    "p.detach().add_(1)",  # a tensor without history, of one that has one
    "p.zero_()",  # raises on what is expanded only where gradients are recorded
    "p.masked_fill_(p > 0, 0)",
}
"""Writes of which nothing has to be said."""


@pytest.mark.parametrize("maker", cells(SHARED))
def test_writes_to_views_that_share_memory(maker: str) -> None:
    """ACT205 is said where torch raises for shared memory; what is said raises."""
    writes = cells(SHARED_WRITES)
    text = module([(maker.format(u="x"), write, "return p.sum() + x.sum()") for write in writes])
    said = findings(text)
    for number, truth in enumerate(outcomes(text, len(writes))):
        shown = f"{maker}; {writes[number]}: {said.get(number)} is said, torch: {truth or 'no error'}"
        assert ("ACT205" in said.get(number, ())) <= (truth == "shared"), shown
        if truth == "shared" and writes[number] not in SILENT:
            assert "ACT205" in said.get(number, ()), shown


def program(seed: int) -> list[str]:
    """A random forward pass of a few statements."""
    rng = random.Random(seed)
    body, names = [], ["x"]
    for _ in range(rng.randint(2, 8)):
        u, w, v = rng.choice(names), rng.choice(names), rng.choice("abcd")
        template = rng.choice(cells(OUT) if rng.random() < 0.6 else cells(IN))
        line = template.format(u=u, v=v, w=w)
        kind = rng.random()
        if kind < 0.06:
            body += ["with torch.no_grad():", f"    {line}"]
        elif kind < 0.12 and (v in names or "{v}" not in template):
            body += ["if self.training:", f"    {line}"]
        elif kind < 0.16:
            body += ["for _ in range(2):", f"    {line}"]
        else:
            body.append(line)
        if "{v}" in template and v not in names:
            names.append(v)
    last = rng.choice(names)
    body.append(f"return self.lin({last})" if rng.random() < 0.5 else f"return {last} + {rng.choice(names)}")
    return body


@pytest.mark.parametrize("first", range(0, 240, 40))
def test_random_programs_raise_where_a_finding_says_so(first: int) -> None:
    """A finding without condition is a proof: the program raises."""
    bodies = [program(seed) for seed in range(first, first + 40)]
    text = module(bodies)
    said = findings(text)
    assert said, "no program shows a finding: this test proves nothing"
    for number, truth in enumerate(outcomes(text, len(bodies))):
        forward = {"ACT201": "leaf", "ACT205": "shared"}
        expected = {forward[code] for code in said.get(number, ()) if code in forward} or {"saved", "leaf", "shared"}
        if truth != "other" and number in said:
            assert truth in expected, f"{said[number]} is said, torch: {truth or 'no error'}\n" + "\n".join(
                bodies[number]
            )


def test_the_evaluator_tells_which_random_programs_raise() -> None:
    """Whatever autograd saved, as an output or as an input: what is certain is right, and little is missed."""
    right = missed = 0
    for first in range(1000, 1120, 40):
        bodies = [program(seed) for seed in range(first, first + 40)]
        text = module(bodies)
        certain = _overwritten(text)
        for number, truth in enumerate(outcomes(text, len(bodies))):
            shown = f"{truth or 'no error'}:\n" + "\n".join(bodies[number])
            if truth != "other" and number in certain:
                assert truth in ("saved", "leaf", "shared"), shown  # the last two come first, in forward
            right += truth == "saved" and number in certain
            missed += truth == "saved" and number not in certain
    assert right > 20 and 20 * missed <= right, (right, missed)


def _overwritten(text: str) -> set[int]:
    """The models whose forward pass overwrites, in training and without other condition, what backward needs."""
    unit = view(engine.link([read_facts("main.py", text)], Settings()), "main.py")
    found: set[int] = set()
    for model in unit.classes():
        trace = model.method("forward")
        for event in trace.events if trace is not None and model.name.startswith("Net") else ():
            for hazard in event.hazards if isinstance(event, Write) else ():
                when = visited(trace, hazard.condition).get(hazard.event) if hazard.kind == "saved" else None
                words = stated(when) if when is not None else None
                if words is not None and set(words) <= {"`self.training` is true"}:
                    found.add(int(model.name.removeprefix("Net")))
    return found
