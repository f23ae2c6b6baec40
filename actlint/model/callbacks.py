"""Functions of the project that code outside of it calls: run where they are handed over, as they will be called."""

from __future__ import annotations

from actlint.facts import Site
from actlint.model import calls
from actlint.model.args import Args
from actlint.model.machine import Machine
from actlint.model.values import Function, Method, Symbol, Unknown
from actlint.torchapi.packages import entry_points


def run_handed_over(m: Machine, qualname: str, args: Args, site: Site) -> None:
    """Run the process functions among the arguments of a foreign callable once, on an engine and a batch.

    When and how often it will be called is not known, so what it changes is forgotten again.
    """
    for name, position, role in entry_points(qualname):
        function = args.get(position, name)
        if role != "process function" or not isinstance(function, (Function, Method)) or not args.complete:
            continue
        before = m.state
        m.state = before.fork()
        batch = Symbol(f"batch:{site}", "batch")
        calls.call(m, function, Args([Unknown("engine"), batch]), site)
        m.state = before
