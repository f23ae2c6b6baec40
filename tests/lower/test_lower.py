"""Facts say what the text says: construct by construct, and against Python's own parser on the standard library."""

from __future__ import annotations

import ast
import dataclasses
import pickle
import sys
import sysconfig
from pathlib import Path
from typing import Any

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actlint import facts
from actlint.facts import (
    Alias,
    Argument,
    Attribute,
    Call,
    Collection,
    Compare,
    Constant,
    FString,
    Name,
    Opaque,
    Slice,
    Starred,
    StatementFacts,
    Subscript,
)
from actlint.lower.cut import read_facts
from actlint.lower.literals import identifier
from actlint.lower.lower import REFUSED, lower
from tests.lower.oracle import count_facts, count_tree, parsed, walk


def statement(text: str) -> Any:
    (only,) = lower(text + "\n").body
    return only


def expression(text: str) -> Any:
    return statement(f"x = {text}").value


def bare(node: Any) -> Any:
    """A fact with all ordinals 0, to be compared by shape."""
    if isinstance(node, tuple):
        return tuple(bare(item) for item in node)
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        return node
    values = {field.name: bare(getattr(node, field.name)) for field in dataclasses.fields(node)}
    return type(node)(**{name: 0 if name == "ordinal" else value for name, value in values.items()})


def name(identifier: str) -> Name:
    return Name(0, identifier)


# ---------------------------------------------------------------------------------------------------------- one by one


@pytest.mark.parametrize(
    "token",
    [
        "None", "True", "...", "0", "7", "1_000", "0xFF", "0b1", "1.5", "1e-3", ".5", "2j",
        "''", "'a'", '"b"', '"é"', "u'u'", r"'\''", r"'\d'", r"'\n\t\x41\u00e9\N{BULLET}'", "'\\\nx'",
        "'''c\n'd'''", "''''a'''", "''''''", "'''\\\n'''", '""""quoted" text"""',
        r"r'\d'", r"R'''\d'''", r"b'\x00\xff'", r"rb'\x00'", r"Br'\d'",
        "'a' 'b' \"c\"", r"'a' r'\d' u'c'", "b'a' b'b'",
    ],
)  # fmt: skip
def test_literals_have_the_value_that_python_gives_them(token: str) -> None:
    (assign,) = parsed(f"x = ({token})").body
    assert isinstance(assign, ast.Assign)
    value = expression(f"({token})")
    assert isinstance(value, Constant)
    expected = ast.literal_eval(assign.value)
    assert value.value == expected
    assert type(value.value) is type(expected)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_in_strings_are_those_of_python(end: str) -> None:
    assert expression(f"'''a{end}b'''").value == "a\nb"
    assert expression(f"r'''a{end}b'''").value == "a\nb"
    assert expression(f"f'''a{end}{{b}}'''").parts[0] == "a\n"


def test_a_literal_that_python_refuses_is_opaque() -> None:
    assert isinstance(expression(r"'\N{no such character}'"), Opaque)
    assert isinstance(expression(r"'\x1'"), Opaque)
    assert isinstance(expression(r"'a' '\x1'"), Opaque)
    if sys.version_info >= (3, 11):
        assert isinstance(expression("1" * 5000), Opaque)


def test_f_strings() -> None:
    assert bare(expression('f"layer{i}.weight"')) == FString(0, ("layer", name("i"), ".weight"), True)
    assert bare(expression("""'a{b}' f"{{c}}{d}" rf'\\d' 'e'""")) == FString(0, ("a{b}{c}", name("d"), r"\de"), True)
    assert bare(expression('f"{a!r}"')) == FString(0, (name("a"),), False)
    assert bare(expression('f"{a=}"')) == FString(0, (name("a"),), False)
    assert bare(expression('f"{a:>{width}.{precision}}b"')) == FString(
        0, (name("a"), name("width"), name("precision"), "b"), False
    )
    assert bare(expression(r'f"\N{BULLET}\t{{{a}}}"')) == FString(0, ("\u2022\t{", name("a"), "}"), True)
    assert bare(expression('f"""\\\n"{a}" \\""{b}"\\x41"""')) == FString(
        0, ('"', name("a"), '" ""', name("b"), '"A'), True
    )
    assert bare(expression(r'f"\{a}\d"')) == FString(0, ("\\", name("a"), r"\d"), True)
    assert expression('f""') == FString(2, (), True)


def test_template_strings_are_opaque_and_what_they_read_is_kept() -> None:
    assert bare(expression("t'a{b}{c:{d}}'")) == Opaque(0, (name("b"), name("c"), name("d")))


def test_calls_and_their_arguments() -> None:
    call = bare(expression("nn.Conv2d(3, *a, bias=False, **kw)"))
    assert call == Call(
        0,
        Attribute(0, name("nn"), "Conv2d"),
        (
            Argument(0, Constant(0, 3), None, ""),
            Argument(0, name("a"), None, "*"),
            Argument(0, Constant(0, False), "bias", ""),
            Argument(0, name("kw"), None, "**"),
        ),
    )


