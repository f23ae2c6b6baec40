"""`actlint probe`, `check --probe` and `check --fix --verify`, as users run them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli import actlint

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

NET = """import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.lin = nn.Linear(width, 4)

    def forward(self, x):
        y = torch.sigmoid(self.lin(x))
        y += 1
        return y
"""

# A rule that is wrong: it says of every class that a layer in it is not registered.
WRONG = """
from actlint import registry
from actlint.model.values import Class
from actlint.rule import Finding, Rule
def check(unit, ctx):
    for cls in unit.classes():
        yield Finding(cls.cls.site, "`lin` is not registered", names=("lin",))
registry.RULES = tuple(r for r in registry.RULES if r.code != "ACT403") + (
    Rule("ACT403", "unregistered-module", "warning", True, check),
)
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with a model in it that cannot be trained."""
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


def test_a_model_is_run_and_its_findings_are_confirmed(here: Path, device: str) -> None:
    options = ("--python", sys.executable, "--device", device, "--seeds", "1", "--steps", "3")
    found = actlint(here, "probe", "net.py", *options, "--init", "width=8", "--html", "report.html")
    assert found.code == 1, found.err
    assert "Net(width=8)" in found.out and "probe: confirmed: backward needs what `sigmoid` had" in found.out
    assert "input: float32[8,8]" in found.out
    report = (here / "report.html").read_text(encoding="utf-8")
    assert "confirmed" in report and "http" not in report and "<script" not in report
    again = actlint(here, "probe", "net.py:Net", *options, "--output-format", "json", "--save-config")
    assert json.loads(again.out)["findings"][0]["verdict"]["status"] == "confirmed"
    assert json.loads(again.out)["models"][0]["evidence"]["built"][0]["text"] == "Net(width=64)"
    assert 'probe-init = { Net = ["width=64"] }' in (here / "actlint.toml").read_text()
    assert {path.name for path in here.iterdir()} == {"net.py", "report.html", "actlint.toml"}


def test_a_refuted_finding_is_shown_and_does_not_set_the_exit_code(here: Path, device: str) -> None:
    (here / "net.py").write_text(NET.replace("        y += 1\n", ""))
    options = ("check", "net.py", "--probe", "--python", sys.executable, "--select", "ACT403", "--device", device)
    found = actlint(here, *options, "--output-format", "concise", program=WRONG)
    assert (found.code, found.out.count("(refuted)")) == (0, 1), found.err
    assert "1 refuted finding" in found.out
    assert actlint(here, *options[:2], *options[5:7], program=WRONG).code == 1


def test_a_safe_fix_is_verified(here: Path, device: str) -> None:
    options = ("--select", "ACT202", "--python", sys.executable, "--device", device)
    found = actlint(here, "check", "net.py", "--fix", "--verify", *options)
    assert (found.code, found.err) == (0, "")
    assert "y = y + 1" in (here / "net.py").read_text()


def test_a_fix_that_is_not_safe_is_taken_back(here: Path) -> None:
    (here / "net.py").write_text(NET.replace("y += 1", "y = y + 1"))
    # Through the library: the texts before and after are what matters.
    from actlint.probe.probing import How
    from actlint.probe.verifying import Verifier
    from tests.probe.probing import targets_of

    text = (here / "net.py").read_text()
    how = How(sys.executable, "cpu")
    verifier = Verifier(str(here / "net.py"), text, targets_of(here, "net.py"), how, lambda name, said: None)
    found = verifier.verify(text.replace("y + 1", "y + 2"))
    assert [(each.ran, each.repaired) for each in found] == [(True, False)]
    assert found[0].differs.startswith("output 0 changes by ")


# A rule whose fix is said to be safe and is not: it makes a 2 of every 1 that is added.
UNSAFE = """
from actlint import registry
from actlint.facts import BinOp, Constant
from actlint.intents import Repair, Replace
from actlint.model.walk import walk
from actlint.rule import Finding, Rule
def check(unit, ctx):
    for cls in unit.classes():
        for method in cls.info.methods.values():
            for node in walk(method.body):
                if isinstance(node, BinOp) and isinstance(node.right, Constant) and node.right.value == 1:
                    site = unit.site(cls.cls.site, node.right)
                    yield Finding(site, "one", fix=Repair("make it two", "safe", (Replace(site, ("2",)),)))
registry.RULES = tuple(r for r in registry.RULES if r.code != "ACT605") + (
    Rule("ACT605", "unstable-composition", "warning", True, check),
)
"""


def test_only_the_fix_that_is_not_safe_is_taken_back(here: Path) -> None:
    text = NET.replace("y += 1\n", "y += 3\n        y = y + 1  # keep\n").replace("\n", "\r\n")
    data = b"\xef\xbb\xbf" + text.encode()
    (here / "net.py").write_bytes(data)
    options = ("check", "net.py", "--fix", "--verify", "--python", sys.executable)
    found = actlint(here, *options, "--select", "ACT202,ACT605", program=UNSAFE)
    assert "the fix of ACT605 in line 13 is not safe here and is taken back" in found.err
    assert "ACT202" not in found.err and found.code == 1
    assert (here / "net.py").read_bytes() == data.replace(b"y += 3", b"y = y + 3")
    (here / "net.py").write_bytes(data.replace(b"y += 3", b"y = y + 3"))
    assert actlint(here, *options, "--select", "ACT605", program=UNSAFE).code == 1
    assert (here / "net.py").read_bytes() == data.replace(b"y += 3", b"y = y + 3"), "byte for byte as it was"


def test_the_guilty_are_found_by_halves() -> None:
    from actlint.probe.verifying import guilty

    asked: list[int] = []

    def changes(kept: object) -> bool:
        assert isinstance(kept, list)
        asked.append(len(kept))
        return bool({"c", "h"} & set(kept))

    assert guilty(list("abcdefgh"), changes) == ["c", "h"]
    assert len(asked) < 16
    assert guilty(list("ab"), changes) == []


def test_mistakes(here: Path) -> None:
    for arguments, message in (
        (["net.py:Other"], "net.py has no class `Other`"),
        (["net.py", "--input", "floats"], "--input: `floats` is not of the form"),
        (["net.py", "--init", "width"], "`width` is not of the form name=value"),
        (["net.py", "--compare", "relu"], "--compare needs a class"),
        (["net.py:Net", "--compare", "none"], "unknown activation `none`"),
        (["net.py", "--python", "none-there"], "--python: there is no interpreter none-there"),
        (["none.py"], "none.py: no such file or directory"),
        (["."], "is a directory"),
    ):
        found = actlint(here, "probe", *arguments)
        assert found.code == 2 and message in found.err, found


def test_shapes_alone(here: Path) -> None:
    found = actlint(here, "probe", "net.py", "--shapes-only", "--python", sys.executable)
    assert "lin" in found.out and "[8,4]" in found.out and "meta device" in found.out


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_can_be_probed(example: Path, tmp_path: Path) -> None:
    copy = tmp_path / example.name
    copy.write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    found = actlint(tmp_path, "probe", copy.name, "--python", sys.executable)
    assert found.code in (0, 1) and "inconclusive: `" not in found.out, found.err
