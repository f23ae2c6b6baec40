"""Blocks that are executed: `runs`, `raises` and `same`, with torch."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from actlint.testing import cases, parse, problems, run
from tests.testing.fake import FAKE


def _failures(text: str) -> list[str]:
    page = parse("p.md", text.replace("'''", "```"))
    assert problems(page) == []
    return [str(failure) for case in cases(page) for failure in run(case, FAKE)]


def test_a_block_runs_beside_the_files_of_its_case() -> None:
    assert not _failures(
        "`pkg/__init__.py`:\n'''python\n'''\n`pkg/layers.py`:\n'''python\nwidth = 3\n'''\n"
        "'''python runs\nfrom pkg.layers import width\nprint('dropped')\n"
        "assert __name__ == '__main__' and width == 3\n'''\n"
    )
    assert "pkg.layers" not in sys.modules
    assert "pkg" not in sys.modules


def test_project_files_hide_modules_of_the_same_name_for_a_while() -> None:
    assert not _failures(
        "`json.py`:\n'''python\nmine = True\n'''\n'''python runs\nimport json\nassert json.mine\n'''\n"
    )
    assert sys.modules["json"] is json


def test_a_block_that_should_run_and_raises() -> None:
    assert _failures("'''python runs\n1 / 0\n'''\n") == ["p.md:2: this raises ZeroDivisionError: division by zero"]
    assert _failures("'''python runs\nraise SystemExit(3)\n'''\n") == ["p.md:2: this raises SystemExit: 3"]


def test_raises() -> None:
    assert not _failures("'''python raises \"ZeroDivisionError: division\"\n1 / 0\n'''\n")
    assert not _failures("'''python raises \"no attribute 'layers'\"\nobject().layers\n'''\n")
    assert _failures("'''python raises \"zero\"\n1 / 1\n'''\n") == ['p.md:2: this does not raise; expected "zero"']
    assert _failures("'''python raises \"wrong\"\n1 / 0\n'''\n") == [
        'p.md:2: this raises ZeroDivisionError: division by zero; expected "wrong"'
    ]


def _differs(text: str) -> list[str]:
    """The failures of `same` alone: the programs here say themselves what they compute."""
    return [line for line in _failures(text) if "changes what is computed" in line or "leave in" in line]


def _pair(before: str, after: str) -> str:
    return f"# ACT901: none\n'''python\n{before}\n'''\n'''python fixed same\n{after}\n'''\n"


def test_same_holds_for_equal_results() -> None:
    program = "import torch\ntorch.manual_seed(0)\nnet = torch.nn.Linear(3, 2)\nx = torch.ones(4, 3)\n"
    train = "out.sum().backward()\nresult = {'out': [out], 'net': net, 'half': out.half(), 'count': 3}"
    before = f"{program}out = torch.nn.functional.sigmoid(net(x))\n{train}"
    after = f"{program}out = torch.sigmoid(net(x))\n{train}"
    assert not _differs(_pair(before, after))


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (
            "result = torch.ones(2)",
            "result = torch.ones(3)",
            "result.shape is torch.Size([2]) and then torch.Size([3])",
        ),
        ("result = torch.ones(2)", "result = torch.ones(2).double()", "result.dtype is"),
        ("result = [1, torch.ones(1)]", "result = [1, torch.zeros(1)]", "result[1] is [1.0] and then [0.0]"),
        ("result = (1, 2)", "result = (1, 2, 3)", "result has 2 items and then 3"),
        ("result = {'a': 1}", "result = {'b': 1}", "result has the keys ['a'] and then ['b']"),
        ("result = 1", "result = 2", "result is 1 and then 2"),
        ("result = 1", "result = 1.0", "result is of type int and then float"),
        (
            "result = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.BatchNorm1d(1))",
            "result = torch.nn.Sequential(torch.nn.BatchNorm1d(1))",
            "result.state_dict() has the keys ['1.weight'",
        ),
        (
            "result = torch.nn.Parameter(torch.ones(1)); (result * 2).backward()",
            "result = torch.nn.Parameter(torch.ones(1)); (result * 3).backward()",
            "result.grad is [2.0] and then [3.0]",
        ),
        (
            "result = torch.nn.Parameter(torch.ones(1)); (result * 2).backward()",
            "result = torch.nn.Parameter(torch.ones(1))",
            "result.grad is tensor([2.]) and then None",
        ),
        ("result = 1", "other = 1", "`same` compares what both blocks leave in `result`"),
    ],
)
def test_same_finds_what_differs(before: str, after: str, found: str) -> None:
    (failure,) = _differs(_pair(f"import torch\n{before}", f"import torch\n{after}"))
    assert found in failure


def test_same_needs_a_first_program_that_runs() -> None:
    assert "p.md:6: the block before the fix raises ZeroDivisionError: division by zero" in _failures(
        _pair("result = 1 / 0", "result = 1")
    )


def test_reading_and_running_pages_imports_no_torch() -> None:
    program = "import sys; import actlint.testing.run; assert not {'torch', 'libcst'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
