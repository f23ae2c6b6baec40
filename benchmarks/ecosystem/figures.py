"""Precision by rule, as verdicts on pieces of code: copies of one piece count once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.ecosystem.lint import Finding
from benchmarks.ecosystem.verdicts import Judgement

SAMPLE = 200
MEASURED = 5
FEW = 50
SHARE_OF_MANY = 0.02


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one rule: its findings, the pieces they are copies of, and of those (or of the sample) the verdicts.

    `unread` are one finding of each piece without verdict.
    """

    code: str
    name: str
    findings: int
    pieces: int
    true: int
    false: int
    unread: tuple[Finding, ...]

    @property
    def precision(self) -> float | None:
        """The true share of what was read; None where that is too little to say."""
        read = self.true + self.false
        return self.true / read if read >= MEASURED else None

    @property
    def in_bound(self) -> bool:
        """Whether the rule may be on by default: none false among few pieces, a small share among many."""
        read = self.true + self.false
        return self.false == 0 or (read > FEW and self.false <= SHARE_OF_MANY * read)


def figures(found: Sequence[tuple[Finding, Judgement | None]], sample: int = SAMPLE, seed: int = 0) -> list[Figures]:
    """The figures of each rule, by code. Of a rule with more pieces than `sample`, that many are drawn by `seed`.

    A piece stays drawn while others come and go, since each is drawn by its own hash.
    """
    rules: dict[str, dict[str, list[tuple[Finding, Judgement | None]]]] = {}
    for finding, verdict in found:
        rules.setdefault(finding.code, {}).setdefault(finding.piece, []).append((finding, verdict))
    result = []
    for code, pieces in sorted(rules.items()):
        drawn = sorted(pieces, key=lambda piece: hashlib.sha256(f"{seed}:{piece}".encode()).digest())[:sample]
        verdicts = {piece: _verdict([verdict for _, verdict in pieces[piece]]) for piece in drawn}
        unread = [pieces[piece][0][0] for piece in drawn if verdicts[piece] is None]
        result.append(
            Figures(
                code,
                next(iter(pieces.values()))[0][0].name,
                sum(map(len, pieces.values())),
                len(pieces),
                sum(verdict == "true" for verdict in verdicts.values()),
                sum(verdict == "false" for verdict in verdicts.values()),
                tuple(sorted(unread, key=lambda f: (f.package, f.file, f.row, f.column))),
            )
        )
    return result


def _verdict(verdicts: Sequence[Judgement | None]) -> Judgement | None:
    """One copy that was read speaks for all; one that is false, against them."""
    return "false" if "false" in verdicts else "true" if "true" in verdicts else None


def table(rules: Sequence[Figures]) -> str:
    """The figures as text, a row a rule."""
    head = ("rule", "", "findings", "pieces", "true", "false", "unread", "precision", "")
    rows: list[tuple[str, ...]] = [head]
    for rule in rules:
        precision = "unmeasured" if rule.precision is None else f"{rule.precision:.1%}"
        bound = "" if rule.in_bound else "BELOW THE BOUND"
        counts = (rule.findings, rule.pieces, rule.true, rule.false, len(rule.unread))
        rows.append((rule.code, rule.name, *map(str, counts), precision, bound))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
