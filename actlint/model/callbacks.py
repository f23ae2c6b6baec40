"""Functions of the project that code outside of it calls: run where they are handed over, as they will be called."""

from __future__ import annotations

from actlint.facts import Site
from actlint.model import calls, classes
from actlint.model.args import Args
from actlint.model.machine import Machine
from actlint.model.state import ModuleObject
from actlint.model.values import Class, External, Function, Method, Module, Symbol, Unknown, Value
from actlint.torchapi.packages import entry_points


def run_handed_over(m: Machine, qualname: str, args: Args, site: Site) -> None:
    """Run what the arguments of a foreign callable have it run, once: a process function on an engine and a batch, a
    model and its loss on a batch, the training step of a module.

    When and how often it will be called is not known, so what it changes is forgotten again.
    """
    points = entry_points(qualname)
    if not points or not args.complete:
        return
    given = {role: args.get(position, name) for name, position, role in points}
    before = m.state
    m.state = before.fork()
    batch = Symbol(f"batch:{site}", "batch", "argument")
    match given:
        case {"process function": Function() | Method() as function}:
            calls.call(m, function, Args([Unknown("engine"), Symbol(batch.key, "batch")]), site)
        case {"trained model": Module() as model, "loss": (Module() | Function() | Method() | External()) as loss}:
            scores = calls.call(m, model, Args([batch]), site)
            target = Symbol(f"target:{site}", "target", "argument")
            calls.call(m, loss, Args([scores, target]), _built_at(m, loss) or site)
        case {"stepped module": Module(ref=ref) as module}:
            found = m.state.heap[ref]
            cls = found.cls if isinstance(found, ModuleObject) else None
            step = classes.find_method(m, cls, "training_step") if isinstance(cls, Class) else None
            if isinstance(step, Function):
                calls.call(m, Method(module, step), Args([Symbol(batch.key, "batch"), Symbol("index", "index")]), site)
        case _:
            pass
    m.state = before


def _built_at(m: Machine, loss: Value) -> Site | None:
    """Where a layer was made, which says more than the place at which it is handed over."""
    found = m.state.heap[loss.ref] if isinstance(loss, Module) else None
    return found.site if isinstance(found, ModuleObject) else None
