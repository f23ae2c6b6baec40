"""Shape rules against torch: arguments and sizes are drawn, torch runs them on tensors without memory.

What a rule says of known sizes must be exactly what comes out; where sizes are hidden from it (not known, a name, or
the number of dimensions too), it may say less, but nothing else. Where torch refuses a call, a rule must not be proof
of a shape that someone relies on: it may say anything.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from actlint import torchapi  # noqa: E402
from actlint.torchapi import Op, shapes  # noqa: E402
from actlint.torchapi.shapes import ANY, Dim, Each, Given, Shape, Sum  # noqa: E402

from .draws import FAMILIES, Drawn  # noqa: E402
from .samples import UNCALLED, arguments, environment  # noqa: E402
from .test_autograd import cases, resolve  # noqa: E402

Seen = Callable[[Any], object]
"""How a tensor's shape is shown to a rule."""

DRAWS = 40


def exactly(tensor: Any) -> Shape:
    return Shape(tuple(tensor.shape))


def hidden(r: Random, names: dict[str, int]) -> Seen:
    """Some sizes are names, some unknown, and at times the first dimensions are not known at all."""

    def show(tensor: Any) -> Shape:
        dims: list[Dim] = []
        for size in tensor.shape:
            match r.randrange(4):
                case 0:
                    name = f"n{len(names)}"
                    names[name] = size
                    dims.append(shapes.name(name))
                case 1:
                    dims.append(None)
                case _:
                    dims.append(size)
        cut = r.randint(1, len(dims)) if dims and r.random() < 0.25 else 0
        return Shape(tuple(dims[cut:]), cut > 0)

    return show


def plain(value: Any, seen: Seen) -> object:
    """A value as a rule gets it."""
    if isinstance(value, torch.Tensor):
        return seen(value)
    if isinstance(value, (list, tuple)):
        return tuple(plain(item, seen) for item in value)
    return value if isinstance(value, (int, float, str, bool, type(None))) else shapes.UNKNOWN


def bound(op: Op, args: tuple[Any, ...], keywords: dict[str, Any], seen: Seen) -> dict[str, object]:
    """Arguments by parameter name."""
    found: dict[str, object] = {}
    queue = [plain(value, seen) for value in args]
    if op.qualname.startswith("torch.Tensor."):
        found["input"] = queue.pop(0)
    for param in op.params:
        if param.kind in ("positional", "either") and queue:
            found[param.name] = queue.pop(0)
        elif param.kind == "vararg":
            found[param.name], queue = tuple(queue), []
    return {**found, **{key: plain(value, seen) for key, value in keywords.items()}}


def operation(drawn: Drawn) -> Op:
    if drawn.inputs is not None:
        op = torchapi.layer(drawn.qualname)
    elif drawn.qualname.startswith("torch.Tensor."):
        op = torchapi.method(drawn.qualname[13:])
    else:
        op = torchapi.function(drawn.qualname)
    assert op is not None, drawn.qualname
    return op


def given(op: Op, drawn: Drawn, seen: Seen) -> Given:
    if drawn.inputs is None:
        return Given(bound(op, drawn.args, drawn.keywords, seen), op.tensors[0] if op.tensors else "input")
    values = {p.name: p.default for p in op.params if isinstance(p.default, (int, float, str, bool, type(None)))}
    values = {**values, **bound(op, drawn.args, drawn.keywords, seen)}
    values.update(zip(op.tensors, (plain(value, seen) for value in drawn.inputs), strict=False))
    return Given(values, op.tensors[0])


def run(drawn: Drawn) -> Any:
    """What torch gives; None where it refuses."""
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            if drawn.inputs is None:
                return resolve(drawn.qualname)(*drawn.args, **drawn.keywords)
            layer = resolve(drawn.qualname)(*drawn.args, **drawn.keywords, **_device(drawn))
            return layer(*drawn.inputs)
    except (RuntimeError, IndexError, ValueError, AssertionError, NotImplementedError, TypeError):
        return None


def _device(drawn: Drawn) -> dict[str, Any]:
    op = operation(drawn)
    return {"device": "meta"} if any(param.name == "device" for param in op.params) else {}


def differs(found: object, real: Any, names: dict[str, int]) -> str:
    """Where a rule contradicts torch: "" if nowhere."""
    if found is None:
        return "the rule says that torch refuses"
    if isinstance(found, Each):
        return "".join(differs(found.shape, item, names) for item in real) if isinstance(real, (tuple, list)) else "one"
    if isinstance(found, tuple):
        if not isinstance(real, (tuple, list)) or len(real) != len(found):
            return f"{len(found)} results"
        pairs = zip(found, real, strict=True)
        return "".join(differs(one, other, names) for one, other in pairs if isinstance(other, torch.Tensor))
    assert isinstance(found, Shape)
    if not isinstance(real, torch.Tensor):
        return "" if found == ANY else "several results"
    sizes = tuple(real.shape)
    if len(found.dims) > len(sizes) or (not found.more and len(found.dims) != len(sizes)):
        return f"{found} is {sizes}"
    tail = sizes[len(sizes) - len(found.dims) :]
    fits = all(_fits(dim, size, names) for dim, size in zip(found.dims, tail, strict=True))
    return "" if fits else f"{found} is {sizes} with {names}"


