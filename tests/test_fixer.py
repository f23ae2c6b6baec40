"""Fixes applied to a text, and repeated until nothing is left to fix."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actlint.diagnostic import Diagnostic, Edit, Fix, Position, Span, Verdict
from actlint.fixer import apply
from actlint.intents import Applicability
from actlint.lines import line_starts, position_of
from actlint.repair import repair


def span(text: str, start: int, end: int) -> Span:
    starts = line_starts(text)
    return Span(position_of(starts, start), position_of(starts, end))


def fix(text: str, *changes: tuple[str, str], applicability: Applicability = "safe") -> Fix:
    """A fix that puts the second of each pair where the first stands first; `|` is the place of an insertion."""
    edits: list[Edit] = []
    for old, new in changes:
        before, bar, after = old.partition("|")
        start = text.index(before + after) + (len(before) if bar else 0)
        edits.append(Edit(span(text, start, start if bar else start + len(old)), new))
    return Fix(applicability, "mend it", True, tuple(edits))


def fixed(text: str, *fixes: Fix) -> str:
    return apply(text, fixes)[0]


def test_fixes_are_applied_in_order_of_their_place() -> None:
    text = "a = 1\nb = 2\nc = 3\n"
    assert apply(text, [fix(text, ("c", "z")), fix(text, ("a", "x"), ("b", "y"))]) == ("x = 1\ny = 2\nz = 3\n", (0, 1))


def test_a_fix_that_overlaps_waits_as_a_whole() -> None:
    text = "f(a, b)\nc = 3\n"
    assert apply(text, [fix(text, ("a, b", "x")), fix(text, ("b", "y"), ("c", "z"))]) == ("f(x)\nc = 3\n", (0,))


def test_fixes_that_touch_wait() -> None:
    text = "f(a)\n"
    assert apply(text, [fix(text, ("a", "b")), fix(text, ("a|)", ", c"))]) == ("f(b)\n", (0,))
    assert apply(text, [fix(text, ("(|a", "b, ")), fix(text, ("(|a", "c, "))]) == ("f(b, a)\n", (0,))


def test_edits_of_one_fix_may_touch() -> None:
    text = "f(a)\n"
    assert fixed(text, fix(text, ("a", "b"), ("a|)", ", c"))) == "f(b, c)\n"


def test_the_same_insertion_is_made_once() -> None:
    text = "x = 1\ny = 2\n"
    both = [fix(text, ("|x", "import a\n"), ("1", "a.b")), fix(text, ("|x", "import a\n"), ("2", "a.c"))]
    assert apply(text, both) == ("import a\nx = a.b\ny = a.c\n", (0, 1))
    both[1] = fix(text, ("|x", "import b\n"), ("2", "b.c"))
    assert apply(text, both) == ("import a\nx = a.b\ny = 2\n", (0,))


def test_the_same_replacement_counts_once() -> None:
    text = "x = 1\n"
    assert apply(text, [fix(text, ("1", "2")), fix(text, ("1", "2"))]) == ("x = 2\n", (0,))


def test_a_fix_that_breaks_the_text_is_left_out() -> None:
    text = "a = 1\nb = 2\nc = 3\n"
    fixes = [fix(text, ("1", "one")), fix(text, ("2", "(")), fix(text, ("3", "three"))]
    assert apply(text, fixes) == ("a = one\nb = 2\nc = three\n", (0, 2))


def test_fixes_that_break_the_text_only_together() -> None:
    text = "a = 1\nb = 2\n"
    fixes = [fix(text, ("1", "(1")), fix(text, ("a", "(a")), fix(text, ("2", "3"))]
    assert apply(text, fixes) == ("a = 1\nb = 3\n", (2,))


def test_a_text_that_python_refuses_is_judged_by_the_caller() -> None:
    text = "print 1\nx = 2\n"
    wanted = fix(text, ("2", "3"))
    assert apply(text, [wanted]) == (text, ())
    assert apply(text, [wanted], parses=lambda tried: "3" in tried) == ("print 1\nx = 3\n", (0,))
    assert apply(text, [wanted], parses=lambda tried: False) == (text, ())
    text = "x = 2\n"
    assert apply(text, [fix(text, ("2", "("))], parses=lambda tried: True) == (text, ())


def test_fixes_without_edits_or_outside_of_the_text_are_not_applied() -> None:
    text = "x = 1\n"
    nowhere = Fix("safe", "", True, (Edit(Span(Position(9, 1), Position(9, 2)), "y"),))
    backwards = Fix("safe", "", True, (Edit(Span(Position(1, 3), Position(1, 1)), "y"),))
    overlapping = fix(text, ("x =", "y ="), ("= 1", "= 2"))
    assert apply(text, [Fix("display", "", True, ()), nowhere, backwards, overlapping]) == (text, ())


def test_rows_are_pythons_and_columns_are_characters() -> None:
    text = "ä = '\x0c \u2028 '\r\nb = 'ß𝕏'; c = 1\rd = 2\n"
    third = Fix("safe", "", True, (Edit(Span(Position(2, 15), Position(2, 16)), "3"),))
    last = Fix("safe", "", True, (Edit(Span(Position(3, 5), Position(3, 6)), "4"),))
    assert fixed(text, third, last) == text.replace("c = 1", "c = 3").replace("d = 2", "d = 4")


@given(st.data())
def test_text_outside_of_the_edits_stays_and_the_result_parses(data: st.DataObject) -> None:
    """Assignments in random order with random line ends; each fix changes some values, some to nonsense."""
    values = data.draw(st.lists(st.sampled_from(["1", "'ß'", "a", "(b)"]), min_size=1, max_size=8))
    ends = data.draw(st.lists(st.sampled_from(["\n", "\r\n", "\r", "; "]), min_size=len(values), max_size=len(values)))
    text, places = "", []
    for number, (value, end) in enumerate(zip(values, [*ends[:-1], "\n"], strict=True)):
        text += f"v{number} = "
        places.append((len(text), len(text) + len(value)))
        text += value + end
    changes = st.tuples(st.integers(0, len(values) - 1), st.sampled_from(["7", "f(\n1)", "(", ")", ""]))
    drawn = data.draw(st.lists(st.lists(changes, min_size=1, max_size=3, unique_by=lambda each: each[0]), max_size=6))
    fixes = [
        Fix("safe", "", True, tuple(Edit(span(text, *places[number]), new) for number, new in each)) for each in drawn
    ]
    after, done = apply(text, fixes)
    ast.parse(after)
    new_values: dict[int, str] = {}
    for index in done:
        for number, new in drawn[index]:
            assert number not in new_values
            new_values[number] = new
    expected, at = "", 0
    for number, (start, end) in enumerate(places):
        expected += text[at:start] + new_values.get(number, text[start:end])
        at = end
    assert after == expected + text[at:]
    good = [index for index, each in enumerate(drawn) if all(new in ("7", "f(\n1)") for _, new in each)]
    alone = [
        index
        for index in good
        if all(not touched(drawn[index], drawn[other]) for other in range(len(drawn)) if other != index)
    ]
    assert set(alone) <= set(done)


def touched(one: list[tuple[int, str]], other: list[tuple[int, str]]) -> bool:
    return bool({number for number, _ in one} & {number for number, _ in other})


# -------------------------------------------------------------------------------------------------------------- repair


def found(
    code: str,
    text: str,
    *changes: tuple[str, str],
    applicability: Applicability = "safe",
    verdict: Verdict | None = None,
) -> Diagnostic:
    mend = fix(text, *changes, applicability=applicability) if changes else None
    return Diagnostic(code, "name", "warning", "message", "m.py", span(text, 0, 1), fix=mend, verdict=verdict)


def wants(*pairs: tuple[str, str, str]):  # type: ignore[no-untyped-def]
    """A check that finds each code's old word where it is, and would have the new word there."""

    def check(text: str) -> list[Diagnostic]:
        return [found(code, text, (old, new)) for code, old, new in pairs if old in text]

    return check


