"""Reports that the tests of several formats share, and any reports."""

from __future__ import annotations

from hypothesis import strategies as st

from actlint.diagnostic import (
    Diagnostic,
    Edit,
    Fix,
    Notice,
    Position,
    Related,
    Report,
    Severity,
    Span,
    Verdict,
)
from actlint.output import RenderOptions

ROOT = "https://example.org/rules/"
PLAIN = RenderOptions()


def span(row: int, column: int, end_row: int, end_column: int) -> Span:
    return Span(Position(row, column), Position(end_row, end_column))


def on(row: int, column: int, end_column: int) -> Span:
    return span(row, column, row, end_column)


MLP = """\
import torch
from torch import nn


class Net(nn.Module):

    def __init__(self):
        super().__init__()
        self.lin1 = nn.Linear(28 * 28, 256)
        self.lin2 = nn.Linear(256, 10)

    def forward(self, x):
        return self.lin2(torch.relu(self.lin1(x)))

    def training_step(self, batch):
        x, y = batch
        x = x.view(x.size(0), -1)
        y_hat = self.layers(x)
        return nn.functional.cross_entropy(y_hat, y)
"""

UNDEFINED = Diagnostic(
    "ACT401",
    "undefined-attribute",
    "error",
    "`self.layers` is never assigned",
    "models/mlp.py",
    on(18, 17, 28),
    "AttributeError when training_step runs",
    related=(Related("`__init__` defines lin1, lin2", "models/mlp.py", on(9, 9, 18)),),
    fix=Fix("unsafe", "call the model: `self(x)`", True, (Edit(on(18, 21, 28), ""),)),
    fingerprint="0123456789abcdef",
)

SAFE = Diagnostic(
    "ACT101",
    "deprecated-activation",
    "warning",
    "`F.tanh` is a legacy alias",
    "models/mlp.py",
    on(13, 26, 36),
    fix=Fix("safe", "use `torch.tanh`", False, (Edit(on(1, 1, 1), "import a\n"), Edit(on(13, 26, 36), "torch.tanh"))),
    conditions=("`p` is true", "`q` is None"),
    fingerprint="fedcba9876543210",
)

NOTE = Diagnostic(
    "ACT312",
    "rnn-dropout-single-layer",
    "info",
    "dropout does nothing",
    "models/mlp.py",
    span(15, 5, 17, 34),
    verdict=Verdict("refuted", "two layers ran"),
    fingerprint="00000000000000ff",
)

FAILURE = Diagnostic(
    "ACT999", "internal-error", "error", "ACT401 failed: ZeroDivisionError", "models/mlp.py", on(1, 1, 1), internal=True
)

REPORT = Report("models/mlp.py", MLP, (UNDEFINED, SAFE, NOTE))
CLEAN = Report("clean.py", "x = 1\n")
BROKEN = Report(
    "b.py", "", (FAILURE,), (Notice("b.py", "too deeply nested", 3, 4), Notice("c.py", "gone", failure=True))
)


def diagnostic(
    text: str, where: Span, *, label: str = "", related: tuple[Related, ...] = (), severity: Severity = "warning"
) -> Report:
    """A report with one finding in a text."""
    found = Diagnostic("ACT301", "missing-nonlinearity", severity, "message", "m.py", where, label, related)
    return Report("m.py", text, (found,))


ANY_TEXT = st.text(
    alphabet=st.characters() | st.sampled_from(list("\x00\x1b\r\n\t\ud800\ufffe<>&\"']]>{}%:,[](")), max_size=20
)
_POSITION = st.builds(Position, st.integers(1, 4), st.integers(1, 9))
_SPAN = st.tuples(_POSITION, _POSITION).map(lambda pair: Span(min(pair), max(pair)))
_DIAGNOSTIC = st.builds(
    Diagnostic,
    code=st.sampled_from(["ACT101", "ACT401"]),
    name=st.sampled_from(["one", "two"]),
    severity=st.sampled_from(["error", "warning", "info"]),
    message=ANY_TEXT,
    path=ANY_TEXT,
    span=_SPAN,
    label=ANY_TEXT,
    related=st.lists(st.builds(Related, ANY_TEXT, ANY_TEXT, _SPAN), max_size=2).map(tuple),
    conditions=st.lists(ANY_TEXT, max_size=2).map(tuple),
    verdict=st.none() | st.builds(Verdict, st.sampled_from(["confirmed", "inconclusive"]), ANY_TEXT),
    internal=st.booleans(),
)
_REPORT = st.builds(
    Report,
    path=ANY_TEXT,
    text=ANY_TEXT,
    diagnostics=st.lists(_DIAGNOSTIC, max_size=3).map(tuple),
    notices=st.lists(st.builds(Notice, ANY_TEXT, ANY_TEXT, st.none() | st.integers(1, 9)), max_size=1).map(tuple),
)

ANY_REPORTS = st.lists(_REPORT, max_size=3)
