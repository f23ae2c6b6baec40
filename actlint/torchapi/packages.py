"""Module classes and entry points of packages around torch, so that no check names a package."""

from __future__ import annotations

from actlint.torchapi import ignite, lightning
from actlint.torchapi.ignite import Role
from actlint.torchapi.names import canonical
from actlint.torchapi.tables.module_attributes import MODULE_ATTRIBUTES

_known: dict[str, frozenset[str]] = {}


def base_class(qualname: str) -> frozenset[str] | None:
    """The attributes of instances of a known base class that derives from `torch.nn.Module` (that one included).

    None for classes that are not known; layers of torch are found by `class_attributes`.
    """
    if canonical(qualname) == "torch.nn.Module":
        return MODULE_ATTRIBUTES
    if qualname in lightning.MODULE_CLASSES:
        if qualname not in _known:
            _known[qualname] = MODULE_ATTRIBUTES | lightning.attributes()
        return _known[qualname]
    return None


def entry_points(qualname: str) -> tuple[tuple[str, int, Role], ...]:
    """Arguments of a foreign callable that it calls later: (parameter, position, what is called with what)."""
    return ignite.ENTRY_POINTS.get(qualname, ())
