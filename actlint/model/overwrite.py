"""In-place writes as they stand in the source: what is written to, in which words, and where to report it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from actlint.facts import Attribute, AugAssign, ClassDef, Expr, FunctionDef, Name, Node, Site, Subscript
from actlint.facts import Call as CallNode
from actlint.model.events import Call, Trace, Write
from actlint.model.program import FileView
from actlint.model.references import path_to
from actlint.model.values import ForeignMethod, Module, Tensor


@dataclass(frozen=True, slots=True)
class Overwrite:
    """A write in a file: its event and the call that performs it, the node, and the expression that is written to.

    `target` is None where it cannot be told. `path` are the nodes from the top-level statement down to `node`. A write
    in a function of another file, which this file calls with its tensors, stands at that call, and `node` is the call.
    """

    trace: Trace
    write: Write
    call: Call
    site: Site
    node: AugAssign | CallNode | Subscript
    target: Expr | None
    path: tuple[Node, ...]

    @property
    def elsewhere(self) -> Site | None:
        """Where the write itself stands, if that is another file."""
        return None if self.site.path == self.write.where.site.path else self.write.where.site


def overwrites(unit: FileView) -> Iterator[Overwrite]:
    """The in-place writes with hazards that the file's runs perform, in the file or in functions of other files."""
    for trace in unit.traces():
        for event in trace.events:
            if isinstance(event, Write) and event.hazards:
                found = overwrite(unit, trace, event)
                if found is not None:
                    yield found


def overwrite(unit: FileView, trace: Trace, write: Write) -> Overwrite | None:
    """The write as it stands in the file."""
    call = trace.events[write.call]
    site = _place(unit, write)
    node = unit.node(site) if site is not None else None
    if site is None or not isinstance(call, Call) or not isinstance(node, (AugAssign, CallNode, Subscript)):
        return None
    if site != write.where.site:
        return Overwrite(trace, write, call, site, node, None, unit.path_to(site))
    target = operand_of(call, node)
    container = container_of(trace, call)
    if container is not None:
        given = container.args[0][1] if container.args else None
        if not isinstance(given, Tensor) or given.root != write.tensor.root:
            target = None  # one of the container's layers made it
    return Overwrite(trace, write, call, site, node, target, unit.path_to(site))


def _place(unit: FileView, write: Write) -> Site | None:
    """Where the file performs a write. What the methods of another file's classes do is reported there."""
    where = write.where
    if where.site.path == unit.path:
        return where.site
    file = unit.program.names.files.get(where.site.path)
    if file is None or any(isinstance(node, ClassDef) for node in path_to(file, where.site)):
        return None
    return next((site for site in reversed(where.stack) if site.path == unit.path), None)


_NO_BACKWARD = re.compile("inference|no_?grad")


def for_inference(unit: FileView, over: Overwrite) -> bool:
    """Whether a function around the write, or one that led there, says by its name that nothing goes backward."""
    files = unit.program.names.files
    sites = (over.write.where.site, *over.write.where.stack)
    around = [node for site in sites if site.path in files for node in path_to(files[site.path], site)]
    return any(isinstance(node, FunctionDef) and _NO_BACKWARD.search(node.name) for node in around)


def operand_of(call: Call, node: AugAssign | CallNode | Subscript) -> Expr | None:
    match node:
        case AugAssign(target=target):
            return target
        case Subscript(value=value):
            return value
        case CallNode(func=Attribute(value=value, attr=attr)) if (
            isinstance(call.callee, ForeignMethod) and attr == call.callee.name
        ):
            return value
        case CallNode(args=args) if (written := next((a for a in args if a.keyword == "out"), None)) is not None:
            return written.value
        case CallNode(args=args) if not isinstance(call.callee, ForeignMethod):
            first = args[0] if args else None
            named = next((argument for argument in args if argument.keyword == "input"), None)
            if named is not None:
                return named.value
            return first.value if first is not None and first.keyword is None and not first.star else None
        case _:
            return None


def argument(unit: FileView, over: Overwrite, names: Iterable[str]) -> str:
    """The first argument of a function's call that a parameter of these `names` gets, in the user's words, or ""."""
    if not isinstance(over.node, CallNode) or over.call.op is None:
        return ""
    places = [param.name for param in over.call.op.params if param.kind in ("positional", "either")]
    for index, given in enumerate(over.node.args):
        keyword = given.keyword or (places[index] if not given.star and index < len(places) else "")
        if keyword in names:
            return unit.text(given.value)
    return ""


def base(target: Expr | None) -> Expr | None:
    """The name or attribute whose tensor an item assignment writes to (`y` of `y[0][1:]`)."""
    while isinstance(target, Subscript):
        target = target.value
    return target


def is_place(target: Expr | None) -> bool:
    """Whether the expression is a name or a chain of attributes of one, so that it can be assigned again."""
    while isinstance(target, Attribute):
        target = target.value
    return isinstance(target, Name)


def text(unit: FileView, over: Overwrite) -> str:
    """The write in the user's words, on one line."""
    return written(unit, over.node)


def written(unit: FileView, node: Node) -> str:
    """A statement or call that writes, on one line."""
    match node:
        case AugAssign(target=target, op=op, value=value):
            return f"{unit.text(target)} {op}= {unit.text(value)}"
        case Subscript():
            return f"{unit.text(node)} = …"
        case CallNode():
            return unit.text(node)
        case _:
            return "…"


def name(unit: FileView, trace: Trace, call: Call) -> str:
    """What a call of torch is called where it stands: `F.relu`, `self.act`, or its public name without one."""
    node = unit.node(call.where.site) if call.where.site.path == unit.path else None
    if isinstance(node, CallNode) and container_of(trace, call) is None:
        if not isinstance(call.callee, ForeignMethod):
            return unit.text(node.func)
    return public_name(call)


def public_name(call: Call) -> str:
    """`nn.ReLU`, `F.relu`, `torch.relu`, `.relu()`, `**`: an operation as people write it."""
    qualname = call.op.qualname if call.op is not None else ""
    if isinstance(call.callee, ForeignMethod):
        operator = call.callee.name.removeprefix("operator ")
        return operator if operator != call.callee.name else f".{call.callee.name}()"
    return short(qualname)


def short(qualname: str) -> str:
    """A qualified name as people write it."""
    return qualname.replace("torch.nn.functional.", "F.").replace("torch.nn.", "nn.")


def container_of(trace: Trace, call: Call) -> Call | None:
    """The container's call, if that is what stands in the source and the container calls this layer."""
    if call.module is None:
        return None
    for event in trace.events:
        if isinstance(event, Call) and event.op is None and isinstance(event.callee, Module):
            same = (event.where.site, event.where.stack) == (call.where.site, call.where.stack)
            if same and event.callee != call.module:
                return event
    return None


def built(unit: FileView, call: Call) -> CallNode | None:
    """The constructor call, in this file, of the layer whose forward a call is."""
    if call.layer is None or call.layer.site.path != unit.path:
        return None
    node = unit.node(call.layer.site)
    return node if isinstance(node, CallNode) else None
