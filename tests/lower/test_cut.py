"""Files to chunks: what is one chunk, where it starts, what it binds, what is dropped, and what is said of bad text."""

from __future__ import annotations

import re
import sys
import warnings
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actlint.facts import FileFacts, Problem
from actlint.lines import line_starts
from actlint.lower.cut import read_facts
from tests.lower.oracle import count_facts, count_tree, parsed


def cut(text: str) -> FileFacts:
    return read_facts("m.py", text, keep="all")


def places(found: FileFacts) -> list[tuple[int, str]]:
    return [(chunk.first_line, chunk.text) for chunk in found.chunks]


def is_sound(text: str, found: FileFacts) -> None:
    """Chunks are whole lines, in order, apart; between them stand comments and blank lines only."""
    starts = line_starts(text)
    at = 0
    for chunk in found.chunks:
        start = starts[chunk.first_line - 1]
        assert start >= at
        assert_nothing(text[at:start])
        assert text.startswith(chunk.text, start)
        assert chunk.text
        at = start + len(chunk.text)
        assert at in starts or at == len(text)
    assert_nothing(text[at:])


def assert_nothing(text: str) -> None:
    assert re.fullmatch(r"(?:[ \t\f]*(?:#[^\r\n]*)?\\?(?:\r\n|\r|\n|$))*", text), text


# ------------------------------------------------------------------------------------------------------------- chunks


def test_chunks_are_top_level_statements_with_their_decorators() -> None:
    text = dedent('''\
        """Doc."""
        # comment
        import a; import b  # both

        @c
        # between
        @d(1)
        class E:
            x = 1

            # inside
            y = 2
        # after
        if f:
            g()
        else:
            h()
        ''')
    assert [line for line, _ in places(cut(text))] == [1, 3, 5, 14]
    assert cut(text).chunks[1].text == "import a; import b  # both\n"
    assert cut(text).chunks[2].text.endswith("    y = 2\n")
    assert all(chunk.facts is not None for chunk in cut(text).chunks)
    is_sound(text, cut(text))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "text",
    [
        "x = 1",
        "x = 1\ny = 2",
        "x = '''\na\n'''; y = 2\nz = 3\n",
        "x = 1 \\\n\ny = 2\n",
        "\\\nx = 1\n",
        "x = 1\n\\\ny = 2\n",
        "x = 1  # \\\n# comment\ny = 2\n",
        "\fx = 1\n\f\ny = 2\n",
        "if x:\n\ty = 1\n\fz = 2\n",
        "x = (1\n\f,2)\n",
        "s = 'a\u2028b\x85c\x1c'\ny = 2\n",
        "é = 'ü'; y = é\nz = 1\n",
        "class A: pass;\ny = 1;\n",
        "\n\n# nothing\n",
        "",
        "def f():\n  return 1\n  # comment\n# comment\nx = 1\n",
    ],
)
def test_lines_end_where_python_ends_them(text: str, end: str) -> None:
    text = text.replace("\n", end)
    try:
        tree = parsed(text)
    except SyntaxError:
        assert cut(text).problems
        return
    found = cut(text)
    is_sound(text, found)
    assert not found.problems
    assert [chunk.facts is not None for chunk in found.chunks] == [True] * len(found.chunks)
    assert sum(len(chunk.facts.body) for chunk in found.chunks if chunk.facts) == len(tree.body)
    assert count_facts(tuple(chunk.facts for chunk in found.chunks)) == count_tree(tree)


def test_facts_of_a_chunk_depend_on_its_text_alone() -> None:
    alone = cut("class A:\n    x = 1\n").chunks[0]
    below = cut("import b\n\n\nclass A:\n    x = 1\n").chunks[1]
    assert alone.facts == below.facts
    assert (alone.text, alone.binds) == (below.text, below.binds)
    assert below.first_line == 4


def test_what_a_statement_binds() -> None:
    text = dedent("""\
        import a.b, c as d; from e import f as g, h
        (i, [j, *k]), l.m, n[o] = p = q
        r: int = 1; s += 1
        with t as (u, v), w: x = 1
        for y in z: A = 1
        else: B = (C := 1)
        try: import D
        except E as F: G = 1
        finally: del H
        @I
        def J(K): L = 1
        class M(N): O = 1
        if P:
            async def Q(): ...
        match R:
            case [S, T.U, {"V": W, **X}, *Y] | Z(aa=bb) as cc: dd = 1
        while ee: ff = 1
        from gg import *
        """)
    assert [sorted(chunk.binds) for chunk in cut(text).chunks] == [
        ["a", "d", "g", "h"],
        ["i", "j", "k", "p"],
        ["r", "s"],
        ["u", "v", "x"],
        ["A", "B", "C", "y"],
        ["D", "F", "G", "H"],
        ["J"],
        ["M"],
        ["Q"],
        ["S", "W", "X", "Y", "bb", "cc", "dd"],
        ["ff"],
        [],
    ]


