"""The closed set of abstract values.

A value is immutable. What can change (lists, dicts, modules, instances, storages) lives in the heap of a `State` and is
referred to by number, so that a path that forks takes its own copy. `Unknown` says why it is unknown and is never
guessed through; `Join` lists what a value is under which condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from actlint.facts import FunctionDef, Lambda, Site


@dataclass(frozen=True, slots=True)
class Test:
    """One literal of a condition: what `key` names holds, or (not `positive`) does not.

    `key` identifies the tested fact over Symbols, `text` is how the user wrote it. `guard` marks a literal that only
    says that a `raise` or `assert` was survived: it selects paths, but is no condition of a finding.
    """

    key: str
    positive: bool
    text: str
    guard: bool = False


Condition: TypeAlias = tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything. `reason` names the cause, for people and for the coverage figure: `what it is: which one`. With
    `number` it is no tensor, but a number, a truth value, a text, or a sequence of such.
    """

    reason: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Unset:
    """No value: the name or attribute is not bound (on this path)."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A Python scalar: None, bool, int, float, complex, str, bytes, Ellipsis."""

    value: object


@dataclass(frozen=True, slots=True)
class Symbol:
    """One unknown but fixed value: a parameter, or an attribute or item of one.

    `key` identifies it within a run, `label` is the user's spelling. `role` tells a forward argument (which is a tensor
    unless used otherwise) from a constructor parameter and from anything else.
    """

    key: str
    label: str
    role: Literal["argument", "parameter", "training"] = "parameter"


@dataclass(frozen=True, slots=True)
class Tensor:
    """One version of a tensor.

    `number` identifies it, `event` is the index of the event that produced it. `root` is the storage it lives in,
    `alias` how it relates to that storage's first owner. `needs_grad` is None where unknown. `owner` names a parameter
    or buffer.
    """

    number: int
    event: int
    root: int
    alias: Literal["fresh", "view", "multiview", "expand", "custom", "maybe", "same", "data"]
    needs_grad: bool | None
    leaf: bool
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    """An `nn.Module` instance in the heap."""

    ref: int


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of any other class in the heap (a foreign class too)."""

    ref: int


@dataclass(frozen=True, slots=True)
class ListRef:
    """A list or set in the heap."""

    ref: int


@dataclass(frozen=True, slots=True)
class DictRef:
    """A dict in the heap."""

    ref: int


@dataclass(frozen=True, slots=True)
class Tuple:
    """A tuple of known length."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Iterator:
    """A sequence of unknown length whose every element looks like `element`."""

    element: Value


@dataclass(frozen=True, slots=True)
class External:
    """A module, class, function or constant outside the project, by qualified name (`torch.nn.Linear`,
    `builtins.len`).
    """

    qualname: str


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """A module of the project, by path."""

    path: str


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the project, by the site of its definition; `frame` is the frame it closes over (0: module level)."""

    site: Site
    frame: int = 0


@dataclass(frozen=True, slots=True)
class Function:
    """A function, method or lambda of the project.

    `frame` is the frame it closes over (0: module level); `owner` the class whose body defines it, for `super()`.
    """

    site: Site
    code: FunctionDef | Lambda
    frame: int = 0
    owner: Class | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A function of the project bound to its receiver."""

    receiver: Value
    function: Function


@dataclass(frozen=True, slots=True)
class ForeignMethod:
    """Method `name` of a receiver whose class is not in the project: a tensor, a torch layer, a list, a string."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True)
class Partial:
    """`functools.partial(function, *args, **keywords)`."""

    function: Value
    args: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Super:
    """`super()` in a method of `owner` on `receiver`."""

    owner: Class
    receiver: Value


@dataclass(frozen=True, slots=True)
class Computed:
    """A number, or a tuple of numbers, that is made of tensors' sizes or of Symbols; `model.shapes` works it out for
    those who ask.

    `op`: "shape", "numel" and "rank" of a tensor, "item" and "slice" of a tuple, "index" for a slice by itself, "int",
    or an operator. `weight` is the number of its nodes, which are few.
    """

    op: str
    operands: tuple[Value, ...]
    weight: int


@dataclass(frozen=True, slots=True)
class Join:
    """One of several values, each with the condition that selects it."""

    options: tuple[tuple[Condition, Value], ...]


Callable: TypeAlias = "External | Class | Function | Method | ForeignMethod | Partial"
Value: TypeAlias = (
    Unknown
    | Unset
    | Constant
    | Symbol
    | Tensor
    | Module
    | Instance
    | ListRef
    | DictRef
    | Tuple
    | Iterator
    | External
    | ModuleFile
    | Class
    | Function
    | Method
    | ForeignMethod
    | Partial
    | Super
    | Computed
    | Join
)

NONE = Constant(None)
UNSET = Unset()

_HEAVIEST = 24


def computed(op: str, *operands: Value) -> Value:
    """A `Computed`, Unknown where it would grow too large."""
    weight = 1 + sum([operand.weight for operand in operands if type(operand) is Computed])
    return Computed(op, operands, weight) if weight <= _HEAVIEST else Unknown("long computation")
