"""One run watched closely: which lines ran, which operations in which order, which tensors were overwritten, what
autograd saved and whether it was still the same in backward."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from .kinds import Tensor
from .places import Place, Project

_LARGEST_COPY = 1 << 22
QUIET = frozenset({"__get__", "size", "dim", "numel", "is_floating_point", "__len__", "stride", "data_ptr"})


@dataclass(slots=True)
class Op:
    """An operation: its name, the user's line, the module that is running, tensors in and out (by number)."""

    number: int
    name: str
    place: Place | None
    module: str
    read: list[int]
    made: list[int]
    wrote: list[int]
    finite_in: bool
    finite_out: bool
    has_nan: bool
    zero: bool = False


@dataclass(slots=True)
class Write:
    """A tensor overwritten in place: where, by what, in which storage, at which version."""

    op: int
    name: str
    place: Place | None
    storage: int
    version: int


@dataclass(slots=True)
class Saved:
    """A tensor that autograd kept: when and where; `stale` says that another was found there in backward."""

    place: Place | None
    name: str
    storage: int
    version: int
    number: int
    tensor: Tensor
    copy: Tensor | None
    op: int
    stale: str = ""
    found: int = 0


class Trace(TorchFunctionMode):
    """Records operations while it is active. Tensors are kept alive, so that their numbers stay theirs."""

    def __init__(self, project: Project, model: Any) -> None:
        super().__init__()
        self.project = project
        self.ops: list[Op] = []
        self.writes: list[Write] = []
        self.saved: list[Saved] = []
        self.tensors: dict[int, Tensor] = {}
        self._numbers: dict[int, int] = {}
        self._running: list[str] = []
        self._names = {id(m): name for name, m in model.named_modules()} if isinstance(model, nn.Module) else {}
        self._permanent = (
            {id(t) for t in (*model.parameters(), *model.buffers())} if isinstance(model, nn.Module) else set()
        )
        self._now: tuple[str, Place | None] = ("", None)

    # -------------------------------------------------------------------------------------------------- operations

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", str(func))
        if name in QUIET:
            return func(*args, **kwargs)
        inputs = list(tensors_of((args, kwargs)))
        before = [(each, each._version, storage_of(each)) for each in inputs]
        place = self.project.here(2)
        self._now = (name, place)
        result = func(*args, **kwargs)
        outputs = list(tensors_of(result))
        wrote = [each for each, version, _ in before if each._version != version]
        behind = [each for each in wrote if id(each) not in self._permanent]
        op = Op(
            len(self.ops),
            name,
            place,
            self._running[-1] if self._running else "",
            [self.number(each) for each in inputs],
            [self.number(each) for each in outputs],
            [self.number(each) for each in behind],
            all(map(_finite, inputs)),
            all(map(_finite, outputs)),
            any(_has_nan(each) for each in outputs),
        )
        self.ops.append(op)
        for each in {storage_of(tensor): tensor for tensor in wrote}.values():
            self.writes.append(Write(op.number, name, place, storage_of(each), each._version))
        return result

    def number(self, tensor: Tensor) -> int:
        """The tensor's number in this trace."""
        found = self._numbers.get(id(tensor))
        if found is None:
            found = self._numbers[id(tensor)] = len(self.tensors)
            self.tensors[found] = tensor
        return found

    def permanent(self, tensor: Tensor) -> bool:
        """Whether it is a parameter or buffer of the model."""
        return id(tensor) in self._permanent

    # ----------------------------------------------------------------------------------------- what autograd keeps

    def pack(self, tensor: Tensor) -> Saved:
        """Called by autograd with a tensor that it keeps for backward."""
        name, place = self._now
        small = tensor.numel() <= _LARGEST_COPY and tensor.layout == torch.strided
        with torch.no_grad(), torch._C.DisableTorchFunctionSubclass():
            copy = tensor.detach().clone() if small else None
        saved = Saved(place, name, storage_of(tensor), tensor._version, len(self.saved), tensor, copy, len(self.ops))
        self.saved.append(saved)
        return saved

    def unpack(self, saved: Saved) -> Tensor:
        """Called in backward. Unlike autograd itself this goes on where the tensor has changed."""
        saved.found = saved.tensor._version
        if saved.found != saved.version:
            saved.stale = "version"
        elif saved.copy is not None and not _same(saved.copy, saved.tensor):
            saved.stale = "value"
        return saved.tensor

    # ------------------------------------------------------------------------------------------------ where we are

    def enter(self, module: nn.Module) -> None:
        """A module begins to run."""
        self._running.append(self._names.get(id(module), type(module).__name__))

    def leave(self) -> None:
        """It ends."""
        if self._running:
            self._running.pop()


def tensors_of(value: Any) -> Iterator[Tensor]:
    """The tensors among arguments, in order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from tensors_of(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from tensors_of(each)


def storage_of(tensor: Tensor) -> int:
    """The memory that a tensor lives in, as a number."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (RuntimeError, NotImplementedError):  # sparse and other tensors without one
        return id(tensor)


