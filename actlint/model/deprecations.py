"""Where a file uses deprecated names: one entry for each place that must change.

A use counts wherever it stands (a call, a decorator, a default value, a table of functions). The import that serves it
does not, as it goes with its last use; an import that its file has only to hand the name on counts itself.
"""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

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
    Compare,
    Constant,
    Delete,
    DictExpr,
    For,
    FunctionDef,
    Handler,
    If,
    IfExp,
    ImportFrom,
    Name,
    Node,
    Raise,
    Return,
    Site,
    Subscript,
    Try,
    With,
)
from actlint.facts import Collection as Display
from actlint.intents import InsertStatement, Repair, Replace
from actlint.model.annotated import annotation_references
from actlint.model.called import Called, called
from actlint.model.choices import is_choice, is_read, scopes_of
from actlint.model.deprecated_methods import method_references
from actlint.model.link import Binding, import_target
from actlint.model.looked_up import looked_up
from actlint.model.program import FileView, view
from actlint.model.references import Reference
from actlint.model.values import ModuleFile
from actlint.model.walk import bound_names, children, target_names, walk
from actlint.target import Target
from actlint.torchapi.deprecated import LAST, MODULES, OF_CALLS, UNDONE_BY, Deprecation, deprecations

_VERSIONS = ("torch.__version__", "torch.version")
Status: TypeAlias = Literal["deprecated", "removed"]


@dataclass(frozen=True, slots=True)
class Use:
    """A place that uses what a row speaks of. `argument`: the argument that the row is about, where it is given.

    `held`: the name is not written there, but held by what is called. `ahead`: a `partial` gives the argument, and
    what calls that can give more.
    """

    reference: Reference
    row: Deprecation
    status: Status
    argument: Argument | None = None
    held: Called | None = None
    ahead: bool = False

    @property
    def site(self) -> Site:
        """What is reported: the argument, or the reference."""
        at = self.reference.site
        return at if self.argument is None else Site(at.path, at.chunk, self.argument.ordinal)

    @property
    def conditions(self) -> tuple[str, ...]:
        """Under which a run gets there."""
        return () if self.held is None else self.held.conditions

    @property
    def given(self) -> Site | None:
        """The call that gives what is called, where it comes from outside of the function."""
        return None if self.held is None else self.held.given

    @property
    def alone(self) -> bool:
        """Whether nothing else can be meant there."""
        return not self.ahead and (self.held is None or self.held.alone)


def deprecated_uses(unit: FileView, rule: str, *, switches: bool) -> Iterator[tuple[Reference, Deprecation]]:
    """The references of a file that a rule reports for using a deprecated name, each with the name's row."""
    for use in uses(unit, (rule,), switches=switches):
        yield use.reference, use.row


def uses(unit: FileView, rules: Collection[str], *, switches: bool) -> Iterator[Use]:
    """The places that use what the rows of these rules speak of, `ACT106` for what the target no longer has.

    Left out are names that the file itself replaces (`F.tanh = …`) and names that are only compared with or looked up.
    With `switches`, for replacements that old versions of torch do not have, also what stands beside code that uses the
    replacement, on another branch, or under a test of torch's version or of what torch has.
    """
    found = [use for use in _all_uses(unit) if (use.row.rule if use.status == "deprecated" else "ACT106") in rules]
    if not found:
        return
    replaced = {use.row.qualname for use in found if _is_target(use.reference) and not _is_unset(use.reference)}
    used = {reference.node.id for reference in unit.references() if isinstance(reference.node, Name)}
    for use in found:
        reference, row = use.reference, use.row
        if row.qualname in replaced or _is_target(reference) or (not row.argument and _is_identity(reference)):
            continue
        if row.info and use.status == "deprecated" and (is_type_test(reference) or annotates(reference)):
            continue  # it is there for those who still use it
        if reference.imported and not _reports_import(unit, use, used):
            continue
        if not (switches and _in_switch(unit, reference, row)):
            yield use


