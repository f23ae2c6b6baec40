"""`actlint config`: the settings there are, with their meaning and defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from actlint.cli.streams import emit

if TYPE_CHECKING:
    from actlint.config import Setting, Settings


@click.command()
@click.argument("key", required=False)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", help="text by default.")
def config(key: str | None, output_format: str) -> int:
    """Show all settings with their defaults, or one of them."""
    from actlint.config import SETTINGS

    if key is not None and key not in SETTINGS:
        from difflib import get_close_matches

        from actlint.errors import UsageError

        near = get_close_matches(key.replace("_", "-"), SETTINGS, n=1)
        raise UsageError(f"unknown setting `{key}`" + (f"; did you mean `{near[0]}`?" if near else ""))
    settings = [SETTINGS[key]] if key is not None else list(SETTINGS.values())
    if output_format == "json":
        emit([json.dumps([_record(setting) for setting in settings], indent=2, ensure_ascii=False), "\n"])
    else:
        emit("\n".join(_described(setting) for setting in settings))
    return 0


def _record(setting: Setting) -> dict[str, object]:
    return {
        "key": setting.key,
        "type": setting.kind,
        "default": setting.default,
        "doc": setting.doc,
        "example": setting.example,
    }


def _described(setting: Setting) -> str:
    import textwrap

    doc = textwrap.indent(textwrap.fill(setting.doc, 96, break_on_hyphens=False, break_long_words=False), "    ")
    default = textwrap.fill(
        f"Default: {_default(setting)}", 96, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False
    )
    return f"{setting.key} ({setting.kind})\n{doc}\n    {default}\n    Example: {setting.example}\n"


def _default(setting: Setting) -> str:
    if setting.default is None:
        return "not set"
    return "{}" if setting.kind.startswith("table") else _toml(setting.default)


def resolved(settings: Settings) -> str:
    """Settings as they hold for a project, in TOML, with where they come from as comments."""
    return "".join(f"{line}\n" for line in _lines(settings))


def _lines(settings: Settings) -> Iterator[str]:
    from actlint.config import SETTINGS

    yield f"# project: {settings.root}"
    yield f"# configuration: {settings.file or 'none'}"
    for key, setting in SETTINGS.items():
        value = getattr(settings, key.replace("-", "_"))
        if key == "target-torch" and value is None:
            source = "what the project requires" if settings.required_torch else "the newest version that is known"
            yield f"# {key} is not set: {settings.target}, from {source}"
        elif value is None:
            yield f"# {key} is not set"
        elif key.startswith("probe-"):
            inner = (f"{_toml(name)} = {_toml(texts)}" for name, texts in value)
            yield f"{key} = {{ {', '.join(inner)} }}" if value else f"{key} = {{}}"
        elif setting.kind == "table of lists of strings":
            pairs = (f"{_toml('!' * each.negated + each.glob.pattern)} = {_toml(each.selectors)}" for each in value)
            yield f"{key} = {{ {', '.join(pairs)} }}" if value else f"{key} = {{}}"
        else:
            yield f"{key} = {_toml(value)}"


def _toml(value: object) -> str:
    from actlint.globs import Glob

    match value:
        case Glob(pattern=pattern, base=base):
            return _toml(pattern if base else f"/{pattern}")
        case tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case _:
            # A JSON string, number or boolean is one in TOML too.
            return json.dumps(value, ensure_ascii=False)
