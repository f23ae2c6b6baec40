"""What the results of a run are computed from: whether every tensor that goes into them is known, and why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from actlint.facts import FunctionDef
from actlint.model.conditions import is_skipped
from actlint.model.events import Argument, Call, Merge, Return, Trace
from actlint.model.state import DictObject, InstanceObject, ListObject, ModuleObject
from actlint.model.tensors import OPAQUE
from actlint.model.values import (
    Class,
    Condition,
    Constant,
    DictRef,
    Instance,
    Join,
    ListRef,
    Module,
    Symbol,
    Tensor,
    Tuple,
    Unknown,
    Unset,
    Value,
)
from actlint.model.values import Iterator as IteratorValue

T = TypeVar("T")
Causes: TypeAlias = tuple[str, ...]
"""Why something is not known, in the order of the run: empty where it is known."""

NO_RETURN = "no path returns"
NO_TENSOR = "no tensor is returned"
NO_ARGUMENT = "what is returned does not depend on an argument"


def is_forward(trace: Trace) -> bool:
    """Whether a run is one of a method `forward`."""
    code = trace.entry.code if trace.entry is not None else None
    return isinstance(code, FunctionDef) and code.name == "forward"


def causes(trace: Trace) -> Causes:
    """Why no result of a run is known; empty if one is."""
    return _Slice(trace).causes()


def understood(trace: Trace, owner: Callable[[Class], Class | None]) -> Iterator[Class]:
    """The classes whose forward is known from an argument to its result where a run calls one of their modules. `owner`
    gives the class whose `forward` the modules of a class have.
    """
    found: set[Class | None] = {None}
    slices: _Slice | None = None
    for index, event in enumerate(trace.events):
        if type(event) is not Call or event.op is not None or event.module is None or event.callee != event.module:
            continue
        made = trace.heap.get(event.module.ref)
        if not isinstance(made, ModuleObject) or not isinstance(made.cls, Class):
            continue
        cls = owner(made.cls)
        if cls not in found:
            slices = slices or _Slice(trace)
            if slices.knows(event.result, index + 1):
                found.add(cls)
                assert cls is not None
                yield cls


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of a value: why it is not, and whether it depends on an argument and is, or has, a tensor."""

    causes: Causes = ()
    argument: bool = False
    tensor: bool = True


_PLAIN = _Seen(tensor=False)


