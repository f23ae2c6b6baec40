"""Layers that `forward` makes anew each time it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import BoolOp, FunctionDef, If, IfExp, Match, Site, Try, While
from actlint.model.events import Call, Store, Trace, Where
from actlint.model.kept import has_parameters, registered
from actlint.model.program import ClassView, Context
from actlint.model.state import options
from actlint.model.values import Class, Condition, External, ForeignMethod, Module, Tensor, Value

_STEPS = frozenset({"forward", "training_step", "validation_step", "test_step", "predict_step"})
_SETS = frozenset({"load_state_dict", "requires_grad_", "copy_"})


@dataclass(frozen=True, slots=True)
class Anew:
    """The call at `sites[0]` makes a layer each time; the other sites are the calls that lead to it, innermost first.

    `used` is where the layer is called.
    """

    sites: tuple[Site, ...]
    used: Site
    condition: Condition


def made_anew(ctx: Context, view: ClassView) -> Iterator[Anew]:
    """The layers that a module's `forward` or step makes, directly or through helpers, and calls itself."""
    for trace in view.traces[1:]:
        code = trace.entry.code if trace.entry is not None else None
        if isinstance(code, FunctionDef) and code.name in _STEPS:
            yield from _in_run(ctx, trace)


def _in_run(ctx: Context, trace: Trace) -> Iterator[Anew]:
    made = {
        event.result.ref: event
        for event in trace.events
        if isinstance(event, Call) and isinstance(event.callee, (External, Class)) and isinstance(event.result, Module)
    }
    if not made:
        return
    used = {event.module.ref: event.where.site for event in reversed(trace.events) if _calls(event)}  # type: ignore[union-attr]
    inner: set[int] = set()
    for ref in made:
        inner |= registered(trace.heap, Module(ref)) - {ref}
    for ref, event in made.items():
        if ref not in used or ref in inner or not has_parameters(trace.heap, Module(ref)):
            continue
        stores = [each for each in trace.events if isinstance(each, Store)]
        if any(_sets_weights(each, ref, trace) for each in trace.events):
            continue
        kept = [each for each in stores if ref in _modules(each.value)]
        # Kept on a path only, it is a layer that is built when it is first needed.
        if any(_is_guarded(ctx, each.where) for each in kept):
            continue
        if not kept and _is_kept(trace, ref):
            continue
        yield Anew((event.where.site, *reversed(event.where.stack)), used[ref], event.where.condition)


def _is_guarded(ctx: Context, where: Where) -> bool:
    """Whether the code around a place, or around one of the calls that lead to it, does not always run it."""
    if any(not test.guard for test in where.condition):
        return True
    paths = (ctx.path_to(site) for site in (where.site, *where.stack))
    return any(isinstance(node, (If, IfExp, BoolOp, Try, While, Match)) for path in paths for node in path)


def _calls(event: object) -> bool:
    return isinstance(event, Call) and event.module is not None and not isinstance(event.callee, ForeignMethod)


def _modules(value: Value) -> set[int]:
    return {option.ref for _, option in options(value) if isinstance(option, Module)}


def _is_kept(trace: Trace, ref: int) -> bool:
    """Whether a list, dict or module holds it when the run ends: something else than this call may use it again."""
    from actlint.model.state import DictObject, ListObject, ModuleObject

    for number, object_ in trace.heap.items():
        match object_:
            case ListObject(items=items):
                values: tuple[Value, ...] = items
            case DictObject(items=entries):
                values = tuple(entries.values())
            case ModuleObject(attrs=attrs, children=children) if number != ref:
                values = (*attrs.values(), *(child for _, child in children or ()))
            case _:
                continue
        if any(ref in _modules(value) for value in values):
            return True
    return False


def _sets_weights(event: object, ref: int, trace: Trace) -> bool:
    """Whether the run gives the layer weights of its own: it is then a function with computed weights."""
    match event:
        case Store(receiver=Module(ref=receiver), name="weight" | "bias"):
            return receiver == ref or receiver in registered(trace.heap, Module(ref))
        case Store(receiver=Tensor(owner="weight" | "bias" | "parameters" | "parameter"), name="data"):
            return True
        case Call(callee=ForeignMethod(receiver=Module(ref=receiver), name=name)):
            return receiver == ref and name in _SETS
        case Call(callee=ForeignMethod(receiver=Tensor(owner="weight" | "bias"), name=name)):
            return name in _SETS or name.endswith("_")
        case _:
            return False
