"""The graph of a file for people: what the evaluator saw, one line an event, and where it became unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from actlint.closed import assert_never
from actlint.errors import UsageError
from actlint.facts import (
    Assign,
    Attribute,
    AugAssign,
    BinOp,
    Compare,
    Expr,
    FunctionDef,
    Name,
    Site,
    Subscript,
    UnaryOp,
)
from actlint.facts import Call as CallNode
from actlint.facts import Constant as Number
from actlint.model.conditions import LOOP, USUAL, WORLD, describe
from actlint.model.coverage import BUDGET, counts, coverage
from actlint.model.events import (
    Argument,
    Call,
    Escape,
    Event,
    Hazard,
    LoopEdge,
    Merge,
    Read,
    Return,
    Stale,
    Store,
    Trace,
    Write,
)
from actlint.model.program import ClassView, Context, FileView, Program, view
from actlint.model.shapes import shape_of
from actlint.model.show import unparse
from actlint.model.state import ListObject, ModuleObject, Object
from actlint.model.tensors import OPAQUE
from actlint.model.values import (
    Class,
    Computed,
    Condition,
    Constant,
    DictRef,
    External,
    ForeignMethod,
    Function,
    Instance,
    Join,
    ListRef,
    Method,
    Module,
    ModuleFile,
    Partial,
    Super,
    Symbol,
    Tensor,
    Tuple,
    Unknown,
    Unset,
    Value,
)
from actlint.model.values import (
    Iterator as IteratorValue,
)


@dataclass(slots=True)
class Names:
    """What one trace's values are called: `%1`, `%2` … for tensors, and its sites' rows."""

    view: FileView
    trace: Trace
    rows: dict[Site, int]
    heap: dict[int, Object]
    tensors: dict[int, str] = field(default_factory=dict)

    def tensor(self, tensor: Tensor) -> str:
        """The tensor's name, given at its first mention."""
        return self.tensors.setdefault(tensor.number, f"%{len(self.tensors) + 1}")

    def value(self, value: Value) -> str:
        """A value, short."""
        match value:
            case Tensor():
                return self.tensor(value)
            case Constant(value=constant):
                return "..." if constant is ... else repr(constant)
            case Symbol(label=label):
                return label
            case Tuple(items=items):
                return f"({', '.join(self.value(item) for item in items)}{',' if len(items) == 1 else ''})"
            case ListRef(ref=ref):
                found = self.heap.get(ref)
                if not isinstance(found, ListObject):
                    return "[…]"
                shown = [self.value(item) for item in found.items]
                return f"[{', '.join(shown if found.complete else [*shown, '…'])}]"
            case Module(ref=ref):
                module = self.heap.get(ref)
                return self.module(module) if isinstance(module, ModuleObject) else "module"
            case External(qualname=qualname):
                return qualname
            case Class(site=site):
                node = self.view.program.names.files[site.path]
                return _defined_name(node.facts.chunks[site.chunk].text) or "class"
            case Function(code=code):
                return code.name if isinstance(code, FunctionDef) else "lambda"
            case Method(function=function):
                return self.value(function)
            case ForeignMethod(receiver=receiver, name=name):
                return f"{self.value(receiver)}.{name}"
            case IteratorValue(element=element):
                return f"({self.value(element)}, …)"
            case Join(options=options):
                return " | ".join(self.value(option) for _, option in options)
            case Unknown(reason=reason):
                return f"? ({reason})"
            case Unset():
                return "not defined"
            case DictRef():
                return "{…}"
            case Instance():
                return "object"
            case ModuleFile(path=path):
                return path
            case Partial(function=function):
                return f"partial({self.value(function)})"
            case Super():
                return "super()"
            case Computed():
                return self.computed(value)
            case _:
                assert_never(value)

    def computed(self, value: Computed) -> str:
        """A size, or arithmetic on sizes, as it might be written."""
        of = [self.value(operand) for operand in value.operands]
        match value.op:
            case "shape" | "numel" | "rank":
                return f"{of[0]}.{ {'numel': 'numel()', 'rank': 'ndim'}.get(value.op, value.op) }"
            case "item" | "slice":
                return f"{of[0]}[{of[1]}]"
            case "index":
                return ":".join("" if text == "None" else text for text in of)
            case "int":
                return f"int({of[0]})"
            case op:
                return f"({of[0]} {op} {of[1]})"

    def shape(self, value: Value) -> str:
        """A tensor's shape, "" where nothing is known of it."""
        if not isinstance(value, Tensor):
            return ""
        found = shape_of(self.trace, value)
        return f"  {found}" if any(dim is not None for dim in found.dims) or found.rank == 0 else ""

    def module(self, module: ModuleObject) -> str:
        """A layer as its constructor call: `Linear(in_features=784, out_features=256)`, a container with its items."""
        if isinstance(module.cls, Class):
            return f"{self.value(module.cls)}()"
        name = module.cls.qualname.rpartition(".")[2]
        if module.children:
            return f"{name}({', '.join(self.value(child) for _, child in module.children)})"
        if module.children is None:
            return f"{name}(…)"
        given = [f"{key}={self.value(value)}" for key, value in module.args.items() if _worth_showing(value)]
        return f"{name}({', '.join(given[:4])})"


