"""The pre-commit hooks, run by pre-commit itself from a copy of this repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHIPPED = ("actlint", "rules", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")

BAD = "x = 1  # actlint: ignore[ACT001]\n"
FIXED = "x = 1\n"


def git(directory: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(directory), *identity, *arguments], check=True, capture_output=True)


def commit_all(directory: Path) -> None:
    git(directory, "init", "-q")
    git(directory, "add", "-A")
    git(directory, "commit", "-q", "-m", "all")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository, as far as it is installed, with everything committed."""
    copy = tmp_path_factory.mktemp("hooks") / "actlint"
    copy.mkdir()
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    commit_all(copy)
    return copy


def test_both_hooks_run_in_a_repository(hooks: Path, tmp_path: Path) -> None:
    """One test for both, because each new environment takes pre-commit most of a minute."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "bad.py").write_text(BAD)
    (project / "script").write_text(f"#!/usr/bin/env python3\n{BAD}")
    (project / "script").chmod(0o755)
    (project / "legacy.py").write_text(BAD)
    (project / "actlint.toml").write_text("exclude = ['legacy.py']\n")
    commit_all(project)
    environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "PRE_COMMIT_COLOR": "never"}
    environment.pop("PYTHONPATH", None)

    def run(hook: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), hook, "--all-files", "--verbose"]
        done = subprocess.run(
            command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        return done.returncode, done.stdout.decode()

    code, output = run("actlint")
    assert code == 1, output
    assert re.search(r"actlint\.+Failed", output) and "ACT002 `ACT001` silences nothing here" in output, output
    assert "--> bad.py:1:26" in output and "--> script:2:26" in output and "legacy.py" not in output
    assert (project / "bad.py").read_text() == BAD

    code, output = run("actlint-fix")
    assert code == 1 and "files were modified by this hook" in output, output
    assert (project / "bad.py").read_text() == FIXED and (project / "script").read_text().endswith(FIXED)
    assert (project / "legacy.py").read_text() == BAD


def test_neither_hook_installs_torch() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (dependencies,) = re.findall(r"^dependencies = \[(.*)\]$", project, re.MULTILINE)
    assert re.findall(r'"([a-z]+)', dependencies) == ["libcst", "click", "tomli"]
    assert "additional_dependencies" not in (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
