"""What was probably meant by an attribute that does not exist, and what its object has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from actlint import torchapi
from actlint.facts import Attribute, Call, ExprStmt, FunctionDef, Node, Site
from actlint.intents import InsertStatement, Repair, Replace
from actlint.model.events import Store
from actlint.model.failing import names_read
from actlint.model.missing import Missing
from actlint.model.program import ClassView, Context, FileView, view
from actlint.model.show import unparse
from actlint.model.state import options
from actlint.model.values import Class, Module, Symbol, Value
from actlint.model.walk import walk

_MOST = 8
_NO_MODEL = re.compile(r"loss|criterion|metric|acc|score|optim|sched|log|hparam|config", re.IGNORECASE)
"""Words in names of things that are called with tensors and are not the layers of the model."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """`text` continues the message, `fix` does what it says, `note` is where what is meant stands."""

    text: str
    fix: Repair | None = None
    note: tuple[Site, str] | None = None


def defined(found: Missing, ordered: bool) -> tuple[str, ...]:
    """What the constructor defines, in order: all attributes, or the layers where they are many."""
    there = tuple(found.names)
    layers = [name for name, value in found.names.items() if _is_layer(value)]
    if layers and (ordered or len(there) > _MOST):
        return tuple(layers)
    return tuple(name for name in there if not name.startswith("_")) or there


def _is_layer(value: Value) -> bool:
    return any(isinstance(option, Module) for _, option in options(value))


def enumerated(names: Sequence[str]) -> str:
    """At most eight names in backticks, and how many more there are."""
    shown = ", ".join(f"`{name}`" for name in names[:_MOST])
    return f"{shown} and {len(names) - _MOST} more" if len(names) > _MOST else shown


def meaning(unit: FileView, ctx: Context, found: Missing, alone: bool) -> Meaning | None:
    """The most probable meaning, None where nothing is near. `alone`: its method misses no other name."""
    classes = view(ctx.program, found.cls.site.path).classes()
    owner = next((each for each in classes if each.cls == found.cls), None)
    if owner is None:
        return None
    return (
        _misspelt(ctx, found, owner)
        or _parameter(unit, found, owner)
        or (_whole_model(unit, ctx, found) if alone else None)
    )


# ------------------------------------------------------------------------------------------------------------- the name


def _misspelt(ctx: Context, found: Missing, owner: ClassView) -> Meaning | None:
    own = [*found.names]
    for ancestor in ctx.mro(found.cls):
        if isinstance(ancestor, Class):
            info = ctx.info(ancestor)
            own.extend((*info.methods, *info.attributes))
    near = nearest(found.node.attr, own)
    if near is None:
        inherited = [name for name in torchapi.MODULE_ATTRIBUTES if len(name) > 6]
        near = nearest(found.node.attr, inherited, most=1)
    if near is None:
        near = _other_name(found, owner)
    if near is None:
        return None
    return _renamed(found, owner, near)


def _renamed(found: Missing, owner: ClassView, near: str) -> Meaning:
    text = f"`{_receiver(found)}.{near}` is probably meant"
    fix = Repair(
        f"use `{_receiver(found)}.{near}`",
        "unsafe",
        (Replace(found.site, (_at(found.site, found.node.value), f".{near}")),),
    )
    stored = first_store(owner, near)
    return Meaning(text, fix, None if stored is None else (stored, f"`{near}` is assigned here"))


def _other_name(found: Missing, owner: ClassView) -> str | None:
    """The only attribute that keeps the constructor's parameter of the missing name."""
    entry = owner.constructor.entry
    if entry is None:
        return None
    key = f"{entry.code.name}({found.node.attr})" if isinstance(entry.code, FunctionDef) else ""
    kept = [name for name, value in found.names.items() if isinstance(value, Symbol) and value.key == key]
    return kept[0] if len(kept) == 1 else None


def nearest(name: str, others: Iterable[str], most: int = 2) -> str | None:
    """The one name that is a misspelling apart: another case or underscore, one letter, or two in a long name."""
    best: list[str] = []
    distance = most + 1
    for other in dict.fromkeys(others):
        if other == name or other.startswith("__"):
            continue
        cost = _cost(name, other)
        if cost < distance:
            best, distance = [other], cost
        elif cost == distance and distance <= most:
            best.append(other)
    return best[0] if len(best) == 1 and distance <= most else None


def _cost(name: str, other: str) -> int:
    """Letters to change, add, drop or swap; 9 where a difference has a meaning: another number, another short word."""
    plain, plain_other = (text.replace("_", "").lower() for text in (name, other))
    if plain == plain_other:
        return 0
    letters, letters_other = (re.sub(r"\d+", "", text) for text in (plain, plain_other))
    if letters == letters_other and re.search(r"\d", name) and re.search(r"\d", other):
        return 9
    words, words_other = name.split("_"), other.split("_")
    if len(words) == len(words_other):
        differing = [(a, b) for a, b in zip(words, words_other, strict=True) if a != b]
        if any(min(len(a), len(b)) < 3 for a, b in differing):
            return 9
    cost = _edits(name, other)
    short = min(len(name), len(other))
    if cost == 1:
        return 1 if short > 2 else 9
    return cost if short > 6 and name[0] == other[0] else 9


