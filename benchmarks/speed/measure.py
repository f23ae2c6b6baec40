"""Running the steps of a cold check one after the other in this process, each timed by the CPU time it takes."""

from __future__ import annotations

import ast
import gc
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import libcst

from actlint import engine, registry, session
from actlint.discover import Configuration
from actlint.model.program import Context, view

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds. `steps` are those of a check in their order, `rules` the checks alone, by code.

    `slowest` are evaluation and rules of one file, slowest first. `given_up` counts runs whose steps ran out.
    """

    files: int
    parse: float
    ast: float
    steps: dict[str, float]
    rules: dict[str, float]
    runs: int
    given_up: int
    slowest: tuple[tuple[float, str], ...]


def measure(directory: Path) -> Measured:
    """The steps of a cold check of a directory with the default rules."""
    gc.set_threshold(50_000, 20, 100)  # as a run of actlint does
    before = Path.cwd()
    os.chdir(directory)
    try:
        return _measure()
    finally:
        os.chdir(before)


def _timed(action: Callable[[], T]) -> tuple[float, T]:
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def _measure() -> Measured:
    request = session.Request((".",), Configuration(isolated=True))
    (project, *_), _ = session.find(request)
    steps: dict[str, float] = {}
    steps["read, cut, lower"], facts = _timed(lambda: session.project_facts(project, request))
    steps["link"], program = _timed(lambda: engine.link(facts, project.settings))
    texts = [Path(project.path(each.path)).read_text(encoding="utf-8", errors="replace") for each in facts]
    parse, _ = _timed(lambda: [libcst.parse_module(text) for text in texts])
    tree, _ = _timed(lambda: [ast.parse(text) for text in texts])
    selected = [rule for rule in registry.select(project.settings) if rule.check is not None]
    rules = dict.fromkeys((rule.code for rule in selected), 0.0)
    evaluation, runs, given_up = 0.0, 0, 0
    slowest: list[tuple[float, str]] = []
    for each in facts:
        unit = view(program, each.path)
        seconds, traces = _timed(lambda unit=unit: list(unit.traces()))  # type: ignore[misc]
        evaluation += seconds
        runs += len(traces)
        given_up += sum(not trace.complete for trace in traces)
        for rule in selected:
            assert rule.check is not None
            own, _ = _timed(lambda rule=rule, unit=unit: list(rule.check(unit, Context(program))))  # type: ignore[misc]
            rules[rule.code] += own
            seconds += own
        slowest.append((seconds, each.path))
    steps["evaluate"] = evaluation
    steps["rules"] = sum(rules.values())
    return Measured(len(facts), parse, tree, steps, rules, runs, given_up, tuple(sorted(slowest, reverse=True)))
