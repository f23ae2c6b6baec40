"""Importing the user's file: with texts laid over files, and with lines rewritten so that writes can be undone."""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import linecache
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, ModuleType
from typing import Any

from .places import Failure, Project, guarded

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
        real = os.path.realpath(path)
        if real not in self._finder.texts | dict.fromkeys(self._finder.definitions, "") and not self._finder.rewrite:
            return super().get_code(fullname)
        source = importlib.util.decode_source(self.get_data(path))
        tree = ast.parse(source, path)
        if real in self._finder.definitions:
            tree = _definitions(tree)
        if self._finder.rewrite is not None:
            tree = self._finder.rewrite(tree, real)
        ast.fix_missing_locations(tree)
        return compile(tree, path, "exec", dont_inherit=True)


class Overlay(importlib.abc.MetaPathFinder):
    """Finds the user's modules before the usual finders do, to lay other texts over their files."""

    def __init__(self, project: Project, texts: Mapping[str, str]) -> None:
        self.texts = {os.path.realpath(path): text for path, text in texts.items()}
        self.rewrite: Rewrite | None = None
        self.definitions: set[str] = set()
        self._project = project
        for path, text in self.texts.items():
            # What asks for the source of a class or function gets that of the text that was compiled.
            linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not self.texts and self.rewrite is None and not self.definitions:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or not spec.origin or not spec.origin.endswith(".py") or not self._project.owns(spec.origin):
            return spec
        spec.loader = _Loader(fullname, spec.origin, self)
        return spec

    def text(self, path: str) -> str:
        """The text of a file, or what lies over it."""
        if path in self.texts:
            return self.texts[path]
        try:
            with open(path, "rb") as file:
                return importlib.util.decode_source(file.read())
        except (OSError, SyntaxError, UnicodeDecodeError):
            return ""

    def install(self, paths: Sequence[str]) -> None:
        """From now on imports start from `paths`, and the overlay counts."""
        sys.meta_path.insert(0, self)
        for entry in reversed(paths):
            if entry not in sys.path:
                sys.path.insert(0, entry)


def load(file: str, name: str) -> ModuleType:
    """The module of a file. Where its top level raises, or trains, its definitions alone are loaded. Raises Failure."""
    overlay = next(finder for finder in sys.meta_path if isinstance(finder, Overlay))
    path = os.path.realpath(file)
    if not is_script(overlay.text(path)):
        try:
            return _load(file, name)
        except Failure as failure:
            if not isinstance(failure.cause, Exception) or isinstance(failure.cause, SyntaxError):
                raise
            overlay.definitions.add(path)
            try:
                return _load(file, "")
            except Failure:
                raise failure from None
    overlay.definitions.add(path)
    return _load(file, name)


def _load(file: str, name: str) -> ModuleType:
    """Imported by name where that gives this file, else by path. Raises Failure."""
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


_TRAINS = frozenset({"backward", "fit", "train", "main", "run", "step", "parse_args", "exit"})


def is_script(text: str) -> bool:
    """Whether the top level does work that an import had better not do: loops, training, reading of arguments."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError):
        return False
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.If)):
            continue
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call):
                name = getattr(inner.func, "attr", getattr(inner.func, "id", ""))
                if name in _TRAINS:
                    return True
    return False


def _definitions(tree: ast.Module) -> ast.Module:
    """Imports, functions, classes and what can be assigned without an error; what else a script does is left out."""
    kept: list[ast.stmt] = []
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Import() | ast.ImportFrom():
                kept.append(node)
            case ast.If() | ast.Try():
                kept.append(node)
            case ast.Expr(value=ast.Constant()):
                kept.append(node)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign() if not _works(node):
                handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, [ast.Pass()])
                tried = ast.copy_location(ast.Try([node], [handler], [], []), node)
                kept.append(tried)
            case _:
                continue
    return ast.Module(kept, tree.type_ignores)


def _works(node: ast.AST) -> bool:
    calls = (each for each in ast.walk(node) if isinstance(each, ast.Call))
    return any(getattr(each.func, "attr", getattr(each.func, "id", "")) in _TRAINS for each in calls)


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
