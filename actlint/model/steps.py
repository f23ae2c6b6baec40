"""The graph of a run as data: one step for each event that has something to show, in the order of the run.

This is what the formats of `actlint graph` for other programs are made of. Tensors have the names that the text format
gives them (`%1`, `%2` …); a step that gives a tensor is the only one that does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from actlint.closed import assert_never
from actlint.facts import FunctionDef
from actlint.model import graph
from actlint.model.conditions import LOOP, USUAL, WORLD, describe
from actlint.model.coverage import counts, coverage
from actlint.model.events import (
    Argument,
    Call,
    Escape,
    Event,
    LoopEdge,
    Merge,
    Read,
    Return,
    Stale,
    Store,
    Trace,
    Write,
)
from actlint.model.flow import tensors_in
from actlint.model.program import ClassView, Context, FileView, Program
from actlint.model.tensors import OPAQUE
from actlint.model.values import Condition, Tuple, Unknown, Unset, Value

Kind: TypeAlias = Literal[
    "argument", "call", "unknown", "merge", "write", "store", "missing", "return", "escape", "iteration"
]


@dataclass(frozen=True, slots=True)
class Step:
    """One event. `kind`: argument (a tensor that comes from outside), call (of an operation that is known), unknown (of
    something that is not, `reason` says why), merge (paths meet), write (in place), store (of an attribute), missing (a
    read of what is not defined), return, escape (into code that is not seen), iteration (a loop goes on).

    `row` is 0 where there is none, `depth` how many calls it is inlined through. `label` is what is called, as it is
    written, or what the argument or attribute is named; `operation` its full name, `group` what it is (affine,
    activation …), `layer` the constructor call. `inputs` are the tensors that go in, `input_conditions` (of a merge, in
    the same order) when, `result` the tensor that comes out, `unknown` why others are not known, `value` any
    value as text.
    """

    kind: Kind
    row: int
    depth: int
    label: str
    operation: str = ""
    group: str = ""
    layer: str = ""
    inputs: tuple[str, ...] = ()
    input_conditions: tuple[tuple[str, ...], ...] = ()
    result: tuple[str, ...] = ()
    value: str = ""
    conditions: tuple[str, ...] = ()
    loop: bool = False
    reason: str = ""
    hazards: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One method of a class (`cls`, or "" for functions and the file's top level) in a world; `complete` unless a
    budget ran out. `covered` is whether forward is known from an argument to its result, `causes` why not; None for
    what is no forward of a module.
    """

    cls: str
    function: str
    world: str
    complete: bool
    covered: bool | None
    causes: tuple[str, ...]
    steps: tuple[Step, ...]


def runs(program: Program, path: str, class_name: str | None = None) -> Iterator[Run]:
    """The runs of a file, or of one of its classes.

    Raises:
        UsageError: the file has no class of that name.
    """
    file, classes = graph.chosen(program, path, class_name)
    for cls in classes:
        for trace in cls.traces:
            yield _run(file, trace, cls)
    if class_name is None:
        for trace in file.traces():
            if trace.owner is None and trace.events:
                yield _run(file, trace, None)


def _run(file: FileView, trace: Trace, cls: ClassView | None) -> Run:
    code = trace.entry.code if trace.entry is not None else None
    name = code.name if isinstance(code, FunctionDef) else "" if cls is None else "__init__"
    covered: bool | None = None
    causes: tuple[str, ...] = ()
    if cls is not None and name == "forward" and counts(Context(file.program), cls):
        found = coverage(cls)
        covered, causes = found.covered, found.causes
    names = graph.names_of(file, trace)
    steps = tuple(step for event in trace.events for step in _steps(names, trace, event))
    return Run("" if cls is None else cls.name, name, trace.world, trace.complete, covered, causes, steps)


def _steps(names: graph.Names, trace: Trace, event: Event) -> Iterator[Step]:
    row = names.rows.get(event.where.site, 0)
    depth = len(event.where.stack)
    when = conditions(event.where.condition)
    loop = event.where.loop

    def tensors(*values: Value) -> tuple[str, ...]:
        found = (names.tensor(tensor) for value in values for tensor in tensors_in(trace, value))
        return tuple(dict.fromkeys(found))

    match event:
        case Argument(label=label, result=result):
            if label.startswith(OPAQUE):
                reason = label[len(OPAQUE) + 1 : -1]
                yield Step("unknown", row, depth, "", result=tensors(result), conditions=when, loop=loop, reason=reason)
            else:
                yield Step("argument", row, depth, label, result=tensors(result), conditions=when, loop=loop)
        case Call(op=op) if op is not None:
            given = [value for key, value in event.args if key in op.tensors]
            yield Step(
                "call",
                row,
                depth,
                graph.written(names.view, event.where.site) or op.qualname,
                op.qualname,
                op.kind,
                names.module(event.layer) if event.layer is not None else "",
                tensors(*given),
                unknown=_reasons(given),
                result=tensors(event.result),
                value=names.value(event.result),
                conditions=when,
                loop=loop,
            )
        case Call(result=Unknown(reason=reason)):
            if reason != "direct":
                yield Step(
                    "unknown",
                    row,
                    depth,
                    graph.written(names.view, event.where.site) or names.value(event.callee),
                    inputs=tensors(*(value for _, value in event.args)),
                    unknown=_reasons([value for _, value in event.args]),
                    conditions=when,
                    loop=loop,
                    reason=reason,
                )
        case Call():
            pass  # a module of the project: its own steps are shown
        case Merge(options=options, result=result):
            yield Step(
                "merge",
                row,
                depth,
                "",
                inputs=tuple(names.tensor(tensor) for _, tensor in options),
                input_conditions=tuple(conditions(each) for each, _ in options),
                result=tensors(result),
                conditions=when,
                loop=loop,
            )
        case Read(name=name, value=value):
            if isinstance(value, Unset):
                yield Step("missing", row, depth, name, conditions=when, loop=loop)
        case Store(kind="attribute", name=name, value=value):
            yield Step(
                "store", row, depth, name, inputs=tensors(value), value=names.value(value), conditions=when, loop=loop
            )
        case Store() | Stale():
            pass
        case Write(tensor=tensor, hazards=hazards):
            said = tuple(graph.hazard(names, trace, each) for each in hazards)
            yield Step("write", row, depth, "", inputs=tensors(tensor), conditions=when, loop=loop, hazards=said)
        case Return(value=value):
            reason = value.reason if isinstance(value, Unknown) and not value.number else ""
            yield Step(
                "return",
                row,
                depth,
                "",
                inputs=tensors(value),
                value=names.value(value),
                conditions=when,
                loop=loop,
                reason=reason,
                unknown=_reasons([value]),
            )
        case LoopEdge(values=values):
            yield Step("iteration", row, depth, "", inputs=tensors(*values), conditions=when, loop=loop)
        case Escape(values=values, reason=reason):
            yield Step("escape", row, depth, "", inputs=tensors(*values), conditions=when, loop=loop, reason=reason)
        case _:
            assert_never(event)


def _reasons(values: list[Value]) -> tuple[str, ...]:
    """Why what is not known among values is not."""
    parts = [part for value in values for part in (value.items if isinstance(value, Tuple) else (value,))]
    return tuple(part.reason for part in parts if isinstance(part, Unknown) and not part.number)


def conditions(condition: Condition) -> tuple[str, ...]:
    """A path's condition in words; that a loop runs is none."""
    return tuple(describe(test) for test in condition if not test.key.startswith((LOOP, WORLD, USUAL)))
