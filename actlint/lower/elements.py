"""New arguments and elements beside those that are there, with their commas and lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from actlint.facts import Argument, Call, Collection, Node
from actlint.intents import InsertElement
from actlint.lower.drafts import (
    Document,
    Draft,
    DraftChange,
    Text,
    Written,
    editable,
    expected,
    fits_in_string,
    newline_at,
    parenthesised,
    written,
)
from actlint.lower.frames import Opened, line_start, statement_of
from actlint.lower.items import Item, items_of, line_between, rest_of_line, starts_line
from actlint.lower.locate import Located
from actlint.lower.shapes import Plan, Shape


def insert_element(document: Document, intent: InsertElement, numbers: Iterator[int]) -> Draft | None:
    """A new argument or element; on a line of its own where each has one."""
    found = editable(document, intent.anchor)
    if found is None or intent.anchor.ordinal not in found[0].parents:
        return None
    opened = found[0]
    located = opened.located
    ordinal = _slot(opened, intent.anchor.ordinal)
    holder = opened.nodes[opened.parents[ordinal]]
    number, nodes = _neighbours(located, holder, ordinal)
    if not nodes:
        return None
    before = intent.where == "before"
    if isinstance(holder, Call):
        earlier = holder.args[: number if before else number + 1]
        if any(argument.keyword is not None or argument.star == "**" for argument in earlier):
            return None
    items = items_of(located, nodes)
    newline = newline_at(document, located, items[number].start)
    new = written(document, intent.parts, numbers, newline)
    if new is None or not fits_in_string(opened, holder.ordinal, new):
        return None
    wanted = _wanted(new, isinstance(holder, Call))
    if wanted is None:
        return None
    line = " " if _without_brackets(located.trace[holder.ordinal]) else line_between(located, items, newline)
    text = parenthesised(new.text, numbers)
    changes = _enclosed_generator(nodes[number], items[number])
    if before:
        plan = Plan(before={ordinal: (wanted,)})
        changes = [_before(located, items, number, text, line, newline), *changes]
    else:
        plan = Plan(after={ordinal: (wanted,)})
        changes += _after(located, items, number, text, line)
    return Draft(intent.anchor.chunk, statement_of(opened, ordinal), False, tuple(changes), plan)


def _slot(opened: Opened, ordinal: int) -> int:
    """The argument whose value a node is; else the node."""
    parent = opened.parents[ordinal]
    return parent if isinstance(opened.nodes[parent], Argument) else ordinal


def _neighbours(
    located: Located, holder: Node, ordinal: int
) -> tuple[int, Sequence[cst.Arg] | Sequence[cst.BaseElement]]:
    """Where among its neighbours a node stands, and all of them; none where it is no argument of a call or element."""
    match holder:
        case Call(args=facts):
            ordinals = [fact.ordinal for fact in facts]
        case Collection(elements=elements):
            ordinals = [fact.ordinal for fact in elements]
        case _:
            return 0, ()
    if ordinal not in ordinals:
        return 0, ()
    node = located.trace[holder.ordinal]
    match node:
        case cst.Call():
            return ordinals.index(ordinal), node.args
        case cst.Tuple() | cst.List() | cst.Set():
            return ordinals.index(ordinal), node.elements
        case _:  # the indices of a subscript
            return 0, ()


def _wanted(new: Written, in_call: bool) -> Shape | None:
    """What the one new argument or element says; None if it is none, several or a keyword argument."""
    if not in_call:
        found = expected(new, "expression") or expected(new, "element")
        return found[0] if found is not None and len(found) == 1 else None
    match expected(new, "argument"):
        case (("Argument", _, None, "" | "*") as argument,):
            return argument
        case (_,):
            return None
    found = expected(new, "expression")
    return None if found is None else ("Argument", found[0], None, "")


def _without_brackets(node: cst.CSTNode) -> bool:
    """Whether new lines may not stand freely between a display's elements."""
    return isinstance(node, cst.Tuple) and not node.lpar


def _before(located: Located, items: Sequence[Item], number: int, text: Text, line: str, newline: str) -> DraftChange:
    at = items[number].start
    if line == " " or not starts_line(located, at):
        return DraftChange(at, at, (*text, ",", line))
    above = items[number - 1].whole_end if number else 0
    start = line_start(located, at)
    margin = located.chunk.text[start:at]
    at = _comments_above(located, start, margin, above)
    return DraftChange(at, at, (margin, *text, ",", newline))


def _after(located: Located, items: Sequence[Item], number: int, text: Text, line: str) -> list[DraftChange]:
    item = items[number]
    comma = item.comma_end is not None
    rest = rest_of_line(located, item.whole_end) if line != " " else None
    if rest is None:
        pieces: Text = (line, *text, ",") if comma else (",", line, *text)
        return [DraftChange(item.whole_end, item.whole_end, pieces)]
    at = _comments_below(located, rest[1], line.lstrip("\r\n"))
    if comma:
        return [DraftChange(at, at, (line, *text, ","))]
    return [DraftChange(item.end, item.end, (",",)), DraftChange(at, at, (line, *text))]


def _comments_above(located: Located, start: int, margin: str, limit: int) -> int:
    """The line on which the comments above a line begin that speak of it: those not indented more than it is."""
    for offset in reversed([each for each in located.lines if limit < each < start]):
        comment = _comment_margin(located, offset)
        if comment is None or len(comment) > len(margin):
            break
        start = offset
    return start


def _comments_below(located: Located, end: int, margin: str) -> int:
    """Where the comments end that carry on, indented more than the elements, the one at the end of a line."""
    for offset in [each for each in located.lines if each > end]:
        comment = _comment_margin(located, offset)
        if comment is None or len(comment) <= len(margin):
            break
        end = next(stop for start, stop in located.comments if start == offset + len(comment))
    return end


def _comment_margin(located: Located, offset: int) -> str | None:
    """What stands before the comment on a line that holds nothing else; None where it holds something else."""
    for start, _ in located.comments:
        if start >= offset:
            margin = located.chunk.text[offset:start]
            return None if margin.strip(" \t\f") else margin
    return None


def _enclosed_generator(node: cst.Arg | cst.BaseElement, item: Item) -> list[DraftChange]:
    """The parentheses that a generator needs as soon as it is not a call's only argument."""
    if not isinstance(node, cst.Arg) or not isinstance(node.value, cst.GeneratorExp) or node.value.lpar:
        return []
    return [DraftChange(item.start, item.start, ("(",)), DraftChange(item.end, item.end, (")",))]
