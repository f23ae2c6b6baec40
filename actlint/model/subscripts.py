"""What subscripts give and change: of sequences, dicts, containers of modules and tensors."""

from __future__ import annotations

from actlint.facts import Collection, Expr, Site, Slice, Subscript
from actlint.facts import Constant as Literal_
from actlint.model import attributes, calls, expressions, layers, mappings, stale, tensors
from actlint.model.events import Store
from actlint.model.machine import Machine
from actlint.model.sequences import choices, element, elements, one_of, one_of_many
from actlint.model.state import MAX_OPTIONS, DictObject, ListObject, ModuleObject, make_join
from actlint.model.values import (
    Class,
    Computed,
    Constant,
    DictRef,
    External,
    Instance,
    Iterator,
    Join,
    ListRef,
    Module,
    Symbol,
    Tensor,
    Test,
    Tuple,
    Unknown,
    Value,
    computed,
)


def item(m: Machine, receiver: Value, node: Subscript, site: Site) -> Value:
    """`receiver[index]`."""
    value = _item(m, receiver, node, site)
    if m.overwritten and isinstance(value, Tensor) and not isinstance(receiver, (Tensor, Symbol, Join)):
        stale.read(m, site, "[]", value)
        return m.current(value)
    return value


def _item(m: Machine, receiver: Value, node: Subscript, site: Site) -> Value:
    if isinstance(receiver, Join):
        return attributes.distribute(m, receiver, lambda option: item(m, option, node, site))
    if isinstance(receiver, Symbol) and receiver.role == "argument" and _indexes_tensor(m, receiver, node.index):
        receiver = tensors.of_symbol(m, receiver)
    if isinstance(receiver, Tensor):
        return tensors.index(m, receiver, node, site)
    if isinstance(node.index, Slice):
        if type(receiver) is Computed:
            bounds = expressions.evaluate(m, node.index)
            return computed("slice", receiver, bounds)
        return _sliced(m, receiver, node.index)
    index = expressions.evaluate(m, node.index)
    match receiver:
        case Tuple() | ListRef() | Module() if isinstance(index, Constant):
            return _at(m, receiver, index.value)
        case DictRef(ref=ref):
            return entry(m, ref, index)
        case Symbol(key=key, label=label, role=role) if isinstance(index, Constant):
            part = Symbol(f"{key}[{index.value!r}]", f"{label}[{index.value!r}]", role)
            known = m.symbols.get(part.key)
            # taken again after it was overwritten, it is what it is by then
            return part if known is None or m.current(known) == known else tensors.of_symbol(m, part)
        case Symbol(role="argument"):
            return tensors.some_of(m, receiver)
        case Constant(value=str(text)) if isinstance(index, Constant) and isinstance(index.value, int):
            return Constant(text[index.value]) if -len(text) <= index.value < len(text) else Unknown("index error")
        case Computed():
            return computed("item", receiver, index)
        case Iterator():
            return tensors.part(m, receiver, None)
        case Tuple() | ListRef() | Module():
            return element(m, receiver)
        case Instance():
            found = mappings.item(m, receiver, index, site)
            if found is None and isinstance(index, Constant) and elements(m, receiver) is not None:
                return _at(m, receiver, index.value)
            return found or Unknown("item")
        case _:
            return receiver if isinstance(receiver, Unknown) else Unknown("item")


def _indexes_tensor(m: Machine, receiver: Symbol, index: Expr) -> bool:
    """Whether only a tensor is indexed like that: with several indices, or `...`, or None; or it was used as one."""
    several = isinstance(index, Collection) and index.kind == "tuple"
    special = isinstance(index, Literal_) and (index.value is ... or index.value is None)
    return several or special or receiver.key in m.symbols


def _at(m: Machine, receiver: Value, index: object) -> Value:
    if isinstance(receiver, Module):
        module = m.state.heap[receiver.ref]
        assert isinstance(module, ModuleObject)
        if isinstance(index, str) and module.children is not None:
            return dict(module.children).get(index, Unknown("item of a container"))
    items = elements(m, receiver)
    if items is None:
        return element(m, receiver)
    if not isinstance(index, int) or not -len(items) <= index < len(items):
        return Unknown("item of a sequence")
    return items[index]


def entry(m: Machine, ref: int, index: Value) -> Value:
    """The entry of a dict in the heap. Under a key that is not known it is any of them."""
    entries = m.state.heap[ref]
    assert isinstance(entries, DictObject)
    if isinstance(index, Join):
        return attributes.distribute(m, index, lambda option: entry(m, ref, option))
    if isinstance(index, Constant):
        return entries.items.get(index.value, _NO_ENTRY)
    if isinstance(index, (External, Class)):
        return entries.items.get(index, _NO_ENTRY)
    if not entries.items:
        return _NO_ENTRY
    if not entries.complete:
        return one_of_many(m, (*entries.items.values(), _NO_ENTRY), _NO_ENTRY)
    if isinstance(index, Symbol) and len(entries.items) <= MAX_OPTIONS:
        chosen = [
            ((Test(f"{index.key}\0== {key!r}", True, f"{index.label} == {key!r}"),), value)
            for key, value in entries.items.items()
        ]
        return make_join(list(chosen), m.merge)
    return one_of_many(m, tuple(entries.items.values()), _NO_ENTRY)


