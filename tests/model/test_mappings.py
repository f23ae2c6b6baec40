"""Objects that are dicts, or are asked like one, against what Python makes of the same code."""

from __future__ import annotations

import pytest

from actlint.model.coverage import coverage
from tests.model.programs import PREAMBLE, file_view, forward, layers

KINDS = """
from collections import OrderedDict, UserDict
from collections.abc import MutableMapping
from dataclasses import dataclass, fields

class Made(OrderedDict):
    def __getitem__(self, key):
        content = super().__getitem__(key)
        cls, options = content if isinstance(content, tuple) else (content, {})
        return cls(**options)

class Named(UserDict):
    def of(self, key):
        return self.data[key]()

class Table(MutableMapping):
    shared = {"relu": F.relu}

    def __init__(self):
        self.own = {}

    def __getitem__(self, key):
        return self.own[key] if key in self.own else self.shared[key]

    def __setitem__(self, key, value):
        self.own.update({key: value})

    def __delitem__(self, key):
        del self.own[key]

    def __iter__(self):
        return iter({**self.shared, **self.own})

    def __len__(self):
        return len({**self.shared, **self.own})

    def find(self, key, default):
        return super().get(key, default)

class Entries(OrderedDict):
    def __post_init__(self):
        for field in fields(self):
            value = self.__dict__.get(field.name)
            if value is not None:
                self[field.name] = value

    def __getitem__(self, key):
        if isinstance(key, str):
            return dict(self.items())[key]
        return self.to_tuple()[key]

    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        super().__setattr__(key, value)

    def to_tuple(self):
        return tuple(self[key] for key in self.keys())

@dataclass
class Output(Entries):
    last: torch.Tensor = None
    more: torch.Tensor = None

LAYERS = {f"act{index}": nn.Hardswish for index in range(20)}
MADE = Made({"relu": nn.ReLU, "leaky": (nn.LeakyReLU, {"negative_slope": 0.2})})
MANY = Made({"gelu": nn.GELU, "tanh": nn.Tanh, "elu": nn.ELU, "selu": nn.SELU, "celu": nn.CELU, "mish": nn.Mish,
             "silu": nn.SiLU, "relu": nn.ReLU, "sigmoid": nn.Sigmoid, "softplus": nn.Softplus})
NAMED = Named({"tanh": nn.Tanh})
TABLE = Table()
"""


def net(init: str, body: str) -> str:
    """A module with this constructor and this `forward`."""
    return f"""
class Net(nn.Module):
    def __init__(self, name="relu"):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        {init}

    def forward(self, x):
        x = self.fc(x)
        {body}
"""


@pytest.mark.parametrize(
    ("init", "layer"),
    [
        ("self.act = MADE['relu']", "ReLU"),
        ("self.act = MADE['leaky']", "LeakyReLU"),
        ("self.act = NAMED.of('tanh')", "Tanh"),
        ("self.act = Made(relu=nn.ReLU)['relu']", "ReLU"),
        ("self.act = Made([('relu', nn.ReLU)])['relu']", "ReLU"),
        ("table = Made()\n        table['elu'] = nn.ELU\n        self.act = table['elu']", "ELU"),
        ("self.act = MADE.get('leaky')[0]()", "LeakyReLU"),
        ("self.act = nn.ELU() if 'elu' in MADE else nn.SELU()", "SELU"),
        ("self.act = nn.ELU() if len(MADE) == 2 else nn.SELU()", "ELU"),
        ("self.act = [MADE[key] for key in MADE][1]", "LeakyReLU"),
    ],
)
def test_an_entry_is_what_python_gives(init: str, layer: str) -> None:
    import torch
    from torch import nn

    code = KINDS + net(init, "return self.act(x)")
    assert layers(forward(PREAMBLE + code)) == ["Linear", layer]
    names: dict[str, object] = {"torch": torch, "nn": nn, "F": torch.nn.functional}
    exec(code, names)
    model = names["Net"]()  # type: ignore[operator]
    assert type(model.act).__name__ == layer
    model(torch.ones(2, 4))


@pytest.mark.parametrize(
    ("init", "body"),
    [
        ("self.act = MANY[name]", "return self.act(x)"),
        ("self.act = MANY[name] if isinstance(name, str) else name", "return self.act(x)"),
        ("self.name = name", "return TABLE.find(self.name, torch.tanh)(x)"),
        ("self.name = name", "return TABLE.get('relu')(x)"),
        ("", "return Output(last=x)[0]"),
        ("", "return Output(last=x)['last']"),
        ("", "return Output(last=x, more=x if self.training else None)[0]"),
        ("", "return Output(last=x).last.relu()"),
    ],
)
def test_what_is_looked_up_is_seen(init: str, body: str) -> None:
    (cls,) = (each for each in file_view(PREAMBLE + KINDS + net(init, body)).classes() if each.name == "Net")
    assert coverage(cls).causes == ()


@pytest.mark.parametrize(
    "filled",
    [
        "class Table(UserDict):\n    def __init__(self):\n        self.data = {'elu': nn.ELU}",
        "class Table(dict):\n    def __init__(self):\n        dict.__init__(self, elu=nn.ELU)",
        "class Table(dict):\n    def __init__(self):\n        dict.update(self, elu=nn.ELU)",
        "class Table(dict):\n    def __init__(self):\n        self.data = 1\n        self['elu'] = nn.ELU",
        "class Table:\n    kept = {}\n    def __init__(self):\n        type(self).kept['elu'] = nn.ELU\n"
        "    def __contains__(self, key):\n        return key in self.kept",
    ],
)
def test_what_was_put_in_another_way_may_be_there(filled: str) -> None:
    """No path is dropped for an entry that is there."""
    code = f"{KINDS}\n{filled}\n\nTABLE = Table()\n" + net(
        "self.act = nn.ELU() if 'elu' in TABLE else None", "return self.act(x)"
    )
    names: dict[str, object] = {}
    exec(PREAMBLE + code, names)
    assert type(names["Net"]().act).__name__ == "ELU"  # type: ignore[operator]
    assert layers(forward(PREAMBLE + code)) == ["Linear", "ELU"]


def test_a_registry_that_other_files_fill_is_not_empty() -> None:
    """`build` raises for what is not registered, but nothing says that this is so."""
    registry = (
        "class Registry:\n    def __init__(self):\n        self.known = {}\n\n"
        "    def register(self, cls):\n        self.known[cls.__name__] = cls\n        return cls\n\n"
        "    def build(self, name):\n        cls = self.known.get(name)\n        if cls is None:\n"
        "            raise KeyError(name)\n        return cls()\n\n\nPARTS = Registry()\n"
    )
    main = PREAMBLE + "from registry import PARTS\n" + net("self.part = PARTS.build('Part')", "return x.relu()")
    (cls,) = file_view(main, {"registry.py": registry}).classes()
    assert cls.constructor.complete
    trace = forward(main, {"registry.py": registry})
    assert layers(trace) == ["Linear"]
    assert coverage(cls).causes == ()


def test_what_a_file_adds_to_is_not_complete() -> None:
    code = KINDS + "MADE['more'] = nn.ELU\n" + net("self.act = MADE['absent']", "return self.act(x)")
    (cls,) = (each for each in file_view(PREAMBLE + code).classes() if each.name == "Net")
    assert coverage(cls).causes == ("entry of a dict",)
