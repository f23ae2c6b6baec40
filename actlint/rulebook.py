"""The rule book: where its pages are, and what is in them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_TITLE = re.compile(r"# ([A-Z]+[0-9]+): (\S+)\n\s*(.+?)(?=\n\s*\n|\Z)", re.DOTALL)


def pages_dir() -> Path:
    """The directory of the pages: inside the installed package, or `rules/` beside it in a checkout.

    Raises FileNotFoundError where neither is there.
    """
    package = Path(__file__).resolve().parent
    for directory in (package / "pages", package.parent / "rules"):
        if directory.is_dir():
            return directory
    raise FileNotFoundError(f"no rule pages in {package / 'pages'} nor in {package.parent / 'rules'}")


def page(code_or_name: str) -> str | None:
    """The text of a rule's page, found by code (`ACT601`, in any case) or name; None where there is none."""
    wanted = code_or_name.strip()
    for code, name, _ in titles():
        if wanted.upper() == code or wanted.lower() == name:
            return _read(pages_dir() / f"{name}.md")
    return None


@cache
def titles() -> tuple[tuple[str, str, str], ...]:
    """(code, name, first sentence) of every page, by code. The name is the file's."""
    found = []
    for path in sorted(pages_dir().glob("*.md")):
        if title := _TITLE.match(_read(path)):
            found.append((title[1], path.stem, " ".join(title[3].split())))
    return tuple(sorted(found))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
