"""ACT409: `self.net.forward(x)` instead of `self.net(x)`."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import AnnAssign, Attribute, Call, ClassDef, FunctionDef, Name, Site
from actlint.intents import Repair, Replace
from actlint.model.conditions import stated
from actlint.model.events import Call as CallEvent
from actlint.model.events import Trace
from actlint.model.program import Context, FileView, view
from actlint.model.state import ModuleObject
from actlint.model.values import Class, ForeignMethod, Method, Module
from actlint.model.walk import walk
from actlint.rule import Finding, rule


@rule("ACT409")
def direct_forward_call(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report calls of another module's `forward` that go past its hooks."""
    for trace in unit.traces():
        for event in trace.events:
            if not isinstance(event, CallEvent) or not isinstance(event.callee, (Method, ForeignMethod)):
                continue
            node = unit.node(event.where.site) if event.where.site.path == unit.path else None
            conditions = stated(event.where.condition)
            if conditions is None or not isinstance(node, Call) or not _calls_forward_of_a_module(event, node):
                continue
            assert isinstance(node.func, Attribute)
            if _own_forward(unit, event, node.func) or _just_built(unit, trace, event):
                continue
            if _is_interface(unit, ctx, event, node.func) or _calls_otherwise(ctx, trace, event):
                continue
            module = unit.site(event.where.site, node.func.value)
            yield Finding(
                unit.site(event.where.site, node.func),
                f"`{unit.text(node.func)}(…)` skips the hooks of `{unit.text(node.func.value)}`: "
                "weight norm, spectral norm, pruning and profilers do not see this call",
                label=f"call `{unit.text(node.func.value)}(…)`",
                conditions=conditions,
                fix=Repair(
                    f"call the module: `{unit.text(node.func.value)}(…)`",
                    "unsafe",
                    (Replace(unit.site(event.where.site, node.func), (module,)),),
                ),
            )


def _calls_forward_of_a_module(event: CallEvent, node: Call) -> bool:
    callee = event.callee
    return (
        isinstance(callee, (Method, ForeignMethod))
        and isinstance(callee.receiver, Module)
        and isinstance(node.func, Attribute)
        and node.func.attr == "forward"
        and not isinstance(node.func.value, Call)  # `super().forward(x)` is how an override goes on
    )


def _just_built(unit: FileView, trace: Trace, event: CallEvent) -> bool:
    """The module was made by the very code that calls it: nobody had an occasion to give it a hook."""
    assert isinstance(event.callee, (Method, ForeignMethod)) and isinstance(event.callee.receiver, Module)
    built = trace.heap.get(event.callee.receiver.ref)
    return isinstance(built, ModuleObject) and _function(unit, built.site) == _function(unit, event.where.site)


def _function(unit: FileView, site: Site) -> Site | None:
    """The function around a place of this file; the place itself in another file, the file's start at its top level."""
    if site.path != unit.path:
        return site
    around = [node for node in unit.path_to(site) if isinstance(node, FunctionDef)]
    return Site(site.path, site.chunk, around[-1].ordinal) if around else None


def _own_forward(unit: FileView, event: CallEvent, func: Attribute) -> bool:
    """`self.forward(x)`: the hooks of `self` are the caller's business, and have often run already."""
    around = [node for node in unit.path_to(event.where.site) if isinstance(node, FunctionDef)]
    first = next((item.name for node in around for item in node.params.items[:1]), None)
    return isinstance(func.value, Name) and func.value.id == first and len(around) > 0 and _is_method(unit, event)


def _is_method(unit: FileView, event: CallEvent) -> bool:
    return any(isinstance(node, ClassDef) for node in unit.path_to(event.where.site))


def _calls_otherwise(ctx: Context, trace: Trace, event: CallEvent) -> bool:
    """The module's class has a `__call__` of its own: to call the module does something else."""
    assert isinstance(event.callee, (Method, ForeignMethod)) and isinstance(event.callee.receiver, Module)
    built = trace.heap.get(event.callee.receiver.ref)
    cls = built.cls if isinstance(built, ModuleObject) else None
    return isinstance(cls, Class) and ctx.method_owner(cls, "__call__") is not None


def _is_interface(unit: FileView, ctx: Context, event: CallEvent, func: Attribute) -> bool:
    """The name is declared as a `torch.jit.interface`, whose instances TorchScript lets nobody call otherwise."""
    around = [node for node in unit.path_to(event.where.site) if isinstance(node, FunctionDef)]
    name = func.value.id if isinstance(func.value, Name) else None
    for node in walk(around[-1].body) if around else ():
        if isinstance(node, AnnAssign) and isinstance(node.target, Name) and node.target.id == name:
            for reference in unit.references_at(unit.site(event.where.site, node.annotation)):
                if isinstance(reference.value, Class) and _decorated(ctx, reference.value):
                    return True
    return False


def _decorated(ctx: Context, cls: Class) -> bool:
    home, decorators = view(ctx.program, cls.site.path), ctx.info(cls).code.decorators
    found = (each for decorator in decorators for each in home.references_at(home.site(cls.site, decorator)))
    return any(each.qualname == "torch.jit.interface" for each in found)
