"""From a name to what is known of it: the tables put together, one operation at a time, as it is asked for.

Tables are imported when the first question needs them and what was found is kept, so that a program that asks for
little pays for little.
"""

from __future__ import annotations

from typing import Literal

from actlint.torchapi import composites, packages
from actlint.torchapi.kinds import kind as kind_of
from actlint.torchapi.names import canonical
from actlint.torchapi.op import OPAQUE, Alias, Case, Kind, Op, Param
from actlint.torchapi.signature import Signature, parse

_PREFIXES = {"torch.linalg": "linalg_", "torch.special": "special_", "torch.fft": "fft_"}
_NO_TENSOR: frozenset[Kind] = frozenset({"query", "control"})
_NEVER_INPLACE = frozenset({"requires_grad_", "share_memory_", "detach_"})
"""Methods with a final underscore that do not write values."""

_VARIABLE = Op(
    "torch.autograd.Variable",
    "detach",
    (Param("data", "either", OPAQUE), Param("requires_grad", "either", False)),
    ("data",),
    "view",
    differentiable=False,
)
"""A class whose constructor is a function: it gives a tensor, the same memory without its history."""

_functions: dict[str, Op | None] = {}
_methods: dict[str, Op | None] = {}
_layers: dict[str, Op | None] = {}
_constants: set[str] = set()


def function(qualname: str) -> Op | None:
    """The function with this qualified name, in any public spelling (`torch.relu`, `torch.special.expit`)."""
    if qualname not in _functions:
        from actlint.torchapi.tables.signatures import FUNCTIONS

        name = canonical(qualname)
        text = FUNCTIONS.get(name)
        own = None if text is None else _operation(name, parse(text), method=False)
        if name == "torch.autograd.Variable":
            own = _VARIABLE
        _functions[qualname] = own or packages.function_of(qualname)
    return _functions[qualname]


def method(name: str) -> Op | None:
    """The method of Tensor with this name; its receiver is called `input`."""
    if name not in _methods:
        from actlint.torchapi.tables.signatures import METHODS

        text = METHODS.get(name)
        _methods[name] = None if text is None else _operation(f"torch.Tensor.{name}", parse(text), method=True)
    return _methods[name]


def refuses_out(op: Op) -> bool:
    """Whether the operation raises in grad mode where it is given `out` and any argument requires grad."""
    takes = any(param.name == "out" for param in op.params)
    return takes and op.differentiable and op.qualname not in composites.OUT_WITH_GRAD


def attribute(name: str) -> Op | None:
    """The attribute of Tensor with this name that is no method (`T`, `data`, `shape`), as an operation on `input`."""
    kind: Kind
    match name:
        case "T" | "H" | "mT" | "mH" | "real" | "imag":
            kind = "reshape"
        case "data":
            kind = "detach"
        case "grad":
            return Op(f"torch.Tensor.{name}", "other", (), ("input",), "fresh", differentiable=False)
        case _:
            from actlint.torchapi.names import exists

            if method(name) is not None or exists(f"torch.Tensor.{name}") is not True:
                return None
            return Op(f"torch.Tensor.{name}", "query", (), ("input",), "none", result="none", differentiable=False)
    return Op(f"torch.Tensor.{name}", kind, (), ("input",), composites.alias(name), differentiable=name != "data")


def layer(qualname: str) -> Op | None:
    """The layer or container with this qualified name, in any public spelling or as its defining module has it."""
    if qualname not in _layers:
        _layers[qualname] = _layer(canonical(qualname)) or packages.layer_of_package(qualname)
    return _layers[qualname]


def layer_of(qualname: str) -> str:
    """The layer that applies the activation with this name (`torch.nn.ReLU` for `torch.relu`); a layer is its own.

    "" where there is none.
    """
    from actlint.torchapi import layers

    name = canonical(qualname)
    if layer(name) is not None:
        return name
    found = function(name)
    if found is None or found.kind != "activation":
        return ""
    last = name.rpartition(".")[2]
    return next((f"torch.nn.{made}" for made, base in layers.FUNCTION.items() if base == last), "")


