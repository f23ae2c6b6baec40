"""Intents as text edits, by before and after."""

from __future__ import annotations

import textwrap

import pytest

from actlint.facts import (
    Alias,
    Argument,
    Assign,
    Attribute,
    BinOp,
    Call,
    ClassDef,
    Constant,
    ExprStmt,
    For,
    FunctionDef,
    If,
    Name,
    Parameter,
    Site,
    Slice,
    Starred,
)
from actlint.intents import (
    DeleteStatement,
    InsertElement,
    InsertStatement,
    Reference,
    RemoveArgument,
    RenameKeyword,
    Repair,
    Replace,
    SetArgument,
)
from actlint.lower.edits import open_document, realise
from tests.lower.editing import Find, document, repaired

TANH = Reference("torch.tanh")


def dedent(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


# ------------------------------------------------------------------------------------------------------------- Replace


def test_a_callee_is_replaced_and_nothing_else() -> None:
    before = "y = [F . tanh (x), # why\n  2]\n"
    after = repaired(before, lambda find: Replace(find(Attribute, "F . tanh"), (TANH,)))
    assert after == "y = [torch.tanh (x), # why\n  2]\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from m import a, b as c, d\n", "from m import a, d\n"),
        ("from m import b as c, d\n", "from m import d\n"),
        ("from m import (\n    a,\n    b as c,\n)\n", "from m import (\n    a,\n)\n"),
        ("from m import (\n    a,  # why\n    b as c,\n)\n", "from m import (\n    a,  # why\n)\n"),
        ("from m import (\n    a,\n    b as c,  # why\n)\n", "from m import (\n    a,  # why\n)\n"),
        ("from m import b as c\n", None),
    ],
)
def test_an_imported_name_that_becomes_nothing_leaves_the_statement(before: str, after: str | None) -> None:
    assert repaired(before, lambda find: Replace(find(Alias, "b as c"), ())) == after


def test_a_copied_part_keeps_its_text_and_comments() -> None:
    before = "y = F.relu(\n    a  # the input\n    +   b,\n)\n"
    after = repaired(
        before, lambda find: Replace(find(Call, before[4:-1]), (find(BinOp, "a  # the input\n    +   b"), ".relu()"))
    )
    assert after == "y = (a  # the input\n    +   b).relu()\n"


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("a", "y = a.relu()\n"),
        ("a.b[0](c)", "y = a.b[0](c).relu()\n"),
        ("a + b", "y = (a + b).relu()\n"),
        ("-a", "y = (-a).relu()\n"),
        ("not a", "y = (not a).relu()\n"),
        ("await a", "y = (await a).relu()\n"),
        ("1", "y = (1).relu()\n"),
        ("1.", "y = 1..relu()\n"),
        ("'a' 'b'", "y = 'a' 'b'.relu()\n"),
        ("a if b else c", "y = (a if b else c).relu()\n"),
        ("lambda: a", "y = (lambda: a).relu()\n"),
        ("(a := b)", "y = (a := b).relu()\n"),
        ("(a + b)", "y = (a + b).relu()\n"),
        ("(a, b)", "y = (a, b).relu()\n"),
        ("(yield)", "y = (yield).relu()\n"),
        ("[a for a in b]", "y = [a for a in b].relu()\n"),
        ("a for a in b", "y = (a for a in b).relu()\n"),
        ("a ==\n  b", "y = (a ==\n  b).relu()\n"),
        ("a\n  .b", "y = (a\n  .b).relu()\n"),
    ],
)
def test_a_part_before_a_dot_gets_the_parentheses_that_it_needs(part: str, expected: str) -> None:
    def intent(find):  # type: ignore[no-untyped-def]
        call = find(Call, f"f({part})")
        return Replace(call, (Site(call.path, call.chunk, call.ordinal + 3), ".relu()"))

    assert repaired(f"y = f({part})\n", intent) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("y = f(x)\n", "y = a if b else c\n"),
        ("y = f(x) + 1\n", "y = (a if b else c) + 1\n"),
        ("y = -f(x)\n", "y = -(a if b else c)\n"),
        ("y = f(x).b\n", "y = (a if b else c).b\n"),
        ("y = g(f(x), k=f(x))\n", "y = g(a if b else c, k=f(x))\n"),
        ("y = (f(x))\n", "y = (a if b else c)\n"),
        ("y = f(x), 1\n", "y = a if b else c, 1\n"),
        ("y = [z for z in f(x)]\n", "y = [z for z in (a if b else c)]\n"),
        ("y = [*f(x)]\n", "y = [*(a if b else c)]\n"),
        ("y = 1 if f(x) else 2\n", "y = 1 if (a if b else c) else 2\n"),
        ("y = z[f(x):]\n", "y = z[a if b else c:]\n"),
        ("@f(x)\ndef g(): pass\n", "@a if b else c\ndef g(): pass\n"),
        ("for y in f(x): pass\n", "for y in a if b else c: pass\n"),
        ("if g:\n    pass\nelif f(x):\n    pass\n", "if g:\n    pass\nelif a if b else c:\n    pass\n"),
        ("while f(x): pass\n", "while a if b else c: pass\n"),
        ("with f(x) as y: pass\n", "with a if b else c as y: pass\n"),
        ("try: pass\nexcept f(x): pass\n", "try: pass\nexcept a if b else c: pass\n"),
        ("try: pass\nexcept* f(x): pass\n", "try: pass\nexcept* a if b else c: pass\n"),
        ("match f(x):\n  case y: pass\n", "match a if b else c:\n  case y: pass\n"),
        ("match y:\n  case y if f(x): pass\n", "match y:\n  case y if a if b else c: pass\n"),
        ("async def g(y=f(x)): pass\n", "async def g(y=a if b else c): pass\n"),
        ("class G(f(x)): pass\n", "class G(a if b else c): pass\n"),
        (
            "class G:\n\t@d # why\n\t@f(x)\n\tdef g(self): pass\n",
            "class G:\n\t@d # why\n\t@a if b else c\n\tdef g(self): pass\n",
        ),
        ("if 1:\n  if 2:\n    async with f(x): pass\n", "if 1:\n  if 2:\n    async with a if b else c: pass\n"),
        ("return(f(x)+1)\n", "return((a if b else c)+1)\n"),
        ("assert f(x), f(y)\n", "assert a if b else c, f(y)\n"),
    ],
)
def test_a_result_gets_the_parentheses_that_its_place_asks_for(before: str, expected: str) -> None:
    assert repaired(before, lambda find: Replace(find(Call, "f(x)"), ("a if b else c",))) == expected


