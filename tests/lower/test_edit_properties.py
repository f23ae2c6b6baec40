"""Edits of real code, judged by Python's own parser: the text means what the intent says, and keeps its comments."""

from __future__ import annotations

import ast
import copy
import importlib.util
import io
import random
import sysconfig
import tokenize
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actlint.diagnostic import Diagnostic, Fix
from actlint.facts import Argument, Attribute, Call, Name, Site
from actlint.fixer import apply
from actlint.intents import (
    DeleteStatement,
    InsertElement,
    InsertStatement,
    Intent,
    Reference,
    RemoveArgument,
    Repair,
    Replace,
    SetArgument,
)
from actlint.lines import line_starts, offset_of
from actlint.lower.cut import read_facts
from actlint.lower.drafts import Document, opened
from actlint.lower.edits import open_document, realise, site_span
from actlint.lower.locate import range_of
from actlint.repair import repair
from tests.lower.editing import applied

Place = tuple[type[ast.AST], int, int]


@cache
def files() -> tuple[Path, ...]:
    """A seeded sample of the standard library and of torch's layers, if they are there."""
    library = Path(sysconfig.get_paths()["stdlib"])
    found = [
        path
        for path in sorted(library.glob("*.py")) + sorted(library.glob("[a-j]*/*.py"))
        if 5_000 < path.stat().st_size < 50_000
    ]
    chosen = random.Random(7).sample([path for path in found if "lib2to3" not in path.parts], 40)
    torch = importlib.util.find_spec("torch")
    if torch is not None and torch.origin is not None:
        layers = sorted(Path(torch.origin).parent.joinpath("nn/modules").glob("*.py"))
        chosen += [path for path in layers if 5_000 < path.stat().st_size < 50_000]
    return tuple(path for path in chosen if _parses(path.read_bytes().decode("utf-8", "replace")) is not None)


def _parses(text: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError):
            return None


class Real:
    """A real file with its syntax tree by place, and with the sites of its facts by place."""

    def __init__(self, path: Path) -> None:
        self.text = path.read_bytes().decode("utf-8", "replace")
        self.document: Document = open_document(read_facts("m.py", self.text, keep="all"), self.text)
        tree = _parses(self.text)
        assert tree is not None
        self.tree = tree
        self.starts = line_starts(self.text)
        lines = [self.text[a:b].encode() for a, b in zip(self.starts, [*self.starts[1:], len(self.text)], strict=True)]

        def offset(row: int, column: int) -> int:
            return self.starts[row - 1] + len(lines[row - 1][:column].decode())

        self.nodes: dict[Place, ast.AST] = {}
        pending: list[ast.AST] = [tree]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.expr | ast.stmt):
                place = (offset(node.lineno, node.col_offset), offset(node.end_lineno or 0, node.end_col_offset or 0))
                self.nodes[(type(node), *place)] = node
            if not isinstance(node, ast.JoinedStr):
                pending.extend(ast.iter_child_nodes(node))
        self.sites: dict[tuple[int, int], list[Site]] = {}
        for number, chunk in enumerate(self.document.facts.chunks):
            found = opened(self.document, number)
            if found is not None:
                base = self.starts[chunk.first_line - 1]
                for ordinal in sorted(found.nodes):
                    start, end = range_of(found.located, ordinal)
                    self.sites.setdefault((base + start, base + end), []).append(Site("m.py", number, ordinal))

    def fact(self, site: Site) -> object:
        found = opened(self.document, site.chunk)
        assert found is not None
        return found.nodes[site.ordinal]

    def pairs(self, kind: type[ast.AST]) -> list[tuple[ast.AST, Site]]:
        """Nodes of a kind with the sites of their facts."""
        pairs: list[tuple[ast.AST, Site]] = []
        for (type_, start, end), node in sorted(self.nodes.items(), key=lambda each: each[0][1:]):
            if issubclass(type_, kind):
                for site in self.sites.get((start, end), []):
                    fact = self.fact(site)
                    if isinstance(fact, Argument) or type(fact).__name__.endswith("Stmt") != (type_ is ast.Expr):
                        continue
                    if type(fact).__name__ in SAME_NAME.get(type_.__name__, (type_.__name__,)):
                        pairs.append((node, site))
                        break
        return pairs

    def edited(self, intent: Intent) -> str | None:
        edits = realise(self.document, Repair("", "safe", (intent,)))
        return None if edits is None else applied(self.text, edits)