def test_subscripts() -> None:
    assert bare(expression("a[0]").index) == Constant(0, 0)
    assert bare(expression("a[1:, ::2]").index) == Collection(
        0,
        "tuple",
        (Slice(0, Constant(0, 1), None, None), Slice(0, None, None, Constant(0, 2))),
        False,
    )
    assert bare(expression("a[b,]").index) == Collection(0, "tuple", (name("b"),), False)
    assert bare(expression("a[(b,)]").index) == Collection(0, "tuple", (name("b"),), True)
    assert bare(expression("a[*b]").index) == Collection(0, "tuple", (Starred(0, name("b")),), False)
    assert isinstance(expression("a[b][c]").value, Subscript)


def test_a_tuple_by_accident_has_no_parentheses() -> None:
    assert bare(expression("nn.ReLU(),")) == Collection(
        0, "tuple", (Call(0, Attribute(0, name("nn"), "ReLU"), ()),), False
    )
    assert expression("(a,)").parenthesized
    assert expression("()").parenthesized
    assert not expression("a, b").parenthesized


def test_comparisons_are_one_node_with_two_word_operators() -> None:
    assert bare(expression("a < b is not c not  in d")) == Compare(
        0, name("a"), (("<", name("b")), ("is not", name("c")), ("not in", name("d")))
    )


def test_elif_is_an_if_alone_in_orelse() -> None:
    outer = statement("if a:\n  1\nelif b:\n  2\nelse:\n  3")
    (inner,) = outer.orelse
    assert isinstance(inner, facts.If)
    assert (bare(outer.test), bare(inner.test)) == (name("a"), name("b"))
    assert isinstance(inner.orelse[0], facts.ExprStmt)
    assert [node.ordinal for node in (outer, inner, inner.orelse[0])] == [0, 4, 8]


def test_imports() -> None:
    assert bare(statement("import a.b, c.d as e")).aliases == (Alias(0, "a.b", None), Alias(0, "c.d", "e"))
    relative = bare(statement("from ...a.b import (c as d, e,)"))
    assert (relative.level, relative.module) == (3, "a.b")
    assert relative.aliases == (Alias(0, "c", "d"), Alias(0, "e", None))
    star = bare(statement("from . import *"))
    assert (star.level, star.module, star.aliases) == (1, "", (Alias(0, "*", None),))


def test_delete_and_scopes() -> None:
    assert len(statement("del a, b").targets) == 2
    assert isinstance(statement("del (a, b)").targets[0], Collection)
    assert bare(statement("def f():\n  global a, b").body[0]) == facts.ScopeDecl(0, "global", ("a", "b"))


def test_parameters_in_order_of_the_source() -> None:
    params = statement("def f(a, /, b: int = 1, *c, d=2, **e): ...").params.items
    kinds = [(param.name, param.kind) for param in params]
    assert kinds == [("a", "positional"), ("b", "either"), ("c", "vararg"), ("d", "keyword"), ("e", "kwarg")]
    assert [param.name for param in expression("lambda x, *, y: 0").params.items] == ["x", "y"]


def test_match() -> None:
    text = """match a:
    case [1, b, *c] | {"k": b, **c}: pass
    case K(d, e=f.g) as h if h: pass
    case None | -1: pass
    case i if i: pass
    case (j): pass
    case _: pass
"""
    cases = lower(text).body[0].cases  # type: ignore[union-attr]
    assert [case.captures for case in cases] == [("b", "c", "b", "c"), ("d", "h"), (), ("i",), ("j",), ()]
    assert [case.irrefutable for case in cases] == [False, False, False, False, True, True]
    assert [len(case.values) for case in cases] == [2, 2, 2, 0, 0, 0]


def test_newer_syntax_than_this_interpreter() -> None:
    assert isinstance(statement("type A[T] = list[T]"), facts.TypeAliasStmt)
    assert statement("def f[T: int = str](x: T): ...").name == "f"
    assert statement("class A[*Ts, **P](B): ...").bases[0].value.id == "B"
    handlers = statement("try: 1\nexcept* (A, B) as e: 2\nexcept* C: 3").handlers
    assert [handler.name for handler in handlers] == ["e", None]
    assert expression("{**a for a in b}").key is None
    assert isinstance(expression("[*a for a in b]").element, Starred)


def test_names_are_the_names_that_python_sees() -> None:
    text = "import a as ﬁ\ndef ªb(ﬂ): return ﬁ.ﬀ(ﬄ=1)\nclass Åc: global ﬃ\n"
    assert count_facts(tuple(chunk.facts for chunk in read_facts("m.py", text, keep="all").chunks)) == count_tree(
        parsed(text)
    )


def test_statements_that_share_a_line() -> None:
    both = lower("import a; b = a.c  # comment\n")
    assert [type(entry).__name__ for entry in both.body] == ["Import", "Assign"]


# ------------------------------------------------------------------------------------------------------------ ordinals


