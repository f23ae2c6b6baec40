"""Running the command line as users do, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIMIT = 120
"""Seconds after which a run counts as hanging."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a run gave back. `out` and `err` are decoded as UTF-8 with whatever line ends were printed."""

    code: int
    out: str
    err: str

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of a run with `--output-format json`."""
        found: list[dict[str, Any]] = json.loads(self.out)
        return found

    def codes(self, file: str) -> list[str]:
        """The codes of the findings in a file, in the order of the output."""
        return [finding["code"] for finding in self.findings if finding["filename"] == file]


def actlint(directory: Path, *arguments: str, program: str = "", stdin: bytes = b"", limit: float = LIMIT) -> Result:
    """Run `actlint ARGUMENTS` in a directory; `program` is Python that is executed in the process before.

    Raises subprocess.TimeoutExpired where it hangs.
    """
    prepared = [sys.executable, "-c", f"{program}\nfrom actlint.cli import main\nmain()"]
    command = prepared if program else [sys.executable, "-m", "actlint"]
    done = subprocess.run(
        [*command, *arguments], cwd=directory, input=stdin, capture_output=True, check=False, timeout=limit
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def check(directory: Path, *arguments: str, program: str = "") -> Result:
    """Run `actlint check` there with findings in JSON."""
    return actlint(directory, "check", "--isolated", "--output-format", "json", *arguments, program=program)