def test_fixes_run_to_a_fixpoint() -> None:
    done = repair("a\n", wants(("A", "a", "b"), ("B", "b", "c")), unsafe=False)
    assert (done.text, done.fixed, done.remaining) == ("c\n", {"A": 1, "B": 1}, ())


def test_every_occurrence_is_counted() -> None:
    done = repair("a\na\na\n", wants(("A", "a", "bb")), unsafe=False)
    assert (done.text, done.fixed) == ("bb\nbb\nbb\n", {"A": 3})


def test_what_cannot_be_fixed_remains() -> None:
    def check(text: str) -> list[Diagnostic]:
        return (
            [
                found("A", text),
                found("B", text, ("a", "b"), applicability="display"),
                found("C", text, ("a", "c"), applicability="unsafe"),
                found("D", text, ("a", "d"), verdict=Verdict("refuted", "it runs")),
            ]
            if "a" in text
            else []
        )

    done = repair("a\n", check, unsafe=False)
    assert (done.text, done.fixed, [each.code for each in done.remaining]) == ("a\n", {}, ["A", "B", "C", "D"])
    done = repair("a\n", check, unsafe=True)
    assert (done.text, done.fixed, done.remaining) == ("c\n", {"C": 1}, ())


def test_rules_that_disagree_do_not_run_for_ever() -> None:
    done = repair("a\n", wants(("A", "a", "b"), ("B", "b", "a")), unsafe=False)
    assert (done.text, done.fixed) == ("b\n", {"A": 1})
    assert [each.code for each in done.remaining] == ["B"]
    done = repair("a\n", wants(("A", "a", "b"), ("B", "b", "c"), ("C", "c", "a")), unsafe=False)
    assert (done.text, done.fixed) == ("c\n", {"A": 1, "B": 1})


