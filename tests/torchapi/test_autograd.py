"""What the tables say of saving, aliasing and in-place forms, seen to happen by running all operations that can be run.

An operation that saves a tensor for backward refuses to run backward once that tensor has been written to. So each
sample is run, one of its tensors is written to behind autograd's back (its own values, so that nothing else changes),
and backward either raises or does not.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from actlint import torchapi  # noqa: E402
from actlint.torchapi import Op  # noqa: E402
from actlint.torchapi.tables.signatures import FUNCTIONS, METHODS  # noqa: E402

from .samples import UNCALLED, arguments, environment, sample, tensors  # noqa: E402

NOT_COMPUTING = frozenset({"query", "control", "creation", "random", "quantization", "sparse", "init"})

DEPENDS = (
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d bilinear chain_matmul ctc_loss fft gumbel_softmax "
    "ifft ihfft ihfft2 ihfftn index_put index_put_ kl_div matmul matrix_norm matrix_power max median min multi_dot "
    "nanmedian norm_except_dim pca_lowrank poisson_nll_loss pow pow_ rfft rfft2 rfftn scaled_dot_product_attention "
    "stft svd_lowrank tensordot torch.linalg.norm"
)
"""Operations whose savings depend on other arguments, or on the kernel that is picked: the tables do not claim all."""


@dataclass(frozen=True)
class Case:
    """An operation and the sample that calls it."""

    op: Op
    call: Callable[..., Any]
    text: str


def cases() -> Iterator[Case]:
    left_out = set(UNCALLED.split())
    for qualname in [*FUNCTIONS, *(f"torch.Tensor.{name}" for name in METHODS)]:
        owner, _, name = qualname.rpartition(".")
        is_method = owner == "torch.Tensor"
        op = torchapi.method(name) if is_method else torchapi.function(qualname)
        assert op is not None
        if op.kind in NOT_COMPUTING or op.result == "none" or name in left_out:
            continue
        needed = sum(p.default is torchapi.REQUIRED and p.kind != "kwarg" for p in op.params) + is_method
        text = sample(qualname, needed)
        if text is not None:
            yield Case(op, resolve(qualname), text)


def resolve(qualname: str) -> Callable[..., Any]:
    found: Any = torch
    for part in qualname.split(".")[1:]:
        found = getattr(found, part)
    return found  # type: ignore[no-any-return]


CASES = list(cases())
OUT_OF_PLACE = [case for case in CASES if case.op.inplace != "always"]
IN_PLACE = [case for case in CASES if case.op.inplace == "always"]


def identify(case: Case) -> str:
    return case.op.qualname.removeprefix("torch.")


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def touch(tensor: torch.Tensor) -> None:
    """Write its own values to a tensor, so that nothing changes but its version."""
    alias = tensor.detach()
    alias.copy_(alias.clone())


def bound(case: Case, names: dict[str, object]) -> tuple[list[object], dict[str, object], dict[str, object]]:
    """Positional arguments, keywords, and all of them by the name of the parameter."""
    positional, keywords = arguments(case.text, names)
    receiver = case.op.qualname.startswith("torch.Tensor.")
    params = [*(["input"] if receiver else []), *(p.name for p in case.op.params)]
    variadic = [p.name for p in case.op.params if p.kind == "vararg"]
    by_name = dict(keywords)
    for index, value in enumerate(positional):
        name = params[index] if index < len(params) else ""
        if name in variadic or not name:
            by_name.setdefault(variadic[0] if variadic else "", value)
        else:
            by_name[name] = value
    return positional, keywords, by_name


def refuses(case: Case, touched: str, frozen: frozenset[str] = frozenset(), *, transposed: bool = False) -> bool | None:
    """Whether backward refuses after the named tensor ("->": the result) was written to; None without a graph."""
    positional, keywords, by_name = bound(case, environment(case.text, frozen, transposed=transposed))
    result = case.call(*positional, **keywords)
    results = [t for t in tensors(result) if t.requires_grad]
    if not results:
        return None
    if touched:
        targets = tensors(result)[:1] if touched == "->" else tensors(by_name[touched])[:1]
        touch(targets[0])
    try:
        torch.autograd.backward(results, [torch.ones_like(t) for t in results])
    except RuntimeError as error:
        if "modified by an inplace operation" in str(error):
            return True
        raise
    return False


def variable(case: Case, parameter: str) -> str | None:
    """The variable of the sample that is passed for a parameter, None if it is no plain variable."""
    names = environment(case.text)
    value = bound(case, names)[2].get(parameter)
    return next((name for name, candidate in names.items() if candidate is value), None)


def backward_works(case: Case) -> bool:
    try:
        return refuses(case, "") is False
    except (RuntimeError, NotImplementedError):
        return False


def test_most_operations_are_called() -> None:
    assert len(CASES) >= 900


def depends(op: Op) -> bool:
    return not {op.qualname, op.qualname.rpartition(".")[2]}.isdisjoint(DEPENDS.split())


@pytest.mark.parametrize("case", OUT_OF_PLACE, ids=identify)
def test_operation(case: Case) -> None:
    """Aliasing, and whether the result is saved, each tensor with its guard, and those that are not contiguous."""
    op = case.op
    positional, keywords, by_name = bound(case, environment(case.text))
    result = case.call(*positional, **keywords)
    check_alias(op, tensors(positional), tensors(list(keywords.values())), tensors(result))
    if not any(t.requires_grad for t in tensors(result)):
        assert not op.saves_output
        assert not op.differentiable or op.kind in {"cast", "detach"}
        return
    if not backward_works(case):
        return
    assert op.differentiable
    if op.alias == "fresh":
        assert refuses(case, "->") == op.saves_output or depends(op)
        check_saved(case, by_name)
        if op.saves:
            check_copies(case, by_name)


def check_alias(op: Op, given: list[torch.Tensor], named: list[torch.Tensor], results: list[torch.Tensor]) -> None:
    if not given or not results:
        return
    storages = {t.untyped_storage().data_ptr() for t in given + named}
    shares = [t.untyped_storage().data_ptr() in storages for t in results]
    match op.alias:
        case "fresh":
            assert not any(shares)
        case "view" | "multiview" | "expand":
            assert all(shares)
            assert results[0] is not given[0]
        case "same":
            assert results[0] is given[0]
        case "maybe":
            pass
        case "none":
            raise AssertionError("there is a result")


def guarded_off(by_name: dict[str, object], guard: str) -> bool:
    """Whether the guard keeps a tensor from being saved: what it names requires no grad (or is no tensor)."""
    return bool(guard) and not any(t.requires_grad for t in tensors(by_name.get(guard)))


def check_saved(case: Case, by_name: dict[str, object]) -> None:
    op = case.op
    claims = dict(op.saves)
    for name in op.tensors[1 if op.inplace == "always" else 0 :]:
        if not tensors(by_name.get(name)):
            continue
        saved = refuses(case, name)
        if name not in claims:
            assert not saved or depends(op), f"{name} is saved"
            continue
        guard = claims[name]
        assert saved != guarded_off(by_name, guard), f"{name} is saved: {saved}"
        other = variable(case, guard) if guard else None
        if other is not None:
            assert not refuses(case, name, frozenset({other})), f"{name} is saved although {guard} requires no grad"


def check_copies(case: Case, by_name: dict[str, object]) -> None:
    refused = [
        refuses(case, name, transposed=True)
        for name, guard in case.op.saves
        if tensors(by_name.get(name)) and not guarded_off(by_name, guard)
    ]
    assert all(refused) != case.op.copies


def test_multiviews_refuse_writes() -> None:
    """What is called a multiview raises when it is written to, and a plain view of several does not."""
    for case in OUT_OF_PLACE:
        if case.op.alias not in {"view", "multiview"} or case.op.result != "tensors":
            continue
        positional, keywords, _ = bound(case, environment(case.text))
        view = tensors(case.call(*positional, **keywords))[0]
        if case.op.alias == "multiview":
            with pytest.raises(RuntimeError, match="returns multiple views"):
                view.add_(1)
        else:
            view.add_(1)


@pytest.mark.parametrize("case", IN_PLACE, ids=identify)
def test_in_place(case: Case) -> None:
    """The in-place form returns what it wrote to, keeps what the table says, and the operands that it says."""
    op = case.op
    positional, keywords, by_name = bound(case, environment(case.text))
    first = tensors(positional[0])[0]
    version = first._version
    kept: list[torch.Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t):
        result = case.call(*positional, **keywords)
    assert result is positional[0]
    assert first._version > version
    if not backward_works(case):
        return
    assert op.saves_output == (op.inplace_saves == "output")
    assert refuses(case, op.tensors[0]) == op.saves_output or depends(op)
    if op.inplace_saves == "clone" and tensors(by_name.get("other", by_name.get("weight", first))):
        given = {t.untyped_storage().data_ptr() for value in by_name.values() for t in tensors(value)}
        assert any(t.untyped_storage().data_ptr() not in given and t.shape == first.shape for t in kept)
    check_saved(case, by_name)


WITH_OUT = [case for case in OUT_OF_PLACE if torchapi.refuses_out(case.op)]
REDUCED = {"torch.sum": 1, "torch.prod": 1, "torch.median": 1, "torch.nanmedian": 1}
"""The dimension without which these take no `out`."""


@pytest.mark.parametrize("case", WITH_OUT, ids=identify)
def test_out_is_refused(case: Case) -> None:
    """Where an argument requires grad, what is said to refuse `out` does, and does not without gradients."""
    positional, keywords, _ = bound(case, environment(case.text))
    if case.op.qualname in REDUCED:
        keywords["dim"] = REDUCED[case.op.qualname]
    with torch.no_grad():
        result = case.call(*positional, **keywords)
        into = torch.empty_like(result) if isinstance(result, torch.Tensor) else tuple(map(torch.empty_like, result))
        case.call(*positional, **keywords, out=into)
    with pytest.raises(RuntimeError, match="don't support automatic differentiation"):
        case.call(*positional, **keywords, out=into)


def test_all_that_is_said_to_refuse_out_was_tried() -> None:
    said = {op.qualname for name in FUNCTIONS if (op := torchapi.function(name)) and torchapi.refuses_out(op)}
    assert said == {case.op.qualname for case in WITH_OUT}