def _finite(tensor: Tensor) -> bool:
    if not (tensor.is_floating_point() or tensor.is_complex()) or tensor.is_meta:
        return True
    with torch._C.DisableTorchFunctionSubclass():
        return bool(torch.isfinite(tensor.detach()).all())


def _has_nan(tensor: Tensor) -> bool:
    if not tensor.is_floating_point() or tensor.is_meta:
        return False
    with torch._C.DisableTorchFunctionSubclass():
        return bool(torch.isnan(tensor.detach()).any())


def _same(left: Tensor, right: Tensor) -> bool:
    with torch.no_grad(), torch._C.DisableTorchFunctionSubclass():
        left, right = left.detach(), right.detach()
        if left.shape != right.shape:
            return True
        return bool(((left == right) | ((left != left) & (right != right))).all())


# -------------------------------------------------------------------------------------------------------------- lines


@dataclass(slots=True)
class Lines:
    """Which of the user's lines ran, by file, and what was warned of at which of them."""

    project: Project
    ran: dict[str, set[int]] = field(default_factory=dict)
    warned: list[dict[str, Any]] = field(default_factory=list)
    _undo: list[Any] = field(default_factory=list)

    def __enter__(self) -> Lines:
        catcher = warnings.catch_warnings()
        catcher.__enter__()
        warnings.simplefilter("always")
        warnings.showwarning = self._warned  # type: ignore[assignment]
        self._undo = [catcher, sys.gettrace()]
        sys.settrace(self._call)
        return self

    def __exit__(self, *error: object) -> None:
        catcher, before = self._undo
        sys.settrace(before)
        catcher.__exit__(None, None, None)

    def _call(self, frame: FrameType, event: str, argument: object) -> Any:
        file = frame.f_code.co_filename
        if not self.project.owns(file):
            return None
        lines = self.ran.setdefault(file, set())
        lines.add(frame.f_lineno)

        def local(frame: FrameType, event: str, argument: object) -> Any:
            lines.add(frame.f_lineno)
            return local

        return local

    def _warned(self, message: Any, category: Any, filename: str, lineno: int, *rest: Any) -> None:
        place = self.project.here(2) or (filename, lineno)
        self.warned.append(
            {"path": place[0], "line": place[1], "category": category.__name__, "message": str(message)[:500]}
        )


class watching:  # noqa: N801 - used as a statement
    """`with watching(trace):` makes the trace see operations, saved tensors and which module runs."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._stack: list[Any] = []

    def __enter__(self) -> Trace:
        from torch.nn.modules import module as hooks

        trace = self._trace
        self._stack = [
            hooks.register_module_forward_pre_hook(lambda module, args: trace.enter(module)),
            hooks.register_module_forward_hook(lambda module, args, output: trace.leave()),
            torch.autograd.graph.saved_tensors_hooks(trace.pack, trace.unpack),
        ]
        self._stack[2].__enter__()
        trace.__enter__()
        return trace

    def __exit__(self, *error: Any) -> None:
        self._trace.__exit__(*error)
        self._stack[2].__exit__(*error)
        self._stack[0].remove()
        self._stack[1].remove()


# ------------------------------------------------------------------------------------------------------- construction


@dataclass(slots=True)
class Births:
    """Where modules are made: the user's line of each, and what an assignment of a module replaces."""

    project: Project
    places: dict[int, Place | None] = field(default_factory=dict)
    replaced: list[dict[str, Any]] = field(default_factory=list)
    alive: list[nn.Module] = field(default_factory=list)
    _undo: list[Any] = field(default_factory=list)

    def forget(self) -> None:
        """Let go of the modules that were made so far."""
        self.places.clear()
        self.alive.clear()

    def __enter__(self) -> Births:
        self._undo = [nn.Module.__init__, nn.Module.__setattr__]
        init, assign = self._undo

        def born(module: nn.Module, *args: Any, **keywords: Any) -> None:
            if id(module) not in self.places:
                self.alive.append(module)
                self.places[id(module)] = self.project.here(2)
            init(module, *args, **keywords)

        def assigned(module: nn.Module, name: str, value: Any) -> None:
            before = module.__dict__.get("_modules", {}).get(name)
            if before is not None and before is not value and isinstance(value, nn.Module):
                place = self.project.here(2)
                inside = any(each is before for each in value.modules())
                if place is not None and next(before.parameters(), None) is not None and not inside:
                    self.replaced.append({"name": name, "path": place[0], "line": place[1]})
            assign(module, name, value)

        nn.Module.__init__ = born
        nn.Module.__setattr__ = assigned
        return self

    def __exit__(self, *error: object) -> None:
        nn.Module.__init__, nn.Module.__setattr__ = self._undo
