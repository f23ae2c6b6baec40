"""A piece of source with marks under it.

```
25 |         x, y = batch
26 |         y_hat = self.layers(x)
   |                 ^^^^^^^^^^^ AttributeError when training_step runs
```

A mark over several rows has a margin of its own:

```
7 |   net = nn.Sequential(
  |  _______^
8 | |     nn.Linear(1, 1),
9 | | )
  | |_^ two affine layers
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from actlint.diagnostic import Position, Span
from actlint.lines import line_starts
from actlint.output.cells import Paint, cells, printable, width

BEFORE = 2
"""So many lines of context stand before the main mark."""

_GAP = 2
"""Related places with at most so many lines between them and the snippet become part of it."""

_HEAD, _TAIL = 4, 2
"""Of a mark over many rows, so many first and last rows are shown."""

_ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Lines:
    """A text and where its lines start."""

    text: str
    starts: Sequence[int]

    def row(self, number: int) -> str:
        """A line without its end; rows count from 1."""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")


def lines_of(text: str) -> Lines:
    """The lines of a text."""
    return Lines(text, line_starts(text))


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to mark, with a label; the first mark of a snippet is the main one, in its own `style`."""

    span: Span
    label: str
    style: str
    sign: str = "^"


@dataclass(frozen=True, slots=True)
class Snippet:
    """The rows to show, in order, with all marks. `mark.span`s lie inside the text."""

    lines: Lines
    marks: tuple[Mark, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _View:
    """Which part of each row is seen: characters from `cut` on, of them the cells from `low` up to `high`."""

    cut: int
    length: int
    low: int
    high: int

    def column(self, line: str, column: int) -> int:
        """The cell at which a column (from 1) stands in what is seen of a line."""
        at = width(line[self.cut : max(self.cut, min(column - 1, self.cut + self.length))])
        return max(0, min(at, self.high) - self.low) + self.trimmed

    @property
    def trimmed(self) -> bool:
        """Whether rows begin with the sign that something is left out."""
        return self.cut > 0 or self.low > 0

    def shown(self, line: str) -> str:
        """What is seen of a line."""
        piece = line[self.cut : self.cut + self.length]
        seen, at = [], 0
        for shown, taken in cells(piece):
            if at >= self.low and at + taken <= self.high:
                seen.append(shown)
            elif self.low < at + taken and at < self.high:  # a wide character on the edge
                seen.append(" " * (min(at + taken, self.high) - max(at, self.low)))
            at += taken
        more = at > self.high or len(line) > self.cut + self.length
        text = "".join(seen) + (_ELLIPSIS if more else "")
        if self.trimmed:
            text = (_ELLIPSIS if line.strip() else " ") + text
        return text.rstrip()


def inside(lines: Lines, span: Span) -> Span:
    """The span moved into the text where it lies outside; one that ends where a row begins ends with the row before."""
    last = len(lines.starts)

    def clamp(position: Position) -> Position:
        row = max(1, min(position.row, last))
        column = position.column if row == position.row else len(lines.row(row)) + 1
        return Position(row, max(1, min(column, len(lines.row(row)) + 1)))

    start, end = clamp(span.start), clamp(span.end)
    if end.column == 1 and end.row > start.row:
        end = Position(end.row - 1, len(lines.row(end.row - 1)) + 1)
    return Span(start, max(start, end))


def snippet(lines: Lines, main: Mark, others: Sequence[Mark] = (), before: int = BEFORE) -> tuple[Snippet, list[Mark]]:
    """A snippet around `main`, and those of the others that stand too far away to be in it."""
    main = Mark(inside(lines, main.span), main.label, main.style, main.sign)
    start, end = main.span.start.row, main.span.end.row
    low, high = max(1, start - before), end
    marks, left = [main], list(others)
    while near := [m for m in left if low - _GAP - 1 <= inside(lines, m.span).start.row <= high + _GAP + 1]:
        left = [m for m in left if m not in near]
        for mark in near:
            span = inside(lines, mark.span)
            if span.end.row > span.start.row:
                span = Span(span.start, Position(span.start.row, len(lines.row(span.start.row)) + 1))
            marks.append(Mark(span, mark.label, mark.style, mark.sign))
            low, high = min(low, span.start.row), max(high, span.start.row)
    marked = {row for m in marks for row in (m.span.start.row, m.span.end.row)}
    hidden = range(start + _HEAD, end - _TAIL + 1) if end - start >= _HEAD + _TAIL + 1 else range(0)
    rows = [row for row in range(low, high + 1) if row not in hidden or row in marked]
    while rows[0] not in marked and not lines.row(rows[0]).strip():
        del rows[0]
    return Snippet(lines, tuple(marks), tuple(rows)), left


def draw(piece: Snippet, gutter: int, room: int, paint: Paint) -> Iterator[str]:
    """The rows of a snippet with their marks; row numbers take `gutter` cells, and all of it at most `room`."""
    lines, main = piece.lines, piece.marks[0]
    start, end = main.span.start, main.span.end
    deep = end.row > start.row
    view = _view(piece, max(20, room - gutter - 3 - 2 * deep))
    bar = " " * gutter + " |"
    opens_line = deep and not lines.row(start.row)[: start.column - 1].strip()

    def at(mark: Mark) -> tuple[int, int]:
        line = lines.row(mark.span.start.row)
        first = view.column(line, mark.span.start.column)
        return first, max(1, view.column(line, mark.span.end.column) - first)

    def under(margin: str, mark: Mark) -> str:
        first, taken = at(mark)
        text = paint(f"{mark.sign * taken} {printable(mark.label)}".rstrip(), mark.style)
        return f"{paint(bar, 'frame')} {margin}{' ' * first}{text}"

    edge = paint("|", main.style) + " "
    previous = piece.rows[0] - 1
    for row in piece.rows:
        if row > previous + 1:
            yield paint("...", "frame") + (" " * gutter + edge if deep and start.row < row <= end.row else "").rstrip()
        previous = row
        line = lines.row(row)
        here = [m for m in piece.marks[1:] if m.span.start.row == row]
        here.sort(key=lambda m: m.span.start)
        margin = "" if not deep else edge if start.row < row <= end.row else "  "
        if opens_line and row == start.row:
            margin = paint("/", main.style) + " "
        yield f"{paint(f'{row:>{gutter}} |', 'frame')} {margin}{view.shown(line)}".rstrip()
        if not deep and row == start.row:
            yield under("", main)
        if deep and row == start.row:
            if not opens_line:
                first = view.column(line, start.column)
                yield f"{paint(bar, 'frame')}  {paint('_' * (1 + first) + main.sign, main.style)}"
            margin = edge
        yield from (under(margin, mark) for mark in here)
        if deep and row == end.row:
            last = max(0, view.column(line, end.column) - 1)
            text = paint(f"|{'_' * (1 + last)}{main.sign} {printable(main.label)}".rstrip(), main.style)
            yield f"{paint(bar, 'frame')} {text}"


def _view(piece: Snippet, room: int) -> _View:
    """The part of the rows to show: all where it fits, else a part that holds the marks as far as they fit."""
    lines = piece.lines
    main = piece.marks[0].span
    # Cells are counted in a part of each line that is bounded, so that a file of one line costs no more than others.
    first = min(m.span.start.column for m in piece.marks)
    cut = first - 1 - room if first - 1 > 2 * room else 0
    length = 6 * room
    whole = _View(cut, length, 0, 12 * length)
    widest = max(width(lines.row(row)[cut : cut + length]) for row in piece.rows)
    if cut == 0 and widest <= room:
        return _View(0, length, 0, room)
    room -= 2  # for the signs on both sides
    ends = [(m.span.start.row, m.span.start.column) for m in piece.marks]
    if main.start.row == main.end.row:
        ends.append((main.end.row, main.end.column))
    at = [whole.column(lines.row(row), column) - whole.trimmed for row, column in ends]
    low, high = min(at), max(at)
    if cut == 0 and high <= room:
        return _View(0, length, 0, room)
    start = low - (room - high + low) // 2 if high - low <= room else at[0] - room // 4
    return _View(cut, length, max(0, start), max(0, start) + room)
