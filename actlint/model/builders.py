"""Functions that build modules of a file's classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actlint.facts import Site
from actlint.model.carried import GIVEN
from actlint.model.evaluate import functions
from actlint.model.values import Class, Function

if TYPE_CHECKING:
    from actlint.model.program import FileView


def builders(unit: FileView, classes: Sequence[Class]) -> list[Function]:
    """The functions of the file that can be called without arguments and lead to the making of one of the classes, but
    those that another such function calls.
    """
    own = {function.site: function for function in functions(unit.file)}
    leads: dict[Site, set[Site]] = {}
    for reference in unit.references():
        # A class may be handed to what builds it; a function that is only handed on is not called here.
        value, called = reference.value, reference.call is not None
        if reference.parents and (isinstance(value, Class) or (called and isinstance(value, Function))):
            around = Site(reference.site.path, reference.site.chunk, reference.parents[0].ordinal)
            if around in own and value.site != around:
                leads.setdefault(value.site, set()).add(around)
    wanted: list[Site] = []
    queue = [cls.site for cls in classes]
    while queue:
        for around in sorted(leads.get(queue.pop(), ()), key=lambda site: (site.chunk, site.ordinal)):
            if around not in wanted:
                wanted.append(around)
                queue.append(around)
    ready = [
        own[site]
        for site in wanted
        if all(item.default is not None or item.kind not in GIVEN for item in own[site].code.params.items)
    ]
    return [f for f in ready if leads.get(f.site, set()).isdisjoint(wanted)]
