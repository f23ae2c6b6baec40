"""Which rules there are, and which of them a project runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from actlint.checks.activation_class_misuse import activation_class_misuse
from actlint.checks.activation_on_logits import activation_on_logits
from actlint.checks.bias_before_norm import bias_before_norm
from actlint.checks.channel_mismatch import channel_mismatch
from actlint.checks.consecutive_activations import consecutive_activations
from actlint.checks.deprecated_activation import deprecated_activation
from actlint.checks.deprecated_amp import deprecated_amp
from actlint.checks.deprecated_api import deprecated_api
from actlint.checks.deprecated_argument import deprecated_argument
from actlint.checks.direct_forward_call import direct_forward_call
from actlint.checks.discarded_activation import discarded_activation
from actlint.checks.dropout_always_on import dropout_always_on
from actlint.checks.feature_mismatch import feature_mismatch
from actlint.checks.forward_returns_none import forward_returns_none
from actlint.checks.implicit_softmax_dim import implicit_softmax_dim
from actlint.checks.indivisible_heads import indivisible_heads
from actlint.checks.init_activation_mismatch import init_activation_mismatch
from actlint.checks.inplace_behind_autograd import inplace_behind_autograd
from actlint.checks.inplace_not_supported import inplace_not_supported
from actlint.checks.inplace_on_forward_input import inplace_on_forward_input
from actlint.checks.inplace_on_leaf import inplace_on_leaf
from actlint.checks.inplace_on_saved_input import inplace_on_saved_input
from actlint.checks.inplace_on_saved_output import inplace_on_saved_output
from actlint.checks.inplace_on_shared_memory import inplace_on_shared_memory
from actlint.checks.inplace_overwrites_live_value import inplace_overwrites_live_value
from actlint.checks.legacy_tensor_constructor import legacy_tensor_constructor
from actlint.checks.legacy_variable import legacy_variable
from actlint.checks.lost_parameter import lost_parameter
from actlint.checks.missing_flatten import missing_flatten
from actlint.checks.missing_forward import missing_forward
from actlint.checks.missing_nonlinearity import missing_nonlinearity
from actlint.checks.missing_super_init import missing_super_init
from actlint.checks.module_built_in_forward import module_built_in_forward
from actlint.checks.module_in_tuple import module_in_tuple
from actlint.checks.overwritten_module import overwritten_module
from actlint.checks.private_api import private_api
from actlint.checks.removed_api import removed_api
from actlint.checks.repeated_module_instance import repeated_module_instance
from actlint.checks.requires_grad_typo import requires_grad_typo
from actlint.checks.rnn_dropout_single_layer import rnn_dropout_single_layer
from actlint.checks.softmax_in_hidden_layer import softmax_in_hidden_layer
from actlint.checks.softmax_over_batch import softmax_over_batch
from actlint.checks.undefined_attribute import undefined_attribute
from actlint.checks.unregistered_module import unregistered_module
from actlint.checks.unregistered_tensor import unregistered_tensor
from actlint.checks.unsafe_torch_load import unsafe_torch_load
from actlint.checks.unstable_composition import unstable_composition
from actlint.checks.unused_module import unused_module
from actlint.checks.vanishing_gradient_stack import vanishing_gradient_stack
from actlint.checks.wrong_super_class import wrong_super_class
from actlint.config import Settings
from actlint.errors import ActlintError, UsageError
from actlint.globs import covers, slashed
from actlint.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule("ACT001", "syntax-error", "error", True, None),
    Rule("ACT002", "unused-suppression", "warning", True, None),
    deprecated_activation,
    implicit_softmax_dim,
    deprecated_amp,
    deprecated_api,
    deprecated_argument,
    removed_api,
    private_api,
    unsafe_torch_load,
    legacy_tensor_constructor,
    legacy_variable,
    inplace_on_leaf,
    inplace_on_saved_output,
    inplace_on_saved_input,
    inplace_overwrites_live_value,
    inplace_on_shared_memory,
    inplace_on_forward_input,
    inplace_not_supported,
    inplace_behind_autograd,
    missing_nonlinearity,
    consecutive_activations,
    activation_on_logits,
    discarded_activation,
    activation_class_misuse,
    vanishing_gradient_stack,
    softmax_over_batch,
    softmax_in_hidden_layer,
    dropout_always_on,
    init_activation_mismatch,
    bias_before_norm,
    rnn_dropout_single_layer,
    undefined_attribute,
    module_in_tuple,
    unregistered_module,
    missing_super_init,
    module_built_in_forward,
    unused_module,
    unregistered_tensor,
    forward_returns_none,
    direct_forward_call,
    overwritten_module,
    missing_forward,
    repeated_module_instance,
    lost_parameter,
    wrong_super_class,
    feature_mismatch,
    channel_mismatch,
    missing_flatten,
    indivisible_heads,
    unstable_composition,
    requires_grad_typo,
)
"""The built-in rules, by code."""

MEASURED: tuple[Rule, ...] = (
    Rule("ACT901", "forward-fails", "error", True, None),
    Rule("ACT902", "no-gradient", "warning", True, None),
    Rule("ACT903", "vanishing-gradient", "warning", True, None),
    Rule("ACT904", "exploding-gradient", "warning", True, None),
    Rule("ACT905", "dead-activation", "warning", True, None),
    Rule("ACT906", "non-finite", "warning", True, None),
    Rule("ACT907", "linear-collapse", "warning", True, None),
    Rule("ACT908", "saturated-activation", "warning", True, None),
    Rule("ACT909", "batch-leak", "warning", True, None),
    Rule("ACT910", "input-independent", "warning", True, None),
)
"""What only running a model shows: rules of the probe, without a check."""

RULES += MEASURED

GROUP = "actlint.rules"
"""The entry points of other packages: each names a `Rule`, or a sequence of them."""

_CODE = re.compile(r"[A-Z]+[0-9]*")


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, built in and from entry points, by code.

    Raises ActlintError where an entry point cannot be loaded, is no rule, or takes a code or name that is taken.
    """
    from importlib.metadata import entry_points

    found = list(RULES)
    for entry in entry_points(group=GROUP):
        try:
            loaded = entry.load()
        except Exception as error:  # another package's import can raise anything
            raise ActlintError(f"entry point `{entry.name}` of `{GROUP}` cannot be loaded: {error}") from error
        for rule in [loaded] if isinstance(loaded, Rule) else loaded:
            if not isinstance(rule, Rule):
                raise ActlintError(f"entry point `{entry.name}` of `{GROUP}` gives {rule!r}, which is no rule")
            if taken := [other for other in found if rule.code == other.code or rule.name == other.name]:
                raise ActlintError(f"rule {rule.code} ({rule.name}) of `{entry.name}` clashes with {taken[0].code}")
            found.append(rule)
    return tuple(sorted(found, key=lambda rule: rule.code))


