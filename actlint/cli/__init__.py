"""The command line: one command a file. Each imports what it needs when it runs, so that `--version` stays fast."""

from __future__ import annotations

import sys

import click

from actlint import __version__
from actlint.cli.check import check
from actlint.cli.config import config
from actlint.cli.graph import graph
from actlint.cli.probe import probe
from actlint.cli.rule import rule
from actlint.cli.streams import close_quietly
from actlint.errors import ActlintError

INTERRUPTED = 130
"""The exit code of a program that Ctrl-C ended, as shells count it."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.version_option(__version__, prog_name="actlint", message="%(prog)s %(version)s")
def app() -> None:
    """Finds and fixes activation, in-place and wiring bugs in PyTorch models, without importing torch."""


for _command in (check, probe, rule, graph, config):
    app.add_command(_command)


def main() -> None:
    """Run the command line and exit: 0 clean, 1 findings, 2 usage, configuration or internal error."""
    for stream in (sys.stdout, sys.stderr):
        # A name or a line of source that the terminal's encoding lacks must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_code())


def _code() -> int:
    try:
        code = app.main(prog_name="actlint", standalone_mode=False)
        close_quietly()
        return code if isinstance(code, int) else 0
    except click.exceptions.Abort:
        close_quietly()
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return 2
    except ActlintError as error:
        click.echo(f"error: {error}", err=True)
        return 2
    except Exception:  # else Python's own exit code, 1, would say "findings"
        import traceback

        click.echo(f"error: actlint {__version__} failed; please report this:\n{traceback.format_exc()}", err=True)
        return 2
