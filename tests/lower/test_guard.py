"""Nothing that crashes or stalls a parser gets through, and what gets through can be lowered, compared and pickled."""

from __future__ import annotations

import ast
import pickle
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actlint.facts import FileFacts
from actlint.lines import line_starts
from actlint.lower import guard
from actlint.lower.cut import read_facts
from actlint.lower.logical import logical_lines


def nest(before: str, opening: str, inner: str, closing: str, after: str = "\n") -> Callable[[int], str]:
    return lambda depth: before + opening * depth + inner + closing * depth + after


def blocks(*heads: str) -> Callable[[int], str]:
    def text(depth: int) -> str:
        lines = [" " * level + head for level in range(depth) for head in heads]
        return "\n".join([*lines, " " * depth + "pass\n"])

    return text


SHAPES: dict[str, Callable[[int], str]] = {
    "parentheses": nest("x = ", "(", "1", ")"),
    "lists": nest("x = ", "[", "1", "]"),
    "sets": nest("x = ", "{", "1", "}"),
    "dicts": nest("x = ", "{1: ", "1", "}"),
    "tuples": nest("x = ", "(", "1", ",)"),
    "calls": nest("x = ", "f(", "1", ")"),
    "keywords": nest("x = ", "f(a=", "1", ")"),
    "subscripts": nest("x = ", "a[", "1", "]"),
    "slices": nest("x = ", "a[b:", "1", "]"),
    "targets": nest("", "a(", "b", ").c", " = 1\n"),
    "deleted": nest("del ", "a(", "b", ").c"),
    "generators": nest("x = ", "f(", "a", " for b in c)"),
    "comprehensions": nest("x = ", "[a for a in ", "b", "]"),
    "clauses": nest("x = [a ", "for a in b ", "", "", "]\n"),
    "conditions": nest("x = [a for a in b ", "if a ", "", "", "]\n"),
    "lambdas": nest("x = ", "lambda: ", "1", ""),
    "defaults": nest("x = ", "lambda a=", "1", ": 2"),
    "walruses": nest("x = ", "(a := ", "1", ")"),
    "minus": nest("x = ", "-", "1", ""),
    "not": nest("x = ", "not ", "1", ""),
    "attributes": nest("x = a", ".b", "", ""),
    "chain": nest("x = a", ".b()", "", ""),
    "indices": nest("x = a", "[0]", "", ""),
    "sums": nest("x = a", " + a", "", ""),
    "powers": nest("x = a", " ** a", "", ""),
    "ands": nest("x = a", " and a", "", ""),
    "comparisons": nest("x = a", " < a", "", ""),
    "conditionals": nest("x = ", "a if b else ", "c", ""),
    "strings": nest("x = ", "'a' ", "", ""),
    "assignments": nest("", "x = ", "1", ""),
    "semicolons": nest("", "a;", "a", ""),
    "f-strings": nest("x = f'", "{a}", "", "", "'\n"),
    "f-string specs": nest("x = f'{a:", "{b}", "", "", "}'\n"),
    "nested f-strings": nest("x = ", 'f"{', "a", '}"'),
    "nested specs": nest('x = f"', "{a:", "", "}", '"\n'),
    "yields": nest("x = ", "(yield ", "1", ")"),
    "imports": nest("import a", ".b", "", ""),
    "relative": nest("from a", ".b", "", "", " import c\n"),
    "decorators": nest("", "@a\n", "", "", "def f(): ...\n"),
    "withs": nest("with ", "a, ", "b", "", ": pass\n"),
    "elif": nest("if a:\n  pass\n", "elif a:\n  pass\n", "", ""),
    "if": blocks("if a:"),
    "else": blocks("if a: pass", "else:"),
    "try": blocks("try: pass", "except: pass", "finally:"),
    "def": blocks("@a(b)", "def f(c=1):"),
    "class": blocks("class A(B):"),
    "case brackets": nest("match a:\n case ", "[", "1", "]", ": pass\n"),
    "case parentheses": nest("match a:\n case ", "(", "1", ")", ": pass\n"),
    "case tuples": nest("match a:\n case ", "(", "1", ",)", ": pass\n"),
    "case mappings": nest("match a:\n case ", "{1: ", "1", "}", ": pass\n"),
    "case classes": nest("match a:\n case ", "A(a=", "1", ")", ": pass\n"),
    "case alternatives": nest("match a:\n case ", "(2 | ", "1", ")", ": pass\n"),
    "case names": nest("match a:\n case a", ".b", "", "", ": pass\n"),
    "open brackets": nest("", "[(", "", ""),
    "open calls": nest("", "f(a=", "", ""),
    "open braces": nest("", "{1: ", "", ""),
    "open case": nest("match a:\n case ", "[", "", ""),
    "open f-strings": nest("x = ", 'f"{', "", ""),
    "newer and deep": nest("type X = ", "a[", "b", "]"),
    "newer and long": nest("type X = a", ".b()", "", ""),
    "newer case": nest("lazy import a\nmatch a:\n case ", "(", "1", ",)", ": pass\n"),
    "not quite": nest("x = ", "f(", "a b", ")"),
}


def works_on(text: str) -> FileFacts:
    found = read_facts("m.py", f"import torch\n{text}\ny = 2\n", keep="all")
    assert pickle.loads(pickle.dumps(found)) == found
    assert hash(found) == hash(found)
    assert repr(found)
    return found


