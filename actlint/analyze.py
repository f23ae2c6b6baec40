"""From texts to reports: check files of a program, silence what comments silence, and repair to a fixpoint. Pure.

Nothing here touches a file or a process, so that the command line, the reader of rule pages and other tools share it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeAlias

from actlint import engine, screen
from actlint.config import Settings
from actlint.diagnostic import Diagnostic, Edit, Notice, Report
from actlint.facts import FileFacts
from actlint.fingerprint import with_fingerprints
from actlint.model.program import Program
from actlint.repair import repair
from actlint.rule import Rule
from actlint.suppress import suppress

Fixing: TypeAlias = Literal["none", "safe", "unsafe"]

ROUNDS = 10
"""A fix in one file can change what is found in another; after so many rounds over all files no more are looked for."""

_SYNTAX, _UNUSED = "ACT001", "ACT002"
_AFTER_DOT = re.compile(r"\.\s*([^\W\d]\w*)")
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Unit:
    """A file to report on, by its name in the program, with the rules that may report in it."""

    path: str
    text: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """A file's report as it stands, and, where fixes change it, the report of the text after them."""

    found: Report
    repaired: Report | None = None


def analyze(
    facts: Iterable[FileFacts],
    units: Sequence[Unit],
    settings: Settings,
    known: Sequence[Rule],
    fixing: Fixing = "none",
    progress: Callable[[], None] = lambda: None,
    refused: Collection[str] = (),
) -> Iterator[Result]:
    """The results of all units, in order.

    `facts` are those of every file that may matter; a unit without any has nothing to do with torch, and only its
    suppressions are judged. `known` are all rules there are, selected or not. `progress` is called after each file.
    The fixes of findings whose fingerprints are `refused` are left out.
    """
    run = _Run({each.path: each for each in facts}, settings, known)
    found: dict[str, Report] = {}
    for unit in units:
        found[unit.path] = run.report(unit, unit.text)
        progress()
        if fixing == "none":
            yield Result(found.pop(unit.path))
    if fixing == "none":
        return
    repaired = _repaired(run, units, found, fixing == "unsafe", refused)
    for unit in units:
        after = repaired.get(unit.path)
        yield Result(found[unit.path], after if after is not None and after.text != unit.text else None)


def _repaired(
    run: _Run, units: Sequence[Unit], found: dict[str, Report], unsafe: bool, refused: Collection[str]
) -> dict[str, Report]:
    """The reports after all fixes: each file to its fixpoint, and again while a fix may have changed another file."""
    texts = {unit.path: unit.text for unit in units}
    fixed: dict[str, Counter[str]] = {unit.path: Counter() for unit in units}
    for number in range(ROUNDS):
        changed = False
        for unit in units:
            if number == 0 and not any(d.fix is not None and d.fix.edits for d in found[unit.path].diagnostics):
                continue
            done = repair(
                texts[unit.path],
                partial(run.diagnostics, unit),
                unsafe=unsafe,
                prune=partial(run.orphaned, unit.path),
                parses=partial(run.parses, unit.path),
                refused=refused,
            )
            fixed[unit.path].update(done.fixed)
            changed |= done.text != texts[unit.path]
            texts[unit.path] = done.text
        if not changed:
            break
    reports = {}
    for unit in units:
        if texts[unit.path] != unit.text:
            report = run.report(unit, texts[unit.path])
            made = dict(fixed[unit.path])
            reports[unit.path] = Report(unit.path, report.text, report.diagnostics, report.notices, made, unit.text)
    return reports