def test_a_keyword_before_the_result_keeps_its_distance() -> None:
    assert repaired("return'a'\n", lambda find: Replace(find(Constant, "'a'"), ("b",))) == "return(b)\n"


def test_several_lines_outside_of_brackets_get_parentheses() -> None:
    before = "if f(a or\n     b): pass\n"
    after = repaired(before, lambda find: Replace(find(Call, "f(a or\n     b)"), ("not ", Site("m.py", 0, 4))))
    assert after == "if not (a or\n     b): pass\n"
    before = "x = y\n"
    assert repaired(before, lambda find: Replace(find(Name, "y"), ("a\n+ b",))) == "x = (a\n+ b)\n"


def test_a_lost_comment_makes_a_replacement_impossible() -> None:
    before = "y = f(a,  # first\n      b)\n"
    call = before[4:-1]
    assert repaired(before, lambda find: Replace(find(Call, call), (find(Name, "a"),))) is None
    assert repaired(before, lambda find: Replace(find(Name, "f"), ("g",))) == before.replace("f(", "g(")
    before = "y = f((  # why\n  a), b)\n"
    assert (
        repaired(before, lambda find: Replace(find(Call, before[4:-1]), (find(Name, "a"),))) == "y = (  # why\n  a)\n"
    )


def test_a_comment_that_stays_is_not_copied() -> None:
    before = "y = (\n    a  # why\n)\n"
    after = repaired(before, lambda find: Replace(find(Name, "a"), (find(Name, "a"), ".b")))
    assert after == "y = (\n    a.b  # why\n)\n"


def test_a_replacement_that_is_no_expression_is_refused() -> None:
    assert repaired("y = f(x)\n", lambda find: Replace(find(Call, "f(x)"), ("pass",))) is None
    assert repaired("y = f(x)\n", lambda find: Replace(find(Call, "f(x)"), ("a) + (b",))) == "y = (a) + (b)\n"
    assert repaired("y = f(x) * 2\n", lambda find: Replace(find(Call, "f(x)"), ("a) + (b",))) is None
    assert repaired("y = f(x)\n", lambda find: Replace(find(Call, "f(x)"), ("(",))) is None


def test_a_target_becomes_another() -> None:
    assert repaired("x = f(x)\n", lambda find: Replace(find(Name, "x"), ("a.b",))) == "a.b = f(x)\n"
    assert repaired("x = f(x)\n", lambda find: Replace(find(Name, "x"), ("a + b",))) is None


def test_other_nodes_are_replaced_in_their_own_grammar() -> None:
    assert repaired("x[a:b]\n", lambda find: Replace(find(Slice, "a:b"), ("b:a",))) == "x[b:a]\n"
    assert repaired("x = [*a, b]\n", lambda find: Replace(find(Starred, "*a"), ("*c, d",))) == "x = [*c, d, b]\n"
    assert repaired("f(a=1, b=2)\n", lambda find: Replace(find(Argument, "a=1"), ("*c",))) == "f(*c, b=2)\n"
    assert repaired("f(a=1, *b)\n", lambda find: Replace(find(Argument, "a=1"), ("**c",))) is None
    assert (
        repaired("f(a, b=2)\n", lambda find: Replace(find(Argument, "b=2"), ("c=", find(Name, "a"), ", d=3")))
        == "f(a, c=a, d=3)\n"
    )
    assert (
        repaired(
            "f(*a, k=1)\n",
            lambda find: Replace(
                find(Call, "f(*a, k=1)"), ("g(", find(Argument, "k=1"), ", ", find(Argument, "*a"), ")")
            ),
        )
        == "g(k=1, *a)\n"
    )
    assert (
        repaired("from a import b, c\n", lambda find: Replace(find(Alias, "b"), ("d as b",)))
        == "from a import d as b, c\n"
    )
    assert (
        repaired("import a.b as c\n", lambda find: Replace(find(Alias, "a.b as c"), ("a.d as c",)))
        == "import a.d as c\n"
    )


def test_a_definition_is_renamed_and_nothing_but_a_name_will_do() -> None:
    before = "class A(B):\n    @d\n    def foward (self): pass\n"
    assert repaired(before, lambda find: Replace(find(FunctionDef, "foward"), ("forward",))) == before.replace(
        "foward", "forward"
    )
    assert repaired(before, lambda find: Replace(find(ClassDef, "A"), ("C",))) == before.replace("A(", "C(")
    assert repaired(before, lambda find: Replace(find(FunctionDef, "foward"), ("a.b",))) is None


