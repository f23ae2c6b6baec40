"""Diagnostics as plain data, for the JSON formats and all that is built on them."""

from __future__ import annotations

from typing import Any

from actlint.diagnostic import Diagnostic, Position
from actlint.output.options import RenderOptions
from actlint.output.shared import url


def record(diagnostic: Diagnostic, options: RenderOptions) -> dict[str, Any]:
    """A diagnostic as a JSON object. Rows and columns count from 1, columns in characters; ends are exclusive."""
    fix, verdict = diagnostic.fix, diagnostic.verdict
    return {
        "code": diagnostic.code,
        "name": diagnostic.name,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "label": diagnostic.label,
        "filename": diagnostic.path,
        "location": position(diagnostic.span.start),
        "end_location": position(diagnostic.span.end),
        "related": [
            {
                "message": related.message,
                "filename": related.path,
                "location": position(related.span.start),
                "end_location": position(related.span.end),
            }
            for related in diagnostic.related
        ],
        "conditions": list(diagnostic.conditions),
        "fix": fix
        and {
            "applicability": fix.applicability,
            "message": fix.message,
            "checkpoint_compatible": fix.checkpoint_compatible,
            "edits": [
                {
                    "content": edit.content,
                    "location": position(edit.span.start),
                    "end_location": position(edit.span.end),
                }
                for edit in fix.edits
            ],
        },
        "verdict": verdict and {"status": verdict.status, "evidence": verdict.evidence},
        "url": url(diagnostic, options),
        "fingerprint": diagnostic.fingerprint,
    }


def position(at: Position) -> dict[str, int]:
    """A position as a JSON object."""
    return {"row": at.row, "column": at.column}
