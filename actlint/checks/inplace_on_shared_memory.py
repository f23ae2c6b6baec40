"""ACT205: an in-place write to memory that is shared in a way that forbids it."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.intents import Repair
from actlint.model import overwrite
from actlint.model.broken_views import broken_views
from actlint.model.outofplace import out_of_place
from actlint.model.program import Context, FileView
from actlint.model.raising import raising
from actlint.model.shared_memory import maker_of, sharing
from actlint.rule import Finding, Note, rule


@rule("ACT205", severity="error")
def inplace_on_shared_memory(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the write, and show where the views were made."""
    for found in raising(unit, "multiview", "expand", "custom"):
        over, shared = found.over, sharing(unit, found)
        yield Finding(
            over.site,
            f"`{overwrite.text(unit, over)}` writes in place to {shared.what}, and {shared.why}: "
            "this raises a RuntimeError",
            label="written in place",
            notes=() if shared.place is None else (Note(*shared.place),),
            conditions=found.conditions,
            fix=out_of_place(unit, over),
            severity="warning" if found.conditions else None,
        )
    for broken in broken_views(unit):
        over, maker = broken.over, maker_of(broken.over.trace, broken.view)
        made = "unpacking" if maker is None else f"`{overwrite.name(unit, over.trace, maker)}`"
        fix = out_of_place(unit, over)
        notes = [] if maker is None else [Note(maker.where.site, "the views are made here")]
        yield Finding(
            over.site,
            f"`{overwrite.text(unit, over)}` writes in place to what {made} made views of, and one of them is used "
            "afterwards: that raises a RuntimeError",
            label="written in place",
            notes=(*notes, Note(broken.reader.where.site, "the view is used here")),
            conditions=broken.conditions,
            # Without gradients it ran, and the views saw what was written.
            fix=fix if fix is None or not fix.intents else Repair(fix.message, "unsafe", fix.intents),
            severity="warning" if broken.conditions else None,
        )