def _fits(dim: Dim, size: int, names: dict[str, int]) -> bool:
    if isinstance(dim, Sum):
        total = 0
        for factors, coefficient in dim.terms:
            for name in factors:
                if name not in names:
                    return True  # a quotient has a name of its own
                coefficient *= names[name]
            total += coefficient
        return total == size
    return dim is None or dim == size


def known(found: object) -> bool:
    """Whether a rule left nothing open."""
    if isinstance(found, tuple):
        return all(known(item) for item in found)
    return isinstance(found, Shape) and not found.more and all(isinstance(dim, int) for dim in found.dims)


@pytest.mark.parametrize("family", FAMILIES)
def test_known_sizes_give_what_torch_gives(family: str) -> None:
    r = Random(family)
    ran = 0
    for _ in range(DRAWS):
        drawn = FAMILIES[family](r)
        real = run(drawn)
        if real is None:
            continue
        ran += 1
        op = operation(drawn)
        rule = shapes.rule(op)
        assert rule is not None, drawn.qualname
        g = given(op, drawn, exactly)
        found = rule(g)
        assert not differs(found, real, {}), f"{drawn}: {differs(found, real, {})}"
        assert known(found), f"{drawn}: {found}"
        unmet = [d for d in g.demands if d.found is not None and d.found != d.wanted]
        assert not unmet, f"{drawn}: {unmet}"
    assert ran > DRAWS // 3


@pytest.mark.parametrize("family", FAMILIES)
def test_hidden_sizes_are_never_contradicted(family: str) -> None:
    r = Random(f"hidden {family}")
    for _ in range(DRAWS):
        drawn = FAMILIES[family](r)
        real = run(drawn)
        if real is None:
            continue
        op = operation(drawn)
        names: dict[str, int] = {}
        rule = shapes.rule(op)
        assert rule is not None
        g = given(op, drawn, hidden(r, names))
        g.batched = batched(drawn)
        found = rule(g)
        if found is None and drawn.keywords.get("batch_first") and not g.batched:
            continue  # torch takes a single sample there, but nobody who says where the batch is gives one
        assert not differs(found, real, names), f"{drawn} as {g.values}: {differs(found, real, names)}"


def batched(drawn: Drawn) -> bool:
    """Whether a spatial or recurrent operation is given a batch: of a tensor of unknown rank a rule is told so."""
    spatial = re.search(r"(\d)d$", drawn.qualname)
    first = (drawn.args if drawn.inputs is None else drawn.inputs)[0]
    if "batch_first" in drawn.keywords:
        return bool(first.dim() == 3)
    return spatial is None or first.dim() == int(spatial[1]) + 2


def test_refused_calls_are_seen_through_their_demands() -> None:
    """Layers with weights: wherever torch refuses a size, the rule demands another one."""
    r = Random(3)
    refused = 0
    for _ in range(300):
        wanted, got = r.randint(1, 4), r.randint(1, 4)
        spatial = r.randint(1, 3)
        lead = (r.randint(1, 3),)
        drawn = r.choice(
            (
                Drawn("torch.nn.Linear", (wanted, 2), {}, (torch.empty(*lead, got, device="meta"),)),
                Drawn(
                    f"torch.nn.Conv{spatial}d",
                    (wanted, 2, 1),
                    {},
                    (torch.empty(2, got, *(5,) * spatial, device="meta"),),
                ),
                Drawn("torch.nn.LayerNorm", (wanted,), {}, (torch.empty(*lead, got, device="meta"),)),
                Drawn(
                    f"torch.nn.BatchNorm{spatial}d",
                    (wanted,),
                    {},
                    (torch.empty(2, got, *(5,) * spatial, device="meta"),),
                ),
                Drawn("torch.nn.GRU", (wanted, 2), {}, (torch.empty(5, 3, got, device="meta"),)),
                Drawn("torch.nn.GroupNorm", (1, wanted), {}, (torch.empty(2, got, 3, device="meta"),)),
            )
        )
        op = operation(drawn)
        rule = shapes.rule(op)
        assert rule is not None
        g = given(op, drawn, exactly)
        rule(g)
        unmet = any(isinstance(d.found, int) and d.found != d.wanted for d in g.demands)
        assert unmet == (wanted != got)
        if wanted != got and not drawn.qualname.startswith("torch.nn.BatchNorm"):  # without memory it is not checked
            assert run(drawn) is None, drawn
        refused += unmet
    assert refused > 50


def test_every_sample_has_the_shape_that_its_rule_says() -> None:
    """The operations that work element by element, and all others that the samples call."""
    left_out = set(UNCALLED.split())
    checked = 0
    with torch.no_grad():
        for case in cases():
            rule = shapes.rule(case.op)
            name = case.op.qualname.rpartition(".")[2]
            if rule is None or name in left_out:
                continue
            args, keywords = arguments(case.text, environment(case.text))
            seen = given(case.op, Drawn(case.op.qualname, tuple(args), keywords), exactly)
            try:
                real = case.call(*args, **keywords)
            except (RuntimeError, TypeError):
                continue
            found = rule(seen)
            assert not differs(found, real, {}), f"{case.op.qualname}({case.text}): {differs(found, real, {})}"
            checked += 1
    assert checked > 500
