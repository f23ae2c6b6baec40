"""What to run of a file, from what is known of it without running: classes, arguments and inputs that calls in the
project show, losses, and the statements that findings speak of."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from actlint.diagnostic import Diagnostic
from actlint.facts import Assign, Call, ClassDef, Expr, FunctionDef, Name, Node
from actlint.model import program as model
from actlint.model.program import ClassView, Context, FileView, Program
from actlint.model.references import Reference
from actlint.model.shapes import inputs
from actlint.model.show import written
from actlint.model.values import Class
from actlint.model.walk import walk
from actlint.torchapi.shapes import Dim

_LOSSES = ("torch.nn.functional.", "torch.nn.")
_MOST_CALLS = 8


@dataclass(frozen=True, slots=True)
class Target:
    """A class to run. Paths are absolute; texts are expressions of the user's that the worker evaluates."""

    file: str
    name: str
    module: str
    root: str
    paths: tuple[str, ...]
    calls: tuple[Mapping[str, Any], ...] = ()
    input_calls: tuple[Mapping[str, Any], ...] = ()
    losses: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    init: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    shapes: tuple[Mapping[str, Any], ...] = ()

    def request(self) -> dict[str, Any]:
        """As the worker takes it."""
        return {
            "file": self.file,
            "class": self.name,
            "module": self.module,
            "root": self.root,
            "paths": list(self.paths),
            "calls": list(self.calls),
            "input_calls": list(self.input_calls),
            "losses": list(self.losses),
            "functions": list(self.functions),
            "users": list(self.users),
            "init": dict(self.init),
            "inputs": list(self.inputs),
            "shapes": list(self.shapes),
        }


def targets(program: Program, path: str, root: str, only: str | None = None) -> list[Target]:
    """The classes of a file that can be run: modules with a `forward` of their own or inherited, and those without one
    that nothing inherits from. With `only` the class of that name alone, whatever it is.
    """
    view, context = model.view(program, path), Context(program)
    file = _real(root, path)
    paths = tuple(
        os.path.realpath(os.path.join(root, entry))
        for entry in program.settings.import_roots
        if os.path.isdir(os.path.join(root, entry))
    )
    found = []
    for cls in view.classes():
        if cls.name == only if only is not None else (cls.is_module and _runs(context, cls)):
            references = list(_references(program, cls.cls))
            found.append(
                Target(
                    file,
                    cls.name,
                    _module_name(file),
                    os.path.realpath(root),
                    (*paths, os.path.dirname(file)) if not _in_package(file) else (*paths, _package_root(file)),
                    tuple(_calls(references))[:_MOST_CALLS],
                    tuple(_input_calls(references))[:_MOST_CALLS],
                    tuple(dict.fromkeys(_losses(program, view, cls, references))),
                    users=tuple(dict.fromkeys(_real(root, other.path) for other, _ in references))[:_MOST_CALLS],
                    shapes=tuple(_shapes(view, cls)),
                )
            )
    return found


def _real(root: str, path: str) -> str:
    return os.path.realpath(os.path.join(root, path))


def _in_package(file: str) -> bool:
    return os.path.isfile(os.path.join(os.path.dirname(file), "__init__.py"))


def _module_name(file: str) -> str:
    """The dotted name under which the file is imported from above its outermost package."""
    name = os.path.relpath(file, _package_root(file)).removesuffix(".py").removesuffix(f"{os.sep}__init__")
    return name.replace(os.sep, ".")


def _package_root(file: str) -> str:
    directory = os.path.dirname(file)
    while os.path.isfile(os.path.join(directory, "__init__.py")):
        directory = os.path.dirname(directory)
    return directory


def _runs(context: Context, cls: ClassView) -> bool:
    own = [cls.info, *(context.info(each) for each in context.mro(cls.cls)[1:] if isinstance(each, Class))]
    if any("forward" in info.methods or "forward" in info.attributes for info in own):
        return True
    # The heirs of torch's own layers inherit their forward; those of plain modules are bases, or lack it.
    return any(_torch_layer(each) for info in own for each in info.bases) or not context.subclasses(cls.cls)


def _torch_layer(base: object) -> bool:
    name = getattr(base, "qualname", "")
    return name.startswith("torch.nn.") and name not in ("torch.nn.Module", "torch.nn.modules.module.Module")


# ------------------------------------------------------------------------------------------------- calls in the project


def _references(program: Program, cls: Class) -> Iterator[tuple[FileView, Reference]]:
    """Every place that calls the class, with the file it is in."""
    for path in program.names.files:
        view = model.view(program, path)
        for reference in view.references():
            if isinstance(reference.value, Class) and reference.value.site == cls.site and reference.call is not None:
                yield view, reference


def _calls(references: Sequence[tuple[FileView, Reference]]) -> Iterator[Mapping[str, Any]]:
    """How the class is made, where all arguments can be written down."""
    for view, reference in references:
        assert reference.call is not None
        if (made := _arguments(reference.call, {})) is not None and (made["args"] or made["keywords"]):
            yield made | {"where": view.path}


def _arguments(call: Call, known: Mapping[str, str]) -> dict[str, Any] | None:
    args: list[str] = []
    keywords: dict[str, str] = {}
    for argument in call.args:
        text = known.get(argument.value.id) if isinstance(argument.value, Name) else None
        text = text or written(argument.value)
        if argument.star or text is None:
            return None
        if argument.keyword is None:
            args.append(text)
        else:
            keywords[argument.keyword] = text
    return {"args": args, "keywords": keywords}


