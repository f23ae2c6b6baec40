"""Dropout that is applied in evaluation too: calls that do not say whether the model is trained."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from actlint.facts import Assign, Attribute, ClassDef, FunctionDef, If, IfExp, Name, Node, Site
from actlint.facts import Call as CallNode
from actlint.model.conditions import stated
from actlint.model.events import Call, Trace
from actlint.model.meaning import reached
from actlint.model.program import Context, FileView
from actlint.model.values import Class, Constant, External, Module
from actlint.model.walk import walk

_FUNCTIONS = "torch.nn.functional."
_ON_PURPOSE = re.compile(r"(^|_)mc(_|$)|mc_?drop|^MC|monte_?carlo|bayes|always|stochastic|uncertain", re.IGNORECASE)
_ENTRIES = ("forward", "training_step", "validation_step", "test_step", "predict_step", "__call__")


@dataclass(frozen=True, slots=True)
class Dropping:
    """A call of dropout in a method of a module; `receiver` is what the method calls its object.

    `kind`: a function without `training`, or a layer that is made for this one call.
    """

    site: Site
    node: CallNode
    call: Call
    kind: Literal["function", "layer"]
    receiver: str
    conditions: tuple[str, ...]


def dropping(unit: FileView, ctx: Context) -> Iterator[Dropping]:
    """Those of a file, in methods that forward or a step comes to call, and in functions that such methods call."""
    seen: set[Site] = set()
    for trace in unit.traces():
        if trace.owner is None or not isinstance(trace.receiver, Module):
            continue
        for event in trace.events:
            if not isinstance(event, Call) or event.op is None or event.op.kind != "dropout":
                continue
            site = event.where.site
            kind = _kind(trace, event)
            if kind is None or site in seen or site.path != unit.path:
                continue
            path = unit.path_to(site)
            conditions = stated(event.where.condition)
            node = path[-1]
            if not isinstance(node, CallNode) or any(argument.star for argument in node.args):
                continue
            if conditions is None or not _runs(ctx, trace, path):
                continue
            if any(test.key.startswith("training") for test in event.where.condition) or _says(path, kind):
                continue
            seen.add(site)
            yield Dropping(site, node, event, kind, _receiver(path), conditions)


def _kind(trace: Trace, call: Call) -> Literal["function", "layer"] | None:
    given = dict(call.args)
    settings = given if call.layer is None else call.layer.args
    if settings.get("p") == Constant(0) or settings.get("p") == Constant(0.0) or "*" in settings:
        return None
    if call.module is None:
        op = call.op
        named = op is not None and op.qualname.startswith(_FUNCTIONS)
        # alpha_dropout and feature_alpha_dropout do nothing by default
        drops = op is not None and any(param.name == "training" and param.default is True for param in op.params)
        return "function" if named and drops and "training" not in given else None
    calls = (event for event in trace.events if isinstance(event, Call) and isinstance(event.callee, External))
    made = [event for event in calls if event.result == call.module]
    entry = trace.entry.code if trace.entry is not None else None
    built = bool(made) and isinstance(entry, FunctionDef) and entry.name != "__init__"
    return "layer" if built and made[0].where.stack == call.where.stack else None


def _runs(ctx: Context, trace: Trace, path: tuple[Node, ...]) -> bool:
    """Whether the method that the run is of is one that training and evaluation come to, in its class or in one that
    inherits it, and not random on purpose.
    """
    code = trace.entry.code if trace.entry is not None else None
    if not isinstance(code, FunctionDef) or trace.owner is None:
        return False
    if not any(_comes_to(ctx, cls, code) for cls in (trace.owner, *ctx.subclasses(trace.owner))):
        return False
    names = [node.name for node in path if isinstance(node, (ClassDef, FunctionDef))]
    return not any(_ON_PURPOSE.search(name) for name in (*names, code.name, ctx.info(trace.owner).code.name))


def _comes_to(ctx: Context, owner: Class, code: FunctionDef) -> bool:
    """Whether `forward` or a step of a class comes to a method, which may be one of an ancestor."""
    classes = [cls for cls in reversed(ctx.mro(owner)) if isinstance(cls, Class)]
    methods = {name: method for cls in classes for name, method in ctx.info(cls).methods.items()}
    if methods.get(code.name) != code:
        return False
    return any(code.name in reached(methods, entry) for entry in _ENTRIES if entry in methods)


def _says(path: tuple[Node, ...], kind: str) -> bool:
    """Whether something around the call, or what its arguments are made of, asks if the model is trained, or a layer is
    told its mode.
    """
    function = next((node for node in reversed(path) if isinstance(node, FunctionDef)), None)
    call = path[-1]
    if any(isinstance(node, (If, IfExp)) and _asks(node.test) for node in path):
        return True
    settings = [each for each in call.args[1:] if each.keyword != "input"] if isinstance(call, CallNode) else []
    names = {node.id for node in walk(settings) if isinstance(node, Name)}
    for node in walk(function.body) if function is not None else ():
        match node:
            case Assign(targets=(Name(id=name),), value=value) if name in names and _asks(value):
                return True
            case CallNode(func=Attribute(attr="eval" | "train")) if kind == "layer":
                return True
            case _:
                pass
    return any(_asks(each) for each in settings) or (kind == "layer" and _asks(call))


def _asks(node: Node) -> bool:
    return any(
        "training" in (inner.attr if isinstance(inner, Attribute) else inner.id if isinstance(inner, Name) else "")
        for inner in walk([node])
    )


def _receiver(path: tuple[Node, ...]) -> str:
    """What the innermost method calls its object; "" in a function that has none."""
    for outer, inner in zip(path, path[1:], strict=False):
        if isinstance(outer, ClassDef) and isinstance(inner, FunctionDef) and inner.params.items:
            return inner.params.items[0].name
    return ""
