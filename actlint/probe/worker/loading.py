"""Importing the user's file: with texts laid over files, and with lines rewritten so that writes can be undone."""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, ModuleType
from typing import Any

from .places import Project, guarded

Rewrite = Callable[[ast.Module, str], ast.Module]


class _Loader(importlib.machinery.SourceFileLoader):
    """Reads a text that lies over a file, and may rewrite what is compiled."""

    def __init__(self, name: str, path: str, finder: Overlay) -> None:
        super().__init__(name, path)
        self._finder = finder

    def get_data(self, path: str) -> bytes:
        text = self._finder.texts.get(os.path.realpath(path))
        return super().get_data(path) if text is None else text.encode("utf-8")

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        if os.path.realpath(path) not in self._finder.texts and self._finder.rewrite is None:
            return super().get_code(fullname)
        source = importlib.util.decode_source(self.get_data(path))
        tree = ast.parse(source, path)
        if self._finder.rewrite is not None:
            tree = ast.fix_missing_locations(self._finder.rewrite(tree, os.path.realpath(path)))
        return compile(tree, path, "exec", dont_inherit=True)


class Overlay(importlib.abc.MetaPathFinder):
    """Finds the user's modules before the usual finders do, to lay other texts over their files."""

    def __init__(self, project: Project, texts: Mapping[str, str]) -> None:
        self.texts = {os.path.realpath(path): text for path, text in texts.items()}
        self.rewrite: Rewrite | None = None
        self._project = project

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not self.texts and self.rewrite is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or not spec.origin or not spec.origin.endswith(".py") or not self._project.owns(spec.origin):
            return spec
        spec.loader = _Loader(fullname, spec.origin, self)
        return spec

    def install(self, paths: Sequence[str]) -> None:
        """From now on imports start from `paths`, and the overlay counts."""
        sys.meta_path.insert(0, self)
        for entry in reversed(paths):
            if entry not in sys.path:
                sys.path.insert(0, entry)


def load(file: str, name: str) -> ModuleType:
    """The module of a file: imported by name where that gives this file, else by path. Raises Failure."""
    with guarded("import"):
        if name:
            found = _by_name(file, name)
            if found is not None:
                return found
        alias = "_actlint_probed"
        overlays = [finder for finder in sys.meta_path if isinstance(finder, Overlay)]
        loader: Any = _Loader(alias, file, overlays[0])
        spec = importlib.util.spec_from_file_location(alias, file, loader=loader)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[alias] = module
        if os.path.dirname(file) not in sys.path:
            # As a script it would find its neighbours.
            sys.path.insert(0, os.path.dirname(file))
        spec.loader.exec_module(module)
        return module


def _by_name(file: str, name: str) -> ModuleType | None:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None or not spec.origin or os.path.realpath(spec.origin) != os.path.realpath(file):
        return None
    return importlib.import_module(name)


def forget(project: Project) -> None:
    """Drop the user's modules, so that they are imported again."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and project.owns(file):
            del sys.modules[name]
    importlib.invalidate_caches()
