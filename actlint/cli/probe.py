"""`actlint probe`: run the models of a file, and say of each finding whether it holds. It executes the user's code."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from actlint.cli import streams
from actlint.config import DEVICES

if TYPE_CHECKING:
    from actlint.observation import Observed
    from actlint.probe.probing import How
    from actlint.session import Outcome, Request

DTYPES = ("float32", "bfloat16", "float16")
ACTIVATIONS = ("relu", "leaky_relu", "relu6", "elu", "gelu", "tanh", "sigmoid", "silu", "softplus")


@click.command()
@click.argument("target", metavar="FILE[:CLASS]")
@click.option("--device", type=click.Choice(DEVICES), default="auto", help="Where models run; auto by default.")
@click.option("--python", metavar="PATH", help="The interpreter that has torch and what the code imports.")
@click.option("--dtype", type=click.Choice(DTYPES), default="float32", help="The type to compute in, by autocast.")
@click.option("--seeds", type=click.IntRange(1, 100), default=3, help="From how many seeds; 3 by default.")
@click.option("--steps", type=click.IntRange(1), default=20, help="Training steps on one batch; 20 by default.")
@click.option("--batch", type=click.IntRange(2), default=8, help="Samples in a batch; 8 by default.")
@click.option("--init", multiple=True, metavar="NAME=VALUE", help="An argument of the class, as Python.")
@click.option("--input", "inputs", multiple=True, metavar="SPEC", help="An input: float32[8,784] or int64[8,16]<256.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=60.0,
    help="Seconds that a class may take, without waiting for a busy processor.",
)
@click.option("--save-config", is_flag=True, help="Write the arguments and inputs found to the configuration.")
@click.option("--shapes-only", is_flag=True, help="Only the shapes of all layers, on the meta device.")
@click.option("--compare", metavar="NAMES", help="Train the class under each of these activations (relu,tanh,…).")
@click.option("--epochs", type=click.IntRange(1), help="With --compare: times through the data, instead of --steps.")
@click.option("--rate", type=click.FloatRange(min=0), help="With --compare: the learning rate of Adam.")
@click.option("--select", multiple=True, metavar="RULES", help="Rules to judge: codes, prefixes, names or ALL.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Rules to leave out.")
@click.option("--output-format", type=click.Choice(["full", "json"]), default="full", help="full by default.")
@click.option("--html", type=click.Path(), metavar="FILE", help="Also write a report that stands alone.")
@click.option("--plot", type=click.Path(), metavar="FILE", help="Also draw gradients (needs the extra `plot`).")
@click.option("--isolated", is_flag=True, help="Ignore all configuration files.")
def probe(target: str, **options: Any) -> int:
    """Run the models of a file in a process of their own, and say of each finding whether it holds.

    This executes the code of the file. Without CLASS each model of the file is run. What cannot be known is guessed,
    and the guess is printed.
    """
    from actlint import judge, session
    from actlint.errors import UsageError

    if options["plot"]:
        _plotter()
    file, name = _split(target)
    if options["compare"] and name is None:
        raise UsageError("--compare needs a class: FILE:CLASS")
    request = _request(file, options)
    how = _how(options)
    wanted = judge.Probing(how, name, tuple(map(judge.pair, options["init"])), _inputs(options["inputs"]))
    outcome = session.run(request)
    if failed := [n for report in outcome.reports for n in report.notices if n.failure]:
        raise UsageError(f"{failed[0].path}: {failed[0].message}")
    tell, wipe = streams.probe_bar()
    try:
        outcome, runs = judge.probed(request, outcome, wanted, tell)
    finally:
        wipe()
    if not runs:
        streams.tell(f"{file}: there is no model in this file that could be run\n")
    for line in _print(outcome, runs, options):
        streams.emit([line])
    if options["save_config"]:
        _save(outcome, runs)
    return _exit_code(outcome, runs)


def _split(target: str) -> tuple[str, str | None]:
    file, colon, name = target.rpartition(":")
    if colon and name.isidentifier() and not os.path.exists(target):
        return file, name
    if os.path.isdir(target):
        from actlint.errors import UsageError

        raise UsageError(f"{target} is a directory; give a file, or use `actlint check --probe {target}`")
    return target, None


def _request(file: str, options: Mapping[str, Any]) -> Request:
    from actlint.config import Layer
    from actlint.discover import Configuration
    from actlint.session import Request

    values: dict[str, Any] = {"fix": False}
    for key in ("select", "ignore"):
        if found := [part.strip() for text in options[key] for part in text.split(",") if part.strip()]:
            values[key] = found
    layer = Layer(values, os.getcwd())
    return Request((file,), Configuration(isolated=options["isolated"], options=(layer,)))


def _inputs(texts: Sequence[str]) -> tuple[str, ...]:
    import re

    from actlint.errors import UsageError

    for text in texts:
        if not re.fullmatch(r"(\w+\s*=\s*)?[a-z]+\d*\s*\[[\d,\s]*\](\s*<\s*\d+)?", text.strip()):
            raise UsageError(f"--input: `{text}` is not of the form float32[8,784] or int64[8,16]<256")
    return tuple(texts)


def _how(options: Mapping[str, Any]) -> How:
    from actlint.errors import UsageError
    from actlint.probe.client import interpreter
    from actlint.probe.probing import How

    mode, more = "shapes" if options["shapes_only"] else "measure", {}
    if options["compare"]:
        names = [each.strip() for each in options["compare"].split(",") if each.strip()]
        if unknown := [each for each in names if each not in ACTIVATIONS]:
            raise UsageError(f"--compare: unknown activation `{unknown[0]}`; known are {', '.join(ACTIVATIONS)}")
        mode, more = "compare", {"activations": names, "epochs": options["epochs"], "rate": options["rate"]}
    elif options["epochs"] or options["rate"]:
        raise UsageError("--epochs and --rate speak of --compare")
    return How(
        interpreter(options["python"]),
        options["device"],
        options["dtype"],
        options["seeds"],
        options["steps"],
        options["batch"],
        options["timeout"],
        mode,
        more,
    )


def _print(outcome: Outcome, runs: Sequence[Observed], options: Mapping[str, Any]) -> list[str]:
    from actlint.cli.check import rendering_of
    from actlint.output import layers, models, renderer, summary

    rendering = rendering_of(outcome)
    if options["html"]:
        from actlint.output.html import render as page

        _write(options["html"], page(outcome.reports, runs, rendering))
    if options["plot"]:
        _plotter()(runs, options["plot"])
    if options["output_format"] == "json":
        return [models.render(outcome.reports, runs, rendering)]
    pieces = [*layers.render(runs, rendering)]
    if not options["shapes_only"] and not options["compare"]:
        pieces += renderer("full")(outcome.reports, rendering, lambda path: None)
        pieces += [summary.closing(outcome.reports, rendering)]
    streams.tell("".join(summary.failures(outcome.reports)))
    return pieces


def _plotter() -> Callable[[Sequence[Observed], str], None]:
    """matplotlib draws, where it is installed beside actlint. Raises UsageError."""
    from importlib import import_module

    from actlint.errors import UsageError

    try:
        drawing = import_module("actlint.output.plot")
    except ImportError as error:
        raise UsageError("--plot needs matplotlib: pip install 'actlint[plot]'") from error
    draw: Callable[[Sequence[Observed], str], None] = drawing.draw
    return draw


def _write(path: str, text: str) -> None:
    from actlint.errors import UsageError

    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error


def _save(outcome: Outcome, runs: Sequence[Observed]) -> None:
    """Write what was found to the configuration that holds, or to a new `actlint.toml`."""
    from actlint.cli.saving import save

    written = save(outcome.settings, runs)
    streams.tell(f"wrote {written}\n" if written else "nothing to save: no model could be run\n")


def _exit_code(outcome: Outcome, runs: Sequence[Observed]) -> int:
    from actlint.output.shared import counts

    found = [each for report in outcome.reports for each in report.diagnostics]
    if any(each.internal for each in found) or any(run.trouble for run in runs):
        return 2
    return 1 if any(map(counts, found)) else 0
