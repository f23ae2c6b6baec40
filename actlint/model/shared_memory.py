"""What an in-place write that raises shares its memory with, in the user's words."""

from __future__ import annotations

from dataclasses import dataclass, replace

from actlint.facts import Site
from actlint.model import overwrite
from actlint.model.custom_views import INTO, OUT_OF
from actlint.model.events import Call, Trace
from actlint.model.flow import input_of
from actlint.model.overlapping import sharer
from actlint.model.program import Context, FileView
from actlint.model.raising import Raising
from actlint.model.state import InstanceObject, ModuleObject
from actlint.model.values import Class, Instance, Module, Tensor


@dataclass(frozen=True, slots=True)
class Sharing:
    """`what` is written to, `why` that raises, and the place to look at with what is there."""

    what: str
    why: str
    place: tuple[Site, str] | None


def sharing(unit: FileView, found: Raising) -> Sharing:
    """How the memory of a write with the hazard multiview, expand or custom is shared."""
    trace, tensor = found.over.trace, found.over.write.tensor
    maker = maker_of(trace, tensor)
    if found.hazard.kind == "custom":
        return _custom(unit, trace, maker)
    name = "" if maker is None else overwrite.name(unit, trace, maker)
    place = None if maker is None else (maker.where.site, "the views are made here")
    if found.hazard.kind == "expand":
        return Sharing(f"what `{name}` expanded", "several of its elements share memory", place)
    if maker is not None:
        return Sharing(f"one of the views that `{name}` returns", "autograd lets nobody modify them", place)
    return Sharing("a part of an unpacked tensor", "it is one of several views that autograd lets nobody modify", None)


def maker_of(trace: Trace, tensor: Tensor) -> Call | None:
    """The call that made a view that nobody may modify; None for unpacking and iteration."""
    return _custom_maker(trace, tensor) if tensor.alias == "custom" else sharer(trace, tensor)


def _custom(unit: FileView, trace: Trace, maker: Call | None) -> Sharing:
    why = "autograd lets nobody modify it"
    if maker is None:
        return Sharing("a view out of a custom function", why, None)
    if maker.where.grad is False:
        where = (maker.where.site, "the view is made here")
        return Sharing("a view that was made under `no_grad`", "where gradients are recorded nobody may", where)
    if maker.op not in (INTO, OUT_OF):
        what = f"what `{overwrite.name(unit, trace, maker)}` gives back without a copy"
        return Sharing(what, why, (maker.where.site, "it gives a view"))
    what = f"the {'input' if maker.op == INTO else 'output'} of `{_hooked(unit, trace, maker)}`"
    handle = dict(maker.args).get("hook")
    hook = trace.heap.get(handle.ref) if isinstance(handle, Instance) else None
    place = (hook.site, "the hook is registered here") if isinstance(hook, InstanceObject) else None
    return Sharing(f"{what}, a view because of its full backward hook", why, place)


def _hooked(unit: FileView, trace: Trace, maker: Call) -> str:
    """The hooked module as it is called, or its class where a container calls it."""
    module = maker.callee
    assert isinstance(module, Module)
    found = trace.heap.get(module.ref)
    if isinstance(found, ModuleObject) and overwrite.container_of(trace, replace(maker, module=module)) is not None:
        cls = found.cls
        return Context(unit.program).info(cls).code.name if isinstance(cls, Class) else overwrite.short(cls.qualname)
    return overwrite.name(unit, trace, maker)


def _custom_maker(trace: Trace, tensor: Tensor) -> Call | None:
    """The call that made the view, of a custom function or under `no_grad`, seen through views of it."""
    for _ in range(16):
        made = trace.events[tensor.event] if 0 <= tensor.event < len(trace.events) else None
        if not isinstance(made, Call) or made.op is None:
            return None
        before = input_of(made)
        if made.op.alias == "custom" or before is None or before.alias != "custom":
            return made
        tensor = before
    return None
