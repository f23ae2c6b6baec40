"""What renderers are told beside the reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from actlint.diagnostic import Report

Texts: TypeAlias = Callable[[str], "str | None"]
"""The text of a file by its path as diagnostics write it, None where it is not to be had."""


def no_text(path: str) -> None:
    """A `Texts` that knows no file, and a supplier of pages that has none."""


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How to show reports.

    `color` allows ANSI colours; lines of source longer than `width` cells are trimmed. With `unsafe_fixes` unsafe fixes
    count as fixable. A rule's page is at `url_root` + its name + `.md`; without a root there are no addresses. `names`
    are the rules' names and `page` their pages (Markdown), both by code; `version` is actlint's.
    """

    color: bool = False
    width: int = 140
    unsafe_fixes: bool = False
    show_fixes: bool = False
    url_root: str = ""
    version: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    page: Callable[[str], str | None] = no_text


Render: TypeAlias = Callable[[Iterable[Report], RenderOptions, Texts], Iterator[str]]
"""A renderer: pieces of text to be written one after another; what it writes is empty or ends with a line end.

The texts are those of files that related places are in and that the reports may not hold; they may be left out.
"""
