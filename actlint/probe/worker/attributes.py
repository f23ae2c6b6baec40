"""What the model is made of after construction: what is registered, what is not, what is there twice."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from .tracing import Births


def facts(model: Any, births: Births) -> dict[str, Any]:
    """Attributes that a module does not know of, layers that are there twice, layers that were replaced."""
    if not isinstance(model, nn.Module):
        return {"odd": [], "repeated": [], "replaced": [], "names": []}
    registered = {id(each) for each in model.modules()}
    buffers = {id(each) for each in model.buffers()} | {id(each) for each in model.parameters()}
    odd = []
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if name.startswith("_") and name in nn.Module().__dict__:
                continue
            for kind, evidence in _kinds(name, value, registered, buffers):
                place = births.places.get(id(module))
                odd.append(
                    {
                        "owner": type(module).__name__,
                        "path": path,
                        "name": name,
                        "what": kind,
                        "evidence": evidence,
                        "born": list(place) if place else None,
                    }
                )
    return {
        "odd": odd,
        "repeated": list(_repeated(model, births)),
        "replaced": births.replaced,
        "names": sorted({name for name in dir(model) if not name.startswith("_")} - set(dir(nn.Module()))),
    }


def size(parameters: Iterable[Any]) -> int:
    """How many numbers there are in parameters; those of lazy layers are not known yet."""
    return sum(each.numel() for each in parameters if not nn.parameter.is_lazy(each))


def _kinds(name: str, value: Any, registered: set[int], known: set[int]) -> Iterator[tuple[str, str]]:
    if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], nn.Module):
        yield "tuple", f"`{name}` is a tuple with a {type(value[0]).__name__} in it"
    if isinstance(value, (list, tuple, dict, set)):
        items = value.values() if isinstance(value, dict) else value
        lost = [each for each in items if isinstance(each, nn.Module) and id(each) not in registered]
        count = size(p for each in lost for p in each.parameters())
        if count:
            kind = type(value).__name__
            yield "unregistered", f"{count:,} parameters in the {kind} `{name}` are not among `parameters()`"
    if isinstance(value, torch.Tensor) and id(value) not in known:
        if value.requires_grad and not value.is_leaf:
            yield "lost", f"`{name}` is no leaf and is not among `parameters()`: an optimiser never changes it"
        else:
            yield "tensor", f"`{name}` is a plain tensor: `to(device)` and `state_dict` leave it out"


def _repeated(model: nn.Module, births: Births) -> Iterator[dict[str, Any]]:
    names: dict[int, list[str]] = {}
    layers: dict[int, nn.Module] = {}
    for path, module in model.named_modules(remove_duplicate=False):
        names.setdefault(id(module), []).append(path)
        layers[id(module)] = module
    for key, paths in names.items():
        count = size(layers[key].parameters())
        if len(paths) > 1 and count:
            place = births.places.get(key)
            yield {"names": paths, "parameters": count, "born": list(place) if place else None}


def left_behind(model: nn.Module) -> list[str]:
    """Tensors that stay where they are when the model moves to another device, by attribute path."""
    try:
        moved = copy.deepcopy(model).to("meta")
    except Exception:  # not every model can be copied
        return []
    found = []
    for path, module in moved.named_modules():
        for name, value in vars(module).items():
            if isinstance(value, torch.Tensor) and not value.is_meta:
                found.append(f"{path}.{name}".lstrip("."))
    return found


def read_elsewhere(name: str, ran: Mapping[str, set[int]]) -> bool:
    """Whether a line that did not run reads an attribute on the way to a parameter: another use may train it."""
    parts = {part for part in name.split(".") if part.isidentifier()} - {"weight", "bias"}
    for path, lines in ran.items():
        try:
            with open(path, encoding="utf-8") as file:
                tree = ast.parse(file.read())
        except (OSError, SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr in parts:
                if node.lineno not in lines:
                    return True
    return False
