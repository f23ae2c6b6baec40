"""What the evaluator knows of Python and of torch beside layers and operations."""

from __future__ import annotations

import pytest
import torch

from actlint.facts import Site
from actlint.model import calls
from actlint.model.machine import Machine
from actlint.model.slices import causes
from actlint.model.values import Constant, Function, Value
from actlint.torchapi.quantization import LAYERS, METHODS
from tests.model.programs import PREAMBLE, file_view, forward, operations

TOP = """import dataclasses
import functools
import itertools
import math
import types
from collections import namedtuple
from torch.utils._pytree import tree_flatten, tree_unflatten
from torchvision.transforms import functional as V

Pair = namedtuple("Pair", "first second")
Triple = namedtuple("Triple", ["a", "b", "c"])


@dataclasses.dataclass
class Config:
    act: type = nn.ReLU
    norm: type = nn.BatchNorm2d


class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return torch.mul(x, 2)

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


class Thrice(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return torch.mul(x, 3)

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass


def named(layer):
    if layer is None:
        return None
    if isinstance(layer, functools.partial):
        return named(layer.func)
    if isinstance(layer, types.FunctionType):
        return layer
    if isinstance(layer, str):
        return {"relu": nn.ReLU, "hardtanh": nn.Hardtanh}[layer.replace("_", "").lower()]
    return {"tanh": nn.Tanh, "config": nn.ELU}[layer.__name__.lower()]


"""


def net(init: str, body: str, params: str = "x") -> str:
    lines = ["class Net(nn.Module):", "    def __init__(self, flag):", "        super().__init__()"]
    lines += [f"        {line}" for line in init.splitlines()]
    lines += ["", f"    def forward(self, {params}):", *(f"        {line}" for line in body.splitlines())]
    return PREAMBLE + TOP + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("init", "body", "expected"),
    [
        ("", "return torch.tanh(V.crop(V.resize(x, 8), 0, 0, 4, 4))", ["resize", "crop", "tanh"]),
        ("", "a, b = Pair(torch.relu(x), 1)\nreturn torch.tanh(a)", ["relu", "tanh"]),
        (
            "",
            "p = Triple(1, c=torch.relu(x), b=2)\nreturn torch.tanh(p.c) + torch.sin(p[2])",
            ["relu", "tanh", "sin", "add"],
        ),
        ("self.act = dataclasses.replace(Config(), act=nn.Tanh).act()", "return self.act(x)", ["Tanh"]),
        ("self.act = named('re_lu')()", "return self.act(x)", ["ReLU"]),
        ("self.act = named(functools.partial(nn.Tanh))()", "return self.act(x)", ["Tanh"]),
        ("self.act = named(Config)()", "return self.act(x)", ["ELU"]),
        ("self.act = (nn.ReLU if any([False, flag, True]) else nn.Tanh)()", "return self.act(x)", ["ReLU"]),
        ("self.act = (nn.ReLU if all([True, 1]) else nn.Tanh)()", "return self.act(x)", ["ReLU"]),
        ("", "if torch.jit.is_scripting():\n    return x\nreturn torch.relu(x)", ["relu"]),
        ("", "return torch.relu(Twice.apply(x))", ["mul", "relu"]),
        ("", "return torch.relu(Thrice.apply(x))", ["mul", "relu"]),
        ("self.n = nn.Sequential(*(nn.ReLU() for _ in itertools.repeat(1, 2)))", "return self.n(x)", ["ReLU"] * 2),
        ("", "return x * math.exp(-1.0) + torch.finfo(x.dtype).max", ["mul", "add"]),
        # to call None raises: the path that goes on has the layer
        ("self.act = None if flag else nn.ReLU()", "return self.act(x)", ["ReLU"]),
        (
            "self.f = torch.nn.quantized.FloatFunctional()",
            "return self.f.add_relu(x, self.f.mul(x, x))",
            ["mul", "add_relu"],
        ),
        ("self.q = torch.ao.quantization.QuantStub()", "return torch.relu(self.q(x))", ["QuantStub", "relu"]),
        ("self.q = torch.quantization.DeQuantStub()", "return torch.relu(self.q(x))", ["DeQuantStub", "relu"]),
    ],
)
def test_known(init: str, body: str, expected: list[str]) -> None:
    trace = forward(net(init, body))
    assert [name.rpartition(".")[2] for name in operations(trace)] == expected
    assert causes(trace) == ()


