"""A copy of a new model stands for another instance only where nothing shows the difference."""

from __future__ import annotations

import functools
import weakref
from typing import Any

import pytest
import torch
from torch import nn

from actlint.probe.worker import copies
from actlint.probe.worker.instances import built, fresh

made = 0


class Base(nn.Module):
    def __init__(self) -> None:
        global made
        made += 1
        super().__init__()
        self.first, self.last = nn.Linear(4, 4), nn.Linear(4, 4)
        self.seen: list[Any] = []
        self.prepare()

    def prepare(self) -> None:
        """What makes this one special."""

    def note(self, *args: Any) -> None:
        self.seen.append(args)

    def forward(self, x: Any) -> Any:
        return torch.dropout(self.last(torch.relu(self.first(x))), 0.5, self.training)


class Method(Base):
    def prepare(self) -> None:
        self.first.register_forward_hook(self.note)


class Partial(Base):
    def prepare(self) -> None:
        self.act = functools.partial(torch.relu)
        self.first.register_forward_hook(functools.partial(self.note, 1))


class Tied(Base):
    def prepare(self) -> None:
        self.last.weight = self.first.weight


class Parametrized(Base):
    def prepare(self) -> None:
        nn.utils.parametrizations.spectral_norm(self.first)
        nn.utils.parametrizations.weight_norm(self.last)


class Lazy(Base):
    def prepare(self) -> None:
        self.first = nn.LazyLinear(4)


class Encoder(Base):
    def prepare(self) -> None:
        self.first = nn.TransformerEncoderLayer(4, 2, batch_first=True)  # type: ignore[assignment]


SHARED: dict[str, list[int]] = {"sizes": [1]}


class Cache(Base):
    """What each instance leads to may a copy lead to."""

    def prepare(self) -> None:
        self.first.register_forward_hook(lambda *args, sizes=SHARED: None)
        self.sizes = Same()


class Same:
    """Like a recipe in a package's cache: a copy of it is the thing itself."""

    def __new__(cls) -> Same:
        return vars(cls).get("only") or super().__new__(cls)

    def __deepcopy__(self, memo: object) -> Same:
        return self


Same.only = Same()  # type: ignore[attr-defined]


class Closure(Base):
    def prepare(self) -> None:
        self.first.register_forward_hook(lambda *args: self.note(*args))


class Counter(Base):
    def prepare(self) -> None:
        calls = [0]

        def count(*args: Any) -> None:
            calls[0] += 1

        self.first.register_forward_hook(count)


class Weak(Base):
    def prepare(self) -> None:
        self.parent = weakref.ref(self)


class Cached(Base):
    def prepare(self) -> None:
        self.cached = functools.lru_cache(self.note)


class View(Base):
    """Copied, it would no longer change with the weight."""

    def prepare(self) -> None:
        self.part = self.first.weight.detach()[:2]


class Graph(Base):
    """A tensor that is no leaf cannot be copied."""

    def prepare(self) -> None:
        self.twice = self.first.weight * 2


def values(model: Any, seed: int | None = None) -> list[Any]:
    """Parameters, an output in train mode, and gradients: all that follows from how a model begins."""
    output = model(torch.ones(3, 2, 4) if isinstance(model, Encoder) else torch.ones(3, 4))
    output.sum().backward()
    return [*model.state_dict().values(), output, *(each.grad for each in model.parameters())]


@pytest.mark.parametrize("kind", [Base, Method, Partial, Tied, Parametrized, Lazy, Encoder, Cache])
def test_copies_are_as_new(kind: type) -> None:
    way = built(kind, kind.__name__, (), {}, "defaults")
    expected = values(fresh(way, 3))
    copies.forget()
    first = copies.made(way, 3)
    copies.fresh(way, 3)  # may still find out whether copies will do
    before = made
    for _ in range(3):
        model = copies.fresh(way, 3)
        assert model is not first
        for one, other in zip(values(model), expected, strict=True):
            assert torch.equal(one, other)
        with torch.no_grad():
            for each in model.parameters():
                each.add_(1.0)
        assert not first.seen
    assert made == before, "no constructor ran"
    assert list(fresh(way, 3).state_dict()) == list(model.state_dict())
    if hasattr(model.first, "weight"):
        assert (model.first.weight is model.last.weight) is (kind is Tied)


@pytest.mark.parametrize("kind", [Closure, Counter, Weak, Cached, View, Graph])
def test_what_leads_back_to_the_original_is_made_anew(kind: type) -> None:
    way = built(kind, kind.__name__, (), {}, "defaults")
    copies.forget()
    first = copies.made(way, 0)
    for number in range(1, 3):
        before = made
        model = copies.fresh(way, 0)
        assert made == before + 1, number
        values(model)
        assert not first.seen


def test_another_seed_or_type_is_another_model() -> None:
    way = built(Base, "Base", (), {}, "defaults")
    copies.forget()
    first = copies.made(way, 0)
    assert not torch.equal(copies.fresh(way, 1).first.weight, first.first.weight)
    torch.set_default_dtype(torch.float64)
    try:
        assert copies.fresh(way, 0).first.weight.dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(copies.fresh(way, 0).first.weight, first.first.weight)
