"""Probing one file: each of its models in a worker, again with fixes where it cannot run without, and what came of it
joined to the findings."""

from __future__ import annotations

import ast
import difflib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from actlint.diagnostic import Diagnostic, Fix, Notice, Verdict
from actlint.fixer import apply
from actlint.observation import ObservationFailed, Observed, decode
from actlint.probe import client, findings, plan, verdicts
from actlint.probe.cases import Case, best, case_of
from actlint.probe.client import Limits, Said
from actlint.probe.plan import Target

Tell: TypeAlias = Callable[[str, Said], None]
"""Told the class and what its worker says."""

_ROUNDS = 4
_WRITES = frozenset({"ACT204", "ACT206", "ACT208"})
_RAISING = frozenset(
    {
        *("ACT106", "ACT201", "ACT202", "ACT203", "ACT205", "ACT207", "ACT305", "ACT401", "ACT402", "ACT404", "ACT411"),
        *("ACT414", "ACT501", "ACT502", "ACT503", "ACT504", "ACT603", "ACT701", "ACT702", "ACT703"),
    }
)
_EXPLAINS: Mapping[str, frozenset[str]] = {
    "ACT901": _RAISING,
    "ACT902": frozenset({"ACT403", "ACT405", "ACT406", "ACT701", "ACT702", "ACT703", "ACT208"}),
    "ACT903": frozenset({"ACT306"}),
    "ACT905": frozenset({"ACT303"}),
    "ACT907": frozenset({"ACT301", "ACT304"}),
}
"""Static findings that already say what a measured one would, where they are confirmed."""


@dataclass(frozen=True, slots=True)
class How:
    """What the command line says of running. `memory` and `threads` are the client's usual ones."""

    python: str
    device: str = "auto"
    dtype: str = "float32"
    seeds: int = 3
    steps: int = 20
    batch: int = 8
    seconds: float = client.TIMEOUT
    mode: str = "measure"
    more: Mapping[str, Any] | None = None

    def request(self) -> dict[str, Any]:
        """These as the worker takes them."""
        made = {
            "device": self.device,
            "dtype": self.dtype,
            "seeds": self.seeds,
            "steps": self.steps,
            "batch": self.batch,
            "mode": self.mode,
        }
        return made | dict(self.more or {})


@dataclass(frozen=True, slots=True)
class File:
    """A file that is probed: its path as users see it and as the system does, its text, and what was found in it."""

    path: str
    real: str
    text: str
    diagnostics: tuple[Diagnostic, ...]

    @property
    def tree(self) -> ast.Module | None:
        """The syntax tree; None where Python cannot read the text."""
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of a file: its findings with verdicts, those that were measured, each class as it ran, and notices."""

    diagnostics: tuple[Diagnostic, ...]
    runs: tuple[Observed, ...]
    notices: tuple[Notice, ...]


def probe(file: File, targets: Sequence[Target], how: How, names: Mapping[str, str], tell: Tell) -> Probed:
    """Run the targets of a file. `names` are the measured rules that may report, by code. Raises ProbeError."""
    tree = file.tree
    cases = [
        case_of(each, number, lambda path: file.real, lambda path: tree) for number, each in enumerate(file.diagnostics)
    ]
    cases = [_only_here(case, file) for case in cases]
    judged: dict[int, list[Verdict]] = {case.number: [] for case in cases}
    runs: list[Observed] = []
    notices: list[Notice] = []
    said: list[Diagnostic] = []
    for target in targets:
        mine = _runs(file, plan.with_functions(target, tree, file.diagnostics), cases, how, tell)
        for case in cases:
            if (found := verdicts.verdict(case, mine)) is not None:
                judged[case.number].append(found)
        runs.extend(mine[:1] if len(mine) == 1 else (mine[0], mine[-1]))
        notices.extend(Notice(file.path, f"probe: `{each.name}` {each.trouble}") for each in mine[:1] if each.trouble)
        home = _home(tree, target.name)
        if home is None and mine[0].first(ObservationFailed) is None and not mine[0].seen:
            continue
        confirmed = [
            case for case in cases if (own := verdicts.verdict(case, mine)) is not None and own.status == "confirmed"
        ]
        said.extend(_measured(file, mine, confirmed, names, home or 1))
    verdict_of = {number: best(found) for number, found in judged.items()}
    if not targets:
        verdict_of = {case.number: verdicts.verdict(case, []) for case in cases}
    kept = [replace(case.diagnostic, verdict=verdict_of[case.number]) for case in cases]
    return Probed((*kept, *_distinct(said)), tuple(runs), tuple(notices))


def _only_here(case: Case, file: File) -> Case:
    """Related places in other files have other lines than this file's tree says."""
    related = zip(case.related, case.diagnostic.related, strict=True)
    return replace(case, related=tuple(each for each, at in related if at.path == file.path))


