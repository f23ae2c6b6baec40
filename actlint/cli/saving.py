"""Writing what the probe found out to the configuration, without touching anything else in it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence

from actlint.config import Settings
from actlint.observation import ObservationBuilt, ObservationInputs, Observed
from actlint.source import shown

_CALL = re.compile(r"(\w+)=(.*)", re.DOTALL)


def save(settings: Settings, runs: Sequence[Observed]) -> str:
    """Set `probe-init` and `probe-inputs` to what is there and what was found; the path as users see it, or ""."""
    init, inputs = dict(settings.probe_init), dict(settings.probe_inputs)
    found = False
    for run in runs:
        built, used = run.last(ObservationBuilt), run.last(ObservationInputs)
        if built is None or used is None:
            continue
        found = True
        if arguments := _arguments(built.text):
            init[run.name] = arguments
        inputs[run.name] = tuple(part for part in re.split(r",\s+", used.text) if part)
    if not found:
        return ""
    path = settings.file or os.path.join(settings.root, "actlint.toml")
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
    except FileNotFoundError:
        text = ""
    in_table = os.path.basename(path) == "pyproject.toml"
    for key, value in (("probe-init", init), ("probe-inputs", inputs)):
        if value:
            text = _set(text, key, value, in_table)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return shown(path)


def _arguments(text: str) -> tuple[str, ...]:
    """The keyword arguments of a call as it was written; none where it has positional ones or values without a text."""
    import ast

    try:
        call = ast.parse(text, mode="eval").body
    except SyntaxError:
        return ()
    if not isinstance(call, ast.Call) or call.args:
        return ()
    return tuple(f"{each.arg}={ast.unparse(each.value)}" for each in call.keywords)


def _set(text: str, key: str, value: dict[str, tuple[str, ...]], in_table: bool) -> str:
    pairs = ", ".join(f"{name} = {json.dumps(list(texts), ensure_ascii=False)}" for name, texts in value.items())
    line = f"{key} = {{ {pairs} }}"
    before = re.compile(rf"(?m)^{key}\s*=\s*\{{.*\}}[ \t]*$")
    if before.search(text):
        return before.sub(lambda match: line, text, count=1)
    if in_table:
        return re.sub(r"(?m)^(\[tool\.actlint\][ \t]*)$", lambda match: f"{match[1]}\n{line}", text, count=1)
    first_table = re.search(r"(?m)^\[", text)
    at = first_table.start() if first_table else len(text)
    head = text[:at]
    return head + ("\n" if head and not head.endswith("\n") else "") + line + "\n" + text[at:]