def _edits(a: str, b: str) -> int:
    """Optimal string alignment distance."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        earlier, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]


# ---------------------------------------------------------------------------------------------------------- a parameter


def _parameter(unit: FileView, found: Missing, owner: ClassView) -> Meaning | None:
    """The constructor of the class itself has a parameter of that name and keeps it nowhere."""
    code = owner.info.methods.get("__init__")
    name = found.node.attr
    if code is None or not found.own:
        return None
    parameter = next((item for item in code.params.items[1:] if item.name == name), None)
    if parameter is None or parameter.kind in ("vararg", "kwarg"):
        return None
    receiver = code.params.items[0].name
    site = owner.cls.site
    note = (Site(site.path, site.chunk, parameter.ordinal), f"the parameter `{name}`")
    anchor = next((statement for statement in code.body if _initialises(statement)), None)
    fix = None
    if anchor is not None and site.path == unit.path:
        line = f"{receiver}.{name} = {name}"
        intent = InsertStatement(Site(site.path, site.chunk, anchor.ordinal), "after", (line,))
        fix = Repair(f"keep it: `{line}`", "unsafe", (intent,))
    return Meaning(f"its parameter `{name}` is not kept", fix, note)


def _initialises(statement: Node) -> bool:
    """`super().__init__(…)` or `Base.__init__(self, …)`."""
    match statement:
        case ExprStmt(value=Call(func=Attribute(attr="__init__"))):
            return True
        case _:
            return False


# ------------------------------------------------------------------------------------------------------------ the model


def _whole_model(unit: FileView, ctx: Context, found: Missing) -> Meaning | None:
    """`self.layers(x)` where nothing of `forward` leads here: the model itself is to be called."""
    call = found.path[-2] if len(found.path) > 1 else None
    name, methods = found.node.attr, _methods(ctx, found.cls)
    forward = methods.get("forward")
    if not isinstance(call, Call) or call.func is not found.node or forward is None or not _fits(call, forward):
        return None
    inside = reached(methods, "forward")
    if found.own and found.method is not None and found.method.name in inside | {"__init__", "__call__"}:
        return None
    if _NO_MODEL.search(name) or any(torchapi.function(f"{p}.{name}") for p in ("torch", "torch.nn.functional")):
        return None
    if any(isinstance(node, Attribute) and node.attr == name for node in _taken_apart(found)):
        return None
    layers = [other for other, value in found.names.items() if _is_layer(value)]
    if not layers or _runs_already(found) or any(_same_series(name, other) for other in layers):
        return None
    if any(name in names_read(methods[each]) for each in inside):
        return None
    receiver = _receiver(found)
    shown = f"{receiver}({', '.join(unit.text(argument.value) for argument in call.args)})"
    fix = Repair(f"call the model: `{shown}`", "unsafe", (Replace(found.site, (_at(found.site, found.node.value),)),))
    return Meaning(f"`{shown}`, which runs them all, is probably meant", fix)


def _methods(ctx: Context, cls: Class) -> dict[str, FunctionDef]:
    methods: dict[str, FunctionDef] = {}
    for ancestor in ctx.mro(cls):
        if isinstance(ancestor, Class):
            methods = {**ctx.info(ancestor).methods, **methods}
    return methods


def reached(methods: dict[str, FunctionDef], start: str) -> frozenset[str]:
    """The methods that a method may come to call, itself included: by the names it reads from its receiver."""
    found: set[str] = set()
    queue = [start]
    while queue:
        name = queue.pop()
        if name in methods and name not in found:
            found.add(name)
            queue.extend(names_read(methods[name]))
    return frozenset(found)


def reached_by_forward(ctx: Context, cls: Class, method: FunctionDef) -> bool:
    """Whether `forward` may come to call a method (or is it)."""
    return method.name in reached(_methods(ctx, cls), "forward")


def _same_series(name: str, other: str) -> bool:
    """`fc3` beside `fc1`: one more layer."""
    stems = [re.sub(r"\d+", "", text) for text in (name, other)]
    return stems[0] == stems[1]


def _taken_apart(found: Missing) -> Iterator[Node]:
    """What attributes are read of in the method (`self.layers` of `self.layers.weight`): no model is meant by it."""
    body = found.method.body if found.method is not None else ()
    return (node.value for node in walk(body) if isinstance(node, Attribute))


def _runs_already(found: Missing) -> bool:
    """Whether the code around a read calls the model already."""
    receiver = _receiver(found)
    body = found.method.body if found.method is not None else found.path[:1]
    calls = (node for node in walk(body) if isinstance(node, Call))
    return any(unparse(call.func) in (receiver, f"{receiver}.forward") for call in calls)


def _fits(call: Call, forward: FunctionDef) -> bool:
    """Whether `forward` takes the call's arguments."""
    params = forward.params.items[1:]
    places = [item for item in params if item.kind in ("positional", "either")]
    positional = [argument for argument in call.args if argument.keyword is None]
    keywords = {argument.keyword for argument in call.args if argument.keyword is not None}
    if any(argument.star for argument in call.args) or not positional:
        return False
    if len(positional) > len(places) and not any(item.kind == "vararg" for item in params):
        return False
    rest = [*places[len(positional) :], *(item for item in params if item.kind == "keyword")]
    takes_any = any(item.kind == "kwarg" for item in params)
    needed = {item.name for item in rest if item.default is None}
    return needed <= keywords and (takes_any or keywords <= {item.name for item in rest})


# --------------------------------------------------------------------------------------------------------------- places


def first_store(owner: ClassView, *names: str) -> Site | None:
    """Where the constructor first assigns one of the names."""
    for event in stores(owner):
        if event.name in names:
            return event.where.site
    return None


def stores(owner: ClassView) -> Iterator[Store]:
    """The assignments of the constructor to attributes of the object, in order."""
    for event in owner.constructor.events:
        if isinstance(event, Store) and event.kind == "attribute" and event.receiver == owner.constructor.receiver:
            yield event


def _receiver(found: Missing) -> str:
    return unparse(found.node.value)


def _at(near: Site, node: Node) -> Site:
    return Site(near.path, near.chunk, node.ordinal)
