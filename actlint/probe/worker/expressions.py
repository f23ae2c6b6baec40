"""Expressions of the user's: their values in a module, and calls that can be made again and again."""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import torch
from torch import nn

from . import loading
from .instances import Built, built, parameters


def evaluated(text: str | ast.expr, module: ModuleType) -> Any:
    """The value of an expression in the user's module. torch is known there whatever it imports, and so is what can be
    imported by the names that the expression begins with, as in `package.module.Name(…)`.
    """
    tree = ast.parse(text, mode="eval").body if isinstance(text, str) else text
    scope = {"torch": torch, "nn": nn, "F": nn.functional} | vars(module)
    for name in dotted_names(tree):
        _import(name, scope)
    whole = ast.fix_missing_locations(ast.Expression(tree))
    return eval(compile(whole, "<argument>", "eval"), scope)  # noqa: S307 - the user's own text


def dotted_names(tree: ast.AST) -> Iterator[str]:
    """The names in an expression, with what is read from them: `a.b.c`, the longest chains alone."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.Attribute, ast.Name)) and (name := dotted(node)):
            yield name
        else:
            todo.extend(ast.iter_child_nodes(node))


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a chain of names, "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _import(name: str, scope: dict[str, Any]) -> None:
    parts = name.split(".")
    if parts[0] in scope or hasattr(builtins, parts[0]):
        return
    found: Any = None
    for count in range(1, len(parts) + 1):
        path = ".".join(parts[:count])
        if count > 1 and hasattr(found, parts[count - 1]):
            found = getattr(found, parts[count - 1])
            continue
        if path not in sys.modules and _is_script(path):
            return
        with contextlib.suppress(Exception):  # what cannot be imported is a NameError or AttributeError soon
            found = importlib.import_module(path)
            scope.setdefault(parts[0], found)
            continue
        return


def _is_script(path: str) -> bool:
    """Whether to import a module would be to let it train, or whatever else it does when it is run."""
    try:
        spec = importlib.util.find_spec(path)
        if spec is None or not spec.origin or not spec.origin.endswith(".py"):
            return False
        with open(spec.origin, encoding="utf-8") as file:
            return loading.is_script(file.read())
    except (ImportError, ValueError, AttributeError, OSError):
        return False


def call(node: ast.Call, module: ModuleType, source: str, cls: Any = None, name: str = "") -> Built | None:
    """The call of a class as one that can be repeated, its arguments by name where they can be; None for a call of
    anything else, or with arguments that are spread out.
    """
    cls = evaluated(node.func, module) if cls is None else cls
    if not isinstance(cls, type) or any(isinstance(each, ast.Starred) for each in node.args):
        return None
    if any(each.arg is None for each in node.keywords):
        return None
    args = [_argument(each, module) for each in node.args]
    keywords = {str(each.arg): _argument(each.value, module) for each in node.keywords}
    names = [each.name for each in parameters(cls) if each.kind is each.POSITIONAL_OR_KEYWORD]
    if len(args) <= len(names):
        args, keywords = [], dict(zip(names, args, strict=False)) | keywords
    return built(cls, name or ast.unparse(node.func), args, keywords, source)


def _argument(node: ast.expr, module: ModuleType) -> Any:
    """The value of what holds no call; calls are made anew with each instance, since they may make modules."""
    match node:
        case ast.Call():
            with contextlib.suppress(Exception):
                if (found := call(node, module, "")) is not None:
                    return found
        case ast.List(elts=parts) if any(map(_calls, parts)):
            return [_argument(each, module) for each in parts]
        case ast.Tuple(elts=parts) if any(map(_calls, parts)):
            return tuple(_argument(each, module) for each in parts)
        case _ if not _calls(node):
            return evaluated(node, module)
    return Built(lambda: evaluated(node, module), ast.unparse(node), "")


def _calls(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Call) for each in ast.walk(node))
