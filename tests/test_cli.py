"""The command line: options, exit codes, streams. ACT002 serves as the rule that finds and fixes."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import actlint as package
from actlint.config import FORMATS, SETTINGS
from tests.cli import actlint

BAD = "x = 1  # actlint: ignore[ACT001]\n"
FIXED = "x = 1\n"

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with `bad.py`, in which there is one fixable ACT002, and `good.py`."""
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "good.py").write_text(FIXED)
    return tmp_path


def lines(text: str) -> list[str]:
    return text.splitlines()


# ---------------------------------------------------------------------------------------------------------------- start


def test_version_and_help(here: Path) -> None:
    assert actlint(here, "--version").out == f"actlint {package.__version__}\n"
    for arguments in ([], ["--help"], ["-h"]):
        found = actlint(here, *arguments)
        assert {word for word in ("check", "rule", "graph", "config") if f"\n  {word} " in found.out + found.err} == {
            "check",
            "rule",
            "graph",
            "config",
        }
    assert "--unsafe-fixes" in actlint(here, "check", "--help").out


def test_the_script_of_the_package_is_the_same_program() -> None:
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert '\nactlint = "actlint.cli:main"\n' in text


# ----------------------------------------------------------------------------------------------------------- exit codes


def test_exit_codes(here: Path) -> None:
    assert actlint(here, "check", "good.py").code == 0
    assert actlint(here, "check").code == 1
    assert actlint(here, "check", "bad.py", "none.py").code == 2
    assert actlint(here, "check", "--exit-zero").code == 0
    assert actlint(here, "check", "--exit-zero", "none.py").code == 2
    assert actlint(here, "check", "--ignore", "ACT002").code == 0
    assert actlint(here, "chekc").code == 2
    assert actlint(here, "check", "--fix").code == 0


def test_a_fix_can_set_the_exit_code(here: Path) -> None:
    assert actlint(here, "check", "--fix", "--exit-non-zero-on-fix").code == 1
    assert actlint(here, "check", "--fix", "--exit-non-zero-on-fix").code == 0


ADD = """
from actlint import registry
from actlint.rule import Finding, Rule
def check(unit, ctx):
    {body}
registry.RULES += (Rule("ZZZ101", "of-a-test", "{severity}", True, check),)
"""
RAISES = ADD.format(body="raise ZeroDivisionError('oh')", severity="warning")
INFORMS = ADD.format(body="yield Finding(unit.references()[0].site, 'just so')", severity="info")


def test_a_check_that_raises_is_one_error_and_the_others_run(here: Path) -> None:
    (here / "bad.py").write_text(f"import torch\n{BAD}")
    found = actlint(here, "check", "--output-format", "concise", program=RAISES)
    assert found.code == 2
    assert found.err.count("ZZZ101") == 1 and "bad.py:" in found.err and "ZeroDivisionError" in found.err
    assert "bad.py:2:26: ACT002" in found.out


def test_information_is_shown_and_does_not_set_the_exit_code(here: Path) -> None:
    (here / "note.py").write_text("import torch\n")
    found = actlint(here, "check", "note.py", "--output-format", "concise", program=INFORMS)
    assert (found.code, lines(found.out)[0]) == (0, "note.py:1:8: ZZZ101 just so"), found.err


def test_a_defect_of_actlint_does_not_look_like_findings(here: Path) -> None:
    found = actlint(here, "check", program="import actlint.session as s\ns.run = None")
    assert found.code == 2
    assert "please report this" in found.err and "TypeError" in found.err


# ---------------------------------------------------------------------------------------------------------------- fixes


def test_fix_diff_and_fix_only(here: Path) -> None:
    shown = actlint(here, "check", "--diff")
    assert (shown.code, (here / "bad.py").read_text()) == (1, BAD)
    assert lines(shown.out)[:2] == ["--- bad.py", "+++ bad.py"] and f"-{BAD}+{FIXED}" in shown.out
    assert "Would fix 1 error" in shown.err
    assert actlint(here, "check", "--diff", "--fix", "good.py").code == 0
    assert (here / "bad.py").read_text() == BAD
    (here / "broken.py").write_text("x = (\n")
    only = actlint(here, "check", "--fix-only", ".", "broken.py")
    assert (only.code, (here / "bad.py").read_text()) == (0, FIXED)
    assert "1 × ACT002 (unused-suppression)" in only.out and "ACT001" not in only.out


def test_fixes_are_listed_where_that_is_wanted(here: Path) -> None:
    found = actlint(here, "check", "--fix", "--show-fixes")
    assert "- bad.py:\n    1 × ACT002 (unused-suppression)" in found.out
    assert lines(found.out)[-1] == "Found 1 error (1 fixed, 0 remaining)."


