"""A run whose findings are judged by running the models that they are about.

It executes the user's code, in processes of its own, and only where that is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from actlint.analyze import Result
from actlint.diagnostic import Diagnostic, Notice, Report
from actlint.discover import Project
from actlint.errors import UsageError
from actlint.observation import Observed
from actlint.probe import plan
from actlint.probe.client import Said
from actlint.probe.plan import Target
from actlint.probe.probing import File, How, Probed, probe
from actlint.session import Outcome, Request, as_shown, find, selected, sources_and_facts

if TYPE_CHECKING:
    from actlint.facts import FileFacts
    from actlint.model.program import Program
    from actlint.probe.verifying import Verifier


@dataclass(frozen=True, slots=True)
class Probing:
    """What is to be run: how, one class alone, and what the command line gives to it."""

    how: How
    only: str | None = None
    init: tuple[tuple[str, str], ...] = ()
    inputs: tuple[str, ...] = ()


Told = Callable[[str, str, "Said"], None]
"""Told the file and class that run, and what their worker says."""


def probed(request: Request, outcome: Outcome, wanted: Probing, tell: Told) -> tuple[Outcome, list[Observed]]:
    """The outcome with verdicts and with what only running shows, and the runs. It executes the user's code.

    Raises ConfigError, UsageError and ProbeError.
    """
    from actlint import engine

    reports = {report.path: report for report in outcome.reports}
    runs: list[Observed] = []
    projects, _ = find(request)
    for project in projects:
        sources, facts = sources_and_facts(project, request, lambda: None)
        program = engine.link(facts, project.settings)
        for file, source in sources.items():
            if isinstance(source, Notice) or file not in program.names.files:
                continue
            targets = _targets(project, file, program, wanted)
            path = project.path(file)
            report = reports.get(path, Report(path, source.text))
            real = os.path.realpath(os.path.join(project.settings.root, file))
            internal = tuple(each for each in report.diagnostics if each.internal)
            findings = tuple(each for each in report.diagnostics if not each.internal)
            if not targets and not findings:
                continue
            names = _measured_rules(project, file)
            found = probe(
                File(path, real, source.text, findings),
                targets,
                wanted.how,
                names,
                lambda name, said, path=path: tell(path, name, said),  # type: ignore[misc]
            )
            runs.extend(found.runs)
            reports[path] = _with_verdicts(report, internal, found)
    return replace(outcome, reports=tuple(reports[path] for path in sorted(reports))), runs


def _targets(project: Project, file: str, program: Program, wanted: Probing) -> list[Target]:
    found = plan.targets(program, file, project.settings.root, wanted.only)
    if wanted.only is not None and not found:
        raise UsageError(f"{project.path(file)} has no class `{wanted.only}` at its top level")
    init, inputs = dict(project.settings.probe_init), dict(project.settings.probe_inputs)
    return [
        replace(
            each,
            init=dict(wanted.init or map(pair, init.get(each.name, ()))),
            inputs=wanted.inputs or inputs.get(each.name, ()),
        )
        for each in found
    ]


def pair(text: str) -> tuple[str, str]:
    """`width=64` as a name and an expression. Raises UsageError."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip().isidentifier() or not value.strip():
        raise UsageError(f"`{text}` is not of the form name=value")
    return name.strip(), value.strip()


def _measured_rules(project: Project, file: str) -> dict[str, str]:
    from actlint import registry

    rules = registry.reported(project.settings, os.path.join(project.settings.root, file), selected(project.settings))
    return {rule.code: rule.name for rule in rules if rule.code.startswith("ACT9")}


def _with_verdicts(report: Report, internal: tuple[Diagnostic, ...], found: Probed) -> Report:
    """The report with the probe's diagnostics, but for what comments silence."""
    from actlint import registry
    from actlint.fingerprint import with_fingerprints
    from actlint.suppress import suppress

    known = {rule.code: rule.name for rule in registry.rules()}
    kept = suppress(
        report.path, report.text, found.diagnostics, ran=frozenset(), known=known, unused_rule_active=False
    ).kept
    listed = sorted((*internal, *kept), key=lambda each: (each.span, each.code))
    return replace(
        report, diagnostics=with_fingerprints(listed, report.text), notices=(*report.notices, *found.notices)
    )


