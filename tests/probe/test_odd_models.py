"""No healthy model is accused, however odd it is."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from actlint.observation import ObservationLayers
from actlint.probe.probing import How
from tests.probe.probing import probed

TEXT = (Path(__file__).parent / "odd_models.py").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", re.findall(r"(?m)^class (\w+)", TEXT))
def test_nothing_is_found_in_it(name: str, how: How) -> None:
    found = probed(TEXT, (), only=name, how=replace(how, steps=10))
    assert not found.notices
    (run,) = found.runs
    assert run.first(ObservationLayers) is not None, run.seen
    assert [(each.code, each.message) for each in found.diagnostics] == []