@pytest.mark.parametrize(
    ("body", "params"),
    [
        ("leaves, spec = tree_flatten(x)\nreturn tree_unflatten([torch.relu(y) for y in leaves], spec)", "*x"),
        ("return {key: torch.relu(value) for key, value in x.items()}", "x"),
        ("return dict([(key, torch.relu(value)) for key, value in zip(x.keys(), y)])", "x, y"),
    ],
)
def test_trees_of_arguments_are_known(body: str, params: str) -> None:
    assert causes(forward(net("", body, params))) == ()


@pytest.mark.parametrize(
    ("init", "body"),
    [
        ("", "return Pair(torch.relu(x)).first"),  # raises
        ("", "return Triple(*x).a"),
        ("self.act = (nn.ReLU if any([flag.a, flag.b]) else flag)()", "return self.act(x) + flag(x)"),
    ],
)
def test_not_known(init: str, body: str) -> None:
    assert causes(forward(net(init, body))) != ()


def test_what_an_autograd_function_gives_is_written_without_complaint() -> None:
    view = file_view(net("", "y = Twice.apply(x)\ny += 1\nreturn y"))
    assert not [event for trace in view.traces() for event in trace.events if getattr(event, "hazards", ())]


def test_what_is_tabulated_of_quantization_is_what_torch_does() -> None:
    functional, x, y = torch.ao.nn.quantized.FloatFunctional(), torch.randn(2, 3), torch.randn(2, 3)
    for name, second in ("add", y), ("mul", y), ("add_scalar", 2.0), ("mul_scalar", 2.0), ("matmul", y.T):
        function = METHODS[name].rpartition(".")[2]
        assert torch.equal(getattr(functional, name)(x, second), getattr(torch, function)(x, second))
    assert torch.equal(functional.cat([x, y], dim=1), torch.cat([x, y], dim=1))
    assert torch.equal(functional.add_relu(x, y), torch.relu(x + y))
    for name in LAYERS:
        assert getattr(torch.ao.quantization, name.rpartition(".")[2])()(x) is x


def test_the_constructor_of_a_dataclass_hides_that_of_its_base() -> None:
    text = (
        "from collections import OrderedDict\nfrom dataclasses import dataclass\n\n\n"
        "class Output(OrderedDict):\n    def __init__(self, *args, **kwargs):\n"
        "        super().__init__(*args, **kwargs)\n"
        "        self.last = None\n\n\n"
        "@dataclass\nclass Last(Output):\n    last: torch.Tensor = None\n\n\n"
        "class Own(Last):\n    def __init__(self, last):\n        self.other = last\n\n\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.fc = nn.Linear(2, 2)\n\n"
        "    def forward(self, x):\n        return {made}\n"
    )
    for made in ("Last(last=self.fc(x))", "Last(self.fc(x)).last", "Own(self.fc(x)).other"):
        assert causes(forward(PREAMBLE + text.replace("{made}", made))) == ()
    assert causes(forward(PREAMBLE + text.replace("{made}", "Own(self.fc(x)).last"))) != ()


def test_a_cached_function_runs_once_for_the_same_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "import functools\nfrom tools import looked\n\n\n"
        "@functools.lru_cache(maxsize=None)\ndef has(name, deep=False):\n"
        "    try:\n        found = looked(name)\n    except ImportError:\n        found = None\n"
        "    return (found, name) if deep else found\n\n\n"
        "class Net(nn.Module):\n    def __init__(self, n):\n        super().__init__()\n"
        "        self.a, self.b, self.c = has('a'), has('a'), has('c')\n"
        "        self.d, self.e, self.f = has(n), has(n), has('a', True)[1]\n\n"
        "    def forward(self, x):\n        return x * 2\n"
    )
    run, ran = calls.run_function, []

    def counted(m: Machine, function: Function, names: dict[str, Value], site: Site | None) -> Value:
        ran.extend([names["name"]] if "name" in names else [])
        return run(m, function, names, site)

    monkeypatch.setattr(calls, "run_function", counted)
    (net,) = file_view(PREAMBLE + text).classes()
    assert net.constructor.complete
    # once for 'a', 'c' and 'a' with True
    assert [value for value in ran if isinstance(value, Constant)] == [Constant("a"), Constant("c"), Constant("a")]
