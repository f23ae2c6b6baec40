"""`actlint graph`: what the evaluator saw of a file, one line an event."""

from __future__ import annotations

import os

import click

from actlint.cli.streams import emit


@click.command()
@click.argument("target", metavar="FILE[:CLASS]")
@click.option("--isolated", is_flag=True, help="Ignore all configuration files.")
def graph(target: str, isolated: bool) -> int:
    """Print what actlint sees of a model: layers, calls and writes in the order in which they would run."""
    from actlint import engine, session
    from actlint.discover import Configuration
    from actlint.errors import UsageError
    from actlint.model import graph as drawing

    file, colon, name = target.rpartition(":")
    if not colon or not name.isidentifier() or os.path.exists(target):
        file, name = target, ""
    if os.path.isdir(file):
        raise UsageError(f"{file} is a directory; give a file, or a file and a class: FILE:CLASS")
    project, facts = session.program_of(session.Request((file,), Configuration(isolated=isolated)))
    program = engine.link(facts, project.settings)
    emit(drawing.render(program, project.reported[0], name or None))
    return 0
