"""`actlint graph`: what the evaluator saw of a file, one line an event."""

from __future__ import annotations

import os

import click

from actlint.cli.streams import emit


@click.command()
@click.argument("target", metavar="FILE[:CLASS]")
@click.option("--format", "form", type=click.Choice(["text", "mermaid", "json"]), default="text", show_default=True)
@click.option("--isolated", is_flag=True, help="Ignore all configuration files.")
def graph(target: str, form: str, isolated: bool) -> int:
    """Print what actlint sees of a model: layers, calls and writes in the order in which they would run.

    As text one line a call; as Markdown with a Mermaid flowchart for each method; or as JSON with every
    step's row, operation, layer, inputs, result and conditions.
    """
    from actlint import engine, session
    from actlint.discover import Configuration
    from actlint.errors import UsageError
    from actlint.model import graph as drawing
    from actlint.model import graph_json, mermaid, steps

    file, colon, name = target.rpartition(":")
    if not colon or not name.isidentifier() or os.path.exists(target):
        file, name = target, ""
    if os.path.isdir(file):
        raise UsageError(f"{file} is a directory; give a file, or a file and a class: FILE:CLASS")
    project, facts = session.program_of(session.Request((file,), Configuration(isolated=isolated)))
    program = engine.link(facts, project.settings)
    path = project.reported[0]
    match form:
        case "mermaid":
            emit(mermaid.render(steps.runs(program, path, name or None)))
        case "json":
            emit(graph_json.render(file, steps.runs(program, path, name or None)))
        case _:
            emit(drawing.render(program, path, name or None))
    return 0