def _runs(file: File, target: Target, cases: Sequence[Case], how: How, tell: Tell) -> list[Observed]:
    """The class as it is; and, while it raises what a finding with a fix explains, with that fix as well."""
    runs = [_run(file, target, cases, how, file.text, tell)]
    fixes: list[Fix] = []
    while len(runs) < _ROUNDS and runs[-1].first(ObservationFailed) is not None:
        fresh = [
            case.diagnostic.fix
            for case in cases
            if case.diagnostic.code in _RAISING and case.diagnostic.fix is not None and case.diagnostic.fix.edits
            if case.diagnostic.fix not in fixes
            if (found := verdicts.verdict(case, runs)) is not None and found.status == "confirmed"
        ]
        text, applied = apply(file.text, fixes + fresh)
        if not fresh or not applied:
            break
        fixes += fresh
        codes = tuple(dict.fromkeys(each.diagnostic.code for each in cases if each.diagnostic.fix in fixes))
        runs.append(replace(_run(file, target, cases, how, text, tell), repaired=codes))
    return runs


def _run(file: File, target: Target, cases: Sequence[Case], how: How, text: str, tell: Tell) -> Observed:
    writes = [
        {"id": case.number, "path": case.own.path, "line": case.own.first, "end": case.own.last}
        for case in cases
        if case.diagnostic.code in _WRITES
    ]
    changed = text != file.text
    request = target.request() | how.request() | {"writes": writes if not changed else []}
    if changed:
        request["overlay"] = {file.real: text}
    started = time.monotonic()
    reply = client.run(how.python, request, Limits.usual(how.seconds), lambda said: tell(target.name, said))
    entries = list(reply.said)
    if changed:
        rows = _rows(text, file.text)
        entries = [_moved(each, file.real, rows) for each in entries]
    took = time.monotonic() - started
    seen = decode(entries)
    slow = next((each for each in seen if isinstance(each, ObservationFailed) and each.error == "TooSlow"), None)
    trouble = reply.trouble or (f"was stopped in {slow.phase}, which {slow.message}" if slow is not None else "")
    return Observed(target.name, target.file, tuple(each for each in seen if each is not slow), trouble, took)


def _rows(text: str, original: str) -> dict[int, int]:
    """The line of the original that each line of a changed text stands for."""
    new, old = text.splitlines(), original.splitlines()
    rows = {}
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, new, old, autojunk=False).get_opcodes():
        for offset in range(i2 - i1):
            rows[i1 + offset + 1] = (j1 + offset if tag == "equal" else min(j1 + offset, max(j2 - 1, j1))) + 1
    return rows


def _moved(value: Any, path: str, rows: Mapping[int, int]) -> Any:
    """Something said, with lines of the changed text as lines of the original."""
    if isinstance(value, list):
        if len(value) == 2 and value[0] == path and isinstance(value[1], int):
            return [path, rows.get(value[1], value[1])]
        return [_moved(each, path, rows) for each in value]
    if isinstance(value, dict):
        made = {key: _moved(each, path, rows) for key, each in value.items()}
        if made.get("path") == path and isinstance(made.get("line"), int):
            made["line"] = rows.get(made["line"], made["line"])
        if isinstance(ran := made.get("ran"), dict) and path in ran:
            made["ran"] = ran | {path: sorted({rows.get(line, line) for line in ran[path]})}
        return made
    return value


def _home(tree: ast.Module | None, name: str) -> int | None:
    for node in tree.body if tree is not None else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node.lineno
    return None


def _measured(
    file: File, runs: Sequence[Observed], confirmed: Sequence[Case], names: Mapping[str, str], home: int
) -> list[Diagnostic]:
    """What the runs show beyond the findings that are confirmed already: errors in any, the rest in the last one."""
    lines = file.text.splitlines()
    shown = findings.Shown(lambda path: file.path, lambda path, row: findings.line_span(lines, row))
    found = [each for seen in runs for each in findings.measured(seen) if each.code == "ACT901" or seen is runs[-1]]
    kept = []
    for each in found:
        if each.code not in names or _explained(each, runs, confirmed):
            continue
        if each.place is not None and each.place[0] != file.real:
            each = replace(each, place=None, message=f"{each.message} (in {each.place[0]}, line {each.place[1]})")
        notes = tuple(note for note in each.notes if note[1][0] == file.real)
        kept.append(findings.diagnostic(replace(each, notes=notes), names[each.code], (file.real, home), shown))
    return kept


def _explained(found: findings.Found, runs: Sequence[Observed], confirmed: Sequence[Case]) -> bool:
    for case in confirmed:
        if case.diagnostic.code not in _EXPLAINS.get(found.code, ()):
            continue
        if found.place is None or case.speaks_of(found.place):
            return True
        evidence = verdicts.verdict(case, runs)
        if found.code == "ACT907" and evidence is not None:
            # One stands where the second layer is called, the other where it is made.
            if all(f"`{name}`" in evidence.evidence for name in found.message.split("`")[1:4:2]):
                return True
        if found.code == "ACT901":
            # A finding on the definition explains an error at the use.
            messages = [verdicts.short(f.message) for seen in runs for f in seen.all(ObservationFailed)]
            names = case.names & set(found.message.replace("`", " ").replace("'", " ").split())
            if names or (evidence is not None and any(m and m in evidence.evidence for m in messages)):
                return True
            if case.diagnostic.code == "ACT402" and "not callable" in found.message:
                return True
    return False


def _distinct(said: Sequence[Diagnostic]) -> list[Diagnostic]:
    """One finding for each code and line: a block is seen in its own run and in those of the models that it is in."""
    return list({(each.code, each.span.start): each for each in reversed(said)}.values())[::-1]
