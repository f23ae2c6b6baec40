"""Make `tables/autograd.py`: what autograd keeps of the arguments and the result of each operator of ATen.

Read by torchgen's own loader of `derivatives.yaml`, the one that PyTorch's build uses, with the rule of its code
generator for when saving an argument is guarded by "some other argument requires grad". The facts of an operator's
overloads are combined so that what remains holds for every overload (an argument that is no tensor in an overload
cannot be saved there, and one that must require grad cannot do so either).

Values are words: `input` is saved always, `input?other` if `other` requires grad, `->` the (first) result is saved.
Operators without a word save nothing. Operators composed of others have no entry: see `composites.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torchgen
from torchapi_common import main, mapping, module, words
from torchgen.api.autograd import DifferentiabilityInfo, SavedAttribute, match_differentiability_info
from torchgen.api.types import BaseCType, OptionalCType, tensorT
from torchgen.gen import parse_native_yaml
from torchgen.model import ListType, NativeFunction, SchemaKind
from torchgen.packaged.autograd.load_derivatives import load_derivatives

SCRIPT = "torchapi_autograd.py"
ONLY = "only:"
PACKAGED = Path(torchgen.__file__).parent / "packaged"


@dataclass(frozen=True, slots=True)
class Facts:
    """One overload: its tensor parameters, the saved ones with their guards, and whether the result is saved."""

    tensors: frozenset[str]
    saved: Mapping[str, str]
    output: bool


def shown(name: str) -> str:
    return "input" if name == "self" else name


def is_tensor(attribute: SavedAttribute) -> bool:
    kind = attribute.nctype.type
    return kind == BaseCType(tensorT) or kind == OptionalCType(BaseCType(tensorT)) or "TensorList" in str(kind)


def guard(info: DifferentiabilityInfo, attribute: SavedAttribute, has_list: bool) -> str:
    """The argument whose gradient needs `attribute`, if saving it depends on that one alone; else "".

    Where only one argument has a gradient at all, it is that one, marked: saving is not guarded, but also not done
    unless that argument requires grad.
    """
    if len(info.args_with_derivatives) == 1:
        return ONLY + shown(info.args_with_derivatives[0].name)
    if has_list or "backward" in info.name or attribute.nctype.type != BaseCType(tensorT):
        return ""
    users = [d for d in info.derivatives if attribute in d.saved_inputs]
    if len(users) != 1 or len(users[0].var_names) != 1:
        return ""
    return shown(users[0].var_names[0])


def facts(function: NativeFunction, info: DifferentiabilityInfo) -> Facts:
    arguments = function.func.arguments.flat_non_out
    tensors = frozenset(shown(a.name) for a in arguments if a.type.is_tensor_like())
    has_list = any(isinstance(a.type, ListType) and a.type.is_tensor_like() for a in arguments)
    saved = {}
    for attribute in info.all_saved_inputs:
        name = shown(str(attribute.nctype.name))
        if is_tensor(attribute) and name in tensors:
            saved[name] = guard(info, attribute, has_list)
    first = {"result", "result0", function.func.returns[0].name} if function.func.returns else {"result"}
    output = any(str(a.nctype.name) in first and is_tensor(a) for a in info.all_saved_outputs)
    return Facts(tensors, saved, output)


def combine(overloads: list[Facts]) -> str:
    """The words for what holds of every overload."""
    found: list[str] = []
    for name in dict.fromkeys(n for f in overloads for n in f.saved):
        guards = {f.saved.get(name, "never") for f in overloads if name in f.tensors}
        real = {g for g in guards if not g.startswith(ONLY)}
        guards = {g.removeprefix(ONLY) if real - {"", "never"} else "" for g in guards - real} | real
        named = guards - {"", "never"}
        if guards == {""}:
            found.append(name)
        elif len(named) == 1 and all(
            name not in f.tensors or f.saved.get(name, "").removeprefix(ONLY) in named or not named & f.tensors
            for f in overloads
        ):
            found.append(f"{name}?{named.pop()}")
    if all(f.output for f in overloads):
        found.append("->")
    return " ".join(found)


def tables() -> dict[str, str]:
    native = str(PACKAGED / "ATen/native/native_functions.yaml")
    tags = str(PACKAGED / "ATen/native/tags.yaml")
    derivatives, _ = load_derivatives(str(PACKAGED / "autograd/derivatives.yaml"), native, tags)
    functions = parse_native_yaml(native, tags).native_functions
    functional: dict[str, list[Facts]] = {}
    inplace: dict[str, list[Facts]] = {}
    constant: dict[str, list[bool]] = {}
    for matched in match_differentiability_info(functions, derivatives):
        function = matched.func
        if "Dimname" in str(function.func) or function.func.kind() is SchemaKind.out:
            continue
        info = (matched.info or {}).get("Default")
        base = function.func.name.name.base
        if info is None or not info.has_derivatives:
            composite = function.has_composite_implicit_autograd_kernel
            constant.setdefault(base, []).append(not composite and bool(function.func.returns))
            continue
        constant.setdefault(base, []).append(info.output_differentiability in ([False], [False, False]))
        target = inplace if function.func.kind() is SchemaKind.inplace else functional
        target.setdefault(base, []).append(facts(function, info))
    saves = {base: combine(found) for base, found in functional.items() if not base.startswith("_")}
    keeps = {}
    for base, found in inplace.items():
        if all(f.output for f in found):
            keeps[base] = "output"
        elif any("input" in f.saved for f in found):
            keeps[base] = "clone"
        else:
            keeps[base] = ""
    return {
        "autograd.py": module(
            SCRIPT,
            "What autograd saves, by operator of ATen (words as in the script's docstring), and of in-place forms.\n\n"
            "Derived from PyTorch's derivatives.yaml (BSD-3-Clause; see LICENSE).",
            mapping("SAVES", saves),
            mapping("INPLACE", {b: k for b, k in keeps.items() if not b.startswith("_")}),
            words("CONSTANT", " ".join(sorted(b for b, c in constant.items() if all(c) and not b.startswith("_")))),
        )
    }


if __name__ == "__main__":
    raise SystemExit(main(SCRIPT, tables()))
