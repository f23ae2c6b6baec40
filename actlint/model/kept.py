"""What a module keeps: which modules torch sees below it, which it has but hides in plain containers."""

from __future__ import annotations

from collections.abc import Iterator as IteratorType
from collections.abc import Mapping
from typing import TypeAlias

from actlint import torchapi
from actlint.model.state import DictObject, ListObject, ModuleObject, Object, StorageObject, options
from actlint.model.values import (
    Condition,
    Constant,
    DictRef,
    External,
    Iterator,
    Join,
    ListRef,
    Module,
    Tensor,
    Tuple,
    Value,
)

Heap: TypeAlias = Mapping[int, Object]
_TRUE = Constant(True)


def registered(heap: Heap, module: Value) -> set[int]:
    """The modules that `module.modules()` goes over, by number."""
    found: set[int] = set()
    queue: list[Value] = [module]
    while queue:
        for _, value in options(queue.pop()):
            if isinstance(value, Join):
                queue.append(value)
            object_ = heap.get(value.ref) if isinstance(value, Module) and value.ref not in found else None
            if isinstance(value, Module) and isinstance(object_, ModuleObject):
                found.add(value.ref)
                queue += object_.attrs.values()
                queue += (child for _, child in object_.children or ())
                queue += (object_.element,) if object_.children is None and object_.element is not None else ()
    return found


_CONTAINERS = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict"})


def is_opaque(heap: Heap, ref: int) -> bool:
    """Whether a module is one of torch's containers, and nobody knows what it holds."""
    found = heap.get(ref)
    if not isinstance(found, ModuleObject) or found.children is not None or found.element is not None:
        return False
    return isinstance(found.cls, External) and found.cls.qualname in _CONTAINERS


def contents(heap: Heap, value: Value, when: Condition = (), depth: int = 0) -> IteratorType[tuple[Condition, Value]]:
    """What stands in a list, tuple, set or dict, and in those inside of it, each under its condition."""
    inside: tuple[Value, ...] = ()
    match value:
        case Tuple(items=items):
            inside = items
        case ListRef(ref=ref) if isinstance(kept := heap.get(ref), ListObject):
            inside = kept.items
        case DictRef(ref=ref) if isinstance(entries := heap.get(ref), DictObject):
            inside = tuple(entries.items.values())
        case Iterator(element=element):
            inside = (element,)
        case _:
            pass
    for item in inside:
        for condition, option in options(item):
            yield (*when, *condition), option
            if depth < 3:
                yield from contents(heap, option, (*when, *condition), depth + 1)


def is_trained(heap: Heap, module: Value, depth: int = 0) -> bool:
    """Whether a module certainly has parameters that require grad, its own or those of modules below it."""
    found = heap.get(module.ref) if isinstance(module, Module) else None
    if not isinstance(found, ModuleObject) or depth > 12:
        return False
    if isinstance(found.cls, External) and _owns(found, found.cls.qualname):
        return True
    if any(isinstance(value, Tensor) and _is_parameter(heap, value) for value in found.attrs.values()):
        return True
    alike = () if found.element is None else (found.element,)
    below = (*found.attrs.values(), *(child for _, child in found.children or ()), *alike)
    return any(is_trained(heap, value, depth + 1) for value in below)


def _owns(found: ModuleObject, qualname: str) -> bool:
    """Whether a torch layer has parameters of its own that nothing has frozen."""
    op = torchapi.layer(qualname)
    if op is None or not op.parametric or op.kind == "container" or "frozen" in found.args:
        return False
    return all(found.args.get(flag, _TRUE) == _TRUE for flag in ("affine", "elementwise_affine"))


def _is_parameter(heap: Heap, tensor: Tensor) -> bool:
    """Whether a tensor is a leaf that requires grad, and none of what became of it is not."""
    storage = heap.get(tensor.root)
    later = [new for _, new in storage.newer] if isinstance(storage, StorageObject) else []
    return all(each.leaf and each.needs_grad is True for each in (tensor, *later))


def has_parameters(heap: Heap, module: Value, depth: int = 0) -> bool:
    """Whether a module certainly has parameters, frozen ones included, its own or those of modules below it."""
    found = heap.get(module.ref) if isinstance(module, Module) else None
    if not isinstance(found, ModuleObject) or depth > 12:
        return False
    op = torchapi.layer(found.cls.qualname) if isinstance(found.cls, External) else None
    if op is not None and op.parametric and op.kind != "container":
        flags = (found.args.get(flag, _TRUE) for flag in ("affine", "elementwise_affine"))
        if all(flag == _TRUE for flag in flags):
            return True
    if any(isinstance(value, Tensor) and value.owner == "parameter" for value in found.attrs.values()):
        return True
    below = (*found.attrs.values(), *(child for _, child in found.children or ()))
    return any(has_parameters(heap, value, depth + 1) for value in below)


def has_state(heap: Heap, module: Value, depth: int = 0) -> bool:
    """Whether a module may have entries in `state_dict()`."""
    found = heap.get(module.ref) if isinstance(module, Module) else None
    if not isinstance(found, ModuleObject) or found.children is None or depth > 12:
        return True
    if not isinstance(found.cls, External) or found.attrs:
        return True
    op = torchapi.layer(found.cls.qualname)
    if op is None or (op.parametric and op.kind != "container"):
        return True
    return any(has_state(heap, child, depth + 1) for _, child in found.children)
