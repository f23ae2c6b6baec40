"""Tensors that a module keeps as plain attributes, and that meet its input in `forward`.

Two passes over runs: the constructor's tells which attributes end up with a tensor that it made without a word about
devices; the step's tells whether such a tensor meets one that is on the device of the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from actlint.facts import AnnAssign, Assign, Attribute, Expr, FunctionDef, Site
from actlint.model.definitions import definitions
from actlint.model.events import Argument, Call, Merge, Read, Return, Store, Trace
from actlint.model.kept import Heap, contents
from actlint.model.program import ClassView, Context, FileView
from actlint.model.reads import uses
from actlint.model.state import DictObject, ListObject, ModuleObject, options
from actlint.model.values import (
    Class,
    Condition,
    Constant,
    DictRef,
    ForeignMethod,
    ListRef,
    Module,
    Symbol,
    Tensor,
    Tuple,
    Value,
)

Kind: TypeAlias = Literal["constant", "trained", "parameters"]
_STEPS = frozenset({"training_step", "validation_step", "test_step", "predict_step"})
_OVERRIDES = frozenset({"_apply", "to", "cuda", "cpu", "parameters", "named_parameters", "state_dict"})
_HANDLES = frozenset({"to", "cuda", "cpu", "type_as", "device", "data", "get_device", "pin_memory"})
_KEEPS_SIZE = frozenset(
    {"elementwise", "arithmetic", "activation", "softmax", "cast", "comparison", "concat", "spectral"}
)
_LARGE = frozenset({"eye", "arange", "linspace", "logspace", "range", "from_numpy", "tril_indices", "triu_indices"})
_MOVING = frozenset({"to", "cuda", "cpu", "type_as", "type"})
_FREE = frozenset({"cast", "query", "creation", "detach", "control", "init", "inplace-data"})
"""Kinds of operations that take tensors of two devices, or are no computation."""


@dataclass(frozen=True, slots=True)
class PlainTensor:
    """The attribute `target` gets `value` at `site`; the call at `used` needs it beside the model's own tensors.

    constant: a tensor that nothing trains; trained: one that requires grad; parameters: `nn.Parameter`s in a container.
    """

    target: Attribute
    site: Site
    value: Expr
    statement: Site
    used: Site
    kind: Kind
    container: str
    condition: Condition
    prepared: bool


@dataclass(slots=True)
class _Made:
    """Storages of a constructor's run: those certainly of at least one dimension, those with a device of their own."""

    sized: set[int] = field(default_factory=set)
    placed: set[int] = field(default_factory=set)
    trained: set[int] = field(default_factory=set)


def plain_tensors(unit: FileView, ctx: Context, view: ClassView) -> Iterator[PlainTensor]:
    """Those of a class that no other method assigns and nothing moves."""
    trace = view.constructor
    owner = trace.heap.get(trace.receiver.ref) if isinstance(trace.receiver, Module) else None
    if not isinstance(owner, ModuleObject) or owner.open or not trace.complete:
        return
    found = {name: each for name, value in owner.attrs.items() if (each := _candidate(trace, value)) is not None}
    if not found:
        return
    made = _made(trace)
    for name, (kind, container, roots, option, when) in found.items():
        if kind == "constant" and roots & made.trained:
            kind = "trained"
        if roots & made.placed or (kind == "constant" and not roots <= made.sized):
            continue
        stored = _store(unit, trace, name, option)
        if stored is None or _is_managed(ctx, view, name):
            continue
        for step in view.traces[1:]:
            if not _is_step(step):
                continue
            used = _meeting(step, roots) if kind == "constant" else _reading(step, name)
            if used is not None:
                event, target, statement, value = stored
                at, whole = unit.site(event.where.site, value), unit.site(event.where.site, statement)
                condition, prepared = (*event.where.condition, *when), event.ready is True
                yield PlainTensor(target, at, value, whole, used, kind, container, condition, prepared)
                break


def _is_step(trace: Trace) -> bool:
    code = trace.entry.code if trace.entry is not None else None
    return isinstance(code, FunctionDef) and (code.name.startswith("forward") or code.name in _STEPS)


def _candidate(trace: Trace, value: Value) -> tuple[Kind, str, set[int], Value, Condition] | None:
    for when, option in options(value):
        if isinstance(option, Tensor) and not option.owner:
            return "constant", "", {option.root}, option, when
        inside = [inner for _, inner in contents(trace.heap, option)]
        parameters = {inner.root for inner in inside if isinstance(inner, Tensor) and inner.owner == "parameter"}
        if parameters:
            return "parameters", _container(trace.heap, option), parameters, option, when
    return None


def _container(heap: Heap, value: Value) -> str:
    match value:
        case ListRef(ref=ref) if isinstance(found := heap.get(ref), ListObject):
            return found.kind
        case DictRef(ref=ref) if isinstance(heap.get(ref), DictObject):
            return "dict"
        case Tuple():
            return "tuple"
        case _:
            return "container"


def _made(trace: Trace) -> _Made:
    made = _Made()
    for event in trace.events:
        if isinstance(event, Call) and event.op is not None and isinstance(event.result, Tensor):
            _follow(trace, event, event.result, made)
        elif isinstance(event, Merge):
            roots = {tensor.root for _, tensor in event.options}
            if roots <= made.sized:
                made.sized.add(event.result.root)
            if roots & made.placed:
                made.placed.add(event.result.root)
    return made


