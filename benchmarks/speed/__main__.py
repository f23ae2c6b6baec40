"""`python -m benchmarks.speed`: the shares of a cold check of pinned packages, and how many runs lacked steps."""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks.ecosystem.packages import CACHE_VARIABLE, PACKAGES, FetchError, cache_dir, fetch
from benchmarks.speed.measure import Measured, measure

DEFAULT = ("torchvision", "vit-pytorch")


@click.command()
@click.option(
    "--package", "names", multiple=True, type=click.Choice([p.name for p in PACKAGES]), help="Instead of two."
)
@click.option("--slowest", default=5, show_default=True, help="How many files to name.")
@click.option(
    "--cache-dir",
    "cache",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Or {CACHE_VARIABLE}; else the user's.",
)
def main(names: tuple[str, ...], slowest: int, cache: Path | None) -> None:
    """Print CPU seconds of each step of a cold check, and their ratio to P, libcst's parse of the same files."""
    for package in PACKAGES:
        if package.name in (names or DEFAULT):
            try:
                found = measure(fetch(package, cache or cache_dir()))
            except FetchError as error:
                raise click.ClickException(str(error)) from error
            click.echo(f"\n{package.name} {package.version}: {found.files} files that matter\n{table(found)}")
            for seconds, path in found.slowest[:slowest]:
                click.echo(f"  {seconds:6.2f} s  {path}")


def table(found: Measured) -> str:
    """The steps as rows, the rules by cost, and the runs that were given up."""
    rows = [("libcst.parse_module (P)", found.parse), ("ast.parse (A)", found.ast), *found.steps.items()]
    rows.append(("all steps", sum(found.steps.values())))
    dearest = sorted(found.rules.items(), key=lambda entry: -entry[1])[:8]
    rows += [(f"  of which {code}", seconds) for code, seconds in dearest]
    lines = [f"{name:<28} {seconds:8.2f} s  {seconds / found.parse:6.2f} P" for name, seconds in rows]
    return "\n".join((*lines, f"runs: {found.runs}, of which {found.given_up} ended for lack of steps"))


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.speed")
