"""Configuration files: finding the closest one, reading it, and following `extend`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping

from actlint.config import Layer, validated
from actlint.errors import ConfigError
from actlint.source import shown

NAMES = ("actlint.toml", "pyproject.toml")


def file_in(directory: str) -> str | None:
    """The configuration file in a directory: `actlint.toml`, or a `pyproject.toml` that has a `[tool.actlint]` table.

    Raises ConfigError where a `pyproject.toml` that mentions actlint cannot be read.
    """
    for name in NAMES:
        path = os.path.join(directory, name)
        if os.path.isfile(path) and (name != "pyproject.toml" or _concerns(path)):
            return path
    return None


def _concerns(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            if b"actlint" not in file.read():
                return False
    except OSError:
        # A pyproject.toml that cannot be read is some other tool's business until it is known to be ours.
        return False
    return _table_in(_parsed(_text(path), shown(path)), path) is not None


def closest(directory: str) -> str | None:
    """The nearest configuration file, in `directory` (absolute) or above it."""
    while True:
        if found := file_in(directory):
            return found
        above = os.path.dirname(directory)
        if above == directory:
            return None
        directory = above


def layers(path: str) -> tuple[Layer, ...]:
    """The layers of a configuration file, those it extends first.

    Raises ConfigError for a file that cannot be read, is no TOML, has an unknown key or a value of another type, or
    extends itself.
    """
    return _layers(os.path.abspath(path), ())


def _layers(path: str, extending: tuple[str, ...]) -> tuple[Layer, ...]:
    text = _text(path)
    table = _table_in(_parsed(text, shown(path)), path)
    layer = validated(table or {}, os.path.dirname(path), _positions(text, table or {}, shown(path)))
    extended = layer.values.get("extend")
    if not isinstance(extended, str):
        return (layer,)
    target = os.path.normpath(os.path.join(layer.base, os.path.expanduser(extended)))
    chain = (*extending, path)
    if os.path.realpath(target) in [os.path.realpath(p) for p in chain]:
        circle = " -> ".join(shown(p) for p in (*chain, target))
        raise ConfigError(
            f"{_positions(text, layer.values, shown(path))['extend']}: `extend` goes in a circle: {circle}"
        )
    return (*_layers(target, chain), layer)


def inline(text: str, base: str) -> Layer:
    """The layer of a `--config "key = value"` option, or of any text in TOML; paths in it count from `base`.

    Raises ConfigError.
    """
    return validated(_parsed(text, "--config"), base, "--config")


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{shown(path)}: cannot read the configuration: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown(path)}: the configuration is not in UTF-8 (byte {error.start + 1})") from error


def _parsed(text: str, origin: str) -> Mapping[str, object]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        row, column = text.count("\n") + 1, len(text) - text.rfind("\n")
        if found := re.search(r" \(at line (\d+), column (\d+)\)$", message):
            row, column = int(found[1]), int(found[2])
        message = re.sub(r" \(at [^()]*\)$", "", message)
        raise ConfigError(f"{origin}:{row}:{column}: invalid TOML: {message[:1].lower()}{message[1:]}") from error


def _table_in(document: Mapping[str, object], path: str) -> Mapping[str, object] | None:
    """The settings in a document: `[tool.actlint]` of a `pyproject.toml`, else all of it."""
    if os.path.basename(path) != "pyproject.toml":
        return document
    tool = document.get("tool")
    table = tool.get("actlint") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{shown(path)}: `tool.actlint` must be a table")
    return table


def _positions(text: str, table: Mapping[str, object], origin: str) -> dict[str, str]:
    """`file:row:column` of each key, as far as a look at the lines tells, and the file alone under ``""``."""
    start = text.find("[tool.actlint") if os.path.basename(origin) == "pyproject.toml" else 0
    positions = {"": origin}
    for key in table:
        pattern = rf"""(?m)^[ \t]*(?:\[(?:tool\.actlint\.)?)?["']?({re.escape(key)})["']?[ \t]*[=.\]]"""
        found = re.compile(pattern).search(text, max(start, 0))
        if found is not None:
            at = found.start(1)
            positions[key] = f"{origin}:{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"
        else:
            positions[key] = origin
    return positions