def test_fix_can_be_a_setting_that_the_command_line_overrules(here: Path) -> None:
    (here / "actlint.toml").write_text("fix = true\n")
    assert actlint(here, "check", "--no-fix").code == 1 and (here / "bad.py").read_text() == BAD
    assert actlint(here, "check").code == 0 and (here / "bad.py").read_text() == FIXED


# ------------------------------------------------------------------------------------------------------- standard input


def test_standard_input(here: Path) -> None:
    found = actlint(here, "check", "-", "--output-format", "concise", stdin=BAD.encode())
    assert (found.code, lines(found.out)[0]) == (1, "-:1:26: ACT002 [*] `ACT001` silences nothing here")
    named = actlint(here, "check", "--stdin-filename", "bad.py", "-", "--output-format", "concise", stdin=b"x = 1 +\n")
    assert (named.code, lines(named.out)[0]) == (1, "bad.py:1:8: ACT001 invalid syntax")
    assert actlint(here, "check", "-", "bad.py").code == 2


def test_standard_input_is_fixed_to_standard_output(here: Path) -> None:
    data = b"\xef\xbb\xbf# coding: utf-8\r\n" + BAD.replace("\n", "\r").encode() + "y = 'ü'".encode()
    done = subprocess.run(
        [sys.executable, "-m", "actlint", "check", "--fix", "--stdin-filename", "bad.py", "-"],
        input=data,
        capture_output=True,
        cwd=here,
        check=True,
    )
    assert done.stdout == data.replace(b"  # actlint: ignore[ACT001]", b"")
    assert b"Found 1 error (1 fixed, 0 remaining)." in done.stderr
    assert (here / "bad.py").read_text() == BAD
    clean = actlint(here, "check", "--fix", "-", stdin=FIXED.encode())
    assert (clean.code, clean.out) == (0, FIXED)
    shown = actlint(here, "check", "--diff", "-", stdin=BAD.encode())
    assert (shown.code, lines(shown.out)[0]) == (1, "--- -")


def test_standard_input_has_the_configuration_of_its_name(here: Path) -> None:
    (here / "sub").mkdir()
    (here / "sub" / "actlint.toml").write_text("ignore = ['ACT002']\nextend-exclude = ['gone.py']\n")
    arguments = ["check", "-", "--stdin-filename", "sub/new.py"]
    assert actlint(here, *arguments, stdin=BAD.encode()).code == 0
    excluded = ["check", "--fix", "--force-exclude", "-", "--stdin-filename", "sub/gone.py"]
    assert actlint(here, *excluded, stdin=BAD.encode()).out == BAD


# ----------------------------------------------------------------------------------------------- selection and settings


def test_selectors_on_the_command_line(here: Path) -> None:
    (here / "broken.py").write_text("import torch\nx = (\n")
    (here / "actlint.toml").write_text("ignore = ['ACT002']\n")

    def codes(*arguments: str) -> list[str]:
        found = actlint(here, "check", "--output-format", "json", *arguments)
        assert found.code in (0, 1), found.err
        return [finding["code"] for finding in found.findings]

    assert codes() == ["ACT001"]
    assert codes("--select", "ALL") == ["ACT002", "ACT001"]
    assert codes("--select", "syntax-error, ACT002") == ["ACT002", "ACT001"]
    assert codes("--extend-select", "ACT002") == ["ACT002", "ACT001"]
    assert codes("--ignore", "syntax-error") == []
    assert codes("--isolated", "--select", "ACT0", "--ignore", "ACT002") == ["ACT001"]
    # A comment is judged only by rules that ran.
    assert codes("--isolated", "--select", "ACT0", "--ignore", "ACT001") == []
    assert codes("--select", "ACT0", "--per-file-ignores", "bad.py:ACT002,*.py:ACT001") == []
    assert codes("--exclude", "broken.py") == []
    assert codes("--extend-exclude", "broken.py,good.py", "--select", "ALL") == ["ACT002"]
    assert codes("broken.py", "--exclude", "broken.py") == ["ACT001"]
    assert codes("broken.py", "--exclude", "broken.py", "--force-exclude") == []


