"""Which files a run reports on, and which project each of them belongs to.

Paths on the command line choose what is *reported*; what is *seen* is the whole project around it, so that one file and
its directory give the same findings. A project is the directory of the closest configuration, else the git root, else
what the paths have in common. Files named on the command line are always checked; directories are searched for `*.py`,
minus `exclude` and what `.gitignore` leaves out. Links to files are followed, links to directories are not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from actlint import configfile
from actlint.config import Layer, Settings, merge
from actlint.diagnostic import Notice
from actlint.globs import Ignore, covers, ignored, matcher, parse_ignore, slashed
from actlint.requirement import required
from actlint.source import read_bytes, shown
from actlint.target import beyond


@dataclass(frozen=True, slots=True)
class Project:
    """A directory with settings. Files are named by their path from `settings.root`, with `/` between the parts.

    `reported` are the files asked for, `named` those of them that stand on the command line themselves, `seen` all
    files of the project, the former included; all sorted.
    """

    settings: Settings
    reported: tuple[str, ...]
    named: frozenset[str]
    seen: tuple[str, ...]

    def path(self, file: str) -> str:
        """Where a file of the project is, as users see it."""
        return shown(os.path.join(self.settings.root, file))


@dataclass(frozen=True, slots=True)
class Place:
    """What holds in a directory: its settings, and whether their root is a project's (a configuration's or git's).

    `excludes` says of a path whether `exclude` or `extend-exclude` speak of it.
    """

    settings: Settings
    has_project: bool
    excludes: Callable[[str], bool]


@dataclass(slots=True)
class Configuration:
    """Settings by directory. `file` is what `--config` names; `inline` and `options` stand above all files.

    `fallback` is the root where neither a configuration nor git gives one.
    """

    file: str | None = None
    isolated: bool = False
    inline: tuple[Layer, ...] = ()
    options: tuple[Layer, ...] = ()
    fallback: str = ""
    _places: dict[str, Place] = field(default_factory=dict)
    _closest: dict[str, str | None] = field(default_factory=dict)
    _git_roots: dict[str, str | None] = field(default_factory=dict)
    _of_roots: dict[tuple[str, str | None], Place] = field(default_factory=dict)

    def of(self, directory: str) -> Place:
        """What holds in a directory (absolute). Raises ConfigError."""
        if directory not in self._places:
            file = None if self.isolated or self.file else self.closest(directory)
            root = os.path.dirname(file) if file else self.git_root(directory)
            self._places[directory] = self._place(root or self.fallback or directory, file, root is not None)
        return self._places[directory]

    def _place(self, root: str, file: str | None, has_project: bool) -> Place:
        if (root, file) not in self._of_roots:
            layers = configfile.layers(file) if file else ()
            if self.file and not self.isolated:
                # Paths in a file named by hand count from where the command runs.
                here = os.getcwd()
                layers = tuple(Layer(layer.values, here) for layer in configfile.layers(self.file))
            settings = merge((*layers, *self.inline, *self.options), root, file or self.file)
            if settings.target_torch is None:
                settings = replace(settings, required_torch=required(root))
            self._of_roots[root, file] = Place(settings, has_project, matcher(settings.excluded))
        return self._of_roots[root, file]

    def closest(self, directory: str) -> str | None:
        """The closest configuration file, remembered for each directory on the way."""
        if directory not in self._closest:
            above = os.path.dirname(directory)
            found = configfile.file_in(directory)
            self._closest[directory] = found or (self.closest(above) if above != directory else None)
        return self._closest[directory]

    def git_root(self, directory: str) -> str | None:
        """The nearest directory with a `.git`, at or above `directory`, remembered likewise."""
        if directory not in self._git_roots:
            above = os.path.dirname(directory)
            if os.path.exists(os.path.join(directory, ".git")):
                self._git_roots[directory] = directory
            else:
                self._git_roots[directory] = self.git_root(above) if above != directory else None
        return self._git_roots[directory]


def find(
    paths: Sequence[str], configuration: Configuration, stdin: str | None = None
) -> tuple[list[Project], list[Notice]]:
    """The projects of the paths, by root, and notices about paths and directories that cannot be read.

    `stdin` is the name of a file whose text comes from elsewhere; it need not exist. Raises ConfigError.
    """
    given = [os.path.abspath(path) for path in paths]
    there = [path for path in given if os.path.lexists(path)]
    configuration.fallback = _common([*there, *([os.path.abspath(stdin)] if stdin else [])])
    notices: list[Notice] = []
    found: dict[str, _Found] = {}

    def add(path: str, named: bool) -> None:
        place = configuration.of(os.path.dirname(path))
        if not (named and place.settings.force_exclude and covers(place.settings.excluded, slashed(path))):
            project = found.setdefault(place.settings.root, _Found(place))
            project.files[path] = named or project.files.get(path, False)

    walked = set()
    for path, written in zip(given, paths, strict=True):
        if os.path.isdir(path):
            settings = configuration.of(path).settings
            if settings.force_exclude and path != settings.root and covers(settings.excluded, slashed(path)):
                continue
            for entry in walk(path, configuration):
                notices.append(entry) if isinstance(entry, Notice) else add(entry, False)
            walked.add(path)
        elif path.endswith(".ipynb"):
            notices.append(Notice(shown(path), "notebooks are not checked"))
        elif os.path.lexists(path):
            add(path, True)
        else:
            notices.append(Notice(written, "no such file or directory", failure=True))
    if stdin is not None:
        add(os.path.abspath(stdin), True)
    for project in found.values():
        settings = project.place.settings
        if told := beyond(settings.target_torch or settings.required_torch or ""):
            where = shown(settings.file or settings.root)
            notices.append(Notice(where, f"{'target-torch' if settings.target_torch else 'required torch'}: {told}"))
    everything = [path for project in found.values() for path in project.files]
    return [_project(found[root], configuration, walked, everything) for root in sorted(found)], notices


@dataclass(frozen=True, slots=True)
class _Found:
    place: Place
    files: dict[str, bool] = field(default_factory=dict)


def _project(found: _Found, configuration: Configuration, walked: set[str], everything: Sequence[str]) -> Project:
    settings = found.place.settings
    root = settings.root
    files = found.files
    seen = set(files)
    if found.place.has_project and root not in walked:
        seen.update(entry for entry in walk(root, configuration) if isinstance(entry, str))
    elif found.place.has_project:
        # The files of projects inside this one were found on the same walk.
        seen.update(path for path in everything if path.startswith(os.path.join(root, "")))

    prefix = len(root.rstrip(os.sep)) + 1

    def name(path: str) -> str:
        return slashed(path[prefix:])

    named = frozenset(name(path) for path, by_name in files.items() if by_name)
    return Project(settings, tuple(sorted(map(name, files))), named, tuple(sorted(map(name, seen))))


def _common(given: Sequence[str]) -> str:
    """The directory that paths have in common, or the one around the package that it is in: imports begin there."""
    directories = [path if os.path.isdir(path) else os.path.dirname(path) for path in given]
    try:
        directory = os.path.commonpath(directories)
    except ValueError:  # no paths, or on different drives
        return os.getcwd()
    while os.path.isfile(os.path.join(directory, "__init__.py")) and directory != os.path.dirname(directory):
        directory = os.path.dirname(directory)
    return directory


# ------------------------------------------------------------------------------------------------------------- walking


def walk(top: str, configuration: Configuration) -> Iterator[str | Notice]:
    """The Python files below a directory (absolute), in order, and notices about what cannot be read.

    `exclude` and `.gitignore` speak of what is found below `top`, not of `top` itself: who names a directory means it.
    """
    yield from _walk(top, configuration, tuple(_ignores_above(top, configuration.git_root(top))))


def _walk(directory: str, configuration: Configuration, ignores: tuple[Ignore, ...]) -> Iterator[str | Notice]:
    try:
        with os.scandir(directory) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError as error:
        yield Notice(shown(directory), f"cannot be read: {(error.strerror or str(error)).lower()}", failure=True)
        return
    names = {entry.name for entry in entries}
    if ".gitignore" in names:
        ignores = (*ignores, *_ignore_file(os.path.join(directory, ".gitignore"), directory))
    excludes = configuration.of(directory).excludes
    for entry in entries:
        is_directory = entry.is_dir(follow_symlinks=False)
        if not is_directory and not entry.name.endswith(".py"):
            continue
        path = slashed(entry.path)
        if excludes(path) or ignored(ignores, path, is_directory):
            continue
        if is_directory:
            yield from _walk(entry.path, configuration, ignores)
        elif _is_file(entry):
            yield entry.path


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is to be read: a regular file, a link to one, or a broken one, but for an editor's lock."""
    if not entry.is_symlink():
        return entry.is_file()
    return not os.path.isdir(entry.path) and not entry.name.startswith(".#")


def _ignores_above(top: str, root: str | None) -> list[Ignore]:
    """`.git/info/exclude` and the `.gitignore` files from the git root to above `top`, outermost first."""
    if root is None:
        return []
    found = list(_ignore_file(os.path.join(root, ".git", "info", "exclude"), root))
    directory = root
    for part in os.path.relpath(top, root).split(os.sep):
        if directory != top:
            found += _ignore_file(os.path.join(directory, ".gitignore"), directory)
            directory = os.path.join(directory, part)
    return found


def _ignore_file(path: str, directory: str) -> tuple[Ignore, ...]:
    data = read_bytes(path)
    if isinstance(data, Notice):
        return ()
    ignore = parse_ignore(data.decode("utf-8", "surrogateescape"), slashed(directory))
    return () if ignore is None else (ignore,)
