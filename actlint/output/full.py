"""The format for reading: each finding with the source that it is about, and what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actlint.diagnostic import Diagnostic, Fix, Report
from actlint.output.cells import Paint, painter, printable
from actlint.output.options import RenderOptions, Texts, no_text
from actlint.output.shared import findings, place
from actlint.output.snippet import Lines, Mark, Snippet, draw, lines_of, snippet


def render(reports: Iterable[Report], options: RenderOptions, texts: Texts = no_text) -> Iterator[str]:
    """Each finding as a block that ends with an empty line; places in other files are shown where `texts` has them."""
    paint = painter(options.color)
    books: dict[str, Lines | None] = {}
    for report in reports:
        if found := findings(report):
            books[report.path] = lines_of(report.text)
        for diagnostic in found:
            for path in {related.path for related in diagnostic.related} - books.keys():
                text = texts(path)
                books[path] = None if text is None else lines_of(text)
            yield "".join(f"{line}\n" for line in _block(diagnostic, books, options, paint))


def _block(
    diagnostic: Diagnostic, books: dict[str, Lines | None], options: RenderOptions, paint: Paint
) -> Iterator[str]:
    yield f"{paint(diagnostic.code, diagnostic.severity)} {paint(printable(diagnostic.message), 'bold')}"
    main, others = _snippets(diagnostic, books)
    pieces = [piece for _, piece in others if isinstance(piece, Snippet)]
    rows = [row for piece in ([main, *pieces] if main else pieces) for row in piece.rows]
    gutter = len(str(max(rows, default=diagnostic.span.start.row)))
    bar = paint(" " * gutter + " |", "frame")
    yield f"{' ' * gutter}{paint('-->', 'frame')} {place(diagnostic)}"
    if main:
        yield bar
        yield from draw(main, gutter, options.width, paint)
        yield bar
    for where, piece in others:
        colon = f"{' ' * gutter}{paint(':::', 'frame')} {where}"
        if isinstance(piece, Snippet):
            yield colon
            yield from draw(piece, gutter, options.width, paint)
            yield bar
        else:
            yield f"{colon} {printable(piece)}".rstrip()
    yield from _closing(diagnostic, paint)
    yield ""


def _snippets(
    diagnostic: Diagnostic, books: dict[str, Lines | None]
) -> tuple[Snippet | None, list[tuple[str, Snippet | str]]]:
    """The main snippet, and of each place outside it where it is, and its snippet or, without a text, the message."""
    main, merged = None, set[int]()
    lines = books.get(diagnostic.path)
    marks = [Mark(related.span, related.message, "related", "-") for related in diagnostic.related]
    if lines is not None:
        here = [mark for mark, at in zip(marks, diagnostic.related, strict=True) if at.path == diagnostic.path]
        primary = Mark(diagnostic.span, diagnostic.label, diagnostic.severity)
        main, left = snippet(lines, primary, here)
        merged = {id(mark) for mark in here} - {id(mark) for mark in left}
    others: list[tuple[str, Snippet | str]] = []
    for mark, related in zip(marks, diagnostic.related, strict=True):
        if id(mark) not in merged:
            where = f"{printable(related.path)}:{related.span.start.row}:{related.span.start.column}"
            book = books.get(related.path)
            others.append((where, related.message if book is None else snippet(book, mark, before=0)[0]))
    return main, others


def _closing(diagnostic: Diagnostic, paint: Paint) -> Iterator[str]:
    note = paint("note", "note") + ":"
    if diagnostic.conditions:
        yield f"{note} when {printable(' and '.join(diagnostic.conditions))}"
    if verdict := diagnostic.verdict:
        evidence = f": {printable(verdict.evidence)}" if verdict.evidence else ""
        yield f"{paint('probe', 'note')}: {verdict.status}{evidence}"
    if fix := diagnostic.fix:
        yield f"{paint('help', 'help')}: {printable(fix.message)}  ({_how(fix)})"
        if not fix.checkpoint_compatible:
            yield f"{note} checkpoints saved before the fix will not load after it"


def _how(fix: Fix) -> str:
    if fix.applicability == "display" or not fix.edits:
        return "shown only"
    return "safe fix: --fix" if fix.applicability == "safe" else "unsafe fix: --unsafe-fixes"
