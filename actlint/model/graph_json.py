"""`actlint graph --format json`: the steps of every run, under stable keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from actlint.model.steps import Run, Step

VERSION = 1
"""Grows when a key changes its meaning or goes; keys that are added do not count."""


def render(path: str, runs: Iterable[Run]) -> Iterator[str]:
    """One object: `version`, `file`, and `runs`, each with the fields of `steps.Run` and its steps with those of
    `steps.Step` that say something. `class` is null for functions, `function` null for the file's top level, `row`
    null where there is none; `kind`, `row`, `depth`, `label` and `result` are always there.
    """
    found = {"version": VERSION, "file": path, "runs": [_run(run) for run in runs]}
    yield json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _run(run: Run) -> dict[str, object]:
    return {
        "class": run.cls or None,
        "function": run.function or None,
        "world": run.world,
        "complete": run.complete,
        "covered": run.covered,
        "causes": list(run.causes),
        "steps": [_step(step) for step in run.steps],
    }


def _step(step: Step) -> dict[str, object]:
    always: dict[str, object] = {
        "kind": step.kind,
        "row": step.row or None,
        "depth": step.depth,
        "label": step.label,
        "result": list(step.result),
    }
    sometimes: dict[str, object] = {
        "operation": step.operation,
        "group": step.group,
        "layer": step.layer,
        "inputs": list(step.inputs),
        "input_conditions": [list(each) for each in step.input_conditions],
        "value": step.value,
        "conditions": list(step.conditions),
        "loop": step.loop,
        "reason": step.reason,
        "unknown": list(step.unknown),
        "hazards": list(step.hazards),
    }
    return always | {key: value for key, value in sometimes.items() if value}
