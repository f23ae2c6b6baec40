"""The rule book: pages are found, by code and name, and hold together with the rules and their checks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from actlint import rulebook
from actlint.registry import RULES

ROOT = Path(__file__).parent.parent


def test_every_built_in_rule_has_a_page_and_every_page_a_rule() -> None:
    assert [(code, name) for code, name, _ in rulebook.titles()] == [(rule.code, rule.name) for rule in RULES]


def test_rules_are_in_order_and_unique() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.check], ids=lambda rule: rule.code)
def test_the_check_of_a_rule_is_a_function_in_the_file_of_its_name(rule: object) -> None:
    module = f"actlint.checks.{rule.name.replace('-', '_')}"  # type: ignore[attr-defined]
    assert rule.check.__module__ == module  # type: ignore[attr-defined]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_page_is_found_by_code_and_by_name_in_any_case(rule: object) -> None:
    code, name = rule.code, rule.name  # type: ignore[attr-defined]
    page = rulebook.page(code)
    assert page is not None
    assert page.startswith(f"# {code}: {name}\n")
    assert page == rulebook.page(code.lower()) == rulebook.page(name) == rulebook.page(name.upper())


def test_an_unknown_rule_has_no_page() -> None:
    assert rulebook.page("ACT000") is None
    assert rulebook.page("../README") is None


def test_installed_pages_come_before_those_of_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "actlint"
    package.mkdir()
    monkeypatch.setattr(rulebook, "__file__", str(package / "rulebook.py"))
    with pytest.raises(FileNotFoundError, match="no rule pages"):
        rulebook.pages_dir()
    (tmp_path / "rules").mkdir()
    assert rulebook.pages_dir() == tmp_path / "rules"
    (package / "pages").mkdir()
    assert rulebook.pages_dir() == package / "pages"


def test_titles_join_the_lines_of_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b.md").write_text("# ACT002: b\n\nTwo lines\nof it.\n\n## Why is this bad?\n\nNo.\n", encoding="utf-8")
    (tmp_path / "z.md").write_text("# ACT001: z\n\nOne.\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("# Rules\n\nAll of them.\n", encoding="utf-8")
    monkeypatch.setattr(rulebook, "pages_dir", lambda: tmp_path)
    titles = rulebook.titles.__wrapped__()
    assert titles == (("ACT001", "z", "One."), ("ACT002", "b", "Two lines of it."))


def test_looking_a_page_up_loads_neither_libcst_nor_torch() -> None:
    program = (
        "import sys; from actlint import rulebook; rulebook.titles(); print({'libcst', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "set()\n"


def test_the_table_of_the_readme_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/readme_table.py", "--check"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")