@dataclass(slots=True)
class _Run:
    """The program in its present state: `facts` follow the texts that are checked."""

    facts: dict[str, FileFacts]
    settings: Settings
    known: Sequence[Rule]
    texts: dict[str, str] = field(default_factory=dict)
    program: Program | None = None
    importers: dict[str, list[tuple[str, screen.Imported]]] | None = None

    def report(self, unit: Unit, text: str) -> Report:
        """What is to be said of a unit if its text is `text`."""
        diagnostics: tuple[Diagnostic, ...] = ()
        notices: tuple[Notice, ...] = ()
        if unit.path in self.facts:
            self._take(unit, text)
            if self.program is None:
                self.program = engine.link(list(self.facts.values()), self.settings)
            diagnostics = engine.check(self.program, unit.path, text, unit.rules)
            notices = tuple(
                Notice(unit.path, f"{problem.message}; this statement is not checked", problem.row, problem.column)
                for problem in self.facts[unit.path].problems
                if problem.kind == "nesting"
            )
        return Report(unit.path, text, with_fingerprints(self._unsuppressed(unit, text, diagnostics), text), notices)

    def _unsuppressed(self, unit: Unit, text: str, diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
        """The diagnostics that no comment silences, and what is wrong with the comments, by position."""
        facts = self.facts.get(unit.path)
        ran = {rule.code for rule in unit.rules if _runs(rule)}
        found = suppress(
            unit.path,
            text,
            diagnostics,
            # Of a file, or a statement, that could not be read it is not known what its comments would silence.
            ran=frozenset(ran & {_SYNTAX, _UNUSED} if facts is not None and facts.problems else ran),
            known={rule.code: rule.name for rule in self.known},
            unused_rule_active=_UNUSED in ran,
            usual=frozenset(rule.code for rule in self.known if rule.default and _runs(rule)),
        )
        return sorted((*found.kept, *found.unused), key=lambda each: (each.span, each.code))

    def diagnostics(self, unit: Unit, text: str) -> tuple[Diagnostic, ...]:
        """What is found in a unit if its text is `text`."""
        return self.report(unit, text).diagnostics

    def _take(self, unit: Unit, text: str) -> None:
        if self.texts.setdefault(unit.path, unit.text) != text:
            from actlint.lower.cut import read_facts

            self.facts[unit.path] = read_facts(unit.path, text)
            self.texts[unit.path] = text
            self.program = None

    def parses(self, path: str, text: str) -> bool:
        """Whether a text can be read, be it written for a newer Python than this one."""
        from actlint.lower.cut import read_facts

        return not any(problem.kind == "syntax" for problem in read_facts(path, text).problems)

    def orphaned(self, path: str, before: str, after: str) -> Sequence[Edit]:
        """The edits that drop what fixes have left without use; `after` is the text that was checked last."""
        if path not in self.facts:
            return ()
        from actlint.lower.edits import open_document
        from actlint.lower.prune import orphaned_import_edits

        return orphaned_import_edits(before, open_document(self.facts[path], after), self._exported(path, set()))

    def _exported(self, path: str, seen: set[str]) -> Collection[str]:
        """The names that other files may take from this one: those they import, write after a dot, or see by a star."""
        if self.importers is None:
            self.importers = {}
            index = screen.Index(self.facts, self.settings.import_roots)
            for other, facts in self.facts.items():
                for found in screen.imports(_text_of(facts).encode("utf-8", "replace")):
                    for target in index.targets(other, found):
                        self.importers.setdefault(target, []).append((other, found))
        names: set[str] = set()
        seen.add(path)
        module = path.removesuffix("/__init__.py").rpartition("/")[2].removesuffix(".py")
        for other, found in self.importers.get(path, ()):
            names.update(found.names or ())
            if found.names is None or module in found.names:
                names.update(_AFTER_DOT.findall(_text_of(self.facts[other])))
            elif "*" in found.names:
                names.update(_WORD.findall(_text_of(self.facts[other])))
                if other not in seen:
                    names.update(self._exported(other, seen))
        return names


def _runs(rule: Rule) -> bool:
    """Whether it can find something here: what only running the model shows is looked for by the probe."""
    return rule.check is not None or rule.code in (_SYNTAX, _UNUSED)


def _text_of(facts: FileFacts) -> str:
    return "".join(chunk.text for chunk in facts.chunks)
