"""How a qualified name can be written at a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from actlint.facts import (
    Alias,
    Attribute,
    Call,
    ClassDef,
    Comprehension,
    Expr,
    FunctionDef,
    Import,
    ImportFrom,
    Lambda,
    Name,
    Node,
    Stmt,
)
from actlint.intents import Reference
from actlint.model.link import Binding, File, Names, global_name
from actlint.model.values import External
from actlint.model.walk import bound_names, target_names

Visible: TypeAlias = dict[str, str | None]
"""The names that code at a place sees: the qualified name behind those that only an import binds, None for others."""


def spell(names: Names, file: File, qualname: str, path: Sequence[Node]) -> Reference | None:
    """The name as it can be written at the last node of `path` (from the top-level statement down).

    What the place sees by an import is used, the closest module before the packages around it, and these before the
    name itself; failing that the package is imported.
    None where something else has the package's name.
    """
    visible = _visible(names, file, path)
    module = qualname.rpartition(".")[0]
    root = qualname.partition(".")[0]
    owner = module
    while owner:
        for name, value in visible.items():
            if value == owner:
                return Reference(f"{name}{qualname[len(owner) :]}")
        owner = owner.rpartition(".")[0]
    for name, value in visible.items():
        if value == qualname:
            return Reference(name)
    return None if root in visible else Reference(qualname, (root, None))


def _visible(names: Names, file: File, path: Sequence[Node]) -> Visible:
    begun = _begins(path[-1]) if path else None
    visible: Visible = {name: _imported(names, file, name, name == begun) for name in file.bindings}
    hidden: Visible = {}
    for position, node in enumerate(path):
        match node:
            case FunctionDef(params=params, body=body) if _is_inside(path, position, body):
                hidden = {}  # a method does not see the names of its class
                visible.update({item.name: None for item in params.items})
                visible.update(_of_body(body, path[position + 1]))
            case Lambda(params=params, body=result) if _is_inside(path, position, (result,)):
                hidden = {}
                visible.update({item.name: None for item in params.items})
            case Comprehension(clauses=clauses):
                visible.update({name: None for clause in clauses for name in target_names(clause.target)})
            case ClassDef(body=body) if _is_inside(path, position, body):
                hidden = dict.fromkeys(sorted(bound_names(body)))
            case _:
                pass
    return {**visible, **hidden}


def _is_inside(path: Sequence[Node], position: int, body: Sequence[Stmt | Expr]) -> bool:
    """Whether the place is in a definition's body, not in its decorators, default values or bases."""
    return position + 1 < len(path) and any(path[position + 1] is each for each in body)


def _of_body(body: Sequence[Stmt], at: Node) -> Visible:
    """What a function's body binds; an import directly in it counts below itself, where nothing else has its name."""
    found: Visible = dict.fromkeys(sorted(bound_names(body)))
    for number, statement in enumerate(body):
        if statement is at:
            break
        others = bound_names([*body[:number], *body[number + 1 :]])
        match statement:
            case Import(aliases=aliases):
                meant = {alias.asname or alias.name.partition(".")[0]: alias for alias in aliases}
                found.update({name: _module(alias) for name, alias in meant.items() if name not in others})
            case ImportFrom(level=0, module=module, aliases=aliases):
                taken = {alias.asname or alias.name: f"{module}.{alias.name}" for alias in aliases}
                found.update({name: value for name, value in taken.items() if name not in others})
            case _:
                pass
    return found


def _begins(node: Node) -> str | None:
    """The name that a chain of attributes begins with: it is there, or what stands at the place cannot run."""
    node = node.func if isinstance(node, Call) else node
    while isinstance(node, Attribute):
        node = node.value
    return node.id if isinstance(node, Name) else None


def _imported(names: Names, file: File, name: str, there: bool) -> str | None:
    """The qualified name behind a module-level name that imports of one thing bind, and nothing else; unconditional
    ones, if it is not `there`.
    """
    bindings = file.bindings[name]
    if any((b.conditional and not there) or b.typing or b.kind not in ("import", "from") for b in bindings):
        return None
    if len({_source(binding) for binding in bindings}) > 1:
        return None
    values = global_name(names, file, name)
    value = values[0] if len(values) == 1 else None
    return value.qualname if isinstance(value, External) else None


def _source(binding: Binding) -> object:
    """What an import binds a name to: `import torch` and `import torch.nn` both bind `torch`."""
    match binding.statement, binding.alias:
        case Import(), Alias() as alias:
            return _module(alias)
        case ImportFrom(level=level, module=module), Alias(name=name):
            return level, module, name
        case _:
            return binding.site


def _module(alias: Alias) -> str:
    """The module that a name of an `import` statement binds."""
    return alias.name if alias.asname is not None else alias.name.partition(".")[0]
