"""Views that autograd lets nobody modify in place because a custom function made them.

Measured with torch 2.13: what `Function.apply` gives back as it was given, or as a view of it, refuses in-place writes
in grad mode if it requires grad; a view of that does too, `.detach()` of it does not. A module with a full backward
hook (`register_full_backward_hook`, `register_full_backward_pre_hook`) hands its positional inputs to its `forward`,
and its results to its caller, through such a function; tensors that need no grad, entries of dicts and keyword
arguments stay as they are. Legacy backward hooks, forward hooks and hooks of tensors do nothing of the kind.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from actlint.facts import Attribute, Node, Site
from actlint.model import applied, calls
from actlint.model.args import Args
from actlint.model.events import Call, Trace
from actlint.model.flow import input_of
from actlint.model.machine import Machine
from actlint.model.state import InstanceObject, ModuleObject
from actlint.model.values import (
    NONE,
    Constant,
    External,
    Function,
    Instance,
    Join,
    Module,
    Symbol,
    Tensor,
    Tuple,
    Unknown,
    Value,
)
from actlint.model.walk import walk
from actlint.torchapi import Op

HOOKS: Final = frozenset({"register_full_backward_hook", "register_full_backward_pre_hook"})
_HOOK: Final = "full backward hook"
_HANDLE: Final = External("torch.utils.hooks.RemovableHandle")
INTO: Final = Op("torch.nn.Module.register_full_backward_hook: input", "identity", (), ("input",), "custom")
OUT_OF: Final = Op("torch.nn.Module.register_full_backward_hook: output", "identity", (), ("input",), "custom")
_GIVEN: Final = Op("torch.autograd.Function.apply", "identity", (), ("input",), "custom")
_MOST: Final = 256
_MARKS: Final = frozenset({"mark_dirty", "mark_non_differentiable"})


def register(m: Machine, module: Module, args: Args, name: str, site: Site) -> Value:
    """`module.register_full_backward_hook(…)`: the handle, which takes the hook away again."""
    calls.escape(m, args.all(), f"{name}()", site)
    handle = Instance(m.allocate(InstanceObject(_HANDLE, site)))
    found = m.state.heap[module.ref]
    assert isinstance(found, ModuleObject)
    m.state.heap[module.ref] = calls.replaced(found, args={**found.args, _HOOK: handle})
    return handle


def is_hooked(m: Machine, found: ModuleObject) -> bool:
    """Whether the module certainly has such a hook: nobody has done anything with the handle."""
    handle = found.args.get(_HOOK)
    known = m.state.heap.get(handle.ref) if isinstance(handle, Instance) else None
    return isinstance(known, InstanceObject) and not known.open


def listed(m: Machine, module: Module, name: str) -> Value | None:
    """What `.modules()` or `.named_modules()` goes over, for code that hangs such hooks on some of them or writes to
    their parameters. None for other code, where going over them would cost more than it tells, and where not all are
    known.
    """
    frame = m.stack[-1]
    chunk = frame.file.facts.chunks[frame.chunk].facts
    top: tuple[Node, ...] = () if chunk is None else chunk.body
    code = (frame.function.code,) if frame.function is not None else top
    hangs = any(isinstance(node, Attribute) and node.attr in HOOKS for node in walk(code))
    if not hangs and not applied.may_write(code):
        return None
    found: dict[int, str] = {}
    queue: list[tuple[str, Value]] = [("", module)]
    while queue:
        path, value = queue.pop()
        layer = m.state.heap[value.ref] if isinstance(value, Module) else None
        if not isinstance(value, Module) or not isinstance(layer, ModuleObject) or layer.open or len(found) > _MOST:
            return None
        if layer.children is None:
            return None
        if value.ref in found:
            continue
        found[value.ref] = path
        inner = [*layer.children, *((key, attr) for key, attr in layer.attrs.items() if _may_be_module(attr))]
        queue.extend((f"{path}.{key}".lstrip("."), item) for key, item in reversed(inner) if item != NONE)
    if name == "modules":
        return Tuple(tuple(map(Module, found)))
    return Tuple(tuple(Tuple((Constant(path), Module(ref))) for ref, path in found.items()))


def _may_be_module(value: Value) -> bool:
    return isinstance(value, (Module, Join, Unknown, Symbol))


def into(m: Machine, module: Module, args: Args, site: Site) -> Args:
    """What a hooked module's `forward` is given."""
    return replace(args, positional=[_wrapped(m, value, INTO, module, site) for value in args.positional])


def out_of(m: Machine, module: Module, result: Value, site: Site) -> Value:
    """What a hooked module's caller gets."""
    if isinstance(result, Tuple):
        return Tuple(tuple(_wrapped(m, item, OUT_OF, module, site) for item in result.items))
    return _wrapped(m, result, OUT_OF, module, site)


def given_back(m: Machine, method: Function, name: Value, given: tuple[Value, ...], result: Value, site: Site) -> Value:
    """What `Function.apply` returns, where `result` is what the function's `forward` (`method`) made of `given`."""
    if any(isinstance(node, Attribute) and node.attr in _MARKS for node in walk([method.code])):
        return result
    roots = {value.root: value for value in given if isinstance(value, Tensor) and value.needs_grad is True}

    def of(value: Value) -> Value:
        source = roots.get(value.root) if isinstance(value, Tensor) else None
        if source is None or not isinstance(value, Tensor) or not _is_view_of(m.trace, value, source):
            return value
        return _wrapped(m, replace(value, needs_grad=True), _GIVEN, name, site)

    return Tuple(tuple(map(of, result.items))) if isinstance(result, Tuple) else of(result)


def _wrapped(m: Machine, value: Value, op: Op, callee: Value, site: Site) -> Value:
    """A tensor that requires grad as a view that a custom function gives; anything else as it is."""
    if not isinstance(value, Tensor) or value.needs_grad is not True or m.state.grad is not True:
        return value
    module = m.state.heap[callee.ref] if isinstance(callee, Module) else None
    hook = module.args.get(_HOOK) if isinstance(module, ModuleObject) else None
    made = replace(m.current(value), number=m.number(), event=len(m.trace.events), alias="custom", leaf=False)
    args: tuple[tuple[str, Value], ...] = (("input", value), *((("hook", hook),) if hook is not None else ()))
    m.record(Call(m.where(site), callee, op, None, args, made, False, False))
    return made


def _is_view_of(trace: Trace, tensor: Tensor, source: Tensor) -> bool:
    """Whether a tensor is `source`, or was made of it by views alone: not detached, not written to."""
    for _ in range(16):
        if tensor.number == source.number:
            return True
        made = trace.events[tensor.event] if 0 <= tensor.event < len(trace.events) else None
        if not isinstance(made, Call) or made.op is None or made.op.kind == "detach" or made.inplace is not False:
            return False
        before = input_of(made) if made.op.alias in ("view", "same") else None
        if before is None:
            return False
        tensor = before
    return False
