"""The committed list: reading it, comparing findings with it, writing it anew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from benchmarks.ecosystem.lint import Finding, Key

Judgement: TypeAlias = Literal["true", "false"]
LISTS = Path(__file__).parent / "findings"


class ListError(Exception):
    """A committed list that cannot be read; the text says where."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the list says of a key: how often it is found, and the verdict of who read it (None: nobody yet)."""

    count: int
    verdict: Judgement | None
    reason: str


Entries: TypeAlias = Mapping[Key, Entry]


@dataclass(frozen=True, slots=True)
class Difference:
    """Findings against a list. `reworded` are pairs of keys that differ in nothing but the message."""

    added: tuple[Finding, ...]
    removed: tuple[Key, ...]
    reworded: tuple[tuple[Key, Key], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.reworded)


def load(package: str) -> dict[Key, Entry]:
    """The list of a package; empty where there is none. Raises ListError."""
    path = LISTS / f"{package}.jsonl"
    entries: dict[Key, Entry] = {}
    if not path.exists():
        return entries
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            raw = json.loads(line)
            key = (raw["file"], raw["code"], raw["scope"], raw["text"], raw["message"])
            entry = Entry(raw.get("count", 1), raw["verdict"], raw["reason"])
        except (ValueError, KeyError, TypeError) as error:
            raise ListError(f"{path.name}:{number}: {type(error).__name__}: {error}") from error
        if entry.verdict not in ("true", "false", None) or (entry.verdict is not None and not entry.reason):
            raise ListError(f'{path.name}:{number}: the verdict is "true" or "false", each with a reason, or null')
        if key in entries:
            raise ListError(f"{path.name}:{number}: listed twice")
        entries[key] = entry
    return entries


def compare(entries: Entries, found: Sequence[Finding]) -> Difference:
    """What is found and not listed, and what is listed and not found."""
    counts: dict[Key, int] = {}
    added: list[Finding] = []
    for finding in found:
        counts[finding.key] = counts.get(finding.key, 0) + 1
        if finding.key not in entries or counts[finding.key] > entries[finding.key].count:
            added.append(finding)
    removed = [key for key, entry in entries.items() for _ in range(entry.count - counts.get(key, 0))]
    reworded: list[tuple[Key, Key]] = []
    for old in dict.fromkeys(removed):
        new = [finding for finding in added if finding.key[:4] == old[:4]]
        if old not in counts and [key[:4] for key in removed].count(old[:4]) == len(new) == 1:
            reworded.append((old, new[0].key))
            removed.remove(old)
            added.remove(new[0])
    return Difference(tuple(added), tuple(removed), tuple(reworded))


def updated(entries: Entries, found: Sequence[Finding]) -> dict[Key, Entry]:
    """The list as it should be: verdicts kept, also where the message alone changed; what is new has none."""
    before = {new: entries[old] for old, new in compare(entries, found).reworded}
    result: dict[Key, Entry] = {}
    for finding in found:
        known = before.get(finding.key) or entries.get(finding.key) or Entry(0, None, "")
        count = result[finding.key].count if finding.key in result else 0
        result[finding.key] = Entry(count + 1, known.verdict, known.reason)
    return result


def save(package: str, entries: Entries) -> None:
    """Write the list of a package, sorted, a line a key."""
    lines = []
    for (file, code, scope, text, message), entry in sorted(entries.items()):
        raw: dict[str, object] = {"file": file, "code": code, "scope": scope, "text": text, "message": message}
        if entry.count > 1:
            raw["count"] = entry.count
        raw |= {"verdict": entry.verdict, "reason": entry.reason}
        lines.append(json.dumps(raw, ensure_ascii=False) + "\n")
    LISTS.mkdir(exist_ok=True)
    (LISTS / f"{package}.jsonl").write_text("".join(lines), encoding="utf-8")
