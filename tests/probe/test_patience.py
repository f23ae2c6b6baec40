"""The clock by which the worker gives up: it stands still while the process waits for a processor."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from actlint.probe import client
from actlint.probe.worker import patience


def spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


@pytest.mark.parametrize("work", [spin, time.sleep])
def test_what_computes_or_sleeps_too_long_is_ended(work: Any) -> None:
    started = time.monotonic()
    with pytest.raises(patience.TooSlow), patience.at_most(0.2):
        work(20)
    assert 0.2 <= time.monotonic() - started < 10
    with patience.at_most(5):
        work(0.01)


def test_waiting_for_a_processor_does_not_count(tmp_path: Path, monkeypatch: Any) -> None:
    file = tmp_path / "schedstat"
    monkeypatch.setattr(patience, "_WAITED", str(file))
    monkeypatch.setattr(patience, "_BEGAN", time.monotonic() - 100)
    for waited, low, high in ((0, 99, 160), (40, 59, 120), (1000, 24, 55)):
        file.write_text(f"5000000000 {waited * 10**9} 17\n")
        assert low < patience.now() < high
    file.unlink()
    assert patience.now() > 99, "where the system does not say, all counts"
    assert patience.SLOWEST == client.SLOWEST, "the client counts in the same way"
