"""The ecosystem benchmark itself: keys that survive moved lines, comparison, figures, and what it asks of the fixer."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from actlint.diagnostic import Position, Span
from actlint.testing.edits import changed_outside
from benchmarks.ecosystem import __main__ as command
from benchmarks.ecosystem import fixer, packages, verdicts
from benchmarks.ecosystem.figures import figures, table
from benchmarks.ecosystem.lint import Finding, Run, check, findings, snippet
from benchmarks.ecosystem.packages import FetchError, Package, fetch
from benchmarks.ecosystem.verdicts import Entry, Judgement, ListError, compare, load, save, updated

SOURCE = """\
class Net:
    @property
    def forward(self, x):
        if x:
            return [y for y in x]
        return 1


value = 2
"""


def _raw(file: str, row: int, message: str = "m", code: str = "ACT101") -> dict[str, object]:
    return {"filename": file, "code": code, "name": "n", "message": message, "location": {"row": row, "column": 1}}


def _found(tmp_path: Path, source: str, *rows: int, file: str = "a.py") -> list[Finding]:
    (tmp_path / file).write_text(source, encoding="utf-8")
    return findings("p", tmp_path, Run(tuple(_raw(file, row) for row in rows), 1, ""))


def test_a_finding_knows_what_encloses_it(tmp_path: Path) -> None:
    found = _found(tmp_path, SOURCE, 1, 2, 5, 9)
    assert [(f.scope, f.text) for f in found] == [
        ("Net", "class Net:"),
        ("Net.forward", "@property"),
        ("Net.forward", "return [y for y in x]"),
        ("", "value = 2"),
    ]
    assert snippet(tmp_path, found[3], 1) == "          8 |\n    >     9 | value = 2"


def test_the_key_survives_moved_lines_and_the_piece_is_shared_by_copies(tmp_path: Path) -> None:
    first, moved = _found(tmp_path, SOURCE, 5), _found(tmp_path, f"import os\n\n\n{SOURCE}", 8)
    copied = _found(tmp_path, f"# a copy\n{SOURCE}", 6, file="copy.py")
    assert first[0].key == moved[0].key != copied[0].key
    assert first[0].piece == moved[0].piece == copied[0].piece
    assert first[0].piece != _found(tmp_path, SOURCE.replace("return 1", "return 2"), 5)[0].piece


def test_a_file_that_does_not_parse_still_gives_a_key(tmp_path: Path) -> None:
    (finding,) = _found(tmp_path, "x = (\n", 1)
    assert finding.key == ("a.py", "ACT101", "", "x = (", "m")


def test_comparison_counts_and_recognises_new_words(tmp_path: Path) -> None:
    found = _found(tmp_path, SOURCE, 5, 5, 9)
    entries = updated({}, found)
    assert [entry.count for entry in entries.values()] == [2, 1]
    assert not compare(entries, found)
    assert compare(entries, found[:1]).removed == (found[0].key, found[2].key)
    assert compare(entries, [*found, found[0]]).added == (found[0],)
    new = replace(found[2], message="other words")
    difference = compare(entries, [*found[:2], new])
    assert (difference.added, difference.removed, difference.reworded) == ((), (), ((found[2].key, new.key),))


def test_an_update_keeps_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "LISTS", tmp_path / "lists")
    old, reworded, gone, new = _found(tmp_path, "a\nb\nc\nd\n", 1, 2, 3, 4)
    save("p", {f.key: Entry(1, "true", "read") for f in (old, reworded, gone)})
    reworded = replace(reworded, message="other words")
    save("p", updated(load("p"), [old, reworded, new]))
    read = Entry(1, "true", "read")
    assert load("p") == {old.key: read, reworded.key: read, new.key: Entry(1, None, "")}
    assert load("unlisted") == {}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"verdict": "maybe"}, "p.jsonl:1: the verdict is"),
        ({"reason": ""}, "p.jsonl:1: the verdict is"),
        ({"file": None}, "p.jsonl:2: listed twice"),
    ],
)
def test_a_list_that_cannot_be_right_is_refused(
    change: dict[str, object], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "LISTS", tmp_path)
    raw = {"file": "a", "code": "c", "scope": "", "text": "t", "message": "m", "verdict": "true", "reason": "r"}
    line = json.dumps(raw | change) + "\n"
    (tmp_path / "p.jsonl").write_text(line * 2, encoding="utf-8")
    with pytest.raises(ListError, match=problem):
        load("p")


def _numbered(count: int, code: str = "ACT101") -> list[Finding]:
    return [Finding("p", "f", code, "n", "", f"t{i}", "m", i, 1, f"piece {i}") for i in range(count)]


def test_figures_count_copies_once_and_know_the_bound() -> None:
    many = _numbered(100)
    (rule,) = figures([(f, "false" if i < 2 else "true") for i, f in enumerate(many)])
    assert (rule.true, rule.false, rule.precision, rule.in_bound) == (98, 2, 0.98, True)
    (rule,) = figures([(f, "false" if i < 3 else "true") for i, f in enumerate(many)])
    assert not rule.in_bound
    (rule,) = figures([(f, "false" if i < 1 else "true") for i, f in enumerate(many[:50])])
    assert not rule.in_bound
    assert "BELOW THE BOUND" in table([rule])
    copies: list[tuple[Finding, Judgement | None]] = [
        (replace(f, piece="one"), "true" if i == 7 else None) for i, f in enumerate(many)
    ]
    (rule,) = figures(copies)
    assert (rule.findings, rule.pieces, rule.true, rule.unread, rule.precision) == (100, 1, 1, (), None)


def test_a_sample_is_drawn_by_seed_and_stays_when_others_come() -> None:
    many = _numbered(300)
    (rule,) = figures([(f, None) for f in many], sample=20)
    assert len(rule.unread) == 20
    drawn = set(rule.unread)
    (fewer,) = figures([(f, None) for f in many[:290]], sample=20)
    assert len(drawn & set(fewer.unread)) >= 18
    (other,) = figures([(f, None) for f in many], sample=20, seed=1)
    assert set(other.unread) != drawn


def _span(start: tuple[int, int], end: tuple[int, int]) -> Span:
    return Span(Position(*start), Position(*end))


@pytest.mark.parametrize(
    ("fixed", "spans", "outside"),
    [
        ("a\nb\nc\n", [], None),
        ("a\nX\nc\n", [], "a\nb\nc\n"),
        ("a\nX\nc\n", [_span((2, 1), (2, 2))], None),
        ("a\nX\nC\n", [_span((2, 1), (2, 2))], "\nc\n"),
        ("a\n\nnew\nb\nc\n", [_span((2, 1), (2, 1))], None),
        ("new\na\nb\nc\n", [_span((2, 1), (2, 1))], "a\n"),
        ("b\n", [_span((1, 1), (2, 1)), _span((3, 1), (4, 1))], None),
        ("a\nb\nc\nd", [_span((3, 1), (4, 1))], None),
        ("c\nb\na\n", [_span((1, 1), (1, 2)), _span((3, 1), (3, 2))], None),
        ("a\nc\n", [_span((1, 1), (1, 2)), _span((3, 1), (3, 2))], "\nb\n"),
    ],
)
def test_changes_outside_the_edits_are_seen(fixed: str, spans: list[Span], outside: str | None) -> None:
    assert changed_outside("a\nb\nc\n", fixed, spans) == outside


def _moved(source: Path, target: Path) -> Path:
    """Move the directory of wheels to another cache, which is returned."""
    target.parent.mkdir()
    return source.rename(target).parent


def test_only_python_files_of_a_pinned_wheel_are_unpacked(tmp_path: Path) -> None:
    package = _wheel(tmp_path, ("some/__init__.py", "x = 1\n"), ("some/big.so", "binary"))
    directory = fetch(package, tmp_path)
    assert [path.relative_to(directory).as_posix() for path in directory.rglob("*.*") if path.is_file()] == [
        "some/__init__.py"
    ]
    assert fetch(package, tmp_path) == directory
    with pytest.raises(FetchError, match="pinned is 00"):
        fetch(replace(package, sha256="00"), _moved(tmp_path / "wheels", tmp_path / "other" / "wheels"))


def test_the_cache_is_the_one_of_the_environment_or_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(packages.CACHE_VARIABLE, str(tmp_path))
    assert packages.cache_dir() == tmp_path
    monkeypatch.delenv(packages.CACHE_VARIABLE)
    assert packages.cache_dir().name == "ecosystem"


PROGRAM = "import torch\nimport torch.nn.functional as F\n\n\ndef act(x):\n    return F.sigmoid(x)\n"


def _wheel(cache: Path, *files: tuple[str, str]) -> Package:
    (cache / "wheels").mkdir(parents=True)
    wheel = cache / "wheels" / "some_package-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files:
            archive.writestr(name, text)
    return Package("some-package", "1.0", sha256(wheel.read_bytes()).hexdigest())


def test_a_run_compares_updates_and_asks_for_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = _wheel(tmp_path, ("some/net.py", PROGRAM))
    monkeypatch.setattr(command, "PACKAGES", (package,))
    monkeypatch.setattr(verdicts, "LISTS", tmp_path / "lists")

    def run(*options: str) -> tuple[int, str]:
        result = CliRunner().invoke(command.main, ["--cache-dir", str(tmp_path), *options])
        return result.exit_code, result.output

    code, output = run("--fix")
    assert code == 1
    assert "+ some/net.py:6:12 ACT101 " in output
    assert ">     6 |     return F.sigmoid(x)" in output
    assert "--fix: 1 files changed, 0 wrong" in output
    code, output = run("--update", "--unread")
    assert (code, "? some-package some/net.py:6:12 ACT101" in output) == (1, True)
    path = tmp_path / "lists" / "some-package.jsonl"
    path.write_text(path.read_text().replace('null, "reason": ""', '"true", "reason": "an alias"'), encoding="utf-8")
    code, output = run()
    assert (code, "+ " in output) == (0, False)
    path.write_text(path.read_text() * 2, encoding="utf-8")
    assert run() == (1, "Error: some-package.jsonl:2: listed twice\n")
    path.write_text("", encoding="utf-8")
    assert run()[0] == 1


def test_the_fixer_is_held_to_its_edits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "other.py").write_text("x = 1\n", encoding="utf-8")
    found = check(tmp_path)
    assert fixer.fix(tmp_path, found, unsafe=False) == fixer.Fixed(("net.py",), ())

    def harm(directory: Path, *options: str) -> Run:
        with (directory / "other.py").open("a", encoding="utf-8") as file:
            file.write("y = (\n")
        (directory / "new.py").touch()
        return Run((), 2, "broken")

    monkeypatch.setattr(fixer, "check", harm)
    result = fixer.fix(tmp_path, found, unsafe=True)
    assert result.changed == ("new.py", "other.py")
    assert result.wrong == (
        "new.py: it is new",
        "other.py: it no longer parses",
        "other.py: it changed outside its edits, near 'x = 1'",
        "other.py: a second run changes it",
        "exit code 2: broken",
        "exit code 2: broken",
    )