def test_config_options(here: Path) -> None:
    (here / "actlint.toml").write_text("output-format = 'grouped'\n")
    (here / "other.toml").write_text("output-format = 'concise'\nunsafe-fixes = true\n")

    def shown(*arguments: str) -> dict[str, str]:
        found = actlint(here, "check", "--show-settings", *arguments)
        assert found.code == 0, found.err
        return dict(line.split(" = ", 1) for line in lines(found.out) if " = " in line)

    assert shown()["output-format"] == '"grouped"'
    assert shown("--isolated")["output-format"] == '"full"'
    assert shown("--config", "other.toml")["output-format"] == '"concise"'
    mixed = shown("--config", "other.toml", "--config", "output-format = 'json'\nfix = true", "--no-fix")
    assert (mixed["output-format"], mixed["unsafe-fixes"], mixed["fix"]) == ('"json"', "true", "false")
    assert shown("--config", "src = ['lib']")["src"] == json.dumps([str(here / "lib")])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "none.toml"], "--config: no such file, and not of the form `key = value`: none.toml"),
        (["--config", "fix = 1"], "--config: `fix` must be a boolean, not an integer"),
        (["--config", "actlint.toml", "--isolated"], "contradict each other"),
        (["--config", "actlint.toml", "--config", "pyproject.toml"], "only one file"),
        (["--select", "ACT00X"], "select: unknown rule `ACT00X`; did you mean `ACT00"),
        (["--per-file-ignores", "a.py"], "`a.py` is not of the form GLOB:RULE"),
        (["--output-format", "yaml"], "'yaml'"),
        (["--jobs", "0"], "0"),
        (["--output-file", "none/there.txt"], "--output-file: cannot write none/there.txt: No such file or directory"),
    ],
)
def test_mistakes_on_the_command_line(here: Path, arguments: list[str], message: str) -> None:
    for name in ("actlint.toml", "pyproject.toml"):
        (here / name).write_text("")
    found = actlint(here, "check", *arguments)
    assert found.code == 2 and found.out == ""
    assert message in found.err and "Traceback" not in found.err


def test_what_later_versions_do_is_accepted(here: Path) -> None:
    assert actlint(here, "check", "--no-cache", "-j", "4", "good.py").code == 0


def test_show_files(here: Path) -> None:
    (here / "sub").mkdir()
    (here / "sub" / "c.py").write_text("")
    assert lines(actlint(here, "check", "--show-files").out) == ["bad.py", "good.py", os.path.join("sub", "c.py")]
    missing = actlint(here, "check", "--show-files", "good.py", "none.py")
    assert (missing.code, missing.out) == (2, "good.py\n") and "none.py: no such file" in missing.err


# --------------------------------------------------------------------------------------------------------------- output


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_reports_the_finding(here: Path, name: str) -> None:
    found = actlint(here, "check", "--output-format", name)
    assert (found.code, found.err) == (1, "") and "ACT002" in found.out and "bad.py" in found.out
    clean = actlint(here, "check", "--output-format", name, "good.py")
    assert (clean.code, clean.err) == (0, "") and "ACT002" not in clean.out


def test_output_file(here: Path) -> None:
    found = actlint(here, "check", "--output-file", "out.txt", "--output-format", "concise")
    assert (found.code, found.out) == (1, "")
    assert lines((here / "out.txt").read_text())[-1] == "Found 1 error (1 fixable with --fix)."


def test_statistics(here: Path) -> None:
    assert actlint(here, "check", "--statistics").out == "1\tACT002\t[*] unused-suppression\n"
    counted = actlint(here, "check", "--statistics", "--output-format", "json")
    assert [(each["code"], each["count"]) for each in json.loads(counted.out)] == [("ACT002", 1)]


def test_quiet_and_verbose(here: Path) -> None:
    (here / "n.ipynb").write_text("{}")
    assert actlint(here, "check", "-q", "good.py", "n.ipynb").err == ""
    assert actlint(here, "check", "-q", "good.py").out == ""
    assert "n.ipynb: notebooks are not checked" in actlint(here, "check", "good.py", "n.ipynb").err
    assert "none.py: no such file" in actlint(here, "check", "-q", "none.py").err
    assert "checked 2 files in " in actlint(here, "check", "-v").err