SAME_NAME = {
    "Dict": ("DictExpr",),
    "Tuple": ("Collection",),
    "List": ("Collection",),
    "Set": ("Collection",),
    "JoinedStr": ("FString",),
    "ListComp": ("Comprehension",),
    "SetComp": ("Comprehension",),
    "DictComp": ("Comprehension",),
    "GeneratorExp": ("Comprehension",),
    "Expr": ("ExprStmt",),
}

real = cache(Real)


def comments(text: str) -> list[str]:
    lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"))
    return [token.string for token in tokenize.generate_tokens(lines.readline) if token.type == tokenize.COMMENT]


def with_child(tree: ast.Module, old: ast.AST, new: list[ast.AST]) -> str:
    """The dump of the tree with a node replaced; a block that gets empty is a `pass`."""
    memo: dict[int, object] = {}
    copied = copy.deepcopy(tree, memo)
    target = memo[id(old)]
    fresh = [copy.deepcopy(node) for node in new]
    for node in ast.walk(copied):
        for name, value in ast.iter_fields(node):
            if value is target:
                setattr(node, name, fresh[0])
            elif isinstance(value, list) and any(each is target for each in value):
                at = next(number for number, each in enumerate(value) if each is target)
                value[at : at + 1] = fresh
                if not value and name in ("body", "orelse", "finalbody") and not isinstance(node, ast.Module):
                    value.append(ast.Pass())
    return ast.dump(copied)


def check(file: Real, intent: Intent, old: ast.AST, new: list[ast.AST]) -> bool:
    """Whether the intent could be realised; fails if what came of it is not what it says."""
    after = file.edited(intent)
    if after is None:
        return False
    tree = _parses(after)
    assert tree is not None, "the edited text does not parse"
    assert ast.dump(tree) == with_child(file.tree, old, new)
    assert comments(after) == comments(file.text)
    return True


def a_place(kind: type[ast.AST]) -> st.SearchStrategy[tuple[Real, ast.AST, Site]]:
    """A node of a kind in a real file."""

    def choose(numbers: tuple[int, int]) -> tuple[Real, ast.AST, Site] | None:
        file = real(files()[numbers[0] % len(files())])
        pairs = file.pairs(kind)
        return (file, *pairs[numbers[1] % len(pairs)]) if pairs else None

    numbers = st.tuples(st.integers(0, 10_000), st.integers(0, 100_000))
    return numbers.map(choose).filter(lambda found: found is not None)  # type: ignore[arg-type, return-value]


real_code = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)

NEW = {
    "zzz": "zzz",
    "a if b else c": "a if b else c",
    "lambda: 0": "lambda: 0",
    "not a": "not a",
    "-a": "-a",
    "a, b": "(a, b)",
    "a == b": "a == b",
    "1": "1",
    "await a": "await a",
    "[a\n]": "[a]",
    "a +\nb": "a + b",
}


def loads(node: ast.AST) -> bool:
    """Whether a node is an expression that is read, so that any other may stand there."""
    return isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


@real_code
@given(a_place(ast.expr), st.sampled_from(sorted(NEW)))
def test_any_expression_becomes_any_other(place: tuple[Real, ast.AST, Site], text: str) -> None:
    file, old, site = place
    new = ast.parse(NEW[text], mode="eval").body
    after = file.edited(Replace(site, (text,)))
    if after is not None and loads(old) and not isinstance(old, ast.Starred):
        tree = _parses(after)
        assert tree is not None
        assert ast.dump(tree) == with_child(file.tree, old, [new])


@real_code
@given(a_place(ast.expr))
def test_any_expression_is_copied_before_a_dot(place: tuple[Real, ast.AST, Site]) -> None:
    file, old, site = place
    if loads(old) and not isinstance(old, ast.Starred | ast.Slice):
        new = ast.Attribute(old, "detach", ast.Load())  # type: ignore[arg-type]
        check(file, Replace(site, (site, ".detach()")), old, [ast.Call(new, [], [])])


