"""Which attributes instances of torch's layers and of known foreign base classes have."""

from __future__ import annotations

from actlint.torchapi.names import canonical
from actlint.torchapi.packages import layer_class
from actlint.torchapi.tables.module_attributes import MODULE_ATTRIBUTES

_known: dict[str, frozenset[str] | None] = {}


def class_attributes(qualname: str) -> frozenset[str] | None:
    """The attributes that an instance of a module class of torch has after `__init__`, those of every Module included.

    Found by making instances; a lazy layer has those of the layer that it becomes. None for other classes.
    """
    if qualname not in _known:
        from actlint.torchapi.tables.attributes import ATTRIBUTES

        name = canonical(qualname)
        foreign = layer_class(qualname)
        text = ATTRIBUTES.get(name) if foreign is None else foreign.attributes
        own = None if text is None else MODULE_ATTRIBUTES.union(text.split())
        _known[qualname] = MODULE_ATTRIBUTES if name == "torch.nn.Module" else own
    return _known[qualname]
