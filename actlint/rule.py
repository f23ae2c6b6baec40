"""What a rule is: a code, a name, a default, and a check that yields findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from actlint.diagnostic import Severity
from actlint.facts import Site
from actlint.intents import Repair

if TYPE_CHECKING:
    from actlint.model.program import Context, FileView


@dataclass(frozen=True, slots=True)
class Note:
    """A related place and what it has to do with the finding."""

    at: Site
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A check's claim about one node, before positions.

    `message` is lowercase, without final stop, names the user's identifiers and says what happens and why it matters;
    `label` is the short text beside the underline. `conditions` say when it holds, if not always. `code` is set only by
    checks that serve several rules. `severity` overrides the rule's where this finding is proven to raise. `names` are
    the identifiers that a run of the model would show it by: an attribute, a class, a local variable.
    """

    at: Site
    message: str
    label: str = ""
    notes: tuple[Note, ...] = ()
    conditions: tuple[str, ...] = ()
    fix: Repair | None = None
    severity: Severity | None = None
    names: tuple[str, ...] = ()


Check: TypeAlias = "Callable[[FileView, Context], Iterator[Finding]]"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the catalogue. `check` is None where the finding comes from the file, the suppressions or the probe."""

    code: str
    name: str
    severity: Severity
    default: bool
    check: Check | None


def rule(code: str, *, severity: Severity = "warning", default: bool = True) -> Callable[[Check], Rule]:
    """Make a rule of a check; the rule's name is the function's, with dashes."""

    def make(check: Check) -> Rule:
        return Rule(code, check.__name__.replace("_", "-"), severity, default, check)

    return make