@real_code
@given(a_place(ast.Call))
def test_a_keyword_is_set_in_any_call(place: tuple[Real, ast.AST, Site]) -> None:
    file, old, site = place
    assert isinstance(old, ast.Call)
    new = copy.deepcopy(old)
    mapping = [number for number, each in enumerate(new.keywords) if each.arg is None]
    new.keywords.insert(mapping[0] if mapping else len(new.keywords), ast.keyword("zzz", ast.Constant(1)))
    check(file, SetArgument(site, "zzz", ("1",)), old, [new])


@real_code
@given(a_place(ast.Call), st.integers(0, 20))
def test_an_argument_of_any_call_is_removed(place: tuple[Real, ast.AST, Site], number: int) -> None:
    file, old, site = place
    args = file.fact(site).args  # type: ignore[attr-defined]
    if not args:
        return
    gone = args[number % len(args)]
    assert isinstance(old, ast.Call)
    new = copy.deepcopy(old)
    given_: list[ast.expr | ast.keyword] = sorted(
        [*new.args, *new.keywords], key=lambda each: (each.lineno, each.col_offset)
    )
    victim = given_[args.index(gone)]
    new.args = [each for each in new.args if each is not victim]
    new.keywords = [each for each in new.keywords if each is not victim]
    check(file, RemoveArgument(Site("m.py", site.chunk, gone.ordinal)), old, [new])


@real_code
@given(a_place(ast.Call), st.integers(0, 20), st.sampled_from(["before", "after"]))
def test_an_argument_is_inserted_in_any_call(place: tuple[Real, ast.AST, Site], number: int, where: str) -> None:
    file, old, site = place
    args = file.fact(site).args  # type: ignore[attr-defined]
    if not args:
        return
    number %= len(args)
    assert isinstance(old, ast.Call)
    new = copy.deepcopy(old)
    given_ = sorted([*new.args, *new.keywords], key=lambda each: (each.lineno, each.col_offset))
    at = number + (where == "after")
    new.args.insert(at, ast.Name("zzz", ast.Load()))
    intent = InsertElement(Site("m.py", site.chunk, args[number].ordinal), where, ("zzz",))  # type: ignore[arg-type]
    made = check(file, intent, old, [new])
    assert not made or not any(isinstance(each, ast.keyword) for each in given_[:at])


@real_code
@given(a_place(ast.List | ast.Tuple | ast.Set), st.integers(0, 50), st.sampled_from(["before", "after"]))  # type: ignore[arg-type]
def test_an_element_is_inserted_in_any_display(place: tuple[Real, ast.AST, Site], number: int, where: str) -> None:
    file, old, site = place
    elements = file.fact(site).elements  # type: ignore[attr-defined]
    if not elements or not loads(old):
        return
    number %= len(elements)
    assert isinstance(old, ast.List | ast.Tuple | ast.Set)
    new = copy.deepcopy(old)
    new.elts.insert(number + (where == "after"), ast.Name("zzz", ast.Load()))
    intent = InsertElement(Site("m.py", site.chunk, elements[number].ordinal), where, ("zzz",))  # type: ignore[arg-type]
    check(file, intent, old, [new])


@real_code
@given(a_place(ast.stmt))
def test_any_statement_is_deleted(place: tuple[Real, ast.AST, Site]) -> None:
    file, old, site = place
    check(file, DeleteStatement(site), old, [])


@real_code
@given(a_place(ast.stmt), st.sampled_from(["before", "after"]))
def test_a_statement_is_inserted_beside_any_other(place: tuple[Real, ast.AST, Site], where: str) -> None:
    file, old, site = place
    added = ast.parse("zzz(1)").body[0]
    new = [added, old] if where == "before" else [old, added]
    check(file, InsertStatement(site, where, ("zzz(1)",)), old, new)  # type: ignore[arg-type]