def _worth_showing(value: Value) -> bool:
    return not (isinstance(value, Constant) and (value.value is None or value.value is False or value.value is True))


def _defined_name(text: str) -> str:
    for line in text.splitlines():
        words = line.split()
        if words and words[0] == "class":
            return words[1].partition("(")[0].rstrip(":")
    return ""


def chosen(program: Program, path: str, class_name: str | None) -> tuple[FileView, list[ClassView]]:
    """A file and its classes, or the one of that name.

    Raises:
        UsageError: the file has no class of that name.
    """
    file = view(program, path)
    classes = [cls for cls in file.classes() if class_name in (None, cls.name)]
    if class_name is not None and not classes:
        known = ", ".join(cls.name for cls in file.classes()) or "no class"
        raise UsageError(f"{path} has no class `{class_name}` at its top level; it has {known}")
    return file, classes


def render(program: Program, path: str, class_name: str | None = None) -> Iterator[str]:
    """The graph of a file, or of one of its classes, line by line.

    Raises:
        UsageError: the file has no class of that name.
    """
    file, classes = chosen(program, path, class_name)
    for cls in classes:
        yield from _class(file, cls)
    if class_name is None:
        for trace in file.traces():
            if trace.owner is None and trace.events:
                name = (
                    trace.entry.code.name if trace.entry and isinstance(trace.entry.code, FunctionDef) else "top level"
                )
                yield f"{name}{_suffix(trace)}\n"
                yield from _trace(file, trace, "  ")


def _suffix(trace: Trace) -> str:
    return "" if trace.complete else "  (not complete: it has more steps than the budget allows)"


def _unknown(file: FileView, cls: ClassView) -> str:
    """What keeps a forward from being known from an argument to its result."""
    if not counts(Context(file.program), cls):
        return ""
    causes = coverage(cls).causes
    return f"  (not known to its end: {', '.join(causes[:3])})" if causes and causes[0] != BUDGET else ""


def _class(file: FileView, cls: ClassView) -> Iterator[str]:
    yield f"class {cls.name}{'' if cls.is_module else '  (no nn.Module, as far as is known)'}\n"
    for trace in cls.traces:
        name = trace.entry.code.name if trace.entry and isinstance(trace.entry.code, FunctionDef) else "__init__"
        yield f"  {name}{_suffix(trace)}{_unknown(file, cls) if name == 'forward' else ''}\n"
        yield from _trace(file, trace, "    ")


def names_of(file: FileView, trace: Trace) -> Names:
    """What a trace's values are called."""
    return Names(file, trace, _rows(file.program, trace.events), trace.heap)


def _trace(file: FileView, trace: Trace, indent: str) -> Iterator[str]:
    names = names_of(file, trace)
    for event in trace.events:
        for text in _event(names, trace, event):
            row = names.rows.get(event.where.site)
            depth = "  " * len(event.where.stack)
            yield f"{indent}{row or '':>4}  {depth}{text}{_condition(event.where.condition)}".rstrip() + "\n"


def _condition(condition: Condition) -> str:
    words = [describe(test) for test in condition if not test.key.startswith((LOOP, WORLD, USUAL))]
    return f"  when {' and '.join(words)}" if words else ""