def test_inside_an_f_string_quotes_and_self_display_are_refused() -> None:
    assert (
        repaired('f"{F.tanh(x)}"\n', lambda find: Replace(find(Attribute, "F.tanh"), (TANH,))) == 'f"{torch.tanh(x)}"\n'
    )
    assert repaired('f"{f(x)}"\n', lambda find: Replace(find(Call, "f(x)"), ('g("a")',))) is None
    assert repaired('f"{f(x)=}"\n', lambda find: Replace(find(Name, "f"), ("g",))) is None
    assert repaired('f"{a!r:>{f(x)}}" "b"\n', lambda find: Replace(find(Name, "f"), ("g",))) == 'f"{a!r:>{g(x)}}" "b"\n'
    assert repaired('f"{f(x)}"\n', lambda find: SetArgument(find(Call, "f(x)"), "k", ("'a'",))) is None


def test_two_intents_that_meet_are_refused() -> None:
    before = "y = f(g(x))\n"
    assert (
        repaired(before, lambda find: (Replace(find(Call, "g(x)"), ("a",)), Replace(find(Name, "g"), ("h",)))) is None
    )
    assert (
        repaired(before, lambda find: (Replace(find(Name, "f"), ("a",)), Replace(find(Name, "g"), ("h",))))
        == "y = a(h(x))\n"
    )
    assert repaired(before, lambda find: (Replace(find(Name, "f"), ("a",)), Replace(find(Name, "f"), ("a",)))) is None


def test_intents_in_several_statements_are_one_repair() -> None:
    before = "import a\n\ndef f(x):\n    y = a.b(x)\n    return y\n\nz = f(1)\n"
    after = repaired(
        before,
        lambda find: (
            Replace(find(Name, "f"), ("g",)),
            Replace(find(FunctionDef, "f"), ("g",)),
            DeleteStatement(find(Assign, "y = a.b(x)")),
            Replace(find(Name, "y", 1), (find(Call, "a.b(x)"),)),
        ),
    )
    assert after == "import a\n\ndef g(x):\n    return a.b(x)\n\nz = g(1)\n"


def test_a_repair_that_changes_nothing_is_none() -> None:
    assert repaired("x = y\n", lambda find: Replace(find(Name, "y"), ("y",))) is None
    assert repaired("x = y\n", lambda find: ()) is None


@pytest.mark.parametrize("site", [Site("other.py", 0, 0), Site("m.py", 0, 99)])
def test_sites_elsewhere_are_refused(site: Site) -> None:
    assert repaired("x = y\n", lambda find: Replace(site, ("z",))) is None
    assert repaired("x = y\n", lambda find: Replace(find(Name, "y"), (site,))) is None


def test_what_has_no_text_of_its_own_is_refused() -> None:
    before = "def f(a): pass\n"
    assert repaired(before, lambda find: Replace(find(Parameter, "a"), ("b",))) is None
    assert repaired(before + "x = y\n", lambda find: Replace(find(Name, "y"), (find(FunctionDef, "f"),))) is None
    assert repaired("if a: pass\n", lambda find: Replace(find(If, "if a:"), ("while a:",))) is None
    assert repaired("\x0cx = y\n", lambda find: Replace(find(Name, "y"), ("z",))) is None


# ---------------------------------------------------------------------------------------------------------- arguments


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("f()\n", "f(dim=1)\n"),
        ("f(  )\n", "f(dim=1  )\n"),
        ("f(x)\n", "f(x, dim=1)\n"),
        ("f(x,)\n", "f(x, dim=1,)\n"),
        ("f(x, )\n", "f(x, dim=1, )\n"),
        ("f(*x)\n", "f(*x, dim=1)\n"),
        ("f(**x)\n", "f(dim=1, **x)\n"),
        ("f(x, **y)\n", "f(x, dim=1, **y)\n"),
        ("f(x, k=2)\n", "f(x, k=2, dim=1)\n"),
        ("f(x, dim=0, k=2)\n", "f(x, dim=1, k=2)\n"),
        ("f(x, dim=(0))\n", "f(x, dim=1)\n"),
        ("f(x for x in y)\n", "f((x for x in y), dim=1)\n"),
        ("f((x for x in y))\n", "f((x for x in y), dim=1)\n"),
        ("f(x := 1)\n", "f(x := 1, dim=1)\n"),
        ("f(\n    x\n)\n", "f(\n    x,\n    dim=1\n)\n"),
        ("f(\n    x,\n)\n", "f(\n    x,\n    dim=1,\n)\n"),
        ("f(\n    x,  # in\n)\n", "f(\n    x,  # in\n    dim=1,\n)\n"),
        ("f(\n    x  # in\n)\n", "f(\n    x,  # in\n    dim=1\n)\n"),
        ("f(\n    x,\n    y)\n", "f(\n    x,\n    y,\n    dim=1)\n"),
        ("f(x,\n  y)\n", "f(x,\n  y,\n  dim=1)\n"),
        ("f(\n    x, y\n)\n", "f(\n    x, y, dim=1\n)\n"),
        ("f(\n    x, y,\n)\n", "f(\n    x, y, dim=1,\n)\n"),
        ("f(\n    x,\n    **y,\n)\n", "f(\n    x,\n    dim=1,\n    **y,\n)\n"),
        ("f(\n    x,  # in\n    # rest\n    **y,\n)\n", "f(\n    x,  # in\n    dim=1,\n    # rest\n    **y,\n)\n"),
        ("f(\n    **y,\n)\n", "f(\n    dim=1,\n    **y,\n)\n"),
        ("f(\n    # nothing\n)\n", "f(dim=1\n    # nothing\n)\n"),
        ("f(\r\n\tx,\r\n)\r\n", "f(\r\n\tx,\r\n\tdim=1,\r\n)\r\n"),
        ("f(x) \\\n  .y\n", "f(x, dim=1) \\\n  .y\n"),
    ],
)
def test_an_argument_is_set(before: str, expected: str) -> None:
    call = before.rstrip("\r\n") if not before.endswith(".y\n") else "f(x)"
    assert repaired(before, lambda find: SetArgument(find(Call, call), "dim", ("1",))) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a, b", "f(x, k=(a, b))\n"),
        ("a := b", "f(x, k=(a := b))\n"),
        ("a for a in b", "f(x, k=(a for a in b))\n"),
        ("lambda: a", "f(x, k=lambda: a)\n"),
        ("yield", "f(x, k=(yield))\n"),
        ("a  # why", None),
        ("*a", None),
        ("", None),
    ],
)
def test_the_value_of_an_argument_gets_parentheses(value: str, expected: str | None) -> None:
    assert repaired("f(x)\n", lambda find: SetArgument(find(Call, "f(x)"), "k", (value,))) == expected
    with_old = repaired("f(x, k=0)\n", lambda find: SetArgument(find(Call, "f(x, k=0)"), "k", (value,)))
    assert with_old == expected


