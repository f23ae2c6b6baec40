"""Calls of what Python, its standard library and torch give: builtins, methods of lists and strings, constructors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

from actlint import torchapi
from actlint.facts import Call, Name, Site
from actlint.model import (
    attributes,
    autograd,
    callbacks,
    calls,
    class_tests,
    classes,
    expressions,
    layers,
    stale,
    statements,
    tensors,
)
from actlint.model.args import Args
from actlint.model.events import Argument
from actlint.model.events import Call as CallEvent
from actlint.model.machine import UNROLL, Machine
from actlint.model.sequences import NAMED_TUPLE, choices, element, elements, length, one_of, pads, text_value
from actlint.model.state import (
    DictObject,
    InstanceObject,
    ListObject,
    StorageObject,
    make_join,
    options,
)
from actlint.model.truth import truth
from actlint.model.values import (
    NONE,
    Class,
    Computed,
    Constant,
    DictRef,
    External,
    ForeignMethod,
    Function,
    Instance,
    Iterator,
    Join,
    ListRef,
    Method,
    Module,
    Partial,
    Super,
    Symbol,
    Tensor,
    Test,
    Tuple,
    Unknown,
    Unset,
    Value,
    computed,
)


def special_form(m: Machine, callee: Value, node: Call) -> Value | None:
    """Calls that need the frame rather than their arguments: `super()`, `locals()`."""
    if not isinstance(callee, External) or not isinstance(node.func, Name):
        return None
    if callee.qualname == "builtins.super":
        return _super(m, node)
    if callee.qualname in ("builtins.locals", "builtins.vars") and not node.args:
        return Unknown("locals()")
    return None


def _super(m: Machine, node: Call) -> Value:
    frame = next((f for f in reversed(m.stack) if f.owner is not None and f.receiver is not None), None)
    if len(node.args) == 2:
        cls = expressions.evaluate(m, node.args[0].value)
        receiver = expressions.evaluate(m, node.args[1].value)
        return Super(cls, receiver) if isinstance(cls, Class) else Unknown("super() of a class that is not followed")
    if frame is None or frame.owner is None or frame.receiver is None or node.args:
        return Unknown("super() outside of a method")
    return Super(frame.owner, frame.receiver)


# --------------------------------------------------------------------------------------------------------- constructors


def call_external(m: Machine, callee: External, args: Args, site: Site, discarded: bool) -> Value:
    """Call something outside the project by its qualified name."""
    qualname = torchapi.canonical(callee.qualname)
    handler = _HANDLERS.get(qualname)
    if handler is not None:
        result = handler(m, args, site)
        return result if result is not None else calls.unknown_call(m, callee, args, site, f"call of {qualname}")
    if qualname.endswith(".__init__") and args.positional and isinstance(args.positional[0], (Module, Instance)):
        return _explicit_init(m, qualname, args, site)
    if torchapi.is_module_class(qualname):
        return layers.construct(m, qualname, args, site)
    op = torchapi.function(qualname)
    if op is not None and op.kind not in ("control", "container"):
        bound = tensors.bind(op, args.positional, args.keywords)
        if not args.complete:
            tensors.bind_sizes(op, args, bound)
        return tensors.apply(m, op, bound, site, External(qualname), None, discarded)
    if qualname.startswith("torch.Tensor.") and args.positional:
        return call_method(
            m, args.positional[0], qualname[13:], Args(args.positional[1:], args.keywords), site, discarded
        )
    if qualname in statements.GRAD_SET:  # at once, whether a `with` statement follows or not
        mode = args.get(0, "mode")
        m.state.grad = mode.value if isinstance(mode, Constant) and isinstance(mode.value, bool) else None
    callbacks.run_handed_over(m, qualname, args, site)
    if qualname.rpartition(".")[2][:1].isupper() or qualname in _CONTEXTS:
        return _foreign_object(m, callee, args, site)
    if qualname.startswith("torch.nn.init."):
        return args.positional[0] if args.positional else Unknown("init")
    return calls.unknown_call(m, callee, args, site, f"call of {qualname}")


_CONTEXTS = frozenset(
    {
        "torch.no_grad",
        "torch.enable_grad",
        "torch.inference_mode",
        "torch.set_grad_enabled",
        "torch.autograd.no_grad",
        "torch.autograd.enable_grad",
        "torch.autograd.inference_mode",
        "torch.autograd.set_grad_enabled",
        "torch.autocast",
        "torch.amp.autocast",
        "torch.cuda.amp.autocast",
        "contextlib.suppress",
        "contextlib.nullcontext",
        "pytest.raises",
    }
)


def _foreign_object(m: Machine, callee: External, args: Args, site: Site) -> Value:
    """An instance of a class that is not followed; what it is given may be changed by it."""
    found = InstanceObject(callee, site, dict(args.named()), {}, f"instance of {callee.qualname}")
    calls.escape(m, args.all(), f"call of {callee.qualname}", site)
    value = Instance(m.allocate(found))
    m.record(CallEvent(m.where(site), callee, None, None, args.named(), value, False, False))
    return value


def _explicit_init(m: Machine, qualname: str, args: Args, site: Site) -> Value:
    """`nn.Module.__init__(self)`."""
    receiver = args.positional[0]
    assert isinstance(receiver, (Module, Instance))
    calls.foreign_init(m, receiver, Args(args.positional[1:], args.keywords, args.complete), site)
    return NONE


# -------------------------------------------------------------------------------------------------------------- methods


def call_method(m: Machine, receiver: Value, name: str, args: Args, site: Site, discarded: bool) -> Value:
    """Call method `name` of a value whose class is not in the project."""
    match receiver:
        case Tensor():
            return _tensor_method(m, receiver, name, args, site, discarded)
        case Symbol(role="argument") if name in ("items", "keys"):  # of a dict
            key = Unknown("key", True)
            return Iterator(key if name == "keys" else Tuple((key, tensors.some_of(m, receiver))))
        case Symbol(role="argument"):
            return _tensor_method(m, tensors.of_symbol(m, receiver), name, args, site, discarded)
        case Module():
            return layers.module_method(m, receiver, name, args, site, discarded)
        case ListRef():
            return _list_method(m, receiver, name, args, site)
        case DictRef():
            return _dict_method(m, receiver, name, args, site)
        case Constant(value=str(text)):
            return _string_method(m, text, name, args)
        case Tuple() if name in ("index", "count"):
            return Unknown(f"tuple.{name}")
        case Class() if name == "apply":
            return _apply_function(m, receiver, args, site)
        case Instance() if name == "super.__init__" or name == "__init__":
            return NONE
        case _:
            found = m.state.heap[receiver.ref] if isinstance(receiver, Instance) else None
            if isinstance(found, InstanceObject) and isinstance(found.cls, External):
                callbacks.run_handed_over(m, f"{found.cls.qualname}.{name}", args, site)
            calls.forget(m, receiver, f"{name}()")
            return calls.unknown_call(m, ForeignMethod(receiver, name), args, site, f"call of method {name}")


def _apply_function(m: Machine, cls: Class, args: Args, site: Site) -> Value:
    """`Function.apply(…)`: its `forward` without gradients. What it gives is another tensor, of whose backward nothing
    is known; it may share memory with what was given.
    """
    method = classes.find_method(m, cls, "forward")
    if not isinstance(method, Function):
        return calls.unknown_call(m, ForeignMethod(cls, "apply"), args, site, "call of an autograd function")
    two_steps = isinstance(classes.find_method(m, cls, "setup_context"), Function)
    first = [] if two_steps else [Unknown("context of an autograd function")]
    grad = m.state.grad
    m.state.grad = False
    result = calls.invoke(m, method, Args([*first, *args.positional], args.keywords, args.complete), site)
    m.state.grad = grad
    return _from_backward(_recomputed(m, result))


def _from_backward(value: Value) -> Value:
    """What an autograd function gives is no leaf, and needs gradients as its inputs do."""
    match value:
        case Tensor():
            return replace(value, needs_grad=None, leaf=False)
        case Tuple(items=items):
            return Tuple(tuple(map(_from_backward, items)))
        case _:
            return value


def _tensor_method(m: Machine, receiver: Tensor, name: str, args: Args, site: Site, discarded: bool) -> Value:
    op = torchapi.method(name)
    if op is None:
        return calls.unknown_call(m, ForeignMethod(receiver, name), args, site, f"tensor method {name}")
    bound: dict[str, Value] = {"input": receiver, **tensors.bind(op, args.positional, args.keywords)}
    if not args.complete:
        tensors.bind_sizes(op, args, bound)
    return tensors.apply(m, op, bound, site, ForeignMethod(receiver, name), None, discarded)


def _list_method(m: Machine, receiver: ListRef, name: str, args: Args, site: Site) -> Value:
    found = m.state.heap[receiver.ref]
    assert isinstance(found, ListObject)
    first = args.positional[0] if args.positional else None
    known = found.complete and args.complete and not m.blurred
    items = found.items
    match name:
        case "append" | "add" if first is not None:
            if known and len(items) < 4 * UNROLL:
                m.state.heap[receiver.ref] = ListObject((*items, first), True, found.kind)
            else:
                alike = (found.complete or found.alike) and args.complete and len(items) <= UNROLL
                m.state.heap[receiver.ref] = ListObject((*items[:UNROLL], first), False, found.kind, alike)
            m.record(
                CallEvent(m.where(site), ForeignMethod(receiver, name), None, None, args.named(), NONE, False, True)
            )
            return NONE
        case "extend" if first is not None:
            calls.extend_list(m, receiver, first)
            return NONE
        case "insert" if (
            known and isinstance(first, Constant) and isinstance(first.value, int) and len(args.positional) == 2
        ):
            changed = list(items)
            changed.insert(first.value, args.positional[1])
            m.state.heap[receiver.ref] = ListObject(tuple(changed), True, found.kind)
            return NONE
        case "reverse" if known:
            m.state.heap[receiver.ref] = ListObject(items[::-1], True, found.kind)
            return NONE
        case "pop" if known and items:
            position = first.value if isinstance(first, Constant) else -1 if first is None else None
            if isinstance(position, int) and -len(items) <= position < len(items):
                changed = list(items)
                value = changed.pop(position)
                m.state.heap[receiver.ref] = ListObject(tuple(changed), True, found.kind)
                return value
        case "pop" if choices(m, receiver):
            stale.partly(m, (receiver,), site)
            m.state.heap[receiver.ref] = ListObject(items, False, found.kind, True)
            return one_of(m, items)
        case "insert" if choices(m, receiver) and args.complete and len(args.positional) == 2:
            m.state.heap[receiver.ref] = ListObject((*items, args.positional[1]), False, found.kind, True)
            return NONE
        case "sort" | "reverse":
            alike = found.complete or found.alike
            m.state.heap[receiver.ref] = ListObject(items, False, found.kind, alike)
            return NONE
        case "copy":
            return ListRef(m.allocate(found))
        case "clear":
            m.state.heap[receiver.ref] = ListObject((), True, found.kind)
            return NONE
        case "index" | "count" | "__len__" | "__contains__":
            return Unknown(f"list.{name}")
        case _:
            pass
    m.state.heap[receiver.ref] = ListObject((), False, found.kind)
    return Unknown(f"list.{name}")


def _dict_method(m: Machine, receiver: DictRef, name: str, args: Args, site: Site) -> Value:
    entries = m.state.heap[receiver.ref]
    assert isinstance(entries, DictObject)
    key = args.positional[0] if args.positional else None
    items = entries.items
    match name:
        case "get" | "pop" | "setdefault":
            return _dict_lookup(m, receiver, entries, name, key, args)
        case "keys":
            return Tuple(_keys(items)) if entries.complete else Iterator(Unknown("key"))
        case "values":
            return Tuple(tuple(items.values())) if entries.complete else Iterator(Unknown("value"))
        case "items":
            if entries.complete:
                return Tuple(tuple(Tuple(pair) for pair in zip(_keys(items), items.values(), strict=True)))
            return Iterator(Unknown("item"))
        case "copy":
            return DictRef(m.allocate(entries))
        case "update":
            other = m.state.heap[key.ref] if isinstance(key, DictRef) else None
            merged = dict(items)
            known = entries.complete and args.complete and not m.blurred
            if isinstance(other, DictObject):
                merged.update(other.items)
                known = known and other.complete
            elif key is not None:
                known = False
            merged.update(args.keywords)
            m.state.heap[receiver.ref] = DictObject(merged if known else {}, known)
            return NONE
        case _:
            m.state.heap[receiver.ref] = DictObject(items, False)
            return Unknown(f"dict.{name}")


def _keys(items: dict[object, Value]) -> tuple[Value, ...]:
    return tuple(key if isinstance(key, (External, Class)) else Constant(key) for key in items)


def _dict_lookup(m: Machine, receiver: DictRef, entries: DictObject, name: str, key: Value | None, args: Args) -> Value:
    wanted: object = key.value if isinstance(key, Constant) else key
    known = isinstance(key, (Constant, External, Class))
    default = args.get(1, "default") or (NONE if name == "get" else None)
    if known and wanted in entries.items:
        value = entries.items[wanted]
        if name == "pop":
            rest = {k: v for k, v in entries.items.items() if k != wanted}
            m.state.heap[receiver.ref] = DictObject(rest, entries.complete and not m.blurred)
        return value
    if known and entries.complete:
        if name == "setdefault" and default is not None:
            m.state.heap[receiver.ref] = DictObject({**entries.items, wanted: default}, not m.blurred)
        return default if default is not None else Unknown("missing key")
    if name != "get":
        m.state.heap[receiver.ref] = DictObject(entries.items, False)
    return Unknown("entry of a dict")


_STRING: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "strip": str.strip,
    "title": str.title,
    "capitalize": str.capitalize,
}


def _string_method(m: Machine, text: str, name: str, args: Args) -> Value:
    function = _STRING.get(name)
    if function is not None and not args.all():
        return Constant(function(text))
    constant = args.complete and all(isinstance(value, Constant) for value in args.all())
    if name == "format" and constant and not pads(text):
        positional = [value.value for value in args.positional if isinstance(value, Constant)]
        keywords = {key: value.value for key, value in args.keywords.items() if isinstance(value, Constant)}
        try:
            return text_value(text.format(*positional, **keywords))
        except (IndexError, KeyError, ValueError, AttributeError, TypeError):
            return Unknown("string formatting")
    if name == "replace" and constant and len(args.positional) == 2 and not args.keywords:
        old, new = (value.value for value in args.positional if isinstance(value, Constant))
        if isinstance(old, str) and isinstance(new, str) and len(new) <= len(old):
            return Constant(text.replace(old, new))
    if name in ("startswith", "endswith") and len(args.positional) == 1 and isinstance(args.positional[0], Constant):
        wanted = args.positional[0].value
        if isinstance(wanted, str):
            return Constant(text.startswith(wanted) if name == "startswith" else text.endswith(wanted))
    if name == "split" and all(isinstance(value, Constant) and isinstance(value.value, str) for value in args.all()):
        separator = args.get(0, "sep")
        wanted = separator.value if isinstance(separator, Constant) else None
        if len(args.all()) <= 1 and wanted != "" and (wanted is None or isinstance(wanted, str)):
            parts = text.split(wanted)
            return ListRef(m.allocate(ListObject(tuple(Constant(part) for part in parts))))
    return Unknown(f"str.{name}")


# ------------------------------------------------------------------------------------------------------------- builtins


def _range(m: Machine, args: Args, site: Site) -> Value:
    bounds = [value.value for value in args.positional if isinstance(value, Constant) and isinstance(value.value, int)]
    if args.complete and 0 < len(bounds) == len(args.positional) and not (len(bounds) == 3 and bounds[2] == 0):
        numbers = range(*bounds)
        if len(numbers) <= UNROLL:
            return Tuple(tuple(Constant(number) for number in numbers))
    return Iterator(Unknown("number of a range", True))


def _enumerate(m: Machine, args: Args, site: Site) -> Value:
    items = elements(m, args.positional[0]) if args.positional else None
    start = args.get(1, "start")
    first = (
        start.value if isinstance(start, Constant) and isinstance(start.value, int) else 0 if start is None else None
    )
    if items is None or first is None:
        from actlint.model.statements import element_of

        stale.partly(m, args.positional[:1], site)
        return Iterator(
            Tuple((Unknown("index", True), element_of(m, args.positional[0]) if args.positional else Unknown("item")))
        )
    return Tuple(tuple(Tuple((Constant(first + i), item)) for i, item in enumerate(items)))


def _zip(m: Machine, args: Args, site: Site) -> Value:
    from actlint.model.statements import element_of

    columns = [elements(m, value) for value in args.positional]
    if not args.complete:
        return Iterator(Unknown("zip"))
    if any(column is None for column in columns):
        stale.partly(m, args.positional, site)
        return Iterator(Tuple(tuple(element_of(m, value) for value in args.positional)))
    return Tuple(tuple(Tuple(row) for row in zip(*(column or () for column in columns), strict=False)))


def _pairwise(m: Machine, args: Args, site: Site) -> Value:
    items = elements(m, args.positional[0]) if args.positional else None
    if items is None:
        return Iterator(Tuple((Unknown("item"), Unknown("item"))))
    return Tuple(tuple(Tuple(pair) for pair in zip(items, items[1:], strict=False)))


def _reversed(m: Machine, args: Args, site: Site) -> Value:
    items = elements(m, args.positional[0]) if args.positional else None
    if items is not None:
        return Tuple(items[::-1])
    stale.partly(m, args.positional, site)
    return Iterator(element(m, args.positional[0]) if args.positional else Unknown("reversed"))


def _list(m: Machine, args: Args, site: Site) -> Value:
    if not args.positional:
        return ListRef(m.allocate(ListObject((), args.complete)))
    items = elements(m, args.positional[0])
    found = items if items is not None else choices(m, args.positional[0]) or _parts(m, args.positional[0])
    return ListRef(m.allocate(ListObject(found, items is not None, alike=items is None and bool(found))))


def _parts(m: Machine, value: Value) -> tuple[Value, ...]:
    """What each element of a tensor, or of an argument, looks like."""
    from actlint.model.statements import element_of

    part = element_of(m, value) if isinstance(value, (Tensor, Symbol)) else Unknown("element")
    return () if isinstance(part, Unknown) else (part,)


def _tuple(m: Machine, args: Args, site: Site) -> Value:
    items = elements(m, args.positional[0]) if args.positional else ()
    if items is None:
        value = args.positional[0]
        return value if isinstance(value, Iterator) else Iterator(element(m, value))
    return Tuple(items)


def _dict(m: Machine, args: Args, site: Site) -> Value:
    items: dict[object, Value] = {}
    complete = args.complete
    for value in args.positional:
        entries = m.state.heap[value.ref] if isinstance(value, DictRef) else None
        pairs = None if isinstance(entries, DictObject) else elements(m, value)
        if isinstance(entries, DictObject):
            items.update(entries.items)
            complete = complete and entries.complete
        else:
            complete = complete and pairs is not None
            for pair in pairs if pairs is not None else choices(m, value):
                inner = elements(m, pair)
                known = inner is not None and len(inner) == 2 and isinstance(inner[0], Constant)
                complete = complete and known
                if inner is not None and len(inner) == 2:
                    items[inner[0].value if isinstance(inner[0], Constant) else inner[0]] = inner[1]
    items.update(args.keywords)
    return DictRef(m.allocate(DictObject(items, complete)))


def _replace(m: Machine, args: Args, site: Site) -> Value | None:
    """`dataclasses.replace(object, **changes)`: another object with some fields changed."""
    value = args.positional[0] if len(args.positional) == 1 else NONE
    found = m.state.heap[value.ref] if isinstance(value, Instance) else None
    if not isinstance(found, InstanceObject) or not args.complete:
        return None
    return Instance(m.allocate(replace(found, attrs={**found.attrs, **args.keywords})))


def _repeat(m: Machine, args: Args, site: Site) -> Value | None:
    """`itertools.repeat(value, times)`."""
    times = args.get(1, "times")
    if not args.positional or not args.complete:
        return None
    if isinstance(times, Constant) and type(times.value) is int and times.value <= UNROLL:
        return Tuple((args.positional[0],) * times.value)
    return Iterator(args.positional[0])


def _limits(m: Machine, args: Args, site: Site) -> Value:
    return Unknown("limits of a type of number", True)


def _named_tuple(m: Machine, args: Args, site: Site) -> Value | None:
    """A class with fields: what is called with all of them is an object that unpacks to them."""
    fields = args.get(1, "field_names")
    text = fields.value if isinstance(fields, Constant) else None
    names = text.replace(",", " ").split() if isinstance(text, str) else None
    if names is None and (items := elements(m, fields) if fields is not None else None) is not None:
        names = [str(item.value) for item in items if isinstance(item, Constant)]
        names = names if len(names) == len(items) else None
    return None if names is None else Partial(NAMED_TUPLE, (Tuple(tuple(map(Constant, names))),), ())


def _made_of_fields(m: Machine, args: Args, site: Site) -> Value | None:
    fields = [str(field.value) for field in elements(m, args.positional[0]) or () if isinstance(field, Constant)]
    given = {**dict(zip(fields, args.positional[1:], strict=False)), **args.keywords}
    if not args.complete or len(args.positional) - 1 + len(args.keywords) != len(fields) or set(given) != set(fields):
        return None
    return Instance(m.allocate(InstanceObject(NAMED_TUPLE, site, {}, {field: given[field] for field in fields})))


def _flattened(m: Machine, args: Args, site: Site) -> Value | None:
    """`tree_flatten(tree)`: the leaves, which are in the tree somewhere, and a specification."""
    if not args.positional:
        return None
    leaves = list(_leaves(m, args.positional[0], 3))
    element_ = one_of(m, tuple(leaves)) if leaves else Unknown("leaf of a tree")
    return Tuple((Iterator(element_), Unknown("specification of a tree", True)))


def _leaves(m: Machine, value: Value, depth: int) -> Iterable[Value]:
    from actlint.model.statements import element_of

    entries = m.state.heap[value.ref] if isinstance(value, DictRef) else None
    items = tuple(entries.items.values()) if isinstance(entries, DictObject) else elements(m, value)
    if isinstance(value, Symbol) and value.role == "argument":
        yield tensors.some_of(m, value)
    elif isinstance(value, Iterator):
        yield from _leaves(m, element_of(m, value), depth - 1) if depth else ()
    elif items is not None and not isinstance(value, Constant) and depth:
        for item in items:
            yield from _leaves(m, item, depth - 1)
    else:
        yield value


def _unflattened(m: Machine, args: Args, site: Site) -> Value | None:
    """`tree_unflatten(leaves, specification)`: a tree of the leaves."""
    return Iterator(element(m, args.positional[0])) if args.positional else None


def _len(m: Machine, args: Args, site: Site) -> Value:
    value = args.positional[0] if args.positional else NONE
    count = length(m, value)
    return Constant(count) if count is not None else Unknown("length", True)


def _of_numbers(function: Callable[..., object]) -> Callable[[Machine, Args, Site], Value]:
    def run(m: Machine, args: Args, site: Site) -> Value:
        values: list[Value] = list(args.positional)
        if function is int and len(values) == 1 and type(values[0]) is Computed:
            return computed("int", values[0])
        if len(values) == 1 and (items := elements(m, values[0])) is not None and function in (max, min, sum):
            values = list(items)
        constants = [value.value for value in values if isinstance(value, Constant)]
        if args.keywords or not args.complete or len(constants) != len(values) or not values:
            return Unknown("computed number", True)
        try:
            whole = function in (max, min, sum) and len(args.positional) == 1
            result = function(constants) if whole else function(*constants)
        except (TypeError, ValueError, OverflowError, ZeroDivisionError, LookupError):
            return Unknown("computed number", True)
        if isinstance(result, str):
            return text_value(result)
        return Constant(result) if isinstance(result, (int, float, bool)) else Unknown("computed number", True)

    return run


def _bool(m: Machine, args: Args, site: Site) -> Value:
    known = truth(m, args.positional[0]) if args.positional else False
    if isinstance(known, bool):
        return Constant(known)
    if isinstance(known, Test) and isinstance(args.positional[0], Symbol):
        return args.positional[0]
    return Unknown("bool", True)


def _quantifier(wanted: bool) -> Callable[[Machine, Args, Site], Value | None]:
    """`any` (of which one `wanted` is enough) and `all`."""

    def handler(m: Machine, args: Args, site: Site) -> Value | None:
        items = elements(m, args.positional[0]) if len(args.positional) == 1 else None
        if items is None:
            return None
        found = [truth(m, item) for item in items]
        if any(known is wanted for known in found):
            return Constant(wanted)
        return Constant(not wanted) if all(isinstance(known, bool) for known in found) else Unknown("bool", True)

    return handler


def _getattr(m: Machine, args: Args, site: Site) -> Value:
    if len(args.positional) < 2:
        return Unknown("getattr")
    receiver, name = args.positional[0], args.positional[1]
    if isinstance(name, Join):
        return attributes.distribute(
            m, name, lambda option: _getattr(m, Args([receiver, option, *args.positional[2:]]), site)
        )
    if not isinstance(name, Constant) or not isinstance(name.value, str):
        return Unknown("getattr with an unknown name")
    if len(args.positional) == 3:
        value = attributes._get(m, receiver, name.value, site)
        if isinstance(value, Unset):
            return args.positional[2]
        if isinstance(value, Join):
            return make_join(
                [(when, args.positional[2] if isinstance(v, Unset) else v) for when, v in options(value)], m.merge
            )
        return value
    return attributes.get(m, receiver, name.value, site)


def _hasattr(m: Machine, args: Args, site: Site) -> Value:
    name = args.get(1, "name")
    if not args.positional or not isinstance(name, Constant) or not isinstance(args.positional[0], (Module, Instance)):
        return Unknown("hasattr", True)
    value = attributes._get(m, args.positional[0], str(name.value), site)
    if isinstance(value, Unset):
        # Absent as far as is seen; a subclass or a caller may define it, which is why it is asked.
        return Unknown("hasattr", True)
    if isinstance(value, Join):
        return make_join([(when, Constant(not isinstance(v, Unset))) for when, v in options(value)], m.merge)
    return Unknown("hasattr", True) if isinstance(value, Unknown) else Constant(True)


def _setattr(m: Machine, args: Args, site: Site) -> Value:
    if len(args.positional) != 3:
        return Unknown("setattr")
    receiver, name, value = args.positional
    if isinstance(name, Constant) and isinstance(name.value, str):
        attributes.store(m, receiver, name.value, value, site)
    else:
        calls.forget(m, receiver, "setattr with a computed name")
    return NONE


def _partial(m: Machine, args: Args, site: Site) -> Value:
    if not args.positional or not args.complete:
        return Unknown("partial")
    return Partial(args.positional[0], tuple(args.positional[1:]), tuple(args.keywords.items()))


def _reparametrized(m: Machine, args: Args, site: Site) -> Value | None:
    """`spectral_norm(layer)`: the layer itself, with weights that are computed from others from here on."""
    module = args.get(0, "module")
    if not isinstance(module, Module):
        return None
    calls.escape(m, (module,), "computed weights", site)
    return module


def _deepcopy(m: Machine, args: Args, site: Site) -> Value:
    """A copy of a module is another module with the same structure (shallowly followed)."""
    value = args.positional[0] if args.positional else NONE
    if isinstance(value, Module):
        return Module(m.allocate(m.state.heap[value.ref]))
    return value if isinstance(value, (Constant, External, Class, Function)) else Unknown("deepcopy")


def _namespace(m: Machine, args: Args, site: Site) -> Value:
    ref = m.allocate(InstanceObject(External("types.SimpleNamespace"), site, {}, dict(args.keywords)))
    if not args.complete or args.positional:
        calls.forget(m, Instance(ref), "computed fields")
    return Instance(ref)


def _parameter(m: Machine, args: Args, site: Site) -> Value:
    flag = args.get(1, "requires_grad")
    trained = True if flag is None else flag.value is True if isinstance(flag, Constant) else None
    tensor = m.fresh(len(m.trace.events), trained, leaf=True, owner="parameter")
    data = args.get(0, "data")
    m.record(Argument(m.where(site), "parameter", tensor, data if isinstance(data, Tensor) else None))
    if isinstance(data, Tensor) and data.root in m.sizes:
        m.sizes[tensor.root] = m.sizes[data.root]
    return tensor


def _nothing(m: Machine, args: Args, site: Site) -> Value:
    return NONE


def _false(m: Machine, args: Args, site: Site) -> Value:
    return Constant(False)


def _identity(m: Machine, args: Args, site: Site) -> Value:
    return args.get(1, "val") or Unknown("cast")


def _compiled(m: Machine, args: Args, site: Site) -> Value | None:
    """`torch.compile(model)` is called as the model is, and has its attributes."""
    value = args.get(0, "model")
    return value if isinstance(value, (Module, Function, Method)) else None


def _iterate(m: Machine, args: Args, site: Site) -> Value:
    value = args.positional[0] if args.positional else NONE
    items = elements(m, value)
    return Tuple(items) if items is not None else Iterator(element(m, value))


def _sorted(m: Machine, args: Args, site: Site) -> Value:
    return Iterator(element(m, args.positional[0]) if args.positional else Unknown("sorted"))


def _map(m: Machine, args: Args, site: Site) -> Value:
    items = elements(m, args.positional[1]) if len(args.positional) == 2 else None
    if items is None or len(items) > UNROLL:
        return None  # type: ignore[return-value]
    return Tuple(tuple(calls.call(m, args.positional[0], Args([item]), site) for item in items))


def _checkpoint(m: Machine, args: Args, site: Site) -> Value:
    """`checkpoint(function, *args)` calls the function. It keeps the inputs, and computes again what was saved inside:
    writing to what comes out is no problem.
    """
    if not args.positional:
        return Unknown("checkpoint")
    own = {"use_reentrant", "preserve_rng_state", "determinism_check", "debug", "context_fn", "early_stop"}
    keywords = {key: value for key, value in args.keywords.items() if key not in own}
    callee = External("torch.utils.checkpoint.checkpoint")
    index = m.record(CallEvent(m.where(site), callee, None, None, args.named(), Unknown("checkpoint"), False, False))
    for value in (*args.positional[1:], *keywords.values()):
        given = tensors.as_tensor(m, value)
        if given is not None and given.needs_grad is True:
            autograd.keep(m, given, index, "input")
    return _recomputed(m, calls.call(m, args.positional[0], Args(args.positional[1:], keywords, args.complete), site))


def _recomputed(m: Machine, value: Value) -> Value:
    """The value with storages of its own, of which nothing is saved."""
    match value:
        case Tensor():
            return replace(value, number=m.number(), root=m.allocate(StorageObject()), alias="maybe")
        case Tuple(items=items):
            return Tuple(tuple(_recomputed(m, item) for item in items))
        case _:
            return value


_HANDLERS: dict[str, Callable[[Machine, Args, Site], Value | None]] = {
    "builtins.range": _range,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.reversed": _reversed,
    "builtins.list": _list,
    "builtins.tuple": _tuple,
    "builtins.dict": _dict,
    "builtins.len": _len,
    "builtins.int": _of_numbers(int),
    "builtins.float": _of_numbers(float),
    "builtins.str": _of_numbers(str),
    "builtins.max": _of_numbers(max),
    "builtins.min": _of_numbers(min),
    "builtins.sum": _of_numbers(sum),
    "builtins.abs": _of_numbers(abs),
    "builtins.round": _of_numbers(round),
    "math.sqrt": _of_numbers(math.sqrt),
    "math.ceil": _of_numbers(math.ceil),
    "math.floor": _of_numbers(math.floor),
    "math.log": _of_numbers(math.log),
    "math.log2": _of_numbers(math.log2),
    "math.log10": _of_numbers(math.log10),
    "math.exp": _of_numbers(math.exp),
    "math.pow": _of_numbers(math.pow),
    "math.gcd": _of_numbers(math.gcd),
    "math.cos": _of_numbers(math.cos),
    "math.sin": _of_numbers(math.sin),
    "builtins.bool": _bool,
    "builtins.any": _quantifier(True),
    "builtins.all": _quantifier(False),
    "builtins.getattr": _getattr,
    "builtins.hasattr": _hasattr,
    "builtins.setattr": _setattr,
    "builtins.isinstance": class_tests.is_instance,
    "builtins.issubclass": class_tests.is_subclass,
    "builtins.type": class_tests.type_of,
    "builtins.callable": class_tests.is_callable,
    "builtins.iter": _iterate,
    "builtins.sorted": _sorted,
    "builtins.map": _map,
    "builtins.print": _nothing,
    "functools.partial": _partial,
    "copy.deepcopy": _deepcopy,
    "copy.copy": _deepcopy,
    "types.SimpleNamespace": _namespace,
    "collections.OrderedDict": _dict,
    "dataclasses.replace": _replace,
    "torch.jit.is_scripting": _false,
    "collections.namedtuple": _named_tuple,
    NAMED_TUPLE.qualname: _made_of_fields,
    "torch.utils._pytree.tree_flatten": _flattened,
    "torch.utils._pytree.tree_unflatten": _unflattened,
    "itertools.pairwise": _pairwise,
    "itertools.repeat": _repeat,
    "torch.finfo": _limits,
    "torch.iinfo": _limits,
    "typing.cast": _identity,
    "torch.compile": _compiled,
    "warnings.warn": _nothing,
    "torch.nn.Parameter": _parameter,
    "torch.nn.parameter.Parameter": _parameter,
    "torch.utils.checkpoint.checkpoint": _checkpoint,
    "torch.nn.utils.weight_norm": _reparametrized,
    "torch.nn.utils.spectral_norm": _reparametrized,
    "torch.nn.utils.parametrizations.weight_norm": _reparametrized,
    "torch.nn.utils.parametrizations.spectral_norm": _reparametrized,
    "torch.nn.utils.parametrizations.orthogonal": _reparametrized,
}
