"""The reader of pages: what a page says, and every way in which it can be wrong."""

from __future__ import annotations

from textwrap import dedent

import pytest

from actlint.testing import Case, cases, parse, problems, run
from tests.testing.fake import FAKE


def _page(text: str) -> str:
    return dedent(text).lstrip("\n").replace("'''", "```")


def _cases(text: str) -> list[Case]:
    page = parse("p.md", _page(text))
    assert problems(page) == []
    return cases(page)


def _failures(text: str) -> list[str]:
    return [str(failure) for case in _cases(text) for failure in run(case, FAKE)]


def _problems(text: str) -> list[str]:
    return [str(problem) for problem in problems(parse("p.md", _page(text)))]


def test_a_heading_is_a_project_and_each_unnamed_block_a_case() -> None:
    found = _cases("""
        # ACT101: word
        `layers.py`:
        '''python
        x = 1
        '''
        '''python
        import layers
        '''
        '''python
        y = 2
        '''
        ## Another
        '''python
        z = 3
        '''
        ### Named only
        `a/b.py`:

        '''python
        '''
        `c.py`:
        '''python
        c = 1
        '''
        """)
    assert [(case.line, case.title, case.texts) for case in found] == [
        (7, "ACT101: word", {"layers.py": "x = 1\n", "main.py": "import layers\n"}),
        (10, "ACT101: word", {"layers.py": "x = 1\n", "main.py": "y = 2\n"}),
        (14, "Another", {"main.py": "z = 3\n"}),
        (20, "Named only", {"a/b.py": "", "c.py": "c = 1\n"}),
    ]
    assert {case.code for case in found} == {"ACT101"}


def test_settings_are_valid_until_the_next_heading_of_their_level() -> None:
    found = _cases("""
        # Title
        ## One
        '''python
        before
        '''
        '''toml
        a = 1
        '''
        '''python
        one
        '''
        ### Inner
        '''toml
        b = 2
        '''
        '''python
        inner
        '''
        ### Other inner
        '''python
        other
        '''
        ## Two
        '''python
        two
        '''
        """)
    settings = {case.texts["main.py"]: [block.text for block in case.settings] for case in found}
    assert settings == {
        "before\n": [],
        "one\n": ["a = 1\n"],
        "inner\n": ["a = 1\n", "b = 2\n"],
        "other\n": ["a = 1\n"],
        "two\n": [],
    }
    assert {case.code for case in found} == {None}


def test_markers_that_are_met_are_silent() -> None:
    assert not _failures(r"""
        # Title
        '''python
        a = BAD  # error
        b = "# no marker"; c = BAD  # a comment stays  # error: [ACT101]
        d = BAD, UGLY  # error: [ACT102] "`UGLY` is \"bad\"" # error: [ACT101] "BAD"
        # error: "`BAD`"
        # error: [ACT102]
        e = BAD + UGLY
        f = BAD, UGLY  # error  # error: [ACT101]
        g = 1  # errors are not markers
        '''
        """)


def test_markers_are_taken_out_before_linting() -> None:
    (case,) = _cases(
        """
        '''python
        # error
        a = BAD  # keep  # error: [ACT101]
          # error
        b = 2{blanks}
        '''
        """.replace("{blanks}", "   ")
    )
    (file,) = case.files
    assert file.text == "a = BAD  # keep\nb = 2   \n"
    assert file.lines == (3, 5)
    assert [(e.row, e.line) for e in file.expected] == [(1, 2), (1, 3), (2, 4)]


@pytest.mark.parametrize(
    ("line", "failure"),
    [
        ("x = BAD", 'p.md:2: unexpected [ACT101] "`BAD` is "bad" here" (column 5)'),
        ("x = 1  # error", "p.md:2: nothing here is a finding"),
        ("x = 1  # error: [ACT101]", "p.md:2: nothing here is [ACT101]"),
        ("x = BAD  # error # error", "p.md:2: nothing here is a finding"),
        ("x = BAD, BAD  # error", 'p.md:2: unexpected [ACT101] "`BAD` is "bad" here" (column 10)'),
    ],
)
def test_markers_that_are_not_met(line: str, failure: str) -> None:
    assert _failures(f"'''python\n{line}\n'''\n") == [failure]


def test_a_finding_that_does_not_fit_is_both_missing_and_unexpected() -> None:
    assert _failures("""
        '''python
        # error: [ACT102] "good"
        x = UGLY
        '''
        """) == [
        'p.md:2: nothing here is [ACT102] "good"',
        'p.md:3: unexpected [ACT102] "`UGLY` is "bad" here" (column 5)',
    ]


def test_the_page_rule_runs_alone_unless_select_says_otherwise() -> None:
    assert not _failures("""
        # ACT102: ugly
        '''python
        x = BAD, UGLY  # error: [ACT102]
        '''
        ## Both
        '''toml
        select = ["ACT101", "ACT102"]
        '''
        '''python
        x = BAD, UGLY  # error: [ACT102] # error: [ACT101]
        '''
        """)