def test_a_text_that_grows_stops_at_the_limit() -> None:
    done = repair("a\n", wants(("A", "a", "a + a")), unsafe=False, limit=3)
    assert (done.text, done.fixed) == ("a + a + a + a\n", {"A": 3})
    assert len(done.remaining) == 1


def test_a_fix_that_changes_nothing_is_not_counted() -> None:
    done = repair("a\n", wants(("A", "a", "a")), unsafe=False)
    assert (done.text, done.fixed, len(done.remaining)) == ("a\n", {}, 1)


def test_imports_are_pruned_after_the_fixes_and_only_after_fixes() -> None:
    calls: list[tuple[str, str]] = []

    def prune(before: str, after: str) -> list[Edit]:
        calls.append((before, after))
        return [Edit(span(after, 0, len("import x\n")), "")] if after.startswith("import x\n") else []

    def check(text: str) -> list[Diagnostic]:
        return [found("A", text, ("x.a", "b"))] if "x.a" in text else [found("B", text)]

    done = repair("import x\nx.a\n", check, unsafe=False, prune=prune)
    assert (done.text, done.fixed) == ("b\n", {"A": 1})
    assert [each.code for each in done.remaining] == ["B"]
    assert calls[0] == ("import x\nx.a\n", "import x\nb\n")
    calls.clear()
    assert repair("import x\nb\n", check, unsafe=False, prune=prune).text == "import x\nb\n"
    assert not calls


def test_what_pruning_uncovers_is_fixed_too() -> None:
    def prune(before: str, after: str) -> list[Edit]:
        return [Edit(span(after, 0, len("import x\n")), "")] if after.startswith("import x\n") else []

    def check(text: str) -> list[Diagnostic]:
        if "a" in text:
            return [found("A", text, ("a", "b"))]
        return [] if "import" in text or "c" in text else [found("B", text, ("b", "c"))]

    done = repair("import x\na\n", check, unsafe=False, prune=prune)
    assert (done.text, done.fixed) == ("c\n", {"A": 1, "B": 1})


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["a", "b", "c", "d", "ab", "(", ""])), max_size=6))
def test_a_second_repair_changes_nothing_unless_rules_disagree(rules: list[tuple[str, str]]) -> None:
    check = wants(*[(f"R{number}", old, new) for number, (old, new) in enumerate(rules)])
    first = repair("a = b, c\nd\n", check, unsafe=False)
    ast.parse(first.text)
    # Words only move forward in the alphabet, so that nothing goes in circles and nothing grows.
    if all(len(new) <= 1 and new > old or new == "(" for old, new in rules):
        assert repair(first.text, check, unsafe=False).text == first.text


@pytest.mark.parametrize("text", ["print 1\n", "x = (\n"])
def test_a_text_that_nobody_can_parse_is_not_changed(text: str) -> None:
    done = repair(text, lambda tried: [found("A", tried, (tried[0], "y"))], unsafe=True)
    assert (done.text, done.fixed, len(done.remaining)) == (text, {}, 1)
