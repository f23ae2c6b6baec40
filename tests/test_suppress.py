"""Comments that silence findings, and ACT002."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
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


def fixed(text: str, result: Suppressed) -> str:
    """The text after the fixes of all ACT002, the last first; they must not overlap."""
    starts = line_starts(text)
    edits = [edit for d in result.unused if d.fix and d.fix.applicability == "safe" for edit in d.fix.edits]
    limit = len(text)
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        start, end = offset_of(starts, edit.span.start), offset_of(starts, edit.span.end)
        assert start <= end <= limit
        text, limit = text[:start] + edit.content + text[end:], start
    return text


def messages(result: Suppressed) -> list[str]:
    return [d.message for d in result.unused]


def underlined(text: str, result: Suppressed) -> list[str]:
    starts = line_starts(text)
    return [text[offset_of(starts, d.span.start) : offset_of(starts, d.span.end)] for d in result.unused]


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
    assert messages(result) == ["`ACT201` silences nothing here"]


# --------------------------------------------------------------------------------------------------------------- ACT002


@pytest.mark.parametrize(
    ("text", "message", "where", "after"),
    [
        ("x  # actlint: ignore[ACT201]\n", "`ACT201` silences nothing here", "ACT201", "x\n"),
        ("x  # actlint: ignore[ACT201] reason\r\ny", "`ACT201` silences nothing here", "ACT201", "x\r\ny"),
        (
            "x  # actlint: ignore[ACT201, ACT301]",
            "`ACT201`, `ACT301` silence nothing here",
            "# actlint: ignore[ACT201, ACT301]",
            "x",
        ),
        ("x\t# actlint: ignore\n", "`# actlint: ignore` silences nothing", "# actlint: ignore", "x\n"),
        ("a\n  # actlint: ignore[ACT2]\n  b\n", "`ACT2` silences nothing here", "ACT2", "a\n  b\n"),
        ("a\r\n# actlint: ignore[ACT201]\r\nb", "`ACT201` silences nothing here", "ACT201", "a\r\nb"),
        ("a\n# actlint: ignore[ACT201]", "`ACT201` silences nothing here", "ACT201", "a\n"),
        (
            "# actlint: ignore-file\n\nx\n",
            "`# actlint: ignore-file` silences nothing",
            "# actlint: ignore-file",
            "\nx\n",
        ),
        ("# actlint: ignore-file[ACT3]\nx\n", "`ACT3` silences nothing in this file", "ACT3", "x\n"),
        ("x  # noqa: ACT201\n", "`ACT201` silences nothing here", "ACT201", "x\n"),
        ("x  # noqa: E501, ACT201\n", "`ACT201` silences nothing here", "ACT201", "x  # noqa: E501\n"),
        ("x  # noqa: ACT201,E501 long\n", "`ACT201` silences nothing here", "ACT201", "x  # noqa: E501 long\n"),
        ("x  # noqa:ACT201 E501\n", "`ACT201` silences nothing here", "ACT201", "x  # noqa:E501\n"),
        (
            "x  # noqa: ACT201, E501, ACT301, W1, ACT2\n",
            "`ACT201`, `ACT301`, `ACT2` silence nothing here",
            "# noqa: ACT201, E501, ACT301, W1, ACT2",
            "x  # noqa: E501, W1\n",
        ),
        ("x  # type: ignore  # noqa: ACT201\n", "`ACT201` silences nothing here", "ACT201", "x  # type: ignore\n"),
        ("x  # noqa: ACT201  # type: ignore\n", "`ACT201` silences nothing here", "ACT201", "x  # type: ignore\n"),
        ("x  # a # actlint: ignore[ACT301] why # b\n", "`ACT301` silences nothing here", "ACT301", "x  # a # b\n"),
        ("f(\n  # noqa: ACT201\n  1)\n", "`ACT201` silences nothing here", "ACT201", "f(\n  1)\n"),
        ("x  # actlint: ignore[ACT002]\n", "`ACT002` silences nothing here", "ACT002", "x\n"),
        ("x  # actlint: ignore[unused-suppression]", "`unused-suppression` silences nothing here", None, "x"),
        (
            "x  # actlint: ignore[XYZ]\n",
            "`XYZ` names no rule; `actlint rule --all` lists the rules",
            "XYZ",
            "x\n",
        ),
    ],
)
def test_what_silences_nothing(text: str, message: str, where: str | None, after: str) -> None:
    result = judged(text)
    assert messages(result) == [message]
    assert where is None or underlined(text, result) == [where]
    assert fixed(text, result) == after
    assert judged(after).unused == ()
    (diagnostic,) = result.unused
    assert (diagnostic.code, diagnostic.name, diagnostic.path) == ("ACT002", "unused-suppression", "m.py")
    assert diagnostic.fix is not None and diagnostic.fix.checkpoint_compatible


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("actlint: ignore[ACT201", "`ignore[` is never closed and silences nothing"),
        ("actlint: ignore-file[ACT201", "`ignore-file[` is never closed and silences nothing"),
        ("actlint: ignore[]", "`ignore[]` names no rule"),
        ("actlint: ingore", "`actlint: ingore` means nothing; did you mean `ignore`?"),
        ("actlint: ignorefile[ACT201]", "`actlint: ignorefile` means nothing; did you mean `ignore-file`?"),
        ("actlint: off", "`actlint: off` means nothing; write `ignore[...]` or `ignore-file[...]`"),
        ("actlint:", "`actlint:` asks for nothing; write `ignore[...]` or `ignore-file[...]`"),
        ("actlint: ignore ACT201", "`ignore ACT201` silences nothing; write `ignore[ACT201]`"),
        ("actlint: ignore: ACT201", "`ignore: ACT201` silences nothing; write `ignore[ACT201]`"),
        ("actlint: ignore=ACT201", "`ignore=ACT201` silences nothing; write `ignore[ACT201]`"),
        ("actlint: ignore(ACT201)", "`ignore(ACT201)` silences nothing; write `ignore[ACT201]`"),
        (
            "actlint: ignore inplace-on-leaf",
            "`ignore inplace-on-leaf` silences nothing; write `ignore[inplace-on-leaf]`",
        ),
        (
            "actlint: ignore-file[ACT201]",
            "`ignore-file` silences nothing here; it goes before the first statement or right after the docstring",
        ),
    ],
)
def test_what_is_not_understood_is_said_and_left(comment: str, message: str) -> None:
    text = f"x\ny  # {comment}\n"
    result = judged(text, finding("ACT201", 2))
    assert len(result.kept) == len(result.unused) == 1
    assert messages(result) == [message]
    assert underlined(text, result) == [f"# {comment}"]
    assert result.unused[0].fix is None


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        ("ACT2011", "ACT201"),
        ("act201", "ACT201"),
        ("Inplace-On-Leaf", "inplace-on-leaf"),
        ("inplace-leaf", "inplace-on-leaf"),
    ],
)
def test_a_selector_that_fits_no_rule_is_not_removed_where_it_is_clear_what_was_meant(entry: str, meant: str) -> None:
    text = f"x  # actlint: ignore[ACT301, {entry}]\n"
    result = judged(text, finding("ACT301", 1))
    assert messages(result) == [f"`{entry}` names no rule; did you mean `{meant}`?"]
    (diagnostic,) = result.unused
    assert diagnostic.fix is not None and diagnostic.fix.applicability == "display"
    assert [edit.content for edit in diagnostic.fix.edits] == [meant]
    assert underlined(text, result) == [entry]


def test_used_entries_stay() -> None:
    text = "x  # actlint: ignore[ACT101, ACT201, ACT301]\n"
    result = judged(text, finding("ACT201", 1))
    assert result.kept == () and result.silenced_count == 1
    assert messages(result) == ["`ACT101`, `ACT301` silence nothing here"]
    assert fixed(text, result) == "x  # actlint: ignore[ACT201]\n"


@pytest.mark.parametrize(
    "text",
    [
        "x  # actlint: ignore[ACT901]\n",
        "x  # noqa: ACT901\n",
        "x  # noqa\n",
        "x  # noqa: E501\n",
        "x  # noqa: ACT777\n",
        "x  # noqa: reason ACT201\n",
        "# see `# actlint: ignore` below\n",
    ],
)
def test_what_is_not_judged(text: str) -> None:
    assert judged(text).unused == ()


def test_only_rules_that_ran_are_judged() -> None:
    text = "a  # actlint: ignore[ACT201]\nb  # noqa: ACT301\nc  # actlint: ignore[ACT2]\nd  # actlint: ignore\n"
    few = frozenset({"ACT002", "ACT201"})
    assert messages(judged(text, ran=few)) == ["`ACT201` silences nothing here"]
    assert len(judged(text).unused) == 4
    assert judged(text, ran=frozenset({"ACT002"})).unused == ()
    assert judged(text, active=False).unused == ()


def test_a_prefix_of_rules_that_seldom_run_is_judged_by_those_that_do() -> None:
    text = "x  # actlint: ignore[ACT2]\n"
    usual = frozenset(KNOWN) - {"ACT202"}
    assert len(judged(text, ran=frozenset({"ACT002", "ACT201"}), usual=usual).unused) == 1
    assert judged(text, ran=frozenset({"ACT002", "ACT202"}), usual=usual).unused == ()


@pytest.mark.parametrize(
    "text",
    [
        "x  # actlint: ignore[ACT201, ACT002]\n",
        "# actlint: ignore[ACT201, unused-suppression]\nx\n",
        "# actlint: ignore-file[ACT0]\nx  # actlint: ignore[ACT201]\n",
        "x  # actlint: ignore[ACT201]  # noqa: ACT002\n",
        "x  # actlint: ignore[ACT201]  # noqa\n",
        "# actlint: ignore-file[ACT002]\nx  # actlint: off\n",
    ],
)
def test_act002_can_be_silenced(text: str) -> None:
    assert judged(text).unused == ()


@pytest.mark.parametrize("text", ["# actlint: ignore-file\nx # actlint: ignore\n", "x # actlint: ignore[ALL]\n"])
def test_act002_is_not_silenced_by_what_names_no_rule(text: str) -> None:
    assert len(judged(text).unused) == len(text.splitlines()[:2])


def test_rules_of_plugins() -> None:
    known = {**KNOWN, "XY1": "other"}
    ran = RAN | {"XY1"}
    assert messages(judged("x  # noqa: XY1, E501\n", known=known, ran=ran)) == ["`XY1` silences nothing here"]
    assert messages(judged("x  # actlint: ignore[other]\n", known=known, ran=ran)) == ["`other` silences nothing here"]


@pytest.mark.parametrize(
    "text",
    [
        "# actlint: ignore[ACT201] coding: latin-1\nx\n",
        "x = 1 + \\\n# actlint: ignore[ACT201]\n\n",
    ],
)
def test_no_fix_where_the_comment_is_more_than_a_comment(text: str) -> None:
    result = judged(text)
    assert [d.fix for d in result.unused] == [None]


def test_the_third_line_does_not_become_the_second() -> None:
    text = "# actlint: ignore-file[ACT201]\n\n# coding: latin-1\nx\n"
    assert fixed(text, judged(text)) == "\n\n# coding: latin-1\nx\n"


def test_results_are_sorted() -> None:
    text = "# actlint: ignore-file[ACT3]\nx  # actlint: off\ny  # noqa: ACT201, ACT002\nz  # actlint: ignore[ACT002]\n"
    spans = [d.span for d in judged(text).unused]
    assert len(spans) == 3 and spans == sorted(spans)


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
_FINDINGS = st.lists(
    st.builds(finding, st.sampled_from(sorted(RAN)), st.integers(1, 12), st.integers(1, 5)), max_size=4
)


@given(_SOUP | st.text(max_size=60), _FINDINGS)
def test_any_text(text: str, diagnostics: Sequence[Diagnostic]) -> None:
    result = judged(text, *diagnostics)
    assert len(result.kept) + result.silenced_count == len(diagnostics)
    starts = line_starts(text)
    for diagnostic in result.unused:
        spans = [diagnostic.span, *(edit.span for edit in (diagnostic.fix.edits if diagnostic.fix else ()))]
        for span in spans:
            assert 0 <= offset_of(starts, span.start) <= offset_of(starts, span.end) <= len(text)


_COMMENT = st.sampled_from(
    [
        "# actlint: ignore[ACT201]",
        "# actlint: ignore[ACT201, ACT301] why",
        "# noqa: E501, ACT201",
        "# noqa:ACT2,W1",
        "# type: ignore # noqa: ACT301",
        "# actlint: ignore # plain",
        "# noqa",
        "# plain",
        "#",
    ]
)
_CODE = st.sampled_from(
    [
        "x = 1",
        "y = (1,",
        "    2,",
        ")",
        "s = '# noqa: ACT201'",
        "'''# noqa: ACT201",
        "'''",
        "if x:",
        "    z = 3",
        "",
        "    ",
    ]
)
_LINE = st.tuples(_CODE, st.none() | _COMMENT).map(lambda line: line[0] + ("  " + line[1] if line[1] else ""))
_PROGRAM = st.tuples(st.lists(_LINE, max_size=8), st.sampled_from(["\n", "\r\n"])).map(lambda p: p[1].join(p[0]))


def code_tokens(text: str) -> list[tuple[int, str]] | None:
    """The tokens that are code; None where the text is no Python."""
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text, newline="").readline))
    except (tokenize.TokenError, SyntaxError):
        return None
    return [(t.type, t.string.rstrip("\r")) for t in tokens if t.type not in skipped]


@given(_PROGRAM, _FINDINGS)
def test_fixes_leave_the_code_as_it_is(text: str, diagnostics: Sequence[Diagnostic]) -> None:
    before = code_tokens(text)
    for diagnostic in judged(text, *diagnostics).unused:
        assert diagnostic.fix is not None
        starts, after = line_starts(text), text
        for edit in reversed(diagnostic.fix.edits):
            start, end = offset_of(starts, edit.span.start), offset_of(starts, edit.span.end)
            after = after[:start] + edit.content + after[end:]
        assert len(after) < len(text)
        assert before is None or code_tokens(after) == before


def test_large_files_take_no_longer_than_their_size_asks() -> None:
    text = "x = 1  # actlint: ignore[ACT201]\n" * 20_000 + "y = [\n" + "1,\n" * 50_000 + "]  # noqa: ACT301\n"
    found = [finding("ACT201", row) for row in range(1, 20_001, 2)]
    result = judged(text, *found)
    assert result.silenced_count == 10_000
    assert len(result.unused) == 10_001
