"""Spans of nodes: against Python's own positions as an oracle, and the conventions of this project said one by one."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import random
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from actlint import facts
from actlint.facts import Chunk, StatementFacts
from actlint.lines import line_starts
from actlint.lower.locate import Located, locate, open_chunk, range_of, span_of


def chunk(text: str, first_line: int = 1) -> Chunk:
    return Chunk(first_line, text, frozenset(), StatementFacts((), 0))


def spelled(located: Located, ordinal: int) -> str:
    start, end = range_of(located, ordinal)
    return located.chunk.text[start:end]


def nodes(value: object, *, into_strings: bool = True) -> Iterator[object]:
    """All facts below a fact."""
    if isinstance(value, tuple):
        for item in value:
            yield from nodes(item, into_strings=into_strings)
    elif dataclasses.is_dataclass(value):
        yield value
        if isinstance(value, facts.FString | facts.Opaque) and not into_strings:
            return
        for field in dataclasses.fields(value):
            yield from nodes(getattr(value, field.name), into_strings=into_strings)


def texts(source: str, kind: type) -> list[str]:
    located = open_chunk(chunk(source))
    return [spelled(located, node.ordinal) for node in nodes(located.facts.body) if type(node) is kind]  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------------------------ oracle

SAME = {
    facts.Name: ast.Name,
    facts.Attribute: ast.Attribute,
    facts.Call: ast.Call,
    facts.Subscript: ast.Subscript,
    facts.Slice: ast.Slice,
    facts.BinOp: ast.BinOp,
    facts.UnaryOp: ast.UnaryOp,
    facts.Compare: ast.Compare,
    facts.IfExp: ast.IfExp,
    facts.DictExpr: ast.Dict,
    facts.Starred: ast.Starred,
    facts.Lambda: ast.Lambda,
    facts.NamedExpr: ast.NamedExpr,
    facts.Await: ast.Await,
    facts.Alias: ast.alias,
    facts.FString: ast.JoinedStr,
    facts.ExprStmt: ast.Expr,
    facts.Assign: ast.Assign,
    facts.AugAssign: ast.AugAssign,
    facts.AnnAssign: ast.AnnAssign,
    facts.Return: ast.Return,
    facts.Raise: ast.Raise,
    facts.Assert: ast.Assert,
    facts.Delete: ast.Delete,
    facts.Import: ast.Import,
    facts.ImportFrom: ast.ImportFrom,
}
DISPLAYS = {"tuple": ast.Tuple, "list": ast.List, "set": ast.Set}
COMPREHENSIONS = {"list": ast.ListComp, "set": ast.SetComp, "dict": ast.DictComp, "generator": ast.GeneratorExp}
HEADERS = {
    facts.If: ast.If,
    facts.For: (ast.For, ast.AsyncFor),
    facts.While: ast.While,
    facts.With: (ast.With, ast.AsyncWith),
}


def by_python(source: str) -> Counter[tuple[object, int, int]]:
    """(kind, start offset, end offset) of the nodes that both trees have, outside of f-strings."""
    starts = line_starts(source)
    lines = [source[start:end] for start, end in zip(starts, [*starts[1:], len(source)], strict=True)]

    def offset(row: int, column: int) -> int:
        return starts[row - 1] + len(lines[row - 1].encode()[:column].decode())

    found: Counter[tuple[object, int, int]] = Counter()
    kinds = {*SAME.values(), *DISPLAYS.values(), *COMPREHENSIONS.values(), ast.keyword} - {ast.GeneratorExp}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        node = pending.pop()
        if type(node) in kinds:
            start = offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
            end = offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
            found[type(node), start, end] += 1
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found["definition", 0, 0] += 1
        for kind, twin in HEADERS.items():
            if isinstance(node, twin):
                found[kind, offset(node.lineno, node.col_offset), 0] += 1
        if not isinstance(node, ast.JoinedStr):
            pending.extend(ast.iter_child_nodes(node))
    return found


def by_actlint(source: str) -> Counter[tuple[object, int, int]]:
    located = open_chunk(chunk(source))
    found: Counter[tuple[object, int, int]] = Counter()
    for node in nodes(located.facts.body, into_strings=False):
        ordinal = getattr(node, "ordinal", None)
        if ordinal is None:
            continue
        start, end = range_of(located, ordinal)
        match node:
            case facts.Collection(kind=kind):
                found[DISPLAYS[kind], start, end] += 1
            case facts.Comprehension(kind="generator"):
                pass  # the argument's parentheses are the call's here and the generator's there
            case facts.Comprehension(kind=kind):
                found[COMPREHENSIONS[kind], start, end] += 1
            case facts.Argument(star="*"):
                found[ast.Starred, start, end] += 1
            case facts.Argument(keyword=keyword, star=star):
                if keyword is not None or star:
                    found[ast.keyword, start, end] += 1
            case facts.FunctionDef(name=name) | facts.ClassDef(name=name):
                assert source[start:end] == name
                found["definition", 0, 0] += 1
            case facts.If() | facts.For() | facts.While() | facts.With():
                assert source[end - 1] == ":"
                found[type(node), start, 0] += 1
            case _ if type(node) in SAME:
                found[SAME[type(node)], start, end] += 1
            case _:
                pass
    return found


def check_against_python(source: str) -> None:
    ours, theirs = by_actlint(source), by_python(source)
    missing, extra = theirs - ours, ours - theirs
    assert not missing, [(kind, source[start:end]) for kind, start, end in list(missing)[:5]]
    assert not extra, [(kind, source[start:end]) for kind, start, end in list(extra)[:5]]


def real_files() -> list[Path]:
    """A seeded sample of the standard library and of whichever model libraries are installed."""
    library = Path(sysconfig.get_paths()["stdlib"])
    files = sorted(library.glob("*.py")) + sorted(library.glob("[a-z]*/*.py"))
    chosen = [path for path in files if "site-packages" not in path.parts and "lib2to3" not in path.parts]
    sample = random.Random(4).sample(chosen, 25)
    for package, folder in (("torch", "nn/modules"), ("timm", "models")):
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            models = sorted(Path(spec.origin).parent.joinpath(folder).glob("*.py"))
            sample += random.Random(4).sample(models, min(12, len(models)))
    return sample


def read(path: Path) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            text = path.read_bytes().decode("utf-8")
            ast.parse(text)
        except (SyntaxError, ValueError):
            pytest.skip("not for this interpreter, or not UTF-8")
    return text


@pytest.mark.parametrize("path", real_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_agrees_with_python_on_real_files(path: Path) -> None:
    check_against_python(read(path))


ODD = [
    "x = (a +\n     b) * c\n",
    "äöü = 'ß' + größe.länge  # é\nπ = f(äöü, ключ='значение')\n",
    "x = '''eins\nzwei ß''' + y; z = 𝕏 = 2\n",
    "if x:\n\ty = [1,\n\t\t2]\n\tif z:\n\t\tw(y)[0]\n",
    "x = a \\\n    + b \\\n    .c\n",
    "def f():\n    x = 1\n\x0c\n    y = (2, 3)\n    return x, y\n",
    "for i, (j, k) in ((1, (2, 3)),):\n    print(i, *j, **k)\n",
    "a[1:2, ::3, ...], b[c:], d[:], e[f,], g[h, i] = j\n",
    "@(yield)\n@d(1)\nclass C(B, metaclass=M):\n    x: int = (1)\n    y: 'a'\n",
    "async def f(a, /, b: int = 1, *c, d=2, **e) -> int:\n    async with a as (b, c), d: await (await e)\n",
    "x = not a, -b, ~c, lambda: (d), (lambda *e, f=g: h), i if j else k, (l := m)\n",
    "x = {1, *a}, {**b, 1: 2}, [c for c in d if e], {f: g for f in h}, {i for i in j}, (k for k in l)\n",
    "from a.b import (\n    c as d,  # why\n    e,\n)\nfrom . import f\nimport g.h, i as j\n",
    "raise a from b; assert c, (d); del e, (f, g); return_ = 1\n",
    "x = ('a'\n     'b'), 'c' 'd'\n",
]


@pytest.mark.parametrize("source", ODD)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_agrees_with_python_on_odd_text(source: str, end: str) -> None:
    check_against_python(source.replace("\n", end))


@pytest.mark.parametrize(
    "source", ["\x0cx = f(a)\n", "if x:\n  a(1)\n  \x0c  b(2)\n", "x = 1\r\ny = f(2)\r", "x = f(y)"]
)
def test_text_that_libcst_does_not_spell_back(source: str) -> None:
    check_against_python(source)


def test_a_form_feed_makes_a_chunk_inexact() -> None:
    assert not open_chunk(chunk("\x0cx = 1\n")).exact
    assert open_chunk(chunk("x = 1\x0c\n")).exact


# ------------------------------------------------------------------------------------------------------- conventions


def test_own_parentheses_are_left_out_except_for_tuples_and_generators() -> None:
    assert texts("x = ((a + b))\n", facts.BinOp) == ["a + b"]
    assert texts("x = ( (1, 2) )\n", facts.Collection) == ["(1, 2)"]
    assert texts("x = 1, 2\n", facts.Collection) == ["1, 2"]
    assert texts("f((x for x in y))\n", facts.Comprehension) == ["(x for x in y)"]
    assert texts("f(x for x in y)\n", facts.Comprehension) == ["x for x in y"]


def test_headers_end_with_their_colon() -> None:
    source = "if a :  # why\n    pass\nelif (b\n      and c):\n    pass\nelse:\n    while d: pass\n"
    assert texts(source, facts.If) == ["if a :", "elif (b\n      and c):"]
    assert texts(source, facts.While) == ["while d:"]
    source = "try:\n    pass\nexcept (A, B) as e :\n    pass\n"
    assert texts(source, facts.Try) == ["try:"]
    assert texts(source, facts.Handler) == ["except (A, B) as e :"]
    source = "match x:  # why\n    case [1, *_] if y:\n        pass\n"
    assert texts(source, facts.Match) == ["match x:"]
    assert texts(source, facts.Case) == ["case [1, *_] if y:"]
    assert texts("async def f():\n    async with a as b:\n        pass\n", facts.With) == ["async with a as b:"]


def test_definitions_are_their_names() -> None:
    source = "@decorator\n# why\nasync def name(x):\n    class Inner: pass\n"
    assert texts(source, facts.FunctionDef) == ["name"]
    assert texts(source, facts.ClassDef) == ["Inner"]


def test_simple_statements_end_before_semicolon_and_comment() -> None:
    assert texts("x = 1 ; y = (2)  # why\n", facts.Assign) == ["x = 1", "y = (2)"]
    assert texts("type X = int ; pass\n", facts.TypeAliasStmt) == ["type X = int"]
    assert texts("( a )\n", facts.ExprStmt) == ["( a )"]


def test_arguments_have_their_keyword_or_star_and_no_comma() -> None:
    source = "f( a , key = (b) , *c , ** d )\n"
    assert texts(source, facts.Argument) == ["a", "key = (b)", "*c", "** d"]
    assert texts("def f(a: int = 1, *b, c=2): pass\n", facts.Parameter) == ["a", "*b", "c"]


def test_a_slice_leaves_white_space_and_comments_out() -> None:
    assert texts("x[ a :  ]\n", facts.Slice) == ["a :"]
    assert texts("x[a:  # why\n]\n", facts.Slice) == ["a:"]
    assert texts("x[a,]\n", facts.Collection) == ["a,"]


def test_rows_and_columns_count_in_the_file() -> None:
    located = open_chunk(chunk("if a:\r\n\tö = 'ß', f(b)\r\n", first_line=41))
    call = next(node for node in nodes(located.facts.body) if isinstance(node, facts.Call))
    span = span_of(located, call.ordinal)
    assert (span.start.row, span.start.column, span.end.row, span.end.column) == (42, 11, 42, 15)
    assert locate(located.chunk, [call.ordinal]) == {call.ordinal: span}


def test_deep_nesting_is_located() -> None:
    source = "x = " + "f(" * 200 + "a" + ")" * 200 + " + " + " + ".join("b" * 500) + "\n"
    located = open_chunk(chunk(source))
    names = nodes_of_names(located)
    assert [spelled(located, node.ordinal) for node in names] == [node.id for node in names]
    assert len(names) == 1 + 201 + 500


def nodes_of_names(located: Located) -> list[facts.Name]:
    """The names of a deep tree, without recursion."""
    found: list[facts.Name] = []
    pending: list[object] = [located.facts.body]
    while pending:
        value = pending.pop()
        if isinstance(value, tuple):
            pending.extend(value)
        elif dataclasses.is_dataclass(value):
            pending.extend(getattr(value, field.name) for field in dataclasses.fields(value))
            if isinstance(value, facts.Name):
                found.append(value)
    return found


def test_what_cannot_be_parsed_again_gets_its_first_line() -> None:
    found = locate(chunk("x = (\n", first_line=7), [0, 3])
    assert {(span.start.row, span.start.column, span.end.column) for span in found.values()} == {(7, 1, 6)}
    assert set(found) == {0, 3}