def test_arguments_of_one_call_are_set_together() -> None:
    def both(find: Find) -> tuple[SetArgument, SetArgument]:
        call = find(Call, before[:-1])
        return SetArgument(call, "a", ("1",)), SetArgument(call, "b", ("2",))

    before = "f()\n"
    assert repaired(before, both) == "f(a=1, b=2)\n"
    before = "f(\n    x,\n)\n"
    assert repaired(before, both) == "f(\n    x,\n    a=1,\n    b=2,\n)\n"


def test_a_value_with_a_comment_is_not_overwritten() -> None:
    before = "f(dim=(0  # rows\n))\n"
    assert repaired(before, lambda find: SetArgument(find(Call, before[:-1]), "dim", ("1",))) is None


@pytest.mark.parametrize(
    ("before", "gone", "expected"),
    [
        ("f(a)\n", ["a"], "f()\n"),
        ("f( a, )\n", ["a"], "f()\n"),
        ("f(a, b)\n", ["a"], "f(b)\n"),
        ("f(a, b)\n", ["b"], "f(a)\n"),
        ("f(a, b,)\n", ["b"], "f(a,)\n"),
        ("f(a , b , c)\n", ["b"], "f(a , c)\n"),
        ("f(a, b, c)\n", ["a", "b"], "f(c)\n"),
        ("f(a, b, c)\n", ["b", "c"], "f(a)\n"),
        ("f(a, b, c)\n", ["a", "c"], "f(b)\n"),
        ("f(a, b, c)\n", ["a", "b", "c"], "f()\n"),
        ("f(\n    a,\n    b,\n)\n", ["a"], "f(\n    b,\n)\n"),
        ("f(\n    a,\n    b,\n)\n", ["b"], "f(\n    a,\n)\n"),
        ("f(\n    a,\n    b\n)\n", ["b"], "f(\n    a\n)\n"),
        ("f(\n    a,\n    b)\n", ["b"], "f(\n    a)\n"),
        ("f(a,\n  b,\n  c)\n", ["a"], "f(b,\n  c)\n"),
        ("f(a,\n  b,\n  c)\n", ["b"], "f(a,\n  c)\n"),
        ("f(\n    a,\n)\n", ["a"], "f()\n"),
        ("f(\n    a,  # in\n    b,\n)\n", ["b"], "f(\n    a,  # in\n)\n"),
        ("f(\n    a,  # in\n    b\n)\n", ["b"], "f(\n    a,  # in\n)\n"),
        ("f(\n    # first\n    a,\n    # second\n    b,\n)\n", ["a"], "f(\n    # first\n    # second\n    b,\n)\n"),
        ("f(\n    a,  # in\n    b,\n)\n", ["a"], None),
        ("f(a,  # in\n  b)\n", ["b"], None),
        ("f(  # nothing\n  a)\n", ["a"], "f(  # nothing\n  )\n"),
    ],
)
def test_arguments_are_removed(before: str, gone: list[str], expected: str | None) -> None:
    intents = lambda find: tuple(RemoveArgument(find(Argument, each)) for each in gone)  # noqa: E731
    assert repaired(before, intents) == expected


def test_bases_and_keywords_of_a_class_are_arguments() -> None:
    assert (
        repaired("class A(B, metaclass=M): pass\n", lambda find: RemoveArgument(find(Argument, "metaclass=M")))
        == "class A(B): pass\n"
    )
    assert (
        repaired("class A(object): pass\n", lambda find: RemoveArgument(find(Argument, "object")))
        == "class A(): pass\n"
    )


def test_an_argument_gives_way_to_another() -> None:
    swap = lambda find: (RemoveArgument(find(Argument, "b")), SetArgument(find(Call, "f(a, b)"), "k", ("1",)))  # noqa: E731
    assert repaired("f(a, b)\n", swap) == "f(a, k=1)\n"
    swap = lambda find: (RemoveArgument(find(Argument, "a")), SetArgument(find(Call, "f(a)"), "k", ("1",)))  # noqa: E731
    assert repaired("f(a)\n", swap) == "f(k=1)\n"


@pytest.mark.parametrize(
    ("before", "argument", "expected"),
    [
        ("f(input=a, k=1)\n", "input=a", "f(x=a, k=1)\n"),
        ("f(input = a)\n", "input = a", "f(x = a)\n"),
        ("f(a, k=1)\n", "a", "f(x=a, k=1)\n"),
        ("f((a))\n", "(a)", "f(x=(a))\n"),
        ("f(a for a in b)\n", "a for a in b", "f(x=(a for a in b))\n"),
        ("f(a := 1)\n", "a := 1", "f(x=(a := 1))\n"),
        ("f(a, b)\n", "a", None),
        ("f(*a)\n", "*a", None),
        ("f(a, x=1)\n", "a", None),
    ],
)
def test_a_keyword_is_renamed_or_given(before: str, argument: str, expected: str | None) -> None:
    assert repaired(before, lambda find: RenameKeyword(find(Argument, argument), "x")) == expected


