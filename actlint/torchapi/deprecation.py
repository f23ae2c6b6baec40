"""What one row of the tables of deprecated names says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "function",
    "class",
    "module",
    "constant",
    "method",
    "attribute",
    "overload",
    "argument",
    "value",
    "omission",
]
"""A symbol; a method of tensors or modules, an attribute of tensors of some rank (the last part of its name); a form of
call that is told by the number of positional arguments; an argument that is given, that has this value, or that is
left out.
"""

Level: TypeAlias = Literal["safe", "unsafe", "none"]

Recipe: TypeAlias = Literal[
    "",
    "rename",
    "close",
    "method",
    "function",
    "device",
    "drop",
    "keyword",
    "set",
    "reduction",
    "norm",
    "range",
    "list",
    "real",
    "kernels",
    "tensor type",
    "call",
    "weights",
    "overload",
    "reversed",
    "algebra",
    "axis",
]
"""How the new form is made (`model.rewrites`); "" where it is not."""


@dataclass(frozen=True, slots=True)
class Deprecation:
    """One deprecated symbol, or one argument of a symbol.

    `rule`: the code that reports it where it still works. `since`, `removed`, `silent_since`: the first versions that
    deprecate it ("" where that is not known), that no longer have it ("" while it is there), that no longer warn.
    `warning`: the category and text that torch warns with today, ("", "") if it is silent; `error`: what a use raises.

    `argument` with `value` (source text): what is deprecated of the symbol, by kind; of an axis that is left out, the
    size by which torch looks for one. `replacement`: the name to use, there since `replacement_since`; "" where the
    same name stays. `module`: what must be imported for it, if `torch` alone does not bring it.

    The rest is for the recipe. `parameters`: the old parameters that can be given by position, in order; `accepted`:
    those of the replacement, where these differ; `renamed`: pairs of an old parameter and its new name; `mapped`: an
    old parameter, its new name, and what each literal becomes (text, text); `added`: parameters of the replacement
    that the old form implied; `dropped`: old parameters that have no effect. `component`: the item and the name of the
    old result that the replacement gives alone. `device` and what follows are for `torch.amp`, see `deprecated_amp`.
    """

    qualname: str
    rule: str
    kind: Kind
    since: str = ""
    removed: str = ""
    silent_since: str = ""
    warning: tuple[str, str] = ("", "")
    error: str = ""
    argument: str = ""
    value: str = ""
    replacement: str = ""
    replacement_since: str = ""
    module: str = ""
    fix: Level = "none"
    recipe: Recipe = ""
    parameters: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    mapped: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    dropped: tuple[str, ...] = ()
    component: tuple[int, str] | None = None
    device: str = ""
    device_parameter: str = ""
    device_keyword: bool = False
    reordered: bool = False
    defaults: tuple[tuple[str, str], ...] = ()
    keeps_checkpoints: bool = True
    info: bool = False
    note: str = ""
