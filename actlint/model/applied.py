"""Functions that go over all modules below one: `net.apply(function)`, loops over `net.modules()`.

Most of them initialise with `torch.nn.init` or through `.data`, where following them would cost more than it tells.
Those that may write to a parameter themselves, where that raises, are run on one module of each class.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from actlint.facts import Attribute, AugAssign, Call, Node, Site
from actlint.model import calls, gradients
from actlint.model.args import Args
from actlint.model.machine import Machine
from actlint.model.show import dotted
from actlint.model.state import ModuleObject
from actlint.model.values import Class, External, Function, Method, Module, Partial, Value
from actlint.model.walk import walk

_MOST: Final = 16
_NO_WRITE: Final = frozenset({"requires_grad_", "share_memory_", "retain_grad_"})


def apply(m: Machine, module: Module, args: Args, site: Site) -> None:
    """`module.apply(function)`: what the function does to a module of each class."""
    function = args.get(0, "fn")
    code = _code(function)
    if function is None or code is None or not may_write(code):
        return
    for each in _of_each_class(m, module):
        calls.call(m, function, Args([each]), site)


def _code(function: Value | None) -> tuple[Node, ...] | None:
    match function:
        case Function(code=code) | Method(function=Function(code=code)) | Partial(function=Function(code=code)):
            return (code,)
        case _:
            return None


def may_write(code: Iterable[Node]) -> bool:
    """Whether code has a write in place to an attribute, or to an item of one, other than through `.data`."""
    for node in walk(code):
        match node:
            case Call(func=Attribute(attr=name, value=target)):
                written = name.endswith("_") and not name.startswith("_") and name not in _NO_WRITE
            case AugAssign(target=target):
                written = True
            case _:
                continue
        words = (dotted(target) or "").split(".") if written else ()
        if written and "data" not in words and "init" not in words:
            return True
    return False


def _of_each_class(m: Machine, module: Module) -> list[Module]:
    """One module of each class among those below a module, and itself as the last."""
    found: dict[External | Class, Module] = {}
    for each in gradients.below(m, module):
        layer = m.state.heap[each.ref]
        if isinstance(layer, ModuleObject) and each != module and len(found) < _MOST:
            found.setdefault(layer.cls, each)
    return [*found.values(), module]
