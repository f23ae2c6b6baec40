"""What counts as covered, and what does not."""

from __future__ import annotations

import pytest

from actlint.model.coverage import BUDGET, counts, coverage, inside
from actlint.model.program import Context
from actlint.model.slices import NO_ARGUMENT, NO_RETURN
from tests.model.programs import PREAMBLE, file_view


def causes(init: str, body: str, params: str = "x") -> tuple[str, ...]:
    """Why `Net` is not covered."""
    lines = ["class Net(nn.Module):", "    def __init__(self, given, n, flag):", "        super().__init__()"]
    lines += [f"        {line}" for line in init.splitlines()]
    lines += ["", f"    def forward(self, {params}):", *(f"        {line}" for line in body.splitlines())]
    (cls,) = file_view(PREAMBLE + "\n".join(lines) + "\n").classes()
    return coverage(cls).causes


LINEAR = "self.fc = nn.Linear(4, 4)"
GIVEN = "call of a parameter: given"
LAYERS = "a Sequential whose layers are not all known"


@pytest.mark.parametrize(
    ("init", "body"),
    [
        (LINEAR, "return torch.relu(self.fc(x))"),
        (LINEAR, "if n:\n    return None\nreturn self.fc(x) * x.size(0)"),
        (LINEAR + "\nself.n = n", "for _ in range(self.n):\n    x = self.fc(x)\nreturn {'out': x, 'other': 1}"),
        (LINEAR, "parts = [self.fc(x), x]\nreturn torch.cat(parts, 1)"),
        ("self.norm = nn.LayerNorm(4) if flag else given()", "return self.norm(x)"),
        # one of a few, whichever it is
        ("self.act = {'relu': nn.ReLU, 'tanh': nn.Tanh}[given.lower()]()", "return self.act(x)"),
        ("", "return x"),
    ],
)
def test_covered(init: str, body: str) -> None:
    assert causes(init, body, "x, n=None") == ()


@pytest.mark.parametrize(
    ("init", "body", "expected"),
    [
        ("self.given = given", "return self.given(x)", (GIVEN,)),
        ("self.given = given", "return torch.relu(self.given(x))", (GIVEN,)),
        # every tensor that goes into an operation counts
        ("self.given = given", "return x + self.given(x)", (GIVEN,)),
        ("self.given = given", "return torch.cat([x, self.given(x)])", (GIVEN,)),
        ("self.w = nn.Parameter(torch.zeros(3))", "return self.w", (NO_ARGUMENT,)),
        # a loop that never runs, or a container without layers, is not the model
        ("self.given = given\nself.n = n", "for _ in range(self.n):\n    x = self.given(x)\nreturn x", (GIVEN,)),
        ("self.net = nn.Sequential(*[given() for _ in range(n)])", "return self.net(x)", (LAYERS,)),
        ("", "raise ValueError(x)", (NO_RETURN,)),
        ("", "x = torch.relu(torch.relu(x))\n" * 3000 + "return x", (BUDGET,)),
    ],
)
def test_not_covered(init: str, body: str, expected: tuple[str, ...]) -> None:
    assert causes(init, body) == expected


def test_one_of_several_results_is_enough() -> None:
    assert causes("self.given = given", "return x * 2, self.given(x)") == ()


def test_one_call_of_the_class_is_enough() -> None:
    text = PREAMBLE + (
        "class Net(nn.Module):\n    def __init__(self, act):\n        super().__init__()\n        self.act = act()\n\n"
        "    def forward(self, x):\n        return self.act(x)\n"
    )
    for call, expected in ("Net(nn.ReLU)", ()), ("Net(unknown)", ("call of a parameter: act",)):
        view = file_view(f"{text}\n\nnet = {call}\n")
        (cls,) = view.classes()
        assert coverage(cls).causes == ("call of a parameter: act",)
        assert coverage(cls, view.traces()).causes == expected


def test_what_the_run_of_another_module_calls_is_covered_if_that_call_is() -> None:
    text = PREAMBLE + (
        "class Part(nn.Module):\n    def __init__(self, act):\n        super().__init__()\n        self.act = act()\n\n"
        "    def forward(self, x):\n        return self.act(x)\n\n\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.part = Part(ACT)\n\n"
        "    def forward(self, x, y):\n        return self.part(x), y(x)\n"
    )
    for act, expected in ("nn.ReLU", {"Part"}), ("unknown", set()):
        view = file_view(text.replace("ACT", act))
        names = {cls.cls: cls.name for cls in view.classes()}
        general = [trace for cls in view.classes() for trace in cls.traces]
        assert {names[cls] for cls in inside(Context(view.program), general)} == expected


def test_which_classes_count() -> None:
    """Those with a forward of their own: not abstract ones, not functions; those with unknown bases do."""
    text = PREAMBLE + (
        "from elsewhere import Base\n\n\nclass A(Base):\n    def forward(self, x):\n        return x\n\n\n"
        "class B(nn.Module):\n    def forward(self, x):\n        raise NotImplementedError\n\n\n"
        "class C(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n        return x\n\n\n"
        "class D:\n    def forward(self, x):\n        return x\n\n\nclass E(A):\n    pass\n\n\n"
        "class G(nn.ReLU):\n    def forward(self, x):\n        return x\n"
    )
    view = file_view(text)
    assert [cls.name for cls in view.classes() if counts(Context(view.program), cls)] == ["A", "G"]