@pytest.mark.parametrize(
    ("source", "before", "after"),
    [
        ("f(x)\n", "f(new, x)\n", "f(x, new)\n"),
        ("f(x,)\n", "f(new, x,)\n", "f(x, new,)\n"),
        ("f((x))\n", "f(new, (x))\n", "f((x), new)\n"),
        ("f(a, x, b)\n", "f(a, new, x, b)\n", "f(a, x, new, b)\n"),
        ("f(a , x , b)\n", "f(a , new, x , b)\n", "f(a , x , new, b)\n"),
        ("f(x, k=1)\n", "f(new, x, k=1)\n", "f(x, new, k=1)\n"),
        ("f(*x, **k)\n", "f(new, *x, **k)\n", "f(*x, new, **k)\n"),
        ("f(*a, x)\n", "f(*a, new, x)\n", "f(*a, x, new)\n"),
        ("f(k=x)\n", "f(new, k=x)\n", None),
        ("f(**x)\n", "f(new, **x)\n", None),
        ("f(k=1, *x)\n", None, None),
        ("f(k=1, y=x)\n", None, None),
        ("[x]\n", "[new, x]\n", "[x, new]\n"),
        ("[a, x, *b]\n", "[a, new, x, *b]\n", "[a, x, new, *b]\n"),
        ("{a, x}\n", "{a, new, x}\n", "{a, x, new}\n"),
        ("(x,)\n", "(new, x,)\n", "(x, new,)\n"),
        ("x,\n", "new, x,\n", "x, new,\n"),
        ("y = x, \\\n  a\n", "y = new, x, \\\n  a\n", "y = x, new, \\\n  a\n"),
        ("a, x = b\n", "a, new, x = b\n", "a, x, new = b\n"),
        ("f(\n    x\n)\n", "f(\n    new,\n    x\n)\n", "f(\n    x,\n    new\n)\n"),
        ("f(\n    x,\n)\n", "f(\n    new,\n    x,\n)\n", "f(\n    x,\n    new,\n)\n"),
        ("f(a,\n  x,\n  b)\n", "f(a,\n  new,\n  x,\n  b)\n", "f(a,\n  x,\n  new,\n  b)\n"),
        ("f(a,\n  x)\n", "f(a,\n  new,\n  x)\n", "f(a,\n  x,\n  new)\n"),
        ("f(a,\n  x,)\n", "f(a,\n  new,\n  x,)\n", "f(a,\n  x,\n  new,)\n"),
        ("f(x,\n  a)\n", "f(new,\n  x,\n  a)\n", "f(x,\n  new,\n  a)\n"),
        ("[\n  a, b,\n  x, c,\n]\n", "[\n  a, b,\n  new, x, c,\n]\n", "[\n  a, b,\n  x, new, c,\n]\n"),
        ("[a  # in\n , x\n , b]\n", "[a  # in\n , new, x\n , b]\n", "[a  # in\n , x\n , new, b]\n"),
        ("f(\r\n\tx,\r\n)\r\n", "f(\r\n\tnew,\r\n\tx,\r\n)\r\n", "f(\r\n\tx,\r\n\tnew,\r\n)\r\n"),
        ("f('''\n# no\n''',\n  x)\n", "f('''\n# no\n''',\n  new,\n  x)\n", "f('''\n# no\n''',\n  x,\n  new)\n"),
        ("y = {x: a}\n", None, None),
        ("y = a[x, b]\n", None, None),
        ("y = a + x\n", None, None),
        ("x(a)\n", None, None),
        ("class A(x): pass\n", None, None),
        ("f(x for a in b)\n", None, None),
        ("f'{[x]}'\n", "f'{[new, x]}'\n", "f'{[x, new]}'\n"),
        ("f'{[x]=}'\n", None, None),
    ],
)
def test_an_element_is_inserted(source: str, before: str | None, after: str | None) -> None:
    assert repaired(source, lambda find: InsertElement(find(Name, "x"), "before", ("new",))) == before
    assert repaired(source, lambda find: InsertElement(find(Name, "x"), "after", ("new",))) == after


def test_an_argument_is_inserted_beside_another() -> None:
    after = repaired("f(a, k=1)\n", lambda find: InsertElement(find(Argument, "k=1"), "before", ("b",)))
    assert after == "f(a, b, k=1)\n"
    after = repaired("f(a, *b)\n", lambda find: InsertElement(find(Argument, "*b"), "after", ("c",)))
    assert after == "f(a, *b, c)\n"
    assert repaired("[a, *b]\n", lambda find: InsertElement(find(Starred, "*b"), "before", ("c",))) == "[a, c, *b]\n"


@pytest.mark.parametrize(
    ("where", "expected"), [("before", "f(new, (a for a in b))\n"), ("after", "f((a for a in b), new)\n")]
)
def test_a_generator_beside_another_argument_gets_parentheses(where: str, expected: str) -> None:
    def intent(find: Find) -> InsertElement:
        return InsertElement(find(Argument, "a for a in b"), where, ("new",))  # type: ignore[arg-type]

    assert repaired("f(a for a in b)\n", intent) == expected


def test_comments_stay_with_the_element_that_they_stand_beside() -> None:
    source = dedent(
        """
        f(
            # about a
            a,  # in a
                # and on
            # about x
            #   at length
            x,  # in x
                # and on
            # about b
            b,  # in b
        )
        """
    )
    before = repaired(source, lambda find: InsertElement(find(Name, "x"), "before", ("new",)))
    assert before == source.replace("    # about x\n", "    new,\n    # about x\n")
    after = repaired(source, lambda find: InsertElement(find(Name, "x"), "after", ("new",)))
    assert after == source.replace("    # about b\n", "    new,\n    # about b\n")
    first = repaired(source, lambda find: InsertElement(find(Name, "a"), "before", ("new",)))
    assert first == source.replace("    # about a\n", "    new,\n    # about a\n")


