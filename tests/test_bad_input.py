"""Files and settings as they should not be: a message with path and position, the right exit code, and nothing lost.

In each test a good file stands beside the bad one: it must still be checked, and fixed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli import Result, actlint, check

GOOD = "import torch\nimport torch.nn.functional as F\n\n\ndef act(x):\n    return F.sigmoid(x)\n"
FIXED = "import torch\n\n\ndef act(x):\n    return torch.sigmoid(x)\n"

windows = pytest.mark.skipif(sys.platform == "win32", reason="the file system there has no such thing")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with one good file, `good.py`, in which there is one ACT101."""
    (tmp_path / "good.py").write_bytes(GOOD.encode())
    return tmp_path


def _is_checked(result: Result) -> None:
    """The good file was checked, whatever else there is."""
    assert result.codes("good.py") == ["ACT101"]


def _positions(result: Result, file: str) -> list[tuple[str, int, int]]:
    return [
        (f["code"], f["location"]["row"], f["location"]["column"]) for f in result.findings if f["filename"] == file
    ]


UNREADABLE_TEXTS = {
    "a syntax error": (b"import torch\nx = = 1\n", 2, 5, "invalid syntax"),
    "an open bracket": (b"import torch\nx = (1,\n", 2, 5, "never closed"),
    "bad indentation": (b"import torch\nif x:\ny = 1\n", 3, 1, "indented block"),
    "null bytes": (b"import torch\nx = 1\0\n", 2, 6, "null byte"),
    "Python 2": (b"import torch\nprint 'loss', loss\n", 2, 1, "print"),
    "a Python 2 raise": (b"import torch\nraise ValueError, 'text'\n", 2, 17, "invalid syntax"),
    "an unknown encoding": (b"# coding: klingon\nimport torch\n", 1, 1, "klingon"),
    "Latin-1 without declaration": ("import torch\nx = 'é'\n".encode("latin-1"), 2, 6, "0xe9"),
    "a wrong declaration": ("# coding: ascii\nimport torch\nx = 'é'\n".encode(), 3, 6, "0xc3"),
    "UTF-16": ("import torch\n".encode("utf-16"), 1, 1, "UTF-16"),
    "a binary file": (bytes(range(256)), 1, 1, ""),
}


@pytest.mark.parametrize(("data", "row", "column", "message"), UNREADABLE_TEXTS.values(), ids=UNREADABLE_TEXTS.keys())
def test_what_cannot_be_parsed_is_a_finding_and_stays_as_it_is(
    project: Path, data: bytes, row: int, column: int, message: str
) -> None:
    (project / "bad.py").write_bytes(data)
    result = check(project, "--fix", ".")
    assert result.code == 1, result.err
    (finding,) = result.findings
    assert (finding["filename"], finding["code"], finding["severity"]) == ("bad.py", "ACT001", "error")
    assert (finding["location"]["row"], finding["location"]["column"]) == (row, column), finding["message"]
    assert message in finding["message"]
    assert (project / "bad.py").read_bytes() == data
    assert (project / "good.py").read_bytes() == FIXED.encode()


CODED = {
    "a byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "CRLF": GOOD.replace("\n", "\r\n").encode(),
    "CR": GOOD.replace("\n", "\r").encode(),
    "mixed line ends": GOOD.replace("\n\n\n", "\r\n\n\r").encode(),
    "no line end at the end": GOOD.rstrip("\n").encode(),
    "a declared encoding": b"# coding: latin-1\n" + f"{GOOD}# \xe9\xff\n".encode("latin-1"),
    "a form feed": GOOD.replace("\n\n\n", "\n\x0c\n\n").encode(),
    "tabs": GOOD.replace("    ", "\t").encode(),
}


@pytest.mark.parametrize("data", CODED.values(), ids=CODED.keys())
def test_a_fix_keeps_marks_line_ends_and_encoding(project: Path, data: bytes) -> None:
    (project / "other.py").write_bytes(data)
    result = check(project, "--fix", ".")
    assert (result.code, result.findings) == (0, []), result.err
    fixed = (project / "other.py").read_bytes()
    assert b"torch.sigmoid(x)" in fixed
    kept = data.replace(b"return F.sigmoid", b"return torch.sigmoid")
    without = [line for line in kept.splitlines(keepends=True) if b"functional" not in line]
    assert fixed in (kept, b"".join(without))


