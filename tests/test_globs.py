"""Patterns: those of `.gitignore` against git itself, those of settings by example."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from actlint.globs import Glob, Ignore, covers, ignored, matcher, parse_ignore


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository with directories `a`, `b`, `ab`, two deep, and files of those names with `.py` in each."""
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for parent in ["", "a", "b", "ab", "a/a", "a/b", "a/ab"]:
        (root / parent).mkdir(exist_ok=True)
        for name in ("a.py", "b.py", "ab.py", "[a].py", "a b.py ", "!a.py", "#a.py"):
            (root / parent / name).write_text("")
    return root


def not_ignored_by_git(root: Path) -> set[str]:
    command = ["git", "-C", str(root), "-c", "core.excludesFile=", "ls-files", "-z", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {path for path in listed.split("\0") if path and not path.endswith(".gitignore")}


def not_ignored(directory: Path, root: Path, ignores: tuple[Ignore, ...]) -> set[str]:
    found: set[str] = set()
    if (directory / ".gitignore").exists():
        ignore = parse_ignore((directory / ".gitignore").read_bytes().decode(), str(directory))
        ignores = (*ignores, *([ignore] if ignore else []))
    for path in directory.iterdir():
        if path.name in (".git", ".gitignore") or ignored(ignores, str(path), path.is_dir()):
            continue
        found |= not_ignored(path, root, ignores) if path.is_dir() else {str(path.relative_to(root))}
    return found


PIECES = ["a", "b", "ab", "*", "**", "?", "/", "/", "!", "#", " ", "\\", "[", "]", "[ab]", "[!a]", "-", ".py", "\r"]

# What git does with `a**/b` depends on how much of the pattern it compares as plain text first.
LINE = (
    st.lists(st.sampled_from(PIECES), max_size=6)
    .map("".join)
    .filter(lambda line: re.search(r"[^/!]\*\*|\*\*[^/]|!.*!", line) is None)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINE, max_size=4), st.lists(LINE, max_size=3))
@example(["*.py", "!a.py", "a/"], ["!b.py"])
@example(["/a/**", "!/a/b/"], [])
@example(["**/ab/*.py", "a/**/b.py"], [])
@example(["a b.py\\ ", "\\!a.py", "\\#a.py"], [])
@example(["[[]a].py", "[a-", "[]-a]"], ["/*", "!/a"])
def test_gitignore_agrees_with_git(repository: Path, outer: list[str], inner: list[str]) -> None:
    (repository / ".gitignore").write_bytes("\n".join(outer).encode())
    (repository / "a" / ".gitignore").write_bytes("\n".join(inner).encode())
    assert not_ignored(repository, repository, ()) == not_ignored_by_git(repository)


@pytest.mark.parametrize(
    ("pattern", "path", "itself", "covered"),
    [
        ("build", "/p/build", True, True),
        ("build", "/p/x/build/y.py", False, True),
        ("build", "/p/rebuild", False, False),
        ("*_pb2.py", "/p/x/a_pb2.py", True, True),
        ("a*.py", "/p/ab/c.py", False, False),
        ("docs/*.py", "/p/docs/x.py", True, True),
        ("docs/*.py", "/p/docs/deep/x.py", True, True),
        ("docs/*.py", "/p/other/docs/x.py", False, False),
        ("./docs/", "/p/docs", True, True),
        ("docs", "/elsewhere/docs", False, False),
        ("**/tests/x.py", "/p/tests/x.py", True, True),
        ("**/tests/x.py", "/p/a/b/tests/x.py", True, True),
        ("{a,b}/x?.py", "/p/b/x1.py", True, True),
        ("{a,b}.py", "/p/q/b.py", True, True),
        ("[ab].py", "/p/b.py", True, True),
        ("p", "/p/x.py", False, False),
    ],
)
def test_globs_of_settings(pattern: str, path: str, itself: bool, covered: bool) -> None:
    globs = (Glob(pattern, "/p"),)
    assert matcher(globs)(path) is itself
    assert covers(globs, path) is covered


def test_an_absolute_glob() -> None:
    assert covers((Glob("q/*.py", ""),), "/q/x.py")
    assert not covers((Glob("q/*.py", ""),), "/p/q/x.py")
