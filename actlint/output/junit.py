"""JUnit's XML: a suite for each file, a failed case for each finding, a case in error where actlint itself failed.

A finding that the probe refuted is a case that was skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from actlint.diagnostic import Diagnostic, Report
from actlint.output.cells import printable
from actlint.output.options import RenderOptions, Texts, no_text
from actlint.output.shared import NAME, refuted, said

_NOT_XML = re.compile("[\ufffe\uffff]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def render(reports: Iterable[Report], options: RenderOptions, texts: Texts = no_text) -> Iterator[str]:
    """The document; where there is no finding at all it has one case that passed, since a report must have one."""
    suites = [(report.path, report.diagnostics) for report in reports if report.diagnostics]
    found = [diagnostic for _, diagnostics in suites for diagnostic in diagnostics]
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<testsuites {_suite(NAME, found)}>\n"
    if not suites:
        yield f"  <testsuite {_suite(NAME, [])}>\n"
        yield f'    <testcase name="no findings" classname={_quoted(NAME)}/>\n'
        yield "  </testsuite>\n"
    for path, diagnostics in suites:
        yield f"  <testsuite {_suite(printable(path), diagnostics)}>\n"
        for diagnostic in diagnostics:
            yield _case(diagnostic)
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _suite(name: str, diagnostics: Sequence[Diagnostic]) -> str:
    errors = sum(d.internal for d in diagnostics)
    skipped = sum(map(refuted, diagnostics))
    total, failures = len(diagnostics) or 1, len(diagnostics) - errors - skipped
    return f'name={_quoted(name)} tests="{total}" failures="{failures}" errors="{errors}" skipped="{skipped}"'


def _case(diagnostic: Diagnostic) -> str:
    start = diagnostic.span.start
    path = printable(diagnostic.path)
    kind = "error" if diagnostic.internal else "skipped" if refuted(diagnostic) else "failure"
    typed = "" if kind == "skipped" else f" type={_quoted(diagnostic.severity)}"
    message = printable(said(diagnostic))
    text = f"line {start.row}, column {start.column}: {message}"
    if diagnostic.fix is not None:
        text += f"\nhelp: {printable(diagnostic.fix.message)}"
    return (
        f"    <testcase name={_quoted(f'{diagnostic.code} {diagnostic.name}')} classname={_quoted(path)} "
        f'file={_quoted(path)} line="{start.row}" column="{start.column}">\n'
        f"      <{kind}{typed} message={_quoted(message)}>{_text(text)}</{kind}>\n"
        "    </testcase>\n"
    )


def _text(text: str) -> str:
    """A printable text as XML. Of printable characters XML forbids only two, which `printable` takes for new ones."""
    text = _NOT_XML.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
    return re.sub('[&<>"]', lambda match: _ENTITIES[match[0]], text)


def _quoted(text: str) -> str:
    return f'"{_text(text)}"'