def test_an_empty_file_is_clean(project: Path) -> None:
    (project / "empty.py").touch()
    _is_checked(check(project, "."))
    assert check(project, "empty.py").code == 0


def test_a_directory_with_the_name_of_a_file_is_searched(project: Path) -> None:
    (project / "x.py").mkdir()
    (project / "x.py" / "inner.py").write_text(GOOD, encoding="utf-8")
    for arguments in (["."], ["good.py", "x.py"]):
        result = check(project, *arguments)
        assert result.code == 1
        _is_checked(result)
        assert result.codes(os.path.join("x.py", "inner.py")) == ["ACT101"]


def test_a_file_that_may_not_be_read(project: Path) -> None:
    secret = project / "secret.py"
    secret.write_text(GOOD, encoding="utf-8")
    secret.chmod(0)
    # A superuser may read it all the same, so the refusal is acted for it.
    refuse = """
import os
real = os.open
def refusing(path, *rest, **more):
    if os.path.basename(os.fspath(path)) == "secret.py":
        raise PermissionError(13, "Permission denied", path)
    return real(path, *rest, **more)
os.open = refusing
"""
    result = check(project, ".", program=refuse)
    assert result.code == 2
    assert "secret.py: cannot be read: permission denied" in result.err
    _is_checked(result)


@windows
def test_broken_and_circular_links(project: Path) -> None:
    (project / "broken.py").symlink_to("nothing.py")
    (project / "circle.py").symlink_to("circle.py")
    (project / "loop").symlink_to(".", target_is_directory=True)
    (project / "link.py").symlink_to("good.py")
    result = check(project, ".")
    assert result.code == 2
    assert "broken.py: cannot be read: broken symbolic link" in result.err
    assert "circle.py: cannot be read: symbolic link to itself" in result.err
    assert "loop" not in result.err
    assert {finding["filename"] for finding in result.findings} == {"good.py", "link.py"}
    named = check(project, "good.py", "broken.py")
    assert (named.code, "broken symbolic link" in named.err) == (2, True)
    _is_checked(named)


@windows
def test_a_fix_follows_a_link_and_leaves_it_a_link(project: Path) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "link.py").symlink_to("../good.py")
    assert check(project, "--fix", "sub/link.py").code == 0
    assert (project / "sub" / "link.py").is_symlink()
    assert (project / "good.py").read_bytes() == FIXED.encode()


def test_a_path_that_does_not_exist(project: Path) -> None:
    result = check(project, "nowhere.py", "good.py")
    assert result.code == 2
    assert "nowhere.py" in result.err
    _is_checked(result)


@windows
def test_a_pipe_does_not_hang_the_run(project: Path) -> None:
    os.mkfifo(project / "pipe.py")
    result = check(project, "pipe.py", "good.py")
    assert result.code == 2
    assert "pipe.py: not a regular file" in result.err
    _is_checked(result)


