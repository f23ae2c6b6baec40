"""What is said of all findings together: a summary, counts by rule, and the fixes that were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from actlint.diagnostic import Diagnostic, Report
from actlint.output.cells import painter, printable
from actlint.output.options import RenderOptions
from actlint.output.shared import all_findings, applicable, counts, place


def closing(reports: Sequence[Report], options: RenderOptions) -> str:
    """What follows the findings in a format for people: the fixes made, where that is wanted, and the summary."""
    made = show_fixes(reports, options) if options.show_fixes else ""
    return (f"{made}\n" if made else "") + summary(reports, options)


def summary(reports: Sequence[Report], options: RenderOptions) -> str:
    """`Found 3 errors (1 fixable with --fix, 1 more with --unsafe-fixes).`, with a line end.

    Errors are findings that set the exit code; information and refuted findings are counted apart.
    """
    found = all_findings(reports)
    fixed = sum(sum(report.fixed.values()) for report in reports)
    errors = sum(map(counts, found))
    notes = sum(d.severity == "info" for d in found)
    refuted = len(found) - errors - notes
    if not found and not fixed:
        broken = any(d.internal for report in reports for d in report.diagnostics)
        if broken or any(notice.failure for report in reports for notice in report.notices):
            return "Found no errors, but not everything could be checked.\n"
        return "All checks passed!\n"
    parts = [_number(errors + fixed, "error")] if errors + fixed else []
    parts += [_number(notes, "note")] if notes else []
    parts += [_number(refuted, "refuted finding")] if refuted else []
    text = f"Found {_listed(parts)}"
    fixable = _fixable(found, options.unsafe_fixes)
    if fixed:
        more = f" {fixable[0].upper()}{fixable[1:]}." if fixable else ""
        return f"{text} ({fixed} fixed, {errors} remaining).{more}\n"
    return f"{text} ({fixable}).\n" if fixable else f"{text}.\n"


def would_fix(reports: Sequence[Report], options: RenderOptions) -> str:
    """What `--diff` says of fixes that it did not write: `Would fix 4 errors (3 more with --unsafe-fixes).`"""
    fixed = sum(sum(report.fixed.values()) for report in reports)
    unsafe = 0 if options.unsafe_fixes else sum(applicable(d, True) for d in all_findings(reports))
    more = f" ({unsafe} {'more' if fixed else 'fixable'} with --unsafe-fixes)" if unsafe else ""
    return f"Would fix {_number(fixed, 'error')}{more}.\n" if fixed else f"No errors would be fixed{more}.\n"


def show_fixes(reports: Iterable[Report], options: RenderOptions) -> str:
    """The fixes that were made, by file and rule; empty where there are none."""
    paint = painter(options.color)
    lines, total = [], 0
    for report in reports:
        made = sorted(((n, code) for code, n in report.fixed.items() if n), key=lambda item: (-item[0], item[1]))
        if not made:
            continue
        total += sum(n for n, _ in made)
        lines.append(f"- {paint(printable(report.path), 'bold')}:")
        for number, code in made:
            name = f" ({options.names[code]})" if code in options.names else ""
            lines.append(f"    {number} × {code}{name}")
    return "".join(f"{line}\n" for line in [f"Fixed {_number(total, 'error')}:", *lines]) if lines else ""


def statistics(reports: Iterable[Report], options: RenderOptions) -> str:
    """One line a rule, the most frequent first: how often, its code, whether all `[*]` or some `[-]` are fixable."""
    lines = []
    rows = _statistics(reports, options)
    width = max((len(str(count)) for _, count, _ in rows), default=0)
    for diagnostic, count, fixable in rows:
        mark = "[*]" if fixable == count else "[-]" if fixable else "[ ]"
        lines.append(f"{count:>{width}}\t{diagnostic.code}\t{mark} {diagnostic.name}\n")
    return "".join(lines)


def json_statistics(reports: Iterable[Report], options: RenderOptions) -> str:
    """The same as a JSON list."""
    import json

    return (
        json.dumps(
            [
                {
                    "code": diagnostic.code,
                    "name": diagnostic.name,
                    "count": count,
                    "fixable": fixable > 0,
                    "fixable_count": fixable,
                }
                for diagnostic, count, fixable in _statistics(reports, options)
            ],
            indent=2,
        )
        + "\n"
    )


def failures(reports: Iterable[Report]) -> Iterator[str]:
    """A line for stderr for each notice and each failure of actlint itself, which the formats for people leave out."""
    for report in reports:
        for notice in report.notices:
            where = [str(part) for part in (notice.row, notice.column) if part is not None]
            kind = "error" if notice.failure else "warning"
            yield f"{kind}: {':'.join([printable(notice.path), *where])}: {printable(notice.message)}\n"
        for diagnostic in report.diagnostics:
            if diagnostic.internal:
                yield f"error: {place(diagnostic)}: {printable(diagnostic.message)}\n"


def _statistics(reports: Iterable[Report], options: RenderOptions) -> list[tuple[Diagnostic, int, int]]:
    found = all_findings(reports)
    total = Counter(d.code for d in found)
    fixable = Counter(d.code for d in found if applicable(d, options.unsafe_fixes))
    first = {d.code: d for d in reversed(found)}
    return [(first[code], total[code], fixable[code]) for code in sorted(total, key=lambda code: (-total[code], code))]


def _fixable(found: Sequence[Diagnostic], unsafe_enabled: bool) -> str:
    safe = sum(applicable(d, unsafe_enabled) for d in found)
    unsafe = sum(applicable(d, True) for d in found) - safe
    if not safe:
        return f"{unsafe} fixable with --fix --unsafe-fixes" if unsafe else ""
    return f"{safe} fixable with --fix" + (f", {unsafe} more with --unsafe-fixes" if unsafe else "")


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
