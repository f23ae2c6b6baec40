"""Fixes to a fixpoint over one text. Pure: what is checked and how is the caller's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from actlint.diagnostic import Diagnostic, Edit, Fix
from actlint.fixer import apply

PASSES = 50
"""Real files need two or three passes; fixes that undo or feed one another must not run for ever."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A text after its fixes: how many were applied, by code, and the diagnostics that are left in it."""

    text: str
    fixed: dict[str, int]
    remaining: tuple[Diagnostic, ...]


def repair(
    text: str,
    check: Callable[[str], Sequence[Diagnostic]],
    *,
    unsafe: bool,
    limit: int = PASSES,
    prune: Callable[[str, str], Sequence[Edit]] | None = None,
    parses: Callable[[str], bool] | None = None,
    refused: Collection[str] = (),
) -> Repaired:
    """Check, fix and check again, until nothing is left to fix.

    Applies safe fixes, and with `unsafe` the unsafe ones; never those for display, nor one whose finding the probe
    refuted. `prune(before, after)` gives the edits that drop imports which the fixes left without use. Ends after
    `limit` passes, and before a text that was there already: where two rules disagree, the last new text stays.
    `parses` is as in `fixer.apply`; the fixes of findings whose fingerprints are `refused` are left out. Raises what
    `check` and `prune` raise.
    """
    original, seen = text, {text}
    fixed: Counter[str] = Counter()
    diagnostics = check(text)
    at_odds = False
    for _ in range(limit):
        wanted = [] if at_odds else [(each.code, each.fix) for each in diagnostics if wanted_fix(each, unsafe, refused)]
        tried, applied = apply(text, [fix for _, fix in wanted if fix is not None], parses)
        at_odds = bool(applied) and tried in seen
        if at_odds or not applied:
            edits = tuple(prune(original, text)) if prune is not None and fixed else ()
            tried, pruned = apply(text, [Fix("safe", "drop unused imports", True, edits)], parses)
            if not pruned or tried in seen:
                break
        else:
            fixed.update(wanted[index][0] for index in applied)
        text = tried
        seen.add(text)
        diagnostics = check(text)
    return Repaired(text, dict(fixed), tuple(diagnostics))


def wanted_fix(diagnostic: Diagnostic, unsafe: bool, refused: Collection[str] = ()) -> bool:
    """Whether the fix of a finding is to be applied."""
    fix, verdict = diagnostic.fix, diagnostic.verdict
    if fix is None or not fix.edits or (verdict is not None and verdict.status == "refuted"):
        return False
    if diagnostic.fingerprint in refused:
        return False
    return fix.applicability == "safe" or (unsafe and fix.applicability == "unsafe")
