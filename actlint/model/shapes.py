"""The shapes of a run's tensors, worked out when someone asks: the events are the graph, and each operation has a rule.

An argument's shape is not known until a layer that is surely run says what it takes (a Linear its last dimension, a
convolution its channels and number of dimensions); a first look at the run collects what is demanded so, a second one
uses it from the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from actlint.model.conditions import WORLD
from actlint.model.events import Argument, Call, Event, Merge, Trace, Write
from actlint.model.layers import HOOKED
from actlint.model.sizes import Reader
from actlint.model.state import consistent
from actlint.model.tensors import CARRIED, OPAQUE
from actlint.model.values import Condition, ForeignMethod, Tensor, Tuple, Value
from actlint.model.values import Iterator as IteratorValue
from actlint.torchapi.shapes import ANY, UNKNOWN, Demand, Dim, Each, Found, Given, Shape, join, name, rule
from actlint.torchapi.shapes.dims import Sum
from actlint.torchapi.shapes.index import index as index_rule

_LETTERS = {1: "N", 2: "NF", 3: "NCL", 4: "NCHW", 5: "NCDHW"}


@dataclass(frozen=True, slots=True)
class Misfit:
    """The call `event` is given another size than it takes: both are known."""

    event: int
    call: Call
    demand: Demand


@dataclass(slots=True)
class Sizes:
    """What is known of one run's shapes. `asked` are the shapes that arguments must have, `refused` is the first call
    whose arguments cannot fit at all. `fitting` are the calls that get a size as it is taken, `chance` those where what
    they get is a size that nobody knows.
    """

    trace: Trace
    batched: bool
    asked: dict[int, Shape]
    shapes: dict[int, Shape] = field(default_factory=dict)
    each: dict[tuple[int, int], Shape] = field(default_factory=dict)
    arguments: dict[str, int] = field(default_factory=dict)
    misfits: list[Misfit] = field(default_factory=list)
    learned: dict[int, Shape] = field(default_factory=dict)
    refused: int | None = None
    fitting: set[int] = field(default_factory=set)
    chance: list[int] = field(default_factory=list)

    def of(self, tensor: Tensor, when: Condition = ()) -> Shape:
        """The shape of a tensor, under a condition."""
        event = self._maker(tensor)
        if when and isinstance(event, Merge) and event.result.number == tensor.number:
            return self._merged(event, when)
        return self._found(tensor)

    def _maker(self, tensor: Tensor) -> Event | None:
        events = self.trace.events
        return events[tensor.event] if 0 <= tensor.event < len(events) else None

    def _found(self, tensor: Tensor) -> Shape:
        """What the events before the tensor's first reader have said."""
        found = self.shapes.get(tensor.number)
        if found is None:
            found = self.each.get((tensor.event, tensor.root))
        if found is not None:
            return found
        event = self._maker(tensor)
        result = event.result if isinstance(event, (Call, Argument, Merge)) else None
        whole = self.shapes.get(result.number, ANY) if isinstance(result, Tensor) else ANY
        if tensor.alias != "multiview":
            return whole  # what differs in nothing but its flags is the tensor itself
        return ANY if whole.more else Shape(whole.dims[1:])  # a part of a tensor that was unpacked

    def _merged(self, event: Merge, when: Condition) -> Shape:
        """The shape that all options have that can hold under the condition."""
        shape: Shape | None = None
        for condition, option in event.options:
            if consistent(condition, when):
                own = self._found(option)
                own = Shape(own.dims, own.more)
                shape = own if shape is None else join(shape, own)
        return ANY if shape is None else shape

    def run(self) -> Sizes:
        """Go through the events in order."""
        for index, event in enumerate(self.trace.events):
            match event:
                case Argument():
                    self.shapes[event.result.number] = self._argument(event)
                case Merge(result=result):
                    self.shapes[result.number] = self._merged(event, event.where.condition)
                case Write(tensor=tensor, result=result):
                    self.shapes[result.number] = self.of(tensor)
                case Call(result=result) if result is not None:
                    self._call(index, event)
                case _:
                    pass
        return self

    def _argument(self, event: Argument) -> Shape:
        number, label = event.result.number, event.label
        if event.origin is not None:
            made = self.trace.made_by
            own = self.shapes.get(event.origin.number)
            found = own if own is not None else sizes(made).of(event.origin) if made is not None else ANY
            return Shape(found.dims, found.more)
        if label.endswith(CARRIED) or label.startswith(OPAQUE) or event.result.leaf:
            return ANY
        self.arguments.setdefault(label, number)
        asked = self.asked.get(number)
        if asked is None or asked.more:
            return Shape(() if asked is None else asked.dims, True, number)
        first = len(self.arguments) == 1
        letters = _LETTERS.get(len(asked.dims)) if first else None
        named = (
            dim if dim is not None else name(letters[i] if letters else f"{label}.shape[{i}]")
            for i, dim in enumerate(asked.dims)
        )
        return Shape(tuple(named), of=number)

    def size(self, shape: Shape, at: int) -> Dim:
        """One size of a shape; of an argument of unknown rank it goes by the argument's name."""
        found = shape.at(at)
        if found is not None or not shape.of or not shape.more or at < 0:
            return found
        label = next((label for label, number in self.arguments.items() if number == shape.of), "")
        return name("N" if at == 0 and label == next(iter(self.arguments)) else f"{label}.shape[{at}]")

    def _named(self, label: str) -> Shape | None:
        number = self.arguments.get(label)
        return None if number is None else self.shapes.get(number)

    def _call(self, index: int, event: Call) -> None:
        op, when = event.op, event.where.condition
        if op is None:
            return
        indexed = op.kind == "index" and isinstance(event.callee, ForeignMethod) and event.callee.name == "[]"
        known = index_rule if indexed else rule(op)
        if known is None:
            return
        reader = Reader(self.trace, lambda tensor: self.of(tensor, when), self._named, self.size)
        values = {key: reader.plain(value) for key, value in event.args}
        if event.layer is not None:
            if event.layer.open or "*" in event.layer.args or HOOKED in event.layer.args:
                return
            values = {**{key: reader.plain(value) for key, value in event.layer.args.items()}, **values}
        given = Given(values, op.tensors[0] if op.tensors else "input", self.batched)
        found = known(given)
        if found is None and self.refused is None:
            self.refused = index
        for demand in given.demands:
            self._judge(index, event, given, demand)
        self._learn(given.shape(), event)
        self._bind(index, event.result, found)

    def _judge(self, index: int, event: Call, given: Given, demand: Demand) -> None:
        """Note a misfit; or what an argument must be like."""
        if type(demand.found) is int and type(demand.wanted) is int:
            if demand.found != demand.wanted:
                self.misfits.append(Misfit(index, event, demand))
            else:
                self.fitting.add(index)
        elif demand.shape.of and demand.wanted is not None:
            self._learn(_with(demand.shape, demand.place, demand.wanted), event)
        elif type(demand.wanted) is int and isinstance(demand.found, Sum):
            self.chance.append(index)

    def _learn(self, shape: Shape, event: Call) -> None:
        """An argument must have this shape, if the call is surely made."""
        sure = all(test.guard or test.key.startswith(WORLD) for test in event.where.condition)
        if not shape.of or event.where.loop or not sure:
            return
        known = self.learned.get(shape.of)
        self.learned[shape.of] = shape if known is None else _both(known, shape)

    def _bind(self, index: int, result: Value, found: Found) -> None:
        match result, found:
            case Tensor(), Shape():
                self.shapes[result.number] = found
            case Tensor(), tuple() if found:
                self.shapes[result.number] = found[0]
            case Tuple(items=items), tuple() if len(items) == len(found):
                for item, shape in zip(items, found, strict=True):
                    self._bind(index, item, shape)
            case Tuple(items=items), Each(shape=shape):
                for item in items:
                    self._bind(index, item, shape)
            case IteratorValue(element=Tensor() as element), Each(shape=shape):
                self.each[index, element.root] = shape
            case IteratorValue(element=Tensor() as element), Shape():
                self.each[index, element.root] = found
            case IteratorValue(element=Tensor() as element), tuple() if found:
                whole = found[0]
                for shape in found[1:]:
                    whole = join(whole, shape)
                self.each[index, element.root] = whole
            case _:
                pass