@dataclass(slots=True)
class _Slice:
    """What the results of a trace are computed from."""

    trace: Trace
    tensors: dict[int, _Seen] = field(default_factory=dict)

    def causes(self) -> Causes:
        """Why no result is known; empty if one is."""
        found: list[_Seen] = []
        returned = False
        for event in self.trace.events:
            if isinstance(event, Return) and event.function == self.trace.entry and not event.where.stack:
                returned = True
                found.extend(self._results(event.value, ()))
        if not returned:
            return (NO_RETURN,)
        known = [seen for seen in found if seen.tensor and not seen.causes]
        if any(seen.argument for seen in known) or (known and not self._arguments()):
            return ()
        unknown = [seen.causes for seen in found if seen.causes]
        if unknown:
            return min(unknown, key=len)
        return (NO_ARGUMENT,) if known else (NO_TENSOR,)

    def knows(self, value: Value, before: int) -> bool:
        """Whether what a module gave to the event `before` is known, and depends on an argument if there is one."""
        known = [seen for seen in self._results(value, (), before) if seen.tensor and not seen.causes]
        return any(seen.argument for seen in known) or (bool(known) and not self._arguments())

    def _arguments(self) -> tuple[str, ...]:
        entry = self.trace.entry
        if entry is None or not isinstance(entry.code, FunctionDef):
            return ()
        return tuple(item.name for item in entry.code.params.items[1:])

    def _results(self, value: Value, around: tuple[int, ...], before: int | None = None) -> Iterator[_Seen]:
        """What is known of each tensor in a returned value."""
        match value:
            case Tuple() | ListRef() | DictRef() | Instance() | IteratorValue():
                ref = getattr(value, "ref", 0)
                if ref and ref in around:
                    return
                inside, complete = self._inside(value)
                for item in inside:
                    yield from self._results(item, (*around, ref), before)
                if not complete and not inside:
                    yield _Seen((f"nothing is known of the returned {_KIND[type(value).__name__]}",))
            case Join(options=options):
                for _, option in _entered(options):
                    yield from self._results(option, around, before)
            case _:
                yield self._value(value, len(self.trace.events) if before is None else before)

    def _inside(self, value: Value) -> tuple[tuple[Value, ...], bool]:
        """What a container has, and whether that is all."""
        match value:
            case Tuple(items=items):
                return items, True
            case IteratorValue(element=element):
                return (element,), False
            case ListRef(ref=ref):
                found = self.trace.heap.get(ref)
                return (found.items, found.complete) if isinstance(found, ListObject) else ((), False)
            case DictRef(ref=ref):
                entries = self.trace.heap.get(ref)
                if not isinstance(entries, DictObject):
                    return (), False
                return tuple(entries.items.values()), entries.complete
            case Instance(ref=ref):
                instance = self.trace.heap.get(ref)
                if not isinstance(instance, (InstanceObject, ModuleObject)):
                    return (), False
                return (*instance.args.values(), *instance.attrs.values()), not instance.open
            case _:
                return (), False

    def _value(self, value: Value, before: int, around: tuple[int, ...] = ()) -> _Seen:
        """What is known of a value that goes into the event `before` or is returned."""
        match value:
            case Tensor():
                if value.event >= before:  # a list as it is at the end of the run holds what came later
                    return _PLAIN
                return self.tensors.get(value.number) or self._tensor(value)
            case Unknown(reason=reason, number=number):
                return _PLAIN if number else _Seen((reason,))
            case Symbol(role="argument"):
                return _Seen(argument=True)
            case Tuple() | ListRef() | DictRef() | IteratorValue():
                ref = getattr(value, "ref", 0)
                if ref and ref in around:
                    return _PLAIN
                inside, complete = self._inside(value)
                if not inside and not complete:
                    return _Seen((f"nothing is known of a {_KIND[type(value).__name__]}",))
                return _all([self._value(item, before, (*around, ref)) for item in inside])
            case Join(options=options):
                return _any([self._value(option, before, around) for _, option in _entered(options)])
            case Constant() | Symbol() | Unset():
                return _PLAIN
            case Module():
                return _Seen(("a module where a tensor is expected",))
            case _:
                return _PLAIN

    def _tensor(self, tensor: Tensor) -> _Seen:
        """What is known of a tensor; an explicit stack, since graphs are deeper than Python's."""
        known = self.tensors
        stack = [tensor]
        while stack:
            top = stack[-1]
            if top.number in known:
                stack.pop()
                continue
            waiting = [t for t in self._operands(top) if t.number not in known]
            if waiting:
                stack.extend(waiting)
                continue
            known[top.number] = self._made(top)
            stack.pop()
        return known[tensor.number]

    def _operands(self, tensor: Tensor) -> Iterator[Tensor]:
        event = self.trace.events[tensor.event] if 0 <= tensor.event < len(self.trace.events) else None
        match event:
            case Call(op=op, args=args) if op is not None:
                for name, value in args:
                    if name in op.tensors:
                        yield from (t for t in self._tensors_in(value, ()) if t.event < tensor.event)
            case Merge(options=options):
                yield from (option for _, option in options if option.event < tensor.event)
            case _:
                pass

    def _tensors_in(self, value: Value, around: tuple[int, ...]) -> Iterator[Tensor]:
        match value:
            case Tensor():
                yield value
            case Tuple() | ListRef() | DictRef() | IteratorValue():
                ref = getattr(value, "ref", 0)
                if not ref or ref not in around:
                    for item in self._inside(value)[0]:
                        yield from self._tensors_in(item, (*around, ref))
            case Join(options=options):
                for _, option in options:
                    yield from self._tensors_in(option, around)
            case _:
                pass

    def _made(self, tensor: Tensor) -> _Seen:
        """What is known of a tensor whose operands have been looked at."""
        event = self.trace.events[tensor.event] if 0 <= tensor.event < len(self.trace.events) else None
        match event:
            case Call(op=op, args=args) if op is not None:
                given = [self._value(value, tensor.event) for name, value in args if name in op.tensors]
                seen = _all(given)
                return _Seen(seen.causes, seen.argument)
            case Merge(options=options):
                return _any([self.tensors.get(option.number, _Seen()) for _, option in _entered(options)])
            case Argument(label=label, result=result):
                if label.startswith(OPAQUE):
                    return _Seen((label[len(OPAQUE) + 1 : -1],))
                root = label.partition(".")[0].partition("[")[0].lstrip("*")
                return _Seen(argument=not result.owner and root in self._arguments())
            case _:
                return _Seen(("a tensor that nothing makes",)) if tensor.owner == "" else _Seen()


_KIND = {"Tuple": "tuple", "ListRef": "list", "DictRef": "dict", "Instance": "object", "Iterator": "sequence"}


def _entered(options: tuple[tuple[Condition, T], ...]) -> tuple[tuple[Condition, T], ...]:
    """Without the path that leaves a loop out, or a container empty: nobody writes a model for that one."""
    kept = tuple(entry for entry in options if not any(is_skipped(test) for test in entry[0]))
    return kept or options


def _all(parts: list[_Seen]) -> _Seen:
    """What is known of all together."""
    causes: list[str] = []
    for part in parts:
        causes.extend(cause for cause in part.causes if cause not in causes)
    return _Seen(tuple(causes), any(part.argument for part in parts), any(part.tensor for part in parts))


def _any(parts: list[_Seen]) -> _Seen:
    """What is known where one is enough: the best of them."""
    return min(parts, key=lambda part: (len(part.causes), not part.argument), default=_PLAIN)
