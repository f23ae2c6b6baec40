"""What Lightning's `save_hyperparameters` keeps is what the constructor was given."""

from __future__ import annotations

import pytest

from actlint.model.events import Call
from actlint.model.values import Constant, External, Value
from tests.model.programs import file_view

HEAD = "import torch.nn as nn\nfrom lightning.pytorch import LightningModule\n\n\n"


def linear(text: str) -> dict[str, Value]:
    """The arguments of the one Linear that the script of `text` makes."""
    traces = [trace for trace in file_view(HEAD + text).traces() if trace.owner is None]
    calls = [event for trace in traces for event in trace.events if isinstance(event, Call)]
    return dict(next(event.args for event in calls if event.callee == External("torch.nn.Linear")))


@pytest.mark.parametrize(
    ("saved", "known"),
    [
        ("", True),
        ("'width', 'depth'", True),
        ("['width']", True),
        ("ignore=['depth']", True),
        ("{'width': 3, 'lr': 0.1}", True),
        ("{'lr': 0.1}", False),
        ("'depth'", False),
        ("ignore='width'", False),
        ("settings", False),
        ("*names", False),
    ],
)
def test_arguments_are_kept(saved: str, known: bool) -> None:
    found = linear(f"""
class Net(LightningModule):
    def __init__(self, settings, names, width=3, depth=2):
        super().__init__()
        self.save_hyperparameters({saved})
        self.fc = nn.Linear(4, self.hparams.width)


Net(open("settings").read(), open("names").readlines())
""")
    assert (found["1"] == Constant(3)) is known


def test_outer_constructors_count_too() -> None:
    found = linear("""
class Base(LightningModule):
    def __init__(self, lr=0.1, **more):
        super().__init__()
        self.save_hyperparameters()


class Net(Base):
    def __init__(self, width=3, **rest):
        super().__init__(**rest)
        self.fc = nn.Linear(self.hparams.width, self.hparams.lr)


Net(lr=7)
""")
    assert found == {"0": Constant(3), "1": Constant(7)}
