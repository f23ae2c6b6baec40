"""What surely needs no gradient where `Variable` is called on it."""

from __future__ import annotations

from actlint.facts import Site
from actlint.model.events import Call
from actlint.model.program import FileView
from actlint.model.values import Tensor

_FLAGS = ("requires_grad", "volatile", ".grad", ".backward(")
"""What tells the tensor from its alias: it is set on one of them alone."""


def needs_no_grad(unit: FileView, site: Site) -> bool:
    """Whether each run that comes to a call sees a tensor without gradient there, and nothing near it sets a flag."""
    if any(flag in unit.file.facts.chunks[site.chunk].text for flag in _FLAGS):
        return False
    seen = False
    for trace in unit.traces():
        for event in trace.events:
            if isinstance(event, Call) and event.where.site == site and event.op is not None:
                data = dict(event.args).get("data")
                if not isinstance(data, Tensor) or data.needs_grad is not False:
                    return False
                seen = True
    return seen
