"""Settings: what they are called, what they mean, and how layers of them become one.

A layer is what one place says: a configuration file, one that it extends, `--config`, or the options of the command
line. Files are found and read in `configfile`. Only what has an effect in this version is a setting; any other key is
an error.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

from actlint.errors import ConfigError
from actlint.globs import Glob, slashed
from actlint.target import Target, target

FORMATS = ("full", "concise", "grouped", "json", "json-lines", "sarif", "github", "gitlab", "junit", "rdjson")

DEVICES = ("auto", "cpu", "cuda", "mps")

EXCLUDED = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "_build",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)

Kind: TypeAlias = Literal["boolean", "string", "list of strings", "table of lists of strings"]


def _setting(kind: Kind, default: object, doc: str, example: str) -> Any:
    return field(default=default, metadata={"kind": kind, "doc": doc, "example": example})


@dataclass(frozen=True, slots=True)
class FileIgnores:
    """What is ignored in the files that `glob` covers, or, negated (`!glob`), in all others."""

    glob: Glob
    negated: bool
    selectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings that hold for a project. Directories are absolute, patterns know the directory they count from.

    `root` is the project's directory and `file` its configuration, if any. `required_torch` is what the project says
    elsewhere of the versions of torch that it works with. `import_roots` are the directories that
    imports are resolved from (`root`, its `src`, setting `src`), as paths from `root`, which is how files are named in
    a program.
    """

    select: tuple[str, ...] | None = _setting(
        "list of strings",
        None,
        "The rules to run: codes (`ACT401`), prefixes of codes (`ACT4`), names (`undefined-attribute`) or `ALL`. The "
        "more precise of two selectors wins. Where it is not set, the rules that are on by default run.",
        'select = ["ACT2", "ACT401"]',
    )
    ignore: tuple[str, ...] = _setting(
        "list of strings",
        (),
        "Rules not to run. Of two equally precise selectors, `ignore` wins.",
        'ignore = ["ACT301"]',
    )
    extend_select: tuple[str, ...] = _setting(
        "list of strings", (), "Rules to run beside those of `select`.", 'extend-select = ["unused-module"]'
    )
    per_file_ignores: tuple[FileIgnores, ...] = _setting(
        "table of lists of strings",
        (),
        "Rules not to report in the files that a pattern covers; `!` before it means all other files.",
        'per-file-ignores = { "tests/*" = ["ACT301"] }',
    )
    exclude: tuple[Glob, ...] = _setting(
        "list of strings",
        EXCLUDED,
        "Files and directories to leave out: names (`build`, `*_pb2.py`) at any depth, or paths from the configuration "
        "file (`docs/examples`). Replaces the defaults; `extend-exclude` adds to them.",
        'exclude = ["third_party", "docs/*.py"]',
    )
    extend_exclude: tuple[Glob, ...] = _setting(
        "list of strings",
        (),
        "Files and directories to leave out beside those of `exclude`.",
        'extend-exclude = ["legacy"]',
    )
    force_exclude: bool = _setting(
        "boolean",
        False,
        "Leave out excluded files even when they are named on the command line.",
        "force-exclude = true",
    )
    output_format: str = _setting(
        "string", "full", f"The format of the output: {', '.join(FORMATS)}.", 'output-format = "grouped"'
    )
    fix: bool = _setting("boolean", False, "Apply fixes, as `--fix` does.", "fix = true")
    unsafe_fixes: bool = _setting(
        "boolean", False, "Count fixes that change what the program does among those to apply.", "unsafe-fixes = true"
    )
    show_fixes: bool = _setting("boolean", False, "List the fixes that were applied.", "show-fixes = true")
    src: tuple[str, ...] = _setting(
        "list of strings",
        (),
        "Directories that the project's imports start from, beside its root and the root's `src`.",
        'src = ["python", "libs/core"]',
    )
    known_attributes: tuple[str, ...] = _setting(
        "list of strings",
        (),
        "Attributes that modules get in ways that cannot be seen: `name`, or `Class.name` for one class and its heirs.",
        'known-attributes = ["trainer", "Encoder.cache"]',
    )
    activations: tuple[str, ...] = _setting(
        "list of strings",
        (),
        "The project's own activation functions and modules, by dotted name.",
        'activations = ["mylib.nn.Snake"]',
    )
    affine_layers: tuple[str, ...] = _setting(
        "list of strings",
        (),
        "The project's own layers that are affine, as `nn.Linear` is, by dotted name.",
        'affine-layers = ["mylib.nn.ColumnParallelLinear"]',
    )
    training_entry_points: tuple[str, ...] = _setting(
        "list of strings",
        (),
        "Functions and methods that a framework calls to train, by dotted name or, for methods, by their own.",
        'training-entry-points = ["mylib.train.step", "train_one_batch"]',
    )
    conv_chains: bool = _setting(
        "boolean",
        False,
        "Also report convolutions with kernels wider than 1 that follow each other with nothing nonlinear between.",
        "conv-chains = true",
    )
    target_torch: str | None = _setting(
        "string",
        None,
        "The versions of torch that the code is for: a range (`2.4..2.13`) or one version. Where it is not set, from "
        "the lower bound that `pyproject.toml` or the requirements give for torch up to the newest version known.",
        'target-torch = "2.4..2.13"',
    )
    probe_init: tuple[tuple[str, tuple[str, ...]], ...] = _setting(
        "table of lists of strings",
        (),
        "With which arguments the probe makes a class, as `name=value`, where its own guesses will not do.",
        'probe-init = { Encoder = ["width=64", "act=nn.GELU()"] }',
    )
    probe_inputs: tuple[tuple[str, tuple[str, ...]], ...] = _setting(
        "table of lists of strings",
        (),
        "What the probe calls a class with, an argument each: `float32[8,784]`, `int64[8,16]<256`, `mask=bool[8,16]`.",
        'probe-inputs = { Encoder = ["float32[8,3,32,32]"] }',
    )
    extend: str | None = _setting(
        "string",
        None,
        "A configuration file whose settings hold where this one is silent.",
        'extend = "../actlint.toml"',
    )
    root: str = "."
    file: str | None = None
    import_roots: tuple[str, ...] = (".", "src")
    required_torch: str | None = None

    @property
    def target(self) -> Target:
        """The versions of torch that the code is for, within those that are known."""
        wanted = self.target_torch or self.required_torch
        return target(wanted) if wanted else Target()

    @property
    def excluded(self) -> tuple[Glob, ...]:
        """The patterns of `exclude` and `extend-exclude` together."""
        return self.exclude + self.extend_exclude


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of a setting: key in TOML, type in words, default as in TOML, meaning, an example."""

    key: str
    kind: Kind
    default: object
    doc: str
    example: str


SETTINGS: Mapping[str, Setting] = {
    key: Setting(key, f.metadata["kind"], f.default, f.metadata["doc"], f.metadata["example"])
    for f in fields(Settings)
    if f.metadata
    for key in [f.name.replace("_", "-")]
}


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings of one place by key, checked by `validated`. Relative paths and patterns in them count from `base`."""

    values: Mapping[str, object]
    base: str


