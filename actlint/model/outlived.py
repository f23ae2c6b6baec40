"""Old values that are expected although they were overwritten: who still reads them, and through which place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actlint.facts import (
    Argument,
    Assign,
    Attribute,
    AugAssign,
    Compare,
    ExprStmt,
    For,
    FString,
    Name,
    Node,
    Site,
    Subscript,
    With,
)
from actlint.facts import Call as CallNode
from actlint.model import overwrite
from actlint.model.blank import is_blank
from actlint.model.clobbered import clobbered
from actlint.model.conditions import stated
from actlint.model.events import Argument as ArgumentEvent
from actlint.model.events import Call, Hazard, Merge, Stale, Store, Trace, Write
from actlint.model.flow import tensors_in
from actlint.model.overwrite import Overwrite
from actlint.model.program import FileView
from actlint.model.references import path_to
from actlint.model.state import conjoin
from actlint.model.tensors import CARRIED
from actlint.model.values import Constant, Tensor
from actlint.model.walk import target_names, walk

_IDEMPOTENT = frozenset({"relu", "ReLU", "relu6", "ReLU6", "hardtanh", "Hardtanh", "clamp", "clamp_min", "abs"})
_METADATA = frozenset({"query", "creation", "random", "control"})
_IGNORING = frozenset({"len", "isinstance", "print", "type", "id", "hasattr"})
_NUDGE = 1e-4
"""The largest amount that is added for the sake of a comparison or a division alone."""


@dataclass(frozen=True, slots=True)
class Outlived:
    """The write `over`, seen from the function that also reads the old value, and that read.

    `node` (at `site`) is the write itself, or the call in which it happens. `holder` is the name or `.attribute`
    through which the old value is read at `read`; "" and "[]" as `Stale` has it. `target` is what
    was written, a name or `.attribute` too, "" where that cannot be told.
    """

    over: Overwrite | None
    write: Write
    call: Call
    site: Site
    node: Node
    target: str
    holder: str
    read: Site
    conditions: tuple[str, ...]


def outlived(unit: FileView) -> Iterator[Outlived]:
    """Each such write once, with the first read of what it replaced."""
    raising = {found.over.write.where.site for found in clobbered(unit)}  # in another run it is the same fault
    for trace in unit.traces():
        writes: dict[int, list[tuple[int, Write]]] = {}
        found: dict[Site, Outlived] = {}
        for index, event in enumerate(trace.events):
            if isinstance(event, Write):
                if event.where.site not in raising and not any(_raises(hazard) for hazard in event.hazards):
                    for number in _overwritten(trace, event.tensor):
                        writes.setdefault(number, []).append((index, event))
            elif isinstance(event, Stale) and event.where.site.path == unit.path:
                each = _first(unit, trace, writes, index, event)
                if each is not None:
                    found.setdefault(each.site, each)
        yield from found.values()


def _raises(hazard: Hazard) -> bool:
    return hazard.kind in ("leaf", "multiview", "expand", "custom", "out")


def _first(
    unit: FileView, trace: Trace, writes: dict[int, list[tuple[int, Write]]], index: int, read: Stale
) -> Outlived | None:
    """The first write since the place got its value that the author cannot have meant for it."""
    number = read.old.number
    if not _is_computed(trace, read.old):
        return None
    for _ in range(32):
        following = number
        for at, write in writes.get(number, ()):
            both = conjoin(write.where.condition, read.where.condition)
            both = None if both is None else conjoin(both, write.effective)
            conditions = None if both is None else stated(both)
            call = trace.events[write.call]
            if at < index and conditions is not None and isinstance(call, Call):
                found = _judge(unit, trace, write, call, read, index, conditions)
                if found is not None:
                    return found
                following = write.result.number
        if following == number:
            return None
        number = following
    return None


def _overwritten(trace: Trace, tensor: Tensor) -> tuple[int, ...]:
    """The tensors whose value is lost with a write to one: at the head of a loop, what there was before it too."""
    made = trace.events[tensor.event] if 0 <= tensor.event < len(trace.events) else None
    before = made.options[0][1].number if isinstance(made, Merge) and _is_head(trace, made) else tensor.number
    return (tensor.number,) if before == tensor.number else (tensor.number, before)


def _is_head(trace: Trace, merge: Merge) -> bool:
    """Whether it is what a loop's iteration begins with: what there was before the loop, or is of the one before."""
    last = merge.options[-1][1]
    made = trace.events[last.event] if 0 <= last.event < len(trace.events) else None
    return len(merge.options) == 2 and isinstance(made, ArgumentEvent) and made.label.endswith(CARRIED)


