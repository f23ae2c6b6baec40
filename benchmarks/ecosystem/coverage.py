"""How much of the packages' modules the evaluator sees (see `actlint.model.coverage`), and what keeps it from more."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from actlint import engine, session
from actlint.discover import Configuration
from actlint.model.coverage import counts, coverage, inside
from actlint.model.program import Context, FileView
from actlint.model.values import Class

MOST = 20


@dataclass(slots=True)
class Steps:
    """How many runs there were, how many of them lacked steps, and what share of its steps each file used."""

    runs: int = 0
    lacking: int = 0
    spent: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one package: its modules and how many of them are covered; of the others, by cause, how many it is met first
    in (`first`) and how many it alone keeps from being covered (`alone`). Of its `runs`, `lacking` ended since their
    steps were used up; `spent` is the share of its steps that each file has used.
    """

    package: str
    modules: int
    covered: int
    first: Counter[str]
    alone: Counter[str]
    runs: int = 0
    lacking: int = 0
    spent: tuple[float, ...] = ()

    @property
    def share(self) -> float:
        """The covered share of the modules."""
        return self.covered / self.modules if self.modules else 1.0


def measure(package: str, directory: Path) -> Measured:
    """Evaluate every module of the Python files below a directory."""
    modules = covered = 0
    first: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    steps = Steps()
    for causes in _causes(directory, steps):
        modules += 1
        if not causes:
            covered += 1
            continue
        groups = list(dict.fromkeys(map(group, causes)))
        first[groups[0]] += 1
        alone[groups[0]] += len(groups) == 1
    return Measured(package, modules, covered, first, alone, steps.runs, steps.lacking, tuple(steps.spent))


def group(cause: str) -> str:
    """The kind of a cause, without the name of what it met: `call of a parameter: act` is `call of a parameter`."""
    return cause.partition(": ")[0]


def _causes(directory: Path, steps: Steps) -> Iterator[tuple[str, ...]]:
    """For every module of the directory, why it is not covered. The steps of all runs are counted."""
    request = session.Request((".",), Configuration(isolated=True))
    with _inside(directory):
        projects, _ = session.find(request)
        for project in projects:
            program = engine.link(session.project_facts(project, request), project.settings)
            context = Context(program)
            seen: set[Class] = set()
            found: list[tuple[Class, tuple[str, ...]]] = []
            for file in program.names.files.values():
                # a view of its own, so that traces go when the file has been looked at
                view = FileView(program, file)
                wanted = [cls for cls in view.classes() if counts(context, cls)]
                traces = tuple(view.traces())
                steps.runs += len(traces)
                steps.lacking += sum(not trace.complete for trace in traces)
                steps.spent.append(view.spent())
                seen.update(inside(context, traces))
                found.extend((cls.cls, coverage(cls, traces).causes) for cls in wanted)
            yield from (() if cls in seen else causes for cls, causes in found)


@contextmanager
def _inside(directory: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(directory)
    try:
        yield
    finally:
        os.chdir(before)


def report(found: Sequence[Measured]) -> str:
    """The shares by package and in all, and the commonest causes."""
    rows = [(each.package, each.covered, each.modules, each.share) for each in found]
    if len(found) > 1:
        rows.append(_total(found))
    width = max((len(row[0]) for row in rows), default=0)
    lines = [f"{name:{width}}  {covered:5} of {modules:5}  {share:6.1%}" for name, covered, modules, share in rows]
    causes = _sum(each.first for each in found)
    alone = _sum(each.alone for each in found)
    lines += ["", "runs that ended for lack of steps; files that used all their steps, and the largest share of one"]
    for each in found:
        lack, empty = f"{each.lacking} of {each.runs} runs", sum(share >= 1 for share in each.spent)
        lines.append(
            f"{each.package:{width}}  {lack}, {empty} of {len(each.spent)} files, {max(each.spent, default=0):.0%}"
        )
    lines += ["", "what blocks the others: modules in which it comes first, and of these, in which it alone blocks"]
    lines += [f"{count:5} {alone[cause]:5}  {cause}" for cause, count in causes.most_common(MOST)]
    return "\n".join(lines)


def _total(found: Sequence[Measured]) -> tuple[str, int, int, float]:
    covered, modules = sum(each.covered for each in found), sum(each.modules for each in found)
    return "all", covered, modules, covered / modules if modules else 1.0


def _sum(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total
