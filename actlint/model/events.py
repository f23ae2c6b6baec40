"""What a run saw, in order: the graph that checks query.

Events are numbered by their place in the trace. A `Call` with an `op` is a node of the tensor graph; its tensor
arguments point back at the events that made them, so the list is also the data-flow graph (`Merge` is its phi node).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from actlint.facts import Site
from actlint.model.state import ModuleObject, Object
from actlint.model.values import Class, Condition, Function, Module, Tensor, Value
from actlint.torchapi import Op


@dataclass(frozen=True, slots=True)
class Hazard:
    """Why an in-place write is wrong.

    leaf: on a leaf that requires grad (or a view of one); saved: autograd saved the old value (`event` saved it, `role`
    is "output" or the input's name); multiview, expand: the memory is shared; custom: it is a view that a custom
    autograd function gave; out: an argument `out` of an operation that needs gradients; behind: as saved, but the write
    goes through `.data`, so that backward computes with the new value instead of raising.
    """

    kind: Literal["leaf", "saved", "multiview", "expand", "custom", "out", "behind"]
    event: int
    role: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Where:
    """What every event carries.

    `site` is the node; `stack` the calls it is inlined through, outermost first; `condition` the path's; `grad` the
    grad mode (None unknown); `loop` is set inside a loop that was not unrolled.
    """

    site: Site
    stack: tuple[Site, ...]
    condition: Condition
    grad: bool | None
    loop: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A call: of a tabulated operation or layer (`op`), of anything else otherwise.

    `callee` is what was called, `module` the layer whose forward this is, `args` the values by parameter name
    (positions as "0", "1" … where parameters are unknown), `result` what came out. `discarded`: it is an expression
    statement. `layer` is `module` as it was at the call: its constructor arguments by name, and where it was built.
    """

    where: Where
    callee: Value
    op: Op | None
    module: Module | None
    args: tuple[tuple[str, Value], ...]
    result: Value
    inplace: bool | None
    discarded: bool
    layer: ModuleObject | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Paths meet: the tensor is one of `options`, by condition (a phi node)."""

    where: Where
    options: tuple[tuple[Condition, Tensor], ...]
    result: Tensor


@dataclass(frozen=True, slots=True)
class Argument:
    """A tensor that enters from outside: a forward argument, a parameter, a buffer.

    `origin` is the tensor that it was made of: of this run, or of the constructor's.
    """

    where: Where
    label: str
    result: Tensor
    origin: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """An attribute is read from an object of the project or a module; `value` has Unset in it if it may be missing."""

    where: Where
    receiver: Value
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Store:
    """An attribute or item gets a value. `ready`: whether the receiver's `nn.Module.__init__` had run by then."""

    where: Where
    kind: Literal["attribute", "item"]
    receiver: Value
    name: str
    value: Value
    ready: bool | None = True


@dataclass(frozen=True, slots=True)
class Write:
    """A tensor's storage is overwritten by the call `call` (or an assignment); `hazards` say why that is wrong.

    Where there are hazards, `holders` are the other places that hold the storage: local names (`y`), names of functions
    that are still running (`y of a caller`), attributes (`self.cache`, spelled `.cache`), items of containers, code
    that is not known. What performs the write usually is one of them. `effective` is the condition under which it
    changes anything (in-place dropout: in training).
    """

    where: Where
    call: int
    tensor: Tensor
    result: Tensor
    hazards: tuple[Hazard, ...]
    holders: tuple[str, ...] = ()
    effective: Condition = ()


@dataclass(frozen=True, slots=True)
class Stale:
    """A tensor is read through a place that has held it since before it was overwritten in place.

    `holder` is that place: a name, an attribute (`.cache`), "[]" for an item, "" for an operand that was evaluated
    before and for what is in a container that is read as a whole. It was `old` when the place got it, and is `new` now.
    """

    where: Where
    holder: str
    old: Tensor
    new: Tensor


@dataclass(frozen=True, slots=True)
class Return:
    """A function of the project returns; depth 1 is the run's own function."""

    where: Where
    function: Function
    depth: int
    value: Value


@dataclass(frozen=True, slots=True)
class Escape:
    """Values reach code that is not known: it may read, keep or change them."""

    where: Where
    values: tuple[Value, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class LoopEdge:
    """The end of an iteration of a loop that is not unrolled: the next one may read these values."""

    where: Where
    values: tuple[Value, ...]


Event: TypeAlias = Call | Merge | Argument | Read | Store | Write | Stale | Return | Escape | LoopEdge


@dataclass(slots=True)
class Trace:
    """One run: of a constructor, a method, a function or a script.

    `entry` is the function that was run (None: the file's top level), `owner` the class, `world` "general" or the call
    site that gave the arguments. `receiver` is the object that was made or used, `heap` what its values denote at the
    end of the run, `made_by` the run of the constructor that made the receiver. `sizes` is what `model.shapes` found
    out. `complete` is False where a budget ran out: absence of an event then proves nothing.
    """

    entry: Function | None
    owner: Class | None
    world: str
    events: list[Event] = field(default_factory=list)
    complete: bool = True
    receiver: Value | None = None
    heap: dict[int, Object] = field(default_factory=dict)
    made_by: Trace | None = None
    sizes: object = None
