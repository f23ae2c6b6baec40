"""The range of torch versions: what is written, what a project requires, what lies beyond the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from actlint.requirement import required
from actlint.target import NEWEST, OLDEST, Target, beyond, target


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
