"""The machine of one run: its state, its call stack, its trace and its budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from actlint.facts import Site
from actlint.model.events import Argument, Event, Merge, Trace, Where
from actlint.model.link import File, Names
from actlint.model.state import Heap, Object, Saved, State, StorageObject, conjoin
from actlint.model.values import Class, Condition, Function, Tensor, Value

STEPS_PER_RUN = 12_000
STEPS_PER_FUNCTION = 4_000
STEPS_RESERVED = 200
STEPS_PER_NODE = 24
STEPS_PER_FILE = 6_000
INLINE_DEPTH = 12
SAME_FUNCTION = 2
UNROLL = 64


def steps_of(file: File) -> int:
    """The steps that all runs of a file have, by its size."""
    return STEPS_PER_FILE + STEPS_PER_NODE * sum(c.facts.size for c in file.facts.chunks if c.facts is not None)


class BudgetExceeded(Exception):
    """A run has used up its steps; the trace is marked incomplete."""


class Tedious(Exception):
    """A call has used up the steps that it may have."""


@dataclass(slots=True)
class Frame:
    """One function's activation (or a file's top level). Its names live in `State.frames[number]`.

    `sites` are those of its chunk, `calls` what it is inlined through: both are filled when they are first needed.
    """

    number: int
    parent: int
    file: File
    chunk: int
    local: frozenset[str]
    function: Function | None = None
    owner: Class | None = None
    receiver: Value | None = None
    call_site: Site | None = None
    returns: list[tuple[State, Value]] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    sites: dict[int, Site] | None = None
    calls: tuple[Site, ...] | None = None


@dataclass(slots=True)
class Loop:
    """The states in which `break` and `continue` left the innermost loop's body."""

    breaks: list[State] = field(default_factory=list)
    continues: list[State] = field(default_factory=list)


@dataclass(slots=True)
class Shared:
    """What is read from code once a program: `classes` by definition and their `ancestors` (`reading` counts those that
    are being read), `codes` by function, `bound` names by statement, `sites` by file and chunk, module-level names by
    file (`globals`; None where each run has its own) and the objects they denote (`originals`), `counters` of loops by
    function, whether a function may only compute (`computing`) and what calls that do give (`apart`; None where they do
    more), how many runs apart there were (`rooms`), and what `model.replay` knows of the blocks that a file's runs
    make, by file.
    """

    classes: dict[Site, object] = field(default_factory=dict)
    ancestors: dict[Site, tuple[Value, ...]] = field(default_factory=dict)
    reading: int = 0
    codes: dict[Site, object] = field(default_factory=dict)
    bound: dict[tuple[str, int, int], frozenset[str]] = field(default_factory=dict)
    sites: dict[tuple[int, int], dict[int, Site]] = field(default_factory=dict)
    globals: dict[tuple[int, str], object] = field(default_factory=dict)
    originals: dict[int, Object] = field(default_factory=dict)
    counters: dict[Site, frozenset[str]] = field(default_factory=dict)
    computing: dict[Site, bool] = field(default_factory=dict)
    decorators: dict[tuple[Site, bool], Literal["same", "wrapped", "other"]] = field(default_factory=dict)
    apart: dict[tuple[object, ...], object] = field(default_factory=dict)
    rooms: int = 0
    replay: dict[int, object] = field(default_factory=dict)


