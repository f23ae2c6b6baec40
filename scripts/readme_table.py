"""Write the rule table of README.md from the rule pages; with `--check`, say whether it is stale.

The table stands between two comments, and nothing else of the file is touched.
"""

from __future__ import annotations

import sys
from pathlib import Path

from actlint import rulebook
from actlint.registry import RULES

BEGIN, END = "<!-- rules: begin -->", "<!-- rules: end -->"
README = Path(__file__).resolve().parent.parent / "README.md"


def table() -> str:
    """The table, a row for each page in order of code; a rule that runs only when selected says so."""
    by_default = {rule.code: rule.default for rule in RULES}
    rows = ["| code | name | says | default |", "|---|---|---|---|"]
    for code, name, sentence in rulebook.titles():
        says = sentence.replace("|", "\\|")
        rows.append(f"| {code} | [{name}](rules/{name}.md) | {says} | {'on' if by_default[code] else 'opt'} |")
    return "\n".join(rows)


def updated(text: str) -> str:
    """README text with the table as it should be; raises ValueError where the two comments are not there once each."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"README.md must contain {BEGIN} and then {END}, once each")
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


def main(arguments: list[str]) -> int:
    """Exit code 1 where `--check` finds the table stale."""
    if arguments not in ([], ["--check"]):
        print("usage: readme_table.py [--check]", file=sys.stderr)
        return 2
    with README.open(encoding="utf-8", newline="") as file:
        text = file.read()
    new = updated(text)
    if text == new:
        return 0
    if arguments:
        print("README.md: the rule table is stale; run `python scripts/readme_table.py`", file=sys.stderr)
        return 1
    with README.open("w", encoding="utf-8", newline="") as file:
        file.write(new)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
