"""No healthy model is accused, however odd it is and however much it looks like a sick one; each sick one is."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from actlint.observation import ObservationLayers, ObservationUnmeasured
from actlint.probe.probing import How
from tests.probe.probing import probed

TEXTS = {
    kind: (Path(__file__).parent / f"{kind}_models.py").read_text(encoding="utf-8")
    for kind in ("odd", "healthy", "sick")
}
DEFAULTS = {"seeds": 3, "steps": 20}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in ("odd", "healthy") for name in re.findall(r"(?m)^class (\w+)", TEXTS[kind])],
)
def test_nothing_is_found_in_it(kind: str, name: str, how: How) -> None:
    found = probed(TEXTS[kind], (), only=name, how=replace(how, **DEFAULTS))
    assert not found.notices
    (run,) = found.runs
    assert run.first(ObservationLayers) is not None, run.seen
    assert not run.all(ObservationUnmeasured), run.seen
    assert [(each.code, each.message) for each in found.diagnostics] == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), re.findall(r"(?m)^class (\w+)\(.*# (ACT\d+)$", TEXTS["sick"]))
def test_what_is_wrong_with_it_is_found(name: str, code: str, how: How) -> None:
    found = probed(TEXTS["sick"], (), only=name, how=replace(how, **DEFAULTS))
    assert code in {each.code for each in found.diagnostics}
    assert all(each.verdict is not None and each.verdict.status == "confirmed" for each in found.diagnostics)