def _with(shape: Shape, place: int, size: Dim) -> Shape:
    """The shape with one size, counted from the end, known."""
    missing = -place - len(shape.dims)
    dims: list[Dim] = [*([None] * max(0, missing if shape.more else 0)), *shape.dims]
    if -place <= len(dims):
        dims[place] = size
    return Shape(tuple(dims), shape.more, shape.of)


def _both(a: Shape, b: Shape) -> Shape:
    """What two readers say of one argument; where they differ, the first one counts."""
    longer = max(len(a.dims), len(b.dims))
    if (not a.more and len(a.dims) < longer) or (not b.more and len(b.dims) < longer):
        return a
    ours, theirs = (([None] * (longer - len(s.dims)) + list(s.dims)) for s in (a, b))
    dims = tuple(x if x is not None and type(x) is int or y is None else y for x, y in zip(ours, theirs, strict=True))
    return Shape(dims, a.more and b.more, a.of)


def sizes(trace: Trace, batched: bool = True) -> Sizes:
    """The shapes of a run, worked out once. `batched` says what tensors of unknown rank are where either may be."""
    if batched and isinstance(trace.sizes, Sizes):
        return trace.sizes
    first = Sizes(trace, batched, {}).run()
    found = Sizes(trace, batched, first.learned).run() if first.learned else first
    if batched:
        trace.sizes = found
    return found


def shape_of(trace: Trace, tensor: Tensor) -> Shape:
    """What is known of a tensor's shape; `ANY` if nothing."""
    return sizes(trace).of(tensor)


def misfits(trace: Trace) -> Iterator[Misfit]:
    """The calls that are given other sizes than they take, whether the input comes in batches or not."""
    found = sizes(trace).misfits
    if not found:
        return
    single = sizes(trace, batched=False)
    earliest = min([misfit.event for misfit in single.misfits], default=len(trace.events))
    if single.refused is not None:
        earliest = min(earliest, single.refused)
    # what fits batches as it is made, and a single sample only if that is by chance as large, is made for batches
    earliest = min([earliest, *(event for event in single.chance if event in sizes(trace).fitting)])
    for misfit in found:
        if misfit.event >= earliest:
            yield misfit


def inputs(trace: Trace) -> dict[str, Shape]:
    """The shapes that a run's arguments must have, by name, as far as the layers that read them say."""
    found = sizes(trace)
    return {label: found.shapes[number] for label, number in found.arguments.items() if number in found.shapes}


def plain(trace: Trace, value: Value) -> object:
    """A value as a number, text, tuple, name or shape; `UNKNOWN` for all else."""
    found = sizes(trace)
    return Reader(trace, found.of, found._named, found.size).plain(value)


__all__ = ["UNKNOWN", "Misfit", "Sizes", "inputs", "misfits", "plain", "shape_of", "sizes"]
