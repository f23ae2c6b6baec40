"""`python -m actlint.testing PAGES`: hold pages, or directories of pages, against the installed rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from actlint.testing import Failure, cases, parse, problems, run, structure
from actlint.testing.lint import LINTER
from actlint.testing.page import is_page


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PAGES", type=click.Path(exists=True, path_type=Path))
@click.option("--structure", "shape", is_flag=True, help="Also hold them to the shape of actlint's own rule book.")
def main(paths: tuple[Path, ...], shape: bool) -> None:
    """Hold rule pages against the rules that are installed; see `pydoc actlint.testing` for what a page can say."""
    pages = blocks = 0
    failures: list[Failure] = []
    for path in _pages(paths):
        page = parse(str(path), path.read_text(encoding="utf-8"))
        found = cases(page)
        failures += problems(page)
        if shape:
            failures += structure(page)
        for case in found:
            failures += run(case, LINTER)
        pages += 1
        blocks += len(found)
    for failure in failures:
        click.echo(str(failure))
    click.echo(f"{pages} pages, {blocks} blocks, {len(failures)} failures")
    raise SystemExit(1 if failures else 0)


def _pages(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (page for page in sorted(path.iterdir()) if is_page(page))
        else:
            yield path


if __name__ == "__main__":
    main(prog_name="python -m actlint.testing")
