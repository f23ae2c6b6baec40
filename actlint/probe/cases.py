"""One finding beside what was seen: which statements it speaks of, which names, and whether a run reached them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from actlint.diagnostic import Diagnostic, Verdict
from actlint.observation import Observed
from actlint.probe.plan import Statement, statement

Trees: TypeAlias = Callable[[str], "ast.Module | None"]
"""The syntax tree of a file by its path as diagnostics write it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A finding, its own statement, and those of related places."""

    diagnostic: Diagnostic
    own: Statement
    related: tuple[Statement, ...]
    number: int

    @property
    def row(self) -> int:
        """The finding's line."""
        return self.diagnostic.span.start.row

    @property
    def names(self) -> frozenset[str]:
        """The identifiers that a run would show it by."""
        return frozenset(self.diagnostic.names)

    def speaks_of(self, place: Iterable[Any] | None) -> bool:
        """Whether a place is on the finding's line, or in one of its statements."""
        found = _place(place)
        return any(each.has(found) for each in (self.own, *self.related))

    def is_at(self, place: Iterable[Any] | None) -> bool:
        """Whether a place is in the finding's own statement."""
        return self.own.has(_place(place))

    def ran(self, seen: Observed) -> bool:
        """Whether the finding's statement ran."""
        return seen.ran(self.own.path, self.own.first, self.own.last)


def _place(place: Iterable[Any] | None) -> tuple[str, int] | None:
    parts = list(place) if place is not None else []
    return (str(parts[0]), int(parts[1])) if len(parts) == 2 else None


def case_of(diagnostic: Diagnostic, number: int, absolute: Callable[[str], str], trees: Trees) -> Case:
    """The case of a diagnostic; `absolute` gives the real path of one that users see."""

    def at(path: str, row: int) -> Statement:
        tree = trees(path)
        real = absolute(path)
        return Statement(real, row, row, ()) if tree is None else statement(tree, real, row)

    return Case(
        diagnostic,
        at(diagnostic.path, diagnostic.span.start.row),
        tuple(at(each.path, each.span.start.row) for each in diagnostic.related),
        number,
    )


Judge: TypeAlias = Callable[[Case, Observed], "Verdict | None"]
"""What one run says of a finding; None where it says nothing."""


def confirmed(evidence: str) -> Verdict:
    """The stated effect was seen."""
    return Verdict("confirmed", evidence)


def refuted(evidence: str) -> Verdict:
    """The statement ran and the stated effect was not there."""
    return Verdict("refuted", evidence)


def inconclusive(evidence: str) -> Verdict:
    """The run says neither."""
    return Verdict("inconclusive", evidence)


def best(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Of what several runs say, what weighs most: one that saw the effect, then one that did not."""
    order = ("confirmed", "refuted", "inconclusive", "not exercised")
    return min(verdicts, key=lambda each: order.index(each.status), default=None)