def test_comments_of_an_element_without_comma_stay_with_it() -> None:
    source = "f(\n    a,  # in a\n\n    x  # in x\n      # and on\n    # all\n)\n"
    before = repaired(source, lambda find: InsertElement(find(Name, "x"), "before", ("new",)))
    assert before == source.replace("    x", "    new,\n    x")
    after = repaired(source, lambda find: InsertElement(find(Name, "x"), "after", ("new",)))
    assert after == source.replace("x  # in x", "x,  # in x").replace("    # all", "    new\n    # all")


@pytest.mark.parametrize(
    ("part", "call", "display"),
    [
        ("a, b", "f((a, b), x)\n", "[(a, b), x]\n"),
        ("a := b", "f(a := b, x)\n", "[a := b, x]\n"),
        ("a for a in b", "f((a for a in b), x)\n", "[(a for a in b), x]\n"),
        ("lambda: a", "f(lambda: a, x)\n", "[lambda: a, x]\n"),
        ("yield", "f((yield), x)\n", "[(yield), x]\n"),
        ("*a", "f(*a, x)\n", "[*a, x]\n"),
        ("a=b", None, None),
        ("**a", None, None),
        ("a  # why", None, None),
        ("a)", None, None),
        ("", None, None),
    ],
)
def test_one_element_is_inserted_whatever_it_is(part: str, call: str | None, display: str | None) -> None:
    assert repaired("f(x)\n", lambda find: InsertElement(find(Name, "x"), "before", (part,))) == call
    assert repaired("[x]\n", lambda find: InsertElement(find(Name, "x"), "before", (part,))) == display


def test_an_inserted_element_copies_and_imports() -> None:
    def relu(find: Find) -> InsertElement:
        return InsertElement(
            find(BinOp, "a + b"), "after", (Reference("torch.relu", ("torch", None)), "(", find(Name, "a"), ")")
        )

    assert repaired("y = [a + b]\n", relu) == "import torch\n\ny = [a + b, torch.relu(a)]\n"
    after = repaired("f(*a, b)\n", lambda find: InsertElement(find(Name, "b"), "after", (find(Argument, "*a"),)))
    assert after == "f(*a, b, *a)\n"


def test_elements_are_inserted_together_with_other_changes() -> None:
    def around(find: Find) -> tuple[InsertElement, InsertElement, Replace]:
        anchor = find(Name, "a")
        return InsertElement(anchor, "before", ("b",)), InsertElement(anchor, "after", ("c",)), Replace(anchor, ("d",))

    assert repaired("f(a)\n", around) == "f(b, d, c)\n"
    assert repaired("[\n  a,\n]\n", around) == "[\n  b,\n  d,\n  c,\n]\n"
    two = lambda find: tuple(InsertElement(find(Name, "a"), "after", (part,)) for part in ("b", "c"))  # noqa: E731
    assert repaired("f(a, d)\n", two) == "f(a, b, c, d)\n"
    assert repaired("f(\n  a\n)\n", two) == "f(\n  a,\n  b,\n  c\n)\n"


# --------------------------------------------------------------------------------------------------------- statements


@pytest.mark.parametrize(
    ("before", "where", "expected"),
    [
        ("a()\nb()\n", "before", "new\na()\nb()\n"),
        ("a()\nb()\n", "after", "a()\nnew\nb()\n"),
        ("if x:\n\ta()  # why\n\tb()\n", "after", "if x:\n\ta()  # why\n\tnew\n\tb()\n"),
        ("if x:\n    # about a\n    a()\n", "before", "if x:\n    # about a\n    new\n    a()\n"),
        ("a(); b()\n", "before", "new\na(); b()\n"),
        ("a(); b()\n", "after", "a(); new; b()\n"),
        ("b(); a()\n", "before", "b(); new; a()\n"),
        ("b(); a()\n", "after", "b(); a()\nnew\n"),
        ("b(); a();\n", "after", "b(); a();\nnew\n"),
        ("if x: a()\n", "before", "if x: new; a()\n"),
        ("if x: a()  # why\n", "after", "if x: a(); new  # why\n"),
        ("if x: a();\n", "after", "if x: a(); new\n"),
        ("if x: a(); b()\n", "after", "if x: a(); new; b()\n"),
        ("a()", "after", "a()\nnew"),
        ("a()", "before", "new\na()"),
        ("if x:\r\n  a()\r\n", "after", "if x:\r\n  a()\r\n  new\r\n"),
        ("x\r\ny\ra()\r", "before", "x\r\ny\rnew\ra()\r"),
        ("class A:\n    def f(self):\n        a()", "after", "class A:\n    def f(self):\n        a()\n        new"),
    ],
)
def test_a_statement_is_inserted(before: str, where: str, expected: str) -> None:
    after = repaired(before, lambda find: InsertStatement(find(ExprStmt, "a()"), where, ("new",)))  # type: ignore[arg-type]
    assert after == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("before", "if z:\n    new\n    for x in y:\n        a()\n        # still in\n    # out\n    b()\n"),
        ("after", "if z:\n    for x in y:\n        a()\n        # still in\n    new\n    # out\n    b()\n"),
    ],
)
def test_a_statement_is_inserted_beside_a_block(where: str, expected: str) -> None:
    before = "if z:\n    for x in y:\n        a()\n        # still in\n    # out\n    b()\n"
    assert repaired(before, lambda find: InsertStatement(find(For, "for x in y:"), where, ("new",))) == expected  # type: ignore[arg-type]


