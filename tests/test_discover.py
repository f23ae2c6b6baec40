"""Which files are reported on, which are seen, and what settings hold for them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from actlint import discover
from actlint.configfile import inline
from actlint.discover import Configuration, Project
from actlint.errors import ConfigError


def make(root: Path, *files: str) -> None:
    for name in files:
        path, _, text = name.partition("=")
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def find(*paths: Path | str, options: str = "", **more: object) -> tuple[list[Project], list[str]]:
    """The projects, and the notices as text (failures with `!`)."""
    configuration = Configuration(options=(inline(options, os.getcwd()),), **more)  # type: ignore[arg-type]
    projects, notices = discover.find([str(path) for path in paths], configuration)
    return projects, [f"{'!' if notice.failure else ''}{notice.path}: {notice.message}" for notice in notices]


def reported(*paths: Path | str, **more: object) -> list[str]:
    projects, notices = find(*paths, **more)  # type: ignore[arg-type]
    assert notices == []
    return [project.path(file).replace(os.sep, "/") for project in projects for file in project.reported]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_directories_are_searched_for_python_files(root: Path) -> None:
    make(root, "b.py", "a.py", "a.pyi", "c.txt", "n.ipynb", "p/q/r.py", "p/__init__.py", "x.py/y.py")
    assert reported(".") == ["a.py", "b.py", "p/__init__.py", "p/q/r.py", "x.py/y.py"]
    assert reported("p", "p/q/r.py", root / "a.py") == ["a.py", "p/__init__.py", "p/q/r.py"]


def test_default_excludes_hold_for_found_files_and_not_for_named_ones(root: Path) -> None:
    make(root, "a.py", "build/b.py", "p/.venv/lib/c.py", "node_modules/d.py", "rebuild/e.py")
    assert reported(".") == ["a.py", "rebuild/e.py"]
    assert reported("build/b.py", "build") == ["build/b.py"]
    assert reported("build/b.py", "build", "a.py", options="force-exclude = true") == ["a.py"]


def test_excludes_of_settings(root: Path) -> None:
    make(root, "a.py", "docs/b.py", "docs/x/c.py", "gen_pb2.py", "lib/build/d.py", "actlint.toml=exclude = ['docs/x']")
    assert reported(".") == ["a.py", "docs/b.py", "gen_pb2.py", "lib/build/d.py"]
    assert reported(".", options="extend-exclude = ['*_pb2.py', 'docs']") == ["a.py", "lib/build/d.py"]
    assert reported("docs/x/c.py", options="force-exclude = true") == []


def test_a_project_below_a_directory_with_an_excluded_name_is_searched(root: Path) -> None:
    make(root, "build/p/actlint.toml", "build/p/a.py", "build/p/build/b.py")
    assert reported("build/p") == ["build/p/a.py"]
    assert reported("build/p/a.py", options="force-exclude = true") == ["build/p/a.py"]


def test_gitignore_is_respected_at_every_level(root: Path) -> None:
    make(root, "a.py", "b.py", "out/c.py", "p/d.py", "p/e.py", "p/out/f.py", ".gitignore=b.py\n/out/\ne.py\n")
    make(root, "p/.gitignore=!e.py\nd.py\n")
    assert reported(".") == ["a.py", "p/e.py", "p/out/f.py"]
    assert reported("b.py", "out") == ["b.py", "out/c.py"]


def test_gitignore_above_the_path_counts_up_to_the_git_root(root: Path) -> None:
    make(root, ".gitignore=*.py\n", "repo/.gitignore=gen_*\n", "repo/p/a.py", "repo/p/gen_b.py", "repo/p/c.py")
    subprocess.run(["git", "init", "-q", "repo"], check=True)
    (root / "repo" / ".git" / "info" / "exclude").write_text("c.py\n")
    assert reported("repo/p") == ["repo/p/a.py"]


def test_links(root: Path) -> None:
    make(root, "a.py", "d/b.py")
    (root / "link.py").symlink_to("a.py")
    (root / "broken.py").symlink_to("nothing.py")
    (root / ".#a.py").symlink_to("user@host.123")
    (root / "loop").symlink_to(".")
    (root / "d" / "up").symlink_to("..")
    (root / "dir.py").symlink_to("d")
    assert reported(".") == ["a.py", "broken.py", "d/b.py", "link.py"]
    assert reported("loop/a.py") == ["loop/a.py"]


def test_what_is_not_there_or_no_source(root: Path) -> None:
    make(root, "a.py", "n.ipynb")
    projects, notices = find("none.py", "a.py", "n.ipynb", "../no/such")
    assert [project.reported for project in projects] == [("a.py",)]
    assert notices == [
        "!none.py: no such file or directory",
        "n.ipynb: notebooks are not checked",
        "!../no/such: no such file or directory",
    ]


def test_a_directory_that_cannot_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(root, "a.py", "secret/b.py")
    real = os.scandir

    def scandir(path: str) -> object:
        if os.path.basename(path) == "secret":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    projects, notices = find(".")
    assert projects[0].reported == ("a.py",)
    assert notices == ["!secret: cannot be read: permission denied"]


# ------------------------------------------------------------------------------------------------------------- projects


def test_paths_choose_what_is_reported_and_the_project_what_is_seen(root: Path) -> None:
    make(root, "actlint.toml", "a.py", "p/b.py", "p/c.py", "build/d.py")
    (one,), _ = find("p/b.py")
    (some,), _ = find("p")
    (everything,), _ = find(".")
    assert one.reported == ("p/b.py",) and one.named == {"p/b.py"}
    assert some.reported == ("p/b.py", "p/c.py") and some.named == frozenset()
    assert one.seen == some.seen == everything.seen == everything.reported == ("a.py", "p/b.py", "p/c.py")
    (excluded,), _ = find("build/d.py")
    assert excluded.seen == ("a.py", "build/d.py", "p/b.py", "p/c.py")


def test_without_configuration_the_git_root_is_the_project(root: Path) -> None:
    make(root, "out.py", "repo/a.py", "repo/p/b.py")
    subprocess.run(["git", "init", "-q", "repo"], check=True)
    (project,), _ = find("repo/p/b.py")
    assert project.settings.root == str(root / "repo") and project.seen == ("a.py", "p/b.py")


def test_without_git_only_the_paths_are_seen(root: Path) -> None:
    make(root, "out.py", "p/a.py", "p/q/b.py", "p/q/c.py")
    (project,), _ = find("p/a.py", "p/q/b.py")
    assert project.settings.root == str(root / "p") and project.seen == project.reported == ("a.py", "q/b.py")


def test_without_git_a_package_keeps_its_name(root: Path) -> None:
    make(root, "p/__init__.py", "p/q/__init__.py", "p/q/a.py")
    (project,), _ = find("p/q/a.py")
    assert project.settings.root == str(root) and project.seen == ("p/q/a.py",)


def test_nested_configurations_are_projects_of_their_own(root: Path) -> None:
    make(root, "actlint.toml=fix = true", "a.py", "p/actlint.toml=extend-exclude = ['c.py']", "p/b.py", "p/c.py")
    (outer, inner), _ = find(".")
    assert (outer.reported, outer.settings.fix) == (("a.py",), True)
    assert (inner.reported, inner.settings.fix) == (("b.py",), False)
    assert outer.seen == ("a.py", "p/b.py") and inner.seen == ("b.py",)
    (alone,), _ = find("a.py")
    assert alone.seen == outer.seen


def test_what_overrules_configuration_files(root: Path) -> None:
    make(
        root, "actlint.toml=fix = true\nshow-fixes = true", "a.py", "other.toml=unsafe-fixes = true\nexclude = ['b.py']"
    )
    make(root, "p/b.py")
    (isolated,), _ = find("a.py", isolated=True)
    assert not isolated.settings.fix
    (chosen,), _ = find("p", "a.py", file="other.toml")
    assert (chosen.settings.fix, chosen.settings.unsafe_fixes, chosen.reported) == (False, True, ("a.py",))
    (optioned,), _ = find("a.py", options="fix = false", inline=(inline("fix = true\nunsafe-fixes = true", "."),))
    assert (optioned.settings.fix, optioned.settings.unsafe_fixes, optioned.settings.show_fixes) == (False, True, True)


def test_a_broken_configuration_anywhere_on_the_way_is_an_error(root: Path) -> None:
    make(root, "a.py", "p/actlint.toml=x = 1", "p/b.py")
    with pytest.raises(ConfigError, match=r"p/actlint.toml:1:1: unknown setting `x`"):
        find(".")


def test_paths_as_users_see_them(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(root, "actlint.toml", "a.py", "p/b.py")
    (project,), _ = find(".")
    assert [project.path(file) for file in project.reported] == ["a.py", os.path.join("p", "b.py")]
    monkeypatch.chdir(root / "p")
    assert [project.path(file) for file in project.reported] == [str(root / "a.py"), "b.py"]


def test_standard_input_stands_for_a_file_that_need_not_exist(root: Path) -> None:
    make(root, "actlint.toml=extend-exclude = ['gone']", "a.py")
    (project,), notices = discover.find([], Configuration(), stdin="p/new.py")
    assert (project.reported, project.seen, notices) == (("p/new.py",), ("a.py", "p/new.py"), [])
    forced = Configuration(options=(inline("force-exclude = true", "."),))
    assert discover.find([], forced, stdin="gone/x.py")[0] == []
