"""Imports that are one of several meanings of a name: on one arm of a condition it comes from here, on another not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actlint.facts import Alias, ClassDef, FunctionDef, If, Import, ImportFrom, Name, Stmt, Try
from actlint.model.link import meanings
from actlint.model.program import FileView
from actlint.model.references import Reference
from actlint.model.walk import statements, target_names, walk


def is_choice(unit: FileView, reference: Reference) -> bool:
    """Whether the name that an import binds has another meaning as well, so that it is not followed."""
    alias = reference.node
    if not isinstance(alias, Alias) or not isinstance(reference.parents[-1], ImportFrom):
        return False
    if not any(isinstance(node, (If, Try)) for node in reference.parents):
        return False
    name, scopes = alias.asname or alias.name, scopes_of(reference)
    if scopes:
        return sum(name in _bound(each) for each in statements(scopes[-1].body)) > 1
    found = meanings(unit.file, name)
    return len(found) > 1 and any(binding.alias is alias for binding in found)


def is_read(unit: FileView, reference: Reference) -> bool:
    """Whether the name that an import binds is read where it is bound, or in what is defined there."""
    alias, scopes = reference.node, scopes_of(reference)
    chunks = unit.file.facts.chunks
    outside = (each for chunk in chunks if chunk.facts is not None for each in chunk.facts.body)
    name = (alias.asname or alias.name) if isinstance(alias, Alias) else ""
    return any(isinstance(node, Name) and node.id == name for node in walk(scopes[-1].body if scopes else outside))


def scopes_of(reference: Reference) -> Sequence[FunctionDef | ClassDef]:
    """The functions and classes around a reference, outermost first."""
    return [node for node in reference.parents if isinstance(node, (FunctionDef, ClassDef))]


def _bound(statement: Stmt) -> Iterator[str]:
    """The names that a statement binds itself, not the blocks in it."""
    match statement:
        case Import(aliases=aliases) | ImportFrom(aliases=aliases):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in aliases)
        case FunctionDef(name=name) | ClassDef(name=name):
            yield name
        case _:
            own = [getattr(statement, "target", None), *getattr(statement, "targets", ())]
            yield from (name for target in own if target is not None for name in target_names(target))
