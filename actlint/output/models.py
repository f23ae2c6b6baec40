"""Runs of models as plain data, for JSON: everything that was seen, by kind."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable
from typing import Any

from actlint.diagnostic import Report
from actlint.observation import Observed
from actlint.output.options import RenderOptions
from actlint.output.records import record


def render(reports: Iterable[Report], runs: Iterable[Observed], options: RenderOptions) -> str:
    """An object with `findings`, as the format `json` of `check` has them, and `models` with their `evidence`."""
    found = [record(each, options) for report in reports for each in report.diagnostics]
    models = [_model(seen) for seen in runs]
    return json.dumps({"findings": found, "models": models}, indent=2) + "\n"


def _model(seen: Observed) -> dict[str, Any]:
    evidence: dict[str, Any] = {}
    for each in seen.seen:
        name = type(each).__name__.removeprefix("Observation")
        kind = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
        evidence.setdefault(kind, []).append(_plain(dataclasses.asdict(each)))
    return {
        "class": seen.name,
        "filename": seen.path,
        "trouble": seen.trouble or None,
        "seconds": round(seen.seconds, 2),
        "evidence": evidence,
    }


def _plain(value: Any) -> Any:
    """Values as JSON has them: what is not finite as text."""
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value