def _follow(trace: Trace, event: Call, result: Tensor, made: _Made) -> None:
    assert event.op is not None
    given = {tensor.root for _, value in event.args for tensor in _tensors(trace.heap, value)}
    name = event.op.qualname.rpartition(".")[2]
    arguments = dict(event.args)
    if given & made.placed or "device" in arguments or name in _MOVING:
        made.placed.add(result.root)
    if result.leaf and result.needs_grad is True:
        made.trained.add(result.root)
    if event.op.kind in ("creation", "random") and not given:
        if name in _LARGE or name.endswith("_window") or _has_size(trace.heap, event, name):
            made.sized.add(result.root)
    elif event.op.kind == "reshape":
        if given & made.sized and name != "squeeze" or name in ("view", "reshape", "unsqueeze", "repeat", "expand"):
            made.sized.add(result.root)
    elif event.op.kind in _KEEPS_SIZE or name in (
        "triu",
        "tril",
        "masked_fill",
        "outer",
        "matmul",
        "cumsum",
        "cumprod",
    ):
        if given & made.sized:
            made.sized.add(result.root)
    elif name.endswith("_like") and given & made.sized:
        made.sized.add(result.root)


def _has_size(heap: Heap, event: Call, name: str) -> bool:
    """Whether a new tensor certainly has a dimension: its size, or its data, says so."""
    arguments = dict(event.args)
    first = arguments.get("size", arguments.get("data", arguments.get("0")))
    match first:
        case Tuple(items=items):
            return bool(items)
        case ListRef(ref=ref):
            found = heap.get(ref)
            return not isinstance(found, ListObject) or bool(found.items) or not found.complete
        case Constant(value=int()):
            return name not in ("tensor", "as_tensor", "scalar_tensor")
        case Symbol():
            return name not in ("tensor", "as_tensor", "scalar_tensor", "full")
        case _:
            return False


def _tensors(heap: Heap, value: Value) -> Iterator[Tensor]:
    for _, option in options(value):
        if isinstance(option, Tensor):
            yield option
        yield from (inner for _, inner in contents(heap, option) if isinstance(inner, Tensor))


def _store(
    unit: FileView, trace: Trace, name: str, option: Value
) -> tuple[Store, Attribute, Assign | AnnAssign, Expr] | None:
    """The assignment of this file that gives the attribute what it has in the end."""
    for event in reversed(trace.events):
        if not isinstance(event, Store) or event.name != name or event.receiver != trace.receiver:
            continue
        if event.where.site.path != unit.path or not any(each == option for _, each in options(event.value)):
            return None
        *around, target = unit.path_to(event.where.site)
        statement = around[-1] if around else None
        if isinstance(statement, (Assign, AnnAssign)) and isinstance(target, Attribute) and statement.value is not None:
            return event, target, statement, statement.value
        return None
    return None


def _is_managed(ctx: Context, view: ClassView, name: str) -> bool:
    """Whether something else assigns the attribute, or takes care of where its tensor is."""
    if ctx.stored_elsewhere(name):
        return True
    ran = {event.where.site.chunk for event in view.constructor.events if isinstance(event, Store)}
    init = [each for each in ctx.mro(view.cls) if isinstance(each, Class)]
    for cls in (*init, *ctx.subclasses(view.cls)):
        own = definitions(ctx.program.names, ctx.info(cls))
        if _OVERRIDES & own.bound or own.computed:
            return True
        methods = {method.ordinal: method.name for method in ctx.info(cls).methods.values()}
        for site in own.assigned.get(name, ()):
            if not (site.chunk in ran and _runs(view, site)) and methods.get(site.ordinal) != "__init__":
                return True
    return any(isinstance(use.parent, Attribute) and use.parent.attr in _HANDLES for use in uses(ctx, view.cls, name))


def _runs(view: ClassView, site: Site) -> bool:
    """Whether the constructor runs the function at `site`."""
    return any(isinstance(event, Return) and event.function.site == site for event in view.constructor.events)


def _meeting(trace: Trace, roots: set[int]) -> Site | None:
    """The first call in which a tensor made of those `roots` alone meets one of the model's device."""
    own, there = set(roots), set[int]()
    for event in trace.events:
        match event:
            case Argument(label=label, result=result):
                if result.root not in own and label:
                    there.add(result.root)
            case Merge(options=merged, result=result):
                met = {tensor.root for _, tensor in merged}
                if met <= own:
                    own.add(result.root)
                elif met <= there:
                    there.add(result.root)
            case Call(callee=ForeignMethod(name="[]"), op=op) if not _indexes(trace, event, own):
                there |= {tensor.root for tensor in _tensors(trace.heap, event.result)} - own
            case Call(op=op, result=result) if op is not None:
                given = {tensor.root for _, value in event.args for tensor in _tensors(trace.heap, value)}
                outside = bool(given & there) or any(_is_argument(value) for _, value in event.args)
                mine = bool(given & own)
                if mine and op.kind not in _FREE and (outside or op.parametric):
                    return event.where.site
                made = {tensor.root for tensor in _tensors(trace.heap, result)}
                moved = op.kind == "cast" and op.qualname.rpartition(".")[2] in _MOVING
                if outside or (op.parametric and not mine):
                    there |= made - own
                elif mine and not moved and "device" not in dict(event.args):
                    own |= made
            case _:
                pass
    return None


def _indexes(trace: Trace, event: Call, own: set[int]) -> bool:
    """Whether one of the tensors `own` is picked from: an index may stay on the CPU, what it picks may not."""
    picked = dict(event.args).get("input")
    return picked is not None and any(tensor.root in own for tensor in _tensors(trace.heap, picked))


def _reading(trace: Trace, name: str) -> Site | None:
    """The first place that reads the attribute: what is trained must be registered, whatever it meets."""
    for event in trace.events:
        if isinstance(event, Read) and event.receiver == trace.receiver and event.name == name:
            return event.where.site
    return None


def _is_argument(value: Value) -> bool:
    return any(isinstance(option, Symbol) and option.role == "argument" for _, option in options(value))
