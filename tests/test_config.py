"""Settings: their documentation, validation, layers, files; and which rules they select."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from actlint import configfile, registry
from actlint.config import EXCLUDED, SETTINGS, Settings, merge, validated
from actlint.configfile import closest, inline, layers
from actlint.errors import ConfigError, UsageError
from actlint.globs import Glob
from actlint.rule import Rule


def settings(*texts: str) -> Settings:
    """The settings of TOML texts, the weakest first."""
    return merge([inline(text, ".") for text in texts])


def error_of(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        merge(layers(str(path)), str(path.parent))
    return str(caught.value)


# ------------------------------------------------------------------------------------------------------- documentation


def test_every_setting_is_documented_and_its_example_holds() -> None:
    assert {field.name.replace("_", "-") for field in dataclasses.fields(Settings)} - set(SETTINGS) == {
        "root",
        "file",
        "import-roots",
        "required-torch",
    }
    for key, setting in SETTINGS.items():
        assert setting.doc.endswith(".") and setting.example.startswith(f"{key} = ")
        changed = getattr(settings(setting.example), key.replace("-", "_"))
        assert changed != getattr(settings(), key.replace("-", "_"))


def test_settings_can_be_hashed_and_sent_to_another_process() -> None:
    found = settings(*(setting.example for setting in SETTINGS.values()))
    assert pickle.loads(pickle.dumps(found)) == found
    assert hash(found) == hash(pickle.loads(pickle.dumps(found)))


# ---------------------------------------------------------------------------------------------------------- validation


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "actlint.toml:1:1: unknown setting `selct`; did you mean `select`?"),
        ("extend_select = []", "actlint.toml:1:1: unknown setting `extend_select`; did you mean `extend-select`?"),
        ("\n  zzz = 1", "actlint.toml:2:3: unknown setting `zzz`; `actlint config` lists the settings"),
        ("select = 'ACT1'", "actlint.toml:1:1: `select` must be a list of strings, not a string"),
        ("fix = 1", "actlint.toml:1:1: `fix` must be a boolean, not an integer"),
        ("src = [\n1]", "actlint.toml:1:1: `src` must be a list of strings, not a list with an integer in it"),
        ("extend = 1.5", "actlint.toml:1:1: `extend` must be a string, not a float"),
        (
            "[per-file-ignores]\n'a' = 'ACT1'",
            "actlint.toml:1:2: `per-file-ignores` must be a table of lists of strings, not a table with a string in it",
        ),
        ("output-format = 'yaml'", "actlint.toml:1:1: `output-format` must be one of full, concise"),
        ("fix = true\nselect = [", "actlint.toml:2:11: invalid TOML"),
        ("x = = 1", "actlint.toml:1:5: invalid TOML: invalid value"),
        ("extend = 'none.toml'", "none.toml: cannot read the configuration: No such file or directory"),
    ],
)
def test_errors_name_file_place_and_what_was_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in error_of(tmp_path / "actlint.toml", text)


def test_errors_in_pyproject_point_into_the_tables_of_actlint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "[tool.ruff]\nfix = true\n[tool.actlint]\nselect = []\nfix = 'no'\n"
    assert error_of(tmp_path / "pyproject.toml", text) == "pyproject.toml:5:1: `fix` must be a boolean, not a string"
    text = "[tool.actlint.per-file-ignore]\n"
    assert "pyproject.toml:1:15: unknown setting `per-file-ignore`" in error_of(tmp_path / "pyproject.toml", text)
    assert "`tool.actlint` must be a table" in error_of(tmp_path / "pyproject.toml", "[tool]\nactlint = 1\n")


def test_a_configuration_that_is_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / "actlint.toml").write_bytes(b"select = ['\xff']")
    with pytest.raises(ConfigError, match="not in UTF-8"):
        layers(str(tmp_path / "actlint.toml"))
    (tmp_path / "actlint.toml").write_bytes(b"\xef\xbb\xbffix = true")
    assert merge(layers(str(tmp_path / "actlint.toml"))).fix


# --------------------------------------------------------------------------------------------------------------- layers


def test_a_stronger_layer_replaces_and_extends() -> None:
    found = settings("exclude = ['a']\nextend-exclude = ['b']\nsrc = ['x']", "exclude = ['c']\nextend-exclude = ['d']")
    assert found.excluded == (Glob("c", "."), Glob("b", "."), Glob("d", "."))
    assert found.import_roots == (".", "src", "x")
    assert [glob.pattern for glob in settings().excluded] == list(EXCLUDED)


def test_a_layer_with_select_starts_the_selection_anew() -> None:
    weak = "select = ['ACT1']\nextend-select = ['ACT2']\nignore = ['ACT101']"
    added = settings(weak, "extend-select = ['ACT3']\nignore = ['ACT102']")
    assert (added.select, added.extend_select, added.ignore) == (("ACT1",), ("ACT2", "ACT3"), ("ACT101", "ACT102"))
    anew = settings(weak, "select = ['ACT4']")
    assert (anew.select, anew.extend_select, anew.ignore) == (("ACT4",), (), ())
    assert settings(weak, "extend-select = ['ACT101']").ignore == ()


def test_the_closest_file_wins(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.actlint]\n")
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.ruff]\n# not for actlint\n")
    assert closest(str(deep)) == str(tmp_path / "pyproject.toml")
    (tmp_path / "a" / "pyproject.toml").write_text("this is [no TOML at all")
    assert closest(str(deep)) == str(tmp_path / "pyproject.toml")
    (tmp_path / "actlint.toml").write_text("")
    assert closest(str(deep)) == str(tmp_path / "actlint.toml")
    (deep / "pyproject.toml").write_text("[tool.actlint]\nfix = true\n")
    assert closest(str(deep)) == str(deep / "pyproject.toml")
    (deep / "pyproject.toml").write_text("[tool.actlint\n")
    with pytest.raises(ConfigError, match=r"pyproject.toml:1:\d+: invalid TOML"):
        closest(str(deep))


def test_extend_counts_paths_from_the_file_that_has_them(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "shared.toml").write_text("exclude = ['docs/x']\nsrc = ['lib']\nfix = true\nshow-fixes = true")
    (tmp_path / "actlint.toml").write_text("extend = 'base/shared.toml'\nfix = false\n")
    found = merge(layers(str(tmp_path / "actlint.toml")), str(tmp_path))
    assert (found.fix, found.show_fixes) == (False, True)
    assert found.exclude == (Glob("docs/x", str(tmp_path / "base")),)
    assert found.src == (str(tmp_path / "base" / "lib"),) and found.import_roots == (".", "src", "base/lib")


def test_extend_in_a_circle_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.toml").write_text("\nextend = 'actlint.toml'")
    message = error_of(tmp_path / "actlint.toml", "extend = 'b.toml'")
    assert message == "b.toml:2:1: `extend` goes in a circle: actlint.toml -> b.toml -> actlint.toml"


def test_tables_of_texts() -> None:
    assert inline("fix = true", ".").values == {"fix": True}
    with pytest.raises(ConfigError, match="^--config:1:7: invalid TOML"):
        inline("fix = yes", ".")
    with pytest.raises(ConfigError, match="^somewhere: unknown setting `a`"):
        validated({"a": 1}, ".", "somewhere")


def test_toml_is_read_on_every_supported_version() -> None:
    assert configfile.inline("src = ['a']", ".").values == {"src": ["a"]}


# ------------------------------------------------------------------------------------------------------------ selection

RULES = (
    Rule("ACT001", "syntax-error", "error", True, None),
    Rule("ACT201", "inplace-on-leaf", "warning", True, None),
    Rule("ACT202", "inplace-on-saved-output", "warning", True, None),
    Rule("ACT206", "inplace-on-forward-input", "warning", False, None),
    Rule("ACT301", "missing-nonlinearity", "warning", True, None),
)


@pytest.mark.parametrize(
    ("texts", "codes"),
    [
        ([], "001 201 202 301"),
        (["select = []"], ""),
        (["select = ['ALL']"], "001 201 202 206 301"),
        (["select = ['ACT']"], "001 201 202 206 301"),
        (["select = ['ACT2']"], "201 202 206"),
        (["select = ['ACT20']", "ignore = ['ACT201']"], "202 206"),
        (["select = ['inplace-on-forward-input']"], "206"),
        (["extend-select = ['ACT206']"], "001 201 202 206 301"),
        (["ignore = ['ACT2']"], "001 301"),
        (["ignore = ['ALL']"], ""),
        (["ignore = ['ALL']\nextend-select = ['ACT3']"], "301"),
        (["ignore = ['ACT2']\nextend-select = ['ACT201']"], "001 201 301"),
        (["select = ['ACT201']\nignore = ['inplace-on-leaf']"], ""),
        (["ignore = ['ACT201']", "extend-select = ['ACT201']"], "001 201 202 301"),
        (["ignore = ['ACT201']", "select = ['ACT201']"], "201"),
    ],
)
def test_the_more_precise_selector_wins(texts: list[str], codes: str) -> None:
    found = registry.select(settings(*texts), RULES)
    assert " ".join(rule.code.removeprefix("ACT") for rule in found) == codes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select = ['ACT9']", "select: unknown rule `ACT9`; did you mean `ACT"),
        ("ignore = ['act201']", "ignore: unknown rule `act201`; did you mean `ACT201`?"),
        ("select = ['Inplace-On-Leaf']", "did you mean `inplace-on-leaf`?"),
        ("extend-select = ['inplace-on-leave']", "did you mean `inplace-on-leaf`?"),
        ("select = ['']", "unknown rule ``"),
        ("select = ['E501']", "unknown rule `E501`; `actlint rule --all` lists the rules"),
        ("per-file-ignores = { 'a' = ['ACTX'] }", "per-file-ignores: unknown rule `ACTX`"),
    ],
)
def test_an_unknown_selector_is_an_error_with_a_suggestion(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        registry.select(settings(text), RULES)
    assert message in str(caught.value)


def test_per_file_ignores(tmp_path: Path) -> None:
    table = "'tests' = ['ACT001']\n'!src/*' = ['ACT002']\n"
    found = merge([inline(f"[per-file-ignores]\n{table}", str(tmp_path))], str(tmp_path))
    selected = [rule for rule in registry.rules() if rule.code in ("ACT001", "ACT002")]

    def codes(path: str) -> list[str]:
        return [rule.code for rule in registry.reported(found, str(tmp_path / path), selected)]

    assert codes("src/a.py") == ["ACT001", "ACT002"]
    assert codes("src/tests/a.py") == ["ACT002"]
    assert codes("tests/a.py") == []
    assert codes("a.py") == ["ACT001"]


# --------------------------------------------------------------------------------------------------------- entry points


def plugin(directory: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """Put a distribution with an entry point on the path, for one test."""
    (directory / "plugin_of_actlint.py").write_text(source)
    metadata = directory / "plugin_of_actlint-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin-of-actlint\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[actlint.rules]\nours = plugin_of_actlint:RULES\n")
    monkeypatch.syspath_prepend(str(directory))
    monkeypatch.delitem(__import__("sys").modules, "plugin_of_actlint", raising=False)
    registry.rules.cache_clear()
    monkeypatch.setattr(registry, "rules", registry.rules.__wrapped__)


def test_rules_of_other_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "from actlint.rule import Rule\nRULES = [Rule('OWN101', 'our-own', 'warning', True, None)]\n"
    plugin(tmp_path, monkeypatch, source)
    assert "OWN101" in [rule.code for rule in registry.rules()]
    assert [rule.code for rule in registry.select(settings("select = ['OWN']"))] == ["OWN101"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nowhere_at_all", "entry point `ours` of `actlint.rules` cannot be loaded: No module named"),
        ("RULES = [1]", "gives 1, which is no rule"),
        ("from actlint.rule import Rule\nRULES = Rule('ACT001', 'x', 'error', True, None)", "clashes with ACT001"),
    ],
)
def test_a_plugin_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    plugin(tmp_path, monkeypatch, source)
    with pytest.raises(registry.ActlintError, match=message):
        registry.rules()
