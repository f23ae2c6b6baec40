"""`python -m benchmarks.models --python PATH`: probe each model of a sample with no options, and say how many came to a
verdict. PATH is an interpreter with torch and the packages of `samples.VERSIONS`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.models.samples import FURTHER, OTHERS, THIRTY, VERSIONS

SAMPLES = {"thirty": THIRTY, "others": OTHERS, "further": FURTHER}
WANTED = 0.8
_LIMIT = 300
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one model fared: why it came to no verdict (empty: it did), what was found, how it was made and called."""

    model: str
    why: str
    seconds: float
    call: str
    findings: tuple[str, ...]


@click.command()
@click.option("--python", required=True, help="An interpreter with torch and the packages.")
@click.option("--sample", type=click.Choice(list(SAMPLES)), default="thirty", show_default=True)
@click.option("--only", help="Models whose name has this in it.")
@click.option("--busy", default=1.0, show_default=True, help="How many times longer things take on this machine now.")
def main(python: str, sample: str, only: str | None, busy: float) -> None:
    """Probe real models with no options; exit code 1 where no more than 80 % came to a verdict.

    Where a machine is busy with other work, `--busy 4` gives each model four times the usual minute of wall clock. A
    model that takes more than a minute of processor time then counts as one without a verdict.
    """
    root = _site_packages(python)
    models = [each for each in SAMPLES[sample] if only is None or only in each]
    outcomes = []
    for model in models:
        outcomes.append(found := probe(python, root, model, busy))
        click.echo(
            f"{'no ' if found.why else 'yes'}  {found.seconds:5.1f} s  {model.partition('/')[2]:40}  {found.call}"
        )
        for line in (found.why, *found.findings):
            if line:
                click.echo(f"              {line}")
    count = sum(not each.why for each in outcomes)
    click.echo(f"{count} of {len(outcomes)} models ran to a verdict with no options")
    sys.exit(count <= WANTED * len(outcomes))


def probe(python: str, root: Path, model: str, busy: float = 1.0) -> Outcome:
    """Run `actlint probe FILE:CLASS` as a user would."""
    command = [sys.executable, "-m", "actlint", "probe", str(root / model), "--python", python]
    command += ["--timeout", str(_MINUTE * busy)] if busy != 1 else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [os.getcwd(), os.getenv("PYTHONPATH")]))}
    start, before = time.monotonic(), _processor()
    try:
        done = subprocess.run(
            [*command, "--output-format", "json"],
            capture_output=True,
            text=True,
            timeout=_LIMIT * busy,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return Outcome(model, "the command hangs", time.monotonic() - start, "", ())
    seconds = _processor() - before if busy != 1 else time.monotonic() - start
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return Outcome(model, done.stderr.strip()[-300:], seconds, "", ())
    seen = found["models"][-1] if found["models"] else {"evidence": {}, "trouble": "no model"}
    evidence = seen["evidence"]
    call = " ".join(evidence[kind][0]["text"] for kind in ("built", "inputs") if kind in evidence)
    measured = tuple(f"{each['code']} {each['message']}" for each in found["findings"] if each["code"] >= "ACT9")
    why = _why(seen) or ("took more than a minute of processor time" if busy != 1 and seconds > _MINUTE else "")
    return Outcome(model, why, seconds, call, measured)


def _processor() -> float:
    """Seconds of processor time of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _why(seen: dict[str, Any]) -> str:
    """Why there is no verdict: the worker was ended, or nothing was measured."""
    evidence = seen["evidence"]
    if seen["trouble"]:
        return str(seen["trouble"])
    if "layers" in evidence and "loss" in evidence:
        return ""
    failed = evidence.get("failed", ())
    return next(
        (f"{each['phase']}: {each['error']}: {each['message'][:200]}" for each in failed), "nothing was measured"
    )


def _site_packages(python: str) -> Path:
    program = "import vit_pytorch, x_transformers, torchvision; print(vit_pytorch.__file__)"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(f"{python} lacks a package: pip install {' '.join(VERSIONS)}")
    return Path(done.stdout.strip()).parent.parent


main()
