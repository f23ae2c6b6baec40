"""One run: find the files, read them, make facts of those that matter, check, repair, write, report.

What is done to a file is done by functions of plain arguments, so that processes can share the work later.
"""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from actlint import discover
from actlint.config import Settings
from actlint.diagnostic import Diagnostic, Notice, Report
from actlint.discover import Configuration, Project
from actlint.errors import UsageError
from actlint.screen import screen
from actlint.source import Source, decode, encode, read, read_bytes, write

if TYPE_CHECKING:
    from actlint.analyze import Fixing, Result
    from actlint.facts import FileFacts
    from actlint.rule import Rule

_NOQA = re.compile(rb"(?i:noqa)\s*:[^\r\n]*ACT[0-9]")

Progress = Callable[[int, int], None]
"""Told how many of how many steps are done."""


@dataclass(frozen=True, slots=True)
class Stdin:
    """A file whose bytes come from elsewhere than its path; it is never written."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be checked, and what is to be done about it.

    With `preview` fixes are made whatever the settings say, but nothing is written (`--diff`).
    """

    paths: tuple[str, ...]
    configuration: Configuration
    stdin: Stdin | None = None
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gave: reports by path, of files about which there may be something to say; how many were asked for.

    `settings` are those of the first project. `stdin` is the text of standard input after the fixes, None where none
    was given.
    """

    reports: tuple[Report, ...]
    settings: Settings
    files: int
    stdin: bytes | None = None


def find(request: Request) -> tuple[list[Project], list[Notice]]:
    """The projects of a request, and notices about paths that cannot be read. Raises ConfigError."""
    return discover.find(request.paths, request.configuration, request.stdin.path if request.stdin else None)


def settings_of(request: Request, projects: Sequence[Project]) -> Settings:
    """The settings that say how to print: the first project's, or the working directory's where nothing was found."""
    return projects[0].settings if projects else request.configuration.of(os.getcwd()).settings


def run(request: Request, progress: Progress = lambda done, total: None) -> Outcome:
    """Check the files of a request and repair them where that is asked for. Raises ConfigError and UsageError."""
    with _less_garbage_collection():
        projects, notices = find(request)
        reports = [Report(notice.path, "", (), (notice,)) for notice in notices]
        fixed_stdin = request.stdin.data if request.stdin else None
        total = 2 * sum(len(project.reported) for project in projects)
        steps = count(1)

        def step() -> None:
            progress(min(next(steps), total), total)

        # Selections are looked at before the first file is touched: a mistake there ends the run.
        for project in projects:
            if _chooses(project.settings):
                selected(project.settings)
        for project in projects:
            for source, result in _check(project, request, step):
                report = _written(source, result, request)
                if request.stdin is not None and result.repaired is not None:
                    fixed_stdin = encode(source, result.repaired.text)
                reports.append(as_shown(project, report))
    reports.sort(key=lambda report: report.path)
    files = sum(len(project.reported) for project in projects)
    return Outcome(tuple(reports), settings_of(request, projects), files, fixed_stdin)


def _chooses(settings: Settings) -> bool:
    """Whether settings name rules, so that they must be looked up even if there is nothing to check."""
    named = settings.extend_select or settings.ignore or settings.per_file_ignores
    return settings.select is not None or bool(named)


def selected(settings: Settings) -> tuple[Rule, ...]:
    """The rules that settings select. Raises UsageError."""
    from actlint import registry

    return registry.select(settings)


def program_of(request: Request) -> tuple[Project, list[FileFacts]]:
    """The project of a request for one file, and the facts of all files that matter to it.

    Raises ConfigError, and UsageError where the file cannot be read or parsed.
    """
    projects, notices = find(request)
    if notices or not projects:
        raise UsageError(f"{notices[0].path}: {notices[0].message}" if notices else "there is no file to look at")
    sources, facts = sources_and_facts(projects[0], request, lambda: None)
    ((file, source),) = sources.items()
    if isinstance(source, Notice):
        raise UsageError(f"{source.path}: {source.message}")
    own = next((each for each in facts if each.path == file), None) or facts_of(file, source)
    for problem in own.problems:
        if problem.kind == "syntax":
            raise UsageError(f"{source.path}:{problem.row}:{problem.column}: {problem.message}")
    return projects[0], [*(each for each in facts if each.path != file), own]


def project_facts(project: Project, request: Request) -> list[FileFacts]:
    """The facts of all files of a project that matter."""
    return sources_and_facts(project, request, lambda: None)[1]


@contextmanager
def _less_garbage_collection() -> Iterator[None]:
    """Facts are many small objects without cycles; looking for garbage among them less often saves a twentieth."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


