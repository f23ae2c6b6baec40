"""The README's lines and examples are what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from actlint.config import FORMATS
from actlint.configfile import inline

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_is_what_actlint_prints() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/readme_example.py", "--check"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_two_lines_to_start_with() -> None:
    assert "\n```\npip install . && actlint check examples/\n```\n" in README
    assert '\n```\npip install -e ".[dev]" && pytest\n```\n' in README


def test_the_examples_are_worth_looking_at() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "actlint", "check", "examples"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "-->" in done.stdout and "Found " in done.stdout
    assert "residual_mlp" not in done.stdout


def test_settings_and_formats_that_it_names_exist() -> None:
    (toml,) = re.findall(r"```toml\n\[tool\.actlint\]\n(.*?)```", README, re.DOTALL)
    assert inline(toml, ".").values
    (formats,) = re.findall(r"`--output-format` ([^.]*)\.", README)
    assert re.split(r",\s+", formats) == [name for name in FORMATS if name != "full"]


def test_files_that_it_links_to_exist() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links and all((ROOT / link).exists() for link in links)