@pytest.mark.parametrize("depth", [20, 95, 145, 2000, 20_000])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_depth_crashes_or_stalls(shape: str, depth: int) -> None:
    if depth > 2000 and shape in ("if", "else", "try", "def", "class"):
        depth = 500  # quadratic in characters
    start = time.process_time()
    works_on(SHAPES[shape](depth))
    # A second is what is promised; the rest is for slow machines, and for pickling what was read.
    assert time.process_time() - start < 5


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if not shape.startswith(("open", "not quite"))])
def test_reasonable_depths_are_read(shape: str) -> None:
    depth = 4 if shape.startswith(("case", "newer case")) else 3 if shape == "nested f-strings" else 20
    if shape in ("nested f-strings", "nested specs"):
        depth = 1
    found = works_on(SHAPES[shape](depth))
    assert not found.problems
    assert all(chunk.facts is not None for chunk in found.chunks)


@pytest.mark.parametrize("shape", ["lists", "calls", "chain", "sums", "elif", "case tuples", "newer and long"])
def test_what_is_refused_is_said(shape: str) -> None:
    found = works_on(SHAPES[shape](2000))
    assert [(problem.kind, problem.message) for problem in found.problems] in (
        [("nesting", "too deeply nested")],
        # Where `ast` found an error before any depth, its message is the better one.
        [("syntax", "invalid syntax")],
    )
    assert shape.startswith("newer") or found.problems[0].kind == "nesting"


def test_a_long_list_is_refused_or_quick() -> None:
    start = time.process_time()
    found = works_on("x = f(" + "1, " * 100_000 + ")")
    assert [(problem.kind, problem.message) for problem in found.problems] == [("nesting", "too long a statement")]
    assert not works_on("x = f(" + "1, " * 10_000 + ")").problems
    assert time.process_time() - start < 10


def refusal(text: str) -> str | None:
    return guard.refusal(ast.parse(text).body, text, line_starts(text))


def test_depth_counts_statements_and_expressions_together() -> None:
    levels = 60
    head = "".join(" " * level + "if a:\n" for level in range(levels))
    assert refusal(head + " " * levels + "x = " + "-" * 80 + "1\n") is None
    assert refusal(head + " " * levels + "x = " + "-" * 100 + "1\n") == guard.TOO_DEEP
    assert refusal("x = " + "-" * 100 + "1\n") is None


def test_every_place_of_an_expression_is_measured() -> None:
    deep = "-" * 200 + "1"
    for text in (
        f"if {deep}: pass",
        f"while {deep}: pass",
        f"for a in {deep}: pass",
        f"with {deep}: pass",
        f"@a({deep})\ndef f(): pass",
        f"def f(a={deep}): pass",
        f"def f() -> ({deep}): pass",
        f"class A(B, c={deep}): pass",
        f"try: pass\nexcept {deep}: pass",
        f"match {deep}:\n case _: pass",
        f"match a:\n case _ if {deep}: pass",
        f"return {deep}",
        f"assert a, {deep}",
        f"x = (\n{deep}\n)",
        f"x = f'''{{\n{deep}}}'''",
        f"class A:\n def f(self):\n  try: pass\n  finally: del a[{deep}]",
    ):
        assert refusal(text + "\n") == guard.TOO_DEEP, text


# ----------------------------------------------------------------------------------------------------------- the text


def words(text: str) -> list[tuple[int, str]]:
    return [(line.indent, line.word) for line in logical_lines(text)]


def test_logical_lines_of_python() -> None:
    text = """\
# comment
a = (1,
  2)  # ) in a comment
  b = '''
c = ")" '''; d
\fe
'f\\'
g
"""
    assert words(text) == [(0, "a"), (2, "b"), (0, "e"), (0, ""), (0, "g")]
    assert words("a \\\n b\nc\r\nd\re") == [(0, "a"), (0, "c"), (0, "d"), (0, "e")]


def test_links_and_brackets() -> None:
    def measured(text: str) -> tuple[int, int]:
        (line,) = logical_lines(text)
        return line.links, line.brackets

    assert measured("a, b, c") == (1, 0)
    assert measured("a.b.c") == (5, 0)
    assert measured("f(a, (b, c), d)") == (4, 2)
    assert measured("f((((1))))") == (6, 4)
    assert measured("lambda a, b: lambda c, d: 1")[0] >= 4
    assert measured("f'{a}{b}{c}'")[0] == 4
    assert measured("'((((' \"[[[\"") == (2, 0)


@given(st.text(alphabet="ab(){}[],;:.'\"\\\n\r \t\f#f", max_size=200))
def test_logical_lines_take_any_text(text: str) -> None:
    starts = [line.start for line in logical_lines(text)]
    assert starts == sorted(set(starts))
    assert all(text[start] not in " \t\r\n\f#" for start in starts)


@pytest.mark.parametrize(
    "text",
    ["'" * 300_001, '"""' * 100_001, "'\\" * 200_000, "(" * 300_000, "a " * 150_000, " " * 300_000, "\\\n" * 150_000]
    + [
        "a" * 300_000,
        "a = " * 100_000,
        "f'" * 100_001,
        "x:" * 150_000,
        "import (" * 40_000,
        "for " * 80_000,
        "\r" * 300_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_garbage_takes_linear_time(text: str) -> None:
    start = time.process_time()
    read_facts("m.py", text)
    assert time.process_time() - start < 5
