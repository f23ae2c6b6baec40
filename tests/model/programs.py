"""Small projects for tests of the model: texts in, a program or its traces out."""

from __future__ import annotations

from collections.abc import Mapping

from actlint.lower.cut import read_facts
from actlint.model.events import Call, Trace
from actlint.model.program import FileView, Program, link, view
from actlint.model.values import External
from tests.model.settings import DEFAULTS

PREAMBLE = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n\n"


def program(files: Mapping[str, str]) -> Program:
    """The linked program of files by path."""
    return link([read_facts(path, text) for path, text in files.items()], DEFAULTS, ("", "src"))


def file_view(text: str, others: Mapping[str, str] | None = None) -> FileView:
    """The view of `main.py` beside other files by path."""
    return view(program({**(others or {}), "main.py": text}), "main.py")


def forward(text: str, others: Mapping[str, str] | None = None, cls: str = "Net") -> Trace:
    """The trace of a class's forward in `main.py`."""
    found = next(each for each in file_view(text, others).classes() if each.name == cls)
    trace = found.method("forward")
    assert trace is not None
    return trace


def layers(trace: Trace) -> list[str]:
    """The class names of the torch layers that a run applies, in order."""
    return [
        event.layer.cls.qualname.rpartition(".")[2]
        for event in trace.events
        if isinstance(event, Call) and event.layer is not None and event.op is not None
        if isinstance(event.layer.cls, External)
    ]


def operations(trace: Trace) -> list[str]:
    """The public names of the operations that a run applies, in order."""
    return [event.op.qualname for event in trace.events if isinstance(event, Call) and event.op is not None]
