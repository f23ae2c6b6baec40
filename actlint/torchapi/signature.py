"""Reading the signatures of `tables/signatures.py`."""

from __future__ import annotations

from ast import literal_eval
from dataclasses import dataclass
from typing import Literal

from actlint.torchapi.op import OPAQUE, REQUIRED, Param, Result

_COMMON: dict[str, object] = {
    "None": None,
    "True": True,
    "False": False,
    "0": 0,
    "1": 1,
    "-1": -1,
    "0.0": 0.0,
    "1.0": 1.0,
    "...": OPAQUE,
}


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameters, those of them that take tensors, and what comes back."""

    params: tuple[Param, ...]
    tensors: tuple[str, ...]
    result: Result


def parse(text: str) -> Signature:
    """Parse one line of the table, whose language the script that makes it describes."""
    words = text.split()
    result: Result = "tensor"
    if "->" in words:
        result = _result(words[-1])
        words = words[:-2]
    params: list[Param] = []
    tensors: list[str] = []
    kind: Literal["either", "keyword"] = "either"
    for word in words:
        if word == "*":
            kind = "keyword"
            continue
        name, equals, default = word.partition("=")
        tensor = name.startswith("@")
        name = name.removeprefix("@")
        if name.startswith("**"):
            params.append(Param(name[2:], "kwarg"))
        elif name.startswith("*"):
            name = name[1:]
            params.append(Param(name, "vararg"))
            kind = "keyword"
        else:
            params.append(Param(name, kind, _default(default) if equals else REQUIRED))
        if tensor:
            tensors.append(name)
    return Signature(tuple(params), tuple(tensors), result)


def _result(word: str) -> Result:
    match word:
        case "tensors":
            return "tensors"
        case "first":
            return "first"
        case "either":
            return "either"
        case _:
            return "none"


def _default(text: str) -> object:
    return _COMMON[text] if text in _COMMON else literal_eval(text)