_NO_ENTRY = Unknown("entry of a dict")


def _sliced(m: Machine, receiver: Value, node: Slice) -> Value:
    bounds: list[int | None] = []
    for part in (node.lower, node.upper, node.step):
        value = expressions.evaluate(m, part) if part is not None else Constant(None)
        if not isinstance(value, Constant) or not (value.value is None or isinstance(value.value, int)):
            bounds = []
            break
        bounds.append(value.value)
    items = elements(m, receiver)
    if not bounds or items is None or bounds[2] == 0:
        return _some_of(m, receiver)
    chosen = slice(*bounds)
    match receiver:
        case Tuple():
            return Tuple(items[chosen])
        case ListRef():
            return ListRef(m.allocate(ListObject(items[chosen])))
        case Constant(value=str(text)):
            return Constant(text[chosen])
        case Module(ref=ref):
            module = m.state.heap[ref]
            assert isinstance(module, ModuleObject) and module.children is not None
            kept = tuple((str(i), child) for i, (_, child) in enumerate(module.children[chosen]))
            return Module(m.allocate(ModuleObject(module.cls, module.site, {}, {}, kept)))
        case _:
            return Unknown("slice")


def _some_of(m: Machine, receiver: Value) -> Value:
    """A slice with bounds that are not known, or of a sequence that is not known."""
    found = choices(m, receiver)
    match receiver:
        case Iterator():
            return receiver
        case Symbol(role="argument"):
            return Symbol(f"{receiver.key}[:#{m.number()}]", f"{receiver.label}[…]", "argument")
        case ListRef() if found:
            return ListRef(m.allocate(ListObject(found, False, alike=True)))
        case Tuple() if found:
            return Iterator(one_of(m, found))
        case Module(ref=ref) if found:
            module = m.state.heap[ref]
            assert isinstance(module, ModuleObject)
            some = ModuleObject(module.cls, module.site, {}, {}, None, element=one_of(m, found))
            return Module(m.allocate(some))
        case _:
            return receiver if isinstance(receiver, Unknown) else Unknown("slice")


def store_item(m: Machine, receiver: Value, node: Subscript, value: Value, site: Site) -> None:
    """`receiver[index] = value`."""
    if isinstance(receiver, Symbol) and receiver.role == "argument" and receiver.key in m.symbols:
        receiver = tensors.of_symbol(m, receiver)
    if isinstance(receiver, Tensor):
        if not isinstance(node.index, (Slice, Collection)):
            expressions.evaluate(m, node.index)
        tensors.write_item(m, receiver, value, site)
        return
    index = expressions.evaluate(m, node.index)
    m.record(Store(m.where(site), "item", receiver, "", value))
    match receiver:
        case DictRef(ref=ref):
            store_entry(m, ref, index, value)
        case Instance():
            mappings.store_item(m, receiver, index, value, site)
        case ListRef(ref=ref):
            found = m.state.heap[ref]
            assert isinstance(found, ListObject)
            if isinstance(index, Constant) and isinstance(index.value, int) and found.complete:
                position = index.value
                if -len(found.items) <= position < len(found.items):
                    items = list(found.items)
                    items[position] = value
                    m.state.heap[ref] = ListObject(tuple(items), True, found.kind)
                    return
            alike = found.complete or found.alike
            m.state.heap[ref] = ListObject((*found.items, value) if alike else (), False, found.kind, alike)
        case Module(ref=ref):
            module = m.state.heap[ref]
            assert isinstance(module, ModuleObject)
            m.state.heap[ref] = _container_item(m, module, index, value)
        case _:
            pass


def store_entry(m: Machine, ref: int, index: Value, value: Value) -> None:
    """The entry of a dict in the heap is set."""
    entries = m.state.heap[ref]
    assert isinstance(entries, DictObject)
    if isinstance(index, Constant) and not m.blurred:
        m.state.heap[ref] = DictObject({**entries.items, index.value: value}, entries.complete)
    else:
        key = index.value if isinstance(index, Constant) else index
        m.state.heap[ref] = DictObject({**entries.items, key: value}, False)


def _container_item(m: Machine, module: ModuleObject, index: Value, value: Value) -> ModuleObject:
    """`container[index] = value` of Sequential, ModuleList and ModuleDict."""
    if module.children is None or not isinstance(index, Constant):
        return layers.grown(m, module, value)
    names = [name for name, _ in module.children]
    wanted = index.value
    if isinstance(wanted, int) and -len(names) <= wanted < len(names):
        wanted = names[wanted]
    if not isinstance(wanted, str):
        return layers.grown(m, module, value)
    entries = dict(module.children)
    entries[wanted] = value
    return calls.replaced(module, children=tuple(entries.items()))
