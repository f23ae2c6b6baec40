"""How the project uses an attribute of a class, by its name: called, indexed, gone over, or handed on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from actlint.facts import (
    AnnAssign,
    Argument,
    Assign,
    Attribute,
    AugAssign,
    Call,
    ClassDef,
    Collection,
    Comprehension,
    Constant,
    Delete,
    For,
    Name,
    Node,
    Site,
    Starred,
    Subscript,
)
from actlint.model.program import Context
from actlint.model.values import Class
from actlint.model.walk import children

_OVER_SEQUENCES = frozenset({"all", "any", "enumerate", "iter", "len", "list", "reversed", "set", "tuple", "zip"})
Way: TypeAlias = Literal["called", "member", "sequence", "other"]


@dataclass(frozen=True, slots=True)
class Use:
    """A place that reads an attribute: calls it, reads an attribute of it, takes it as a sequence, or anything else.

    `parent` is the node around it, None where only its name stands as text.
    """

    site: Site
    way: Way
    parent: Node | None


def uses(ctx: Context, owner: Class, name: str) -> Iterator[Use]:
    """The uses of `.name` in all files, or of its name as text; those of `self` only in the class and its relatives."""
    family = {owner.site, *(cls.site for cls in ctx.subclasses(owner))}
    family.update(cls.site for cls in ctx.mro(owner) if isinstance(cls, Class))
    for path, file in ctx.program.names.files.items():
        for number, chunk in enumerate(file.facts.chunks):
            if chunk.facts is None or name not in chunk.text:
                continue
            stack: list[tuple[Node, tuple[Node, ...], bool]] = [(node, (), False) for node in chunk.facts.body]
            while stack:
                node, parents, stranger = stack.pop()
                site = Site(path, number, node.ordinal)
                if isinstance(node, ClassDef):
                    stranger = site not in family
                if isinstance(node, Attribute) and node.attr == name and not (stranger and _is_self(node)):
                    way = _way(node, parents)
                    if way is not None:
                        yield Use(site, way, parents[-1] if parents else None)
                if isinstance(node, Constant) and node.value == name:
                    yield Use(site, "other", None)
                stack.extend((child, (*parents, node), stranger) for child in children(node))


def _is_self(node: Attribute) -> bool:
    return isinstance(node.value, Name) and node.value.id == "self"


def _way(node: Attribute, parents: tuple[Node, ...]) -> Way | None:
    """How a place uses an attribute; None where it is assigned or deleted."""
    match parents[-1] if parents else None:
        case Assign(targets=targets) | Delete(targets=targets):
            if any(node is target for target in targets):
                return None
            return "sequence" if any(isinstance(target, Collection) for target in targets) else "other"
        case AnnAssign(target=target):
            return None if target is node else "other"
        case AugAssign(target=target) if target is node:
            return "sequence"
        case Call(func=func) if func is node:
            return "called"
        case Attribute():
            return "member"
        case Subscript(value=value) if value is node:
            return "sequence"
        case Starred():
            return "sequence"
        case For(iterable=iterable) if iterable is node:
            return "sequence"
        case Comprehension(clauses=clauses) if any(clause.iterable is node for clause in clauses):
            return "sequence"
        case Argument() if len(parents) > 1:
            match parents[-2]:
                case Call(func=Name(id=called)) if called in _OVER_SEQUENCES:
                    return "sequence"
                case _:
                    return "other"
        case _:
            return "other"
