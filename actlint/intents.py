"""The closed set of repair intents: what a fix wants, said about nodes; `lower.edits` turns it into text edits.

Below `rule` and `lower` because both use it: a check creates intents, lowering realises them on the syntax tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from actlint.facts import Site

Applicability: TypeAlias = Literal["safe", "unsafe", "display"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A name as it can be written at a place: `text` (`torch.sigmoid`), and the module to import first if any.

    `imports` is (module, alias): `("torch", None)` for `import torch`; None where the file binds all that is needed.
    """

    text: str
    imports: tuple[str, str | None] | None = None


Part: TypeAlias = "str | Site | Reference"
"""Literal text; the source of a node, copied with its comments; or a reference."""


@dataclass(frozen=True, slots=True)
class Replace:
    """The expression or statement at `at` becomes the concatenation of `parts`.

    A comment inside the replaced text that no copied part holds makes the edit impossible (it is then shown, not
    applied). Parentheses are added where the new text, in its context, would otherwise parse differently. A name in an
    import statement that becomes nothing leaves it, if others stay.
    """

    at: Site
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class SetArgument:
    """The call at `call` gets `keyword=parts`: its value is replaced if the keyword (or position) is there, else
    appended.
    """

    call: Site
    keyword: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class RemoveArgument:
    """The argument at `argument` (an `Argument` node) goes, with one comma."""

    argument: Site


@dataclass(frozen=True, slots=True)
class RenameKeyword:
    """The keyword of the argument at `argument` becomes `keyword` (a positional argument gets it)."""

    argument: Site
    keyword: str


@dataclass(frozen=True, slots=True)
class InsertElement:
    """A new positional argument of a call, or element of a list, tuple or set display, beside the one at `anchor`.

    The anchor is an `Argument`, the value of one, or an element. The new one gets its own line where each has one; it
    cannot come after a keyword argument or a `**mapping`.
    """

    anchor: Site
    where: Literal["before", "after"]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class InsertStatement:
    """A new line before or after the statement at `anchor`, in its indentation."""

    anchor: Site
    where: Literal["before", "after"]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class DeleteStatement:
    """The simple statement at `at` goes with its line; where its block would be empty, it becomes `pass`."""

    at: Site


Intent: TypeAlias = (
    Replace | SetArgument | RemoveArgument | RenameKeyword | InsertElement | InsertStatement | DeleteStatement
)


@dataclass(frozen=True, slots=True)
class Repair:
    """A fix as a check proposes it.

    `message` is imperative and short ("call the model: `self(x)`"). All `intents` are applied or none.
    `checkpoint_compatible` says whether checkpoints saved before the fix still load after it.
    """

    message: str
    applicability: Applicability
    intents: tuple[Intent, ...]
    checkpoint_compatible: bool = True
