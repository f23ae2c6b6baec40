"""`actlint check`: options to a request, an outcome to output and exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from actlint.cli import streams
from actlint.config import DEVICES, FORMATS

if TYPE_CHECKING:
    from actlint.discover import Configuration
    from actlint.output import RenderOptions
    from actlint.probe.probing import How
    from actlint.session import Outcome, Request

_FINDINGS, _FAILED = 1, 2


@click.command()
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--fix/--no-fix", default=None, help="Apply the safe fixes.")
@click.option("--unsafe-fixes/--no-unsafe-fixes", default=None, help="Also apply fixes that change what is computed.")
@click.option("--show-fixes/--no-show-fixes", default=None, help="List the fixes that were made.")
@click.option("--diff", is_flag=True, help="Show what fixes would change; write nothing.")
@click.option("--fix-only/--no-fix-only", default=False, help="Apply fixes, and do not report what is left.")
@click.option("--select", multiple=True, metavar="RULES", help="Rules to run: codes, prefixes, names or ALL.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Rules not to run.")
@click.option("--extend-select", multiple=True, metavar="RULES", help="Rules to run beside those selected.")
@click.option("--per-file-ignores", multiple=True, metavar="GLOB:RULE", help="Rules not to report in some files.")
@click.option("--exclude", multiple=True, metavar="GLOBS", help="Files and directories to leave out.")
@click.option("--extend-exclude", multiple=True, metavar="GLOBS", help="The same, beside those left out already.")
@click.option("--force-exclude/--no-force-exclude", default=None, help="Leave out excluded files even if named here.")
@click.option("--target-torch", metavar="RANGE", help="The versions of torch that the code is for: `2.4..2.13`.")
@click.option("--output-format", type=click.Choice(FORMATS), help="How to print findings; full by default.")
@click.option("--output-file", "-o", type=click.Path(), help="Print to this file instead of stdout.")
@click.option("--statistics", is_flag=True, help="Count findings by rule.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="Exit with 1 if something was fixed, too.")
@click.option("--stdin-filename", type=click.Path(), help="The name of the file that `-` stands for.")
@click.option("--config", "configs", multiple=True, metavar="FILE|SETTING", help="A file, or `key = value`.")
@click.option("--isolated", is_flag=True, help="Ignore all configuration files.")
@click.option("--show-files", is_flag=True, help="List the files that would be checked.")
@click.option("--show-settings", is_flag=True, help="Show the settings that hold for these paths.")
@click.option("--no-cache", is_flag=True, help="Keep nothing between runs, and use nothing kept.")
@click.option("--jobs", "-j", type=click.IntRange(min=1), metavar="N", help="How many processes may work.")
@click.option("--probe", is_flag=True, help="Run the models, which executes the code, and say what holds.")
@click.option("--verify", is_flag=True, help="With --fix: run models before and after, and take back what is not safe.")
@click.option("--device", type=click.Choice(DEVICES), default="auto", help="Where --probe and --verify run models.")
@click.option("--python", metavar="PATH", help="The interpreter for --probe and --verify.")
@click.option("--quiet", "-q", is_flag=True, help="Print findings and errors only.")
@click.option("--verbose", "-v", is_flag=True, help="Also say what was done.")
def check(paths: tuple[str, ...], **options: Any) -> int:
    """Check files and directories (by default the working directory); `-` reads standard input."""
    # Nothing is kept between runs and one process does the work, so that these two have nothing to say yet.
    del options["no_cache"], options["jobs"]
    if (options["probe"] or options["verify"]) and "-" in paths:
        from actlint.errors import UsageError

        raise UsageError("--probe and --verify run files, not standard input")
    request = _request(paths, options)
    if options["show_files"] or options["show_settings"]:
        return _show(request, options["show_settings"])
    return _run(request, options)


# -------------------------------------------------------------------------------------------------------------- options


def _request(paths: tuple[str, ...], options: Mapping[str, Any]) -> Request:
    from actlint.errors import UsageError
    from actlint.session import Request, Stdin

    stdin = None
    if "-" in paths:
        if len(paths) > 1:
            raise UsageError("`-` (standard input) cannot be checked together with other paths")
        name = options["stdin_filename"] or "-"
        stdin = Stdin(name, b"" if options["show_files"] else sys.stdin.buffer.read())
        paths = ()
    else:
        paths = paths or (".",)
    return Request(paths, _configuration(options), stdin, options["diff"])


def _configuration(options: Mapping[str, Any]) -> Configuration:
    from actlint import configfile
    from actlint.config import validated
    from actlint.discover import Configuration
    from actlint.errors import UsageError

    here = os.getcwd()
    files = [text for text in options["configs"] if os.path.isfile(text)]
    inline = [configfile.inline(text, here) for text in options["configs"] if text not in files and "=" in text]
    if missing := [text for text in options["configs"] if text not in files and "=" not in text]:
        raise UsageError(f"--config: no such file, and not of the form `key = value`: {missing[0]}")
    if len(files) > 1:
        raise UsageError(f"--config: only one file can be given, not {' and '.join(files)}")
    if files and options["isolated"]:
        raise UsageError("--config with a file and --isolated contradict each other")
    layer = validated(_settings(options), here, "command line")
    return Configuration(files[0] if files else None, options["isolated"], tuple(inline), (layer,))


def _settings(options: Mapping[str, Any]) -> dict[str, object]:
    """The settings among the options, by key."""
    found: dict[str, object] = {}
    for name in ("select", "ignore", "extend_select", "exclude", "extend_exclude"):
        if values := options[name]:
            parts = (part.strip() for value in values for part in value.split(","))
            found[name.replace("_", "-")] = [part for part in parts if part]
    for name in ("fix", "unsafe_fixes", "show_fixes", "force_exclude", "output_format", "target_torch"):
        if options[name] is not None:
            found[name.replace("_", "-")] = options[name]
    if options["fix_only"]:
        found["fix"] = True
    if pairs := options["per_file_ignores"]:
        found["per-file-ignores"] = _per_file(part for value in pairs for part in value.split(","))
    return found


def _per_file(pairs: Iterable[str]) -> dict[str, list[str]]:
    from actlint.errors import UsageError

    found: dict[str, list[str]] = {}
    for pair in pairs:
        glob, colon, selector = pair.strip().rpartition(":")
        if not colon or not glob or not selector:
            raise UsageError(f"--per-file-ignores: `{pair}` is not of the form GLOB:RULE")
        found.setdefault(glob.strip(), []).append(selector.strip())
    return found


# --------------------------------------------------------------------------------------------------------- what it does


def _show(request: Request, settings: bool) -> int:
    from actlint import session
    from actlint.cli.config import resolved
    from actlint.diagnostic import Report
    from actlint.output import summary

    projects, notices = session.find(request)
    if settings:
        shown = [project.settings for project in projects] or [session.settings_of(request, projects)]
        streams.emit(f"{resolved(each)}\n" for each in shown)
    else:
        streams.emit(f"{path}\n" for path in sorted(p.path(file) for p in projects for file in p.reported))
    streams.tell("".join(summary.failures(Report(notice.path, "", (), (notice,)) for notice in notices)))
    return _FAILED if any(notice.failure for notice in notices) else 0


def _run(request: Request, options: Mapping[str, Any]) -> int:
    import time

    from actlint import session
    from actlint.output import summary

    start = time.perf_counter()
    progress, wipe = streams.progress_bar(quiet=options["quiet"])
    try:
        outcome = session.run(request, progress)
    finally:
        wipe()
    if options["verify"]:
        outcome = _verified(request, outcome, options)
    if options["probe"]:
        outcome = _probed(request, outcome, options)
    to_stderr = request.stdin is not None and outcome.settings.fix and not request.preview
    if to_stderr:
        streams.emit_bytes(outcome.stdin or b"")
    rendering = _rendering(outcome, options, to_stderr)
    _print(_pieces(outcome, options, rendering, request.preview), options["output_file"], to_stderr)
    for line in summary.failures(outcome.reports):
        if not options["quiet"] or line.startswith("error"):
            streams.tell(line)
    if request.preview and not options["quiet"]:
        streams.tell(summary.would_fix(outcome.reports, rendering))
    if options["verbose"]:
        where = outcome.settings.file or "the defaults"
        files = f"{outcome.files} file{'' if outcome.files == 1 else 's'}"
        streams.tell(f"checked {files} in {time.perf_counter() - start:.2f} s with the settings of {where}\n")
    return _exit_code(outcome, options, request.preview)


def _how(options: Mapping[str, Any]) -> How:
    from actlint.probe.client import interpreter
    from actlint.probe.probing import How

    return How(interpreter(options["python"]), options["device"])


def _probed(request: Request, outcome: Outcome, options: Mapping[str, Any]) -> Outcome:
    from actlint import judge

    tell, wipe = streams.probe_bar(options["quiet"])
    try:
        return judge.probed(request, outcome, judge.Probing(_how(options)), tell)[0]
    finally:
        wipe()


def _verified(request: Request, outcome: Outcome, options: Mapping[str, Any]) -> Outcome:
    from actlint import judge

    tell, wipe = streams.probe_bar(options["quiet"])
    try:
        return judge.verified(request, outcome, judge.Probing(_how(options)), tell)
    finally:
        wipe()


def rendering_of(outcome: Outcome) -> RenderOptions:
    """How to show an outcome on stdout."""
    return _rendering(outcome, {"output_file": None}, to_stderr=False)


def _rendering(outcome: Outcome, options: Mapping[str, Any], to_stderr: bool) -> RenderOptions:
    import shutil

    from actlint import __version__, rulebook
    from actlint.output import RenderOptions

    names = {}
    if any(report.diagnostics or report.fixed for report in outcome.reports):
        from actlint import registry

        names = {rule.code: rule.name for rule in registry.rules()}
    stream = sys.stderr if to_stderr else sys.stdout
    on_terminal = stream.isatty() and not options["output_file"]
    return RenderOptions(
        color=not options["output_file"] and streams.has_color(stream),
        width=max(60, min(140, shutil.get_terminal_size().columns)) if on_terminal else 140,
        unsafe_fixes=outcome.settings.unsafe_fixes,
        show_fixes=outcome.settings.show_fixes,
        version=__version__,
        names=names,
        page=rulebook.page,
    )


def _pieces(outcome: Outcome, options: Mapping[str, Any], rendering: RenderOptions, preview: bool) -> Iterator[str]:
    from actlint.output import TEXT_FORMATS, renderer, summary

    name = outcome.settings.output_format
    for_people = name in TEXT_FORMATS and not options["quiet"]
    if preview:
        from actlint.output.diff import diff

        yield from diff(outcome.reports, rendering)
    elif options["fix_only"]:
        if for_people:
            yield summary.show_fixes(outcome.reports, rendering)
    elif options["statistics"]:
        count = summary.statistics if name in TEXT_FORMATS else summary.json_statistics
        yield count(outcome.reports, rendering)
    else:
        yield from renderer(name)(outcome.reports, rendering, _text)
        if for_people:
            yield summary.closing(outcome.reports, rendering)


def _text(path: str) -> str | None:
    """The text of a file that a finding points to; the file itself need not be among those checked."""
    from actlint.source import Source, read

    found = read(path)
    return found.text if isinstance(found, Source) else None


def _print(pieces: Iterator[str], file: str | None, to_stderr: bool) -> None:
    from actlint.errors import UsageError

    if file:
        try:
            with open(file, "w", encoding="utf-8", errors="backslashreplace", newline="") as target:
                target.writelines(pieces)
        except OSError as error:
            raise UsageError(f"--output-file: cannot write {file}: {error.strerror or error}") from error
    elif to_stderr:
        for piece in pieces:
            streams.tell(piece)
    else:
        streams.emit(pieces)


def _exit_code(outcome: Outcome, options: Mapping[str, Any], preview: bool) -> int:
    """2 wins over 1: where something failed, "no findings" would say too much."""
    from actlint.output.shared import counts

    reports = outcome.reports
    if any(notice.failure for report in reports for notice in report.notices):
        return _FAILED
    if any(diagnostic.internal for report in reports for diagnostic in report.diagnostics):
        return _FAILED
    fixed = any(report.fixed for report in reports)
    if options["exit_zero"]:
        return 0
    if preview:
        return _FINDINGS if any(report.original is not None for report in reports) else 0
    if fixed and options["exit_non_zero_on_fix"]:
        return _FINDINGS
    found = any(counts(diagnostic) for report in reports for diagnostic in report.diagnostics)
    return _FINDINGS if found and not options["fix_only"] else 0