def _is_computed(trace: Trace, tensor: Tensor) -> bool:
    """Whether an operation of the run made the tensor, or it is an argument: not a buffer, nor a loop's unknown one."""
    made = trace.events[tensor.event] if 0 <= tensor.event < len(trace.events) else None
    match made:
        case Merge(options=options) if _is_head(trace, made) and made.result.number == tensor.number:
            return _is_computed(trace, options[0][1])
        case Call(op=op):
            return op is not None
        case ArgumentEvent(label=label):
            return not tensor.owner and not label.endswith(CARRIED)
        case _:
            return False


def _judge(
    unit: FileView, trace: Trace, write: Write, call: Call, read: Stale, index: int, conditions: tuple[str, ...]
) -> Outlived | None:
    site, at = _in_one_function(write, read)
    node = unit.node(site) if site.path == unit.path else None
    if not isinstance(node, (AugAssign, CallNode, Subscript)) or at.path != unit.path:
        return None
    path = unit.path_to(site)
    over = overwrite.overwrite(unit, trace, write) if site == write.where.site else None
    targets = _targets(node, over)
    if _fills(trace, write, call) or _nudges(trace, call) or not _reads_value(unit, trace, call, read, at, index):
        return None
    writer = unit.program.names.files.get(write.where.site.path)
    if writer is not None and is_blank(trace, write, path_to(writer, write.where.site)):
        return None
    if read.holder in targets or (not read.holder and _is_operand(unit, at, targets)):
        if not isinstance(node, CallNode) or _stands_alone(path):
            return None  # it stands for its effect: the new value is what is meant
    elif _goes_over(path, targets) or (read.holder.startswith(".") and not _kept_apart(trace, read, path, targets)):
        return None
    target = next(iter(targets), "") if len(targets) == 1 else ""
    return Outlived(over, write, call, site, node, target, read.holder, at, conditions)


def _in_one_function(write: Write, read: Stale) -> tuple[Site, Site]:
    """The innermost function that both happen in: where it writes, and where it reads, itself or by a call."""
    mine, theirs = write.where.stack, read.where.stack
    shared = 0
    while shared < min(len(mine), len(theirs)) and mine[shared] == theirs[shared]:
        shared += 1
    return (
        mine[shared] if shared < len(mine) else write.where.site,
        theirs[shared] if shared < len(theirs) else read.where.site,
    )


def _targets(node: Node, over: Overwrite | None) -> tuple[str, ...]:
    """The names and attributes that may stand for what is written."""
    if over is not None and over.target is not None:
        base = overwrite.base(over.target)
        inner = base.func.value if isinstance(base, CallNode) and isinstance(base.func, Attribute) else base
        while isinstance(inner, CallNode) and isinstance(inner.func, Attribute):
            inner = inner.func.value
        return _spelled(inner)
    if isinstance(node, CallNode):
        return tuple(dict.fromkeys(word for given in node.args for word in _spelled(given.value)))
    return ()


def _spelled(node: Node | None) -> tuple[str, ...]:
    match node:
        case Name(id=name):
            return (name,)
        case Attribute(attr=attr):
            return (f".{attr}",)
        case _:
            return ()


def _nudges(trace: Trace, call: Call) -> bool:
    """Whether a write moves the values by no more than keeps a comparison or a division out of trouble."""
    name = call.op.qualname.rpartition(".")[2] if call.op is not None else ""
    amount = dict(call.args).get("other")
    if name == "copy_" and isinstance(amount, Tensor):  # `x[0] += eps` puts the sum back
        made = trace.events[amount.event] if 0 <= amount.event < len(trace.events) else None
        return isinstance(made, Call) and made.inplace is True and made is not call and _nudges(trace, made)
    value = amount.value if isinstance(amount, Constant) and name in ("add_", "sub_", "subtract_") else None
    return isinstance(value, (int, float)) and abs(value) <= _NUDGE