def test_most_edits_of_real_code_can_be_made() -> None:
    """So that the tests above do not hold because nothing is ever edited."""
    made: dict[str, list[bool]] = {}
    for path in files()[::6]:
        file = real(path)
        for node, site in file.pairs(ast.Call)[::6]:
            made.setdefault("set", []).append(file.edited(SetArgument(site, "zzz", ("1",))) is not None)
            made.setdefault("copy", []).append(file.edited(Replace(site, (site, ".detach()"))) is not None)
            made.setdefault("replace", []).append(file.edited(Replace(site, ("a if b else c",))) is not None)
            args = file.fact(site).args  # type: ignore[attr-defined]
            if args:
                first = Site("m.py", site.chunk, args[0].ordinal)
                made.setdefault("element", []).append(file.edited(InsertElement(first, "before", ("z",))) is not None)
            del node
        for _, site in file.pairs(ast.stmt)[::6]:
            made.setdefault("insert", []).append(file.edited(InsertStatement(site, "before", ("zzz(1)",))) is not None)
    for name, results in made.items():
        assert len(results) > 100, name
        assert sum(results) / len(results) > 0.97, (name, sum(results), len(results))


@pytest.mark.parametrize("name", ["normalization.py", "container.py"])
def test_the_files_are_really_read(name: str) -> None:
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    path = next(path for path in files() if path.name == name)
    assert len(real(path).pairs(ast.expr)) > 500
    assert len(real(path).pairs(ast.stmt)) > 100


# ------------------------------------------------------------------------------------------------- many fixes at once

FILES = st.integers(0, 10_000).map(lambda number: files()[number % len(files())])


def check_calls(names: frozenset[str]) -> Callable[[str], list[Diagnostic]]:
    """A check that wants `zzz=1` in calls of some names, and `torch.zzz` for some methods, with its import."""

    def check_text(text: str) -> list[Diagnostic]:
        opened_document = open_document(read_facts("m.py", text, keep="all"), text)
        found: list[Diagnostic] = []
        for number in range(len(opened_document.facts.chunks)):
            chunk = opened(opened_document, number)
            for ordinal, fact in sorted(chunk.nodes.items()) if chunk is not None else ():
                intent: Intent | None = None
                match fact:
                    case Call(func=Name(id=name), args=args) if name[0] in names:
                        if all(each.keyword != "zzz" and each.star != "**" for each in args):
                            intent = SetArgument(Site("m.py", number, ordinal), "zzz", ("1",))
                    case Call(func=Attribute(ordinal=at, value=Name(), attr=attr)) if (
                        attr[0] in names and attr != "zzz"
                    ):
                        intent = Replace(Site("m.py", number, at), (Reference("torch.zzz", ("torch", None)),))
                if intent is not None:
                    edits = realise(opened_document, Repair("mend it", "safe", (intent,)))
                    fix = None if edits is None else Fix("safe", "mend it", True, edits)
                    span = site_span(opened_document, Site("m.py", number, ordinal))
                    found.append(Diagnostic("A", "name", "warning", "message", "m.py", span, fix=fix))
        return found

    return check_text


@settings(real_code, max_examples=12)
@given(FILES, st.frozensets(st.sampled_from("abcdefghijklmnopqrs"), min_size=1, max_size=5), st.randoms())
def test_some_of_many_fixes_change_only_their_edits(path: Path, names: frozenset[str], chance: random.Random) -> None:
    text = real(path).text
    offered = [each.fix for each in check_calls(names)(text) if each.fix is not None and chance.random() < 0.7]
    after, done = apply(text, offered)
    assert _parses(after) is not None
    ranges = {
        (offset_of(real(path).starts, edit.span.start), offset_of(real(path).starts, edit.span.end), edit.content)
        for index in done
        for edit in offered[index].edits
    }
    at = 0
    for start, end, content in sorted(ranges):
        assert after.startswith(text[at:start] + content)
        after = after[start - at + len(content) :]
        at = end
    assert after == text[at:]


@settings(real_code, max_examples=12)
@given(FILES, st.frozensets(st.sampled_from("abcdefghijklmnopqrs"), min_size=1, max_size=5))
def test_all_fixes_reach_a_fixpoint(path: Path, names: frozenset[str]) -> None:
    text, check_text = real(path).text, check_calls(names)
    done = repair(text, check_text, unsafe=False)
    assert not [each for each in done.remaining if each.fix is not None]
    assert comments(done.text) == comments(text)
    assert done.text.count("import torch\n") <= text.count("import torch\n") + 1
    again = repair(done.text, check_text, unsafe=False)
    assert (again.text, again.fixed) == (done.text, {})
    changed = {line for line in text.split("\n") if "(" not in line and ")" not in line and "." not in line}
    assert not changed - set(done.text.split("\n"))