# ----------------------------------------------------------------------------------------------------------- screening

ROWS = "".join(f"    'row{number}': {number},\n" for number in range(40))


def kept(text: str) -> dict[str, bool]:
    found = read_facts("m.py", text)
    return {min(chunk.binds, default=chunk.text): chunk.facts is not None for chunk in found.chunks}


def test_a_long_table_is_lowered_only_if_something_kept_reads_it() -> None:
    tables = f"A = {{\n{ROWS}}}\nB = {{\n{ROWS}'a': C}}\nC = {{\n{ROWS}}}\nD = {{\n{ROWS}}}\n"
    text = f"import torch\n{tables}def f(): return B\n"
    assert kept(text) == {"torch": True, "A": False, "B": True, "C": True, "D": False, "f": True}


def test_short_tables_calls_and_imported_names_are_always_lowered() -> None:
    text = (
        f"import torch\nA = {{'a': 1}}\nB = dict({{\n{ROWS}}})\nC = {{\n{ROWS}'t': torch.relu}}\nD[0] = {{\n{ROWS}}}\n"
    )
    assert all(kept(text).values())


def test_a_huge_table_is_dropped_even_if_it_is_read() -> None:
    table = "A = [\n" + "    [0.125, 0.25],\n" * 20_000 + "]\n"
    assert kept(f"import torch\n{table}def f(): return A\n") == {"torch": True, "A": False, "f": True}


def test_nothing_is_dropped_where_all_is_asked_for() -> None:
    assert cut(f"A = {{\n{ROWS}}}\n").chunks[0].facts is not None


# ------------------------------------------------------------------------------------------------------------ bad text


def problem(text: str) -> Problem:
    found = cut(text)
    (only,) = found.problems
    return only


@pytest.mark.parametrize(
    ("text", "message", "row", "column"),
    [
        ("x = 1\nprint 'a'\n", "Missing parentheses in call to 'print'", 2, 1),
        ("é = 1; f(é) é\n", "invalid syntax", 1, 13),
        ("x = (1\n", "'(' was never closed", 1, 5),
        ("x = 'a\n", "unterminated string literal", 1, 5),
        ("if x:\ny = 1\n", "expected an indented block", 2, 1),
        ("x = 1\n  y = 2\n", "unexpected indent", 2, None),
        ("x = 0777\n", "leading zeros", 1, None),
        ("x = 1\r\ny = `a`\r\n", "invalid syntax", 2, 5),
        ("x = 1\r\ny\x00 = 2\n", "source code cannot contain null bytes", 2, 2),
        ("x = 1\ny = '\ud800'\n", "a lone surrogate is not a character", 2, 6),
        ("raise E, 'b'\n", "invalid syntax", 1, 8),
    ],
)
def test_a_syntax_error_has_its_place_and_no_chunks(text: str, message: str, row: int, column: int | None) -> None:
    found = problem(text)
    assert found.kind == "syntax"
    assert message in found.message
    assert found.row == row
    assert column is None or found.column == column
    assert not cut(text).chunks


def test_python_2_is_a_syntax_error() -> None:
    text = "import torch\n\nclass A(object):\n    def f(self):\n        print 'a', self.x\n        raise E, 'b'\n"
    assert problem(text) == Problem("syntax", problem(text).message, 5, 9)


