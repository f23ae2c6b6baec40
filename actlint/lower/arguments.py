"""Arguments of a call set, removed and renamed, with their commas and lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from actlint.facts import Argument, Call, ClassDef, Site
from actlint.intents import RemoveArgument, RenameKeyword, SetArgument
from actlint.lower.drafts import (
    Document,
    Draft,
    DraftChange,
    Paren,
    Text,
    Written,
    comments_kept,
    editable,
    expected,
    fits_in_string,
    newline_at,
    parenthesised,
    written,
)
from actlint.lower.frames import Opened, line_start, statement_of
from actlint.lower.items import Item, items_of, line_between, removals, rest_of_line, starts_line
from actlint.lower.locate import Located, Range
from actlint.lower.shapes import Plan, Shape


def call_of(document: Document, intent: SetArgument | RemoveArgument | RenameKeyword) -> Site | None:
    """The call (or class) whose arguments an intent changes."""
    if isinstance(intent, SetArgument):
        return intent.call
    found = editable(document, intent.argument)
    if found is None or intent.argument.ordinal not in found[0].parents:
        return None
    return Site(intent.argument.path, intent.argument.chunk, found[0].parents[intent.argument.ordinal])


def change_arguments(
    document: Document,
    at: Site,
    intents: Sequence[SetArgument | RemoveArgument | RenameKeyword],
    numbers: Iterator[int],
) -> Draft | None:
    """All that a repair does to the arguments of one call."""
    found = editable(document, at)
    if found is None:
        return None
    opened, fact = found
    match fact:
        case Call(args=args) | ClassDef(bases=args):
            pass
        case _:
            return None
    located = opened.located
    place = {argument.ordinal: number for number, argument in enumerate(args)}
    nodes = [node for argument in args if isinstance(node := located.trace[argument.ordinal], cst.Arg)]
    items = items_of(located, nodes)
    if any(items[number].start != located.inner[id(node)][0] for number, node in enumerate(nodes)):
        return None  # bases after keywords: what is lowered first does not stand first

    plan = Plan()
    changes: list[DraftChange] = []
    gone: set[int] = set()
    added: list[tuple[Text, Shape]] = []
    for intent in intents:
        match intent:
            case RemoveArgument(argument=argument):
                if argument.ordinal not in place:
                    return None
                gone.add(place[argument.ordinal])
                plan.replaced[argument.ordinal] = ()
            case RenameKeyword(argument=argument, keyword=keyword):
                if argument.ordinal not in place or any(each.keyword == keyword for each in args):
                    return None
                number = place[argument.ordinal]
                renamed = _renamed(located, args[number], nodes[number], keyword)
                if renamed is None:
                    return None
                changes += renamed
                plan.keywords[argument.ordinal] = keyword
            case SetArgument(keyword=keyword, parts=parts):
                end = located.inner[id(located.trace[at.ordinal])][1]
                new = written(document, parts, numbers, newline_at(document, located, end))
                if new is None or not isinstance(fact, Call) or not fits_in_string(opened, at.ordinal, new):
                    return None
                wanted = expected(new, "expression")
                if wanted is None or len(wanted) != 1:
                    return None
                given = next((number for number, each in enumerate(args) if each.keyword == keyword), None)
                if given is None:
                    text = (f"{keyword}=", *parenthesised(new.text, numbers))
                    added.append((text, ("Argument", wanted[0], keyword, "")))
                    continue
                value = located.outer[id(nodes[given].value)]
                if not comments_kept(located, value, _kept(new, at.chunk)):
                    return None
                changes.append(DraftChange(*value, parenthesised(new.text, numbers)))
                plan.replaced[args[given].value.ordinal] = wanted
    if gone:
        cuts = removals(located, items, gone, _inside(located, located.trace[at.ordinal]))
        if cuts is None:
            return None
        changes += [DraftChange(start, end, ()) for start, end in cuts]
    if added:
        index, more = _appended(document, opened, at.ordinal, args, items, gone, [text for text, _ in added])
        changes += more
        plan.arguments[at.ordinal] = tuple((index, shape) for _, shape in added)
    return Draft(at.chunk, statement_of(opened, at.ordinal), False, tuple(changes), plan)


def _kept(new: Written, chunk: int) -> list[Range]:
    return [extent for other, extent in new.copied if other == chunk]


def _inside(located: Located, node: cst.CSTNode) -> Range:
    """What stands between the brackets of a call or of a class's bases."""
    if isinstance(node, cst.Call):
        return located.outer[id(node.whitespace_before_args)][0], located.inner[id(node)][1] - 1
    assert isinstance(node, cst.ClassDef)
    return located.outer[id(node.lpar)][0] + 1, located.outer[id(node.rpar)][1] - 1


