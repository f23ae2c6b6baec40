"""SARIF 2.1.0, as code scanning services and editors read it."""

from __future__ import annotations

import json
import os.path
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from actlint.diagnostic import Diagnostic, Fix, Notice, Report, Severity, Span
from actlint.globs import slashed
from actlint.output.options import RenderOptions, Texts, no_text
from actlint.output.shared import NAME, identity, said, url, weight

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_LINK = re.compile(r"(\[[^\[\]]*\]\()")
_HEADING = re.compile(r"#[^\n]*\n\s*")


def render(reports: Iterable[Report], options: RenderOptions, texts: Texts = no_text) -> Iterator[str]:
    """One run; failures of actlint and notices are notifications of its invocation, findings are results."""
    reports = list(reports)
    found = [d for report in reports for d in report.diagnostics if not d.internal]
    failed = [d for report in reports for d in report.diagnostics if d.internal]
    notices = [notice for report in reports for notice in report.notices]
    rules = {code: next(d for d in found if d.code == code) for code in sorted({d.code for d in found})}
    index = {code: number for number, code in enumerate(rules)}
    taken: set[str] = set()
    driver = {"name": NAME, "rules": [_rule(d, options) for d in rules.values()]}
    if options.version:
        driver["version"] = options.version
    if options.url_root:
        driver["informationUri"] = options.url_root
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not failed and not any(notice.failure for notice in notices),
                "toolExecutionNotifications": [_failure(d) for d in failed] + [_notice(n) for n in notices],
            }
        ],
        "results": [_result(d, index[d.code], taken) for d in found],
    }
    yield json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(diagnostic: Diagnostic, options: RenderOptions) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": diagnostic.code, "name": diagnostic.name}
    if page := options.page(diagnostic.code):
        summary = " ".join(_HEADING.sub("", page, count=1).split("\n\n")[0].split())
        rule["shortDescription"] = {"text": summary or diagnostic.name}
        rule["fullDescription"] = {"text": summary or diagnostic.name}
        rule["help"] = {"text": page, "markdown": page}
    else:
        rule["shortDescription"] = {"text": diagnostic.name.replace("-", " ")}
    if address := url(diagnostic, options):
        rule["helpUri"] = address
    level = _LEVELS[diagnostic.severity]
    rule["defaultConfiguration"] = {"level": level}
    # Code scanning on GitHub reads this property, and calls notes recommendations.
    rule["properties"] = {"tags": ["pytorch"], "problem.severity": "recommendation" if level == "note" else level}
    return rule


def _result(diagnostic: Diagnostic, index: int, taken: set[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": index,
        "level": _LEVELS[weight(diagnostic)],
        "message": _message(said(diagnostic)),
        "locations": [_location(diagnostic.path, diagnostic.span, diagnostic.label)],
        "partialFingerprints": {f"{NAME}/v1": identity(diagnostic, taken)},
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {"id": number} | _location(related.path, related.span, "") | {"message": _message(related.message)}
            for number, related in enumerate(diagnostic.related, 1)
        ]
    if diagnostic.fix is not None and diagnostic.fix.edits and diagnostic.fix.applicability != "display":
        result["fixes"] = [_fix(diagnostic.path, diagnostic.fix)]
    properties: dict[str, Any] = {}
    if diagnostic.conditions:
        properties["conditions"] = list(diagnostic.conditions)
    if diagnostic.verdict is not None:
        properties["verdict"] = {"status": diagnostic.verdict.status, "evidence": diagnostic.verdict.evidence}
    if properties:
        result["properties"] = properties
    return result


def _fix(path: str, fix: Fix) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.content}} for edit in fix.edits
    ]
    return {
        "description": _message(f"{fix.message} ({fix.applicability} fix)"),
        "artifactChanges": [{"artifactLocation": {"uri": _uri(path)}, "replacements": replacements}],
    }


def _failure(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "level": "error",
        "message": _message(diagnostic.message),
        "locations": [_location(diagnostic.path, diagnostic.span, "")],
    }


def _notice(notice: Notice) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {"uri": _uri(notice.path)}}}
    if notice.row is not None:
        column = {} if notice.column is None else {"startColumn": notice.column}
        location["physicalLocation"]["region"] = {"startLine": notice.row} | column
    return {
        "level": "error" if notice.failure else "warning",
        "message": _message(notice.message),
        "locations": [location],
    }


def _location(path: str, span: Span, label: str) -> dict[str, Any]:
    region = _region(span) | ({"message": _message(label)} if label else {})
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": region}}


def _region(span: Span) -> dict[str, int]:
    start, end = span.start, span.end
    return {"startLine": start.row, "startColumn": start.column, "endLine": end.row, "endColumn": end.column}


def _message(text: str) -> dict[str, str]:
    # `{0}` would be a placeholder for an argument, and `[x](y)` a link: code in a message has both.
    return {"text": _LINK.sub(r"\\\1", _PLACEHOLDER.sub(r"{{\1}}", text))}


def _uri(path: str) -> str:
    parts: Sequence[str] = os.path.splitdrive(path)
    if os.path.isabs(path):
        return "file://" + ("/" + parts[0] if parts[0] else "") + _quoted(slashed(parts[1]))
    return _quoted(slashed(path).removeprefix("./"))


def _quoted(path: str) -> str:
    """Percent-encoded: a name that is no text is its bytes; half a character, which no file has, is let pass."""
    try:
        return quote(path, errors="surrogateescape")
    except UnicodeEncodeError:
        return quote(path, errors="surrogatepass")