def test_a_statement_is_inserted_beside_definitions_and_chains() -> None:
    before = "@d\ndef f():\n    pass\n\n\nx = 1\n"
    assert (
        repaired(before, lambda find: InsertStatement(find(FunctionDef, "f"), "before", ("new",))) == "new\n" + before
    )
    after = repaired(before, lambda find: InsertStatement(find(FunctionDef, "f"), "after", ("new",)))
    assert after == "@d\ndef f():\n    pass\nnew\n\n\nx = 1\n"
    before = "if a:\n    pass\nelif b:\n    pass\nelse:\n    c()\n"
    assert repaired(before, lambda find: InsertStatement(find(If, "if a:"), "after", ("new",))) == before + "new\n"
    assert repaired(before, lambda find: InsertStatement(find(If, "elif b:"), "before", ("new",))) is None
    after = repaired(before, lambda find: InsertStatement(find(ExprStmt, "c()"), "before", ("new",)))
    assert after == "if a:\n    pass\nelif b:\n    pass\nelse:\n    new\n    c()\n"
    before = "try:\n    pass\nexcept A:\n    c()\nfinally:\n    pass\n"
    after = repaired(before, lambda find: InsertStatement(find(ExprStmt, "c()"), "after", ("new",)))
    assert after == "try:\n    pass\nexcept A:\n    c()\n    new\nfinally:\n    pass\n"


def test_several_lines_are_inserted_with_the_indentation() -> None:
    before = "def f():\n\ta()\n"
    after = repaired(before, lambda find: InsertStatement(find(ExprStmt, "a()"), "after", ("x = 1\nif x:\n    pass",)))
    assert after == "def f():\n\ta()\n\tx = 1\n\tif x:\n\t    pass\n"
    assert repaired("a(); b()\n", lambda find: InsertStatement(find(ExprStmt, "a()"), "after", ("x\ny",))) is None


def test_what_is_inserted_must_be_statements() -> None:
    for text in ("x = ", "", "  x", "x)", "return x\n  y"):
        assert (
            repaired("a()\n", lambda find, text=text: InsertStatement(find(ExprStmt, "a()"), "after", (text,))) is None
        )  # type: ignore[misc]


def test_a_copied_part_in_a_new_statement() -> None:
    before = "def f(self):\n    g(a +\n      b)\n"
    after = repaired(
        before, lambda find: InsertStatement(find(FunctionDef, "f"), "before", ("c = ", find(BinOp, "a +\n      b")))
    )
    assert after == "c = (a +\n      b)\n" + before


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("a()\nb()\n", "b()\n"),
        ("b()\na()\n", "b()\n"),
        ("b()\na()", "b()\n"),
        ("a()\n", ""),
        ("if x:\n    b()\n    a()\n", "if x:\n    b()\n"),
        ("if x:\n    a()\n", "if x:\n    pass\n"),
        ("if x: a()\n", "if x: pass\n"),
        ("if x: a(); b()\n", "if x: b()\n"),
        ("a(); b()\n", "b()\n"),
        ("b(); a()\n", "b()\n"),
        ("b(); a();\n", "b()\n"),
        ("b() ; a() ; c()\n", "b() ; c()\n"),
        ("if x:\n    # above\n    a()\n    # below\n    b()\n", "if x:\n    # above\n    # below\n    b()\n"),
        ("if x:\n    pass\nelse:\n    a()\n", "if x:\n    pass\nelse:\n    pass\n"),
        ("def f():\n    'doc'\n    a()\n", "def f():\n    'doc'\n"),
        ("if x:\r\n  a()\r\n  b()\r\n", "if x:\r\n  b()\r\n"),
        ("a()  # why\n", None),
        ("a(); b()  # why\n", None),
        ("if x: a()  # why\n", None),
    ],
)
def test_a_statement_is_deleted(before: str, expected: str | None) -> None:
    assert repaired(before, lambda find: DeleteStatement(find(ExprStmt, "a()"))) == expected


def test_a_statement_with_a_comment_inside_or_with_blocks_is_not_deleted() -> None:
    before = "a(  # why\n)\n"
    assert repaired(before, lambda find: DeleteStatement(find(ExprStmt, before[:-1]))) is None
    assert repaired("if a:\n    pass\n", lambda find: DeleteStatement(find(If, "if a:"))) is None
    assert repaired("a()\n", lambda find: DeleteStatement(find(Call, "a()"))) is None


def test_a_block_that_loses_all_its_statements_gets_one_pass() -> None:
    before = "def f():\n    a()\n    b()\n\n\nc()\n"
    both = lambda find: (DeleteStatement(find(ExprStmt, "b()")), DeleteStatement(find(ExprStmt, "a()")))  # noqa: E731
    assert repaired(before, both) == "def f():\n    pass\n\n\nc()\n"


def test_a_statement_is_replaced() -> None:
    before = "if x:\n    f(a)  # why\n    y = 1; z = 2\n"
    assert repaired(
        before, lambda find: Replace(find(ExprStmt, "f(a)"), ("a = ", find(Call, "f(a)")))
    ) == before.replace("f(a)", "a = f(a)")
    assert repaired(before, lambda find: Replace(find(Call, "f(a)"), ("a = ", find(Call, "f(a)")))) == before.replace(
        "f(a)", "a = f(a)"
    )
    assert repaired(before, lambda find: Replace(find(Assign, "y = 1"), ("y = 3; x = 1",))) == before.replace(
        "y = 1", "y = 3; x = 1"
    )
    assert repaired(before, lambda find: Replace(find(Assign, "y = 1"), ("y = 3\nx = 1",))) is None
    two = repaired(
        before, lambda find: Replace(find(ExprStmt, "f(a)"), (find(ExprStmt, "f(a)"), "\n", find(ExprStmt, "f(a)")))
    )
    assert two == before.replace("f(a)  #", "f(a)\n    f(a)  #")


# ----------------------------------------------------------------------------------------------------------- imports


