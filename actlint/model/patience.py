"""Calls in a constructor that go on and on without making a layer: checks of what is installed, of options, of files.

A constructor has so many steps, and is not known to its end without them. What such a call gives hardly tells what the
model is, so it is left after a while: the run goes back to where it stood before the call, which is unknown from then
on, as is one to a function that cannot be seen. A call that makes a layer or a tensor, or hands one on, is never left.
"""

from __future__ import annotations

from collections.abc import Callable

from actlint.facts import FunctionDef
from actlint.model import classes
from actlint.model.events import Call, Escape, Event, LoopEdge, Read, Return, Store
from actlint.model.machine import Machine, Tedious
from actlint.model.values import Class, Function, Module, Tensor, Value

STEPS = 400
"""How many steps such a call may take."""


def patiently(
    m: Machine, function: Function, first: Value | None, run: Callable[[], Value], otherwise: Callable[[], Value]
) -> Value:
    """What `run` gives, which is the call of a function whose first argument is `first`; what `otherwise` gives where
    it takes too long.
    """
    if _makes_a_module(function, first):
        m.floor, m.idle = 0, None  # whatever leads here makes a module
        return run()
    if m.floor:
        return run()
    before, first_event = m.state.fork(), len(m.trace.events)
    m.floor, m.idle = max(1, m.steps - STEPS), lambda: _is_idle(m, first_event)
    try:
        return run()
    except Tedious:
        m.state = before
        del m.trace.events[first_event:]
    finally:
        m.floor, m.idle = 0, None
    return otherwise()


def _makes_a_module(function: Function, first: Value | None) -> bool:
    """Whether the function is one of the constructors of a module, that of a mixin included."""
    code = function.code
    return isinstance(code, FunctionDef) and code.name == "__init__" and isinstance(first, Module)


def _is_idle(m: Machine, first_event: int) -> bool:
    return all(_does_nothing(m, event) for event in m.trace.events[first_event:])


def _does_nothing(m: Machine, event: Event) -> bool:
    """Whether an event has nothing to do with layers and tensors."""
    match event:
        case Call(op=op, callee=callee, result=result):
            made = isinstance(result, (Module, Tensor)) or (isinstance(callee, Class) and classes.is_module(m, callee))
            return op is None and not made
        case Store(value=value):
            return not isinstance(value, (Module, Tensor))
        case Read() | Return() | Escape() | LoopEdge():
            return True
        case _:
            return False
