"""Write the example of README.md as actlint prints it today; with `--check`, say whether it is stale."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BEGIN, END = "<!-- example: begin -->", "<!-- example: end -->"
ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
COMMAND = ["check", "--isolated", "--select", "ACT401", "examples/digits.py"]


def example() -> str:
    """The first finding of the example, without the summary after it."""
    command = [sys.executable, "-m", "actlint", *COMMAND]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 1:
        raise SystemExit(f"actlint {' '.join(COMMAND)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.partition("\n\n")[0]


def main(arguments: list[str]) -> int:
    """Exit code 1 where `--check` finds the example stale."""
    if arguments not in ([], ["--check"]):
        print("usage: readme_example.py [--check]", file=sys.stderr)
        return 2
    text = README.read_bytes().decode("utf-8")
    head, begin, rest = text.partition(BEGIN)
    old, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md must contain {BEGIN} and then {END}")
    new = f"\n```\n{example()}\n```\n"
    if old == new:
        return 0
    if arguments:
        print("README.md: the example is stale; run `python scripts/readme_example.py`", file=sys.stderr)
        return 1
    README.write_bytes(f"{head}{BEGIN}{new}{END}{tail}".encode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