def _input_calls(references: Sequence[tuple[FileView, Reference]]) -> Iterator[Mapping[str, Any]]:
    """What instances of the class are called with: `Net()(x)`, or `net = Net()` and `net(x)` in the same scope."""
    for view, reference in references:
        scope = _scope(view, reference)
        assigned = _assigned(scope)
        known = {name: text for name, value in assigned.items() if value is not None and (text := written(value))}
        for node in walk(scope):
            if isinstance(node, Call) and node.args and _calls_instance(node, reference, assigned):
                made = _arguments(node, known)
                if made is not None:
                    yield made | {"where": view.path}


def _scope(view: FileView, reference: Reference) -> list[Any]:
    """The statements among which a name keeps its meaning: the innermost function's, else those of the module."""
    functions = [node for node in reference.parents if isinstance(node, FunctionDef)]
    if functions:
        return list(functions[-1].body)
    if any(isinstance(node, ClassDef) for node in reference.parents):
        return []
    chunks = [chunk.facts.body for chunk in view.file.facts.chunks if chunk.facts is not None]
    return [each for body in chunks for each in body if not isinstance(each, (FunctionDef, ClassDef))]


def _assigned(scope: Sequence[Any]) -> dict[str, Expr | None]:
    """What each name is assigned, None for one that is assigned more than once."""
    found: dict[str, Expr | None] = {}
    for node in walk(scope):
        if isinstance(node, Assign) and len(node.targets) == 1 and isinstance(node.targets[0], Name):
            name = node.targets[0].id
            found[name] = None if name in found else node.value
    return found


def _calls_instance(call: Call, reference: Reference, assigned: Mapping[str, Expr | None]) -> bool:
    func: Node | None = call.func
    if isinstance(func, Name):
        func = assigned.get(func.id)
    # `Net().to(device)` is still the instance.
    while isinstance(func, Call) and func is not reference.call:
        func = getattr(func.func, "value", None)
        if isinstance(func, Call) and func is reference.call:
            break
    return func is not None and func is reference.call


def _losses(
    program: Program, view: FileView, cls: ClassView, references: Sequence[tuple[FileView, Reference]]
) -> Iterator[str]:
    """Qualified names of losses: those that the class itself names first, then its file, then files that use it."""
    for own in (True, False):
        for reference in view.references():
            inside = any(node is cls.info.code for node in reference.parents)
            if _is_loss(reference.qualname) and inside == own and not reference.imported:
                yield reference.qualname
    for other in dict.fromkeys(each.path for each, _ in references):
        if other != view.path:
            for reference in model.view(program, other).references():
                if _is_loss(reference.qualname) and not reference.imported:
                    yield reference.qualname


def _is_loss(qualname: str) -> bool:
    last = qualname.rpartition(".")[2].lower()
    known = "cross_entropy" in last or "crossentropy" in last
    return qualname.startswith(_LOSSES) and (last.endswith("loss") or known)


# ------------------------------------------------------------------------------------------------------- static shapes


def _shapes(view: FileView, cls: ClassView) -> Iterator[Mapping[str, Any]]:
    """What `forward` takes, by argument, as far as its layers say: where sizes are numbers first."""
    found = []
    for trace in view.traces():
        code = trace.entry.code if trace.entry is not None else None
        if trace.owner == cls.cls and isinstance(code, FunctionDef) and code.name == "forward":
            found.append({label: shape for label, shape in inputs(trace).items() if shape.dims})
    found.sort(key=lambda shapes: -sum(type(dim) is int for shape in shapes.values() for dim in shape.dims))
    for shapes in found:
        if shapes:
            yield {label: {"dims": [_dim(each) for each in it.dims], "more": it.more} for label, it in shapes.items()}


def _dim(dim: Dim) -> int | str | None:
    return dim if dim is None or isinstance(dim, int) else str(dim)


# ----------------------------------------------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines of a simple statement, or of the header of a compound one, and the functions and classes around it."""

    path: str
    first: int
    last: int
    inside: tuple[str, ...]

    def has(self, place: tuple[str, int] | None) -> bool:
        """Whether a place is in it."""
        return place is not None and place[0] == self.path and self.first <= place[1] <= self.last


def statement(tree: ast.Module, path: str, row: int) -> Statement:
    """The innermost statement on a row; `path` is the file's absolute one."""
    found, inside = Statement(path, row, row, ()), []
    for node, around in _statements(tree.body, ()):
        start = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
        if start <= row <= (node.end_lineno or node.lineno):
            body = getattr(node, "body", None)
            last = node.end_lineno or node.lineno
            if isinstance(body, list) and body:
                last = max(body[0].lineno - 1, node.lineno)
            inside = list(around)
            if row <= last:
                found = Statement(path, start, last, tuple(inside))
    return found


def _statements(body: Sequence[ast.stmt], around: tuple[str, ...]) -> Iterator[tuple[ast.stmt, tuple[str, ...]]]:
    for node in body:
        yield node, around
        name = (node.name,) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else ()
        for part in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(node, part, ()) or (), (*around, *name))
        for handler in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            yield from _statements(handler.body, around)


def with_functions(target: Target, tree: ast.Module | None, diagnostics: Sequence[Diagnostic]) -> Target:
    """The target with the module-level functions in which there are findings: they are called too."""
    if tree is None:
        return target
    named = []
    for each in diagnostics:
        inside = statement(tree, target.file, each.span.start.row).inside
        top = next((node for node in tree.body if inside and getattr(node, "name", "") == inside[0]), None)
        if isinstance(top, ast.FunctionDef):
            named.append(top.name)
    return replace(target, functions=tuple(dict.fromkeys(named)))
