"""Pages are tests: each block of `rules/*.md` and `tests/mdtest/*.md` is an item; `pytest rules/some-rule.md` works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from actlint.testing import Failure, cases, parse, problems, run, structure
from actlint.testing.page import is_page

ROOT = Path(__file__).parent
BOOK = ROOT / "rules"
PAGES = (BOOK, ROOT / "tests" / "mdtest")


class PageError(Exception):
    """What a page says and what is so differ."""


class PageFile(pytest.File):
    """A page: an item for the page itself, and one for each of its cases."""

    def collect(self) -> Iterator[pytest.Item]:
        """The page must be readable, and one of the rule book have the rule book's shape; each case must hold."""
        from actlint.testing.lint import LINTER  # here, so that a rule that cannot be imported fails its pages alone

        page = parse(self.path.relative_to(ROOT).as_posix(), self.path.read_text(encoding="utf-8"))
        shape = structure if self.path.parent == BOOK else lambda page: []
        yield PageItem.from_parent(self, name="page", line=1, check=lambda: problems(page) + shape(page))
        for case in cases(page):
            name = f"{case.line} {case.title}"
            yield PageItem.from_parent(self, name=name, line=case.line, check=partial(run, case, LINTER))


class PageItem(pytest.Item):
    """Something that a page says; `check` gives all in which it is not so."""

    def __init__(self, name: str, parent: pytest.Collector, line: int, check: Callable[[], list[Failure]]) -> None:
        super().__init__(name, parent)
        self.line, self.check = line, check

    def runtest(self) -> None:
        """Fail with every place that is wrong, not with the first."""
        if failures := self.check():
            raise PageError("\n".join(map(str, failures)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """The failures alone: a traceback would show only the reader."""
        return str(excinfo.value if isinstance(excinfo.value, PageError) else super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the block stands."""
        return self.path, self.line - 1, self.name


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PageFile | None:
    """Collect the pages of the two directories, their READMEs left out."""
    if file_path.parent in PAGES and is_page(file_path):
        return PageFile.from_parent(parent, path=file_path)
    return None
