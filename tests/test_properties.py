"""Properties of a run, whatever it is given: no crash, and no fix that does more than its edits."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actlint import fixer, session
from actlint.diagnostic import Diagnostic, Fix, Position, Report
from actlint.discover import Configuration
from actlint.lines import line_starts
from actlint.testing import Project
from actlint.testing.edits import changed_outside
from actlint.testing.lint import lint
from tests.programs import programs

NAME = "program.py"
often = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.fixture(autouse=True, scope="module")
def _alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run in an empty directory, so that the program is the whole project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("project"))
        yield


def _run(data: bytes) -> Report:
    """The report of a run over one file, from its bytes on."""
    configuration = Configuration(isolated=True)
    (report,) = session.run(session.Request((), configuration, session.Stdin(NAME, data))).reports
    return report


def _is_sound(report: Report) -> None:
    """No rule failed, and every position is one of the text."""
    starts = line_starts(report.text)
    ends = [*(start - 1 for start in starts[1:]), len(report.text)]
    for diagnostic in report.diagnostics:
        assert not diagnostic.internal, diagnostic.message
        edits = diagnostic.fix.edits if diagnostic.fix else ()
        for span in (diagnostic.span, *(related.span for related in diagnostic.related), *(e.span for e in edits)):
            assert Position(1, 1) <= span.start <= span.end
            for position in (span.start, span.end):
                assert position.row <= len(starts), diagnostic
                assert position.column <= ends[position.row - 1] - starts[position.row - 1] + 1, diagnostic
    assert not any(notice.failure for notice in report.notices), report.notices


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _lint(text: str, fix: str = "none") -> Report:
    return lint(Project({NAME: text}, None, ('select = ["ALL"]',), fix))[NAME]  # type: ignore[arg-type]


def _applicable(diagnostics: Sequence[Diagnostic], unsafe: bool) -> list[Fix]:
    wanted = ("safe", "unsafe") if unsafe else ("safe",)
    return [d.fix for d in diagnostics if d.fix is not None and d.fix.edits and d.fix.applicability in wanted]


def _fixes_well(text: str) -> None:
    """What must hold of the fixes of any program, the safe ones alone and all of them."""
    diagnostics = _lint(text).diagnostics
    for unsafe, fix in ((False, "safe"), (True, "unsafe")):
        fixes = _applicable(diagnostics, unsafe)
        once, applied = fixer.apply(text, fixes)
        spans = [edit.span for index in applied for edit in fixes[index].edits]
        assert changed_outside(text, once, spans) is None
        assert _parses(once) or not _parses(text)
        fixed = _lint(text, fix)
        assert _parses(fixed.text) or not _parses(text)
        assert _lint(fixed.text, fix).text == fixed.text
        assert not _applicable(fixed.diagnostics, unsafe)
        assert fixes or fixed.text == text


@often
@given(st.binary(max_size=400))
def test_arbitrary_bytes(data: bytes) -> None:
    _is_sound(_run(data))
    _is_sound(_run(b"import torch\n" + data))


def _damaged(text: str, at: int, junk: bytes, length: int) -> bytes:
    data = text.encode()
    at %= len(data)
    return data[:at] + junk + data[at + length :]


@often
@given(st.builds(_damaged, programs(), st.integers(0, 10_000), st.binary(max_size=6), st.integers(0, 12)))
def test_damaged_programs(data: bytes) -> None:
    _is_sound(_run(data))


@often
@given(st.text(alphabet="()[]{}:,.=*@#'\"\\ \n\tfrx1ifdefclasstorch", max_size=120))
def test_texts_of_python_characters(text: str) -> None:
    _is_sound(_run(f"import torch\n{text}".encode()))


@often
@given(programs())
def test_programs(text: str) -> None:
    _is_sound(_run(text.encode()))
    _fixes_well(text)


def test_the_programs_have_something_to_fix() -> None:
    fixable: Counter[str] = Counter()

    @settings(often, derandomize=True, database=None)
    @given(programs())
    def count(text: str) -> None:
        fixable.update({fix.applicability for fix in _applicable(_lint(text).diagnostics, True)})

    count()
    assert fixable["safe"] > 10
    assert fixable["unsafe"] > 10


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        raise AssertionError(f"{path}: {type(error).__name__}: {error}") from error


@pytest.mark.slow
def test_every_file_of_the_tests_of_the_standard_library() -> None:
    files = sorted(Path(sysconfig.get_path("stdlib"), "test").rglob("*.py"))
    assert len(files) > 100
    for path in files:
        data = path.read_bytes()
        with _named(path):
            _is_sound(_run(data))
            # A file without torch is hardly looked at, so that each is also read as if it were about torch.
            _is_sound(_run(data + b"\nimport torch\n"))
            _fixes_well(data.decode("utf-8", "replace") + "\nimport torch\n")
