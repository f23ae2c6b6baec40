"""What the evaluator must know, must not guess, and must survive."""

from __future__ import annotations

import time

import pytest

from actlint.model.conditions import stated
from actlint.model.events import Call, Merge, Read, Trace, Write
from actlint.model.state import make_join
from actlint.model.values import Unknown, Unset
from actlint.model.verify import broken
from tests.model.programs import PREAMBLE, file_view, forward, layers, operations


def hazards(trace: Trace) -> list[tuple[str, str]]:
    return [(h.kind, h.role) for event in trace.events if isinstance(event, Write) for h in event.hazards]


def net(init: str, body: str) -> str:
    lines = ["class Net(nn.Module):", "    def __init__(self, flag, width=4):", "        super().__init__()"]
    lines += [f"        {line}" for line in init.splitlines()]
    lines += ["", "    def forward(self, x, mask=None):", *(f"        {line}" for line in body.splitlines())]
    return PREAMBLE + "\n".join(lines) + "\n"


def test_one_condition_here_and_there() -> None:
    """What `__init__` defines under a condition is there under the same condition, and a tensor of two paths is one."""
    trace = forward(
        net(
            "self.flag = flag\nself.fc = nn.Linear(4, 4)\nif flag:\n    self.norm = nn.LayerNorm(4)",
            "x = self.fc(x)\nif self.flag:\n    x = self.norm(x)\nreturn torch.relu(x)",
        )
    )
    assert not [event for event in trace.events if isinstance(event, Read) and isinstance(event.value, Unset)]
    assert len([event for event in trace.events if isinstance(event, Merge)]) == 1
    assert operations(trace) == ["torch.nn.Linear", "torch.nn.LayerNorm", "torch.relu"]
    norm = next(event for event in trace.events if isinstance(event, Call) and layers_of(event) == "LayerNorm")
    assert stated(norm.where.condition) == ("`flag` is true",)


def layers_of(event: Call) -> str:
    return "" if event.op is None else event.op.qualname.rpartition(".")[2]


def test_unknown_is_no_guess() -> None:
    """A layer that comes from outside is unknown, and so is what it gives."""
    trace = forward(net("self.act = flag", "y = self.act(x)\nreturn y + 1"))
    assert operations(trace) == []


def test_a_write_is_seen_through_every_name_and_view() -> None:
    """Sigmoid keeps its output: writing to it is wrong, through a view too; a second name denotes the new value."""
    body = "y = torch.sigmoid(self.fc(x))\nz = y\ny.view(-1).add_(1)\nreturn self.fc(z)"
    trace = forward(net("self.fc = nn.Linear(4, 4)", body))
    assert hazards(trace) == [("saved", "output")]


@pytest.mark.parametrize(
    "body",
    [
        "y = self.fc(x)\ny += 1\nreturn y",
        "y = torch.sigmoid(self.fc(x)).clone()\ny += 1\nreturn y",
        "with torch.no_grad():\n    y = torch.sigmoid(self.fc(x))\n    y += 1\nreturn y",
        "y = torch.sigmoid(x)\ny += 1\nreturn y",
        "y = torch.sigmoid(self.fc(x).detach())\ny += 1\nreturn y",
    ],
)
def test_writes_that_nothing_forbids(body: str) -> None:
    assert hazards(forward(net("self.fc = nn.Linear(4, 4)", body))) == []


def test_names_are_followed_through_files() -> None:
    """Relative and absolute imports, a re-export, a star import, both arms of a try, and a cycle."""
    layer = "class {0}(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.layer = {1}\n\n"
    layer += "    def forward(self, x):\n        return self.layer(x)\n"
    act = "    from torch.nn.functional import relu as act\n"
    files = {
        "pkg/__init__.py": "from .stem import Stem\n",
        "pkg/stem.py": "import torch.nn as nn\nfrom . import blocks\n\n\n" + layer.format("Stem", "nn.Linear(2, 2)"),
        "pkg/blocks.py": "from torch import nn\nfrom pkg.stem import Stem\n\n\n" + layer.format("Block", "nn.Tanh()"),
        "pkg/ops.py": f"try:\n{act}except ImportError:\n{act}",
    }
    main = "from pkg import Stem\nfrom pkg.blocks import *\nimport pkg.ops as ops\n\n\nclass Net(Stem):\n"
    main += "    def forward(self, x):\n        return ops.act(Block()(super().forward(x)))\n"
    trace = forward(main, files)
    assert operations(trace) == ["torch.nn.Linear", "torch.nn.Tanh", "torch.nn.functional.relu"]


