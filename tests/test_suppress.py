"""Comments that silence findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actlint.diagnostic import Diagnostic, Position, Span
from actlint.lines import line_starts, offset_of
from actlint.suppress import Suppressed, suppress

KNOWN: Mapping[str, str] = {
    "ACT001": "syntax-error",
    "ACT002": "unused-suppression",
    "ACT101": "deprecated-activation",
    "ACT201": "inplace-on-leaf",
    "ACT202": "inplace-on-saved-output",
    "ACT301": "missing-nonlinearity",
    "ACT901": "forward-fails",
}
RAN = frozenset(KNOWN) - {"ACT901"}


def finding(code: str, row: int, column: int = 1, *, internal: bool = False) -> Diagnostic:
    span = Span(Position(row, column), Position(row, column + 1))
    return Diagnostic(code, KNOWN[code], "warning", "message", "m.py", span, internal=internal)


def judged(
    text: str,
    *diagnostics: Diagnostic,
    ran: frozenset[str] = RAN,
    active: bool = True,
    usual: frozenset[str] = RAN,
    known: Mapping[str, str] = KNOWN,
) -> Suppressed:
    return suppress("m.py", text, diagnostics, ran=ran, known=known, unused_rule_active=active, usual=usual)


def rows_kept(text: str, code: str = "ACT201") -> list[int]:
    """The rows of the text on which a finding of this code would not be silenced."""
    rows = range(1, len(line_starts(text)) + 1)
    kept = judged(text, *(finding(code, row) for row in rows), active=False).kept
    return [d.span.start.row for d in kept]


# ------------------------------------------------------------------------------------------------------------- coverage


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\nb  # actlint: ignore[ACT201]\nc", [1, 3]),
        ("a\nb  # actlint: ignore\nc", [1, 3]),
        ("a\n#actlint:ignore[ACT201]\nb\nc", [1, 4]),
        ("a\r\nb  # actlint: ignore[ACT201]\r\nc", [1, 3]),
        ("a\rb  # actlint: ignore[ACT201]\rc", [1, 3]),
        ("f(\n  a,  # actlint: ignore[ACT201]\n  b,\n)\nc", [5]),
        ("f(\n  # actlint: ignore[ACT201]\n  b,\n)\nc", [5]),
        ("f(\n  a,\n)  # actlint: ignore[ACT201]\nc", [4]),
        ("x = '''\n\n'''  # actlint: ignore[ACT201]\nc", [4]),
        ("x = 1 + \\\n  2  # actlint: ignore[ACT201]\nc", [3]),
        ("a; b  # actlint: ignore[ACT201]\nc", [2]),
        ("if a:\n    # actlint: ignore[ACT201]\n\n    # why\n    f(\n      1)\n    b\n", [1, 3, 4, 7, 8]),
        ("# actlint: ignore[ACT201]\n# actlint: ignore[ACT101]\nb\nc", [2, 4]),
        ("@d(\n  1)  # actlint: ignore[ACT201]\ndef f(): pass\n", [3, 4]),
        ("# actlint: ignore[ACT201]\n@d\n@e(\n  1)\ndef f(\n  a):\n    b\n", [7, 8]),
        ("@d\n# actlint: ignore[ACT201]\n@e\nclass A(\n  B):\n    b\n", [1, 6, 7]),
        ("# actlint: ignore[ACT201]\n@d\n", [3]),
        ("def f(\n  a):  # actlint: ignore[ACT201]\n    b", [3]),
        ("a\n# actlint: ignore[ACT201]", [1]),
        ("a\n# actlint: ignore[ACT201]\n\n", [1, 3, 4]),
    ],
)
def test_rows_that_a_comment_covers(text: str, kept: list[int]) -> None:
    assert rows_kept(text) == kept


@pytest.mark.parametrize(
    ("text", "silenced"),
    [
        ("# actlint: ignore-file[ACT2]\nimport a\n", True),
        ("#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\n# actlint: ignore-file\nimport a\n", True),
        ('"""Doc."""\n# actlint: ignore-file[ACT201]\nimport a\n', True),
        ('r"""Doc.\n"""  # actlint: ignore-file[ACT201]\nimport a\n', True),
        ('"""Doc."""\n\n# why\n# actlint: ignore-file[inplace-on-leaf]\n\nimport a\n', True),
        ("# actlint: ignore-file[ACT2]\n", True),
        ("# actlint: ignore-file[ACT301]\nimport a\n", False),
        ("import a\n# actlint: ignore-file[ACT201]\nimport b\n", False),
        ("import a  # actlint: ignore-file[ACT201]\nimport b\n", False),
        ('"""Doc."""\nimport a\n# actlint: ignore-file[ACT201]\n', False),
        ('f"""No doc."""\n# actlint: ignore-file[ACT201]\n', False),
    ],
)
def test_ignore_file(text: str, silenced: bool) -> None:
    rows = list(range(1, len(line_starts(text)) + 1))
    assert rows_kept(text) == ([] if silenced else rows)


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("actlint: ignore[ACT201]", {"ACT201"}),
        ("actlint: ignore [ ACT201 , ACT301, ]", {"ACT201", "ACT301"}),
        ("actlint: ignore[ACT201 ACT301]", {"ACT201", "ACT301"}),
        ("actlint: ignore[ACT2]", {"ACT201", "ACT202"}),
        ("actlint: ignore[inplace-on-leaf,ACT3]", {"ACT201", "ACT301"}),
        ("actlint: ignore[ACT201] because the leaf is frozen", {"ACT201"}),
        ("actlint: ignore[ALL]", set(RAN - {"ACT002"})),
        ("actlint: ignore", set(RAN - {"ACT002"})),
        ("actlint: ignore: the leaf is frozen", set(RAN - {"ACT002"})),
        ("actlint: ignore the leaf is frozen", set(RAN - {"ACT002"})),
        ("actlint: ignore[inplace]", set()),
        ("actlint: ignore[act201]", set()),
        ("actlint: ignore[ACT201", set()),
        ("actlint: ignore[]", set()),
        ("actlint: ignore ACT201", set()),
        ("actlint: ingore[ACT201]", set()),
        ("actlint ignore[ACT201]", set()),
        ("see actlint: ignore[ACT201]", set()),
        ("as `# actlint: ignore[ACT201]` does", set()),
        ("noqa", set(RAN)),
        ("NoQA", set(RAN)),
        ("noqa: ACT201", {"ACT201"}),
        ("NOQA:ACT201,E501", {"ACT201"}),
        ("noqa: E501 ACT301, W1 reason", {"ACT301"}),
        ("noqa : act2", {"ACT201", "ACT202"}),
        ("noqa: E501", set()),
        ("noqa: because", set(RAN)),
        ("noqa because", set(RAN)),
        ("noqality", set()),
        ("noqa-file", set()),
        ("flake8: noqa", set()),
        ("see noqa: ACT201", set()),
        ("type: ignore # noqa: ACT201 # actlint: ignore[ACT301]", {"ACT201", "ACT301"}),
    ],
)
def test_codes_that_a_comment_covers(comment: str, codes: set[str]) -> None:
    result = judged(f"x  # {comment}\n", *(finding(code, 1) for code in sorted(RAN)), active=False)
    assert set(RAN) - {d.code for d in result.kept} == codes
    assert result.silenced_count == len(codes)
    assert result.unused == ()


def test_comments_in_strings_are_none() -> None:
    text = "x = '# actlint: ignore'\ny = '''\n# noqa\n'''\nz = f'{x}# noqa'\n"
    assert rows_kept(text) == [1, 2, 3, 4, 5, 6]
    assert judged(text).unused == ()


def test_code_that_no_parser_reads() -> None:
    assert rows_kept("print 'x  # noqa'\nprint 'y'  # noqa\nx = = 'open\nz  # actlint: ignore[ACT201]\n") == [1, 3, 5]


def test_noqa_alone_on_its_line_silences_nothing() -> None:
    assert rows_kept("# noqa\nx\n")[-2:] == [2, 3]
    assert rows_kept("f(\n  # noqa: ACT201\n  1)\n") == [4]


def test_order_is_kept_and_files_without_comments_are_left_alone() -> None:
    found = [finding("ACT301", 2), finding("ACT201", 1), finding("ACT101", 3)]
    assert judged("a\nb\nc\n", *found) == Suppressed(tuple(found), 0, ())
    assert judged("a  # noqa: ACT201\nb\nc\n", *found).kept == (found[0], found[2])


def test_failures_of_actlint_are_not_silenced() -> None:
    failure = finding("ACT201", 1, internal=True)
    result = judged("x  # actlint: ignore[ACT201]\n", failure)
    assert result.kept == (failure,)
    assert [d.message for d in result.unused] == ["`ACT201` silences nothing here"]


# ------------------------------------------------------------------------------------------------------------- any text

_WORDS = st.sampled_from(
    [
        "# actlint: ignore",
        "# actlint: ignore-file",
        "# noqa",
        ": ",
        "[ACT201]",
        "[ACT2, XY]",
        "ACT201",
        "E501,",
        "[",
        "]",
    ]
    + [
        "#",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "x",
        "(",
        ")",
        "'''",
        '"',
        "@d",
        "\\\n",
        "def f():",
        "    ",
        "'''doc'''",
        "é",
    ]
)
_SOUP = st.lists(_WORDS, max_size=30).map("".join)
FINDINGS = st.lists(st.builds(finding, st.sampled_from(sorted(RAN)), st.integers(1, 12), st.integers(1, 5)), max_size=4)


@given(_SOUP | st.text(max_size=60), FINDINGS)
@settings(deadline=None)
def test_any_text(text: str, diagnostics: Sequence[Diagnostic]) -> None:
    result = judged(text, *diagnostics)
    assert len(result.kept) + result.silenced_count == len(diagnostics)
    starts = line_starts(text)
    for diagnostic in result.unused:
        spans = [diagnostic.span, *(edit.span for edit in (diagnostic.fix.edits if diagnostic.fix else ()))]
        for span in spans:
            assert 0 <= offset_of(starts, span.start) <= offset_of(starts, span.end) <= len(text)


def test_large_files_take_no_longer_than_their_size_asks() -> None:
    text = "x = 1  # actlint: ignore[ACT201]\n" * 20_000 + "y = [\n" + "1,\n" * 50_000 + "]  # noqa: ACT301\n"
    found = [finding("ACT201", row) for row in range(1, 20_001, 2)]
    result = judged(text, *found)
    assert result.silenced_count == 10_000
    assert len(result.unused) == 10_001