def _large(megabytes: int) -> str:
    """A file of that size, most of it data and the rest functions, with a finding at its start and one at its end."""
    row = "    0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0,\n"
    function = "def f{}(x, y=(1, 2)):\n    # nothing of interest\n    return [x + y[0], x - y[1]]\n\n\n"
    functions = "".join(function.format(number) for number in range(megabytes * 200_000 // len(function)))
    data = row * (megabytes * 800_000 // len(row))
    return f"{GOOD.replace('act(', 'first(')}\n\nDATA = [\n{data}]\n\n\n{functions}{GOOD}"


def test_a_file_of_five_megabytes(project: Path) -> None:
    text = _large(5)
    (project / "large.py").write_text(text, encoding="utf-8")
    result = check(project, ".")
    assert result.code == 1, result.err
    _is_checked(result)
    assert [row for _, row, _ in _positions(result, "large.py")] == [6, text.count("\n")]


NESTED = {
    "2,000 brackets": "x = " + "(" * 2_000 + "1" + ")" * 2_000 + "\n",
    "2,000 subscripts": "x = " + "a[" * 2_000 + "1" + "]" * 2_000 + "\n",
    "2,000 open brackets": "x = " + "[" * 2_000 + "\n",
    "a chain of 2,000 calls": "x = y" + ".a()" * 2_000 + "\n",
    "a sum of 5,000": "x = " + " + ".join(["a"] * 5_000) + "\n",
    "2,000 signs": "x = " + "-" * 2_000 + "1\n",
    "2,000 blocks": "if a:\n" + "".join(" " * n + "if a:\n" for n in range(1, 2_000)) + " " * 2_000 + "pass\n",
    "2,000 elif": "if a:\n    pass\n" + "elif a:\n    pass\n" * 2_000,
    "2,000 lambdas": "x = " + "lambda: " * 2_000 + "1\n",
    "2,000 nots": "x = " + "not " * 2_000 + "1\n",
    "2,000 conditions": "x = " + "1 if a else " * 2_000 + "2\n",
    "f-strings in f-strings": "x = " + 'f"{' * 200 + "1" + '}"' * 200 + "\n",
    "2,000 brackets in a string": 'x = "' + "(" * 2_000 + '"\n',
}


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED.keys())
def test_deep_nesting_neither_crashes_nor_hangs(project: Path, text: str) -> None:
    bad = f"import torch\n{text}\n\n{GOOD}"
    (project / "deep.py").write_text(bad, encoding="utf-8")
    result = check(project, ".")
    assert result.code == 1, result.err
    _is_checked(result)
    # It was read, or refused by the parser, or skipped with a notice: never passed over in silence.
    seen = set(result.codes("deep.py"))
    assert seen in ({"ACT101"}, {"ACT001"}) or "deep.py:2" in result.err
    fixed = check(project, "--fix", ".")
    assert fixed.code in (0, 1), fixed.err
    assert (project / "deep.py").read_text(encoding="utf-8").startswith(f"import torch\n{text}")


@pytest.mark.parametrize(
    "text",
    [
        "type Pair[T] = tuple[T, T]\n",
        "def first[T](x: T) -> T:\n    return x\n",
        "try:\n    pass\nexcept* ValueError:\n    pass\n",
        'name = f"{"nested"}"\n',
    ],
)
def test_code_that_is_newer_than_the_interpreter_is_still_checked(project: Path, text: str) -> None:
    (project / "new.py").write_text(GOOD + text, encoding="utf-8")
    result = check(project, ".")
    assert result.code == 1, result.err
    assert _positions(result, "new.py") == [("ACT101", 6, 12)]
    _is_checked(result)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("actlint.toml", 'selct = ["ACT101"]\n', "actlint.toml:1:1: unknown setting `selct`; did you mean `select`?"),
        ("actlint.toml", "\nselect = true\n", "actlint.toml:2:1: `select` must be a list of strings, not a boolean"),
        ("actlint.toml", "select = [\n", "actlint.toml:2:1: invalid TOML"),
        ("pyproject.toml", "[tool.actlint]\nfixx = 1\n", "pyproject.toml:2:1: unknown setting `fixx`"),
        (
            "pyproject.toml",
            '[tool.actlint]\nfix = "yes"\n',
            "pyproject.toml:2:1: `fix` must be a boolean, not a string",
        ),
        ("actlint.toml", 'select = ["ACT999"]\n', "unknown rule `ACT999`"),
        ("actlint.toml", 'extend = "actlint.toml"\n', "`extend` goes in a circle"),
        ("actlint.toml", 'extend = "gone.toml"\n', "gone.toml: cannot read the configuration"),
    ],
)
def test_a_configuration_that_cannot_be_used(project: Path, file: str, text: str, message: str) -> None:
    (project / file).write_text(text, encoding="utf-8")
    result = actlint(project, "check", "--fix", ".")
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert "Traceback" not in result.err
    assert (project / "good.py").read_bytes() == GOOD.encode()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--select", "ACT999"], "unknown rule `ACT999`"),
        (["--select", "undefined-atribute"], "did you mean `undefined-attribute`?"),
        (["--ignore", "act101"], "did you mean `ACT101`?"),
        (["--output-format", "yaml"], "yaml"),
        (["--nonsense"], "--nonsense"),
        (["--config", "gone.toml"], "gone.toml"),
        (["--config", "fixx = true"], "unknown setting `fixx`"),
    ],
)
def test_a_command_line_that_cannot_be_used(project: Path, arguments: list[str], message: str) -> None:
    result = actlint(project, "check", "--fix", *arguments, ".")
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert "Traceback" not in result.err
    assert (project / "good.py").read_bytes() == GOOD.encode()


