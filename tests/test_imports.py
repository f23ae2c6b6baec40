"""What is loaded when, and who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "actlint"

PROGRAM = """
import sys
sys.argv[1:] = {arguments!r}
from actlint.cli import main
try:
    main()
except SystemExit as end:
    code = end.code
heavy = {{"libcst", "torch", "numpy", "tomllib", "tomli", "actlint.session", "actlint.model"}}
loaded = sorted(heavy & set(sys.modules))
print(f"\\n{{code}}", *loaded)
"""


def loaded(directory: Path, *arguments: str) -> str:
    """The exit code, and which of some heavy modules a command has loaded."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(arguments=list(arguments))],
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["check", "--help"], ["config"], ["rule", "ACT001"], ["rule", "--all"]]
)
def test_what_reads_no_code_loads_next_to_nothing(tmp_path: Path, arguments: list[str]) -> None:
    assert loaded(tmp_path, *arguments) == "0"


def test_a_tree_without_torch_is_not_parsed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os\n")
    (tmp_path / "b.py").write_text("import a\nx = (\n# noqa: E501\n")
    assert loaded(tmp_path, "check", ".") == "0 actlint.session"
    (tmp_path / "c.py").write_text("import torch\n")
    assert "libcst" in loaded(tmp_path, "check", ".")


def test_torch_is_never_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import torch\nfrom torch import nn\n\n\nclass N(nn.Module):\n    pass\n")
    assert "torch" not in loaded(tmp_path, "check", "a.py").split()


@pytest.mark.parametrize(("module", "room"), [("libcst", "lower"), ("torch", "probe/worker")])
def test_who_may_import_what(module: str, room: str) -> None:
    """Imports inside of functions and under TYPE_CHECKING count too."""
    importers = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            if any(name.partition(".")[0] == module for name in names):
                importers.add(path.relative_to(PACKAGE).parent.as_posix())
    assert importers == {room}


def test_the_worker_imports_nothing_of_actlint_and_nobody_imports_it() -> None:
    """It runs where actlint is not installed, under a private name."""
    worker = PACKAGE / "probe" / "worker"
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [f"{'.' * node.level}{node.module or ''}"] if isinstance(node, ast.ImportFrom) else []
            if worker in path.parents:
                assert not any(name.startswith(("actlint", "..")) for name in names), path
            else:
                assert not any("probe.worker" in name for name in names), path


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").read_text() == ""
