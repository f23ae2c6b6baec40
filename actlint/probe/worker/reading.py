"""What the text of a constructor says of its parameters: which are sequences and how long, which are called, which are
one of a few words.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_ITERATING = frozenset({"enumerate", "zip", "list", "tuple", "sum", "max", "min", "reversed", "sorted", "iter", "map"})


@dataclass(slots=True)
class Use:
    """How a parameter is used: as a sequence of `length` entries (or of at least `least`), as a function, or compared
    with `choices`. `open`: it is rebound or its type is asked for, so that other kinds of values may do. `keys` and
    `attributes` are read from it. `low` and `high` are what it is said to lie between.
    """

    length: int | None = None
    least: int = 0
    sequence: bool = False
    called: bool = False
    open: bool = False
    choices: list[Any] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    low: float | None = None
    high: float | None = None

    def entries(self) -> int | None:
        """How many entries a sequence for it needs; None where it need not be one."""
        if self.open or not (self.sequence or self.length is not None):
            return None
        return self.length if self.length is not None else max(self.least, 2)


def uses(cls: Any) -> Mapping[str, Use]:
    """By the names of the constructor's parameters; nothing where its text cannot be had."""
    function = _function(cls)
    if function is None:
        return {}
    arguments = function.args
    names = {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    found: dict[str, Use] = {name: Use() for name in names}
    for statement in function.body:
        for node in ast.walk(statement):
            for name, use in _used(node):
                if name in found:
                    _note(found[name], use)
    return found


def attributes_of(cls: Any, name: str) -> list[str]:
    """What any method of the class reads from a parameter of its constructor, or from the attribute that keeps it;
    `__call__` where one calls it.
    """
    tree = _parsed(cls)
    if tree is None:
        return []
    kept = {name}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Attribute(ast.Name("self"), attr)], value=ast.Name(id=given)) if given == name:
                kept.add(f"self.{attr}")
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and ast.unparse(node.value) in kept:
            found.append(node.attr)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in kept:
            found.append("__call__")
    return list(dict.fromkeys(found))


@functools.cache
def assigns(cls: Any) -> set[str]:
    """The attributes that the class's own text gives to `self`."""
    tree = _parsed(cls)
    return {
        node.attr
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    }


def _parsed(cls: Any) -> ast.Module | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError, ValueError, RecursionError):
        return None


def prefixes(cls: Any) -> list[str]:
    """Words such as `enc_` in the constructor, which may stand before the names of arguments that it passes on."""
    function = _function(cls)
    words = (each.value for each in ast.walk(function) if isinstance(each, ast.Constant)) if function else ()
    return [
        each for each in dict.fromkeys(words) if isinstance(each, str) and each[:-1].isidentifier() and each[-1:] == "_"
    ]


def _function(cls: Any) -> ast.FunctionDef | None:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls.__init__)))
    except (OSError, TypeError, SyntaxError, ValueError, RecursionError, AttributeError):
        return None
    return next((each for each in tree.body if isinstance(each, ast.FunctionDef)), None)


def _note(known: Use, more: Use) -> None:
    known.length = more.length if known.length is None else known.length
    known.least = max(known.least, more.least)
    known.sequence |= more.sequence
    known.called |= more.called
    known.open |= more.open
    known.choices += more.choices
    known.keys += more.keys
    known.attributes += more.attributes
    known.low = more.low if known.low is None else known.low
    known.high = more.high if known.high is None else known.high


def _used(node: ast.AST) -> Iterator[tuple[str, Use]]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            yield name, Use(open=True)
        case ast.Assign(targets=[ast.Tuple(elts=parts) | ast.List(elts=parts)], value=ast.Name(id=name)):
            starred = any(isinstance(each, ast.Starred) for each in parts)
            yield name, Use(sequence=True, least=len(parts)) if starred else Use(sequence=True, length=len(parts))
        case ast.Assert(
            test=ast.Compare(ast.Call(ast.Name("len"), [ast.Name(id=name)]), [ast.Eq()], [ast.Constant(int(count))])
        ):
            yield name, Use(sequence=True, length=count if isinstance(count, int) else None)
        case ast.Subscript(ast.Name(id=name), ast.Constant(int(at)), ast.Load()):
            yield name, Use(sequence=True, least=at + 1)
        case ast.Subscript(ast.Name(id=name), ast.Constant(str(key)), ast.Load()):
            yield name, Use(keys=[key])
        case ast.Attribute(ast.Name(id=name), attr, ast.Load()):
            yield name, Use(attributes=[attr])
        case ast.Subscript(ast.Name(id=name), ast.UnaryOp(ast.USub(), ast.Constant(int(at))), ast.Load()):
            yield name, Use(sequence=True, least=at)
        case ast.Subscript(ast.Name(id=name), ast.Slice(), ast.Load()):
            yield name, Use(sequence=True)
        case (
            ast.For(iter=ast.Name(id=name)) | ast.comprehension(iter=ast.Name(id=name)) | ast.Starred(ast.Name(id=name))
        ):
            yield name, Use(sequence=True)
        case ast.Call(ast.Name(id="len"), [ast.Name(id=name)]):
            yield name, Use(sequence=True)
        case ast.Call(ast.Name(id="isinstance"), [ast.Name(id=name), _]):
            yield name, Use(open=True)
        case ast.Call(ast.Name(id=function), arguments):
            yield function, Use(called=True)
            for each in arguments if function in _ITERATING else ():
                if isinstance(each, ast.Name):
                    yield each.id, Use(sequence=True)
        case ast.Assert(
            test=ast.Compare(
                ast.Constant(int() | float() as low),
                [ast.Lt() | ast.LtE(), ast.Lt() | ast.LtE()],
                [ast.Name(id=name), ast.Constant(int() | float() as high)],
            )
        ):
            yield name, Use(low=low, high=high)
        case ast.Compare(ast.Name(id=name), [ast.Eq() | ast.In()], [wanted]):
            values = wanted.elts if isinstance(wanted, (ast.Tuple, ast.List, ast.Set)) else [wanted]
            words = [each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            yield name, Use(choices=words)
        case _:
            return
