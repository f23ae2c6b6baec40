"""Conditions as people read them, and which of them a finding may rest on."""

from __future__ import annotations

from functools import lru_cache

from actlint.model.state import essential
from actlint.model.values import Condition, Test

_MOST = 2
_SELF = "self."
WORLD = "?world:"
"""How the key of a literal begins that says at which constructor call a run's findings hold."""
USUAL = "?usual:"
"""The same of a call that nobody is seen to make: with defaults for what has one."""
LOOP = "?loop:"
"""The same of a loop that runs at least once, or a container with at least one layer."""
CASE = "?case:"
"""The same of one of several cases, of which nobody knows which it is. Its text is words, not code."""
UNCLAIMED = ("?except:", "?suppressed:", "?import:", CASE)
"""The same of what nothing may be claimed under: which import was taken, what an exception left, which of several."""


@lru_cache(maxsize=4096)  # the events of a path share their condition, and each rule asks for all of them
def stated(condition: Condition) -> tuple[str, ...] | None:
    """The condition in words, one entry a literal; None where nothing may be claimed under it.

    A claim rests on at most two literals, besides the call that gave the arguments. A raise or
    assert that was survived is no condition, nor is that a loop runs.
    Which of several imports was taken, and what happens after an exception, is not claimed at all. Nor is that what is
    not known turns out one way here and the other way there, where both are written alike; nor what rests on something
    else beside an attribute that is not known, since the constructor may have made the one of the other.
    """
    words: list[str] = []
    decided: dict[str, bool] = {}
    hidden = False
    calls = 0
    for test in essential(condition):
        if test.guard or test.key.startswith(LOOP):
            continue
        if test.key.startswith(UNCLAIMED) or "#" in test.key:
            return None
        if test.key.startswith("?") and decided.setdefault(test.text, test.positive) != test.positive:
            return None
        hidden = hidden or (test.key.startswith("?") and not test.key.startswith((WORLD, USUAL)) and _SELF in test.text)
        text = describe(test)
        if text not in words:
            words.append(text)
            calls += test.key.startswith(WORLD)
    return tuple(words) if len(words) - calls <= (1 if hidden else _MOST) else None


def is_skipped(test: Test) -> bool:
    """Whether the literal says that a loop never runs, or that a container is empty."""
    return not test.positive and test.key.startswith(LOOP)


def firm(condition: Condition) -> tuple[str, ...] | None:
    """As `stated`, but None where it rests on a call that nobody is seen to make: sizes are what callers choose."""
    return None if any(test.key.startswith(USUAL) for test in condition) else stated(condition)


def describe(test: Test) -> str:
    """One literal in words: "`dropout` is true", "`mask` is None", "`n > 3`"."""
    if test.key.startswith((WORLD, USUAL)):
        return f"built as `{test.text}`"
    if test.key.startswith(CASE):
        return test.text if test.positive else f"not: {test.text}"
    if test.key.startswith("?"):
        return f"`{test.text}`" if test.positive else f"not `{test.text}`"
    _, _, relation = test.key.partition("\0")
    if relation == "true":
        return f"`{test.text}` is {'true' if test.positive else 'false'}"
    if relation == "is None":
        subject = test.text.removesuffix(" is None")
        return f"`{subject}` is {'None' if test.positive else 'not None'}"
    return f"`{test.text}`" if test.positive else f"not `{test.text}`"
