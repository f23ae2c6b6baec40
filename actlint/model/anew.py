"""Layers that `forward` makes anew each time it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import Argument as ArgumentNode
from actlint.facts import (
    Assign,
    Attribute,
    AugAssign,
    BoolOp,
    Collection,
    Comprehension,
    ExprStmt,
    FunctionDef,
    If,
    IfExp,
    Match,
    Name,
    Site,
    Starred,
    Try,
    While,
)
from actlint.facts import Call as CallNode
from actlint.model.events import Argument, Call, Escape, Return, Store, Trace, Where
from actlint.model.flow import tensors_in
from actlint.model.kept import contents, has_parameters, registered
from actlint.model.program import ClassView, Context
from actlint.model.state import DictObject, InstanceObject, ListObject, ModuleObject, options
from actlint.model.values import Class, Condition, External, ForeignMethod, Module, Tensor, Value
from actlint.model.walk import walk

_STEPS = frozenset({"forward", "training_step", "validation_step", "test_step", "predict_step"})
_SETS = frozenset({"load_state_dict", "requires_grad_", "copy_"})


@dataclass(frozen=True, slots=True)
class Anew:
    """The call at `sites[0]` makes a layer each time; the other sites are the calls that lead to it, innermost first.

    `used` is where the layer is called. Not `layer` for a parameter.
    """

    sites: tuple[Site, ...]
    used: Site
    condition: Condition
    layer: bool = True


def made_anew(ctx: Context, view: ClassView) -> Iterator[Anew]:
    """The layers that a module's `forward` or step makes, directly or through helpers, and calls itself; parameters
    that it makes of new tensors and computes with.
    """
    for trace in view.traces[1:]:
        code = trace.entry.code if trace.entry is not None else None
        if isinstance(code, FunctionDef) and code.name in _STEPS:
            yield from _in_run(ctx, trace)
            yield from _parameters(trace)


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
        if not kept and _is_kept(trace, ref, _is_listed(ctx, event)):
            continue
        yield Anew((event.where.site, *reversed(event.where.stack)), used[ref], event.where.condition)


def _parameters(trace: Trace) -> Iterator[Anew]:
    for index, event in enumerate(trace.events):
        if not isinstance(event, Argument) or event.label != "parameter" or event.origin is None:
            continue
        made = trace.events[event.origin.event] if 0 <= event.origin.event < index else None
        # A parameter that the constructor made comes with the number of an event there.
        if not isinstance(made, Call) or made.result != event.origin:
            continue
        if made.op is None or made.op.kind not in ("creation", "random"):
            continue
        root, used = event.result.root, None
        for later in trace.events[index + 1 :]:
            match later:
                case Store(value=value) | Return(value=value, depth=0 | 1) if _has_root(trace, value, root):
                    break
                case Escape(values=values) if any(_has_root(trace, value, root) for value in values):
                    break
                case Call(op=op, args=args) if any(_has_root(trace, value, root) for _, value in args):
                    if op is None:
                        break
                    used = used or later.where.site
                case _:
                    pass
        else:
            if used is not None and event.result.needs_grad is True:
                yield Anew((event.where.site, *reversed(event.where.stack)), used, event.where.condition, False)


def _has_root(trace: Trace, value: Value, root: int) -> bool:
    return any(tensor.root == root for tensor in tensors_in(trace, value))


def _is_listed(ctx: Context, made: Call) -> bool:
    """Whether a layer is made in a list that is made there too, or put into one of the function's own lists."""
    path = ctx.path_to(made.where.site)
    function = next((node for node in reversed(path) if isinstance(node, FunctionDef)), None)
    if function is None:
        return False
    own = {
        target.id
        for node in walk(function.body)
        if isinstance(node, Assign) and isinstance(node.value, (Collection, Comprehension))
        for target in node.targets
        if isinstance(target, Name)
    }
    for node in reversed(path[:-1]):
        match node:
            case Assign(targets=targets, value=value):
                return isinstance(value, (Collection, Comprehension)) and all(
                    isinstance(each, Name) for each in targets
                )
            case AugAssign(target=Name(id=name)):
                return name in own
            case ExprStmt(value=CallNode(func=Attribute(value=Name(id=name), attr="append" | "extend" | "insert"))):
                return name in own
            case ArgumentNode() | CallNode() | Collection() | Comprehension() | Starred():
                pass
            case _:
                return False
    return False


def _outliving(trace: Trace, ref: int) -> Iterator[Value]:
    """What is still there after the run: attributes, and what is returned or handed to code that is not known."""
    for number, object_ in trace.heap.items():
        if isinstance(object_, (ModuleObject, InstanceObject)) and number != ref:
            yield from object_.attrs.values()
            yield from (child for _, child in (object_.children or () if isinstance(object_, ModuleObject) else ()))
    for event in trace.events:
        match event:
            case Store(value=value) | Return(value=value, depth=0 | 1):
                yield value
            case Escape(values=values):
                yield from values
            case _:
                pass


def _reaches(trace: Trace, value: Value, ref: int) -> bool:
    return ref in _modules(value) or any(ref in _modules(inside) for _, inside in contents(trace.heap, value))


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


def _is_kept(trace: Trace, ref: int, listed: bool) -> bool:
    """Whether a list, dict or module holds it when the run ends: something else than this call may use it again.

    With `listed` it stands in a list of the function's own, which is gone with it unless something holds the list.
    """
    if listed:
        return any(_reaches(trace, value, ref) for value in _outliving(trace, ref))
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