def select(settings: Settings, available: Sequence[Rule] | None = None) -> tuple[Rule, ...]:
    """The rules that settings select, by code.

    Of two selectors that speak of a rule the more precise one wins: its code or name, then the longer prefix, then
    `ALL`; of two equally precise ones, `ignore`. Raises UsageError for a selector that fits no rule.
    """
    available = rules() if available is None else available
    selectors = (settings.select or ()) + settings.extend_select
    on = _precision(selectors, available, "select")
    off = _precision(settings.ignore, available, "ignore")
    for ignores in settings.per_file_ignores:
        _precision(ignores.selectors, available, "per-file-ignores")
    by_default = settings.select is None
    return tuple(
        rule
        for rule in available
        if on.get(rule.code, 0 if by_default and rule.default else -1) > off.get(rule.code, -1)
    )


def reported(settings: Settings, path: str, selected: Iterable[Rule]) -> tuple[Rule, ...]:
    """Those of the selected rules that `per-file-ignores` lets report in the file at `path` (absolute)."""
    path = slashed(path)
    silent: set[str] = set()
    for ignores in settings.per_file_ignores:
        if covers((ignores.glob,), path) != ignores.negated:
            silent.update(_precision(ignores.selectors, rules(), "per-file-ignores"))
    return tuple(rule for rule in selected if rule.code not in silent)


def _precision(selectors: Iterable[str], available: Sequence[Rule], origin: str) -> Mapping[str, int]:
    """How precisely the selectors speak of each rule (by code) that they speak of."""
    found: dict[str, int] = {}
    for selector in selectors:
        fitting = [rule for rule in available if _fits(selector, rule)]
        if not fitting:
            raise UsageError(f"{origin}: unknown rule `{selector}`{_hint(selector, available)}")
        for rule in fitting:
            exact = selector in (rule.code, rule.name)
            precision = 1 if selector == "ALL" else 1_000 if exact else 1 + len(selector)
            found[rule.code] = max(found.get(rule.code, 0), precision)
    return found


def _fits(selector: str, rule: Rule) -> bool:
    if selector in ("ALL", rule.code, rule.name):
        return True
    return bool(_CODE.fullmatch(selector)) and rule.code.startswith(selector)


def _hint(selector: str, available: Sequence[Rule]) -> str:
    from difflib import get_close_matches

    names = [name for rule in available for name in (rule.code, rule.name)]
    if selector.upper() in names or selector.lower() in names:
        near = [selector.upper() if selector.upper() in names else selector.lower()]
    else:
        near = get_close_matches(selector, names, n=1)
    return f"; did you mean `{near[0]}`?" if near else "; `actlint rule --all` lists the rules"
