"""Names that are looked up by a literal text: `getattr(F, "tanh")` is `F.tanh`."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Attribute, Call, Constant, Name, Site
from actlint.model.program import FileView
from actlint.model.references import Reference
from actlint.model.values import External
from actlint.model.walk import walk
from actlint.torchapi.deprecated import LAST


def looked_up(unit: FileView) -> Iterator[Reference]:
    """Those that tables of deprecated names speak of. With a default, the code asks whether torch has the name."""
    for number, chunk in enumerate(unit.file.facts.chunks):
        if chunk.facts is None or "getattr(" not in chunk.text:
            continue
        for node in walk(chunk.facts.body):
            match node:
                case Call(func=Name(id="getattr"), args=(owner, name)) if owner.keyword is None and not owner.star:
                    text = name.value.value if isinstance(name.value, Constant) else None
                    if not isinstance(text, str) or text not in LAST or "getattr" in unit.file.bindings:
                        continue
                    site = Site(unit.path, number, node.ordinal)
                    path = unit.path_to(site)[:-1]
                    outer = path[-1] if path else None
                    call = outer if isinstance(outer, Call) and outer.func is node else None
                    written = Attribute(node.ordinal, owner.value, text)
                    for known in unit.references_at(unit.site(site, owner.value)):
                        if known.qualname:
                            yield Reference(site, written, External(f"{known.qualname}.{text}"), call, path)
                case _:
                    pass
