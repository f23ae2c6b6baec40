"""The formats for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actlint.diagnostic import Edit, Fix, Position, Report, Span, Verdict
from actlint.lines import line_starts, offset_of
from actlint.output import MODULES, TEXT_FORMATS, RenderOptions, renderer
from tests.output.examples import (
    ANY_REPORTS,
    BROKEN,
    CLEAN,
    FAILURE,
    MLP,
    NOTE,
    PLAIN,
    REPORT,
    ROOT,
    SAFE,
    UNDEFINED,
    on,
)

FULL = RenderOptions(url_root=ROOT, version="1.2.3")


def text(name: str, reports: Sequence[Report], options: RenderOptions = FULL) -> str:
    return "".join(renderer(name)(reports, options))


def parsed(name: str, reports: Sequence[Report], options: RenderOptions = FULL) -> Any:
    return json.loads(text(name, reports, options))


# ----------------------------------------------------------------------------------------------------------------- json


def test_json() -> None:
    first, second, third, failure = parsed("json", [CLEAN, REPORT, BROKEN])
    assert json.dumps(first) == json.dumps(
        {
            "code": "ACT401",
            "name": "undefined-attribute",
            "severity": "error",
            "message": "`self.layers` is never assigned",
            "label": "AttributeError when training_step runs",
            "filename": "models/mlp.py",
            "location": {"row": 18, "column": 17},
            "end_location": {"row": 18, "column": 28},
            "related": [
                {
                    "message": "`__init__` defines lin1, lin2",
                    "filename": "models/mlp.py",
                    "location": {"row": 9, "column": 9},
                    "end_location": {"row": 9, "column": 18},
                }
            ],
            "conditions": [],
            "fix": {
                "applicability": "unsafe",
                "message": "call the model: `self(x)`",
                "checkpoint_compatible": True,
                "edits": [
                    {"content": "", "location": {"row": 18, "column": 21}, "end_location": {"row": 18, "column": 28}}
                ],
            },
            "verdict": None,
            "url": ROOT + "undefined-attribute.md",
            "fingerprint": "0123456789abcdef",
        }
    )
    assert second["conditions"] == ["`p` is true", "`q` is None"]
    assert third["fix"] is None and third["verdict"] == {"status": "refuted", "evidence": "two layers ran"}
    assert failure["code"] == "ACT999" and failure["url"] is None
    assert parsed("json", [REPORT], PLAIN)[0]["url"] is None


def test_json_text() -> None:
    assert text("json", [CLEAN]) == "[]\n"
    shown = text("json", [REPORT, REPORT])
    assert shown.startswith('[\n  {\n    "code": "ACT401",\n') and shown.endswith("\n  }\n]\n")
    assert shown == json.dumps(json.loads(shown), indent=2) + "\n"


def test_json_lines() -> None:
    lines = text("json-lines", [CLEAN, REPORT, BROKEN]).split("\n")
    assert lines.pop() == ""
    assert [json.loads(line) for line in lines] == parsed("json", [CLEAN, REPORT, BROKEN])
    assert text("json-lines", [CLEAN]) == ""


# ------------------------------------------------------------------------------------------------------- other services


def test_github() -> None:
    assert text("github", [CLEAN, REPORT, BROKEN]) == (
        "::error title=actlint (ACT401),file=models/mlp.py,line=18,col=17,endLine=18,endColumn=28"
        "::models/mlp.py:18:17: ACT401 `self.layers` is never assigned%0A  help: call the model: `self(x)`\n"
        "::warning title=actlint (ACT101),file=models/mlp.py,line=13,col=26,endLine=13,endColumn=36"
        "::models/mlp.py:13:26: ACT101 `F.tanh` is a legacy alias (when `p` is true and `q` is None)"
        "%0A  help: use `torch.tanh`\n"
        "::notice title=actlint (ACT312),file=models/mlp.py,line=15,endLine=17"
        "::models/mlp.py:15:5: ACT312 dropout does nothing (refuted)\n"
        "::error title=actlint (ACT999),file=models/mlp.py,line=1,col=1,endLine=1,endColumn=1"
        "::models/mlp.py:1:1: ACT999 ACT401 failed: ZeroDivisionError\n"
    )


def test_github_escapes() -> None:
    found = replace(NOTE, path="a,b:c%\n.py", message="50 %\r\n::error::x", span=on(1, 1, 2), verdict=None)
    assert text("github", [Report(found.path, "", (found,))]) == (
        "::notice title=actlint (ACT312),file=a%2Cb%3Ac%25\\n.py,line=1,col=1,endLine=1,endColumn=2"
        "::a,b:c%25\\n.py:1:1: ACT312 50 %25\\r\\n::error::x\n"
    )


def test_gitlab() -> None:
    entries = parsed("gitlab", [CLEAN, REPORT, BROKEN])
    assert entries[0] == {
        "check_name": "ACT401",
        "description": "ACT401: `self.layers` is never assigned",
        "severity": "critical",
        "fingerprint": "0123456789abcdef",
        "location": {
            "path": "models/mlp.py",
            "positions": {"begin": {"line": 18, "column": 17}, "end": {"line": 18, "column": 28}},
        },
    }
    assert [entry["severity"] for entry in entries] == ["critical", "major", "info", "blocker"]
    assert parsed("gitlab", [CLEAN]) == []


def test_gitlab_fingerprints_are_unique_and_repeatable() -> None:
    same = replace(REPORT, diagnostics=(replace(UNDEFINED, fingerprint=""),) * 3 + (UNDEFINED,) * 2)
    found = [entry["fingerprint"] for entry in parsed("gitlab", [same])]
    assert len(set(found)) == 5 and found[3] == UNDEFINED.fingerprint
    assert found == [entry["fingerprint"] for entry in parsed("gitlab", [same])]


def test_junit() -> None:
    root = ElementTree.fromstring(text("junit", [CLEAN, REPORT, BROKEN]))
    assert root.attrib == {"name": "actlint", "tests": "4", "failures": "2", "errors": "1", "skipped": "1"}
    assert [(s.get("name"), s.get("tests"), s.get("errors")) for s in root] == [
        ("models/mlp.py", "3", "0"),
        ("b.py", "1", "1"),
    ]
    case = root[0][0]
    assert case.attrib == {
        "name": "ACT401 undefined-attribute",
        "classname": "models/mlp.py",
        "file": "models/mlp.py",
        "line": "18",
        "column": "17",
    }
    assert (case[0].tag, case[0].get("type"), case[0].get("message")) == (
        "failure",
        "error",
        "`self.layers` is never assigned",
    )
    assert case[0].text == "line 18, column 17: `self.layers` is never assigned\nhelp: call the model: `self(x)`"
    assert root[1][0][0].tag == "error"


def test_junit_without_findings_has_a_case_that_passed() -> None:
    root = ElementTree.fromstring(text("junit", [CLEAN]))
    assert root.get("tests") == "1" and root.get("failures") == "0"
    assert [len(case) for case in root.iter("testcase")] == [0]


def test_rdjson() -> None:
    result = parsed("rdjson", [CLEAN, REPORT])
    assert result["source"] == {"name": "actlint", "url": ROOT} and result["severity"] == "WARNING"
    first, second, third = result["diagnostics"]
    assert first == {
        "message": "`self.layers` is never assigned",
        "location": {
            "path": "models/mlp.py",
            "range": {"start": {"line": 18, "column": 17}, "end": {"line": 18, "column": 28}},
        },
        "severity": "ERROR",
        "code": {"value": "ACT401", "url": ROOT + "undefined-attribute.md"},
        "suggestions": [
            {"range": {"start": {"line": 18, "column": 21}, "end": {"line": 18, "column": 28}}, "text": ""}
        ],
    }
    (suggestion,) = second["suggestions"]
    assert suggestion["range"] == {"start": {"line": 1, "column": 1}, "end": {"line": 13, "column": 36}}
    lines = MLP.split("\n")
    assert suggestion["text"] == "\n".join(["import a", *lines[:12], lines[12][:25] + "torch.tanh"])
    assert third["severity"] == "INFO" and "suggestions" not in third


def test_rdjson_counts_bytes() -> None:
    found = replace(UNDEFINED, path="m.py", span=on(1, 2, 4), fix=Fix("safe", "m", True, (Edit(on(1, 3, 4), "é"),)))
    (entry,) = parsed("rdjson", [Report("m.py", "a\U00010400b\n", (found,))])["diagnostics"]
    assert entry["location"]["range"] == {"start": {"line": 1, "column": 2}, "end": {"line": 1, "column": 7}}
    assert entry["suggestions"] == [
        {"range": {"start": {"line": 1, "column": 6}, "end": {"line": 1, "column": 7}}, "text": "é"}
    ]


def test_fixes_that_are_only_shown_are_not_offered_to_programs() -> None:
    shown = replace(SAFE, fix=Fix("display", "m", True, (Edit(on(1, 1, 1), "x"),)))
    report = replace(REPORT, diagnostics=(shown,))
    assert "suggestions" not in parsed("rdjson", [report])["diagnostics"][0]
    assert "fixes" not in parsed("sarif", [report])["runs"][0]["results"][0]


# ------------------------------------------------------------------------------------------------------------- any text


@given(ANY_REPORTS)
@settings(deadline=None)
def test_any_report(reports: list[Report]) -> None:
    total = sum(len(report.diagnostics) for report in reports)
    assert [d["message"] for d in parsed("json", reports)] == [d.message for r in reports for d in r.diagnostics]
    assert text("json-lines", reports).count("\n") == total
    assert len(parsed("rdjson", reports)["diagnostics"]) == total
    assert len({entry["fingerprint"] for entry in parsed("gitlab", reports)}) == total
    assert len(ElementTree.fromstring(text("junit", reports)).findall(".//testcase")) == max(total, 1)
    commands = text("github", reports).split("\n")
    assert len(commands) == total + 1 and all(re.match("::(error|warning|notice) title=", c) for c in commands[:-1])
    for name in MODULES.keys() - TEXT_FORMATS:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", text(name, reports))


_EDITS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 3), st.sampled_from(["", "x", "é\n"])), min_size=1, max_size=4
)


@given(st.text(alphabet="aé\n", min_size=30, max_size=40), _EDITS)
@settings(deadline=None)
def test_the_suggestion_of_rdjson_makes_all_edits(source: str, drawn: list[tuple[int, int, str]]) -> None:
    starts, edits, expected, taken = line_starts(source), [], source, len(source) + 1
    for at, length, content in sorted(drawn, reverse=True):
        end = min(at + length, len(source))
        if end < taken:
            edits.append(Edit(Span(_at(starts, at), _at(starts, end)), content))
            expected, taken = expected[:at] + content + expected[end:], at
    found = replace(UNDEFINED, span=on(1, 1, 1), fix=Fix("safe", "m", True, tuple(edits)))
    (entry,) = parsed("rdjson", [Report("m.py", source, (found,))])["diagnostics"]
    (suggestion,) = entry["suggestions"]
    data = source.encode()
    rows = [0, *(i + 1 for i, byte in enumerate(data) if byte == ord("\n"))]
    start, end = (
        rows[p["line"] - 1] + p["column"] - 1 for p in (suggestion["range"]["start"], suggestion["range"]["end"])
    )
    assert (data[:start] + suggestion["text"].encode() + data[end:]).decode() == expected


def _at(starts: Sequence[int], offset: int) -> Position:
    row = max(number for number, start in enumerate(starts, 1) if start <= offset)
    position = Position(row, offset - starts[row - 1] + 1)
    assert offset_of(starts, position) == offset
    return position


def test_failures_are_in_every_format_for_programs() -> None:
    for name in MODULES.keys() - TEXT_FORMATS:
        assert "ACT401 failed" in text(name, [BROKEN])
        assert FAILURE.path in text(name, [BROKEN])


# ------------------------------------------------------------------------------------------------------------- verdicts


def judged(status: Literal["confirmed", "refuted"]) -> list[Report]:
    return [replace(REPORT, diagnostics=(replace(UNDEFINED, verdict=Verdict(status, "the evidence")),))]


@pytest.mark.parametrize("name", MODULES)
def test_every_format_carries_the_verdict(name: str) -> None:
    assert "confirmed" in text(name, judged("confirmed")) and "refuted" in text(name, judged("refuted"))


@pytest.mark.parametrize(
    ("name", "confirmed", "refuted"),
    [
        ("github", "::error ", "::notice "),
        ("gitlab", '"critical"', '"info"'),
        ("rdjson", '"ERROR"', '"INFO"'),
        ("sarif", '"level": "error",\n          "message"', '"level": "note",\n          "message"'),
        ("junit", 'failures="1" errors="0" skipped="0"', 'failures="0" errors="0" skipped="1"'),
    ],
)
def test_what_is_refuted_weighs_nothing_for_services(name: str, confirmed: str, refuted: str) -> None:
    assert confirmed in text(name, judged("confirmed")) and refuted not in text(name, judged("confirmed"))
    assert refuted in text(name, judged("refuted")) and confirmed not in text(name, judged("refuted"))
