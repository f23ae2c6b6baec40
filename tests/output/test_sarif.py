"""SARIF, held against its schema."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given, settings

from actlint.diagnostic import Notice, Report
from actlint.output import RenderOptions, renderer
from tests.output.examples import ANY_REPORTS, ANY_TEXT, BROKEN, CLEAN, REPORT, ROOT, UNDEFINED

DATA = Path(__file__).parent / "data"
VALIDATOR = jsonschema.Draft7Validator(json.loads((DATA / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")))
PAGE = (
    "# ACT401: undefined-attribute\n\nAn attribute is read\nthat nothing sets.\n\n## Why is this bad?\n\nIt raises.\n"
)
FULL = RenderOptions(url_root=ROOT, version="1.2.3", page=lambda code: PAGE if code == "ACT401" else None)


def sarif(reports: Sequence[Report], options: RenderOptions = FULL) -> Any:
    """The only run of the log, which fits the schema."""
    log = json.loads("".join(renderer("sarif")(reports, options)))
    VALIDATOR.validate(log)
    (run,) = log["runs"]
    return run


def test_the_schema_is_as_published() -> None:
    digest = hashlib.sha256((DATA / "sarif-schema-2.1.0.json").read_bytes()).hexdigest()
    assert f"`{digest}`" in (DATA / "README.md").read_text(encoding="utf-8")
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({"version": "2.1.0", "runs": [{"results": []}]})


def test_sarif_rules() -> None:
    driver = sarif([REPORT])["tool"]["driver"]
    assert (driver["name"], driver["version"], driver["informationUri"]) == ("actlint", "1.2.3", ROOT)
    assert [rule["id"] for rule in driver["rules"]] == ["ACT101", "ACT312", "ACT401"]
    assert driver["rules"][2] == {
        "id": "ACT401",
        "name": "undefined-attribute",
        "shortDescription": {"text": "An attribute is read that nothing sets."},
        "fullDescription": {"text": "An attribute is read that nothing sets."},
        "help": {"text": PAGE, "markdown": PAGE},
        "helpUri": ROOT + "undefined-attribute.md",
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["pytorch"], "problem.severity": "error"},
    }
    assert driver["rules"][1]["shortDescription"] == {"text": "rnn dropout single layer"}


def test_sarif_results() -> None:
    run = sarif([CLEAN, REPORT])
    assert run["columnKind"] == "unicodeCodePoints"
    undefined, safe, note = run["results"]
    assert undefined == {
        "ruleId": "ACT401",
        "ruleIndex": 2,
        "level": "error",
        "message": {"text": "`self.layers` is never assigned"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "models/mlp.py"},
                    "region": {
                        "startLine": 18,
                        "startColumn": 17,
                        "endLine": 18,
                        "endColumn": 28,
                        "message": {"text": "AttributeError when training_step runs"},
                    },
                }
            }
        ],
        "partialFingerprints": {"actlint/v1": "0123456789abcdef"},
        "relatedLocations": [
            {
                "id": 1,
                "physicalLocation": {
                    "artifactLocation": {"uri": "models/mlp.py"},
                    "region": {"startLine": 9, "startColumn": 9, "endLine": 9, "endColumn": 18},
                },
                "message": {"text": "`__init__` defines lin1, lin2"},
            }
        ],
        "fixes": [
            {
                "description": {"text": "call the model: `self(x)` (unsafe fix)"},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": "models/mlp.py"},
                        "replacements": [
                            {
                                "deletedRegion": {
                                    "startLine": 18,
                                    "startColumn": 21,
                                    "endLine": 18,
                                    "endColumn": 28,
                                },
                                "insertedContent": {"text": ""},
                            }
                        ],
                    }
                ],
            }
        ],
    }
    assert [r["insertedContent"]["text"] for r in safe["fixes"][0]["artifactChanges"][0]["replacements"]] == [
        "import a\n",
        "torch.tanh",
    ]
    assert safe["properties"] == {"conditions": ["`p` is true", "`q` is None"]}
    assert note["level"] == "note" and "fixes" not in note
    assert note["properties"] == {"verdict": {"status": "refuted", "evidence": "two layers ran"}}


def test_sarif_failures() -> None:
    assert sarif([CLEAN])["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]
    run = sarif([BROKEN])
    (invocation,) = run["invocations"]
    assert run["results"] == [] and invocation["executionSuccessful"] is False
    told = invocation["toolExecutionNotifications"]
    assert [(n["level"], n["message"]["text"]) for n in told] == [
        ("error", "ACT401 failed: ZeroDivisionError"),
        ("warning", "too deeply nested"),
        ("error", "gone"),
    ]
    assert told[1]["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 4}
    assert sarif([replace(CLEAN, notices=(Notice("a.py", "skipped"),))])["invocations"][0]["executionSuccessful"]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a/b c.py", "a/b%20c.py"),
        ("./a.py", "a.py"),
        ("../a.py", "../a.py"),
        ("é#%?:.py", "%C3%A9%23%25%3F%3A.py"),
        ("/abs/x y.py", "file:///abs/x%20y.py"),
        ("\udcff.py", "%FF.py"),
    ],
)
def test_sarif_uris(path: str, uri: str) -> None:
    run = sarif([replace(REPORT, path=path, diagnostics=(replace(UNDEFINED, path=path),))])
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_sarif_messages_hold_no_placeholders_and_links() -> None:
    run = sarif([replace(REPORT, diagnostics=(replace(UNDEFINED, message="`{0}` `{a}` `layers[0](1)` [x]"),))])
    assert run["results"][0]["message"]["text"] == "`{{0}}` `{a}` `layers\\[0](1)` [x]"


def test_sarif_fingerprints_differ() -> None:
    run = sarif([REPORT, replace(REPORT, diagnostics=(UNDEFINED, replace(UNDEFINED, fingerprint="")))])
    found = [result["partialFingerprints"]["actlint/v1"] for result in run["results"]]
    assert len(set(found)) == 5 and all(re.fullmatch("[0-9a-f]{16}", f) for f in found)


@given(ANY_TEXT.filter(lambda text: text.isprintable() and not text.startswith(("/", "./"))))
@settings(deadline=None)
def test_any_path_can_be_read_back_from_its_uri(path: str) -> None:
    run = sarif([replace(REPORT, path=path, diagnostics=(replace(UNDEFINED, path=path, related=()),))])
    assert unquote(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]) == path


@given(ANY_REPORTS)
@settings(deadline=None)
def test_any_report_fits_the_schema(reports: list[Report]) -> None:
    run = sarif(reports)
    assert len(run["results"]) == sum(not d.internal for report in reports for d in report.diagnostics)
