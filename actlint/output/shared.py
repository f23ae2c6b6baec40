"""What several formats say of a diagnostic in the same way."""

from __future__ import annotations

from collections.abc import Iterable

from actlint.diagnostic import Diagnostic, Report, Severity
from actlint.fingerprint import fingerprint
from actlint.globs import slashed
from actlint.output.cells import printable
from actlint.output.options import RenderOptions

NAME = "actlint"


def findings(report: Report) -> tuple[Diagnostic, ...]:
    """The diagnostics that speak of the user's code, not of a failure of actlint."""
    return tuple(d for d in report.diagnostics if not d.internal)


def all_findings(reports: Iterable[Report]) -> list[Diagnostic]:
    """The findings of all reports."""
    return [diagnostic for report in reports for diagnostic in findings(report)]


def applicable(diagnostic: Diagnostic, unsafe: bool) -> bool:
    """Whether `--fix` (with `unsafe`: and `--unsafe-fixes`) would repair it."""
    fix = diagnostic.fix
    if fix is None or not fix.edits:
        return False
    return fix.applicability == "safe" or (unsafe and fix.applicability == "unsafe")


def counts(diagnostic: Diagnostic) -> bool:
    """Whether it sets the exit code: it is no mere information, and the probe did not refute it."""
    return weight(diagnostic) != "info"


def weight(diagnostic: Diagnostic) -> Severity:
    """The severity for services that act on it: what the probe refuted is said, and no more than that."""
    return "info" if refuted(diagnostic) else diagnostic.severity


def refuted(diagnostic: Diagnostic) -> bool:
    """Whether the probe saw that it does not hold."""
    return diagnostic.verdict is not None and diagnostic.verdict.status == "refuted"


def url(diagnostic: Diagnostic, options: RenderOptions) -> str | None:
    """The address of the page of the diagnostic's rule."""
    return f"{options.url_root}{diagnostic.name}.md" if options.url_root and not diagnostic.internal else None


def place(diagnostic: Diagnostic) -> str:
    """`path:row:column`."""
    start = diagnostic.span.start
    return f"{printable(diagnostic.path)}:{start.row}:{start.column}"


def one_line(diagnostic: Diagnostic, options: RenderOptions) -> str:
    """`CODE [*] message`, with the conditions and the verdict; `[*]` says that `--fix` would repair it."""
    mark = "[*] " if applicable(diagnostic, options.unsafe_fixes) else ""
    return f"{diagnostic.code} {mark}{printable(said(diagnostic))}"


def said(diagnostic: Diagnostic) -> str:
    """The message, when it holds, and what the probe says of it."""
    more = [f"when {' and '.join(diagnostic.conditions)}"] if diagnostic.conditions else []
    if diagnostic.verdict is not None:
        more.append(diagnostic.verdict.status)
    return diagnostic.message + (f" ({'; '.join(more)})" if more else "")


def as_posix(path: str) -> str:
    """A path with slashes and without `./` before it, as services on the net want it."""
    return slashed(path).removeprefix("./")


def identity(diagnostic: Diagnostic, taken: set[str]) -> str:
    """The diagnostic's fingerprint, or one made here where it has none or `taken` already has it; `taken` gets it."""
    found, occurrence = diagnostic.fingerprint, 0
    while not found or found in taken:
        found = fingerprint(diagnostic.code, diagnostic.path, "", diagnostic.message, occurrence)
        occurrence += 1
    taken.add(found)
    return found
