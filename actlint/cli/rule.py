"""`actlint rule`: what a rule says, why, and how it is fixed, from its page in the rule book."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from actlint.cli.streams import emit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actlint.rule import Rule


@click.command()
@click.argument("rule", required=False, metavar="CODE|NAME")
@click.option("--all", "everything", is_flag=True, help="Every rule.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="text by default.")
def rule(rule: str | None, everything: bool, output_format: str) -> int:
    """Explain a rule, by its code (ACT401) or name (undefined-attribute), or all of them."""
    from actlint import rulebook
    from actlint.errors import UsageError

    if (rule is None) == (not everything):
        raise UsageError("give the code or name of a rule, or --all" + (", not both" if everything else ""))
    titles = {code: (name, sentence) for code, name, sentence in rulebook.titles()}
    if rule is not None:
        code, name = rule.strip().upper(), rule.strip().lower()
        wanted = [each for each, (its_name, _) in titles.items() if each == code or its_name == name]
        if not wanted:
            raise UsageError(f"unknown rule `{rule}`{_hint(rule, titles)}")
    else:
        wanted = list(titles)
    pages = [rulebook.page(code) or "" for code in wanted]
    if output_format == "json":
        emit([json.dumps(_records(wanted, pages), indent=2, ensure_ascii=False), "\n"])
    else:
        emit("\n".join(pages))
    return 0


def _hint(wanted: str, titles: dict[str, tuple[str, str]]) -> str:
    from difflib import get_close_matches

    known = [*titles, *(name for name, _ in titles.values())]
    near = get_close_matches(wanted.upper(), known, n=1) or get_close_matches(wanted.lower(), known, n=1)
    return f"; did you mean `{near[0]}`?" if near else "; `actlint rule --all` shows the rules"


def _records(codes: Sequence[str], pages: Sequence[str]) -> list[dict[str, object]]:
    from actlint import registry, rulebook

    rules: dict[str, Rule] = {each.code: each for each in registry.rules()}
    summaries = {code: (name, sentence) for code, name, sentence in rulebook.titles()}
    return [
        {
            "code": code,
            "name": summaries[code][0],
            "summary": summaries[code][1],
            "severity": rules[code].severity if code in rules else None,
            "default": rules[code].default if code in rules else None,
            "page": page,
        }
        for code, page in zip(codes, pages, strict=True)
    ]