def _reports_import(unit: FileView, use: Use, used: set[str]) -> bool:
    """Whether an import counts itself: its file only hands the name on, or does not follow it, as the name has other
    meanings too; or it raises and nothing else in it does.
    """
    alias = use.reference.node
    assert isinstance(alias, Alias)
    if use.row.kind == "module":
        return True
    name = alias.asname or alias.name
    if use.status == "removed" and name not in used and isinstance(use.reference.parents[-1], ImportFrom):
        return True
    if _hands_on(unit, use.reference, used):
        return True
    # The replacement's own fallback runs only where torch does not have it.
    tried = any(isinstance(node, Try) for node in use.reference.parents)
    if name in used or not is_choice(unit, use.reference) or (tried and _in_switch(unit, use.reference, use.row)):
        return False
    return is_read(unit, use.reference) or (not scopes_of(use.reference) and is_offered(unit, alias))


def _all_uses(unit: FileView) -> tuple[Use, ...]:
    """Every use in a file, made once for all rules that ask."""
    if unit.deprecated is None:
        target = unit.program.settings.target
        references = [*unit.references(), *method_references(unit), *annotation_references(unit), *looked_up(unit)]
        found = [use for reference in references for use in _uses_of(reference, target)]
        prepared = [ahead for reference in references if (ahead := _held_ahead(unit, reference)) is not None]
        given = [use for ahead in prepared for use in _uses_of(ahead, target)]
        found += [replace(use, ahead=True) for use in given if use.row.kind in ("argument", "value")]
        for held in called(unit):
            of_call = (use for use in _uses_of(held.reference, target) if _is_of_call(held, use.row))
            found += (replace(use, held=held) for use in of_call)
        unit.deprecated = tuple(found)
    return unit.deprecated


def _uses_of(reference: Reference, target: Target) -> Iterator[Use]:
    qualname = reference.qualname
    if qualname.rpartition(".")[2] in LAST:
        for row in deprecations(qualname):
            if reference.bound and row.kind == "function":
                continue  # a function becomes a method there, which gets the object first
            if (status := _status(row, target)) and (row.kind != "module" or not reference.call):
                argument = _matched(reference, row)
                if argument is not False:
                    yield Use(reference, row, status, argument)
    elif reference.imported and isinstance(reference.parents[-1], ImportFrom):
        module = MODULES.get(qualname.rpartition(".")[0])
        if module is not None and (status := _status(module, target)):
            yield Use(reference, module, status)


def _held_ahead(unit: FileView, reference: Reference) -> Reference | None:
    """The callee of the call that a `partial` prepares, with the arguments that it gives."""
    if reference.call is not None or reference.qualname.rpartition(".")[2] not in OF_CALLS:
        return None
    match reference.parents[-2:]:
        case (Call(func=func, args=(first, *rest)) as call, Argument() as argument) if argument is first:
            known = unit.references_at(unit.site(reference.site, func))
            if any(each.qualname == "functools.partial" for each in known):
                return replace(reference, call=Call(call.ordinal, argument.value, tuple(rest)))
        case _:
            pass
    return None


def _is_of_call(held: Called, row: Deprecation) -> bool:
    """Whether a row is about the arguments of a call; where one is left out, a `partial` has not given it either."""
    place = row.parameters.index(row.argument) if row.argument in row.parameters else -1
    return row.argument != "" and (row.kind != "omission" or held.leaves_out(row.argument, place))


def _status(row: Deprecation, target: Target) -> Status | None:
    """What the target does with a row; None if it does not know it as deprecated yet."""
    if row.removed and (number := _number(row.removed)) is not None and number <= target.high:
        return "removed"
    if row.removed and _number(row.removed) is None:
        return "removed"
    if row.rule in ("ACT101", "ACT107"):
        return "deprecated"
    if row.rule == "ACT108":
        return "deprecated" if target.low < (2, 6) else None
    since = _number(row.since)
    return "deprecated" if since is None or since <= target.high else None