def _rows(program: Program, events: Iterable[Event]) -> dict[Site, int]:
    """The row of every event's node: each statement is parsed once."""
    from actlint.lower.locate import locate

    wanted: dict[tuple[str, int], set[int]] = {}
    for event in events:
        site = event.where.site
        wanted.setdefault((site.path, site.chunk), set()).add(site.ordinal)
    rows: dict[Site, int] = {}
    for (path, chunk), ordinals in wanted.items():
        for ordinal, span in locate(program.names.files[path].facts.chunks[chunk], ordinals).items():
            rows[Site(path, chunk, ordinal)] = span.start.row
    return rows


def _event(names: Names, trace: Trace, event: Event) -> Iterator[str]:
    match event:
        case Argument(label=label, result=result):
            entry = label if label.startswith(OPAQUE) else f"argument {label}"
            yield f"{names.tensor(result)} = {entry}{names.shape(result)}"
        case Call():
            yield from _call(names, event)
        case Merge(options=options, result=result):
            parts = []
            for when, tensor in options:
                words = " and ".join(describe(test) for test in when)
                parts.append(f"{names.tensor(tensor)} when {words}" if words else names.tensor(tensor))
            yield f"{names.tensor(result)} = {' or '.join(parts)}{names.shape(result)}"
        case Read(name=name, value=value):
            if isinstance(value, Unset):
                yield f"reads `{name}`, which is not defined"
        case Store(kind="attribute", name=name, value=value):
            yield f".{name} = {names.value(value)}"
        case Store() | Stale():
            pass
        case Write(tensor=tensor, hazards=hazards):
            yield f"overwrites {names.tensor(tensor)}"
            for each in hazards:
                yield f"  but {hazard(names, trace, each)}"
        case Return(value=value):
            yield f"return {names.value(value)}"
        case LoopEdge(values=values):
            yield f"next iteration with {', '.join(names.value(value) for value in values)}"
        case Escape(reason=reason):
            yield f"? out of sight: {reason}"
        case _:
            assert_never(event)


def hazard(names: Names, trace: Trace, found: Hazard) -> str:
    """Why a write in place is wrong."""
    match found.kind:
        case "leaf":
            return "it is a leaf that requires grad"
        case "multiview":
            return "it is one of several views of one tensor"
        case "expand":
            return "its elements share memory"
        case "custom":
            return "it is a view that a custom autograd function gave"
        case "out":
            return "an argument `out` has no gradient"
        case "saved" | "behind":
            saver = trace.events[found.event]
            callee = saver.op.qualname if isinstance(saver, Call) and saver.op is not None else "an operation"
            return f"{callee} saved it for backward as its {found.role}"
        case _:
            assert_never(found.kind)


def _call(names: Names, event: Call) -> Iterator[str]:
    callee = written(names.view, event.where.site)
    shown = ", ".join(f"{key}={names.value(v)}" if not key.isdigit() else names.value(v) for key, v in event.args)
    if event.op is not None:
        tensors = [names.value(v) for key, v in event.args if key in event.op.tensors]
        layer = f"  {names.module(event.layer)}" if event.layer is not None else ""
        kind = f"  [{event.op.kind}]{names.shape(event.result)}"
        yield f"{names.value(event.result)} = {callee or event.op.qualname} of {', '.join(tensors)}{kind}{layer}"
    elif isinstance(event.result, Unknown):
        if event.result.reason != "direct":
            yield f"{callee or names.value(event.callee)}({shown}) = {names.value(event.result)}"
    elif event.module is not None:
        yield f"{names.value(event.result)} = {callee}({shown})"


def written(file: FileView, site: Site) -> str:
    """The callee, or the operator's expression, as the user wrote it."""
    if site.path not in file.program.names.files:
        return ""
    match view(file.program, site.path).node(site):
        case CallNode(func=func):
            return unparse(func)
        case AugAssign(target=target, op=op, value=value):
            return f"{unparse(target)} {op}= {unparse(value)}"
        case Assign(targets=(target, *_), value=value):
            return f"{unparse(target)} = {unparse(value)}"
        case BinOp(op=op, left=left, right=right):
            return f"{_operand(left)} {op} {_operand(right)}"
        case UnaryOp() | Compare() | Subscript() | Attribute() as operator:
            return unparse(operator)
        case _:
            return ""


def _operand(expr: Expr) -> str:
    """An operand as it is written, if that is a name or a number; what is computed has a line of its own."""
    return unparse(expr) if isinstance(expr, (Name, Attribute, Number)) else "…"
