"""The lexer that finds comments and logical lines, held against `tokenize`."""

from __future__ import annotations

import io
import json.decoder
import re
import sys
import sysconfig
import tokenize
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actlint.suppress.comments import LogicalLine, layout

_LAYOUT_ONLY = (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def by_tokenize(text: str) -> tuple[list[tuple[int, int, str, int, bool]], list[tuple[int, int]]]:
    """Comments (row, column, text, logical line, inside it) and logical lines (first and last row), by tokenize."""
    comments, lines = [], []
    first = last = None
    readline = io.StringIO(re.sub(r"\r\n?", "\n", text)).readline
    for token in tokenize.generate_tokens(readline):
        if token.type == tokenize.COMMENT:
            comments.append((*token.start, token.string, len(lines), first is not None))
        elif token.type == tokenize.NEWLINE:
            if first is not None and last is not None:
                lines.append((first, max(last, token.start[0]) if token.string else last))
            first = None
        elif token.type not in _LAYOUT_ONLY:
            first = token.start[0] if first is None else first
            last = token.end[0]
    return comments, lines


def by_layout(text: str) -> tuple[list[tuple[int, int, str, int, bool]], list[tuple[int, int]]]:
    found = layout(text)
    comments = [
        (c.row, c.start - found.starts[c.row - 1], text[c.start : c.end], c.line, c.inside) for c in found.comments
    ]
    return comments, [(line.first, line.last) for line in found.lines]


def _files() -> list[Path]:
    library = Path(sysconfig.get_path("stdlib"))
    files = [*sorted(library.glob("*.py")), *sorted((library / "test").glob("test_[fgst]*.py"))]
    return [Path(json.decoder.__file__), *files[::4]]


def test_as_tokenize_on_the_standard_library() -> None:
    compared = 0
    for path in _files():
        try:
            with tokenize.open(path) as file:
                text = path.read_bytes().decode(file.encoding)
            expected = by_tokenize(text)
        except (SyntaxError, UnicodeError, tokenize.TokenError):
            continue
        assert by_layout(text) == expected, path
        compared += 1
    assert compared > 40  # some installations have no tests of the standard library


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#",
        "# only",
        "x = 1  # end",
        "\n\n  # alone\n\nx = (1,  # inside\n  # alone inside\n  2)\n",
        "s = '# no'; t = \"# no\"  # yes\n",
        "s = '''\n# no\n'''  # yes\n",
        'def f():\n    """doc # no"""\n    # yes\n    return f"{x!r:#>10}"  # yes\n',
        "x = 1 + \\\n  2  # yes\n",
        "x = '\\\n# no'  # yes\n",
        "x = r'\\'  # no'\n",
        "x = b'\\'# no'  # yes\n",
        "f'{{# no}} {x:{y}#} {\"#\"}'  # yes\n",
        "f'''{\n x}# no'''  # yes\n",
        "f'\\N{NUMBER SIGN}#{x}'  # yes\n",
        "rf'\\{x}#'  # yes\n",
        "f'{x[1:2]:>{w}}' '#'  # yes\n",
        "f'{(lambda: 1)():#x}'  # yes\n",
        "if x: y\\\n\n# alone\n",
        "\x0cx = 1  # form feed\n",
        "x = 1if'a'else'#'  # yes\n",
        "class A:  # one\r\n    pass  # two\r\n",
        "x = {\n'a': '''\n''',  # yes\n}\n@d\ndef f(): pass\n",
    ],
)
def test_as_tokenize(text: str) -> None:
    assert by_layout(text) == by_tokenize(text)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="f-strings are tokens since 3.12")
@pytest.mark.parametrize(
    "text",
    [
        "f'{x['a # no']}'  # yes\n",
        "f'''{\n  x  # in a field\n}'''  # yes\n",
        "f'{f'{f'{1}#'}'}'  # yes\n",
        "f'{x:%H:%M#}'  # yes\n",
        "f'{x:{'#'}>{10}}'  # yes\n",
    ],
)
def test_as_tokenize_in_newer_f_strings(text: str) -> None:
    assert by_layout(text) == by_tokenize(text)


def test_kinds_of_lines() -> None:
    found = layout('"""Doc."""\n@d(\n  1)\nclass A: pass\nr"s"\nf"s"\nb"s"\nx @ y\n')
    assert [line.kind for line in found.lines] == ["string", "decorator", "other", "string", "other", "other", "other"]
    assert found.lines[1] == LogicalLine(2, 3, "decorator")


def test_alone() -> None:
    found = layout("x # a\n \t# b\n(1, \n # c\n)\n'''\n''' # d\n")
    assert [c.alone for c in found.comments] == [False, True, True, False]


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("x = 'open  # no\ny = 1  # yes\n", ["# yes"]),
        ('x = f"open {y} # no\ny = 1  # yes\n', ["# yes"]),
        ('x = f"{y:>3 # no\ny = 1  # yes\n', ["# yes"]),
        ("x = '''open  # no\ny = 1  # no\n", []),
        ("x = (1  # yes\ny = ]})  # yes\n", ["# yes", "# yes"]),
        ("}\n)]  # yes\nprint 'x # no' # yes\n", ["# yes", "# yes"]),
        ("\0 ? $ # yes", ["# yes"]),
        ("f'{x}}'  # yes\n", ["# yes"]),
    ],
)
def test_text_that_is_no_python(text: str, comments: list[str]) -> None:
    assert [text[c.start : c.end] for c in layout(text).comments] == comments


_SOUP = st.text(alphabet=st.sampled_from(list("#'\"\\\n\r\f {}()[]:;,@fFrRbtN xX=1é\0")), max_size=60)


@given(_SOUP | st.text(max_size=40))
@settings(deadline=None)
def test_any_text(text: str) -> None:
    found = layout(text)
    assert all(text[c.start] == "#" and not set("\r\n") & set(text[c.start : c.end]) for c in found.comments)
    assert all(a.end <= b.start for a, b in zip(found.comments, found.comments[1:], strict=False))
    assert all(a.first <= a.last <= b.first for a, b in zip(found.lines, found.lines[1:], strict=False))
    assert all(0 <= c.line <= len(found.lines) for c in found.comments)


def test_deep_nesting_and_long_lines_take_no_longer_than_others() -> None:
    deep = "(" * 100_000 + ")" * 100_000 + "  # yes\n"
    fields = "f'" + "{f'" * 20_000
    formats = "f'" + "{x:" * 20_000
    long = "x = [" + "'a', " * 100_000 + "]  # yes\n"
    assert [len(layout(text).comments) for text in (deep, fields, formats, long)] == [1, 0, 0, 1]
