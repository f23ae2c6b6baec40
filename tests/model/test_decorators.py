"""Decorators of the project around a method that another module calls."""

from __future__ import annotations

import pytest

from actlint.model.coverage import coverage
from actlint.testing.lint import LINTER
from actlint.testing.run import Project
from tests.model.programs import PREAMBLE, file_view

DECORATORS = """
import functools
from functools import partial, wraps

def same(function):
    function.marked = True
    return function

def made(text=None):
    def decorator(function):
        return documented(function, text)
    return decorator

def documented(function, text=None):
    function.__doc__ = text
    return function

def either(function=None, *, times=1):
    if function is None:
        return partial(either, times=times)
    return same(function)

def optional_same(function=None, *, text=None):
    def decorate(function):
        return documented(function, text)
    if function:
        return decorate(function)
    return decorate

def wrapped(function):
    @wraps(function)
    def wrapper(self, *args, **kwargs):
        kwargs.pop("return_dict", None)
        output = function(self, *args, **kwargs)
        if not self.training and isinstance(output, tuple):
            output = output[0]
        return output
    return wrapper

def optional(function=None, *, flag=True):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)
        return wrapper
    return decorate(function) if function is not None else decorate

def switched(name):
    if FAST:
        return fast_kernel(name)
    return lambda function: function

try:
    from elsewhere import optional_kernel
except ImportError:
    def optional_kernel(function):
        return function

def changed(function):
    def wrapper(self, x):
        return function(self, x.detach())
    return wrapper

def replaced(function):
    return lambda self, x: x

def computed(function):
    return REGISTRY[function.__name__]
"""


def code(decorator: str) -> str:
    """A module whose layer has a decorated forward."""
    return f"""{DECORATORS}
class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    @{decorator}
    def forward(self, x):
        return self.fc(x)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Inner()

    def forward(self, x):
        return torch.relu(self.inner(x))
"""


@pytest.mark.parametrize("decorator", ["same", "made('text')", "either", "either(times=2)", "optional_same"])
def test_a_function_that_is_given_back_is_followed(decorator: str) -> None:
    net = file_view(PREAMBLE + code(decorator)).classes()[-1]
    assert coverage(net).causes == ()
    trace = net.method("forward")
    assert trace is not None
    assert not any(event.where.condition for event in trace.events)


@pytest.mark.parametrize(
    "decorator", ["wrapped", "optional", "optional(flag=False)", "switched('add')", "optional_kernel"]
)
def test_a_wrapper_that_hands_on_is_followed_on_one_path(decorator: str) -> None:
    net = file_view(PREAMBLE + code(decorator)).classes()[-1]
    assert coverage(net).causes == ()


@pytest.mark.parametrize("decorator", ["changed", "replaced", "computed", "unknown.decorator"])
def test_what_a_decorator_puts_in_is_not_known(decorator: str) -> None:
    net = file_view(PREAMBLE + code(decorator)).classes()[-1]
    assert coverage(net).causes == ("decorated function: forward",)


def test_nothing_is_claimed_of_what_a_wrapper_may_change() -> None:
    bug = """
class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    @{decorator}
    def forward(self, x):
        return torch.sigmoid(self.fc(x))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Inner()

    def forward(self, x):
        y = self.inner(x)
        y.add_(1)
        return y
"""

    def codes(decorator: str) -> list[str]:
        text = PREAMBLE + DECORATORS + bug.replace("{decorator}", decorator)
        report = LINTER.lint(Project({"main.py": text}, None, ('select = ["ACT202"]',)))["main.py"]
        return [each.code for each in report.diagnostics]

    assert codes("same") == ["ACT202"]
    assert codes("wrapped") == []