def _files(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_two_fixers_at_once_leave_every_file_whole(project: Path) -> None:
    names = [f"file{number}.py" for number in range(60)]
    for name in names:
        (project / name).write_bytes(GOOD.encode())
    before = _files(project)
    command = [sys.executable, "-m", "actlint", "check", "--fix", "--isolated", "."]
    both = [
        subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode in (0, 2), out + err
        assert "Traceback" not in err
        assert process.returncode == 0 or "changed on disk" in err
    assert {(project / name).read_bytes() for name in names} == {FIXED.encode()}
    assert _files(project) == before


def test_a_file_that_is_saved_while_it_is_fixed_keeps_what_was_saved(project: Path) -> None:
    # The editor saves after actlint has read the file, just before it makes its new text.
    save = """
import tempfile
real = tempfile.mkstemp
def saving(*rest, **more):
    with open("busy.py", "wb") as file:
        file.write(b"saved by the editor\\n")
    return real(*rest, **more)
tempfile.mkstemp = saving
"""
    (project / "busy.py").write_bytes(GOOD.encode())
    before = _files(project)
    result = check(project, "--fix", "busy.py", program=save)
    assert result.code == 2
    assert "busy.py: not fixed: it changed on disk" in result.err
    assert (project / "busy.py").read_bytes() == b"saved by the editor\n"
    assert _files(project) == before


def test_a_read_only_file_is_not_fixed_and_the_others_are(project: Path) -> None:
    locked = project / "locked.py"
    locked.write_bytes(GOOD.encode())
    locked.chmod(0o444)
    result = check(project, "--fix", ".")
    assert result.code == 2
    assert "locked.py: not fixed: it is read-only" in result.err
    assert locked.read_bytes() == GOOD.encode()
    assert (project / "good.py").read_bytes() == FIXED.encode()


@windows
def test_a_disk_that_fills_up_loses_nothing(project: Path) -> None:
    # The limit on the size of files makes the system itself refuse in the middle of writing.
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"
    big = GOOD + "# a comment that fills the disk\n" * 1_000
    (project / "big.py").write_bytes(big.encode())
    before = _files(project)
    result = check(project, "--fix", "--no-cache", ".", program=full)
    assert result.code == 2
    assert "big.py: not fixed: " in result.err
    assert (project / "big.py").read_bytes() == big.encode()
    assert (project / "good.py").read_bytes() == FIXED.encode()
    assert _files(project) == before


GROWING = (
    "10 ** 10 ** 10", "'a' * 10 ** 10", "[0] * 10 ** 9", "1 << 10 ** 10", "'%1000000000d' % 1", "'%*d' % (10 ** 9, 1)",
    "'{:>1000000000}'.format(1)", "'{:{}}'.format(1, 10 ** 9)", "sum(range(10 ** 9))", "list(range(10 ** 9))",
    "[i for i in range(10 ** 9)]", "str(b'a', 'klingon')", "2.0 ** 5000", "'a'.center(10 ** 10)", "bytes(10 ** 10)",
    "dict(zip(range(10 ** 9), range(10 ** 9)))", "int('9' * 4000) ** 4000", "int(1e999)", "0 ** -1", "range(1, 2, 0)",
)  # fmt: skip
DOUBLING = (
    "x = x + x", "x += x", "x = f'{x}{x}'", "x = '{0}{0}'.format(x)", "x = '%s%s' % (x, x)", "x = ''.join([x, x])",
    "y = y + y", "y += y", "y.extend(y)", "y = [*y, *y]", "y.append(y)", "y = [y, y]", "y = y * 2", "y = sorted(y + y)",
    "z = z + z", "z = (*z, *z)", "z = (z, z)", "w = {'a': w, 'b': w}", "m = nn.Sequential(m, m)", "n = n * n",
    "m = nn.Sequential(*m, *m)",
)  # fmt: skip


def test_values_that_grow_beyond_measure_cost_nothing(project: Path) -> None:
    start = 'x, y, z, w, m, n = "a", [1], (1,), {}, nn.ReLU(), 2'
    classes = [f"self.lin = nn.Linear(3, len({value}))" for value in GROWING]
    classes += [f"{start}\n        for i in range(60):\n            {step}\n        self.m = m" for step in DOUBLING]
    text = "import torch\nfrom torch import nn\n" + "".join(
        f"\n\nclass Net{number}(nn.Module):\n    def __init__(self):\n        super().__init__()\n        {body}\n\n"
        f"    def forward(self, x):\n        return self.m(x)\n\n\nNet{number}()(3)\n"
        for number, body in enumerate(classes)
    )
    (project / "growing.py").write_text(text, encoding="utf-8")
    result = check(project, "--ignore", "ACT401", ".")
    assert (result.code, result.err) == (1, "")
    _is_checked(result)
