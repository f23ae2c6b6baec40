"""Repairs tried on a source text: sites by what they spell, and the text after the edits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actlint.diagnostic import Edit
from actlint.facts import FileFacts, Site
from actlint.intents import Intent, Repair
from actlint.lines import line_starts, offset_of
from actlint.lower.cut import read_facts
from actlint.lower.drafts import Document, opened
from actlint.lower.edits import open_document, realise
from actlint.lower.locate import range_of

Find = Callable[..., Site]


def document(source: str, path: str = "m.py") -> Document:
    facts = read_facts(path, source, keep="all")
    assert not facts.problems, facts.problems
    return open_document(facts, source)


def finder(opened_document: Document) -> Find:
    """`find(kind, "text")` is the site of the first node of that kind that spells the text; `nth` counts from 0."""

    def find(kind: type[Any], text: str, nth: int = 0) -> Site:
        facts: FileFacts = opened_document.facts
        found: list[Site] = []
        for number in range(len(facts.chunks)):
            chunk = opened(opened_document, number)
            assert chunk is not None
            for ordinal, node in sorted(chunk.nodes.items()):
                start, end = range_of(chunk.located, ordinal)
                if type(node) is kind and chunk.located.chunk.text[start:end] == text:
                    found.append(Site(facts.path, number, ordinal))
        assert len(found) > nth, f"no {kind.__name__} spells {text!r}"
        return found[nth]

    return find


def applied(source: str, edits: tuple[Edit, ...]) -> str:
    """The text with edits that do not overlap."""
    starts = line_starts(source)
    ranges = [(offset_of(starts, each.span.start), offset_of(starts, each.span.end), each.content) for each in edits]
    text = source
    for start, end, content in sorted(ranges, key=lambda each: each[:2], reverse=True):
        text = text[:start] + content + text[end:]
    return text


def repaired(source: str, intents: Callable[[Find], Intent | tuple[Intent, ...]], path: str = "m.py") -> str | None:
    """The text after a repair of these intents; None if it cannot be realised."""
    opened_document = document(source, path)
    wanted = intents(finder(opened_document))
    edits = realise(opened_document, Repair("mend it", "safe", wanted if isinstance(wanted, tuple) else (wanted,)))
    return None if edits is None else applied(source, edits)
