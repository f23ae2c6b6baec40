"""Deprecated names and arguments of torch, since when, what replaces them, and what moves when they are replaced.

Versions were read from the sources of releases 1.10 to 2.4 and of torch 2.13, whose warnings the tests compare. No row
has `torch.cuda.amp.amp_definitely_not_available`: nothing replaces it and nothing warns. What is imported from the
submodules (`torch.cuda.amp.autocast_mode.autocast`) has its row under the canonical name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from actlint.torchapi.names import canonical


@dataclass(frozen=True, slots=True)
class Deprecation:
    """One deprecated symbol (or the leaving out of one argument of it).

    `rule`: the code that reports it. `since`, `silent_since`: the first versions that deprecate it, and that no longer
    warn. `warning`: the category and text that torch 2.13 warns with, ("", "") if it is silent. `replacement`: the name
    to use, there since `replacement_since`; "" where the same name stays and `argument` must be given.

    `device`: the value of the replacement's parameter `device_parameter`, which is new; it comes first unless
    `device_keyword`. `positional`: the old parameters that can be given by position, in order; where `reordered` they
    must be given by keyword then. `defaults`: the defaults that the replacement does not have, as source text: a call
    that leaves these out means them only if they are added, or where nothing around it sets others.
    """

    qualname: str
    rule: str
    kind: Literal["function", "class", "argument"]
    since: str
    warning: tuple[str, str] = ("", "")
    replacement: str = ""
    replacement_since: str = ""
    silent_since: str = ""
    argument: str = ""
    device: str = ""
    device_parameter: str = ""
    device_keyword: bool = False
    positional: tuple[str, ...] = ()
    reordered: bool = False
    defaults: tuple[tuple[str, str], ...] = ()
    note: str = ""


def _softmax(qualname: str, kind: str, *positional: str) -> Deprecation:
    return Deprecation(
        qualname,
        "ACT102",
        "argument",
        "0.3.0",
        (
            "UserWarning",
            f"Implicit dimension choice for {kind} has been deprecated. "
            "Change the call to include dim=X as an argument.",
        ),
        argument="dim",
        positional=positional,
        note="the dimension is then 0 for inputs of 0, 1 or 3 dimensions, else 1",
    )


def _autocast(device: str, dtype: str) -> Deprecation:
    return Deprecation(
        f"torch.{device}.amp.autocast",
        "ACT103",
        "class",
        "2.4",
        (
            "FutureWarning",
            f"`torch.{device}.amp.autocast(args...)` is deprecated. "
            f"Please use `torch.amp.autocast('{device}', args...)` instead.",
        ),
        "torch.amp.autocast",
        "1.12",
        device=device,
        device_parameter="device_type",
        positional=("enabled", "dtype", "cache_enabled"),
        reordered=True,
        defaults=(("dtype", dtype), ("cache_enabled", "True")),
        note=(
            "`torch.amp.autocast` takes `dtype` before `enabled`; without `dtype` and `cache_enabled` it takes those "
            "of an enclosing autocast; `torch.autocast` is the same class, since 1.10"
        ),
    )


def _scaler(device: str) -> Deprecation:
    return Deprecation(
        f"torch.{device}.amp.GradScaler",
        "ACT103",
        "class",
        "2.4",
        (
            "FutureWarning",
            f"`torch.{device}.amp.GradScaler(args...)` is deprecated. "
            f"Please use `torch.amp.GradScaler('{device}', args...)` instead.",
        ),
        "torch.amp.GradScaler",
        "2.3",
        device=device,
        device_parameter="device",
        positional=("init_scale", "growth_factor", "backoff_factor", "growth_interval", "enabled"),
    )


def _decorator(name: str, *positional: str) -> Deprecation:
    return Deprecation(
        f"torch.cuda.amp.{name}",
        "ACT103",
        "function",
        "2.4",
        (
            "FutureWarning",
            f"`torch.cuda.amp.{name}(args...)` is deprecated. "
            f"Please use `torch.amp.{name}(args..., device_type='cuda')` instead.",
        ),
        f"torch.amp.{name}",
        "2.4",
        device="cuda",
        device_parameter="device_type",
        device_keyword=True,
        positional=positional,
        note=f"as a bare decorator it becomes a call: `@torch.amp.{name}(device_type='cuda')`",
    )


_ROWS: Final = (
    Deprecation(
        "torch.nn.functional.sigmoid",
        "ACT101",
        "function",
        "0.4.1",
        replacement="torch.sigmoid",
        replacement_since="0.4.0",
        silent_since="2.0",
        positional=("input",),
    ),
    Deprecation(
        "torch.nn.functional.tanh",
        "ACT101",
        "function",
        "0.4.1",
        replacement="torch.tanh",
        replacement_since="0.4.0",
        silent_since="2.0",
        positional=("input",),
    ),
    _softmax("torch.nn.functional.softmax", "softmax", "input", "dim"),
    _softmax("torch.nn.functional.log_softmax", "log_softmax", "input", "dim"),
    _softmax("torch.nn.functional.softmin", "softmin", "input", "dim"),
    _softmax("torch.nn.Softmax", "softmax", "dim"),
    _softmax("torch.nn.LogSoftmax", "log_softmax", "dim"),
    _softmax("torch.nn.Softmin", "softmin", "dim"),
    _autocast("cuda", "torch.float16"),
    _autocast("cpu", "torch.bfloat16"),
    _scaler("cuda"),
    _scaler("cpu"),
    _decorator("custom_fwd", "fwd"),
    _decorator("custom_bwd", "bwd"),
)

DEPRECATED: Final[dict[str, Deprecation]] = {row.qualname: row for row in _ROWS}
"""All rows by canonical name."""


def deprecation(qualname: str) -> Deprecation | None:
    """The row of this name in any spelling, None if it is not deprecated."""
    return DEPRECATED.get(canonical(qualname))
