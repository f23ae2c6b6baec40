"""What is told to the user: diagnostics with spans and edits, and the report of one file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    # Not at run time: a run that finds nothing to parse need not make the many classes of facts.
    from actlint.intents import Applicability

Severity: TypeAlias = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Row and column count from 1; columns in characters."""

    row: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of text; the end is exclusive."""

    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` by `content` (an empty span inserts)."""

    span: Span
    content: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A fix of one diagnostic: all of its edits are applied, or none. A `display` fix may have none."""

    applicability: Applicability
    message: str
    checkpoint_compatible: bool
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that explains the diagnostic."""

    message: str
    path: str
    span: Span


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the probe says of a diagnostic."""

    status: Literal["confirmed", "refuted", "not exercised", "inconclusive"]
    evidence: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding as users see it. `path` is as given on the command line, relative to the working directory.

    `label` stands beside the underline; `conditions` say when the finding holds, if not always; `fingerprint` (16 hex
    digits) survives moved lines. `internal` marks a failure of actlint itself (exit code 2). `names` are identifiers
    that a run of the model would show it by, for the probe.
    """

    code: str
    name: str
    severity: Severity
    message: str
    path: str
    span: Span
    label: str = ""
    related: tuple[Related, ...] = ()
    conditions: tuple[str, ...] = ()
    fix: Fix | None = None
    verdict: Verdict | None = None
    fingerprint: str = ""
    internal: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know that is no finding: a file skipped as too deeply nested, an unreadable file.

    `failure` notices (a path that does not exist, a file that cannot be read or written) set exit code 2.
    """

    path: str
    message: str
    row: int | None = None
    column: int | None = None
    failure: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One file's result. `text` is what was checked (for snippets); `fixed` counts applied fixes by code.

    `original` is the text before fixes where there were any (for diffs).
    """

    path: str
    text: str
    diagnostics: tuple[Diagnostic, ...] = ()
    notices: tuple[Notice, ...] = ()
    fixed: dict[str, int] = field(default_factory=dict)
    original: str | None = None
