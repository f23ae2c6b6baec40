"""Where models run: every test that asks for a device runs on the CPU, and on CUDA where there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actlint.probe.probing import How
from tests.probe.probing import HOW


@pytest.fixture(params=["cpu", "cuda"])
def device(request: Any) -> str:
    """The name of a device; a test on one that this machine lacks is skipped, and says so."""
    import torch

    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no CUDA device on this machine")
    return str(request.param)


@pytest.fixture
def how(device: str) -> How:
    """How to run on the device."""
    return replace(HOW, device=device)
