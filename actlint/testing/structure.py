"""The shape that a page of the rule book has, so that all of them read alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from actlint.testing.cases import cases
from actlint.testing.page import Failure, Page

HEADINGS = ("Why is this bad?", "Example", "Fix", "Limits", "See also")
MOST_LINES = 90
_CODE_SPAN = re.compile(r"(`+).*?\1")
_SECOND_SENTENCE = re.compile(r"[.!?]\s+\S")


def structure(page: Page) -> list[Failure]:
    """What keeps a page from being a page of the rule book."""
    return list(_wrong(page))


def _wrong(page: Page) -> Iterator[Failure]:
    def at(line: int, message: str) -> Failure:
        return Failure(page.path, line, message)

    title = page.sections[1] if len(page.sections) > 1 else page.sections[0]
    if page.code is None or title.level != 1 or title.line != 1:
        yield at(1, "a page begins with `# CODE: name`, in lowercase with dashes")
        return
    if page.name != PurePath(page.path).stem:
        yield at(1, f"the page is of `{page.name}` and its file of `{PurePath(page.path).stem}`")
    if page.lines > MOST_LINES:
        yield at(MOST_LINES + 1, f"{page.lines} lines; a page has at most {MOST_LINES}")
    sentence = _CODE_SPAN.sub("x", " ".join(title.prose))
    if title.blocks or not sentence.endswith(".") or _SECOND_SENTENCE.search(sentence):
        yield at(2, "one sentence, and nothing else, stands under the title")
    headings = tuple(section.title for section in page.sections if section.level == 2)
    if headings != HEADINGS:
        yield at(1, f"the headings are {list(headings)}; a page has {list(HEADINGS)}")
    for section in page.sections[2:]:
        if section.level == 1:
            yield at(section.line, "a page has one title")
        if section.level == 2 and not section.prose and not section.blocks and not _has_children(page, section.line):
            yield at(section.line, f"nothing stands under `{section.title}`")
    if not any(file.expected for case in cases(page) for file in case.files):
        yield at(1, "no block shows a finding: mark one with `# error`")
    if all(file.expected for case in cases(page) for file in case.files):
        yield at(1, "no block shows good code: one must be silent")


def _has_children(page: Page, line: int) -> bool:
    following = [section for section in page.sections if section.line > line]
    return bool(following) and following[0].level > 2
