"""One run over files: what is seen does not depend on what is asked for, and nothing that is written is lost."""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from actlint import registry, session
from actlint.configfile import inline
from actlint.diagnostic import Report
from actlint.discover import Configuration
from actlint.intents import Repair, Replace
from actlint.model.program import Context, FileView, view
from actlint.rule import Finding, Rule
from actlint.session import Request, Stdin, facts_of
from actlint.source import decode


def leaf_class(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report classes without subclasses, and say whether anything makes one: both depend on other files."""
    for each in unit.classes():
        if not ctx.subclasses(each.cls):
            called = "made" if ctx.is_called(each.cls) else "not made"
            yield Finding(each.cls.site, f"`{each.name}` is {called}, mro {len(ctx.mro(each.cls))}")


def old_name(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report `torch.old`; it can be renamed once no file that follows in the alphabet has it any more."""
    files = ctx.program.names.files
    later = [reference for path in files if path > unit.path for reference in view(ctx.program, path).references()]
    fixable = all(reference.qualname != "torch.old" or reference.imported for reference in later)
    for reference in unit.references():
        if reference.qualname == "torch.old" and not reference.imported:
            fix = Repair("rename", "safe", (Replace(reference.site, ("torch.new",)),)) if fixable else None
            yield Finding(reference.site, "`torch.old` is old", fix=fix)


RULES = (
    Rule("ACT002", "unused-suppression", "warning", True, None),
    Rule("ZZZ101", "leaf-class", "warning", True, leaf_class),
    Rule("ZZZ102", "old-name", "warning", False, old_name),
)

FILES = {
    "actlint.toml": "",
    "pkg/__init__.py": "from .base import Base\nfrom .star import *\n",
    "pkg/base.py": "import torch\n\n\nclass Base(torch.nn.Module):\n    pass\n\n\nclass Alone:\n    pass\n",
    "pkg/star.py": "from torch import nn\n\n\nclass Star(nn.Module):\n    pass\n",
    "pkg/sub/__init__.py": "",
    "pkg/sub/deep.py": "from ..base import Base as B\nfrom ... import nothing\n\n\nclass Deep(B):\n    pass\n",
    "pkg/sub/deeper.py": "from pkg.sub import deep\n\n\nclass Deeper(deep.Deep):\n    pass\n",
    "src/lib/__init__.py": "",
    "src/lib/one.py": "import torch\n\n\nclass One(torch.nn.Module):\n    pass\n",
    "src/lib/two.py": "import lib.one\n\n\nclass Two(lib.one.One):\n    pass\n\n\nTwo()\n",
    "scripts/train.py": "from pkg import Base, Star\n\n\nclass Mine(Star):\n    pass\n\n\nMine()\nBase()\n",
    "scripts/plain.py": "class Plain:\n    pass\n",
    "tests/test_it.py": "from pkg.sub.deeper import Deeper\n\nDeeper()\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "rules", lambda: RULES)
    return tmp_path


def run(*paths: str, options: str = "", **more: object) -> tuple[Report, ...]:
    request = Request(paths, Configuration(options=(inline(options, os.getcwd()),)), **more)  # type: ignore[arg-type]
    return session.run(request).reports


def messages(reports: tuple[Report, ...]) -> dict[str, list[str]]:
    return {report.path: [d.message for d in report.diagnostics] for report in reports if report.diagnostics}


def test_findings_depend_on_the_whole_project(project: Path) -> None:
    assert messages(run(".")) == {
        "pkg/base.py": ["`Alone` is not made, mro 1"],
        "pkg/sub/deeper.py": ["`Deeper` is made, mro 4"],
        "scripts/train.py": ["`Mine` is made, mro 3"],
        "src/lib/two.py": ["`Two` is made, mro 3"],
    }


def test_paths_choose_what_is_reported_and_never_what_is_found(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = messages(run("."))
    for name in FILES:
        if name.endswith(".py"):
            assert messages(run(name)) == {path: said for path, said in whole.items() if path == name}
    for directory in ("pkg", "pkg/sub", "src", "scripts", "tests"):
        expected = {path: said for path, said in whole.items() if path.startswith(f"{directory}/")}
        assert messages(run(directory)) == expected
    monkeypatch.chdir(project / "pkg" / "sub")
    assert messages(run("deeper.py")) == {"deeper.py": whole["pkg/sub/deeper.py"]}
    assert messages(run(".", "../base.py")) == {
        "deeper.py": whole["pkg/sub/deeper.py"],
        str(project / "pkg" / "base.py"): whole["pkg/base.py"],
    }


def test_places_in_other_files_are_told_as_users_see_them(project: Path) -> None:
    (report,) = [report for report in run("pkg/sub/deeper.py") if report.diagnostics]
    (diagnostic,) = report.diagnostics
    assert (diagnostic.path, diagnostic.span.start.row) == ("pkg/sub/deeper.py", 4)
    assert len(diagnostic.fingerprint) == 16


def test_fingerprints_do_not_depend_on_the_working_directory(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def prints() -> list[str]:
        return [d.fingerprint for report in run(str(project)) for d in report.diagnostics]

    before = prints()
    monkeypatch.chdir(project / "pkg")
    assert sorted(prints()) == sorted(before) and len(set(before)) == len(before)


def test_a_fix_in_one_file_can_allow_one_in_another(project: Path) -> None:
    for name in ("a", "b", "c"):
        (project / f"{name}.py").write_text("import torch\n\ntorch.old()\n")
    reports = {report.path: report for report in run(".", options="fix = true\nselect = ['ZZZ102']")}
    for name in ("a", "b", "c"):
        assert reports[f"{name}.py"].fixed == {"ZZZ102": 1}
        assert (project / f"{name}.py").read_text() == "import torch\n\ntorch.new()\n"
    assert messages(tuple(reports.values())) == {}


def test_an_import_that_a_fix_orphans_stays_where_another_file_takes_it(project: Path) -> None:
    text = "import torch\nfrom torch import old\n\nold()\n"
    for name in ("alone", "taken", "starred", "dotted"):
        (project / f"{name}.py").write_text(text)
    (project / "user.py").write_text("from taken import old\nfrom starred import *\nimport dotted\nx.old\n")
    run(".", options="fix = true\nselect = ['ZZZ102']")
    fixed = {name: (project / f"{name}.py").read_text() for name in ("alone", "taken", "starred", "dotted")}
    assert fixed["alone"] == "import torch\n\ntorch.new()\n"
    assert fixed["taken"] == fixed["starred"] == fixed["dotted"] == text.replace("old()", "torch.new()")


def test_standard_input_stands_for_its_file_in_the_program(project: Path) -> None:
    text = b"from pkg.sub.deeper import Deeper\nclass Last(Deeper): pass\n"
    given = run(stdin=Stdin("tests/test_it.py", text))
    assert messages(given) == {"tests/test_it.py": ["`Last` is not made, mro 5"]}
    (project / "tests" / "test_it.py").write_bytes(text)
    assert "pkg/sub/deeper.py" not in messages(run("."))


def test_facts_can_be_sent_to_another_process() -> None:
    source = decode("a.py", FILES["scripts/train.py"].encode())
    facts = facts_of("a.py", source)
    assert pickle.loads(pickle.dumps((source, facts))) == (source, facts)


def test_the_garbage_collector_is_left_as_it_was(project: Path) -> None:
    before = gc.get_threshold()
    run(".")
    assert gc.get_threshold() == before


def test_progress_ends_with_all(project: Path) -> None:
    steps: list[tuple[int, int]] = []
    session.run(Request((".",), Configuration()), lambda done, total: steps.append((done, total)))
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1][0] == steps[-1][1] == 2 * 12
