"""Which files of a project matter: a look at bytes and imports that spares most files from being parsed.

Two questions, both answered too generously where the text leaves doubt (an import in a string counts):

- Has a file anything to do with torch? Yes, if it contains the word or imports, transitively, a project file that does.
- Can a file change what is reported in the files asked for? Yes, if they import it, or it imports one of them (it may
  subclass or call what they define), or it is imported by one that does.

Files are named by their path from the project's root, with `/` between the parts.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_FROM = re.compile(r"(?:^|[\s;:])from[\s\\]*(\.[\s.\\]*)?([\w.]*)[\s\\]*$")
_FIRST_WORD = re.compile(r"[\w.*]+")


@dataclass(frozen=True, slots=True)
class Imported:
    """`import module` (then `names` is None) or `from <level dots>module import names`."""

    level: int
    module: str
    names: tuple[str, ...] | None


def mentions_torch(data: bytes) -> bool:
    """Whether the word stands anywhere in a file."""
    return b"torch" in data


def imports(data: bytes) -> Iterator[Imported]:
    """The import statements of a file, found without parsing it."""
    at = data.find(b"import")
    while at >= 0:
        yield from _statement(data, at)
        at = data.find(b"import", at + 6)


def _statement(data: bytes, at: int) -> Iterator[Imported]:
    if data[at + 6 : at + 7] not in (b" ", b"\t", b"(", b"*", b"\\"):
        return
    start = data.rfind(b"\n", 0, at) + 1
    while data[max(start - 3, 0) : start].rstrip(b"\r\n").endswith(b"\\"):
        start = data.rfind(b"\n", 0, start - 1) + 1
    before = data[start:at].decode("utf-8", "replace")
    if found := _FROM.search(before):
        level = (found[1] or "").count(".")
        yield Imported(level, found[2], tuple(_names(_rest(data, at + 6))))
    elif not before.strip() or before.rstrip()[-1] in ":;":
        for name in _names(_rest(data, at + 6)):
            yield Imported(0, name, None)


def _rest(data: bytes, at: int) -> str:
    """What stands after `import`: up to the closing parenthesis, or to the end of the logical line."""
    opening = re.compile(rb"[ \t\\\r\n]*\(").match(data, at)
    if opening:
        end = data.find(b")", opening.end())
        return data[opening.end() : end if end >= 0 else len(data)].decode("utf-8", "replace")
    end = data.find(b"\n", at)
    while end > 0 and data[at:end].rstrip(b"\r").endswith(b"\\"):
        end = data.find(b"\n", end + 1)
    return data[at : end if end >= 0 else len(data)].decode("utf-8", "replace").replace("\\", " ")


def _names(text: str) -> Iterator[str]:
    text = "\n".join(line.partition("#")[0] for line in text.split("\n"))
    for part in text.partition(";")[0].split(","):
        if word := _FIRST_WORD.search(part):
            yield word[0]


# ----------------------------------------------------------------------------------------------------------- resolving


class Index:
    """The project's files by the dotted names they can be imported under, relative imports by place."""

    __slots__ = ("files", "modules")

    def __init__(self, files: Collection[str], roots: Sequence[str]) -> None:
        self.files = frozenset(files)
        self.modules: dict[str, list[str]] = {}
        for path in files:
            for name in self._module_names(path, roots):
                self.modules.setdefault(name, []).append(path)

    def _module_names(self, path: str, roots: Sequence[str]) -> set[str]:
        parts = path.removesuffix(".py").split("/")
        start = len(parts) - 1
        while start > 0 and "/".join([*parts[:start], "__init__.py"]) in self.files:
            start -= 1
        tails = [parts[start:]]
        for root in roots:
            prefix = [] if root == "." else root.split("/")
            if parts[: len(prefix)] == prefix:
                tails.append(parts[len(prefix) :])
        return {".".join(tail[:-1] if tail[-1] == "__init__" and len(tail) > 1 else tail) for tail in tails if tail}

    def targets(self, path: str, imported: Imported) -> Iterator[str]:
        """The project's files that an import statement in `path` can read from."""
        if imported.level:
            directory = path
            for _ in range(imported.level):
                directory = posixpath.dirname(directory)
            base = posixpath.join(directory, *imported.module.split("."))
            yield from self._at(base)
            for name in imported.names or ():
                yield from self._at(posixpath.join(base, name))
            return
        names = [imported.module]
        if imported.names is None:
            parts = imported.module.split(".")
            names = [".".join(parts[: end + 1]) for end in range(len(parts))]
        names += [f"{imported.module}.{name}" for name in imported.names or ()]
        for name in names:
            yield from self.modules.get(name, ())

    def _at(self, base: str) -> Iterator[str]:
        base = base.rstrip("/")
        for path in (f"{base}.py", f"{base}/__init__.py" if base else "__init__.py"):
            if path in self.files:
                yield path


# ----------------------------------------------------------------------------------------------------------- screening


@dataclass(frozen=True, slots=True)
class Screen:
    """The files whose facts can change what is reported, with their packages; whether any file has torch."""

    relevant: frozenset[str]
    has_torch: bool


def screen(
    seen: Collection[str], reported: Collection[str], roots: Sequence[str], read: Callable[[str], bytes | None]
) -> Screen:
    """Screen the files `seen` for what is reported in `reported`, which are among them.

    `read` gives a file's bytes, or None where it cannot be read. Each file is read once, and a second time only where
    its imports must be known: those of files without torch if any other file has it, all if some file is only seen.
    """
    torch: set[str] = set()
    others: list[str] = []
    for path in seen:
        data = read(path)
        if data is not None:
            torch.add(path) if mentions_torch(data) else others.append(path)
    if not torch:
        return Screen(frozenset(), False)
    index = Index(seen, roots)
    everything = len(reported) == len(seen)
    imported = {path: _imported(index, path, read) for path in (others if everything else [*torch, *others])}
    importers: dict[str, set[str]] = {}
    for path, targets in imported.items():
        for target in targets:
            importers.setdefault(target, set()).add(path)
    live = _closure(torch, importers)
    if everything:
        return Screen(_with_packages(live, index.files), True)
    above = _closure(live.intersection(reported), importers)
    return Screen(_with_packages(live & _closure(above, imported), index.files), True)


def _with_packages(paths: Iterable[str], files: Collection[str]) -> frozenset[str]:
    """The files and the `__init__.py` of the packages that they are in, which say what modules are called."""
    found = set(paths)
    for path in paths:
        directory = posixpath.dirname(path)
        while directory and f"{directory}/__init__.py" in files:
            found.add(f"{directory}/__init__.py")
            directory = posixpath.dirname(directory)
    return frozenset(found)


def _imported(index: Index, path: str, read: Callable[[str], bytes | None]) -> set[str]:
    return {target for found in imports(read(path) or b"") for target in index.targets(path, found)}


def _closure(start: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    found = set(start)
    pending = list(found)
    while pending:
        for path in edges.get(pending.pop(), ()):
            if path not in found:
                found.add(path)
                pending.append(path)
    return found
