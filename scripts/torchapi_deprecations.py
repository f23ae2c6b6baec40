"""Make `tables/deprecations.py`: execute every candidate of `torchapi_deprecations_common.py` on the installed torch,
and record what it does.

The table is written (or, with `--check`, compared), and all that torch itself calls deprecated (decorators, docstrings,
warnings in its sources) must have a row or a reason in `torchapi_deprecations_left_out_common.py`. With `--python`, the
path of an interpreter that has another torch, nothing is written: what each candidate does there is held against what
its row says of that version (since when it is deprecated, when it went, when the replacement came). The interpreter
needs nothing but torch, and can be as old as Python 3.7. Exit code 1 where they differ.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from torchapi_common import TABLES, literal, torch_version
from torchapi_deprecations_common import SETUP, Candidate, candidates, measured
from torchapi_deprecations_left_out_common import LEFT_OUT
from torchapi_deprecations_run_common import answers, one_line, resolved

from actlint.target import NEWEST, shown
from actlint.torchapi.deprecation import Deprecation
from actlint.torchapi.names import canonical

SCRIPT = "torchapi_deprecations.py"
TABLE = TABLES / "deprecations.py"
WORKER = Path(__file__).parent / "torchapi_deprecations_run_common.py"


# ------------------------------------------------------------------------------------------------------------ executing


@dataclass(frozen=True)
class Outcome:
    """What a program did: the warning about the interface, and the exception that ended it."""

    warning: tuple[str, str] = ("", "")
    error: str = ""


@dataclass(frozen=True)
class Torch:
    """One torch: its version and folder, what each candidate did, and which names it has and calls deprecated.

    `always`: it warns again of what it warned of before. Before 1.9 its C++ does not.
    """

    version: str
    root: Path
    always: bool
    outcomes: dict[Candidate, Outcome]
    names: dict[str, bool]
    told: dict[tuple[str, str], bool]


def ask(found: list[Candidate], python: str = "") -> Torch:
    """Execute the candidates on the torch of an interpreter, by default this one's."""
    runnable = [candidate for candidate in found if candidate.runs]
    names = sorted({candidate.row.replacement for candidate in found if candidate.row.replacement})
    told = sorted({(candidate.row.qualname, candidate.row.argument) for candidate in found})
    programs = [(each.sample, each.row.argument or each.row.qualname.rpartition(".")[2]) for each in runnable]
    question: dict[str, object] = {"setup": SETUP, "programs": programs, "names": names, "told": told}
    answer: Any = _elsewhere(python, question) if python else answers(question)
    outcomes = [Outcome((category, text), error) for category, text, error in answer["outcomes"]]
    return Torch(
        answer["version"],
        Path(answer["root"]),
        answer["always"],
        dict(zip(runnable, outcomes, strict=True)),
        dict(zip(names, answer["there"], strict=True)),
        dict(zip(told, answer["says"], strict=True)),
    )


