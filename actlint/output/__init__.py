"""Reports as text: `renderer(name)` is one of ten formats; `summary` and `diff` say what stands beside them.

Everything is a function of the reports. A renderer's module is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from actlint.output.options import Render, RenderOptions, Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MODULES", "TEXT_FORMATS", "Render", "RenderOptions", "Texts", "renderer"]

MODULES: Mapping[str, str] = {
    "full": "full",
    "concise": "concise",
    "grouped": "grouped",
    "json": "json_list",
    "json-lines": "json_lines",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "rdjson": "rdjson",
}
"""The module of each format, by the format's name."""

TEXT_FORMATS = frozenset({"full", "concise", "grouped"})
"""The formats for people: a summary follows, and failures of actlint itself go to stderr (`summary.failures`)."""


def renderer(name: str) -> Render:
    """The renderer of a format. Raises KeyError for a name that is none."""
    return cast("Render", import_module(f"actlint.output.{MODULES[name]}").render)
