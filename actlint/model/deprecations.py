"""Where a file uses deprecated names: one entry for each place that must change.

A use counts wherever it stands (a call, a decorator, a default value, a table of functions). The import that serves it
does not, as it goes with its last use; an import that its file has only to hand the name on counts itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from actlint import torchapi
from actlint.facts import (
    Alias,
    AnnAssign,
    Argument,
    Assign,
    Attribute,
    AugAssign,
    Call,
    Case,
    Collection,
    Compare,
    Constant,
    Delete,
    DictExpr,
    For,
    FunctionDef,
    If,
    IfExp,
    ImportFrom,
    Name,
    Node,
    Raise,
    Return,
    Subscript,
    Try,
    With,
)
from actlint.intents import InsertStatement, Repair, Replace
from actlint.model.link import Binding, import_target
from actlint.model.program import FileView, view
from actlint.model.references import Reference
from actlint.model.values import ModuleFile
from actlint.model.walk import children, walk
from actlint.torchapi.deprecated import DEPRECATED, Deprecation, deprecation

_LAST = frozenset(name.rpartition(".")[2] for name in DEPRECATED)
_VERSIONS = ("torch.__version__", "torch.version")


def deprecated_uses(unit: FileView, rule: str, *, switches: bool) -> Iterator[tuple[Reference, Deprecation]]:
    """The references of a file that a rule reports for using a deprecated name, each with the name's row.

    Left out are names that the file itself replaces (`F.tanh = …`) and names that are only compared with or looked up.
    With `switches`, for replacements that old versions of torch do not have, also what stands beside code that uses the
    replacement, on another branch, or under a test of torch's version or of what torch has.
    """
    found = [(reference, row) for reference in unit.references() if (row := _row(reference)) and row.rule == rule]
    if not found:
        return
    replaced = {row.qualname for reference, row in found if _is_target(reference)}
    used = {reference.node.id for reference in unit.references() if isinstance(reference.node, Name)}
    for reference, row in found:
        if row.qualname in replaced or _is_identity(reference):
            continue
        if reference.imported and not _hands_on(unit, reference, used):
            continue
        if not (switches and _in_switch(unit, reference, row)):
            yield reference, row


def _row(reference: Reference) -> Deprecation | None:
    qualname = reference.qualname
    return deprecation(qualname) if qualname.rpartition(".")[2] in _LAST else None


def _is_target(reference: Reference) -> bool:
    """Whether the name is bound or deleted here, not read."""
    match reference.parents[-1] if reference.parents else None:
        case Assign(targets=targets) | Delete(targets=targets):
            return any(reference.node is target for target in targets)
        case AugAssign(target=target) | AnnAssign(target=target) | For(target=target):
            return reference.node is target
        case With(items=items):
            return any(reference.node is item.target for item in items)
        case _:
            return False


def _is_identity(reference: Reference) -> bool:
    """Whether the function or class itself is looked up or compared: what uses it under another name stays so."""
    parents = reference.parents
    match parents[-1] if parents else None:
        case Compare() | Case():
            return True
        case DictExpr(items=items):
            return any(key is reference.node for key, _ in items)
        case Subscript(index=index):
            return index is reference.node and not annotates(reference)
        case Collection(kind=kind):
            return kind == "set" or (len(parents) > 1 and isinstance(parents[-2], Compare))
        case _:
            return False


def annotates(reference: Reference) -> bool:
    """Whether a reference is part of an annotation."""
    for outer, inner in zip(reference.parents, (*reference.parents[1:], reference.node), strict=True):
        match outer:
            case AnnAssign(annotation=annotation) if inner is annotation:
                return True
            case FunctionDef(params=params, returns=returns):
                if inner is returns or any(inner is item.annotation for item in params.items):
                    return True
            case _:
                pass
    return False


def is_type_test(reference: Reference) -> bool:
    """Whether objects are asked for the class: `isinstance(x, C)`, `isinstance(x, (B, C))`, `type(x) is C`."""
    parents = [node for node in reference.parents if not isinstance(node, Collection)]
    if len(parents) < 2 or not isinstance(parents[-1], Argument):
        return _is_identity(reference)
    call = parents[-2]
    return isinstance(call, Call) and isinstance(call.func, Name) and call.func.id in ("isinstance", "issubclass")


def tested(unit: FileView, row: Deprecation) -> bool:
    """Whether some code of the project compares with what a row names, looks it up, or asks objects for that class."""
    return any(
        _row(reference) == row and is_type_test(reference)
        for path in unit.program.names.files
        for reference in view(unit.program, path).references()
    )


def _hands_on(unit: FileView, reference: Reference, used: set[str]) -> bool:
    """Whether an import at the top level, the only one of its name, is there so that others can take it from here."""
    alias, statement = reference.node, reference.parents[-1]
    if not isinstance(alias, Alias) or not isinstance(statement, ImportFrom) or len(reference.parents) != 1:
        return False
    name = alias.asname or alias.name
    if name in used or len(unit.file.bindings.get(name, ())) != 1:
        return False
    if unit.file.is_package or alias.asname == alias.name:
        return True
    return name in _listed(unit) or _is_taken(unit, name)


def _listed(unit: FileView) -> set[object]:
    """The strings in the statements that bind `__all__`."""
    bound = [binding.statement for binding in unit.file.bindings.get("__all__", ())]
    return {node.value for node in walk(each for each in bound if each is not None) if isinstance(node, Constant)}


def _takes(binding: Binding, name: str) -> bool:
    return binding.alias is not None and binding.alias.name == name


def _is_taken(unit: FileView, name: str) -> bool:
    """Whether another file of the project takes a name from this one."""
    names, here = unit.program.names, ModuleFile(unit.path)
    for path in names.files:
        for other in view(unit.program, path).references() if path != unit.path else ():
            match other.parents[-1] if other.parents else None:
                case Attribute(attr=attr) if attr == name and other.value == here:
                    return True
                case _:
                    pass
        file = names.files[path]
        imports = [statement for statement, _ in file.stars]
        for bindings in file.bindings.values():
            imports += [b.statement for b in bindings if isinstance(b.statement, ImportFrom) and _takes(b, name)]
        if any(import_target(names, file, each.level, each.module) == here for each in imports):
            return True
    return False


# ---------------------------------------------------------------------------------------------------- version switches


def _in_switch(unit: FileView, reference: Reference, row: Deprecation) -> bool:
    """Whether the place is for old versions of torch alone."""
    replacement = torchapi.canonical(row.replacement)
    for outer, inner in zip(reference.parents, (*reference.parents[1:], reference.node), strict=True):
        tests, branches = _beside(outer, inner)
        if any(_asks_torch(unit, reference, test) for test in tests):
            return True
        if any(torchapi.canonical(other.qualname) == replacement for other in _references(unit, reference, branches)):
            return True
    return False


def _beside(outer: Node, inner: Node) -> tuple[list[Node], list[Node]]:
    """The tests that decide whether `inner` runs, and what runs if it does not."""
    tests: list[Node] = []
    branches: list[Node] = []
    match outer:
        case If(test=test, body=body, orelse=orelse) if inner is not test:
            tests.append(test)
            branches += orelse if any(each is inner for each in body) else body
        case IfExp(test=test, body=then, orelse=otherwise) if inner is not test:
            tests.append(test)
            branches.append(otherwise if inner is then else then)
        case Try(body=tried, handlers=handlers, orelse=rest):
            branches += handlers if any(each is inner for each in (*tried, *rest)) else (*tried, *rest)
        case _:
            pass
    for statement in children(outer):
        if statement is inner:
            break
        if isinstance(statement, If) and isinstance(statement.body[-1], Return | Raise):
            tests.append(statement.test)
            branches += statement.body
    return tests, branches


def _asks_torch(unit: FileView, at: Reference, test: Node) -> bool:
    """Whether a test depends on torch's version, or on what torch has."""
    if any(other.qualname.startswith(_VERSIONS) for other in _references(unit, at, [test])):
        return True
    calls = [node for node in walk([test]) if isinstance(node, Call)]
    asked: list[Node] = [each for each in calls if isinstance(each.func, Name) and each.func.id == "hasattr"]
    return any(other.qualname.partition(".")[0] == "torch" for other in _references(unit, at, asked))


def _references(unit: FileView, at: Reference, nodes: list[Node]) -> Iterator[Reference]:
    """The references in nodes of the same statement as `at`."""
    inside = {node.ordinal for node in walk(nodes)}
    for other in unit.references():
        if other.site.chunk == at.site.chunk and other.site.ordinal in inside:
            yield other


def moved_import(unit: FileView, reference: Reference, replacement: str) -> Repair | None:
    """The repair that imports `replacement` under the name that an imported reference binds."""
    alias, statement = reference.node, reference.parents[-1]
    if not isinstance(alias, Alias) or not isinstance(statement, ImportFrom):
        return None
    module, _, last = replacement.rpartition(".")
    name = alias.asname or alias.name
    text = f"from {module} import {last}" + (f" as {name}" if alias.asname is not None or name != last else "")
    at = unit.site(reference.site, statement)
    if len(statement.aliases) == 1:
        return Repair(f"`{text}`", "safe", (Replace(at, (text,)),))
    return Repair(f"`{text}`", "safe", (Replace(reference.site, ()), InsertStatement(at, "after", (text,))))
