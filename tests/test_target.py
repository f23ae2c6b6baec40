"""The range of torch versions: what is written, what a project requires, what lies beyond the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from actlint.requirement import required
from actlint.target import NEWEST, OLDEST, Target, beyond, target
from tests.cli import check


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.4", Target((2, 4), (2, 4))),
        ("2.4.1..2.13.0", Target((2, 4), (2, 13))),
        ("1.12..99.0", Target((1, 12), NEWEST)),
        ("0.1..1.4", Target(OLDEST, (1, 4))),
    ],
)
def test_a_range_is_read_and_clamped(text: str, expected: Target) -> None:
    assert target(text) == expected
    assert bool(beyond(text)) == (text in ("1.12..99.0", "0.1..1.4"))


@pytest.mark.parametrize("text", ["", "2", "new", "2.13..2.4", "2.4..", "..2.4", "2.4-2.13"])
def test_nonsense_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="torch|backwards"):
        target(text)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pyproject.toml", "[project]\ndependencies = ['numpy', 'torch>=2.1,<3']", "2.1..2.13"),
        ("pyproject.toml", "[project.optional-dependencies]\ngpu = ['torch ~= 2.2.0']", "2.2..2.13"),
        ("pyproject.toml", "[tool.poetry.dependencies]\ntorch = { version = '^1.12' }", "1.12..2.13"),
        ("pyproject.toml", "[project]\ndependencies = ['torchvision>=0.15', 'torch']", None),
        ("pyproject.toml", "torch = [", None),
        ("requirements.txt", "# torch>=1.0\ntorch[opt] >= 1.13 ; python_version > '3'\ntorchaudio>=2.0", "1.13..2.13"),
        ("setup.py", "from setuptools import setup\nsetup(install_requires=['torch>=2', 'torchx>=0.1'])", "2.0..2.13"),
        ("setup.cfg", "[options]\ninstall_requires =\n    torch>=1.9\n", "1.9..2.13"),
        ("requirements.txt", "torch<2\n", None),
    ],
)
def test_what_a_project_requires(tmp_path: Path, name: str, text: str, expected: str | None) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert required(str(tmp_path)) == expected


PROGRAM = """\
import torch
import torch.nn.functional as F
from torch.cuda.amp import GradScaler


def run(a, b, file, optimizer):
    values = torch.symeig(a)[0]
    x = torch.solve(b, a)[0]
    packed = torch.lu(a)
    state = torch.load(file)
    step = torch.optim.lr_scheduler.StepLR(optimizer, 2, verbose=True)
    return values, x, packed, state, step, GradScaler(), F.sigmoid(b), torch.ger(b, b)
"""


@pytest.mark.parametrize(
    ("version", "expected", "fixed"),
    [
        (
            "1.12",
            "7 ACT104, 8 ACT106, 10 ACT108, 12 ACT101, 12 ACT104",
            ["linalg.eigvalsh(a", "linalg.solve(a, b)", "torch.sigmoid(b)", "outer(b, b)"],
        ),
        (
            "2.0",
            "7 ACT106, 8 ACT106, 9 ACT104, 10 ACT108, 12 ACT101, 12 ACT104",
            ["linalg.eigvalsh(a", "linalg.solve(a, b)", "linalg.lu_factor(a)", "torch.sigmoid(b)", "outer(b, b)"],
        ),
        (
            "2.13",
            "7 ACT106, 8 ACT106, 9 ACT104, 11 ACT106, 12 ACT103, 12 ACT101, 12 ACT104",
            [
                *("linalg.eigvalsh(a", "linalg.solve(a, b)", "linalg.lu_factor(a)", "StepLR(optimizer, 2)"),
                *('torch.amp.GradScaler("cuda")', "torch.sigmoid(b)", "outer(b, b)"),
            ],
        ),
    ],
)
def test_one_file_for_three_versions(tmp_path: Path, version: str, expected: str, fixed: list[str]) -> None:
    """What is found, and what `--fix` makes of it, as the command line says the version."""
    (tmp_path / "main.py").write_text(PROGRAM, encoding="utf-8")
    options = ("--select", "ACT1", "--target-torch", version)
    found = check(tmp_path, *options, "main.py").findings
    assert ", ".join(f"{each['location']['row']} {each['code']}" for each in found) == expected
    check(tmp_path, *options, "--fix", "main.py")
    text = (tmp_path / "main.py").read_text(encoding="utf-8")
    new = [each for each in FIXED if each in text]
    assert new == fixed


FIXED = (
    *("linalg.eigvalsh(a", "linalg.solve(a, b)", "linalg.lu_factor(a)", "StepLR(optimizer, 2)"),
    *('torch.amp.GradScaler("cuda")', "torch.sigmoid(b)", "outer(b, b)"),
)
"""What replaces something in some version."""
