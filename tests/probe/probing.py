"""Probing texts in tests: a file in a temporary directory, its findings as given or as found, one worker a class."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from actlint import engine, registry
from actlint.analyze import Unit, analyze
from actlint.config import Layer, merge
from actlint.diagnostic import Diagnostic, Position, Span
from actlint.lower.cut import read_facts
from actlint.probe import plan
from actlint.probe.probing import File, How, Probed, probe

HOW = How(sys.executable, device="cpu", seeds=2, steps=5)
NAMES = {rule.code: rule.name for rule in registry.RULES}
MEASURED = {code: name for code, name in NAMES.items() if code.startswith("ACT9")}


def probed(
    text: str,
    diagnostics: Sequence[Diagnostic] | None = None,
    *,
    only: str | None = None,
    select: Sequence[str] = (),
    how: How = HOW,
    names: Mapping[str, str] = MEASURED,
    files: Mapping[str, str] = {},
    **given: Any,
) -> Probed:
    """Probe the models of a text, with other files beside it. Without `diagnostics` the rules of `select` find them."""
    with tempfile.TemporaryDirectory(prefix="probed-") as directory:
        root = Path(directory).resolve()
        file = root / "main.py"
        file.write_text(text, encoding="utf-8")
        settings = merge((Layer({"select": list(select)}, str(root)),) if select else (), str(root))
        for name, content in files.items():
            (root / name).write_text(content, encoding="utf-8")
        facts = [read_facts("main.py", text)]
        facts += [read_facts(name, content) for name, content in files.items() if name.endswith(".py")]
        if diagnostics is None:
            rules = registry.select(settings) if select else ()
            (found,) = analyze(facts, [Unit("main.py", text, tuple(rules))], settings, registry.rules())
            diagnostics = found.found.diagnostics
        program = engine.link(facts, settings)
        targets = [replace(each, **given) for each in plan.targets(program, "main.py", str(root), only)]
        return probe(File("main.py", str(file), text, tuple(diagnostics)), targets, how, names, lambda name, said: None)


def targets_of(root: Path, file: str) -> list[plan.Target]:
    """The models of a file in a directory."""
    facts = [read_facts(file, (root / file).read_text(encoding="utf-8"))]
    return plan.targets(engine.link(facts, merge((), str(root))), file, str(root))


def claimed(text: str) -> list[Diagnostic]:
    """Findings that comments claim, true or not: `# CODE names` speaks of its line, about these names."""
    found = []
    for row, line in enumerate(text.splitlines(), 1):
        start = len(line) - len(line.lstrip()) + 1
        span = Span(Position(row, start), Position(row, len(line.partition("  #")[0]) + 1))
        for code, names in re.findall(r"# (ACT\d+)((?: [\w.]+)*)", line):
            known = tuple(names.split())
            found.append(Diagnostic(code, NAMES.get(code, ""), "warning", "claimed", "main.py", span, names=known))
    return found
