"""Patterns over paths: those of settings (`exclude`, `per-file-ignores`) and those of `.gitignore` files.

Own and small, because a library for it would cost a third of the start-up time and match slower than one regular
expression a file. Paths here are absolute with `/` between their parts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

# --------------------------------------------------------------------------------------------------- globs of settings


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern of a setting, and the directory that it counts from.

    Without a slash it speaks of a name at any depth below `base` (`build`, `*_pb2.py`); with one, of the path from
    `base` (`tests/data`, `docs/**/*.py`), where `*` crosses slashes as it does in ruff. `{a,b}` is either.
    """

    pattern: str
    base: str


def slashed(path: str) -> str:
    """The path with `/` between its parts, on every system."""
    return path.replace(os.sep, "/") if os.sep != "/" else path


@lru_cache(maxsize=256)
def matcher(globs: tuple[Glob, ...]) -> Callable[[str], bool]:
    """A function that says whether one of the globs matches a path itself (and not only a directory above it)."""
    literal = frozenset(g.pattern for g in globs if not re.search(r"[/*?\[{]", g.pattern))
    names = [_glob_regex(g.pattern, "[^/]*") for g in globs if "/" not in g.pattern and g.pattern not in literal]
    name_regex = re.compile("|".join(names)) if names else None
    bases = tuple({g.base: None for g in globs})
    paths = [(_prefix(base), _path_regex(g.pattern for g in globs if g.base == base)) for base in bases]

    def matches(path: str) -> bool:
        for prefix, regex in paths:
            if not path.startswith(prefix):
                continue
            name = path[path.rfind("/") + 1 :]
            if name in literal or (name_regex is not None and name_regex.fullmatch(name)):
                return True
            if regex is not None and regex.fullmatch(path, len(prefix)):
                return True
        return False

    return matches


def covers(globs: tuple[Glob, ...], path: str) -> bool:
    """Whether a glob matches the path or a directory above it that lies below the glob's base."""
    matches = matcher(globs)
    while path.strip("/"):
        if matches(path):
            return True
        path = path.rpartition("/")[0]
    return False


def _prefix(base: str) -> str:
    return base if base.endswith("/") else base + "/"


def _path_regex(patterns: Iterable[str]) -> re.Pattern[str] | None:
    regexes = [_glob_regex(_without_dot(p), ".*") for p in patterns if "/" in p]
    return re.compile("|".join(regexes), re.DOTALL) if regexes else None


def _without_dot(pattern: str) -> str:
    return pattern.removeprefix("./").strip("/")


def _glob_regex(pattern: str, star: str) -> str:
    any_character = "." if star == ".*" else "[^/]"
    out: list[str] = []
    index, braces = 0, 0
    while index < len(pattern):
        rest = pattern[index:]
        if rest.startswith("**/") and (index == 0 or pattern[index - 1] == "/"):
            out.append("(?:.*/)?")
            index += 3
        elif rest.startswith("*"):
            out.append(star)
            index += len(rest) - len(rest.lstrip("*"))
        elif rest[0] == "?":
            out.append(any_character)
            index += 1
        elif rest[0] == "[" and (bracket := _bracket(pattern, index)) is not None:
            out.append(bracket[0])
            index = bracket[1]
        elif rest[0] == "{" and "}" in rest:
            out.append("(?:")
            braces += 1
            index += 1
        elif rest[0] in ",}" and braces:
            out.append("|" if rest[0] == "," else ")")
            braces -= rest[0] == "}"
            index += 1
        else:
            out.append(re.escape(rest[0]))
            index += 1
    return "".join(out) + ")" * braces


# ---------------------------------------------------------------------------------------------------------- .gitignore


@dataclass(frozen=True, slots=True)
class Ignore:
    """The patterns of one `.gitignore`, for directories and for files, the last line first (it decides).

    A group of the regular expression stands for each pattern; `negated` says which of them take a path back in.
    """

    prefix: str
    directories: re.Pattern[str]
    directories_negated: tuple[bool, ...]
    files: re.Pattern[str]
    files_negated: tuple[bool, ...]


