"""Make `tables/deprecations.py`: execute every candidate of `torchapi_deprecations_common.py` on the installed torch,
and record what it does.

With the version that the tables are made from, the table is written (or, with `--check`, compared), and all that this
torch itself calls deprecated (decorators, docstrings, warnings in its sources) must have a row or a reason in
`torchapi_deprecations_left_out_common.py`. With any other version, nothing is written: what each candidate does is held
against what its row says of that version. Exit code 1 where they differ.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import io
import os
import re
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torchapi_common import TABLES, literal, torch_version
from torchapi_deprecations_common import SETUP, Candidate, candidates, measured
from torchapi_deprecations_left_out_common import LEFT_OUT

from actlint.target import NEWEST, shown
from actlint.torchapi.deprecation import Deprecation
from actlint.torchapi.names import canonical

SCRIPT = "torchapi_deprecations.py"
TABLE = TABLES / "deprecations.py"
SPEAKS = re.compile(
    r"deprecat|renamed|legacy|no effect|removed|in favor of|final step of the integration|has been changed|without use_"
    r"|use_reentrant|Implicit dimension|size_average and reduce|is required to pass|required to pass|pickle module",
    re.IGNORECASE,
)
"""What a warning says that is about an interface: programs warn of other things too."""


# ------------------------------------------------------------------------------------------------------------ executing


@dataclass(frozen=True)
class Outcome:
    """What a program did: the warning about the interface, and the exception that ended it."""

    warning: tuple[str, str] = ("", "")
    error: str = ""


def execute(candidate: Candidate) -> Outcome:
    namespace: dict[str, object] = {"__name__": "candidate"}
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        error = ""
        try:
            exec(SETUP, namespace)
            caught.clear()
            exec(candidate.sample, namespace)
        except Exception as raised:
            error = f"{type(raised).__name__}: {one_line(str(raised))}"
    spoken = [w for w in caught if SPEAKS.search(str(w.message)) and "torch_xla" not in str(w.message)]
    said = candidate.row.argument or candidate.row.qualname.rpartition(".")[2]
    own = [w for w in spoken if said in str(w.message)]
    if not spoken:
        return Outcome(("", ""), error)
    told = (own or spoken)[0]
    return Outcome((told.category.__name__, one_line(str(told.message))), error)


def one_line(text: str) -> str:
    """The text without line ends and without where in torch's C++ it was raised."""
    text = re.sub(r"\(Triggered internally at .*\)", "", text, flags=re.DOTALL)
    return " ".join(text.split())


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


def scan() -> list[Hit]:
    root = Path(torch.__file__).parent
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


def resolved(name: str) -> object:
    """The thing of torch that goes by a name, None if there is none."""
    parts = name.split(".")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for length in range(len(parts), 0, -1):
            try:
                thing: object = importlib.import_module(".".join(parts[:length]))
                for part in parts[length:]:
                    thing = getattr(thing, part)
            except Exception:
                continue
            return thing
    return None


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


def rows(found: list[Candidate], hits: list[Hit]) -> list[Deprecation]:
    decorated = {public(hit.name): hit for hit in hits if hit.how == "decorator" and hit.category}
    made = []
    for candidate in found:
        outcome = execute(candidate) if candidate.runs else Outcome()
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


def contradictions(found: list[Candidate], verbose: bool) -> Iterator[str]:
    """Where the installed torch does not do what a row says of its version."""
    here = number(torch_version())
    for candidate in found:
        row = candidate.row
        if not candidate.runs:
            continue
        outcome = execute(candidate)
        name = " ".join(filter(None, (row.qualname, row.argument, row.value)))
        said = "gone" if row.removed and here >= number(row.removed) else "there"
        early = here < max(number(v) for v in (row.since, row.replacement_since, "0.0") if v)
        does = "raises" if outcome.error else "warns" if outcome.warning[0] else "is silent"
        if verbose:
            print(f"{name}: {said}{' (not deprecated yet)' if early else ''}, {does} {outcome.warning} {outcome.error}")
        if said == "gone" and not outcome.error:
            yield f"{name} is said to be removed in {row.removed}, and {does}"
        elif said == "there" and outcome.error and not early:
            yield f"{name} is said to be there, and raises {outcome.error}"
        elif early and outcome.warning[0] and not outcome.error:
            yield f"{name} is said to be deprecated since {row.since}, and warns already: {outcome.warning[1]}"


def number(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def main() -> int:
    parser = argparse.ArgumentParser(prog=SCRIPT)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the table is stale")
    parser.add_argument("--verbose", action="store_true", help="print what each candidate does")
    options = parser.parse_args()
    os.chdir(tempfile.mkdtemp())
    if hasattr(torch, "set_warn_always"):
        torch.set_warn_always(True)
    found = candidates()
    if number(torch_version()) != NEWEST:
        wrong = list(contradictions(found, options.verbose))
        print(f"torch {torch_version()} against the table of {shown(NEWEST)}: {len(found)} rows, {len(wrong)} differ")
        print("".join(f"  {line}\n" for line in wrong), end="")
        return 1 if wrong else 0
    hits = scan()
    made = rows(found, hits)
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
