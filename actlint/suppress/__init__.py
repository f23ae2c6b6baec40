"""Comments that silence findings, and which of them silence nothing.

`# actlint: ignore[ACT201]` at the end of a line silences findings that start on any row of that logical line; alone on
its line, those of the next logical line, and above decorators those of the whole header. `# actlint: ignore-file[ACT2]`
before the first statement or right after the docstring silences the file. In the brackets are codes, prefixes of codes,
names, or `ALL`; without brackets a comment silences everything but ACT002. `# noqa` is read as flake8 reads it.

ACT002 judges `actlint:` comments, and in a `noqa` only codes of rules that exist; of both, only rules that ran.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from actlint.diagnostic import Diagnostic
from actlint.suppress.comments import layout
from actlint.suppress.directives import UNUSED, Directive, Entry, File, directives
from actlint.suppress.unused import Place, problems, unused

__all__ = ["Suppressed", "suppress"]


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The findings that are left, how many were silenced, and the ACT002 findings by position."""

    kept: tuple[Diagnostic, ...]
    silenced_count: int
    unused: tuple[Diagnostic, ...]


def suppress(
    path: str,
    text: str,
    diagnostics: Sequence[Diagnostic],
    *,
    ran: frozenset[str],
    known: Mapping[str, str],
    unused_rule_active: bool,
    usual: frozenset[str] = frozenset(),
) -> Suppressed:
    """Divide a file's findings into those that its comments silence and those that are left, and judge the comments.

    `ran` are the codes of the rules that ran, `known` all rules' names by code. A comment that stands for several rules
    (`ignore[ACT2]`, or `ignore` alone) is judged only if all of them that are in `usual` ran: these are the rules of an
    ordinary run, so that a run of fewer does not call the comment unused. Failures of actlint itself are not silenced.
    """
    everything = Suppressed(tuple(diagnostics), 0, ())
    if "actlint" not in text and "noqa" not in text.lower():
        return everything
    if not diagnostics and not (unused_rule_active and _may_be_judged(known).search(text)):
        return everything
    file = File(path, text, layout(text), known)
    found = directives(file)
    if not found:
        return everything
    used: set[Place] = set()
    kept = _kept(diagnostics, found, used)
    wrong: list[Diagnostic] = []
    if unused_rule_active:
        wrong = [*problems(file, found), *unused(file, found, used, ran - {UNUSED}, usual - {UNUSED})]
        wrong = _kept(wrong, found, used)
        # Only now it is known which of the entries that silence ACT002 were of use.
        wrong += unused(file, found, used, ran & {UNUSED}, frozenset(known))
    return Suppressed(tuple(kept), len(diagnostics) - len(kept), tuple(sorted(wrong, key=lambda d: d.span)))


def _may_be_judged(known: Mapping[str, str]) -> re.Pattern[str]:
    """Finds in a text what may be a comment that ACT002 judges, which most `noqa` are not."""
    letters = "|".join(sorted({code.rstrip("0123456789") for code in known} | {"ACT"}))
    return re.compile(rf"#\s*actlint\b|(?i:#\s*noqa\s*:[^#\r\n]*\b(?:{letters})[0-9])")


def _kept(diagnostics: Iterable[Diagnostic], found: Sequence[Directive], used: set[Place]) -> list[Diagnostic]:
    """The diagnostics that nothing silences; `used` gets the place of everything that does silence one."""
    diagnostics = list(diagnostics)
    rows = sorted({d.span.start.row for d in diagnostics})
    over: dict[int, list[int]] = {row: [] for row in rows}
    for index, directive in enumerate(found):
        if not directive.problem:
            covered = set(rows[bisect_left(rows, directive.first) : bisect_right(rows, directive.last)])
            # What is said of a comment itself can be silenced in it.
            for row in covered | ({directive.comment.row} & over.keys()):
                over[row].append(index)
    kept = []
    for diagnostic in diagnostics:
        by: list[Place] = []
        if not diagnostic.internal:
            for index in over[diagnostic.span.start.row]:
                by += ((index, entry) for entry in _silencing(found[index], diagnostic.code))
        used.update(by)
        if not by:
            kept.append(diagnostic)
    return kept


def _silencing(directive: Directive, code: str) -> list[int | None]:
    """The indices of the entries that silence a code, None for a directive without entries that does."""
    if directive.entries is None:
        return [] if code == UNUSED and not directive.noqa else [None]
    return [index for index, entry in enumerate(directive.entries) if code in entry.codes and _means(entry, code)]


def _means(entry: Entry, code: str) -> bool:
    # `ALL` and `ACT` would silence that they themselves are unused.
    return code != UNUSED or not (entry.text.isalpha() and entry.text.isupper())
