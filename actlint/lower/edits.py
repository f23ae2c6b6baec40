"""Intents to text edits, or to none where they cannot be made exactly.

Each intent becomes a draft: changed ranges of a chunk's text, and what that should do to the chunk's facts. The drafts
of a repair that touch one statement are tried together, first without any parentheses that might be dispensable, then
with as few as will do; what never says exactly the right thing is not made, and its fix is only shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import count

import libcst as cst

from actlint.diagnostic import Edit, Span
from actlint.facts import (
    Alias,
    Argument,
    ClassDef,
    ExprStmt,
    FunctionDef,
    Import,
    ImportFrom,
    Parameter,
    Site,
    Slice,
    Starred,
)
from actlint.intents import (
    DeleteStatement,
    InsertElement,
    InsertStatement,
    Reference,
    RemoveArgument,
    RenameKeyword,
    Repair,
    Replace,
    SetArgument,
)
from actlint.lower.arguments import call_of, change_arguments
from actlint.lower.blocks import delete_statements, insert_statement, replace_statement
from actlint.lower.drafts import (
    Document,
    Draft,
    DraftChange,
    Kind,
    comments_kept,
    editable,
    expected,
    fits_in_string,
    newline_at,
    numbers_in,
    open_document,
    opened,
    parenthesised,
    rendered,
    site_span,
    written,
)
from actlint.lower.elements import insert_element
from actlint.lower.frames import Change, Frame, Opened, block_frame, header_frame, holds, statement_of
from actlint.lower.imports import insertion
from actlint.lower.items import items_of, removals
from actlint.lower.locate import position_at, range_of
from actlint.lower.shapes import Plan, is_statement, merged

__all__ = ["Document", "open_document", "realise", "site_span"]


def realise(document: Document, repair: Repair) -> tuple[Edit, ...] | None:
    """The edits that make a repair in a document: those of imports, then the others in order, none touching another.

    None if the repair cannot be made exactly: a comment would be lost, two of its intents meet, the code cannot be
    parsed on its own, or the edited text would not say what the intents want.
    """
    try:
        drafts = _drafts(document, repair, count())
        if not drafts:
            return None
        imports = _imports(document, repair)
        if imports is None:
            return None
        edits: list[Edit] = []
        for chunk in sorted({draft.chunk for draft in drafts}):
            found = settled(document, chunk, [draft for draft in drafts if draft.chunk == chunk])
            if found is None:
                return None
            edits += found
    except RecursionError:
        return None
    return (*imports, *edits) if edits else None


def _drafts(document: Document, repair: Repair, numbers: Iterator[int]) -> list[Draft] | None:
    drafts: list[Draft | None] = []
    deleted: list[DeleteStatement] = []
    calls: dict[Site, list[SetArgument | RemoveArgument | RenameKeyword]] = {}
    for intent in repair.intents:
        match intent:
            case Replace():
                drafts.append(_replace(document, intent, numbers))
            case InsertElement():
                drafts.append(insert_element(document, intent, numbers))
            case InsertStatement():
                drafts.append(insert_statement(document, intent, numbers))
            case DeleteStatement():
                deleted.append(intent)
            case SetArgument() | RemoveArgument() | RenameKeyword():
                call = call_of(document, intent)
                if call is None:
                    return None
                calls.setdefault(call, []).append(intent)
    drafts += [change_arguments(document, call, intents, numbers) for call, intents in calls.items()]
    if deleted:
        drafts += delete_statements(document, deleted) or [None]
    made = [draft for draft in drafts if draft is not None]
    return made if len(made) == len(drafts) else None


def _replace(document: Document, intent: Replace, numbers: Iterator[int]) -> Draft | None:
    found = editable(document, intent.at)
    if found is None:
        return None
    opened_chunk, fact = found
    located = opened_chunk.located
    if isinstance(fact, FunctionDef | ClassDef):
        return _rename(opened_chunk, intent)
    if is_statement(fact):
        return replace_statement(document, intent, numbers)
    if isinstance(fact, Parameter):
        return None
    if isinstance(fact, Alias) and not intent.parts:
        return without_aliases(opened_chunk, intent.at.chunk, opened_chunk.parents[fact.ordinal], {fact.ordinal})
    kind: Kind = "expression"
    match fact:
        case Alias():
            kind = "alias"
        case Argument():
            kind = "argument"
        case Slice():
            kind = "slice"
        case Starred():
            kind = "element"
        case _:
            pass
    start, end = range_of(located, fact.ordinal)
    new = written(document, intent.parts, numbers, newline_at(document, located, end), (intent.at.chunk, (start, end)))
    if new is None or not fits_in_string(opened_chunk, fact.ordinal, new):
        return None
    if not comments_kept(located, (start, end), [extent for chunk, extent in new.copied if chunk == intent.at.chunk]):
        return None
    wanted = expected(new, kind)
    if wanted is None:
        parent = opened_chunk.nodes[opened_chunk.parents[fact.ordinal]]
        if isinstance(parent, ExprStmt):  # `x = f(y)` cannot stand for `f(y)`, but it can where that is all there is
            whole = Site(intent.at.path, intent.at.chunk, parent.ordinal)
            return replace_statement(document, Replace(whole, intent.parts), numbers)
        return None
    text = parenthesised(new.text, numbers) if kind == "expression" else new.text
    statement = statement_of(opened_chunk, fact.ordinal)
    plan = Plan(replaced={fact.ordinal: wanted})
    return Draft(intent.at.chunk, statement, False, (DraftChange(start, end, text),), plan)


def without_aliases(opened_chunk: Opened, chunk: int, statement: int, gone: Collection[int]) -> Draft | None:
    """An import statement without some of its names, but not without all."""
    located, fact = opened_chunk.located, opened_chunk.nodes[statement]
    assert isinstance(fact, Import | ImportFrom)
    nodes = [node for alias in fact.aliases if isinstance(node := located.trace[alias.ordinal], cst.ImportAlias)]
    numbers = {number for number, alias in enumerate(fact.aliases) if alias.ordinal in gone}
    if len(numbers) == len(nodes):
        return None
    cuts = removals(located, items_of(located, nodes), numbers, range_of(located, statement))
    if not cuts:
        return None
    changes = tuple(DraftChange(start, end, ()) for start, end in cuts)
    return Draft(chunk, statement, False, changes, Plan(replaced=dict.fromkeys(gone, ())))


def _rename(opened_chunk: Opened, intent: Replace) -> Draft | None:
    """A definition's span is its name, and so is what is replaced."""
    name = "".join(part for part in intent.parts if isinstance(part, str))
    if len(intent.parts) != 1 or not name.isidentifier():
        return None
    ordinal = intent.at.ordinal
    change = DraftChange(*range_of(opened_chunk.located, ordinal), (name,))
    return Draft(intent.at.chunk, ordinal, False, (change,), Plan(names={ordinal: name}))


