"""The pages of measured rules: what stands there is what the probe finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from actlint.probe.probing import How
from actlint.testing import cases, parse
from actlint.testing.cases import File
from tests.probe.probing import MEASURED, probed

ROOT = Path(__file__).parent.parent.parent


def blocks() -> list[tuple[str, File]]:
    found = []
    for name in MEASURED.values():
        page = ROOT / "rules" / f"{name}.md"
        for case in cases(parse(page.name, page.read_text(encoding="utf-8"))):
            found += [(f"{name}:{file.line}", file) for file in case.files if file.words.probe]
    return found


def test_every_measured_rule_shows_a_sick_and_a_healthy_model() -> None:
    for name in MEASURED.values():
        expected = [bool(file.expected) for where, file in blocks() if where.startswith(f"{name}:")]
        assert any(expected) and not all(expected), name


@pytest.mark.parametrize(("where", "file"), blocks(), ids=[where for where, _ in blocks()])
def test_the_probe_finds_what_the_page_says(where: str, file: File, how: How) -> None:
    found = probed(
        file.text, (), how=how, names={code: name for code, name in MEASURED.items() if where.startswith(f"{name}:")}
    )
    assert not found.notices and found.runs
    wanted = {(each.row, each.code, each.part) for each in file.expected}
    here = [(each.span.start.row, each.code, each.message) for each in found.diagnostics]
    assert len(here) == len(wanted), here
    for row, code, part in wanted:
        assert any((row, code) == each[:2] and (part or "") in each[2] for each in here), here
