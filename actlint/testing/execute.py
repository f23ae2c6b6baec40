"""Running the programs of a page, in this process, and comparing what two of them computed.

Nothing here imports torch: a program that needs it imports it. Each program gets the files of its case in a fresh
directory, and runs there as `python main.py` would run it.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import runpy
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULT = "result"
_TOLERANCE = {1: 0.0, 2: 1e-2, 4: 1e-5, 8: 1e-9}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program did: the names that it left, or the exception that ended it."""

    names: Mapping[str, object]
    error: BaseException | None

    @property
    def error_text(self) -> str:
        """The exception as the last line of a traceback would show it; empty without one."""
        return "" if self.error is None else f"{type(self.error).__name__}: {self.error}"


def execute(files: Mapping[str, str], main: str) -> Outcome:
    """Run the file `main` of a project as a script. What it prints and warns of is dropped."""
    with tempfile.TemporaryDirectory(prefix="actlint-page-") as directory:
        for name, text in files.items():
            path = Path(directory, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        with _importable(Path(directory)), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return Outcome(runpy.run_path(str(Path(directory, main)), run_name="__main__"), None)
            except (Exception, SystemExit) as error:
                return Outcome({}, error)


@contextlib.contextmanager
def _importable(directory: Path) -> Iterator[None]:
    """Make the modules in `directory` importable, before all others of the same name, and forget them afterwards."""
    own = {path.stem if path.is_file() else path.name for path in directory.iterdir()}
    hidden = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in own}
    for name in hidden:
        del sys.modules[name]
    sys.path.insert(0, str(directory))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(directory))
        for name in [name for name in sys.modules if name.partition(".")[0] in own]:
            del sys.modules[name]
        sys.modules.update(hidden)


def difference(left: Any, right: Any, where: str = RESULT) -> str | None:
    """The first difference between two results, or None.

    Tensors are compared in shape, dtype, requires-grad, values (to rounding) and gradient; modules in their state dict
    and in the gradients of their parameters; containers item by item; everything else with `==`.
    """
    if hasattr(left, "named_parameters") and hasattr(right, "named_parameters"):
        state = difference(dict(left.state_dict()), dict(right.state_dict()), f"{where}.state_dict()")
        return state or difference(dict(left.named_parameters()), dict(right.named_parameters()), f"{where}.parameters")
    if hasattr(left, "allclose") and hasattr(right, "allclose"):
        return _tensor_difference(left, right, where)
    if type(left) is not type(right):
        return f"{where} is of type {type(left).__name__} and then {type(right).__name__}"
    if isinstance(left, Mapping):
        if list(left) != list(right):
            return f"{where} has the keys {list(left)} and then {list(right)}"
        pairs = [(f"{where}[{key!r}]", left[key], right[key]) for key in left]
    elif isinstance(left, (list, tuple)):
        if len(left) != len(right):
            return f"{where} has {len(left)} items and then {len(right)}"
        pairs = [(f"{where}[{index}]", *pair) for index, pair in enumerate(zip(left, right, strict=True))]
    else:
        return None if left == right else f"{where} is {left!r} and then {right!r}"
    return next((found for place, a, b in pairs if (found := difference(a, b, place))), None)


def _tensor_difference(left: Any, right: Any, where: str) -> str | None:
    for name in ("shape", "dtype", "requires_grad", "is_leaf"):
        a, b = getattr(left, name), getattr(right, name)
        if a != b:
            return f"{where}.{name} is {a} and then {b}"
    tolerance = _TOLERANCE.get(left.dtype.itemsize, 1e-9) if left.is_floating_point() or left.is_complex() else 0.0
    if not left.detach().allclose(right.detach(), rtol=tolerance, atol=tolerance, equal_nan=True):
        return f"{where} is {left.tolist()} and then {right.tolist()}"
    if not left.is_leaf or (left.grad is None and right.grad is None):
        return None
    if left.grad is None or right.grad is None:
        return f"{where}.grad is {left.grad} and then {right.grad}"
    return _tensor_difference(left.grad, right.grad, f"{where}.grad")
