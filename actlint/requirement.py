"""The oldest version of torch that a project says it works with, from where it lists what it depends on."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping

from actlint.target import NEWEST, Target, version

FILES = ("pyproject.toml", "setup.cfg", "setup.py", "requirements.txt", "requirements.in", "requirements/base.txt")
"""Looked at in this order, from the project's root; the first that bounds torch counts."""

_REQUIREMENT = re.compile(r"\s*(?:torch|pytorch)\s*(?:\[[^\]]*\])?\s*\(?\s*(?P<bounds>[<>=!~^][^;#)]*)", re.IGNORECASE)
_BOUND = re.compile(r"(?P<operator>>=|>|==|~=|\^|~)\s*(?P<version>[^\s,*]+?)(?:\.\*)?\s*(?:,|$)")


def required(root: str) -> str | None:
    """From the lower bound that the project in `root` gives for torch up to the newest version known; None without one.

    Files that cannot be read say nothing: they are other tools' business.
    """
    for name in FILES:
        path = os.path.join(root, *name.split("/"))
        bounds = list(_bounds(path)) if os.path.isfile(path) else []
        if bounds:
            return str(Target(min(bounds), max(min(bounds), NEWEST)))
    return None


def _bounds(path: str) -> Iterator[tuple[int, int]]:
    """The lower bounds of all requirements of torch in a file."""
    try:
        with open(path, "rb") as file:
            data = file.read()
        if b"torch" not in data:
            return
        found = list(_requirements(os.path.basename(path), data.decode("utf-8", "replace")))
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return
    for each in found:
        match = _REQUIREMENT.match(each)
        for bound in _BOUND.finditer(match["bounds"].strip()) if match else ():
            try:
                yield version(bound["version"] if "." in bound["version"] else f"{bound['version']}.0")
            except ValueError:
                continue


def _requirements(name: str, text: str) -> Iterator[str]:
    """The texts that may be requirements."""
    match name:
        case "pyproject.toml":
            if sys.version_info >= (3, 11):
                import tomllib
            else:
                import tomli as tomllib
            yield from _of_pyproject(tomllib.loads(text))
        case "setup.py":
            literals = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
            yield from (value for value in literals if isinstance(value, str))
        case _:
            yield from (re.sub(r"^install_requires\s*=", "", line) for line in text.splitlines())


def _of_pyproject(table: Mapping[str, object]) -> Iterator[str]:
    """What `[project]`, dependency groups and Poetry's tables require, what is needed before what is optional."""
    project, poetry = _at(table, "project"), _at(table, "tool", "poetry")
    yield from _texts(project.get("dependencies"))
    for groups in (_at(project, "optional-dependencies"), _at(table, "dependency-groups")):
        for group in groups.values():
            yield from _texts(group)
    tables = [_at(group, "dependencies") for group in _at(poetry, "group").values()]
    for names in (_at(poetry, "dependencies"), _at(poetry, "dev-dependencies"), *tables):
        wanted = names.get("torch")
        wanted = wanted.get("version") if isinstance(wanted, Mapping) else wanted
        if isinstance(wanted, str):
            yield f"torch {wanted if wanted[:1] in '<>=!~^' else f'=={wanted}'}"


def _at(table: object, *keys: str) -> Mapping[str, object]:
    found = table
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _texts(value: object) -> Iterable[str]:
    return (each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
