"""Module classes and entry points of packages around torch, so that no check names a package."""

from __future__ import annotations

from actlint.torchapi import ignite, lightning, transformers
from actlint.torchapi.ignite import Role
from actlint.torchapi.names import canonical
from actlint.torchapi.op import Layer, Op
from actlint.torchapi.signature import parse
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


def written_from(path: str) -> str | None:
    """The file that a generator of some package writes from the one at this path; None where it is no text for one."""
    return transformers.written_from(path)


def entry_points(qualname: str) -> tuple[tuple[str, int, Role], ...]:
    """Arguments of a foreign callable that it calls later: (parameter, position, what is called with what)."""
    return ignite.ENTRY_POINTS.get(qualname) or lightning.ENTRY_POINTS.get(qualname, ())


def home(qualname: str) -> str:
    """The name under which the tables here know it: where its package exports what another of its modules defines."""
    from actlint.torchapi import einops, quantization, torchvision

    owner, _, name = qualname.rpartition(".")
    exported = einops.HOMES.get(owner) or torchvision.HOMES.get(owner) or quantization.HOMES.get(owner)
    return f"{exported}.{name}" if exported else qualname


def function_of(qualname: str) -> Op | None:
    """The operation that a function of another package is."""
    if not qualname.startswith(_TABULATED):
        return None
    from actlint.torchapi import einops, quantization, torchvision

    name = home(qualname)
    found = einops.FUNCTIONS.get(name) or torchvision.FUNCTIONS.get(name) or quantization.FUNCTIONS.get(name)
    if found is None:
        return None
    kind, alias, text = found
    signature = parse(text)
    return Op(name, kind, signature.params, signature.tensors, alias, result=signature.result)


def layer_class(qualname: str) -> Layer | None:
    """The entry of a module class of another package that is one operation."""
    if not qualname.startswith(_TABULATED):
        return None
    from actlint.torchapi import einops, quantization, torchvision

    name = home(qualname)
    return einops.LAYERS.get(name) or torchvision.LAYERS.get(name) or quantization.LAYERS.get(name)


def method_of_layer(qualname: str, name: str) -> str | None:
    """The function that a method of a module class is, if that is all it does."""
    if qualname.rpartition(".")[2] not in ("FloatFunctional", "FXFloatFunctional"):
        return None
    from actlint.torchapi import quantization

    return quantization.METHODS.get(name)


def layer_of_package(qualname: str) -> Op | None:
    """The operation that a module class of another package is, with its constructor's parameters."""
    found = layer_class(qualname)
    if found is None:
        return None
    forward = parse(found.forward)
    return Op(
        home(qualname),
        found.kind,
        parse(found.constructor).params,
        forward.tensors,
        found.alias,
        parametric=found.parametric,
        result=forward.result,
    )


_TABULATED = (
    "einops.",
    "torchvision.ops.",
    "torchvision.transforms.functional.",
    "torch.ops.torchvision.",
    "torch.ao.",
    "torch.quantization.",
)
