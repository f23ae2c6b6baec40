"""Names under which torch defines what its tables of deprecated names know by another."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

pytest.importorskip("torch")

from actlint.torchapi.deprecated import DEFINED, deprecations  # noqa: E402


def resolved(name: str) -> Any:
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


@pytest.mark.parametrize("name", DEFINED)
def test_both_names_are_of_one_thing(name: str) -> None:
    assert resolved(name) is resolved(DEFINED[name])
    assert deprecations(DEFINED[name]) == deprecations(name) != ()
