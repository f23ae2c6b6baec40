"""Fingerprints of findings."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from actlint.diagnostic import Diagnostic, Position, Span
from actlint.fingerprint import fingerprint, with_fingerprints

LINES = ["a = f(x)\n", "b = g(x)\r\n", "    a = f(x)\n", "c\n"]


def on(row: int, code: str = "ACT101", message: str = "m") -> Diagnostic:
    return Diagnostic(code, "name", "warning", message, "a.py", Span(Position(row, 1), Position(row, 2)))


def prints(text: str, *diagnostics: Diagnostic) -> list[str]:
    return [d.fingerprint for d in with_fingerprints(diagnostics, text)]


def test_form_and_parts() -> None:
    first = fingerprint("ACT101", "a.py", "x = 1", "m", 0)
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert first == fingerprint("ACT101", "a.py", "\t x  =1\r\n", "m", 0)
    others = [
        fingerprint("ACT102", "a.py", "x = 1", "m", 0),
        fingerprint("ACT101", "b.py", "x = 1", "m", 0),
        fingerprint("ACT101", "a.py", "x = 2", "m", 0),
        fingerprint("ACT101", "a.py", "x = 1", "n", 0),
        fingerprint("ACT101", "a.py", "x = 1", "m", 1),
        fingerprint("ACT101a", ".py", "x = 1", "m", 0),
    ]
    assert len({first, *others}) == 7
    assert fingerprint("ACT101", "a\\b.py", "", "m", 0) == fingerprint("ACT101", "a/b.py", "", "m", 0)


def test_stable_over_releases() -> None:
    assert fingerprint("ACT101", "a.py", "x = 1", "m", 0) == "5f300c81f72cb5b4"


def test_moved_and_indented_lines_keep_theirs() -> None:
    text = "".join(LINES)
    before = prints(text, on(1), on(2), on(3))
    moved = prints("import new\n\n" + text.replace("b =", "  b  ="), on(3), on(4), on(5))
    assert before == moved
    assert len(set(before)) == 3


def test_rows_outside_the_text() -> None:
    found = prints("x", on(1), on(2), on(9), replace(on(1), span=Span(Position(0, 1), Position(0, 1))))
    assert len(set(found)) == 4
    assert len(prints("", on(1))) == 1


@given(
    st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["ACT101", "ACT401"]), st.sampled_from("mn")), max_size=20)
)
@settings(deadline=None)
def test_no_two_are_equal(drawn: list[tuple[int, str, str]]) -> None:
    found = prints("".join(LINES), *(on(row, code, message) for row, code, message in drawn))
    assert len(set(found)) == len(drawn)
