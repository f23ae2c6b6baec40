"""Running checks over a program: findings become located diagnostics. Pure: text and facts in, diagnostics out."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import replace

from actlint.config import Settings
from actlint.diagnostic import Diagnostic, Fix, Position, Related, Span
from actlint.facts import FileFacts, Problem, Site
from actlint.model import program as model
from actlint.model.program import Context, FileView, Program
from actlint.rule import Finding, Note, Rule

SYNTAX_ERROR = "ACT001"


def link(files: Sequence[FileFacts], settings: Settings) -> Program:
    """One program of all files that may matter to a run."""
    return model.link(files, settings, settings.import_roots)


def check(program: Program, path: str, text: str, rules: Sequence[Rule]) -> tuple[Diagnostic, ...]:
    """All diagnostics of one file, by position, before suppression.

    `text` is the file's text. A check that raises is one diagnostic that is marked `internal` and names rule, file and
    line; the other checks still run.
    """
    view = model.view(program, path)
    context = Context(program)
    found: list[tuple[Rule, Finding]] = []
    failed: list[Diagnostic] = []
    for rule in rules:
        if rule.check is None:
            continue
        try:
            own = (finding for finding in rule.check(view, context) if finding.at.path == path)
            found.extend((rule, _with_call(view, finding)) for finding in own)
        except Exception as error:  # a defect of one rule must not cost the user the others
            failed.append(_internal_error(rule, path, error))
    diagnostics = [*failed, *_located(program, text, _distinct(found))]
    if any(rule.code == SYNTAX_ERROR for rule in rules):
        diagnostics.extend(_syntax_errors(path, view.file.facts.problems))
    return tuple(sorted(diagnostics, key=lambda d: (d.span.start, d.span.end, d.code, d.message)))


def _with_call(view: FileView, finding: Finding) -> Finding:
    """A finding that holds at one constructor call shows that call."""
    calls = [view.calls[words] for words in finding.conditions if words in view.calls]
    notes = tuple(Note(site, "with these arguments") for site in calls if site != finding.at)
    return replace(finding, notes=(*finding.notes, *notes)) if notes else finding


def _distinct(found: Sequence[tuple[Rule, Finding]]) -> list[tuple[Rule, Finding]]:
    """One finding for each rule and place, the one under the fewest conditions: a file is run in several worlds."""
    best: dict[tuple[str, Site], tuple[Rule, Finding]] = {}
    for rule, finding in found:
        key = (rule.code, finding.at)
        known = best.get(key)
        if known is None or len(finding.conditions) < len(known[1].conditions):
            best[key] = (rule, finding)
    return list(best.values())


def _located(program: Program, text: str, found: Sequence[tuple[Rule, Finding]]) -> list[Diagnostic]:
    """Findings with spans, and their repairs as edits: libcst is needed only here, where something was found."""
    if not found:
        return []
    from actlint.lower.drafts import open_document
    from actlint.lower.edits import realise

    facts = program.names.files[found[0][1].at.path].facts
    spans = _spans(program, found)
    document = open_document(facts, text)
    diagnostics = []
    for rule, finding in found:
        fix = None
        if finding.fix is not None:
            edits = realise(document, finding.fix) if finding.fix.intents else None
            applicability = finding.fix.applicability if edits is not None else "display"
            fix = Fix(applicability, finding.fix.message, finding.fix.checkpoint_compatible, edits or ())
        diagnostics.append(
            Diagnostic(
                rule.code,
                rule.name,
                finding.severity or rule.severity,
                finding.message,
                finding.at.path,
                spans[finding.at],
                finding.label,
                tuple(Related(note.message, note.at.path, spans[note.at]) for note in finding.notes),
                finding.conditions,
                fix,
                names=finding.names,
            )
        )
    return diagnostics


def _spans(program: Program, found: Sequence[tuple[Rule, Finding]]) -> dict[Site, Span]:
    """The spans of all places that findings name, each statement parsed once."""
    from actlint.lower.locate import locate

    wanted: dict[tuple[str, int], set[int]] = {}
    for _, finding in found:
        for site in (finding.at, *(note.at for note in finding.notes)):
            wanted.setdefault((site.path, site.chunk), set()).add(site.ordinal)
    spans: dict[Site, Span] = {}
    for (path, chunk), ordinals in wanted.items():
        for ordinal, span in locate(program.names.files[path].facts.chunks[chunk], ordinals).items():
            spans[Site(path, chunk, ordinal)] = span
    return spans


def _syntax_errors(path: str, problems: Sequence[Problem]) -> list[Diagnostic]:
    diagnostics = []
    for problem in problems:
        if problem.kind == "syntax":
            start = Position(problem.row, problem.column)
            span = Span(start, start)
            diagnostics.append(Diagnostic(SYNTAX_ERROR, "syntax-error", "error", problem.message, path, span))
    return diagnostics


def _internal_error(rule: Rule, path: str, error: Exception) -> Diagnostic:
    """What went wrong in a check, with the place in it, so that it can be reported."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "unknown place"
    message = f"rule {rule.code} failed on this file: {type(error).__name__}: {error} ({where}); please report it"
    start = Position(1, 1)
    return Diagnostic(rule.code, rule.name, "error", message, path, Span(start, start), internal=True)