def _renamed(located: Located, argument: Argument, node: cst.Arg, keyword: str) -> list[DraftChange] | None:
    if argument.star:
        return None
    if node.keyword is not None:
        return [DraftChange(*located.inner[id(node.keyword)], (keyword,))]
    start, end = located.inner[id(node)]
    if _stands_bare(node):
        return [DraftChange(start, start, (f"{keyword}=(",)), DraftChange(end, end, (")",))]
    return [DraftChange(start, start, (f"{keyword}=",))]


def _stands_bare(node: cst.Arg) -> bool:
    """Whether the value needs parentheses as soon as it is not a positional argument alone."""
    return isinstance(node.value, cst.GeneratorExp | cst.NamedExpr) and not node.value.lpar


def _appended(
    document: Document,
    opened: Opened,
    ordinal: int,
    args: Sequence[Argument],
    items: Sequence[Item],
    gone: set[int],
    texts: Sequence[Text],
) -> tuple[int, list[DraftChange]]:
    """Where new keyword arguments go among the old ones, and how: last, but before a `**mapping`."""
    located = opened.located
    staying = [number for number in range(len(args)) if number not in gone]
    mapping = next((number for number in staying if args[number].star == "**"), len(args))
    before = [number for number in staying if number < mapping]
    newline = newline_at(document, located, items[0].start if items else 0)
    if not staying:
        at = _inside(located, located.trace[ordinal])[0]
        return 0, [DraftChange(at, at, _joined(texts, "", ", ", ""))]
    if not before:
        at = items[mapping].start
        line = newline + located.chunk.text[line_start(located, at) : at] if starts_line(located, at) else " "
        return mapping, [DraftChange(at, at, _joined(texts, "", "," + line, "," + line))]
    last = before[-1]
    item, line = items[last], line_between(located, [items[number] for number in staying], newline)
    node = located.trace[args[last].ordinal]
    # Where all that follows goes, its cut may take this comma along.
    keeps_comma = last + 1 == len(items) or items[-1].comma_end is not None or staying[-1] != last
    if item.comma_end is not None and keeps_comma:
        rest = rest_of_line(located, item.comma_end) if line != " " else None
        at = item.comma_end if rest is None else rest[1]
        line = " " if rest is None else line
        return last + 1, [DraftChange(at, at, _joined(texts, line, "," + line, ","))]
    changes: list[DraftChange] = []
    closing = ""
    if isinstance(node, cst.Arg) and isinstance(node.value, cst.GeneratorExp) and not node.value.lpar:
        changes.append(DraftChange(item.start, item.start, ("(",)))
        closing = ")"
    rest = rest_of_line(located, item.end) if line != " " else None
    if rest is None:
        changes.append(DraftChange(item.end, item.end, (closing, *_joined(texts, "," + line, "," + line, ""))))
    else:
        changes.append(DraftChange(item.end, item.end, (closing + ",",)))
        changes.append(DraftChange(rest[1], rest[1], _joined(texts, line, "," + line, "")))
    return last + 1, changes


def _joined(texts: Sequence[Text], first: str, between: str, last: str) -> Text:
    pieces: list[str | Paren] = [first]
    for number, text in enumerate(texts):
        pieces += [between, *text] if number else text
    return (*pieces, last)
