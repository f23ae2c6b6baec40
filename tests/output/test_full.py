"""The format for reading."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actlint.diagnostic import Fix, Position, Related, Report, Span
from actlint.output import RenderOptions, renderer
from actlint.output.cells import width
from tests.output.examples import FAILURE, NOTE, PLAIN, REPORT, SAFE, UNDEFINED, diagnostic, on, span

render = renderer("full")


def shown(report: Report, options: RenderOptions = PLAIN, **texts: str) -> str:
    return "".join(render([report], options, lambda path: texts.get(path.removesuffix(".py"))))


def snippet(report: Report, options: RenderOptions = PLAIN) -> str:
    """What stands between the first line and the last, empty one."""
    return "".join(f"{line}\n" for line in shown(report, options).split("\n")[1:-2])


def test_a_finding() -> None:
    assert (
        shown(replace(REPORT, diagnostics=(UNDEFINED,)))
        == """\
ACT401 `self.layers` is never assigned
  --> models/mlp.py:18:17
   |
16 |         x, y = batch
17 |         x = x.view(x.size(0), -1)
18 |         y_hat = self.layers(x)
   |                 ^^^^^^^^^^^ AttributeError when training_step runs
   |
  ::: models/mlp.py:9:9
 9 |         self.lin1 = nn.Linear(28 * 28, 256)
   |         --------- `__init__` defines lin1, lin2
   |
help: call the model: `self(x)`  (unsafe fix: --unsafe-fixes)

"""
    )


def test_notes() -> None:
    text = shown(replace(REPORT, diagnostics=(SAFE, NOTE, FAILURE)))
    assert text.startswith("ACT101 ") and text.count("ACT312 ") == 1 and "ACT999" not in text
    assert text.split("\n\n")[0].endswith(
        """
   |
note: when `p` is true and `q` is None
help: use `torch.tanh`  (safe fix: --fix)
note: checkpoints saved before the fix will not load after it"""
    )
    assert text.split("\n\n")[1].endswith("\n   |\nprobe: refuted: two layers ran")


@pytest.mark.parametrize(
    ("fix", "how"),
    [
        (Fix("display", "m", True, ()), "shown only"),
        (Fix("display", "m", True, (SAFE.fix or pytest.fail()).edits), "shown only"),
        (Fix("unsafe", "m", True, ()), "shown only"),
        (Fix("unsafe", "m", True, (SAFE.fix or pytest.fail()).edits), "unsafe fix: --unsafe-fixes"),
        (Fix("safe", "m", True, (SAFE.fix or pytest.fail()).edits), "safe fix: --fix"),
    ],
)
def test_how_a_fix_is_applied(fix: Fix, how: str) -> None:
    assert shown(replace(REPORT, diagnostics=(replace(UNDEFINED, fix=fix),))).endswith(f"\nhelp: m  ({how})\n\n")


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        pytest.param(
            diagnostic("x = 1\n", on(1, 1, 2)),
            """\
 --> m.py:1:1
  |
1 | x = 1
  | ^
  |
""",
            id="first line, no label",
        ),
        pytest.param(
            diagnostic("", on(1, 1, 1), label="empty"),
            """\
 --> m.py:1:1
  |
1 |
  | ^ empty
  |
""",
            id="empty file",
        ),
        pytest.param(
            diagnostic("a\n\n\nx = 1\n", on(4, 1, 2)),
            """\
 --> m.py:4:1
  |
4 | x = 1
  | ^
  |
""",
            id="empty lines before it are left out",
        ),
        pytest.param(
            diagnostic("x = (\n", on(2, 1, 1), label="end of file"),
            """\
 --> m.py:2:1
  |
