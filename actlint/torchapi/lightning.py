"""What Lightning adds to torch: the attributes of LightningModule, under every name that the class has had.

`pytorch_lightning` (1.x and 2.x) and `lightning` (2.x) are one code base; the table names the releases it is read from.
"""

from __future__ import annotations

from typing import Final

from actlint.torchapi.ignite import Role

_HOMES: Final = (
    "lightning lightning.pytorch lightning.pytorch.core lightning.pytorch.core.module pytorch_lightning "
    "pytorch_lightning.core pytorch_lightning.core.module pytorch_lightning.core.lightning"
)

MODULE_CLASSES: Final = frozenset(f"{home}.LightningModule" for home in _HOMES.split())
"""Qualified names of LightningModule."""

SAVES_HYPERPARAMETERS: Final = "save_hyperparameters"
"""The method that keeps the constructor's arguments, as the attributes of …"""
HYPERPARAMETERS: Final = "hparams"
"""… this one."""

_TRAINER_HOMES: Final = (
    "lightning lightning.pytorch lightning.pytorch.trainer lightning.pytorch.trainer.trainer pytorch_lightning "
    "pytorch_lightning.trainer pytorch_lightning.trainer.trainer"
)

ENTRY_POINTS: Final[dict[str, tuple[tuple[str, int, Role], ...]]] = {
    f"{home}.Trainer.fit": (("model", 0, "stepped module"),) for home in _TRAINER_HOMES.split()
}
"""(parameter, position, role) of the arguments whose methods are called later, as `torchapi.ignite` has them."""


def attributes() -> frozenset[str]:
    """Names that a LightningModule of any release has, beyond those of every Module.

    Those gone since 2.0 count too: which release a project runs is not known here.
    """
    from actlint.torchapi.tables.lightning import CURRENT, GONE

    return frozenset(CURRENT.split()).union(GONE.split())
