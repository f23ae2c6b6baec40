"""Every labelled bug is found at its line, nothing is found in its twin, and the proof tells them apart."""

from __future__ import annotations

from collections import Counter

import pytest

from actlint.testing.execute import execute
from actlint.testing.lint import LINTER
from actlint.testing.run import Project
from tests.bugs.pairs import MAIN, PageError, Pair, Side, pairs, read

PAIRS = tuple(pairs())
_PRELUDE = "from tests.bugs.proofs import affine, raises\n"


def _found(side: Side, codes: tuple[str, ...]) -> Counter[tuple[str, int, str]]:
    """What is found in a program with the default rules and `codes`: file, line, code."""
    settings = f"extend-select = {list(codes)}".replace("'", '"')
    reports = LINTER.lint(Project(side.texts, None, (settings,)))
    for report in reports.values():
        assert not report.notices, report.notices
    return Counter((path, d.span.start.row, d.code) for path, report in reports.items() for d in report.diagnostics)


def _proof(pair: Pair, side: Side) -> object:
    """What the proof says of a program."""
    texts = {**side.texts, MAIN: f"{side.texts[MAIN]}\n\n{_PRELUDE}{pair.proof}\n\nresult = proof()\n"}
    outcome = execute(texts, MAIN)
    if outcome.error is not None:
        raise outcome.error
    return outcome.names["result"]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.page}:{pair.line} {pair.title}")
class TestPair:
    """One pair."""

    def test_found(self, pair: Pair) -> None:
        """The bug is found at its line, and nothing else is; the twin is silent."""
        expected = Counter((path, one.row, one.code) for path, one in pair.bug.expected)
        assert _found(pair.bug, pair.codes) == expected
        assert not _found(pair.twin, pair.codes)

    def test_proof(self, pair: Pair) -> None:
        """Torch says that the bug is one and that the twin is none."""
        assert _proof(pair, pair.bug) is True
        assert _proof(pair, pair.twin) is False


def test_titles() -> None:
    """No two pairs of a page have the same title, so that a failure names one."""
    assert max(Counter((pair.page, pair.title) for pair in PAIRS).values()) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("## A\n```python bug\nx  # error: [ACT101]\n```\n```python twin\nx\n```\n", "one proof"),
        ("## A\n```python bug\nx\n```\n```python twin\nx\n```\n```python proof\n```\n", "has markers"),
        ("## A\n```python bug\nx  # error: [ACT101]\n```\n```python proof\n```\n", "no `main.py`"),
        ("## A\n```python bug fixed\nx\n```\n```python proof\n```\n", "a block is"),
        (
            "## A\n```python bug\nx  # error: [ACT101]\n```\n```python twin\nx  # error: [ACT101]\n```\n"
            "```python proof\n```\n",
            "no findings",
        ),
    ],
)
def test_unreadable(text: str, problem: str) -> None:
    """A page that is no set of pairs says what is wrong."""
    with pytest.raises(PageError, match=problem):
        list(read("page.md", text))