def validated(table: Mapping[str, object], base: str, where: Mapping[str, str] | str) -> Layer:
    """A layer of a TOML table. Errors begin with `where`: a text, or one for each key (and `""` for the rest).

    Raises ConfigError for an unknown key or a value of another type.
    """
    for key, value in table.items():
        at = where if isinstance(where, str) else where.get(key, where[""])
        setting = SETTINGS.get(key)
        if setting is None:
            from difflib import get_close_matches

            near = get_close_matches(key.replace("_", "-"), SETTINGS, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else "; `actlint config` lists the settings"
            raise ConfigError(f"{at}: unknown setting `{key}`{hint}")
        if not _has_kind(setting.kind, value):
            raise ConfigError(f"{at}: `{key}` must be a {setting.kind}, not {_in_words(value)}")
        if key == "target-torch":
            try:
                target(str(value))
            except ValueError as error:
                raise ConfigError(f"{at}: `{key}`: {error}") from None
        if key == "output-format" and value not in FORMATS:
            raise ConfigError(f"{at}: `{key}` must be one of {', '.join(FORMATS)}, not {value!r}")
    return Layer(dict(table), base)


def _has_kind(kind: Kind, value: object) -> bool:
    match kind:
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "list of strings":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case "table of lists of strings":
            return isinstance(value, dict) and all(_has_kind("list of strings", item) for item in value.values())


def _in_words(value: object) -> str:
    match value:
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a float"
        case str():
            return "a string"
        case list():
            others = [item for item in value if not isinstance(item, str)]
            return f"a list with {_in_words(others[0])} in it" if others else "a list"
        case dict():
            others = [item for item in value.values() if not _has_kind("list of strings", item)]
            return f"a table with {_in_words(others[0])} in it" if others else "a table"
        case _:
            return f"a {type(value).__name__}"


def merge(layers: Sequence[Layer], root: str = ".", file: str | None = None) -> Settings:
    """One set of settings from layers, the weakest first.

    A stronger layer's value replaces a weaker one's, but `extend-…` and `ignore` add up. A layer that sets `select`
    starts the selection anew: what weaker layers select and ignore is forgotten. A selector that a layer selects is no
    longer ignored by weaker ones. `root` must be absolute, or "." for texts that are in no directory.
    """
    values: dict[str, Any] = {"exclude": tuple(Glob(name, slashed(root)) for name in EXCLUDED)}
    for layer in layers:
        if "select" in layer.values:
            for key in ("select", "extend_select", "ignore"):
                values.pop(key, None)
        for key, value in layer.values.items():
            _add(values, key, value, layer.base)
    src = tuple(values.get("src", ()))
    import_roots = tuple(dict.fromkeys([".", "src", *(slashed(os.path.relpath(path, root)) for path in src)]))
    return Settings(**values, root=root, file=file, import_roots=import_roots)


def _add(values: dict[str, Any], key: str, value: Any, base: str) -> None:
    name = key.replace("-", "_")
    match key:
        case "exclude":
            values[name] = tuple(_glob(pattern, base) for pattern in value)
        case "extend-exclude":
            values[name] = values.get(name, ()) + tuple(_glob(pattern, base) for pattern in value)
        case "extend-select":
            values[name] = values.get(name, ()) + tuple(value)
            values["ignore"] = tuple(selector for selector in values.get("ignore", ()) if selector not in value)
        case "ignore":
            values[name] = values.get(name, ()) + tuple(value)
        case "per-file-ignores":
            values[name] = tuple(
                FileIgnores(_glob(pattern.removeprefix("!"), base), pattern.startswith("!"), tuple(selectors))
                for pattern, selectors in value.items()
            )
        case "probe-init" | "probe-inputs":
            known = dict(values.get(name, ()))
            values[name] = tuple((known | {each: tuple(texts) for each, texts in value.items()}).items())
        case "src":
            values[name] = tuple(os.path.normpath(os.path.join(base, os.path.expanduser(path))) for path in value)
        case _:
            values[name] = tuple(value) if isinstance(value, list) else value


def _glob(pattern: str, base: str) -> Glob:
    pattern = slashed(os.path.expanduser(pattern)) if pattern.startswith("~") else slashed(pattern)
    return Glob(pattern.lstrip("/"), "") if pattern.startswith("/") else Glob(pattern, slashed(base))
