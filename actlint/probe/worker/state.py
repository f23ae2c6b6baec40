"""What is known so far of the class that is probed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import torch

from . import loading, patience
from .channel import Channel
from .places import Failure, Place, Project, described
from .tracing import Births, Lines

_FEWEST_STEPS = 3


@dataclass(slots=True)
class Probe:
    """What is known so far of the class, and how much time there is."""

    request: Mapping[str, Any]
    channel: Channel
    device: torch.device
    project: Project
    overlay: loading.Overlay
    module: ModuleType
    births: Births
    places: dict[str, Place | None] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    step_seconds: float = 0.0

    def left(self) -> float:
        """Seconds that remain of those that the class may take, with some kept for the way out."""
        return float(self.request["started"] + 0.9 * self.request["seconds"] - patience.now())

    def effort(self) -> tuple[int, int]:
        """Seeds and steps: as wished, but fewer where a step of a large model takes long."""
        seeds, steps = self.request["seeds"], self.request["steps"]
        affordable = int(0.4 * self.left() / max(self.step_seconds, 1e-6))
        if affordable >= seeds * steps:
            return seeds, steps
        seeds = min(seeds, max(1, affordable // min(steps, _FEWEST_STEPS)))
        return seeds, max(min(steps, affordable // seeds), min(steps, _FEWEST_STEPS))

    def failed(self, failure: Failure) -> None:
        """Say that the user's code raised."""
        self.channel.say("failed", **described(failure, self.project))


def say_lines(channel: Channel, lines: Lines) -> None:
    channel.say("lines", ran={path: sorted(found) for path, found in lines.ran.items()}, warned=_distinct(lines.warned))


def _distinct(warned: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({(each["path"], each["line"], each["message"]): each for each in warned}.values())
