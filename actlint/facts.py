"""What statements say, without where they stand.

Facts are small immutable trees lowered from one top-level statement's text and from nothing else, so that they can be
cached by that text, pickled to another process and compared. They hold no libcst node and no position: each node has an
*ordinal*, its number in the order in which lowering creates nodes of that statement. Lowering the same text again gives
the same ordinals, which is how `lower.locate` finds the span of a node that something is reported on.

Expressions and statements are closed unions (`Expr`, `Stmt`); code that walks them uses `match` with `assert_never`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

# ---------------------------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Name:
    """An identifier that is read (or, as a target, bound)."""

    ordinal: int
    id: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """`value.attr`."""

    ordinal: int
    value: Expr
    attr: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: None, True, False, a number, a string (concatenation included), bytes, or Ellipsis."""

    ordinal: int
    value: object


@dataclass(frozen=True, slots=True)
class FString:
    """An f-string: text and interpolated expressions in turn; `exact` without format specs and conversions."""

    ordinal: int
    parts: tuple[str | Expr, ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call: `value`, `keyword=value`, `*value` or `**value`; its span has keyword and stars."""

    ordinal: int
    value: Expr
    keyword: str | None
    star: Literal["", "*", "**"]


@dataclass(frozen=True, slots=True)
class Call:
    """`func(args)`."""

    ordinal: int
    func: Expr
    args: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """`lower:upper:step` inside a subscript."""

    ordinal: int
    lower: Expr | None
    upper: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True)
class Subscript:
    """`value[index]`; several indices are one unparenthesised tuple `Collection`."""

    ordinal: int
    value: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class BinOp:
    """`left op right` for the arithmetic, shift, bitwise and matrix operators, spelled as in source."""

    ordinal: int
    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class UnaryOp:
    """`-x`, `+x`, `~x` or `not x`."""

    ordinal: int
    op: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class BoolOp:
    """`left and right` or `left or right`."""

    ordinal: int
    op: Literal["and", "or"]
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op0 x0 op1 x1 …`; `not in` and `is not` are one operator with one blank."""

    ordinal: int
    left: Expr
    rest: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class IfExp:
    """`body if test else orelse`."""

    ordinal: int
    test: Expr
    body: Expr
    orelse: Expr


@dataclass(frozen=True, slots=True)
class Collection:
    """A tuple, list or set display. `parenthesized` matters for tuples: `nn.ReLU(),` is one by accident."""

    ordinal: int
    kind: Literal["tuple", "list", "set"]
    elements: tuple[Expr, ...]
    parenthesized: bool


@dataclass(frozen=True, slots=True)
class DictExpr:
    """A dict display; a `**mapping` entry has key None."""

    ordinal: int
    items: tuple[tuple[Expr | None, Expr], ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """One `for target in iterable if …` of a comprehension."""

    target: Expr
    iterable: Expr
    conditions: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Comprehension:
    """A list, set or dict comprehension or a generator expression; `key` only for dicts. Outermost clause first."""

    ordinal: int
    kind: Literal["list", "set", "dict", "generator"]
    key: Expr | None
    element: Expr
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Starred:
    """`*value` in a display, a target or a subscript."""

    ordinal: int
    value: Expr


@dataclass(frozen=True, slots=True)
class Lambda:
    """`lambda params: body`."""

    ordinal: int
    params: Parameters
    body: Expr


@dataclass(frozen=True, slots=True)
class NamedExpr:
    """`target := value`."""

    ordinal: int
    target: Name
    value: Expr


@dataclass(frozen=True, slots=True)
class Await:
    """`await value`."""

    ordinal: int
    value: Expr


@dataclass(frozen=True, slots=True)
class Yield:
    """`yield value` or `yield from value`."""

    ordinal: int
    value: Expr | None
    is_from: bool


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expression that has no meaning here (a template string, say); its sub-expressions are still read."""

    ordinal: int
    children: tuple[Expr, ...]


Expr: TypeAlias = (
    Name
    | Attribute
    | Constant
    | FString
    | Call
    | Slice
    | Subscript
    | BinOp
    | UnaryOp
    | BoolOp
    | Compare
    | IfExp
    | Collection
    | DictExpr
    | Comprehension
    | Starred
    | Lambda
    | NamedExpr
    | Await
    | Yield
    | Opaque
)

# ------------------------------------------------------------------------------------------------------------ functions


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function or lambda."""

    ordinal: int
    name: str
    kind: Literal["positional", "either", "vararg", "keyword", "kwarg"]
    default: Expr | None
    annotation: Expr | None


@dataclass(frozen=True, slots=True)
class Parameters:
    """All parameters in order of the source."""

    items: tuple[Parameter, ...]


# ----------------------------------------------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class ExprStmt:
    """An expression whose value is thrown away (docstrings too)."""

    ordinal: int
    value: Expr


@dataclass(frozen=True, slots=True)
class Assign:
    """`targets[0] = targets[1] = … = value`."""

    ordinal: int
    targets: tuple[Expr, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class AugAssign:
    """`target op= value`; `op` without the equals sign."""

    ordinal: int
    target: Expr
    op: str
    value: Expr


@dataclass(frozen=True, slots=True)
class AnnAssign:
    """`target: annotation` with or without `= value`."""

    ordinal: int
    target: Expr
    annotation: Expr
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Return:
    """`return value`."""

    ordinal: int
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Raise:
    """`raise exception from cause`."""

    ordinal: int
    exception: Expr | None
    cause: Expr | None


@dataclass(frozen=True, slots=True)
class Assert:
    """`assert test, message`."""

    ordinal: int
    test: Expr
    message: Expr | None


@dataclass(frozen=True, slots=True)
class Delete:
    """`del targets`."""

    ordinal: int
    targets: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class ScopeDecl:
    """`global names` or `nonlocal names`."""

    ordinal: int
    kind: Literal["global", "nonlocal"]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Jump:
    """`pass`, `break` or `continue`."""

    ordinal: int
    kind: Literal["pass", "break", "continue"]


@dataclass(frozen=True, slots=True)
class Alias:
    """One imported name: `name as asname`; `name` may be dotted (`import a.b`) or `*`."""

    ordinal: int
    name: str
    asname: str | None


@dataclass(frozen=True, slots=True)
class Import:
    """`import a, b.c as d`."""

    ordinal: int
    aliases: tuple[Alias, ...]


@dataclass(frozen=True, slots=True)
class ImportFrom:
    """`from ..module import names`; `level` counts the dots, `module` may be empty."""

    ordinal: int
    level: int
    module: str
    aliases: tuple[Alias, ...]


@dataclass(frozen=True, slots=True)
class If:
    """`if test: body else: orelse`; `elif` is an `If` alone in `orelse`."""

    ordinal: int
    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class For:
    """`for target in iterable: body else: orelse`."""

    ordinal: int
    target: Expr
    iterable: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    is_async: bool


@dataclass(frozen=True, slots=True)
class While:
    """`while test: body else: orelse`."""

    ordinal: int
    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class WithItem:
    """`context as target`."""

    context: Expr
    target: Expr | None


@dataclass(frozen=True, slots=True)
class With:
    """`with items: body`."""

    ordinal: int
    items: tuple[WithItem, ...]
    body: tuple[Stmt, ...]
    is_async: bool


@dataclass(frozen=True, slots=True)
class Handler:
    """`except type as name: body`; `type` None is a bare `except`."""

    ordinal: int
    type: Expr | None
    name: str | None
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Try:
    """`try` with handlers (`except*` too), `else` and `finally`."""

    ordinal: int
    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Stmt, ...]
    final: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One `case`. The pattern is reduced to its captured names and the value expressions it compares with.

    `irrefutable` is True for a bare capture or `_` without guard.
    """

    ordinal: int
    captures: tuple[str, ...]
    values: tuple[Expr, ...]
    irrefutable: bool
    guard: Expr | None
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """`match subject: cases`."""

    ordinal: int
    subject: Expr
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class FunctionDef:
    """A function or method. Reported on, its span is its name."""

    ordinal: int
    name: str
    params: Parameters
    decorators: tuple[Expr, ...]
    returns: Expr | None
    body: tuple[Stmt, ...]
    is_async: bool


@dataclass(frozen=True, slots=True)
class ClassDef:
    """A class; `bases` holds keywords such as `metaclass=` too. Reported on, its span is its name."""

    ordinal: int
    name: str
    bases: tuple[Argument, ...]
    decorators: tuple[Expr, ...]
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class TypeAliasStmt:
    """`type name = value`."""

    ordinal: int
    name: str
    value: Expr


Stmt: TypeAlias = (
    ExprStmt
    | Assign
    | AugAssign
    | AnnAssign
    | Return
    | Raise
    | Assert
    | Delete
    | ScopeDecl
    | Jump
    | Import
    | ImportFrom
    | If
    | For
    | While
    | With
    | Try
    | Match
    | FunctionDef
    | ClassDef
    | TypeAliasStmt
)

Node: TypeAlias = Expr | Stmt | Argument | Parameter | Alias | Handler | Case

# ---------------------------------------------------------------------------------------------------------------- files


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """The facts of one cut statement (several `body` entries if they share a line), from its text alone.

    `size` is the number of ordinals given out.
    """

    body: tuple[Stmt, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """One top-level statement of a file as text: whole lines, line ends kept.

    `first_line` counts from 1. `binds` are the names it binds at module level. `facts` is None where the screen dropped
    it or it could not be lowered; each name it binds is then `Unknown`.
    """

    first_line: int
    text: str
    binds: frozenset[str]
    facts: StatementFacts | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file (or one statement of it) could not be read: `syntax` is ACT001, `nesting` a notice."""

    kind: Literal["syntax", "nesting"]
    message: str
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class FileFacts:
    """All that later stages know of one file. `path` is its identity in the program (as given or found)."""

    path: str
    chunks: tuple[Chunk, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A node of a program: file, index of the chunk in it, ordinal of the node in the chunk."""

    path: str
    chunk: int
    ordinal: int