# ------------------------------------------------------------------------------------------------------------ one file


def read_source(project: Project, file: str, stdin: Stdin | None) -> Source | Notice:
    """A file of a project, with the path users see; standard input where it stands for the file."""
    if stdin is not None and file in project.named:
        return decode(project.path(file), stdin.data)
    return read(project.path(file))


def facts_of(file: str, source: Source, lower: bool = True) -> FileFacts:
    """The facts of a file under its name in the program; without `lower` only whether it can be parsed."""
    from actlint.facts import FileFacts
    from actlint.lower.cut import read_facts

    if source.problem is not None:
        return FileFacts(file, (), (source.problem,))
    return read_facts(file, source.text, "screen" if lower else "nothing")


def _written(source: Source, result: Result, request: Request) -> Report:
    """The report after what was repaired has been written; the one before it where the file could not be written."""
    if result.repaired is None:
        return result.found
    if request.preview or request.stdin is not None:
        return result.repaired
    refused = write(source, result.repaired.text)
    if refused is None:
        return result.repaired
    return replace(result.found, notices=(*result.found.notices, replace(refused, path=result.found.path)))


def as_shown(project: Project, report: Report) -> Report:
    """The report with paths as users see them instead of names in the program."""

    def diagnostic(found: Diagnostic) -> Diagnostic:
        related = tuple(replace(place, path=project.path(place.path)) for place in found.related)
        return replace(found, path=project.path(found.path), related=related)

    notices = tuple(replace(notice, path=project.path(notice.path)) for notice in report.notices)
    return replace(
        report, path=project.path(report.path), diagnostics=tuple(map(diagnostic, report.diagnostics)), notices=notices
    )


# --------------------------------------------------------------------------------------------------------- one project


def _check(project: Project, request: Request, step: Callable[[], None]) -> Iterator[tuple[Source, Result]]:
    sources, facts = sources_and_facts(project, request, step)
    if not sources:
        return
    # Rules bring the whole model with them, which a tree without torch never needs.
    from actlint import registry
    from actlint.analyze import Result, Unit, analyze

    settings = project.settings
    rules = selected(settings)
    units: list[Unit] = []
    for file, source in sources.items():
        if isinstance(source, Notice):
            yield Source(source.path, ""), Result(Report(file, "", (), (replace(source, path=file),)))
        else:
            units.append(Unit(file, source.text, registry.reported(settings, _absolute(project, file), rules)))
    fixing: Fixing = "none"
    if settings.fix or request.preview:
        fixing = "unsafe" if settings.unsafe_fixes else "safe"
    for result in analyze(facts, units, settings, registry.rules(), fixing, step):
        source = sources[result.found.path]
        assert isinstance(source, Source)
        yield source, result


def _absolute(project: Project, file: str) -> str:
    return os.path.join(project.settings.root, file)


def sources_and_facts(
    project: Project, request: Request, step: Callable[[], None]
) -> tuple[dict[str, Source | Notice], list[FileFacts]]:
    """The files to report on about which there may be something to say, read as far as they can be, and facts.

    A file without torch is parsed only to say that it cannot be, and only if it was named on the command line or torch
    is somewhere in the project: elsewhere actlint has no business.
    """
    spoken: set[str] = set()

    def data_of(file: str) -> bytes | None:
        if request.stdin is not None and file in project.named:
            data: bytes | Notice = request.stdin.data
        else:
            data = read_bytes(_absolute(project, file))
        if isinstance(data, Notice):
            spoken.add(file)
            return None
        if b"actlint" in data or (b"ACT" in data and _NOQA.search(data)):
            spoken.add(file)
        return data

    found = screen(project.seen, project.reported, project.settings.import_roots, data_of)
    reported = set(project.reported)
    sources: dict[str, Source | Notice] = {}
    facts: list[FileFacts] = []
    for file in project.seen:
        matters = file in found.relevant
        if file not in reported:
            if matters and isinstance(source := read_source(project, file, request.stdin), Source):
                facts.append(facts_of(file, source))
            continue
        parsed = matters or found.has_torch or file in project.named
        if not parsed and file not in spoken:
            continue
        source = sources[file] = read_source(project, file, request.stdin)
        if parsed and isinstance(source, Source):
            made = facts_of(file, source, lower=matters)
            if matters or made.problems:
                facts.append(made)
            step()
    return sources, facts