1 | x = (
2 |
  | ^ end of file
  |
""",
            id="end of file",
        ),
        pytest.param(
            diagnostic("x = 1", on(1, 6, 6), label="zero width"),
            """\
 --> m.py:1:6
  |
1 | x = 1
  |      ^ zero width
  |
""",
            id="end of a line without end",
        ),
        pytest.param(
            diagnostic("x = 1\n", span(1, 5, 2, 1), label="with its end"),
            """\
 --> m.py:1:5
  |
1 | x = 1
  |     ^ with its end
  |
""",
            id="line end included",
        ),
        pytest.param(
            diagnostic("a = 1\r\nb = 2\r\n", on(2, 5, 6), label="two"),
            """\
 --> m.py:2:5
  |
1 | a = 1
2 | b = 2
  |     ^ two
  |
""",
            id="carriage returns",
        ),
        pytest.param(
            diagnostic("\tif x:\n\t\ty\t= z\n", on(2, 3, 4), label="y"),
            """\
 --> m.py:2:3
  |
1 |     if x:
2 |         y   = z
  |         ^ y
  |
""",
            id="tabs",
        ),
        pytest.param(
            diagnostic('x = "日本", e\u0301, y\n', on(1, 15, 16), label="y"),
            """\
 --> m.py:1:15
  |
1 | x = "日本", e\u0301, y
  |                ^ y
  |
""",
            id="wide and combining characters",
        ),
        pytest.param(
            diagnostic("a = '\x1b[31m\u202e\x07\ud800', b\n", on(1, 17, 18), label="b\x1b]0;t\x07"),
            """\
 --> m.py:1:17
  |
1 | a = '\\x1b[31m\\u202e\\x07\\ud800', b
  |                                 ^ b\\x1b]0;t\\x07
  |
""",
            id="control characters",
        ),
        pytest.param(
            diagnostic("x = f(\n    1,\n)\n", span(1, 5, 3, 2), label="three rows"),
            """\
 --> m.py:1:5
  |
1 |   x = f(
  |  _____^
2 | |     1,
3 | | )
  | |_^ three rows
  |
""",
            id="several rows",
        ),
        pytest.param(
            diagnostic("def f():\n    a\n    b\n\nc\n", span(1, 1, 4, 1), label="whole lines"),
            """\
 --> m.py:1:1
  |
1 | / def f():
2 | |     a
3 | |     b
  | |_____^ whole lines
  |
""",
            id="several whole rows",
        ),
        pytest.param(
            diagnostic(
                "f(\n" + "".join(f"    {i},\n" for i in range(2, 11)) + ")\n",
                span(1, 1, 11, 2),
                label="many",
                related=(Related("the seventh", "m.py", on(7, 5, 6)),),
            ),
            """\
  --> m.py:1:1
   |
 1 | / f(
 2 | |     2,
 3 | |     3,
 4 | |     4,
...  |
 7 | |     7,
   | |     - the seventh
...  |
10 | |     10,
11 | | )
   | |_^ many
   |
""",
            id="many rows",
        ),
        pytest.param(
            diagnostic(
                "a = 1\nb = 2\nc = a, b\n",
                on(3, 5, 6),
                label="here",
                related=(Related("there", "m.py", on(3, 8, 9)), Related("before", "m.py", on(1, 1, 2))),
            ),
            """\
 --> m.py:3:5
  |
1 | a = 1
  | - before
2 | b = 2
3 | c = a, b
  |     ^ here
  |        - there
  |
""",
            id="related places nearby",
        ),
        pytest.param(
            diagnostic(
                "c\nd\n\n\n\ne = f(\n1)\n",
                on(1, 1, 2),
                label="here",
                related=(Related("far", "m.py", span(6, 5, 7, 3)),),
            ),
            """\
 --> m.py:1:1
  |
1 | c
  | ^ here
  |
 ::: m.py:6:5
6 |   e = f(
  |  _____-
7 | | 1)
  | |__- far
  |