def _elsewhere(python: str, question: dict[str, object]) -> object:
    """The answers of another interpreter, whose torch may be of any version."""
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "question.json"), Path(folder, "answers.json")
        asked.write_text(json.dumps(question), encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        subprocess.run([python, WORKER, asked, answered], check=True, env=environment)
        return json.loads(answered.read_text(encoding="utf-8"))


# ------------------------------------------------------------------------------------------------------------- scanning


SKIPPED = ("testing/_internal/", "_inductor/", "_dynamo/", "_vendor/", "utils/hipify/", "test/", "_numpy/")
"""What torch itself is made with."""


@dataclass(frozen=True)
class Hit:
    """A place of torch's own sources that calls something deprecated; `category` and `text` of a decorator."""

    name: str
    how: str
    category: str = ""
    text: str = ""


def scan(root: Path) -> list[Hit]:
    found: dict[tuple[str, str], Hit] = {}
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8", errors="replace")
        if relative.startswith(SKIPPED) or "eprecat" not in text and "DEPRECAT" not in text:
            continue
        module = ".".join(["torch", *relative.removesuffix(".py").split("/")]).removesuffix(".__init__")
        with contextlib.suppress(SyntaxError):
            for hit in _of_tree(ast.parse(text), module):
                found.setdefault((hit.name, hit.how), hit)
    return list(found.values())


def _of_tree(node: ast.AST, name: str) -> Iterator[Hit]:
    for child in ast.iter_child_nodes(node):
        inner = name
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{name}.{child.name}"
            for decorator in child.decorator_list:
                if isinstance(decorator, ast.Call) and "deprecated" in ast.unparse(decorator.func).lower():
                    yield Hit(inner, "decorator", *_decorated(decorator))
            if re.search("deprecat", ast.get_docstring(child) or "", re.IGNORECASE):
                yield Hit(inner, "docstring")
        elif isinstance(child, ast.Call):
            words = ast.unparse(child)
            if "warn" in ast.unparse(child.func) and re.search("deprecat", words, re.IGNORECASE):
                yield Hit(inner, "warning")
        elif isinstance(child, ast.Raise) and re.search("deprecated", ast.unparse(child)):
            yield Hit(inner, "exception")
        yield from _of_tree(child, inner)


def _decorated(decorator: ast.Call) -> tuple[str, str]:
    category = next((ast.unparse(k.value) for k in decorator.keywords if k.arg == "category"), "DeprecationWarning")
    try:
        text = ast.literal_eval(decorator.args[0]) if decorator.args else ""
    except ValueError:
        text = ""
    return ("" if category == "None" else category), one_line(str(text))


def public(name: str) -> str:
    """The name that a table would have for what the sources define under this one."""
    for ending in (".__init__", ".__new__", ".forward", ".apply", ".__getattribute__", ".deprecated_init"):
        name = name.removesuffix(ending)
    return canonical(name)


def uncovered(hits: list[Hit], rows: list[Deprecation]) -> list[Hit]:
    known = {canonical(row.qualname) for row in rows}
    things = {id(thing): thing for row in rows if (thing := resolved(row.qualname)) is not None}
    left = []
    for hit in hits:
        if {public(hit.name), canonical(hit.name)} & known or id(resolved(public(hit.name))) in things:
            continue
        if not any(hit.name == prefix or hit.name.startswith(prefix + ".") for prefix in LEFT_OUT):
            left.append(hit)
    return left


# ------------------------------------------------------------------------------------------------------------ the table


def rows(found: list[Candidate], here: Torch, hits: list[Hit]) -> list[Deprecation]:
    decorated = {public(hit.name): hit for hit in hits if hit.how == "decorator" and hit.category}
    made = []
    for candidate in found:
        outcome = here.outcomes.get(candidate, Outcome())
        hit = decorated.get(canonical(candidate.row.qualname))
        symbol = not candidate.row.argument
        if hit is not None and symbol and not outcome.warning[0] and not candidate.row.removed:
            outcome = Outcome((hit.category, hit.text), outcome.error)
        made.append(measured(candidate, outcome.warning, outcome.error))
    return made


def rendered(row: Deprecation) -> str:
    lines = []
    for field in fields(Deprecation):
        value = getattr(row, field.name)
        if field.default != value or field.name in ("qualname", "rule", "kind"):
            lines.append(f"        {field.name}={_value(value, 8, len(field.name) + 10)},\n")
    return f"    Deprecation(\n{''.join(lines)}    ),\n"


def _value(value: object, indent: int, room: int) -> str:
    if isinstance(value, str):
        return literal(value, indent, room + 1) if "\\" not in value else repr(value)
    if isinstance(value, tuple):
        flat = "(" + ", ".join(_value(v, 0, -1000) for v in value) + ("," if len(value) == 1 else "") + ")"
        if room + len(flat) + 1 <= 120:
            return flat
        pad = " " * (indent + 4)
        return "(\n" + "".join(f"{pad}{_value(v, indent + 4, len(pad))},\n" for v in value) + " " * indent + ")"
    return repr(value)


def table(found: list[Deprecation]) -> str:
    head = (
        f'"""Deprecated names and arguments of torch: see `actlint.torchapi.deprecation` for what a row says.\n\n'
        f"Generated by scripts/{SCRIPT} from torch {torch_version()}; do not edit.\n"
        '"""\n\nfrom typing import Final\n\nfrom actlint.torchapi.deprecation import Deprecation\n\n'
    )
    return f"{head}ROWS: Final = (\n{''.join(map(rendered, found))})\n"


def counts(found: list[Deprecation]) -> Iterator[str]:
    by_kind = Counter(row.kind for row in found)
    by_fix = Counter(row.fix for row in found)
    by_rule = Counter(row.rule for row in found)
    today = Counter(
        "raises" if row.error else f"warns {row.warning[0]}" if row.warning[0] else "is silent" for row in found
    )
    yield f"{len(found)} rows, {len({row.qualname for row in found})} symbols"
    for title, counter in (("kind", by_kind), ("rule", by_rule), ("fix", by_fix), ("torch today", today)):
        yield f"  {title}: " + ", ".join(f"{name} {count}" for name, count in counter.most_common())


# ------------------------------------------------------------------------------------------------------ another version


ELSEWHERE = {
    "torch.autograd.Variable": "the page of `torch.autograd` says it",
    "torch.jit.": "the page of `torch.jit` says it",
    "torch.accelerator.": "its module wraps the new function",
}
"""What is called deprecated neither by its own documentation nor by its source, by the start of its name."""


def contradictions(found: list[Candidate], there: Torch) -> Iterator[str]:
    """Where a torch does not do what a row says of its version."""
    here = number(there.version)
    for candidate in found:
        row, outcome = candidate.row, there.outcomes.get(candidate)
        name = named(row)
        if row.replacement and not there.names[row.replacement] and (0, 0) < number(row.replacement_since) <= here:
            yield f"{name}: {row.replacement} is said to be there since {row.replacement_since}, and is missing"
        if outcome is None:
            continue
        warns = bool(outcome.warning[0]) and not outcome.error
        gone = row.removed != "" and here >= number(row.removed)
        deprecated = here >= number(row.since)
        silent = row.silent_since != "" and here >= number(row.silent_since)
        if gone and not outcome.error:
            yield f"{name} is said to be removed in {row.removed}, and works"
        elif not gone and outcome.error and here >= max(number(row.since), number(row.replacement_since)):
            yield f"{name} is said to be there, and raises {outcome.error}"
        elif warns and not deprecated:
            yield f"{name} is said to be deprecated since {row.since}, and warns already: {outcome.warning[1]}"
        elif warns and silent:
            yield f"{name} is said to be silent since {row.silent_since}, and warns: {outcome.warning[1]}"
        elif row.silent_since and deprecated and not (warns or silent or outcome.error):
            yield f"{name} is said to warn until {row.silent_since}, and is silent"
        elif row.since and not row.silent_since and deprecated and not (gone or warns or outcome.error):
            if (
                there.always
                and not row.qualname.startswith(tuple(ELSEWHERE))
                and not there.told[row.qualname, row.argument]
            ):
                yield f"{name} is said to be deprecated since {row.since}, and nothing says so"


def states(found: list[Candidate], there: Torch) -> Iterator[tuple[str, Deprecation, Outcome]]:
    """What became of each row in a torch: its state by the table, and what the program did."""
    here = number(there.version)
    for candidate, outcome in there.outcomes.items():
        row = candidate.row
        gone = row.removed != "" and here >= number(row.removed)
        early = here < max(number(row.since), number(row.replacement_since) if not row.since else (0, 0))
        yield "removed" if gone else "not deprecated yet" if early else "deprecated", row, outcome


def compare(found: list[Candidate], python: str, verbose: bool) -> int:
    """Hold the rows against what another torch does. 1 where they differ."""
    there = ask(found, python)
    wrong = list(contradictions(found, there))
    seen: Counter[str] = Counter()
    for state, row, outcome in states(found, there):
        does = "raises" if outcome.error else "warns" if outcome.warning[0] else "is silent"
        seen[f"{state}, {does}"] += 1
        if verbose:
            print(f"{named(row)}: {state}, {does} {outcome.warning} {outcome.error}")
    print(f"torch {there.version} against the table of {shown(NEWEST)}: {len(found)} rows, {len(wrong)} differ")
    print("".join(f"  {text}: {count}\n" for text, count in sorted(seen.items())), end="")
    print("".join(f"  {line}\n" for line in wrong), end="")
    if number(there.version) > NEWEST:
        left = uncovered(scan(there.root), [candidate.row for candidate in found])
        print(f"  places that deprecate what has no row: {len(left)}")
        print("".join(f"    {hit.how}: {hit.name}\n" for hit in left), end="")
    return 1 if wrong else 0


def named(row: Deprecation) -> str:
    return " ".join(filter(None, (row.qualname, row.argument, row.value)))


def number(version: str) -> tuple[int, int]:
    """The version as a pair; (0, 0) where none is known."""
    major, _, minor = version.partition(".")
    return (int(major), int(minor.partition(".")[0])) if major.isdigit() else (0, 0)


def main() -> int:
    parser = argparse.ArgumentParser(prog=SCRIPT)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the table is stale")
    parser.add_argument("--python", default="", help="hold the table against the torch of this interpreter")
    parser.add_argument("--verbose", action="store_true", help="with --python: print what each candidate does")
    options = parser.parse_args()
    found = candidates()
    if options.python:
        return compare(found, options.python, options.verbose)
    if number(torch_version()) != NEWEST:
        print(f"the table is made from torch {shown(NEWEST)}; --python compares with others", file=sys.stderr)
        return 1
    here = ask(found)
    hits = scan(here.root)
    made = rows(found, here, hits)
    left = uncovered(hits, made)
    for line in counts(made):
        print(line)
    print(f"  torch's own sources: {len(hits)} places that deprecate, {len(left)} without a row or a reason")
    for hit in left:
        print(f"    {hit.how}: {hit.name}", file=sys.stderr)
    text = table(made)
    if options.check:
        stale = not TABLE.exists() or TABLE.read_text(encoding="utf-8") != text
        if stale:
            print(f"{TABLE.name} is stale: run python scripts/{SCRIPT}", file=sys.stderr)
        return 1 if stale or left else 0
    TABLE.write_text(text, encoding="utf-8")
    print(f"{TABLE.name}: {text.count(chr(10))} lines")
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