def parse_ignore(text: str, directory: str) -> Ignore | None:
    """Read the text of a `.gitignore` that lies in `directory`; None where it says nothing."""
    lines = [pattern for line in text.removeprefix("\ufeff").split("\n") if (pattern := _ignore_line(line))]
    if not lines:
        return None
    lines.reverse()
    for_files = [(regex, negated) for regex, negated, directories_only in lines if not directories_only]
    return Ignore(
        _prefix(directory),
        re.compile("|".join(f"({regex})" for regex, _, _ in lines), re.DOTALL),
        tuple(negated for _, negated, _ in lines),
        # A group that never matches keeps the expression valid where every line speaks of directories.
        re.compile("|".join(f"({regex})" for regex, _ in for_files) or "((?!))", re.DOTALL),
        tuple(negated for _, negated in for_files),
    )


def ignored(ignores: Sequence[Ignore], path: str, is_directory: bool) -> bool:
    """Whether the `.gitignore` files above a path, outermost first, ignore it. Of those that speak of it, the nearest
    decides.

    The directories above the path are not looked at: who walks does not enter an ignored one.
    """
    for ignore in reversed(ignores):
        if not path.startswith(ignore.prefix):
            continue
        regex = ignore.directories if is_directory else ignore.files
        if found := regex.fullmatch(path, len(ignore.prefix)):
            negated = ignore.directories_negated if is_directory else ignore.files_negated
            return not negated[(found.lastindex or 1) - 1]
    return False


def _ignore_line(line: str) -> tuple[str, bool, bool] | None:
    """(regular expression, negated, only for directories) of a line; None for a comment or a broken pattern."""
    line = line.removesuffix("\r")
    if line.startswith("#"):
        return None
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    pattern = stripped + " " if backslashes % 2 and len(stripped) < len(line) else stripped
    negated = pattern.startswith("!")
    pattern = pattern[negated:]
    directories_only = pattern.endswith("/")
    pattern = pattern[:-1] if directories_only else pattern
    if not pattern:
        return None
    anchored = "/" in pattern
    regex = _ignore_regex(pattern.removeprefix("/"))
    if regex is None:
        return None
    return (regex if anchored else f"(?:.*/)?{regex}"), negated, directories_only


def _ignore_regex(pattern: str) -> str | None:
    out: list[str] = []
    index = 0
    while index < len(pattern):
        character = pattern[index]
        stars = len(pattern) - index - len(pattern[index:].lstrip("*"))
        between = (index == 0 or pattern[index - 1] == "/") and stars == 2
        if between and pattern[index + 2 : index + 3] == "/":
            out.append("(?:.*/)?")
            index += 3
        elif between and index + 2 == len(pattern):
            out.append(".+" if index else ".*")
            index += 2
        elif stars:
            out.append("[^/]*")
            index += stars
        elif character == "?":
            out.append("[^/]")
            index += 1
        elif character == "[":
            bracket = _bracket(pattern, index)
            if bracket is None:
                return None
            out.append(bracket[0])
            index = bracket[1]
        elif character == "\\":
            if index + 1 == len(pattern):
                return None
            out.append(re.escape(pattern[index + 1]))
            index += 2
        else:
            out.append(re.escape(character))
            index += 1
    return "".join(out)


_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "lower": "a-z",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
    "space": r"\s",
    "punct": re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
}


def _bracket(pattern: str, start: int) -> tuple[str, int] | None:
    """The regular expression of the `[…]` at `start` and the index after it; None where it is not closed."""
    index = start + 1
    negated = pattern[index : index + 1] in ("!", "^")
    index += negated
    first = index
    items: list[str] = []
    while index < len(pattern):
        if pattern[index] == "]" and index > first:
            body = "".join(items)
            if not body:
                return ("[^/]" if negated else "(?!)"), index + 1
            return f"(?!/)[{'^' if negated else ''}{body}]", index + 1
        if pattern.startswith("[:", index) and (end := pattern.find(":]", index + 2)) > 0:
            items.append(_CLASSES.get(pattern[index + 2 : end], ""))
            index = end + 2
            continue
        low, index = _bracket_character(pattern, index)
        if pattern[index : index + 1] == "-" and pattern[index + 1 : index + 2] not in ("", "]"):
            high, index = _bracket_character(pattern, index + 1)
            # Of a range that goes backwards, git still takes the first character.
            items.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else re.escape(low))
        else:
            items.append(re.escape(low))
    return None


def _bracket_character(pattern: str, index: int) -> tuple[str, int]:
    if pattern[index] == "\\" and index + 1 < len(pattern):
        return pattern[index + 1], index + 2
    return pattern[index], index + 1