def _operation(qualname: str, signature: Signature, *, method: bool) -> Op:
    namespace, _, name = qualname.rpartition(".")
    base = name.removesuffix("_")
    key = _PREFIXES.get(namespace, "") + base
    kind = kind_of(qualname)
    tensors = (("input",) if method else ()) + tuple(t for t in signature.tensors)
    # initialisation writes too, but under no_grad: it is allowed where writing in place is not
    inplace = name.endswith("_") and name not in _NEVER_INPLACE and kind != "init"
    result = signature.result
    if kind == "cast" and result == "none":
        result = "tensor"
    saves, output = _saved(qualname, key, tensors)
    if inplace:
        kept = _kept_in_place(key)
        first = tensors[0] if tensors else "input"
        return Op(
            qualname,
            kind,
            signature.params,
            tensors,
            "same",
            tuple(entry for entry in saves if entry[0] != first),
            kept == "output",
            "always",
            kept,
            result=result,
            differentiable=kind != "comparison",
            cases=_cases(composites.BY_ARGUMENT.get(key, ()), tensors[1:]),
        )
    flag = any(p.name == "inplace" for p in signature.params)
    none = result == "none" or kind in _NO_TENSOR
    return Op(
        qualname,
        kind,
        signature.params,
        tensors,
        "none" if none else "same" if kind == "init" else _alias(qualname),
        saves,
        output,
        "flag" if flag else "",
        _kept_in_place(key) if flag else "",
        result="none" if none else result,
        differentiable=not none and not _constant(key, kind),
        copies=key in composites.COPIES,
        cases=_cases(composites.BY_ARGUMENT.get(key, ()), tensors),
    )


def _layer(qualname: str) -> Op | None:
    from actlint.torchapi import layers
    from actlint.torchapi.tables.signatures import CONSTRUCTORS, FORWARDS

    name = qualname.removeprefix("torch.nn.")
    kind = layers.kind(name)
    text = CONSTRUCTORS.get(qualname)
    if kind is None or text is None:
        return None
    signature = parse(text)
    forward = parse(FORWARDS.get(qualname, "@*input"))
    base = layers.FUNCTION.get(name, "")
    words = layers.SAVES.get(name)
    tensors = forward.tensors
    owned = ("weight",) if name in layers.PARAMETRIC and kind in {"affine", "activation"} else ()
    if words is not None:
        saves, output = _read(words, tensors)
    else:
        # what the function calls `input` is the first argument of forward, whatever its name is there
        saves, output = _saved("", base, ("input", *tensors, *owned))
        first = tensors[0] if tensors else "input"
        saves = tuple((first if t == "input" else t, first if g == "input" else g) for t, g in saves)
    flag = any(p.name == "inplace" for p in signature.params) and name not in layers.INPLACE_IGNORED
    return Op(
        qualname,
        kind,
        signature.params,
        tensors,
        _layer_alias(name, kind),
        saves,
        output,
        "flag" if flag else "",
        _kept_in_place(base) if flag else "",
        parametric=name in layers.PARAMETRIC,
        result=layers.RESULTS.get(name, "tensor"),
        copies=base in composites.COPIES,
        cases=_cases(layers.BY_ARGUMENT.get(name, ()), tensors),
    )


def _layer_alias(name: str, kind: Kind) -> Alias:
    match name:
        case "Identity":
            return "same"
        case "Unflatten":
            return "view"
        case "Flatten":
            return "maybe"
        case _:
            return "maybe" if kind in {"dropout", "container"} else "fresh"


def _alias(qualname: str) -> Alias:
    match qualname:
        case "torch.Tensor.unfold":
            return "view"
        case "torch.nn.functional.unfold":
            return "fresh"
        case _:
            return composites.alias(qualname.rpartition(".")[2])


def _saved(qualname: str, key: str, tensors: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], bool]:
    from actlint.torchapi.tables.autograd import SAVES

    words = composites.COMPOSITE.get(qualname)
    if words is None:
        words = composites.COMPOSITE.get(key)
    if words is None:
        words = SAVES.get(composites.SAME_AS.get(key, key), "")
    return _read(words, tensors)


def _cases(rows: tuple[tuple[str, tuple[object, ...], str], ...], tensors: tuple[str, ...]) -> tuple[Case, ...]:
    return tuple(Case(parameter, values, *_read(words, tensors)) for parameter, values, words in rows)


def _read(words: str, tensors: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], bool]:
    """(tensor, guard) pairs of the tensors that the operation has by that name, and whether the result is saved."""
    found: list[tuple[str, str]] = []
    output = False
    for word in words.split():
        if word == "->":
            output = True
            continue
        tensor, _, guard = word.partition("?")
        if tensor in tensors:
            found.append((tensor, guard))
    return tuple(found), output


def _kept_in_place(key: str) -> Literal["", "output", "clone"]:
    from actlint.torchapi.tables.autograd import INPLACE

    match INPLACE.get(composites.INPLACE_SAME_AS.get(key, key), ""):
        case "output":
            return "output"
        case "clone":
            return "clone"
        case _:
            return ""


def _constant(key: str, kind: Kind) -> bool:
    from actlint.torchapi.tables.autograd import CONSTANT

    if not _constants:
        _constants.update(CONSTANT.split(), composites.CONSTANT.split())
    return kind == "comparison" or composites.SAME_AS.get(key, key) in _constants