@dataclass(slots=True)
class Machine:
    """Everything one run changes. `shared` is what runs of a program have in common.

    Tensors up to number `made` are the constructor's; `adopted` are their twins in this run. `globals` are module-level
    names that each run has for itself. `sizes` are those with which a storage was made, `ranks` the numbers of
    dimensions of views of it. `overwritten` counts in-place writes. `heads` are the tensors at the head of a loop of
    unknown length, by number, with what they are before it. `apart` marks a machine that works out one call. `kept`
    is what functions that cache their results have given. While a module is `constructing`, a call may have a `floor`
    of steps below which it is left if it has been `idle`. A machine that works out what is made again does so for the
    runs of the file `root`. `repeated` are calls that `model.replay` has repeated, with their first events.
    """

    names: Names
    shared: Shared
    trace: Trace
    state: State = field(default_factory=lambda: State({}, Heap()))
    stack: list[Frame] = field(default_factory=list)
    parents: dict[int, tuple[int, File, frozenset[str]]] = field(default_factory=dict)
    steps: int = STEPS_PER_RUN
    counter: int = 0
    blurred: int = 0
    overwritten: int = 0
    symbols: dict[str, Tensor] = field(default_factory=dict)
    merged: dict[int, tuple[Value, Tensor]] = field(default_factory=dict)
    captured: set[int] = field(default_factory=set)
    made: int = 0
    adopted: dict[int, Tensor] = field(default_factory=dict)
    globals: dict[tuple[int, str], object] = field(default_factory=dict)
    sizes: dict[int, tuple[Value, ...]] = field(default_factory=dict)
    ranks: dict[int, int] = field(default_factory=dict)
    heads: dict[int, Tensor] = field(default_factory=dict)
    apart: bool = False
    kept: dict[object, Value] = field(default_factory=dict)
    constructing: bool = False
    floor: int = 0
    idle: Callable[[], bool] | None = None
    root: File | None = None
    repeated: dict[object, tuple[int, Event]] = field(default_factory=dict)

    @property
    def frame(self) -> Frame:
        """The running frame."""
        return self.stack[-1]

    def number(self) -> int:
        """A fresh number for a heap object, tensor or frame."""
        self.counter += 1
        return self.counter

    def allocate(self, object_: Object) -> int:
        """Put an object into the heap."""
        ref = self.number()
        self.state.heap[ref] = object_
        return ref

    def mark(self) -> int:
        """Where the heap's log stands: paths that part here and meet again compare what is written from here on."""
        return len(self.state.heap.log)

    def tick(self) -> None:
        """Use one step.

        Raises:
            BudgetExceeded: no step is left.
            Tedious: the call that is running has had its steps.
        """
        self.steps -= 1
        if self.steps < self.floor:
            self.overdraw()

    def overdraw(self) -> None:
        """The steps have come to the floor: the end of the run, or of a call that has done nothing so far.

        Raises:
            BudgetExceeded: no step is left.
            Tedious: the call that is running has had its steps.
        """
        if self.steps < 0:
            raise BudgetExceeded
        if self.idle is not None and self.idle():
            raise Tedious
        self.floor, self.idle = 0, None

    def site(self, ordinal: int) -> Site:
        """The node `ordinal` of the statement that is running."""
        frame = self.stack[-1]
        sites = frame.sites
        if sites is None:
            sites = frame.sites = self.shared.sites.setdefault((frame.file.number, frame.chunk), {})
        site = sites.get(ordinal)
        if site is None:
            site = sites[ordinal] = Site(frame.file.path, frame.chunk, ordinal)
        return site

    def where(self, site: Site) -> Where:
        """What every event at `site` carries."""
        frame = self.stack[-1]
        calls = frame.calls
        if calls is None:
            calls = frame.calls = tuple(f.call_site for f in self.stack if f.call_site is not None)
        return Where(site, calls, self.state.condition, self.state.grad, self.blurred > 0)

    def record(self, event: Event) -> int:
        """Append an event and return its index."""
        self.trace.events.append(event)
        return len(self.trace.events) - 1

    def fresh(
        self, event: int, needs_grad: bool | None, *, leaf: bool = False, owner: str = "", storage: bool = True
    ) -> Tensor:
        """A tensor with a storage of its own."""
        root = self.allocate(StorageObject()) if storage else self.number()
        return Tensor(self.number(), event, root, "fresh", needs_grad, leaf, owner)

    def current(self, tensor: Tensor) -> Tensor:
        """The version that a tensor's names denote now: what it became if it was overwritten in place."""
        storage = self.state.heap.get(tensor.root)
        if isinstance(storage, StorageObject) and storage.newer:
            newer = dict(storage.newer)
            for _ in newer:
                if newer.get(tensor, tensor) == tensor:
                    break
                tensor = newer[tensor]
        return tensor if tensor.number > self.made else self._adopt(tensor)

    def _adopt(self, tensor: Tensor) -> Tensor:
        """A tensor that the constructor made, as a run of another method sees it: its event is one of this trace."""
        own = self.adopted.get(tensor.number)
        if own is None:
            own = replace(tensor, number=self.number(), event=len(self.trace.events))
            self.adopted[tensor.number] = own
            self.record(Argument(self.where(self.site(0)), tensor.owner, own, tensor))
        return self.current(own)

    def merge(self, options: tuple[tuple[Condition, Tensor], ...]) -> Value:
        """One tensor for several paths that meet (a phi node)."""
        options = tuple((when, self.current(tensor)) for when, tensor in options)
        first = options[0][1]
        if all(tensor == first for _, tensor in options):
            return first
        same_root = all(tensor.root == first.root for _, tensor in options)
        gradients = {tensor.needs_grad for _, tensor in options}
        index = len(self.trace.events)
        site = self.site(0)
        event = self.trace.events[first.event] if 0 <= first.event < index else None
        if event is not None:
            site = event.where.site
        result = Tensor(
            self.number(),
            index,
            first.root if same_root else self.allocate(StorageObject(saved=self._saved_in(options))),
            first.alias if same_root else "maybe",
            gradients.pop() if len(gradients) == 1 else None,
            all(tensor.leaf for _, tensor in options),
            first.owner if all(tensor.owner == first.owner for _, tensor in options) else "",
        )
        own = options[-1][0]
        where = replace(self.where(site), condition=tuple(t for t in self.state.condition if t not in own))
        self.record(Merge(where, options, result))
        return result

    def _saved_in(self, options: tuple[tuple[Condition, Tensor], ...]) -> tuple[Saved, ...]:
        """What autograd keeps of the tensors that meet, each under its path's condition."""
        found: list[Saved] = []
        for when, tensor in options:
            storage = self.state.heap.get(tensor.root)
            for entry in storage.saved if isinstance(storage, StorageObject) else ():
                both = conjoin(when, entry.condition)
                if both is not None:
                    found.append(replace(entry, condition=both))
        return tuple(found)
