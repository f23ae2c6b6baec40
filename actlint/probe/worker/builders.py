"""Functions of the class's own module that make it: `def small(): return _make(Block, [2, 2])`."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from .instances import Built, parameters
from .patience import TooSlow, at_most

_MOST, _SECONDS = 3, 10.0
_PLAIN = (int, float, str, bool, type, type(None))


class _Reached(BaseException):
    """Raised where the class is made, so that nothing more is done for its arguments."""

    def __init__(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        super().__init__()
        self.args_given, self.keywords = args, keywords


def builders(cls: Any, module: ModuleType) -> Iterator[Built]:
    """Ways to make the class through functions that need no arguments and return it, in the order of the module."""
    try:
        text = inspect.getsource(module)
    except (OSError, TypeError):
        return
    found = 0
    for name in _makers(text, cls.__name__):
        function = getattr(module, name, None)
        if not callable(function) or isinstance(function, type) or _needs(function) or found >= _MOST:
            continue
        try:
            with at_most(_SECONDS):
                keywords = _arguments(cls, function)
        except (Exception, SystemExit, TooSlow):  # it does not get there
            continue
        if keywords is not None:
            found += 1
            yield Built(function, f"{name}()", f"the function `{name}` of the file", keywords or None)


def _needs(function: Any) -> bool:
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return True
    spread = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return any(each.default is each.empty and each.kind not in spread for each in found)


def _arguments(cls: Any, function: Any) -> Mapping[str, Any] | None:
    """What the function gives to the class, by name; empty where that cannot be written down, None where it makes
    something else.
    """
    init, own = cls.__init__, "__init__" in vars(cls)

    def reached(self: Any, *args: Any, **keywords: Any) -> None:
        if type(self) is not cls:
            return init(self, *args, **keywords)
        raise _Reached(args, keywords)

    cls.__init__ = reached
    try:
        function()
    except _Reached as arrived:
        names = [each.name for each in parameters(init)][1:]
        if len(arrived.args_given) > len(names):
            return {}
        given = dict(zip(names, arrived.args_given, strict=False)) | arrived.keywords
        return given if all(map(_plain, given.values())) else {}
    finally:
        if own:
            cls.__init__ = init
        else:
            del cls.__init__
    return None


def _plain(value: Any) -> bool:
    """Whether a value can be given again to another instance: no module, no tensor, nothing that holds one."""
    if isinstance(value, (list, tuple)):
        return all(map(_plain, value))
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    return isinstance(value, _PLAIN) or inspect.isfunction(value)


def _makers(text: str, name: str) -> list[str]:
    """Functions at the top level that return what they make of the class, also through others, or by handing it on."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    functions = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
    makers = {name}
    grown = True
    while grown:
        more = {each.name for each in functions if each.name not in makers and _returns(each, makers)}
        makers |= more
        grown = bool(more)
    return [each.name for each in functions if each.name in makers]


def _returns(function: ast.FunctionDef, makers: set[str]) -> bool:
    made: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and _makes(node.value, makers):
            made |= {each.id for each in node.targets if isinstance(each, ast.Name)}
    return any(
        isinstance(node, ast.Return)
        and (_makes(node.value, makers) or (isinstance(node.value, ast.Name) and node.value.id in made))
        for node in ast.walk(function)
    )


def _makes(node: ast.AST | None, makers: set[str]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    parts = (node.func, *node.args, *(each.value for each in node.keywords))
    return any(isinstance(each, ast.Name) and each.id in makers for each in parts)