def verified(request: Request, outcome: Outcome, wanted: Probing, tell: Told) -> Outcome:
    """The outcome after its fixes were run: a safe fix that changes what a model computes is taken back, others stay.

    What unsafe fixes change is told. Raises ConfigError, UsageError and ProbeError.
    """
    from actlint import engine
    from actlint.probe.verifying import Verifier

    reports = {report.path: report for report in outcome.reports}
    projects, _ = find(request)
    for project in projects:
        sources, facts = sources_and_facts(project, request, lambda: None)
        program = engine.link(facts, project.settings)
        for file in sources:
            path = project.path(file)
            report = reports.get(path)
            if report is None or report.original is None or file not in program.names.files:
                continue
            verifier = Verifier(
                os.path.realpath(os.path.join(project.settings.root, file)),
                report.original,
                _targets(project, file, program, wanted),
                wanted.how,
                lambda name, said, path=path: tell(path, name, said),  # type: ignore[misc]
            )
            reports[path] = _verified(project, facts, file, report, verifier, request.preview)
    return replace(outcome, reports=tuple(reports[path] for path in sorted(reports)))


def _verified(
    project: Project, facts: Sequence[FileFacts], file: str, report: Report, verifier: Verifier, preview: bool
) -> Report:
    """The report with what verification says, and the fixes taken back that are not what they say they are."""
    from actlint.probe.verifying import guilty
    from actlint.repair import wanted_fix

    found = verifier.verify(report.text)
    wrong = [each for each in found if each.ran and each.differs]
    notices = [Notice(report.path, f"verify: {each.differs}") for each in wrong]
    if untold := [each.name for each in found if not each.ran]:
        names = ", ".join(f"`{name}`" for name in untold)
        notices.append(Notice(report.path, f"verify: {names} could not be run, so that nothing is proven of it"))
    if not wrong or project.settings.unsafe_fixes or report.original is None:
        return replace(report, notices=(*report.notices, *notices))
    first = _repaired(project, facts, file, report.original, frozenset())
    fixable = {each.fingerprint: each for each in first.found.diagnostics if wanted_fix(each, False)}
    made: dict[frozenset[str], Result] = {}

    def without(refused: frozenset[str]) -> Result:
        if refused not in made:
            made[refused] = _repaired(project, facts, file, report.original or "", refused)
        return made[refused]

    everything = frozenset(fixable)
    bad = frozenset(guilty(list(fixable), lambda kept: verifier.changes(_text(without(everything - frozenset(kept))))))
    last = without(bad)
    if not bad or verifier.changes(_text(last)):
        # What is wrong is not in one fix alone.
        bad, last = everything, Result(first.found)
    for each in (fixable[key] for key in fixable if key in bad):
        where = f"verify: the fix of {each.code} in line {each.span.start.row}"
        notices.append(Notice(report.path, f"{where} is not safe here and is taken back"))
    return _put_back(project, report, last, notices, preview)


def _text(result: Result) -> str:
    return (result.repaired or result.found).text


def _repaired(project: Project, facts: Sequence[FileFacts], file: str, text: str, refused: frozenset[str]) -> Result:
    """One file checked and fixed, but for the fixes that are refused, beside the others as they are."""
    from actlint import registry
    from actlint.analyze import Unit, analyze
    from actlint.lower.cut import read_facts

    settings = project.settings
    rules = registry.reported(settings, os.path.join(settings.root, file), selected(settings))
    known = [*(each for each in facts if each.path != file), read_facts(file, text)]
    (result,) = analyze(known, [Unit(file, text, rules)], settings, registry.rules(), "safe", refused=refused)
    return result


def _put_back(project: Project, report: Report, result: Result, notices: list[Notice], preview: bool) -> Report:
    from actlint.source import Source, read, write

    after = as_shown(project, result.repaired or result.found)
    source = read(report.path)
    if not preview and isinstance(source, Source):
        refused = write(source, after.text)
        notices += [refused] if refused is not None else []
    return replace(after, notices=(*report.notices, *notices))
