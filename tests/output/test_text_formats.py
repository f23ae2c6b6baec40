"""The short formats for people, what is said of all findings together, and the diff."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actlint.config import FORMATS
from actlint.diagnostic import Report
from actlint.output import MODULES, TEXT_FORMATS, RenderOptions, renderer
from actlint.output.diff import diff
from actlint.output.summary import (
    closing,
    failures,
    json_statistics,
    show_fixes,
    statistics,
    summary,
    would_fix,
)
from tests.output.examples import BROKEN, CLEAN, NOTE, PLAIN, REPORT, SAFE, UNDEFINED

UNSAFE = RenderOptions(unsafe_fixes=True)
NAMES = RenderOptions(show_fixes=True, names={"ACT101": "deprecated-activation"})


def test_formats() -> None:
    assert tuple(MODULES) == FORMATS
    assert set(MODULES) >= TEXT_FORMATS
    for name in FORMATS:
        assert "".join(renderer(name)([], PLAIN)) == "".join(renderer(name)([CLEAN], PLAIN))
    with pytest.raises(KeyError):
        renderer("xml")


@pytest.mark.parametrize("name", sorted(TEXT_FORMATS))
def test_formats_for_people_are_silent_without_findings(name: str) -> None:
    assert "".join(renderer(name)([CLEAN, BROKEN], PLAIN)) == ""


def test_concise() -> None:
    assert "".join(renderer("concise")([CLEAN, REPORT], PLAIN)) == (
        "models/mlp.py:18:17: ACT401 `self.layers` is never assigned\n"
        "models/mlp.py:13:26: ACT101 [*] `F.tanh` is a legacy alias (when `p` is true and `q` is None)\n"
        "models/mlp.py:15:5: ACT312 dropout does nothing (refuted)\n"
    )
    assert "ACT401 [*] `" in "".join(renderer("concise")([REPORT], UNSAFE))


def test_grouped() -> None:
    other = replace(REPORT, path="b.py", diagnostics=(replace(UNDEFINED, path="b.py"),))
    assert "".join(renderer("grouped")([CLEAN, REPORT, other], PLAIN)) == (
        "models/mlp.py:\n"
        "  18:17 ACT401 `self.layers` is never assigned\n"
        "  13:26 ACT101 [*] `F.tanh` is a legacy alias (when `p` is true and `q` is None)\n"
        "  15:5  ACT312 dropout does nothing (refuted)\n"
        "\n"
        "b.py:\n"
        "  18:17 ACT401 `self.layers` is never assigned\n"
        "\n"
    )


def test_one_line_stays_one_line() -> None:
    found = replace(UNDEFINED, path="a\nb", message="a\r\n\x1b[1mb")
    for name in ("concise", "grouped"):
        text = "".join(renderer(name)([Report("a\nb", "", (found,))], PLAIN))
        assert "\\r\\n\\x1b[1mb\n" in text and "\r" not in text and "\x1b" not in text


# -------------------------------------------------------------------------------------------------------------- summary


def _with(*found: object, fixed: dict[str, int] | None = None) -> Report:
    return replace(REPORT, diagnostics=found, fixed=fixed or {})  # type: ignore[arg-type]


REFUTED = replace(UNDEFINED, verdict=NOTE.verdict)
INFO = replace(NOTE, verdict=None)
NO_FIX = replace(UNDEFINED, fix=None)


@pytest.mark.parametrize(
    ("reports", "options", "expected"),
    [
        ([], PLAIN, "All checks passed!"),
        ([CLEAN], PLAIN, "All checks passed!"),
        ([BROKEN], PLAIN, "Found no errors, but not everything could be checked."),
        ([_with(NO_FIX)], PLAIN, "Found 1 error."),
        ([_with(NO_FIX), CLEAN, _with(NO_FIX)], PLAIN, "Found 2 errors."),
        ([_with(NO_FIX, SAFE)], PLAIN, "Found 2 errors (1 fixable with --fix)."),
        (
            [_with(NO_FIX, SAFE, UNDEFINED)],
            PLAIN,
            "Found 3 errors (1 fixable with --fix, 1 more with --unsafe-fixes).",
        ),
        ([_with(NO_FIX, SAFE, UNDEFINED)], UNSAFE, "Found 3 errors (2 fixable with --fix)."),
        ([_with(UNDEFINED)], PLAIN, "Found 1 error (1 fixable with --fix --unsafe-fixes)."),
        ([_with(INFO)], PLAIN, "Found 1 note."),
        ([_with(NO_FIX, INFO, INFO)], PLAIN, "Found 1 error and 2 notes."),
        (
            [_with(NO_FIX, INFO, replace(NO_FIX, verdict=NOTE.verdict))],
            PLAIN,
            "Found 1 error, 1 note and 1 refuted finding.",
        ),
        ([_with(NO_FIX, NO_FIX, fixed={"ACT101": 3})], PLAIN, "Found 5 errors (3 fixed, 2 remaining)."),
        ([_with(fixed={"ACT101": 1})], PLAIN, "Found 1 error (1 fixed, 0 remaining)."),
        (
            [_with(UNDEFINED, fixed={"ACT101": 1, "ACT103": 1}), _with(fixed={"ACT101": 1})],
            PLAIN,
            "Found 4 errors (3 fixed, 1 remaining). 1 fixable with --fix --unsafe-fixes.",
        ),
    ],
)
def test_summary(reports: Sequence[Report], options: RenderOptions, expected: str) -> None:
    assert summary(reports, options) == expected + "\n"


@pytest.mark.parametrize(
    ("reports", "options", "expected"),
    [
        ([CLEAN], PLAIN, "No errors would be fixed."),
        ([_with(UNDEFINED)], PLAIN, "No errors would be fixed (1 fixable with --unsafe-fixes)."),
        ([_with(UNDEFINED, fixed={"ACT101": 4})], PLAIN, "Would fix 4 errors (1 more with --unsafe-fixes)."),
        ([_with(UNDEFINED, fixed={"ACT101": 1})], UNSAFE, "Would fix 1 error."),
    ],
)
def test_would_fix(reports: Sequence[Report], options: RenderOptions, expected: str) -> None:
    assert would_fix(reports, options) == expected + "\n"


def test_show_fixes() -> None:
    reports = [_with(fixed={"ACT103": 1, "ACT101": 3}), CLEAN, replace(CLEAN, fixed={"ACT101": 1, "ACT404": 0})]
    expected = (
        "Fixed 5 errors:\n"
        "- models/mlp.py:\n"
        "    3 × ACT101 (deprecated-activation)\n"
        "    1 × ACT103\n"
        "- clean.py:\n"
        "    1 × ACT101 (deprecated-activation)\n"
    )
    assert show_fixes(reports, NAMES) == expected
    assert show_fixes([CLEAN], NAMES) == ""
    assert closing(reports, NAMES) == expected + "\nFound 5 errors (5 fixed, 0 remaining).\n"
    assert closing(reports, replace(NAMES, show_fixes=False)) == "Found 5 errors (5 fixed, 0 remaining).\n"
    assert closing([CLEAN], NAMES) == "All checks passed!\n"


def test_statistics() -> None:
    reports = [_with(NO_FIX, UNDEFINED, SAFE), BROKEN, _with(*[NOTE] * 10)]
    assert statistics(reports, PLAIN) == (
        "10\tACT312\t[ ] rnn-dropout-single-layer\n"
        " 2\tACT401\t[ ] undefined-attribute\n"
        " 1\tACT101\t[*] deprecated-activation\n"
    )
    assert " 2\tACT401\t[-] undefined-attribute\n" in statistics(reports, UNSAFE)
    assert statistics([CLEAN], PLAIN) == ""
    assert json.loads(json_statistics([_with(NO_FIX, UNDEFINED)], UNSAFE)) == [
        {"code": "ACT401", "name": "undefined-attribute", "count": 2, "fixable": True, "fixable_count": 1}
    ]
    assert json_statistics([CLEAN], PLAIN) == "[]\n"


def test_failures() -> None:
    assert list(failures([CLEAN, REPORT, BROKEN])) == [
        "warning: b.py:3:4: too deeply nested\n",
        "error: c.py: gone\n",
        "error: models/mlp.py:1:1: ACT401 failed: ZeroDivisionError\n",
    ]


# ----------------------------------------------------------------------------------------------------------------- diff


def changed(old: str, new: str, path: str = "a.py") -> Report:
    return Report(path, new, original=old)


def test_diff() -> None:
    old = "".join(f"line {n}\n" for n in range(1, 41))
    new = old.replace("line 10\n", "line ten\n").replace("line 30\n", "")
    assert "".join(diff([CLEAN, changed(old, old), changed(old, new)], PLAIN)) == (
        "--- a.py\n+++ a.py\n"
        "@@ -7,7 +7,7 @@\n line 7\n line 8\n line 9\n-line 10\n+line ten\n line 11\n line 12\n line 13\n"
        "@@ -27,7 +27,6 @@\n line 27\n line 28\n line 29\n-line 30\n line 31\n line 32\n line 33\n"
    )


def test_diff_colours() -> None:
    report = changed("a\nb\tx\r\n", "a\nc\x1b[2J\n")
    assert "".join(diff([report], RenderOptions(color=True))) == (
        "\x1b[1m--- a.py\x1b[0m\n\x1b[1m+++ a.py\x1b[0m\n\x1b[36m@@ -1,2 +1,2 @@\x1b[0m\n a\n"
        "\x1b[31m-b\tx\x1b[0m\n\x1b[32m+c\\x1b[2J\x1b[0m\n"
    )


_LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "d\r\n", "e\re\n", "f\x0cf\n"]), max_size=25)
_CHANGE = st.tuples(_LINES, _LINES, st.sampled_from(["", "end"]), st.sampled_from(["", "end"]))


@given(_CHANGE, _LINES)
@settings(deadline=None)
def test_a_diff_can_be_applied_and_has_three_lines_of_context(
    change: tuple[list[str], list[str], str, str], around: list[str]
) -> None:
    middle, other, old_end, new_end = change
    old, new = [*around, *middle, *around], [*around, *other, *around]
    old += [old_end] if old_end else []
    new += [new_end] if new_end else []
    if old == new:
        assert list(diff([changed("".join(old), "".join(new))], PLAIN)) == []
        return
    text = "".join(diff([changed("".join(old), "".join(new))], PLAIN))
    assert _applied("".join(old), text) == "".join(new)
    signs = "".join(line[:1] for line in text.split("\n")[2:])
    assert " " * 7 not in signs and not re.search("@ {4}| {4}(@|$)", signs)


def _applied(old: str, patch: str) -> str:
    """A text after a patch, by the letter of the format."""
    lines, done, at = old.split("\n"), [], 0
    rows = patch.split("\n")[2:-1]
    ends = [row.startswith("\\") for row in [*rows[1:], ""]]
    for row, no_end in zip(rows, ends, strict=True):
        if row.startswith("@@"):
            first, _, count = row.split()[1].lstrip("-").partition(",")
            start = int(first) - (0 if count == "0" else 1)
            done += [line + "\n" for line in lines[at:start]]
            at = start
        elif row[0] in " -":
            assert lines[at] == row[1:]
            at += 1
            if row[0] == " ":
                done.append(row[1:] + ("" if no_end else "\n"))
        elif row[0] == "+":
            done.append(row[1:] + ("" if no_end else "\n"))
    rest = "\n".join(lines[at:])
    return "".join(done) + rest


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\n", "a\nc"),
        ("a\nb", "a\nb\n"),
        ("a\r\nb\r\nc\r\n", "a\r\nx\r\nc\r\n"),
        ("", "x\n"),
        ("x = 1\n" * 50, "x = 1\n" * 20 + "y = 2\n" + "x = 1\n" * 30),
        ("a\rb\x0cc\u2028d\n", "a\rB\x0cc\u2028d\n"),
    ],
)
def test_git_applies_the_diff(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(old.encode())
    patch = "".join(diff([changed(old, new)], PLAIN)).encode()
    subprocess.run(["git", "apply", "-p0", "--whitespace=nowarn"], input=patch, cwd=tmp_path, check=True)
    assert file.read_bytes().decode() == new


def test_diffs_of_large_files_are_small_and_quick() -> None:
    lines = [f"x = {n % 150}\n" for n in range(200_000)]
    new = ["y = 1\n" if n % 1000 == 500 else line for n, line in enumerate(lines)]
    text = "".join(diff([changed("".join(lines), "".join(new))], PLAIN))
    assert text.count("\n@@") == text.count("\n+y = 1\n") == 200 and text.count("\n") == 200 * 9 + 2


def test_texts_that_have_nothing_in_common() -> None:
    old, new = ["a\n"] * 3000, ["b\n"] * 2000
    text = "".join(diff([changed("".join(old), "".join(new))], PLAIN))
    assert text == "--- a.py\n+++ a.py\n@@ -1,3000 +1,2000 @@\n" + "-a\n" * 3000 + "+b\n" * 2000
