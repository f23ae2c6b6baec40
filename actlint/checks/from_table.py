"""What the rules share that report rows of the tables of deprecated names: the words, the place and the repair."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Alias
from actlint.model.deprecations import Use, exists_at, uses
from actlint.model.knowing import knows
from actlint.model.program import Context, FileView
from actlint.model.rewrites import repair, shown
from actlint.rule import Finding, Note
from actlint.torchapi.deprecated import Deprecation


def findings(unit: FileView, ctx: Context, code: str) -> Iterator[Finding]:
    """Report each use of what the table has under this code."""
    for use in uses(unit, (code,), switches=True):
        if use.status == "deprecated" and knows(unit, use):
            continue
        yield Finding(
            use.site,
            _message(unit, ctx, use),
            label=_label(use),
            notes=() if use.given is None else (Note(use.given, "called with it here"),),
            conditions=use.conditions,
            fix=repair(unit, use) if use.alone else shown(use.row),
            severity="info" if use.row.info and use.status == "deprecated" else None,
        )


def _message(unit: FileView, ctx: Context, use: Use) -> str:
    row = use.row
    written = use.reference.node.name if isinstance(use.reference.node, Alias) else unit.text(use.reference.node)
    subject = f"`{written}`"
    if written.rpartition(".")[2] != row.qualname.rpartition(".")[2]:
        subject = f"`{row.qualname}`" if row.kind == "module" else f"`{written}` (`{row.qualname}`)"
    match row.kind:
        case "argument":
            subject = f"`{row.argument}` of {subject}"
        case "value":
            subject = f"`{row.argument}={row.value}` of {subject}".replace('"', "'")
        case "overload":
            subject = f"`{written}({row.value})`"
        case "attribute":
            number = row.qualname.rpartition(".")[2]
            subject = f"`{written}` of a tensor with {number} dimension{'s' * (number != '1')}"
        case "omission":
            subject = f"{subject} without `{row.argument}`"
        case _:
            pass
    parts = [f"{subject} {_when(use)}"]
    if row.replacement and row.recipe not in ("weights", "real"):
        parts.append(f"`{row.replacement}` replaces it")
    if row.note:
        parts.append(row.note)
    if row.replacement_since and not exists_at(row.replacement_since, ctx.settings.target):
        there = f"`{row.replacement}`" if row.replacement else "the new form"
        parts.append(f"{there} is there from torch {row.replacement_since} on, and the target is {ctx.settings.target}")
    return ": ".join(parts[:2]) + "".join(f"; {part}" for part in parts[2:])


def _when(use: Use) -> str:
    """Since when, and until when."""
    row = use.row
    if use.status == "removed":
        before = f", and was deprecated since {_version(row.since)}" if row.since else ""
        return f"is gone since {_version(row.removed)}{before}"
    if row.rule == "ACT107":
        return "is private: it can go or change with any version"
    until = f" and gone since {_version(row.removed)}" if row.removed else ""
    return f"is deprecated since {_version(row.since)}{until}" if row.since else f"is deprecated{until}"


def _version(text: str) -> str:
    return text if text.startswith("torch") else f"torch {text}"


def _label(use: Use) -> str:
    row: Deprecation = use.row
    if use.status == "removed":
        return "raises" if not row.argument or row.kind == "omission" else "raises: no such argument"
    if row.warning[0]:
        return f"warns: {row.warning[0]}"
    return "no warning says so" if row.rule != "ACT107" else ""