""",
            id="a related place of several rows",
        ),
    ],
)
def test_snippets(report: Report, expected: str) -> None:
    assert snippet(report) == expected


def test_long_lines_are_trimmed_around_the_mark() -> None:
    text = "short = 1\n" + "x = [" + ", ".join(f"'{n}'" for n in range(500)) + "]\n"
    start = text.split("\n")[1].index("'250'") + 1
    lines = snippet(diagnostic(text, on(2, start, start + 5), label="here"), RenderOptions(width=60)).split("\n")
    assert lines[2] == "1 | …"
    assert lines[3].startswith("2 | …") and lines[3].endswith("…") and len(lines[3]) <= 60
    mark = lines[4].index("^^^^^ here")
    assert lines[3][mark : mark + 5] == "'250'"


def test_the_start_of_a_long_line_is_shown_where_the_mark_is() -> None:
    report = diagnostic("x = " + "y + " * 500 + "y\n", on(1, 1, 2), label="here")
    lines = snippet(report, RenderOptions(width=40)).split("\n")
    assert lines[2].startswith("1 | x = y + y") and lines[2].endswith("…") and len(lines[2]) <= 40
    assert lines[3] == "  | ^ here"


def test_a_mark_longer_than_the_line_may_be_is_cut() -> None:
    report = diagnostic("a; " + "x" * 3000 + " ;b\n", on(1, 4, 3004), label="long")
    lines = snippet(report, RenderOptions(width=50)).split("\n")
    assert all(len(line) <= 60 for line in lines)
    assert "^" * 30 in lines[3] and lines[3].endswith("^ long")


def test_one_line_of_a_megabyte_costs_no_more_than_others() -> None:
    text = "x = [" + "'é', " * 200_000 + "]\n"
    found = diagnostic(text, on(1, 500_001, 500_002), label="here").diagnostics[0]
    many = replace(REPORT, path="m.py", text=text, diagnostics=(found,) * 200)
    assert shown(many).count("^ here") == 200


def test_other_files() -> None:
    related = (Related("defined", "other.py", on(2, 1, 2)), Related("used", "gone.py", on(7, 8, 9)))
    report = diagnostic("x\n", on(1, 1, 2), related=related)
    expected = """\
 --> m.py:1:1
  |
1 | x
  | ^
  |
 ::: other.py:2:1
2 | b
  | - defined
  |
 ::: gone.py:7:8 used
"""
    assert shown(report, other="a\nb\n") == f"ACT301 message\n{expected}\n"


def test_a_file_of_another_report_is_shown_without_texts() -> None:
    related = (Related("defined", "a.py", on(1, 1, 2)),)
    reports = [Report("a.py", "first\n"), diagnostic("x\n", on(1, 1, 2), related=related)]
    assert " ::: a.py:1:1 defined\n" in "".join(render(reports, PLAIN))
    assert "1 | first\n" in "".join(render(reports, PLAIN, {r.path: r.text for r in reports}.get))


def test_names_of_files_and_messages_do_not_drive_the_terminal() -> None:
    found = replace(UNDEFINED, path="a\x1b[2J\n.py", message="`\x1b[31m`", related=())
    text = shown(Report(found.path, "x\n" * 30, (found,)))
    assert "\x1b" not in text
    assert "`\\x1b[31m`\n" in text and "--> a\\x1b[2J\\n.py:18:17\n" in text


def test_colours() -> None:
    plain, coloured = shown(REPORT), shown(REPORT, RenderOptions(color=True))
    assert coloured != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    for line in coloured.split("\n"):
        assert line.count("\x1b[0m") * 2 == line.count("\x1b[")


_TEXT = st.text(alphabet=st.sampled_from(list("ab \t\n\r日é\u0301\u200d\x1b\u202e\ud800")), max_size=80)
_POSITION = st.builds(Position, st.integers(1, 9), st.integers(1, 30))
_SPAN = st.tuples(_POSITION, _POSITION).map(lambda pair: Span(min(pair), max(pair)))


@given(_TEXT | _TEXT.map(lambda text: text * 30), _SPAN, st.lists(_SPAN, max_size=3), st.integers(1, 100))
@settings(deadline=None)
def test_any_text_and_any_span(text: str, where: Span, places: list[Span], cells: int) -> None:
    related = tuple(Related("place", "m.py", place) for place in places)
    report = diagnostic(text, where, label="main", related=related)
    output = shown(report, RenderOptions(width=cells))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800]", output)
    assert output.count("main") == 1 and output.count("place") == len(places)
    assert "^" in output and not re.search(r"[ ]\n", output)
    rows = [line for line in output.split("\n") if re.match(r" *\d+ \|", line)]
    assert all(width(line) <= max(cells, 20 + len(line.split("|")[0]) + 5) for line in rows)