def _imports(document: Document, repair: Repair) -> list[Edit] | None:
    """The insertions that bind what the repair's references need; every fix that needs one has the very same."""
    needed: dict[tuple[str, str | None], int] = {}
    for intent in repair.intents:
        match intent:
            case Replace(at=Site(chunk=chunk), parts=parts):
                pass
            case SetArgument(call=Site(chunk=chunk), parts=parts):
                pass
            case InsertElement(anchor=Site(chunk=chunk), parts=parts):
                pass
            case InsertStatement(anchor=Site(chunk=chunk), parts=parts):
                pass
            case _:
                continue
        for part in parts:
            if isinstance(part, Reference) and part.imports is not None:
                needed[part.imports] = min(chunk, needed.get(part.imports, chunk))
    edits: list[Edit] = []
    for (module, alias), first_use in needed.items():
        added = insertion(document, module, alias, first_use)
        if added is None:
            return None
        edits += added
    return edits


# ------------------------------------------------------------------------------------------------------------- settling


def settled(document: Document, chunk: int, drafts: Sequence[Draft]) -> list[Edit] | None:
    """The edits of a repair in one chunk, with the parentheses that they need."""
    opened_chunk = opened(document, chunk)
    plan = merged(draft.plan for draft in drafts)
    assert opened_chunk is not None  # or there would be no draft
    if plan is None:
        return None
    changes = _in_order(drafts)
    if any(after.start < before.end for before, after in zip(changes, changes[1:], strict=False)):
        return None
    made: list[Change] = []
    for frame, tried in _frames(opened_chunk, drafts):
        settled = _with_parentheses(frame, opened_chunk, plan, _in_order(tried))
        if settled is None:
            return None
        made += settled
    located = opened_chunk.located
    edits: list[Edit] = []
    for change in _joined(made):
        if located.chunk.text[change.start : change.end] != change.content:
            span = Span(position_at(located, change.start), position_at(located, change.end))
            edits.append(Edit(span, change.content))
    return edits


def _in_order(drafts: Iterable[Draft]) -> list[DraftChange]:
    changes = (change for draft in drafts for change in draft.changes)
    return sorted(changes, key=lambda change: (change.start, change.end))


def _frames(opened_chunk: Opened, drafts: Iterable[Draft]) -> list[tuple[Frame, list[Draft]]]:
    """The drafts by the frames in which they are tried; drafts whose frame stands in another's are tried there."""
    found: list[tuple[Frame, list[Draft]]] = []
    for draft in drafts:
        at = draft.statement
        start = min(change.start for change in draft.changes)
        end = max(change.end for change in draft.changes)
        if not draft.whole and at is not None:
            found.append((header_frame(opened_chunk, at), [draft]))
            continue
        frame = block_frame(opened_chunk, at)
        while at is not None and not (frame.start <= start and end <= frame.end):
            at = opened_chunk.parents.get(at)
            frame = block_frame(opened_chunk, at)
        found.append((frame, [draft]))
    outermost: list[tuple[Frame, list[Draft]]] = []
    for frame, tried in sorted(found, key=lambda each: (each[0].start, -each[0].end)):
        if outermost and frame.start < outermost[-1][0].end:
            outermost[-1][1].extend(tried)
        else:
            outermost.append((frame, list(tried)))
    return outermost


def _with_parentheses(
    frame: Frame, opened_chunk: Opened, plan: Plan, drafted: Sequence[DraftChange]
) -> list[Change] | None:
    def changes(parentheses: frozenset[int]) -> list[Change]:
        return [Change(each.start, each.end, rendered(each.text, parentheses)) for each in drafted]

    def right(parentheses: frozenset[int]) -> bool:
        return holds(frame, opened_chunk, plan, changes(parentheses))

    chosen: frozenset[int] = frozenset()
    if not right(chosen):
        numbers = numbers_in(drafted)
        chosen = frozenset(numbers)
        if not numbers or not right(chosen):
            return None
        for number in numbers:
            if right(chosen - {number}):
                chosen -= {number}
    return changes(chosen)


def _joined(changes: Sequence[Change]) -> list[Change]:
    """The changes, those that touch made one, so that nobody need know which of two insertions comes first."""
    joined: list[Change] = []
    for change in changes:
        if joined and joined[-1].end == change.start:
            last = joined.pop()
            change = Change(last.start, change.end, last.content + change.content)
        joined.append(change)
    return joined
