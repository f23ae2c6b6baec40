"""ACT002: comments that silence nothing, and what their fixes leave."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actlint.diagnostic import Diagnostic
from actlint.lines import line_starts, offset_of
from actlint.suppress import Suppressed
from tests.test_suppress import FINDINGS, KNOWN, RAN, finding, judged


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


@given(_PROGRAM, FINDINGS)
@settings(deadline=None)
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
