"""What Ignite calls by itself: models and functions that are handed to its engines. Read from pytorch-ignite 0.5.5.

The signatures of these have kept their first parameters since 0.4.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Role: TypeAlias = Literal["trained model", "evaluated model", "loss", "process function", "stepped module"]
"""A model is called with an input, the loss with (prediction, target), a process function with (engine, batch); of a
stepped module, the training step with (batch, index).
"""

_TRAINING: Final[tuple[tuple[str, int, Role], ...]] = (("model", 0, "trained model"), ("loss_fn", 2, "loss"))
_EVALUATION: Final[tuple[tuple[str, int, Role], ...]] = (("model", 0, "evaluated model"),)

ENTRY_POINTS: Final[dict[str, tuple[tuple[str, int, Role], ...]]] = {
    "ignite.engine.Engine": (("process_function", 0, "process function"),),
    "ignite.engine.engine.Engine": (("process_function", 0, "process function"),),
    "ignite.engine.create_supervised_trainer": _TRAINING,
    "ignite.engine.create_supervised_evaluator": _EVALUATION,
    "ignite.engine.supervised_training_step": _TRAINING,
    "ignite.engine.supervised_training_step_amp": _TRAINING,
    "ignite.engine.supervised_training_step_apex": _TRAINING,
    "ignite.engine.supervised_training_step_tpu": _TRAINING,
    "ignite.engine.supervised_evaluation_step": _EVALUATION,
    "ignite.engine.supervised_evaluation_step_amp": _EVALUATION,
}
"""(parameter, position, role) of the arguments that are called later, by qualified name."""