def _fills(trace: Trace, write: Write, call: Call) -> bool:
    """Whether a tensor that was made to be filled is filled: who shares it wants what is put into it."""
    made = trace.events[write.tensor.event]
    if isinstance(made, Merge) and _is_head(trace, made):
        made = trace.events[made.options[0][1].event]
    while isinstance(made, Call) and made.inplace and made.op is not None and made.args:
        before = dict(made.args).get(made.op.tensors[0]) if made.op.tensors else None
        if not isinstance(before, Tensor):
            break
        made = trace.events[before.event]
    if not isinstance(made, Call) or made.op is None or call.op is None:
        return False
    if made.op.kind == "creation" and write.where.loop:
        return True  # a sum or a table that a loop puts together
    created = made.op.kind in ("creation", "random") or made.op.qualname.endswith(".clone")
    return created and call.op.kind in ("inplace-data", "random", "index", "init")


def _reads_value(unit: FileView, trace: Trace, call: Call, read: Stale, at: Site, index: int) -> bool:
    """Whether the values matter where the place is read: not its shape, nor what gives the same a second time."""
    path = unit.path_to(read.where.site) if read.where.site.path == unit.path else ()
    around = path[-2] if len(path) > 1 else None
    reader: Node | None = None
    match around:
        case Compare() | FString() | With():
            return False
        case Attribute(attr=attr):
            outer = path[-3] if len(path) > 2 else None
            if isinstance(outer, CallNode) and outer.func is around:
                reader = outer
            elif attr in ("shape", "dtype", "device", "ndim", "requires_grad", "grad_fn", "is_cuda", "layout", "grad"):
                return False
        case Argument():
            outer = path[-3] if len(path) > 2 else None
            if isinstance(outer, CallNode):
                if isinstance(outer.func, Name) and outer.func.id in _IGNORING:
                    return False
                reader = outer
        case _:
            pass
    if reader is None:
        return True
    place = unit.site(read.where.site, reader)
    readers = list(_readers(trace, read, place, index))
    harmless = (_is_harmless(call, each) for each in readers)
    return not readers or not all(harmless)


def _readers(trace: Trace, read: Stale, place: Site, index: int) -> Iterator[Call]:
    """The operations, of the call at a place or inside of it, that the tensor goes into."""
    inner = (*read.where.stack, place)
    for event in trace.events[index + 1 :]:
        if not isinstance(event, Call) or event.op is None:
            continue
        here = event.where.site == place and event.where.stack == read.where.stack
        if here or event.where.stack[: len(inner)] == inner:
            if any(t.number == read.new.number for _, value in event.args for t in tensors_in(trace, value)):
                yield event


def _is_harmless(writer: Call, reader: Call) -> bool:
    if reader.op is None or writer.op is None:
        return False
    if reader.op.kind in _METADATA:
        return True
    names = {op.qualname.rpartition(".")[2].removesuffix("_").lower() for op in (writer.op, reader.op)}
    return len(names) == 1 and names <= {name.lower() for name in _IDEMPOTENT}


def _is_operand(unit: FileView, at: Site, targets: tuple[str, ...]) -> bool:
    """Whether the operation that reads it names what was written: `x + self.act(x)`."""
    node = unit.node(at)
    return node is not None and any(word in targets for each in walk([node]) for word in _spelled(each))


def _stands_alone(path: tuple[Node, ...]) -> bool:
    """Whether a call, with the methods that are chained to it, is a statement of its own."""
    inner = path[-1]
    for node in reversed(path[:-1]):
        match node:
            case ExprStmt():
                return True
            case Attribute(value=value) if value is inner:
                inner = node
            case CallNode(func=func) if func is inner:
                inner = node
            case _:
                return False
    return False


def _goes_over(path: tuple[Node, ...], targets: tuple[str, ...]) -> bool:
    """Whether what is written is the item of a loop, `for t in (a, b): t.mul_(2)`: then the items are meant."""
    loops = (node for node in path if isinstance(node, For))
    return any(name in targets for loop in loops for name in target_names(loop.target))


def _kept_apart(trace: Trace, read: Stale, path: tuple[Node, ...], targets: tuple[str, ...]) -> bool:
    """Whether an attribute was given the tensor to keep it, not a name what is in the attribute to write to it."""
    if read.holder in targets:
        return False
    attr = read.holder.removeprefix(".")
    given = (event for event in trace.events if isinstance(event, Store) and event.name == attr)
    if not any(isinstance(event.value, Tensor) and event.value.number == read.old.number for event in given):
        return False
    for node in walk(path[:1]):
        if isinstance(node, Assign) and isinstance(node.value, Attribute) and node.value.attr == attr:
            if any(word in targets for target in node.targets for word in _spelled(target)):
                return False
    return True
