"""In-place writes: which of them destroyed what backward needed, and what would be computed without them.

For the counterfactual a write at a given line makes a new tensor, which the name on that line is bound to: statements
like `x.relu_()` and `x[0] = y` are compiled as assignments to `x`, and the operation works on a copy.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from . import driving, layers, losses
from .channel import number
from .driving import Drive
from .kinds import Tensor
from .places import Failure, Place, Project
from .tracing import Trace, storage_of, tensors_of

HELPER = "__actlint_put__"

Region = tuple[str, int, int]
"""A file, and the first and last line of a statement in it."""


def stale(trace: Trace) -> list[dict[str, Any]]:
    """Tensors that backward found changed, with the writes that changed them."""
    found = []
    for saved in trace.saved:
        if not saved.stale or trace.permanent(saved.tensor):
            continue  # running statistics change on purpose
        writes = [
            write
            for write in trace.writes
            if write.storage == saved.storage
            and (saved.version < write.version <= saved.found if saved.stale == "version" else write.op >= saved.op - 1)
        ]
        found.append(
            {
                "saved": list(saved.place) if saved.place else None,
                "by": saved.name,
                "how": saved.stale,
                "writes": [{"name": each.name, "place": list(each.place)} for each in writes if each.place is not None],
            }
        )
    return found


def to_inputs(trace: Trace, values: tuple[list[Any], dict[str, Any]]) -> list[dict[str, Any]]:
    """Writes to tensors that the caller passed."""
    given = {storage_of(each) for each in tensors_of(values)}
    return [
        {"name": each.name, "place": list(each.place)}
        for each in trace.writes
        if each.storage in given and each.place is not None
    ]


class Instead(TorchFunctionMode):
    """Makes in-place operations at the given lines work on copies."""

    def __init__(self, project: Project, regions: Sequence[Region], births: dict[int, Place | None]) -> None:
        super().__init__()
        self.count = 0
        self._project, self._regions, self._births = project, regions, births
        self._running: list[nn.Module] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if args and isinstance(args[0], torch.Tensor) and writes(func, kwargs) and self._wanted():
            self.count += 1
            return func(args[0].clone(), *args[1:], **kwargs)
        return func(*args, **kwargs)

    def _wanted(self) -> bool:
        return within(self._project.here(3), self._regions) or (
            bool(self._running) and within(self._births.get(id(self._running[-1])), self._regions)
        )

    def enter(self, module: nn.Module) -> None:
        """A module begins to run."""
        self._running.append(module)

    def leave(self) -> None:
        """It ends."""
        self._running.pop()


def writes(func: Any, keywords: dict[str, Any]) -> bool:
    """Whether a torch function overwrites its first argument."""
    name = getattr(func, "__name__", "")
    if name == "__setitem__":
        return False
    return (name.endswith("_") and not name.endswith("__")) or bool(keywords.get("inplace")) or name.startswith("__i")


def within(place: Place | None, regions: Sequence[Region]) -> bool:
    """Whether a place lies in one of the statements."""
    return place is not None and any(path == place[0] and first <= place[1] <= last for path, first, last in regions)


# ------------------------------------------------------------------------------------------------------------ rewriting


def rewriter(regions: Sequence[Region]) -> Callable[[ast.Module, str], ast.Module]:
    """A rewriting of source in which the writes of these statements bind their names anew."""

    def rewrite(tree: ast.Module, path: str) -> ast.Module:
        mine = [region for region in regions if region[0] == path]
        return _Rebind(mine).visit(tree) if mine else tree

    return rewrite


class _Rebind(ast.NodeTransformer):
    def __init__(self, regions: Sequence[Region]) -> None:
        self._regions = regions

    def _here(self, node: ast.stmt) -> bool:
        return any(
            first <= node.lineno and (node.end_lineno or node.lineno) <= last for _, first, last in self._regions
        )

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        call = node.value
        if not self._here(node) or not isinstance(call, ast.Call):
            return node
        target: ast.expr | None = None
        if isinstance(call.func, ast.Attribute) and call.func.attr.endswith("_") and _bindable(call.func.value):
            target = call.func.value
        elif call.args and _bindable(call.args[0]):
            target = call.args[0]
        if target is None:
            return node
        return ast.copy_location(ast.Assign([_stored(target)], call), node)

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        if self._here(node) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Subscript):
            return self._put(node, node.targets[0], node.value, None)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        if self._here(node) and isinstance(node.target, ast.Subscript):
            return self._put(node, node.target, node.value, type(node.op).__name__)
        return node

    def _put(self, node: ast.stmt, target: ast.Subscript, value: ast.expr, operator: str | None) -> ast.stmt:
        if not _bindable(target.value):
            return node
        index = target.slice
        if isinstance(index, ast.Slice):
            index = _slice(index)
        elif isinstance(index, ast.Tuple):
            parts = [_slice(each) if isinstance(each, ast.Slice) else each for each in index.elts]
            index = ast.Tuple(parts, ast.Load())
        call = ast.Call(ast.Name(HELPER, ast.Load()), [target.value, index, value, ast.Constant(operator)], [])
        return ast.copy_location(ast.Assign([_stored(target.value)], call), node)


def _slice(node: ast.Slice) -> ast.expr:
    parts = [part or ast.Constant(None) for part in (node.lower, node.upper, node.step)]
    return ast.Call(ast.Name("slice", ast.Load()), parts, [])


def _bindable(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))


def _stored(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Name):
        return ast.Name(node.id, ast.Store())
    assert isinstance(node, ast.Attribute)
    return ast.Attribute(node.value, node.attr, ast.Store())


def put(target: Any, index: Any, value: Any, operator: str | None) -> Any:
    """`target[index] = value`, or with an operator: of a tensor a changed copy, of anything else itself."""
    import operator as operators

    if operator is not None:
        names = {"Add": "add", "Sub": "sub", "Mult": "mul", "Div": "truediv", "MatMult": "matmul", "Pow": "pow"}
        value = getattr(operators, names.get(operator, operator.lower()))(target[index], value)
    if isinstance(target, torch.Tensor):
        target = target.clone()
    target[index] = value
    return target


# ----------------------------------------------------------------------------------------------------------- comparing


def compared(drive: Drive, other: Drive, mode: Any, seed: int, births: Any) -> dict[str, Any]:
    """Outputs and gradients of the same step, as it is and with `mode`: the largest relative differences.

    `raises` says what the first of the two raised, `also` what the second did.
    """
    plain = _outcome(drive, None, seed, None)
    copied = _outcome(other, mode, seed, births)
    if isinstance(copied, Failure):
        return {"raises": str(plain) if isinstance(plain, Failure) else "", "also": str(copied), "count": mode.count}
    if isinstance(plain, Failure):
        return {"raises": str(plain), "also": "", "count": mode.count}
    outputs = max(map(_gap, plain[0], copied[0]), default=0.0)
    gradients = max((_gap(a, copied[1].get(name)) for name, a in plain[1].items()), default=0.0)
    return {
        "raises": "",
        "also": "",
        "count": mode.count,
        "output": number(outputs),
        "gradient": number(gradients),
    }


def _outcome(drive: Drive, mode: Instead | None, seed: int, births: Any) -> Any:
    try:
        with births or contextlib.nullcontext():
            model = drive.model(seed)
        if mode is not None:
            for each in model.modules():
                each.register_forward_pre_hook(lambda module, args: mode.enter(module))
                each.register_forward_hook(lambda module, args, output: mode.leave())
        with mode or contextlib.nullcontext():
            step = driving.run(drive, model, seed)
        output = [each.detach().clone() for each in losses.floating(step.output)]
        driving.backward(step)
    except Failure as failure:
        return failure
    return output, layers.grads(model)


def _gap(left: Tensor | None, right: Tensor | None) -> float:
    if left is None or right is None:
        return 0.0 if left is None and right is None else 1.0
    if left.shape != right.shape:
        return float("inf")
    if not left.numel():
        return 0.0
    size = float(left.double().abs().max())
    return float((left.double() - right.double()).abs().max()) / (size or 1.0)
