"""What is deprecated, by name: torch's rows and those of the packages around it."""

from __future__ import annotations

from actlint.torchapi import torchvision_deprecated
from actlint.torchapi.deprecation import Deprecation
from actlint.torchapi.docs import documentation
from actlint.torchapi.names import canonical
from actlint.torchapi.tables.deprecations import ROWS

__all__ = [
    "ALL",
    "CLASSES",
    "CONTRACTS",
    "DEFINED",
    "DEPRECATED",
    "LAST",
    "MADE_BY",
    "METHODS",
    "MODULES",
    "OF_CALLS",
    "OVERLOADS",
    "TENSORS_ONLY",
    "UNDONE_BY",
    "Deprecation",
    "deprecations",
    "documentation",
]

ALL: tuple[Deprecation, ...] = (*ROWS, *torchvision_deprecated.ROWS)
DEPRECATED: dict[str, tuple[Deprecation, ...]] = {}
"""All rows by canonical name."""
MODULES: dict[str, Deprecation] = {row.qualname: row for row in ALL if row.kind == "module"}

DEFINED: dict[str, str] = {
    "torch.load": "torch.serialization.load",
    "torch.stft": "torch.functional.stft",
    "torch.chain_matmul": "torch.functional.chain_matmul",
    "torch.lu": "torch.functional.lu",
}
"""Where some of them are defined, in modules whose names are in use too."""

for _row in ALL:
    # What is private goes by its public name in all other tables.
    _public = _row.qualname if _row.rule == "ACT107" else canonical(_row.qualname)
    for _name in dict.fromkeys((_public, _row.qualname, DEFINED.get(_row.qualname, _public))):
        DEPRECATED[_name] = (*DEPRECATED.get(_name, ()), _row)

CLASSES: frozenset[str] = frozenset(
    name
    for row in ALL
    if row.kind == "class" and ((name := row.qualname.rpartition(".")[2])[0] == "_" or row.rule != "ACT107")
)
"""The last parts of the names of classes, but for those that private and public names have in common."""
_OF_OBJECTS = ("torch.Tensor.", "torch.nn.Module.")
METHODS: frozenset[str] = frozenset(
    row.qualname.split(".")[-1 if row.kind != "attribute" else 2]
    for row in ALL
    if row.kind == "method" or (row.kind not in ("function", "class") and row.qualname.startswith(_OF_OBJECTS))
)
"""The methods and attributes of tensors and modules."""
OVERLOADS: dict[str, frozenset[int]] = {
    name: frozenset(len(row.parameters) for row in ALL if row.qualname == f"torch.Tensor.{name}")
    for name in METHODS
    if name.startswith(("addc", "addm")) or name.endswith(("_", "bmm"))
}
"""The methods that nothing but tensors have, each with the numbers of arguments that only its old form takes."""
OF_CALLS: frozenset[str] = frozenset(
    row.qualname.rpartition(".")[2] for row in ALL if row.argument and not row.qualname.startswith(_OF_OBJECTS)
)
"""The last parts of the names of which a call has something deprecated: an argument, or that one is left out."""
LAST: frozenset[str] = frozenset(name.rpartition(".")[2] for name in DEPRECATED)
"""The last parts of all names."""

CONTRACTS: dict[str, frozenset[str]] = {
    "torch.jit.": frozenset({"torchscript", "jit", "script", "scripted", "scripting", "trace", "traced", "tracing"}),
    "torch.nn.DataParallel": frozenset({"dataparallel", "dp"}),
    "torch.nn.parallel.data_parallel": frozenset({"dataparallel", "dp"}),
}
"""What is information alone, by the start of its name: the words in which those speak of it who offer just that."""

UNDONE_BY: dict[str, tuple[str, str]] = {
    "torch.nn.utils.weight_norm": ("torch.nn.utils.remove_weight_norm", "weight_g"),
    "torch.nn.utils.spectral_norm": ("torch.nn.utils.remove_spectral_norm", "weight_orig"),
}
"""What undoes the old form alone, and an attribute that it alone makes: beside either, the new form would raise."""

TENSORS_ONLY: dict[str, tuple[str, ...]] = {"torch.testing.assert_allclose": ("actual", "expected")}
"""Old parameters that take lists and numbers, where the new form takes two of a kind."""

MADE_BY: dict[str, frozenset[str]] = {
    name: frozenset({"torch.jit.script", "torch.jit.trace", "torch.jit.trace_module"})
    for name in ("torch.jit.load", "torch.jit.save")
}
"""What reads or writes files of a format, and what makes that format: only who makes such files can change it."""


def deprecations(qualname: str) -> tuple[Deprecation, ...]:
    """The rows of this name in any spelling: of the symbol itself, and of its arguments."""
    return DEPRECATED.get(qualname) or DEPRECATED.get(canonical(qualname), ())
