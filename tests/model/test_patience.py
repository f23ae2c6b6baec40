"""Calls in a constructor that take long: left where they make nothing, followed where they make a layer."""

from __future__ import annotations

import pytest

from actlint.model.events import Escape, Store
from actlint.model.values import Module
from tests.model.programs import PREAMBLE, file_view, forward, layers

CHECKS = "\n".join(f"        self.checks[{index}] = name + str(options.get('{index}'))" for index in range(200))
CODE = f"""
class Checks:
    def __init__(self, name, options):
        self.checks = {{}}
        if not options.get("check"):
            raise ValueError(name)
{CHECKS}

class Net(nn.Module):
    def __init__(self, name, options):
        super().__init__()
        self.before = nn.Linear(4, 4)
        BODY
        self.after = nn.ReLU()

    def check(self, name, options):
        self.name = name
        checks = Checks(name, options)
        LAST
        return checks

    def forward(self, x):
        return self.after(self.before(x))
"""


@pytest.mark.parametrize(
    ("body", "last", "left"),
    [
        ("self.check(name, options)", "pass", True),
        ("self.checks = Checks(name, options)", "pass", True),
        # a layer that is made before the steps are used up
        ("self.fill(name, options)", "pass", False),
        # a module that is made, whatever its constructor begins with
        ("self.inner = self.build(name, options)", "pass", True),
    ],
)
def test_only_what_makes_no_layer_is_left(body: str, last: str, left: bool) -> None:
    fill = (
        "    def fill(self, name, options):\n        self.inner = nn.Tanh()\n        Checks(name, options)\n"
        "        self.other = nn.Sigmoid()\n"
    )
    build = "    def build(self, name, options):\n        return Inner(name, options)\n"
    inner = (
        "class Inner(nn.Module):\n    def __init__(self, name, options):\n        super().__init__()\n"
        "        Checks(name, options)\n        self.act = nn.Tanh()\n"
    )
    text = PREAMBLE + CODE.replace("BODY", body).replace("LAST", last) + fill + build + inner
    assert layers(forward(text)) == ["Linear", "ReLU"]
    net = next(each for each in file_view(text).classes() if each.name == "Net")
    assert net.constructor.complete
    reasons = [event.reason for event in net.constructor.events if isinstance(event, Escape)]
    assert ("a call that takes long" in reasons) == left
    if "inner" in body:
        trace = net.constructor
        made = [event.value for event in trace.events if isinstance(event, Store) and event.name == "act"]
        assert len(made) == 1 and isinstance(made[0], Module)


def test_what_the_call_had_done_by_then_is_taken_back() -> None:
    """Nothing is left of a call that was not seen to its end: not what it stored, nor that it would have raised."""
    text = PREAMBLE + CODE.replace("BODY", "self.check(name, options)").replace("LAST", "raise ValueError(name)")
    net = next(each for each in file_view(text).classes() if each.name == "Net")
    assert net.constructor.complete
    assert layers(forward(text)) == ["Linear", "ReLU"]
    stored = {event.name for event in net.constructor.events if hasattr(event, "name")}
    assert "checks" not in stored and {"before", "after"} <= stored


def test_the_constructor_of_a_mixin_is_not_left() -> None:
    """It is what calls `nn.Module.__init__`."""
    text = (
        PREAMBLE
        + CODE.replace("BODY", "pass").replace("class Net(nn.Module)", "class Net(Mixin, nn.Module)")
        + (
            "class Mixin:\n    def __init__(self, name, options):\n        Checks(name, options)\n"
            "        self.options = options\n        super().__init__()\n"
        )
    )
    text = text.replace(
        "super().__init__()\n        self.before", "super().__init__(name, options)\n        self.before"
    )
    net = next(each for each in file_view(text).classes() if each.name == "Net")
    stores = [event for event in net.constructor.events if isinstance(event, Store) and event.name == "before"]
    assert [event.ready for event in stores] == [True]