def ordinals_are_sound(text: str, found: StatementFacts) -> None:
    trace: list[cst.CSTNode] = []
    assert lower(text, trace) == found
    ordinals = [node.ordinal for node in walk(found) if hasattr(node, "ordinal")]
    # Dense, each given once: every node of the trace is the node of one fact.
    assert sorted(ordinals) == list(range(found.size)) == list(range(len(trace)))
    for node in walk(found):
        match node:
            case facts.FunctionDef(name=text) | facts.ClassDef(name=text):
                assert identifier(trace[node.ordinal].name.value) == text  # type: ignore[attr-defined]
            case facts.Name(id=text):
                assert identifier(trace[node.ordinal].value) == text  # type: ignore[attr-defined]
            case facts.Attribute(attr=text):
                assert identifier(trace[node.ordinal].attr.value) == text  # type: ignore[attr-defined]
            case facts.Argument():
                assert isinstance(trace[node.ordinal], cst.Arg)
            case facts.Parameter():
                assert isinstance(trace[node.ordinal], cst.Param)


EVERYTHING = '''
@decorated(1)
class A(B, metaclass=C, **kw):
    """Doc."""
    x: int = 1; y: str
    async def f(self, a, *b, c=lambda d, /, *e: d, **g) -> None:
        global h; nonlocal_ = await a; del a[0], b.c
        async for i, (j, *k) in l: break
        else: continue
        async with m as n, o: yield
        return [p async for p in q if p if q for r in p], {**s, t: u}, {v, *w}, {x: y for x in z}, (yield from a)
    def g(self):
        while not (a := b) or c and d: pass
        try: raise E(f"{a:{b}}" "c") from None
        except (F, G) as e: assert a, b
        except: a @= -b ** ~c
        else: a = b = c if d else e
        finally: print(*a, end="", sep=b"")
        from .a import (b as c)
        import d.e as f
        with (open(a) as b): x[1:2, ..., ::3] = {i for i in j}
        match a:
            case {"k": [1, *_], **r}: pass
'''


def test_ordinals_of_every_construct() -> None:
    found = lower(EVERYTHING)
    ordinals_are_sound(EVERYTHING, found)
    assert count_facts(found) == count_tree(parsed(EVERYTHING))
    assert pickle.loads(pickle.dumps(found)) == found
    assert hash(found) == hash(lower(EVERYTHING))


def test_ordinals_go_from_the_outside_in() -> None:
    (assign,) = lower("a.b = f(c, d=1)\n").body
    assert isinstance(assign, facts.Assign)
    assert [node.ordinal for node in walk(assign) if hasattr(node, "ordinal")] == list(range(9))


# ------------------------------------------------------------------------------------------------------------- oracles

STDLIB = Path(sysconfig.get_path("stdlib"))
TESTS = sorted(STDLIB.glob("test/**/*.py")) or sorted(STDLIB.glob("**/*.py"))


def agrees_with_python(path: Path) -> None:
    text = path.read_bytes().decode("utf-8", "replace").removeprefix("\ufeff")
    found = read_facts(str(path), text, keep="all")
    if any(problem.kind == "syntax" for problem in found.problems):
        with pytest.raises((SyntaxError, ValueError)):
            parsed(text)
        assert not found.chunks
        return
    nested = {problem.row for problem in found.problems}
    for chunk in found.chunks:
        if chunk.facts is None:
            if chunk.first_line not in nested:
                with pytest.raises(REFUSED):
                    lower(chunk.text)
            continue
        ordinals_are_sound(chunk.text, chunk.facts)
        try:
            tree = parsed(chunk.text)
        except SyntaxError:
            continue  # newer than this interpreter
        assert count_facts(chunk.facts) == count_tree(tree), f"{path}:{chunk.first_line}"


SAMPLE = TESTS[:: max(1, len(TESTS) // 40)][:40]


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.stem)
def test_a_sample_of_the_standard_library_says_what_python_says(path: Path) -> None:
    agrees_with_python(path)


@pytest.mark.slow
def test_the_tests_of_the_standard_library_say_what_python_says() -> None:
    for path in TESTS:
        agrees_with_python(path)


EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b.c", "1", "-1.5", "'s'", "f'{a}-'", "None", "...", "x[0]", "f()", "[]", "{}", "()"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} + {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} not in {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"f({pair[0]}, k={pair[1]}, *{pair[0]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]})[{pair[1]}:, {pair[0]}]"),
        st.tuples(inner, inner).map(lambda pair: f"{{{pair[0]}: {pair[1]}, **{pair[1]}}}"),
        st.tuples(inner, inner).map(lambda pair: f"[{pair[0]} for i in {pair[1]} if {pair[0]}]"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} if {pair[1]} else {pair[0]})"),
        st.tuples(inner, inner).map(lambda pair: f"(lambda p, q={pair[0]}: {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"(not {pair[0]} and {pair[1]} or {pair[0]})"),
        inner.map(lambda one: f"({one},)"),
        inner.map(lambda one: f"(w := {one})"),
        inner.map(lambda one: f"({one}).attr"),
    ),
    max_leaves=12,
)


@given(st.lists(EXPRESSIONS, min_size=1, max_size=3))
def test_generated_expressions_say_what_python_says(values: list[str]) -> None:
    text = "def f():\n" + "".join(f"    if {value}: return {value}\n" for value in values)
    found = lower(text)
    assert count_facts(found) == count_tree(parsed(text))
    ordinals_are_sound(text, found)