def _number(text: str) -> tuple[int, int] | None:
    """A version of torch; None for one of another package, or none."""
    major, dot, minor = text.partition(".")
    return (int(major), int(minor.partition(".")[0])) if dot and major.isdigit() else None


def exists_at(since: str, target: Target) -> bool:
    """Whether what is there since that version is there in all of the target."""
    number = _number(since)
    return number is None or number <= target.low


def _matched(reference: Reference, row: Deprecation) -> Argument | Literal[False] | None:
    """The argument that a row is about; None where the row is about the name itself, or about what is left out."""
    call = reference.call
    if row.kind == "overload":
        numbered = [] if call is None else [argument for argument in call.args if argument.keyword is None]
        fits = len(numbered) == len(row.parameters) and not any(argument.star for argument in numbered)
        return None if fits else False
    if not row.argument:
        return None
    if call is None or reference.imported:
        return False
    given, opaque = given_argument(call, row.argument, row.parameters)
    match row.kind:
        case "omission" if row.rule == "ACT102":
            return None  # None means the same there, which the rule looks at
        case "omission":
            return False if given is not None or opaque else None
        case "value":
            wanted = literal_eval(row.value)
            fits = given is not None and isinstance(given.value, Constant) and given.value.value == wanted
            return given if fits and given is not None else False
        case _:
            if given is None or is_none(given.value):
                return False
            by_position = given.keyword is None and row.recipe == "weights"
            if by_position and not (isinstance(given.value, Constant) and isinstance(given.value.value, bool)):
                return False
            return given


def given_argument(call: Call, name: str, parameters: Sequence[str]) -> tuple[Argument | None, bool]:
    """The argument of a call that fills a parameter, and whether a star may hide one."""
    position = parameters.index(name) if name in parameters else -1
    starred = False
    for number, argument in enumerate(call.args):
        if argument.keyword == name or (not argument.star and argument.keyword is None and number == position):
            if argument.keyword is not None or not starred:
                return argument, starred
        starred |= argument.star != ""
    positional = any(argument.star == "*" for argument in call.args) and position >= 0
    return None, positional or any(argument.star == "**" for argument in call.args)


def is_none(node: Node) -> bool:
    """Whether an expression is the literal None."""
    return isinstance(node, Constant) and node.value is None


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


def _is_unset(reference: Reference) -> bool:
    """Whether the name is given None, since it is missing: `except ImportError: autocast = None`."""
    parent = reference.parents[-1]
    return isinstance(parent, Assign) and is_none(parent.value)


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
        case Display(kind=kind):
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
    """Whether objects are asked for the class: `isinstance(x, C)`, `isinstance(x, (B, C))`, `type(x) is C`; `except C`
    asks exceptions.
    """
    parents = [node for node in reference.parents if not isinstance(node, Display)]
    if parents and isinstance(parents[-1], Handler):
        return True
    if len(parents) < 2 or not isinstance(parents[-1], Argument):
        return _is_identity(reference)
    call = parents[-2]
    return isinstance(call, Call) and isinstance(call.func, Name) and call.func.id in ("isinstance", "issubclass")


def tested(unit: FileView, row: Deprecation) -> bool:
    """Whether some code of the project compares with what a row names, looks it up, or asks objects for that class."""
    return any(is_type_test(reference) for reference in _named(unit, row))


def compared(unit: FileView, row: Deprecation) -> bool:
    """Whether some code of the project compares with what a row names, or looks it up: such code is not rewritten."""
    return any(_is_identity(reference) for reference in _named(unit, row))


def _named(unit: FileView, row: Deprecation) -> Iterator[Reference]:
    for path in unit.program.names.files:
        for reference in view(unit.program, path).references():
            if reference.qualname.rpartition(".")[2] in LAST and row in deprecations(reference.qualname):
                yield reference