NEWER = """\
# comment
import torch  # line 2

lazy import json

@a
# between
class A:
    '''text
'''; x = 1

type B = int
# comment
s = t"{a}"; b = 1
try:
    pass
except C, D:
    E = 1
if x: pass
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_for_a_newer_python_is_cut_by_libcst(end: str) -> None:
    found = cut(NEWER.replace("\n", end))
    assert not found.problems
    assert [chunk.first_line for chunk in found.chunks] == [2, 4, 6, 12, 14, 15, 19]
    assert [chunk.text.split(end)[0] for chunk in found.chunks][4:] == ['s = t"{a}"; b = 1', "try:", "if x: pass"]
    assert all(chunk.facts is not None for chunk in found.chunks)
    assert [sorted(chunk.binds) for chunk in found.chunks] == [
        ["torch"], ["json"], ["A"], ["B"], ["b", "s"], ["E"], [],
    ]  # fmt: skip
    is_sound(NEWER.replace("\n", end), found)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this interpreter reads it")
def test_f_strings_of_python_3_12_are_read() -> None:
    found = cut('import torch\nx = f"{d["a"]}"\ny = 1\n')
    assert not found.problems
    assert len(found.chunks) == 3


def test_a_statement_that_is_too_deep_is_left_out_and_the_others_stay() -> None:
    deep = "[" * 2000 + "]" * 2000
    found = cut(f"import torch\n\nx = {deep}\n\n\n@a\nclass B:\n    y = 1\nelse_ = 1\n")
    assert found.problems == (Problem("nesting", "too deeply nested", 3, 1),)
    assert [(chunk.first_line, chunk.facts is not None) for chunk in found.chunks] == [
        (1, True),
        (3, False),
        (6, True),
        (9, True),
    ]
    assert found.chunks[1].binds == {"x"}


def test_a_chain_is_left_out_and_binds_its_names() -> None:
    found = cut("import torch\nx, y = a" + ".b()" * 2000 + "\nz = 1\n")
    assert found.problems == (Problem("nesting", "too deeply nested", 2, 1),)
    assert [sorted(chunk.binds) for chunk in found.chunks] == [["torch"], ["x", "y"], ["z"]]
    assert [chunk.facts is None for chunk in found.chunks] == [False, True, False]


def test_an_error_beside_a_deep_statement_has_its_own_line() -> None:
    deep = "[" * 2000 + "]" * 2000
    text = f"x = {deep}\n\nif y:\n    print 'a'\n"
    assert problem(text).kind == "syntax"
    assert (problem(text).row, problem(text).column) == (4, 5)


def test_names_of_deep_statements_are_guessed_generously() -> None:
    deep = "[" * 300 + "]" * 300
    text = dedent(f"""\
        def f(a): return {deep}
        if a:
            from b import c, d as e
            g: int = {deep}
            class h: ...
        for i, j in {deep}: k = l.m = 1
        with {deep} as n: (o := 1)
        """)
    binds = [chunk.binds for chunk in cut(text).chunks]
    assert binds[0] >= {"f"}
    assert binds[1] >= {"c", "e", "g", "h"}
    assert binds[2] >= {"i", "j", "k"}
    assert binds[3] >= {"n", "o"}


def test_warnings_of_the_parser_are_not_shown() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not cut("x = '\\d' 'a'\ny = f'\\d{x}'\nz = 1is 1\n").problems


TOKENS = (
    ["a", "torch", "None", "1", "0x1f", "1.5", "'s'", '"t"', '"""x\ny"""', 'f"{a}"', 'f"{a!r:>{b}}"', "rb'z'", "t'{a}'"]
    + ["(", ")", "[", "]", "{", "}", ",", ":", ";", ".", "=", "==", ":=", "->", "+", "-", "*", "**", "@", "~", "..."]
    + [
        "if",
        "elif",
        "else",
        "for",
        "in",
        "not",
        "is",
        "and",
        "or",
        "lambda",
        "def",
        "class",
        "return",
        "yield",
        "await",
    ]
    + ["async", "with", "as", "try", "except", "finally", "raise", "import", "from", "match", "case", "type", "del"]
    + [
        "\n",
        "\n    ",
        "\n\t",
        "\r\n",
        "\r",
        "\f",
        " ",
        "\\",
        "#",
        "é",
        "\u2028",
        "\0",
        "`",
        "$",
        "?",
        "'",
        '"""',
        'f"{',
    ]
)


@given(st.lists(st.sampled_from(TOKENS), max_size=60).map(" ".join) | st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    for keep in ("all", "screen"):
        found = read_facts("m.py", text, keep=keep)
        rows = len(line_starts(text))
        assert all(1 <= problem.row <= rows and problem.column >= 1 for problem in found.problems)
        try:
            parsed(text)
        except (SyntaxError, ValueError):
            continue
        assert not found.problems
        is_sound(text, found)


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    read_facts("m.py", data.decode("utf-8", "replace"))
    read_facts("m.py", data.decode("latin-1"))
