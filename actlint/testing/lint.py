"""The linter that pages are held against: actlint as it is installed, rules of plugins included, without any files."""

from __future__ import annotations

import os
from collections.abc import Mapping

from actlint import engine, registry
from actlint.analyze import Unit, analyze
from actlint.config import Layer, Settings, merge
from actlint.configfile import inline
from actlint.diagnostic import Report
from actlint.lower.cut import read_facts
from actlint.model import graph as drawing
from actlint.output import RenderOptions, renderer
from actlint.testing.run import Linter, Project

_ROOT = os.path.join(os.path.abspath(os.sep), "page")
"""Where the files of a page are for settings that speak of paths; nothing is read from there."""


def lint(project: Project) -> Mapping[str, Report]:
    """The reports of a project's files, after its fixes where they are asked for. Raises ConfigError and UsageError."""
    settings = _settings(project)
    rules = registry.select(settings)
    units = [
        Unit(name, text, registry.reported(settings, os.path.join(_ROOT, name), rules))
        for name, text in project.files.items()
    ]
    facts = [read_facts(name, text) for name, text in project.files.items()]
    results = analyze(facts, units, settings, registry.rules(), project.fix)
    return {result.found.path: result.repaired or result.found for result in results}


def render(reports: Mapping[str, Report]) -> str:
    """The findings in the full format, one block each, without the summary that closes a run."""
    texts = {name: report.text for name, report in reports.items()}
    return "".join(renderer("full")(reports.values(), RenderOptions(), texts.get))


def graph(project: Project, target: str) -> str:
    """What `actlint graph FILE[:CLASS]` prints."""
    file, _, name = target.partition(":")
    facts = [read_facts(path, text) for path, text in project.files.items()]
    return "".join(drawing.render(engine.link(facts, _settings(project)), file, name or None))


def _settings(project: Project) -> Settings:
    page = (Layer({"select": [project.code]}, _ROOT),) if project.code else ()
    return merge((*page, *(inline(text, _ROOT) for text in project.settings)), _ROOT)


LINTER = Linter(lint, render, graph)