def with_import(before: str, use: str = "F.tanh", imports: tuple[str, str | None] = ("torch", None)) -> str | None:
    return repaired(before, lambda find: Replace(find(Attribute, use), (Reference("torch.tanh", imports),)))


def test_an_import_goes_before_the_first_of_its_package() -> None:
    before = dedent(
        """
        '''Doc.'''
        from __future__ import annotations
        import os
        # torch
        import torch.nn.functional as F  # why
        from torch import nn

        y = F.tanh(x)
        """
    )
    assert with_import(before) == dedent(
        """
        '''Doc.'''
        from __future__ import annotations
        import os
        # torch
        import torch
        import torch.nn.functional as F  # why
        from torch import nn

        y = torch.tanh(x)
        """
    )


def test_an_import_goes_after_the_others_where_its_package_is_not_imported() -> None:
    assert (
        with_import("import os\nfrom . import F\n\ny = F.tanh(x)\n")
        == "import os\nfrom . import F\nimport torch\n\ny = torch.tanh(x)\n"
    )
    assert (
        with_import("import os, sys; import F\ny = F.tanh(x)\n")
        == "import os, sys; import F\nimport torch\ny = torch.tanh(x)\n"
    )


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("'''Doc.'''\n\n", "'''Doc.'''\n\nimport torch\n\n"),
        ("'''Doc.'''\n", "'''Doc.'''\n\nimport torch\n\n"),
        (
            "'''Doc.'''\nfrom __future__ import annotations\n\n\n",
            "'''Doc.'''\nfrom __future__ import annotations\n\nimport torch\n\n\n",
        ),
        (
            "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n",
            "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\nimport torch\n\n",
        ),
        ("# Licence.\n\n# About y.\n", "# Licence.\n\nimport torch\n\n# About y.\n"),
        ("", "import torch\n\n"),
        ("\n", "\nimport torch\n\n"),
    ],
)
def test_an_import_goes_to_the_head(head: str, expected: str) -> None:
    assert with_import(head + "y = F.tanh(x)\n") == expected + "y = torch.tanh(x)\n"


def test_an_import_above_a_definition_has_two_blank_lines_below() -> None:
    assert with_import("def f(x):\n    return F.tanh(x)\n") == "import torch\n\n\ndef f(x):\n    return torch.tanh(x)\n"


def test_an_import_never_goes_into_a_block_nor_after_its_use() -> None:
    before = "try:\n    import torch.nn.functional as F\nexcept ImportError:\n    F = None\n\ny = F.tanh(x)\n"
    assert with_import(before) is None
    before = "from a import F\ny = F.tanh(x)\nimport torch.nn\n"
    assert with_import(before) == "from a import F\nimport torch\ny = torch.tanh(x)\nimport torch.nn\n"
    before = "'''Doc.'''; import torch.nn.functional as F\ny = F.tanh(x)\n"
    assert with_import(before) == "'''Doc.'''; import torch.nn.functional as F\n\nimport torch\n\ny = torch.tanh(x)\n"


def test_an_import_under_another_name_and_with_other_line_ends() -> None:
    before = "import torch.nn as nn\r\ny = F.tanh(x)\r\n"
    assert (
        with_import(before, imports=("torch", "th"))
        == "import torch as th\r\nimport torch.nn as nn\r\ny = torch.tanh(x)\r\n"
    )


def test_an_import_that_is_there_is_not_added_again() -> None:
    assert with_import("import torch, F\ny = F.tanh(x)\n") == "import torch, F\ny = torch.tanh(x)\n"
    before = "import F\ny = F.tanh(x)\nimport torch\n"
    assert with_import(before) == "import F\nimport torch\ny = torch.tanh(x)\nimport torch\n"


def test_one_import_serves_several_references() -> None:
    before = "import torch.nn as nn\ny = F.tanh(F.relu(x))\n"
    torch = ("torch", None)
    after = repaired(
        before,
        lambda find: (
            Replace(find(Attribute, "F.tanh"), (Reference("torch.tanh", torch),)),
            Replace(find(Attribute, "F.relu"), (Reference("torch.relu", torch),)),
        ),
    )
    assert after == "import torch\nimport torch.nn as nn\ny = torch.tanh(torch.relu(x))\n"


# ------------------------------------------------------------------------------------------------------------- sharing


def test_edits_are_those_of_the_changed_text_only() -> None:
    source = "import torch\n\ny = a + F.tanh(x)  # why\n"
    opened = document(source)
    site = Site("m.py", 1, next(o for o, n in opened_nodes(opened, 1).items() if isinstance(n, Attribute)))
    edits = realise(opened, Repair("", "safe", (Replace(site, (TANH,)),)))
    assert edits is not None
    (edit,) = edits
    assert (edit.span.start.row, edit.span.start.column, edit.span.end.column, edit.content) == (3, 9, 15, "torch.tanh")


def opened_nodes(opened_document, chunk):  # type: ignore[no-untyped-def]
    from actlint.lower.drafts import opened

    return opened(opened_document, chunk).nodes


def test_a_chunk_is_parsed_once() -> None:
    opened = document("x = F.tanh(F.tanh(y))\n")
    first = opened_nodes(opened, 0)
    realise(opened, Repair("", "safe", (Replace(Site("m.py", 0, 3), (TANH,)),)))
    assert opened_nodes(opened, 0) is first


def test_a_chunk_without_facts_is_left_alone() -> None:
    deep = "x = " + "(" * 400 + "y" + ")" * 400 + "\n"
    from actlint.lower.cut import read_facts

    facts = read_facts("m.py", deep)
    assert facts.problems
    assert realise(open_document(facts, deep), Repair("", "safe", (Replace(Site("m.py", 0, 0), ("z",)),))) is None
