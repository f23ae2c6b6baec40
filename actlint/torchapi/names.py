"""Names of torch: which exist, which mean the same, what star imports bind, which classes are modules."""

from __future__ import annotations

_canonical: dict[str, str] = {}
_stars: dict[str, frozenset[str]] = {}
_members: dict[str, frozenset[str]] = {}
_module_classes: set[str] = set()


def canonical(qualname: str) -> str:
    """The canonical public name of what goes by this one (`torch.nn.modules.linear.Linear` is `torch.nn.Linear`).

    Members of renamed things are renamed with them. Names that are not of torch or not known stay as they are.
    """
    if not qualname.startswith("torch."):
        return qualname
    known = _canonical.get(qualname)
    if known is None:
        known = _canonical[qualname] = _resolve(qualname)
    return known


def _resolve(qualname: str) -> str:
    from actlint.torchapi.tables.names import ALIASES, MODULES

    owner, _, name = qualname.rpartition(".")
    if owner in MODULES:
        # a leading blank makes the search exact: the text is `a=torch.nn b=torch:c`
        text = " " + ALIASES.get(owner, "")
        start = text.find(f" {name}=")
        if start < 0:
            return qualname
        home = text[start + len(name) + 2 :].split(" ", 1)[0]
        module, _, other = home.partition(":")
        return f"{module}.{other or name}"
    return f"{canonical(owner)}.{name}" if "." in owner else qualname


def _names(module: str) -> frozenset[str] | None:
    """The public names of a tabulated module, None for others."""
    if module not in _members:
        from actlint.torchapi.tables.names import MODULES

        text = MODULES.get(module)
        if text is None:
            return None
        _members[module] = frozenset(text.split())
    return _members[module]


def star(module: str) -> frozenset[str] | None:
    """The names that `from module import *` binds, None where the module is not tabulated."""
    if module not in _stars:
        from actlint.torchapi.tables.names import STARS

        names = _names(module)
        if names is None or module == "torch.Tensor":
            return None
        _stars[module] = frozenset(STARS[module].split()) if module in STARS else names
    return _stars[module]


def is_module_class(qualname: str) -> bool:
    """Whether this is a tabulated class that derives from `torch.nn.Module`, or that class itself."""
    if not qualname.startswith("torch.") or qualname.startswith(("torch.ao.", "torch.quantization.")):
        from actlint.torchapi.packages import layer_class

        return layer_class(qualname) is not None or qualname == "torch.ao.nn.quantized.FloatFunctional"
    if not _module_classes:
        from actlint.torchapi.tables.names import MODULE_CLASSES

        _module_classes.update(MODULE_CLASSES.split())
    return canonical(qualname) in _module_classes


def module_parents(qualname: str) -> frozenset[str] | None:
    """The classes besides `torch.nn.Module` that a tabulated module class derives from, itself included.

    Classes without a public name are spelled by the module that defines them. None for classes that are not tabulated.
    """
    if not is_module_class(qualname) or not qualname.startswith("torch.nn."):
        return None
    from actlint.torchapi.tables.names import MODULE_PARENTS

    own = canonical(qualname)
    return frozenset((own, *MODULE_PARENTS.get(own, "").split()))


def exists(qualname: str) -> bool | None:
    """Whether the tabulated version of torch has this attribute chain.

    None where that is not known: other packages, private names, modules that are not tabulated, members of objects.
    """
    parts = qualname.split(".")
    if parts[0] != "torch" or any(part.startswith("_") for part in parts):
        return None
    module = "torch"
    for index, part in enumerate(parts[1:], 1):
        names = _names(module)
        if names is None:
            from actlint.torchapi.attributes import class_attributes

            members = class_attributes(module)
            if members is None or index < len(parts) - 1:
                return None
            # instances have more than the table can know of, so that only presence is certain
            return True if part in members else None
        if part not in names:
            return False
        module = f"{module}.{part}"
    return True