def asks_names(unit: FileView) -> bool:
    """Whether some code of the project asks functions or classes for their names."""
    files = unit.program.names.files.values()
    return any(
        ".__name__" in chunk.text or ".__qualname__" in chunk.text for file in files for chunk in file.facts.chunks
    )


def relied_on(unit: FileView, row: Deprecation) -> bool:
    """Whether some code of the project counts on what the old form alone does: what undoes it, or what it leaves."""
    undo, left = UNDONE_BY.get(row.qualname, ("", ""))
    if not undo:
        return False
    files = unit.program.names.files
    return any(left in chunk.text for file in files.values() for chunk in file.facts.chunks) or any(
        torchapi.canonical(reference.qualname) == undo
        for path in files
        for reference in view(unit.program, path).references()
    )


def _hands_on(unit: FileView, reference: Reference, used: set[str]) -> bool:
    """Whether an import at the top level, the only one of its name, is there so that others can take it from here."""
    alias, statement = reference.node, reference.parents[-1]
    if not isinstance(alias, Alias) or not isinstance(statement, ImportFrom) or len(reference.parents) != 1:
        return False
    name = alias.asname or alias.name
    return name not in used and len(unit.file.bindings.get(name, ())) == 1 and is_offered(unit, alias)


def is_offered(unit: FileView, alias: Alias) -> bool:
    """Whether an import is there so that others can take its name from here."""
    name = alias.asname or alias.name
    own = unit.file.is_package or alias.asname == alias.name
    return own or name in _listed(unit) or _is_taken(unit, name)


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
    replacement = torchapi.canonical(row.replacement) if row.replacement else "-"
    for outer, inner in zip(reference.parents, (*reference.parents[1:], reference.node), strict=True):
        tests, branches = _beside(outer, inner)
        if any(_asks_torch(unit, reference, test) for test in tests):
            return True
        for other in _references(unit, reference, branches):
            if torchapi.canonical(other.qualname) == replacement or _gives(other, row):
                return True
        if _is_fallback(reference, outer, inner, branches):
            return True
    return False


def _is_fallback(reference: Reference, outer: Node, inner: Node, branches: list[Node]) -> bool:
    """Whether an import stands in where another package has the name: the test for that package is on the other arm."""
    alias = reference.node
    if not isinstance(alias, Alias) or (isinstance(outer, Try) and any(inner is each for each in outer.body)):
        return False
    name = alias.asname or alias.name
    return any(
        isinstance(node, ImportFrom) and any(name == (each.asname or each.name) for each in node.aliases)
        for node in branches
    )


def _gives(other: Reference, row: Deprecation) -> bool:
    """Whether a call of the same function gives the argument that a row misses."""
    if row.kind != "omission" or other.call is None or row not in deprecations(other.qualname):
        return False
    return given_argument(other.call, row.argument, row.parameters)[0] is not None


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
        case DictExpr(items=items):
            # A table that has the old names beside the new knows what they are.
            branches += [value for _, value in items if value is not inner]
        case Try(body=tried, handlers=handlers, orelse=rest):
            branches += handlers if any(each is inner for each in (*tried, *rest)) else (*tried, *rest)
        case _:
            pass
    if isinstance(inner, Assign):
        # `norm = old`, and then `if hasattr(…): norm = new`
        bound = {name for target in inner.targets for name in target_names(target)}
        for later in _after(outer, inner):
            if isinstance(later, If) and bound & bound_names(later.body):
                tests.append(later.test)
                branches += later.body
    for statement in children(outer):
        if statement is inner:
            break
        if isinstance(statement, If) and isinstance(statement.body[-1], Return | Raise):
            tests.append(statement.test)
            branches += statement.body
    return tests, branches


def _after(outer: Node, inner: Node) -> Iterator[Node]:
    """The statements of the same block that follow one."""
    for name in ("body", "orelse"):
        block = getattr(outer, name, ())
        if isinstance(block, tuple) and any(each is inner for each in block):
            yield from block[[each is inner for each in block].index(True) + 1 :]


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
