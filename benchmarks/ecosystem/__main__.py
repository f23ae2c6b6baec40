"""`python -m benchmarks.ecosystem`: check the pinned packages and hold the findings against the committed list."""

from __future__ import annotations

import time
from pathlib import Path

import click

from benchmarks.ecosystem import coverage as covering
from benchmarks.ecosystem import verdicts
from benchmarks.ecosystem.figures import SAMPLE, figures, table
from benchmarks.ecosystem.fixer import fix
from benchmarks.ecosystem.lint import Finding, Run, check, findings, snippet
from benchmarks.ecosystem.packages import CACHE_VARIABLE, PACKAGES, FetchError, Package, cache_dir, fetch
from benchmarks.ecosystem.verdicts import Difference, Judgement


@click.command()
@click.option("--package", "names", multiple=True, type=click.Choice([p.name for p in PACKAGES]), help="Only this one.")
@click.option("--rule", "rules", multiple=True, metavar="CODE", help="Only this rule, whether on by default or not.")
@click.option("--update", is_flag=True, help="Write the lists anew; verdicts are kept, new findings have none.")
@click.option("--unread", is_flag=True, help="Print every finding that needs to be read, with its code.")
@click.option("--fix", "fixer", is_flag=True, help="Also run the fixer over copies, with and without unsafe fixes.")
@click.option("--coverage", is_flag=True, help="Only print how much of the packages' modules the evaluator sees.")
@click.option("--sample", default=SAMPLE, show_default=True, help="How many pieces of a rule are read at most.")
@click.option("--seed", default=0, show_default=True, help="What draws the sample.")
@click.option(
    "--cache-dir",
    "cache",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Or {CACHE_VARIABLE}; else the user's.",
)
def main(
    names: tuple[str, ...],
    rules: tuple[str, ...],
    update: bool,
    unread: bool,
    fixer: bool,
    coverage: bool,
    sample: int,
    seed: int,
    cache: Path | None,
) -> None:
    """Check pinned packages with the default rules; exit code 1 where the findings are not the committed ones.

    It is also 1 where a finding is unread, a rule is below its bound, or the fixer does harm.
    """
    if coverage:
        _print_coverage([package for package in PACKAGES if not names or package.name in names], cache or cache_dir())
        return
    wrong = False
    judged: list[tuple[Finding, Judgement | None]] = []
    sources: dict[str, Path] = {}
    for package in (p for p in PACKAGES if not names or p.name in names):
        try:
            directory = sources[package.name] = fetch(package, cache or cache_dir())
            everything = verdicts.load(package.name)
        except (FetchError, verdicts.ListError) as error:
            raise click.ClickException(str(error)) from error
        entries = {key: entry for key, entry in everything.items() if not rules or key[1] in rules}
        run = _check(package, directory, rules)
        if run.exit_code > 1:
            click.echo(f"! actlint failed on {package.name} with exit code {run.exit_code}")
            wrong = True
            continue
        found = findings(package.name, directory, run)
        difference = verdicts.compare(entries, found)
        _print_difference(difference, directory)
        if update:
            entries = verdicts.updated(entries, found)
            others = {key: entry for key, entry in everything.items() if rules and key[1] not in rules}
            verdicts.save(package.name, {**others, **entries})
        else:
            wrong |= bool(difference)
        judged += [(f, entries[f.key].verdict if f.key in entries else None) for f in found]
        if fixer:
            wrong |= _print_fixed(package, directory, run)
    measured = figures(judged, sample, seed)
    for finding in (f for rule in measured for f in rule.unread if unread):
        click.echo(f"? {finding.package} {_place(finding)}\n{snippet(sources[finding.package], finding, 6)}")
    click.echo(f"\n{table(measured)}")
    raise SystemExit(1 if wrong or any(rule.unread or not rule.in_bound for rule in measured) else 0)


def _check(package: Package, directory: Path, rules: tuple[str, ...]) -> Run:
    """Check a package and print how that went."""
    start = time.perf_counter()
    run = check(directory, *(("--select", ",".join(rules)) if rules else ()))
    seconds = time.perf_counter() - start
    files = sum(1 for _ in directory.rglob("*.py"))
    click.echo(f"{package.name} {package.version}: {files} files, {len(run.raw)} findings, {seconds:.1f} s")
    for line in run.errors.splitlines():
        click.echo(f"  {line}")
    return run


def _print_coverage(packages: list[Package], cache: Path) -> None:
    """Print the covered share of the packages' modules, each as soon as it is measured."""
    found: list[covering.Measured] = []
    for package in packages:
        try:
            directory = fetch(package, cache)
        except FetchError as error:
            raise click.ClickException(str(error)) from error
        start = time.process_time()
        found.append(covering.measure(package.name, directory))
        click.echo(
            f"{package.name} {package.version}: {found[-1].modules} modules, {time.process_time() - start:.1f} s"
        )
    click.echo(f"\n{covering.report(found)}")


def _print_difference(difference: Difference, directory: Path) -> None:
    for finding in difference.added:
        click.echo(f"+ {_place(finding)}\n{snippet(directory, finding)}")
    for file, code, scope, text, message in difference.removed:
        click.echo(f"- {file} ({scope or 'module'}) {code} {message}\n            {text}")
    for old, new in difference.reworded:
        click.echo(f"~ {old[0]} ({old[2] or 'module'}) {old[1]} {old[4]}\n      now: {new[4]}")


def _place(finding: Finding) -> str:
    return f"{finding.file}:{finding.row}:{finding.column} {finding.code} {finding.message}"


def _print_fixed(package: Package, directory: Path, run: Run) -> bool:
    """Run the fixer in both modes and print what it did; whether anything is wrong."""
    wrong = False
    for options, unsafe in (("--fix", False), ("--fix --unsafe-fixes", True)):
        result = fix(directory, run, unsafe=unsafe)
        click.echo(f"  {options}: {len(result.changed)} files changed, {len(result.wrong)} wrong")
        for line in result.wrong:
            click.echo(f"! {package.name}/{line}")
        wrong |= bool(result.wrong)
    return wrong


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.ecosystem")
