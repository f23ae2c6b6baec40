"""Lightning's modules and Ignite's process functions, with the real packages where they are installed.

They are no dependencies of the tests: `pip install lightning pytorch-ignite` beside torch runs these.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from actlint.observation import ObservationFunction, ObservationLoss, Observed
from actlint.probe.probing import How
from tests.probe.probing import claimed, probed

LIGHTNING = """import lightning as L
import torch
import torch.nn.functional as F
from torch import nn


class Net(L.LightningModule):
    def __init__(self, hidden=16, classes=3, rate=0.01):
        super().__init__()
        self.save_hyperparameters()
        self.first = nn.Linear(8, hidden)
        self.second = nn.Linear(hidden, classes)
        self.spare = nn.Linear(2, 2)  # ACT406 spare

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))  # ACT701

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("loss", loss, prog_bar=True)
        return {"loss": loss}

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=self.hparams.rate)
        return {"optimizer": optimizer, "lr_scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1)}
"""

IGNITE = """import torch
import torch.nn.functional as F
from ignite.engine import Engine, Events
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(8, 3)

    def forward(self, x):
        return self.lin(x)


model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
kept = []


def process(engine, batch):
    model.train()
    optimizer.zero_grad()
    x, y = batch
    loss = F.cross_entropy(model(x), y)  # ACT701
    loss.backward()
    optimizer.step()
    return loss.item() / engine.state.epoch


trainer = Engine(process)


@trainer.on(Events.EPOCH_COMPLETED)
def tell(engine):
    kept.append(engine.state.output)


def main(data):
    trainer.run(data, max_epochs=1)
"""


def seen(text: str, how: How) -> tuple[dict[str, str], Observed]:
    """Verdicts by code, and the run of `Net`."""
    patient = replace(how, seconds=120.0)  # their imports take long
    found = probed(text, claimed(text), only="Net", how=patient, losses=("torch.nn.CrossEntropyLoss",))
    assert not found.notices
    (run,) = found.runs
    return {each.code: each.verdict.status for each in found.diagnostics if each.verdict is not None}, run


def test_a_lightning_module_is_trained_by_its_own_step(how: How) -> None:
    pytest.importorskip("lightning", reason="lightning is not installed")
    verdicts, run = seen(LIGHTNING, how)
    loss = run.first(ObservationLoss)
    assert loss is not None and loss.name == "training_step"
    assert verdicts == {"ACT406": "confirmed", "ACT701": "refuted"}


def test_a_process_function_of_ignite_is_called(how: How) -> None:
    pytest.importorskip("ignite", reason="pytorch-ignite is not installed")
    verdicts, run = seen(IGNITE, how)
    assert verdicts == {"ACT701": "refuted"}
    called = run.first(ObservationFunction)
    assert called is not None and called.called and (called.trained, called.parameters) == (2, 2)