def test_fixed_blocks() -> None:
    assert not _failures("""
        # ACT101: bad
        '''python
        x = BAD  # a comment  # error
        '''
        '''python fixed
        x = GOOD  # a comment
        '''
        ## Unsafe
        '''toml
        select = ["ACT101", "ACT102"]
        '''
        `other.py`:
        '''python
        y = UGLY  # error
        '''
        '''python
        x = BAD  # error
        '''
        '''python fixed
        x = GOOD
        '''
        `other.py`:
        '''python fixed unsafe
        y = NICE
        '''
        """)


def test_a_fixed_block_under_the_next_heading_speaks_of_the_last_program() -> None:
    assert not _failures("""
        # ACT101: bad
        ## Example
        `layers.py`:
        '''python
        y = 1
        '''
        '''python
        x = BAD  # error
        '''
        ## Fix
        ### Safe
        '''python fixed
        x = GOOD
        '''
        '''python
        z = BAD  # error
        '''
        '''python fixed
        z = GOOD
        '''
        """)


def test_a_fixed_block_that_differs_is_shown_as_a_diff_and_must_be_silent() -> None:
    failures = _failures("""
        # ACT101: bad
        '''python
        x = BAD  # error
        '''
        '''python fixed
        x = BAD
        '''
        """)
    assert len(failures) == 2
    assert failures[0].startswith("p.md:6: the fixed text differs\n--- page\n+++ actlint\n")
    assert "-x = BAD\n+x = GOOD" in failures[0]
    assert failures[1] == 'p.md:6: the fixed text is not silent: [ACT101] "`BAD` is "bad" here" (column 5)'


def test_a_safe_fixed_block_does_not_see_unsafe_fixes() -> None:
    failures = _failures("""
        # ACT102: ugly
        '''python
        x = UGLY  # error
        '''
        '''python fixed
        x = NICE
        '''
        """)
    assert len(failures) == 1
    assert "-x = NICE\n+x = UGLY" in failures[0]


def test_nofix() -> None:
    assert not _failures("# ACT201: hopeless\n'''python nofix\nx = HOPELESS  # error\n'''\n")
    assert _failures("# ACT101: bad\n'''python nofix\nx = BAD  # error\n'''\n") == [
        "p.md:3: ACT101 offers a fix (safe): write `GOOD`"
    ]
    assert _failures("'''python nofix\nx = 1\n'''\n") == ["p.md:1: `nofix` speaks of findings, and there are none"]


def test_output_and_graph() -> None:
    page = """
        `net.py`:
        '''python
        x = BAD  # error
        '''
        '''graph Net
        graph of net.py:Net
        '''
        '''python
        x = 1
        '''
        '''output
        {output}
        '''
        '''graph
        graph of main.py
        '''
        """
    assert not _failures(page.format(output="net.py:1: ACT101"))
    (failure,) = _failures(page.format(output="net.py:1: ACT102"))
    assert failure.startswith("p.md:12: the output differs\n")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("'''python\nx = 1\n", "p.md:1: this block is never closed"),
        ("'''python fixd\n'''\n", "p.md:1: unknown word 'fixd'"),
        ("'''python raises\n'''\n", "p.md:1: `raises` needs the text"),
        ("'''python raises \"a\n'''\n", "p.md:1: unbalanced quotes in"),
        ("'''python unsafe\n'''\n", "p.md:1: `unsafe` and `same` speak of a fixed block"),
        ("'''python fixed nofix\n'''\n", "p.md:1: a block is either fixed or nofix"),
        ("'''python runs raises \"a\"\n'''\n", "p.md:1: a block that raises has no result"),
        ("'''python fixed\n'''\n", "p.md:1: no program before it"),
        ("'''output\n'''\n", "p.md:1: no program before it"),
        ("'''python\nx\n'''\n'''python fixed\nx  # error\n'''\n", "p.md:4: a fixed block must be silent"),
        ("'''python\nx  # error: what\n'''\n", "p.md:2: this marker is none"),
        ("'''python\nx\n# error\n'''\n", "p.md:3: this marker is none"),
        ("`a.py`:\n'''python\n'''\n`a.py`:\n'''python\n'''\n", "p.md:5: `a.py` stands twice"),
        ("`main.py`:\n'''python\n'''\n'''python\n'''\n", "p.md:2: `main.py` is the name of the unnamed blocks"),
        ("'''python\n'''\n`a.py`:\n'''python fixed\n'''\n", "p.md:4: there is no file `a.py` under this heading"),
    ],
)
def test_problems_of_a_page(text: str, problem: str) -> None:
    found = _problems(text)
    assert any(line.startswith(problem) for line in found), found


def test_longer_fences_hold_shorter_ones_and_headings_in_blocks_are_text() -> None:
    (case,) = _cases(
        """
        # Title
        ''''markdown
        '''python
        x = BAD
        '''
        ''''
        '''python
        # not a heading
        x = 1
        '''
        """.replace("''''", "````")
    )
    assert case.texts == {"main.py": "# not a heading\nx = 1\n"}