def test_colour_follows_the_environment(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert "\x1b[" not in actlint(here, "check").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in actlint(here, "check").out
    assert "\x1b[" not in actlint(here, "check", "-o", "out.txt").out + (here / "out.txt").read_text()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in actlint(here, "check").out


def test_names_that_the_encoding_of_the_output_lacks(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "é.py").write_text(BAD)
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    found = actlint(here, "check", "é.py", "--output-format", "concise")
    assert (found.code, lines(found.out)[0][:14]) == (1, "\\xe9.py:1:26: ")


# ------------------------------------------------------------------------------------------------ terminals and signals


@posix
def test_a_reader_that_leaves_ends_the_output_in_silence(here: Path) -> None:
    (here / "many.py").write_text(BAD * 20_000)
    command = [sys.executable, "-m", "actlint", "check", "--output-format", "concise"]
    with subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith(b"bad.py:1:26: ACT002")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 1


@posix
def test_ctrl_c_ends_quietly(here: Path) -> None:
    command = [sys.executable, "-m", "actlint", "check", "--fix", "-"]
    with subprocess.Popen(
        command,
        cwd=here,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell starts background jobs with the signal ignored, and children inherit that.
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as process:
        # It waits for standard input; a moment too early, and the interpreter itself would be interrupted.
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (130, b"", b"")


@posix
def test_progress_is_shown_on_a_terminal_only_and_only_if_it_takes_long(here: Path) -> None:
    import pty

    def stderr_of(patience: float) -> str:
        program = f"from actlint.cli import main, streams\nstreams.PATIENCE = {patience}\nmain()"
        controller, terminal = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-c", program, "check"],
            cwd=here,
            stdout=subprocess.DEVNULL,
            stderr=terminal,
            env={**os.environ, "TERM": "xterm"},
        ):
            os.close(terminal)
            seen = b""
            try:
                while piece := os.read(controller, 4096):
                    seen += piece
            except OSError:  # Linux says so when the other end is closed
                pass
        os.close(controller)
        return seen.decode()

    shown = stderr_of(-1.0)
    assert shown.startswith("\rchecking [") and "%" in shown
    assert shown.endswith("\r") and shown.rstrip("\r").rpartition("\r")[2].strip() == ""
    assert stderr_of(60.0) == ""
    assert "checking" not in actlint(here, "check").err


# ------------------------------------------------------------------------------------------------------- other commands


def test_rule_prints_the_page(here: Path) -> None:
    found = actlint(here, "rule", "ACT002")
    assert found.code == 0 and found.out.startswith("# ACT002: unused-suppression\n")
    assert actlint(here, "rule", "unused-suppression").out == actlint(here, "rule", "act002").out == found.out
    everything = actlint(here, "rule", "--all").out
    assert found.out in everything and "# ACT001: syntax-error\n" in everything
    (record,) = json.loads(actlint(here, "rule", "ACT002", "--output-format", "json").out)
    assert (record["code"], record["name"], record["severity"], record["default"], record["page"]) == (
        "ACT002",
        "unused-suppression",
        "warning",
        True,
        found.out,
    )
    assert len(json.loads(actlint(here, "rule", "--all", "--output-format", "json").out)) >= 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ACT0002"], "unknown rule `ACT0002`; did you mean `ACT002`?"),
        (["unused-supression"], "did you mean `unused-suppression`?"),
        ([], "give the code or name of a rule, or --all"),
        (["ACT002", "--all"], "not both"),
    ],
)
def test_mistakes_with_rule(here: Path, arguments: list[str], message: str) -> None:
    found = actlint(here, "rule", *arguments)
    assert (found.code, found.out) == (2, "") and message in found.err


def test_config_lists_the_settings(here: Path) -> None:
    found = actlint(here, "config")
    assert found.code == 0
    for setting in SETTINGS.values():
        assert f"{setting.key} ({setting.kind})\n" in found.out and f"Example: {setting.example}\n" in found.out
    assert actlint(here, "config", "conv-chains").out.startswith("conv-chains (boolean)\n")
    records = json.loads(actlint(here, "config", "--output-format", "json").out)
    assert [record["key"] for record in records] == list(SETTINGS)
    wrong = actlint(here, "config", "conv_chain")
    assert wrong.code == 2 and "unknown setting `conv_chain`; did you mean `conv-chains`?" in wrong.err


NET = """\
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(3, 4)

    def forward(self, x):
        return torch.relu(self.lin(x))
"""


def test_graph_prints_what_is_seen(here: Path) -> None:
    (here / "net.py").write_text(NET)
    whole = actlint(here, "graph", "net.py")
    assert whole.code == 0 and "Linear" in whole.out and "relu" in whole.out, whole.err
    assert "Linear" in actlint(here, "graph", "net.py:Net").out
    assert actlint(here, "graph", "good.py").code == 0


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("none.py", "none.py: no such file or directory"),
        (".", "is a directory"),
        ("broken.py:Net", "broken.py:1:5: '(' was never closed"),
    ],
)
def test_mistakes_with_graph(here: Path, target: str, message: str) -> None:
    (here / "broken.py").write_text("x = (\n")
    found = actlint(here, "graph", target)
    assert (found.code, found.out) == (2, "") and message in found.err
