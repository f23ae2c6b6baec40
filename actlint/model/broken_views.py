"""Views that a write elsewhere breaks: autograd refuses to go on with them.

Measured with torch 2.13: once a tensor was written to, other than through `.data`, what `chunk`, `split` and `unbind`
had made of it before (or a custom function had given back of it) raises in the next differentiable operation that reads
it in grad mode. Slices and other views that are made one by one do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.model import overwrite
from actlint.model.backward import trains
from actlint.model.conditions import stated
from actlint.model.events import Call, Trace, Write
from actlint.model.flow import tensors_in
from actlint.model.guards import expects
from actlint.model.overwrite import Overwrite
from actlint.model.program import FileView
from actlint.model.state import conjoin
from actlint.model.values import Tensor


@dataclass(frozen=True, slots=True)
class Broken:
    """The write `over`, after which `reader` reads `view`, under `conditions`."""

    over: Overwrite
    view: Tensor
    reader: Call
    conditions: tuple[str, ...]


def broken_views(unit: FileView) -> Iterator[Broken]:
    """Each write of the file that breaks a view which is read afterwards, once."""
    for trace in unit.traces():
        writes: dict[int, list[Write]] = {}
        for event in trace.events:
            if isinstance(event, Write):
                if event.tensor.alias != "data" and not event.hazards:
                    writes.setdefault(event.tensor.root, []).append(event)
            elif writes and isinstance(event, Call) and event.op is not None and event.where.grad is True:
                found = _broken(unit, trace, writes, event) if event.op.differentiable else None
                if found is not None:
                    yield found
                    writes[found.over.write.tensor.root].remove(found.over.write)


def _broken(unit: FileView, trace: Trace, writes: dict[int, list[Write]], reader: Call) -> Broken | None:
    if reader.op is None or reader.op.kind in ("detach", "query"):
        return None
    for view in (tensor for _, value in reader.args for tensor in tensors_in(trace, value)):
        if view.alias not in ("multiview", "custom") or view.needs_grad is not True:
            continue
        for write in writes.get(view.root, ()):
            both = conjoin(write.where.condition, reader.where.condition) if view.event < write.call else None
            both = None if both is None else conjoin(both, write.effective)
            conditions = stated(both) if both is not None and trains(both) else None
            over = None if conditions is None else overwrite.overwrite(unit, trace, write)
            if over is None or conditions is None or overwrite.for_inference(unit, over):
                continue
            if not expects(over.path, "RuntimeError"):
                return Broken(over, view, reader, conditions)
    return None
