"""Fingerprints: how a finding is recognised again after lines have moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from actlint.diagnostic import Diagnostic
from actlint.lines import line_starts


def fingerprint(code: str, path: str, line: str, message: str, occurrence: int) -> str:
    """16 hex digits from what a finding says, and of which text, but not from where the text stands.

    Blanks in `line`, the first line that the finding is about, do not matter, so that it may be indented. `occurrence`
    tells findings apart that are otherwise equal: how many such stand before it in the file.
    """
    from hashlib import blake2b  # not at the top: a run without findings needs none of it

    parts = (code, path.replace("\\", "/"), "".join(line.split()), message, str(occurrence))
    text = "\0".join(f"{len(part)}:{part}" for part in parts)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def with_fingerprints(diagnostics: Iterable[Diagnostic], text: str) -> tuple[Diagnostic, ...]:
    """The diagnostics of one file, in the given order, each with a fingerprint of its own; `text` is the file's."""
    starts: list[int] | None = None
    seen: dict[tuple[str, str, str], int] = {}
    done = []
    for diagnostic in diagnostics:
        starts = starts or [*line_starts(text), len(text)]
        row = diagnostic.span.start.row
        line = text[starts[row - 1] : starts[row]] if 0 < row < len(starts) else ""
        key = (diagnostic.code, "".join(line.split()), diagnostic.message)
        occurrence = seen.get(key, 0)
        seen[key] = occurrence + 1
        found = fingerprint(diagnostic.code, diagnostic.path, line, diagnostic.message, occurrence)
        done.append(replace(diagnostic, fingerprint=found))
    return tuple(done)
