"""Which tensors and layers are trained: what owns parameters, what freezes them, what `.parameters()` goes over.

A leaf's flag is part of the tensor, and a layer's weights are trained unless something may have frozen, replaced or
omitted them; where that is not certain the answer is None.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from actlint.model.events import Argument
from actlint.model.machine import Machine
from actlint.model.state import DictObject, InstanceObject, ListObject, ModuleObject, StorageObject, options
from actlint.model.values import (
    Constant,
    DictRef,
    External,
    Instance,
    ListRef,
    Module,
    Tensor,
    Tuple,
    Value,
)

_FROZEN = "frozen"
_ALL = "parameters:"
_ONE = "parameter:"


def trained(m: Machine, module: ModuleObject) -> bool | None:
    """Whether a torch layer's own parameters require grad: False where it has none, None where that is not certain."""
    for flag in ("affine", "elementwise_affine"):
        value = module.args.get(flag)
        if isinstance(value, Constant):
            if not value.value:
                return False
        elif value is not None:
            return None
    if module.open or _FROZEN in module.args or module.args.get("_freeze", Constant(False)) != Constant(False):
        return None
    own = module.attrs.get("weight")
    if own is not None:
        return True if isinstance(own, Tensor) and m.current(own).needs_grad is True else None
    return True


def flagged(m: Machine, tensor: Tensor, flag: bool | None) -> Tensor:
    """The tensor once its `requires_grad` is `flag`; its names denote that from here on."""
    leaf = tensor.leaf or tensor.needs_grad is False  # what needs no grad is a leaf
    result = replace(tensor, number=m.number(), needs_grad=flag, leaf=leaf)
    storage = m.state.heap.get(tensor.root)
    if isinstance(storage, StorageObject):
        newer = tuple(entry for entry in storage.newer if entry[0] != tensor)
        m.state.heap[tensor.root] = replace(storage, newer=(*newer, (tensor, result)))
    return result


def assigned(m: Machine, receiver: Value, value: Value) -> None:
    """`receiver.requires_grad = value`."""
    flag = bool(value.value) if isinstance(value, Constant) else None
    for _, option in options(receiver):
        match option:
            case Tensor(owner="parameters"):
                flagged(m, option, flag)
                freeze(m, _layer_of(m, option, _ALL), None)
            case Tensor():
                flagged(m, option, flag)
                if option.owner:
                    freeze(m, _layer_of(m, option, _ONE), None if flag is not True else True)
            case Module():
                pass  # an attribute of that name, which torch does not look at
            case _ if flag is not True:
                for ref in list(m.state.heap):
                    freeze(m, Module(ref), None)
            case _:
                pass


def _layer_of(m: Machine, tensor: Tensor, prefix: str) -> Value | None:
    """The module whose parameters a tensor stands for."""
    for key, known in m.symbols.items():
        if known.root == tensor.root and key.startswith(prefix):
            return Module(int(key.split(":")[1]))
    return None


def freeze(m: Machine, value: Value | None, flag: bool | None) -> None:
    """All parameters below a module require grad (`flag` True), or may not."""
    for key in [key for key in m.symbols if key.startswith(_ALL)]:
        del m.symbols[key]  # what a loop over them goes over from here on is another tensor
    for module in list(below(m, value)):
        for key, known in list(m.symbols.items()) if flag is not True else ():
            if key.startswith(f"{_ONE}{module.ref}:"):
                flagged(m, m.current(known), None)
        found = m.state.heap[module.ref]
        assert isinstance(found, ModuleObject)
        if isinstance(found.cls, External):
            args = {key: arg for key, arg in found.args.items() if key != _FROZEN}
            if flag is not True:
                args[_FROZEN] = Constant(True)
            m.state.heap[module.ref] = replace(found, args=args)
        for own in found.attrs.values():
            if isinstance(own, Tensor) and own.leaf:
                flagged(m, m.current(own), flag)


def below(m: Machine, value: Value | None) -> Iterator[Module]:
    """The module and all that it reaches through attributes and containers."""
    queue: list[Value | None] = [value]
    seen: set[int] = set()
    while queue:
        current = queue.pop()
        match current:
            case Module(ref=ref) | Instance(ref=ref) | ListRef(ref=ref) | DictRef(ref=ref):
                if ref in seen:
                    continue
                seen.add(ref)
                found = m.state.heap.get(ref)
                match found:
                    case ModuleObject(attrs=attrs, children=children):
                        yield Module(ref)
                        queue.extend(attrs.values())
                        queue.extend(child for _, child in children or ())
                    case InstanceObject(attrs=attrs):
                        queue.extend(attrs.values())
                    case ListObject(items=items):
                        queue.extend(items)
                    case DictObject(items=entries):
                        queue.extend(entries.values())
                    case _:
                        pass
            case Tuple(items=items):
                queue.extend(items)
            case _:
                queue.extend(option for _, option in options(current) if option is not current) if current else None


def parameters(m: Machine, module: Module) -> Tensor:
    """What a loop over `module.parameters()` gets: leaves, of which at least one requires grad if that is certain."""
    key = f"{_ALL}{module.ref}"
    known = m.symbols.get(key)
    if known is not None and known.root in m.state.heap:
        return known
    some = any(_owns(m, inner) for inner in below(m, module))
    tensor = m.fresh(len(m.trace.events), True if some else None, leaf=True, owner="parameters")
    m.record(Argument(m.where(m.site(0)), "parameters", tensor))
    m.symbols[key] = tensor
    return tensor


def _owns(m: Machine, module: Module) -> bool:
    """Whether a module itself has a parameter that certainly requires grad."""
    from actlint import torchapi

    found = m.state.heap[module.ref]
    assert isinstance(found, ModuleObject)
    for own in found.attrs.values():
        if isinstance(own, Tensor) and own.leaf and m.current(own).needs_grad is True:
            return True
    op = torchapi.layer(found.cls.qualname) if isinstance(found.cls, External) else None
    return op is not None and op.parametric and trained(m, found) is True
