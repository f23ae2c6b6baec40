"""How much of a module the evaluator sees: whether its `forward` is known from an argument to what it returns.

A module is covered if `forward` has a result, on some path through it, each of whose tensors comes from a tabulated
operation, a parameter or an argument, through modules of the project that were evaluated; conditions and sizes may be
unknown. Where paths meet, one of them is enough, but not the one that leaves a loop out; of what goes into an
operation, every tensor counts. A budget that ran out covers nothing. A class whose parameters must be known for that
is covered if it is at one constructor call that the evaluator runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from actlint.model import classes, slices
from actlint.model.events import Trace
from actlint.model.program import ClassView, Context
from actlint.model.slices import NO_RETURN, Causes, is_forward, understood
from actlint.model.values import Class, External

BUDGET = "an exhausted budget"
CONSTRUCTOR = "an exhausted budget of the constructor"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one module: why it is not covered, empty if it is. `causes[0]` is met first; a single one blocks alone."""

    causes: Causes

    @property
    def covered(self) -> bool:
        """Whether the module is covered."""
        return not self.causes


def counts(ctx: Context, cls: ClassView) -> bool:
    """Whether a class is a module with a forward of its own that can return.

    One with a base that is not known counts if its `forward` is a method. An abstract forward has nothing to cover.
    """
    code = cls.info.methods.get("forward")
    if code is None or classes.is_abstract(code) or "staticmethod" in classes.decorators(code):
        return False
    if cls.is_module:
        return True
    return any(
        not isinstance(base, Class)
        and (not isinstance(base, External) or classes.foreign_attributes(base.qualname) is None)
        for base in ctx.mro(cls.cls)
    ) and not any(isinstance(base, External) and base.qualname in _FUNCTION for base in ctx.mro(cls.cls))


_FUNCTION = frozenset({"torch.autograd.Function", "torch.autograd.function.Function"})


def coverage(cls: ClassView, worlds: Iterable[Trace] = ()) -> Coverage:
    """Whether the class's forward is covered, in its general run or at one of the calls of it that `worlds` run."""
    found = _general(cls)
    if found.covered:
        return found
    for trace in worlds:
        if trace.owner == cls.cls and trace.complete and trace.world != "general" and is_forward(trace):
            if not slices.causes(trace):
                return Coverage(())
    return found


def inside(ctx: Context, traces: Iterable[Trace]) -> frozenset[Class]:
    """The classes whose forward is known from an argument to its result where a run calls one of their modules."""

    def owner(cls: Class) -> Class | None:
        return ctx.method_owner(cls, "forward")

    return frozenset(cls for trace in traces for cls in understood(trace, owner))


def _general(cls: ClassView) -> Coverage:
    trace = cls.method("forward")
    if trace is None:
        return Coverage((NO_RETURN if cls.constructor.complete else CONSTRUCTOR,))
    if not cls.constructor.complete:
        return Coverage((CONSTRUCTOR,))
    if not trace.complete:
        return Coverage((BUDGET,))
    return Coverage(slices.causes(trace))
