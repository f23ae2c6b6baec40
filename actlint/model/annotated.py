"""Names in annotations that are written as text: `scaler: "torch.cuda.amp.GradScaler"`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from actlint.facts import (
    Alias,
    AnnAssign,
    Argument,
    Attribute,
    Constant,
    Expr,
    FunctionDef,
    Name,
    Node,
    Site,
    Subscript,
)
from actlint.facts import Collection as Display
from actlint.intents import Part
from actlint.intents import Reference as Spelled
from actlint.model.link import Binding, File, Names, global_name, member
from actlint.model.program import FileView
from actlint.model.references import Reference
from actlint.model.show import unparse
from actlint.model.values import External, ModuleFile, Unknown, Value
from actlint.model.walk import children
from actlint.torchapi.deprecated import CLASSES

_LONGEST = 200


def annotation_references(unit: FileView) -> Iterator[Reference]:
    """The names of other packages in such texts that tables of deprecated names speak of. What stands for several
    names, `"Optional[Variable]"`, has a reference for each, at the text.
    """
    chunks = unit.file.facts.chunks
    if not any(name in chunk.text for chunk in chunks if chunk.facts is not None for name in CLASSES):
        return
    for number, chunk in enumerate(chunks):
        if chunk.facts is None or not ('"' in chunk.text or "'" in chunk.text):
            continue
        for statement in chunk.facts.body:
            yield from _of_statement(unit, number, statement, (statement,))


def _of_statement(unit: FileView, number: int, node: Node, path: tuple[Node, ...]) -> Iterator[Reference]:
    found: tuple[Expr | None, ...] = ()
    match node:
        case FunctionDef(params=params, returns=returns):
            found = (*(item.annotation for item in params.items), returns)
        case AnnAssign(annotation=annotation):
            found = (annotation,)
        case _:
            pass
    for each in found:
        if each is not None:
            yield from _of_annotation(unit, number, each, path)
    for child in children(node):
        yield from _of_statement(unit, number, child, (*path, child))


def _of_annotation(unit: FileView, number: int, node: Expr, path: tuple[Node, ...]) -> Iterator[Reference]:
    match node:
        case Constant(value=str() as text) if len(text) <= _LONGEST:
            site = Site(unit.path, number, node.ordinal)
            for name in _names(text):
                value = _meaning(unit.program.names, unit.file, name)
                if isinstance(value, External) and value.qualname.rpartition(".")[2] in CLASSES:
                    yield Reference(site, _written(name, node.ordinal), value, None, (*path, node))
        case Subscript(value=value, index=index) if index is not None:
            kind = _special(unit, number, value)
            if kind == "Annotated" and isinstance(index, Display) and index.elements:
                index = index.elements[0]
            if kind != "Literal":
                yield from _of_annotation(unit, number, index, (*path, node))
        case Display(elements=elements):
            for element in elements:
                yield from _of_annotation(unit, number, element, (*path, node))
        case Argument(value=value):
            yield from _of_annotation(unit, number, value, path)
        case _:
            pass


def _special(unit: FileView, number: int, node: Expr) -> str:
    """What is subscripted, by its own name: the texts in `Literal` are values, those in `Annotated` say more."""
    known = unit.references_at(Site(unit.path, number, node.ordinal))
    return next((each.qualname.rpartition(".")[2] for each in known if each.qualname.startswith("typing")), "")


def _names(text: str) -> list[tuple[str, ...]]:
    """The dotted names in a text, each longest one once."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: list[tuple[str, ...]] = []
    inner: set[int] = set()
    for node in ast.walk(tree):
        parts: list[str] = []
        rest: ast.AST = node
        while isinstance(rest, ast.Attribute):
            parts.insert(0, rest.attr)
            inner.add(id(rest.value))
            rest = rest.value
        if isinstance(rest, ast.Name) and id(node) not in inner:
            found.append((rest.id, *parts))
    return list(dict.fromkeys(found))


def _meaning(names: Names, file: File, name: Sequence[str]) -> Value | None:
    """What a dotted name means at the top level of a file."""
    found: Sequence[object] = global_name(names, file, name[0], annotations=True)
    for part in name[1:]:
        if len(found) != 1 or not isinstance(found[0], (External, ModuleFile)):
            return None
        found = member(names, found[0], part)
    value = found[0] if len(found) == 1 else None
    return None if isinstance(value, (Binding, Unknown)) or value is None else value  # type: ignore[return-value]


def _written(name: Sequence[str], ordinal: int) -> Expr:
    node: Expr = Name(ordinal, name[0])
    for part in name[1:]:
        node = Attribute(ordinal, node, part)
    return node


def in_text(unit: FileView, reference: Reference, new: Spelled) -> tuple[Part, ...] | None:
    """The replacement of a reference that is not called: in quotes where it is a text, None where that says more."""
    around = reference.parents[-1] if reference.parents else None
    if not isinstance(around, Constant) or around.ordinal != reference.site.ordinal:
        return (new,)
    text = str(around.value)
    if text.strip() != unparse(reference.node if not isinstance(reference.node, Alias) else None):
        return None
    written = unit.file.facts.chunks[reference.site.chunk].text
    quote = "'" if f"'{text}'" in written and f'"{text}"' not in written else '"'
    return (quote, new, quote)
