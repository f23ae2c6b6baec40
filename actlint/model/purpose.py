"""What speaks for two affine layers in a row being meant: how a run uses them, and what else uses that run."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import AnnAssign, Assign, Attribute, ClassDef, FunctionDef, Name
from actlint.model.dense import FROZEN, Path, factorised, keeps, may_narrow, transparent
from actlint.model.events import Argument, Call, Return, Trace
from actlint.model.flow import input_of, producers, tensors_in
from actlint.model.program import Context
from actlint.model.state import ModuleObject
from actlint.model.values import Class, Constant, Module, Tensor
from actlint.model.walk import walk


def is_template(trace: Trace, ctx: Context) -> bool:
    """Whether the run uses something of its own object, no layer, that a subclass or other code puts there anew."""
    receiver, function = trace.receiver, trace.entry
    if trace.owner is None or function is None or not isinstance(receiver, Module) or not function.code.params.items:
        return False
    own, holder = function.code.params.items[0].name, trace.heap.get(receiver.ref)
    used = {
        node.attr
        for node in walk((function.code,))
        if isinstance(node, Attribute) and isinstance(node.value, Name) and node.value.id == own
    }
    if isinstance(holder, ModuleObject):
        used -= {name for name, value in holder.attrs.items() if isinstance(value, Module)}
    replaced = [ctx.info(cls) for cls in ctx.subclasses(trace.owner)]
    if isinstance(function.code, FunctionDef) and function.code.name == "__init__":  # it stores rather than reads
        return any(used & info.methods.keys() for info in replaced)
    if any(ctx.stored_elsewhere(name) for name in used):
        return True
    return any(used & (info.methods.keys() | info.attributes.keys() | _stored(info.code)) for info in replaced)


def _stored(code: ClassDef) -> set[str]:
    """The names of attributes that a class's methods assign."""
    return {
        target.attr
        for node in walk((code,))
        if isinstance(node, (Assign, AnnAssign))
        for target in (node.targets if isinstance(node, Assign) else (node.target,))
        if isinstance(target, Attribute)
    }


def into_attention(trace: Trace, readers: dict[int, list[int]], tensor: Tensor, limit: int = 6) -> bool:
    """The result goes, reshaped at most, into a product with another tensor, into attention, or is taken apart."""
    if limit == 0:
        return False
    for index in readers.get(tensor.number, ()):
        event = trace.events[index]
        if not isinstance(event, Call) or event.op is None:
            continue
        if event.op.kind in ("matmul", "attention") or event.op.alias == "multiview":
            return True
        if event.op.kind in ("reshape", "index", "cast", "arithmetic") and any(
            into_attention(trace, readers, inner, limit - 1) for inner in tensors_in(trace, event.result)
        ):
            return True
    return False


def trained_apart(first: Call, second: Call) -> bool:
    """Whether the first layer is kept as it is while the second learns."""
    assert first.layer is not None
    return FROZEN in first.layer.args or first.where.grad != second.where.grad


def of_one_module(trace: Trace, first: Call, second: Call) -> bool:
    """Whether one module of the project applies both, or both are the same layer of modules that follow each other.

    Where two modules meet, each has its own reason to end or begin with a projection.
    """
    if _applier(trace, first) == _applier(trace, second):
        return True
    assert first.layer is not None and second.layer is not None
    return first.layer.site == second.layer.site


def _applier(trace: Trace, call: Call) -> Module | None:
    """The innermost module of the project in whose forward a call is made; None for the run's own function."""
    found: Module | None = None
    depth = 0
    index = next(number for number, event in enumerate(trace.events) if event is call)
    for event in trace.events[index + 1 :]:
        if not isinstance(event, Call) or event.op is not None or event.module is None:
            continue
        around = (*event.where.stack, event.where.site)
        if len(around) <= depth or call.where.stack[: len(around)] != around:
            continue
        holder = trace.heap.get(event.module.ref)
        if isinstance(holder, ModuleObject) and isinstance(holder.cls, Class):
            found, depth = event.module, len(around)
    return found if found != trace.receiver else None


def used_apart(trace: Trace, first: Call, second: Call) -> bool:
    """Whether one of the layers is also applied without the other: it then has a meaning of its own."""
    if first is second:
        return False
    for event in trace.events:
        if not isinstance(event, Call) or event.module is None or event.op is None:
            continue
        if event.module == second.module and event is not second:
            source = input_of(event)
            found = [] if source is None else producers(trace, source, transparent)
            if [call.module for call, _ in found] != [first.module]:
                return True
        if event.module == first.module and event is not first and not _feeds(trace, event, second):
            return True
    return False


def _feeds(trace: Trace, first: Call, second: Call) -> bool:
    """Whether some call of the second's layer is applied to what this call of the first gave."""
    for event in trace.events:
        if isinstance(event, Call) and event.op is not None and event.module == second.module:
            source = input_of(event)
            if source is not None and any(call is first for call, _ in producers(trace, source, transparent)):
                return True
    return False


def meant(first: Call, second: Call, path: Path, trace: Trace, *, seam: bool) -> bool:
    """Whether something speaks for a factorisation on purpose.

    `seam`: one Sequential ends with the first and another begins with the second, as encoders and decoders do.
    """
    assert first.layer is not None and second.layer is not None
    if first is second:
        return first.layer.args.get("bias") == Constant(False)
    said = factorised(first.layer, second.layer, path)
    if said is None:
        return seam or (_is_output(trace, second, may_narrow(first.layer)) and not _from_argument(trace, first))
    return said


def _is_output(trace: Trace, call: Call, as_softmax: bool) -> bool:
    """Whether the run returns what a call gives; with `as_softmax` its softmax counts as well."""
    results = [e.value for e in trace.events if isinstance(e, Return) and e.depth <= 1]
    return any(
        before == call.result
        for value in results
        for tensor in tensors_in(trace, value)
        for before in _handed_on(trace, tensor, as_softmax)
    )


def _handed_on(trace: Trace, tensor: Tensor, as_softmax: bool) -> Iterator[Tensor]:
    """The tensor, and what it is the softmax of."""
    yield tensor
    while as_softmax and 0 <= tensor.event < len(trace.events):
        event = trace.events[tensor.event]
        if not isinstance(event, Call) or event.op is None or not (event.op.kind == "softmax" or keeps(event)):
            return
        source = input_of(event)
        if source is None:
            return
        yield (tensor := source)


def _from_argument(trace: Trace, call: Call) -> bool:
    """The layer is applied to what the model is given, reshaped at most."""
    source = input_of(call)
    while source is not None and 0 <= source.event < len(trace.events):
        event = trace.events[source.event]
        if isinstance(event, Argument):
            return True
        if (
            not isinstance(event, Call)
            or event.op is None
            or event.op.kind not in ("reshape", "cast", "dropout", "identity")
        ):
            return False
        source = input_of(event)
    return False