def test_shadowed_names_are_left_alone() -> None:
    view = file_view(
        PREAMBLE + "def f(F, x):\n    return F.relu(x)\n\n\ndef g(x):\n    return [F.relu(F_) for F_ in x]\n\n\n"
        "def h(xs):\n    return [F.relu(1) for F in xs]\n\n\nclass C:\n    F = 1\n\n    def m(self, x):\n"
        "        return F.tanh(x)\n"
    )
    found = [reference.qualname for reference in view.references() if "functional." in reference.qualname]
    assert found == ["torch.nn.functional.relu", "torch.nn.functional.tanh"]


HARD = {
    "forty branches": net(
        "self.fc = nn.Linear(4, 4)", "\n".join(f"if mask > {i}: x = self.fc(x)" for i in range(40)) + "\nreturn x"
    ),
    "itself": net("self.child = Net(flag)", "return self.child(x)"),
    "mutual": PREAMBLE
    + "def a(x):\n    return b(x) + torch.relu(b(x))\n\n\ndef b(x):\n    return a(x) + a(torch.relu(x))\n",
    "deep": net("self.fc = nn.Linear(4, 4)", "return " + "self.fc(" * 60 + "x" + ")" * 60),
    "loops": net(
        "self.fc = nn.Linear(4, 4)",
        "for a in x:\n    for b in x:\n        for c in x:\n            while c:\n                x = self.fc(x)\n"
        "                if b: break\n                if a: continue\n            else:\n"
        "                x = x + 1\nreturn x",
    ),
    "many": PREAMBLE + "x = [torch.relu(torch.zeros(1)) for i in range(64) for j in range(64) for k in range(64)]\n",
    "self reference": PREAMBLE + "a = b = [a, b]\nc = {**c, 1: torch.relu(c)}\n\n\nclass D(D, nn.Module):\n    pass\n",
}


@pytest.mark.parametrize("name", HARD)
def test_nothing_hangs(name: str) -> None:
    """Every run ends by its budget. The bound is generous: it tells seconds from an explosion."""
    start = time.process_time()
    for trace in file_view(HARD[name]).traces():
        assert list(broken(trace)) == []
    assert time.process_time() - start < 20


def test_layers_of_an_unknown_loop_are_seen_once() -> None:
    """A list of unknown length whose items look alike: one iteration stands for all."""
    init = "self.blocks = nn.ModuleList([nn.Linear(4, 4) for _ in range(flag)])"
    trace = forward(net(init, "for block in self.blocks:\n    x = block(x)\nreturn x"))
    assert layers(trace) == ["Linear"]


@pytest.mark.parametrize(
    ("lazy", "known"),
    [
        ("import sys\nsys.modules[__name__] = LazyModule(__name__, {})\n", True),
        ("def __getattr__(name):\n    return load(name)\n", True),
        ("__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, __file__)\n", True),
        ("", False),
    ],
)
def test_what_a_lazy_module_tells_type_checkers_it_gives(lazy: str, known: bool) -> None:
    init = f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .part import Part\nelse:\n    pass\n{lazy}"
    part = "import torch.nn as nn\n\n\ndef Part():\n    return nn.ReLU()\n"
    main = (
        "import torch.nn as nn\nfrom parts import Part\n\n\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.act = Part()\n\n"
        "    def forward(self, x):\n        return self.act(x)\n"
    )
    trace = forward(main, {"parts/__init__.py": init, "parts/part.py": part})
    assert layers(trace) == (["ReLU"] if known else [])


def test_no_path_at_all_is_unknown() -> None:
    """Two paths may leave nothing in common; what then would be a Join of nothing cannot be merged."""
    assert make_join([], lambda options: options[0][1]) == Unknown("no path")
