"""Make `tables/module_attributes.py` and `tables/attributes.py`: what instances of Module and of each layer have.

An instance of each class of `torch.nn` that derives from Module is made, with every option that adds something to it
(biases, affine parameters, running statistics), and `dir` of it listed, together with what the text of its class and of
those that it derives from assigns to `self`: `DataParallel` gets some of its attributes only where there is a GPU.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import warnings

from torch import nn
from torchapi_common import main, mapping, module, words

SCRIPT = "torchapi_attributes.py"

ARGUMENTS: dict[str, tuple[object, ...]] = {
    "AdaptiveLogSoftmaxWithLoss": (4, 6, [2]),
    "Bilinear": (2, 2, 2),
    "ChannelShuffle": (2,),
    "DataParallel": (nn.Linear(2, 2),),
    "Embedding": (4, 2),
    "EmbeddingBag": (4, 2),
    "Fold": (4, 2),
    "GroupNorm": (2, 4),
    "LinearCrossEntropyLoss": (2, 2),
    "LPPool1d": (2, 2),
    "LPPool2d": (2, 2),
    "LPPool3d": (2, 2),
    "MultiheadAttention": (4, 2),
    "RNNBase": ("LSTM", 2, 2),
    "RNNCellBase": (2, 2, True, 4),
    "Threshold": (0.0, 0.0),
    "Transformer": (4, 2, 1, 1, 4),
    "TransformerDecoder": (nn.TransformerDecoderLayer(4, 2), 1),
    "TransformerDecoderLayer": (4, 2),
    "TransformerEncoder": (nn.TransformerEncoderLayer(4, 2), 1),
    "TransformerEncoderLayer": (4, 2),
    "Unflatten": (1, (2, 2)),
}
"""Constructor arguments where "2 for every parameter without default" does not do."""

OPTIONS: dict[str, dict[str, object]] = {
    "FractionalMaxPool2d": {"output_size": 2},
    "FractionalMaxPool3d": {"output_size": 2},
    "InstanceNorm1d": {"affine": True, "track_running_stats": True},
    "InstanceNorm2d": {"affine": True, "track_running_stats": True},
    "InstanceNorm3d": {"affine": True, "track_running_stats": True},
    "LinearCrossEntropyLoss": {"bias": True},
    "LSTM": {"num_layers": 8, "bidirectional": True, "proj_size": 1},
    "GRU": {"num_layers": 8, "bidirectional": True},
    "RNN": {"num_layers": 8, "bidirectional": True},
    "RNNBase": {"num_layers": 8, "bidirectional": True},
    "MultiheadAttention": {"add_bias_kv": True},
}
"""Options that make more attributes."""


_DUNDERS = (
    "__annotations__ __call__ __class__ __constants__ __delattr__ __dict__ __dir__ __doc__ __eq__ __format__ "
    "__ge__ __getattr__ __getattribute__ __getstate__ __gt__ __hash__ __init__ __init_subclass__ __le__ __lt__ "
    "__module__ __ne__ __new__ __reduce__ __reduce_ex__ __repr__ __setattr__ __setstate__ __sizeof__ __str__ "
    "__subclasshook__ __weakref__"
)

DUNDERS = frozenset(_DUNDERS.split())
"""The special names that count. Others come and go with the version of Python, not of torch."""


def instance(name: str) -> nn.Module:
    cls = getattr(nn, name)
    if name in ARGUMENTS:
        arguments = ARGUMENTS[name]
    else:
        required = inspect.signature(cls.__init__).parameters.values()
        plain = inspect.Parameter.POSITIONAL_OR_KEYWORD
        arguments = tuple(2 for p in list(required)[1:] if p.default is p.empty and p.kind is plain)
        if name in {"LSTM", "GRU", "RNN"}:
            arguments = (2, 2)
    made = cls(*arguments, **OPTIONS.get(name, {}))
    assert isinstance(made, nn.Module)
    return made


def named(thing: nn.Module) -> set[str]:
    special = {"__getitem__", "__len__", "__iter__", "__contains__", "__setitem__", "__delitem__"}
    return {n for n in dir(thing) if not n.startswith("__") or n in DUNDERS | special}


def assigned(cls: type) -> set[str]:
    """The attributes of `self` that the text of a class assigns."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    stores = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store))
    return {node.attr for node in stores if isinstance(node.value, ast.Name) and node.value.id == "self"}


def attributes(name: str) -> set[str]:
    """What an instance has; of a lazy layer also what the layer has that it becomes."""
    made = instance(name)
    own = named(made)
    for cls in type(made).__mro__[: type(made).__mro__.index(nn.Module)]:
        own |= assigned(cls)
    later = getattr(type(made), "cls_to_become", None)
    if later is not None:
        own |= attributes(later.__name__)
    return own


def tables() -> dict[str, str]:
    warnings.simplefilter("ignore")
    every = named(nn.Module()) | DUNDERS - {"__constants__"}
    own: dict[str, str] = {}
    for name in dir(nn):
        cls = getattr(nn, name)
        if inspect.isclass(cls) and issubclass(cls, nn.Module) and cls is not nn.Module:
            own[f"torch.nn.{name}"] = " ".join(sorted(attributes(name) - every))
    text = words("_NAMES", " ".join(sorted(every)))
    return {
        "attributes.py": module(
            SCRIPT, "Attributes that instances of layers have beyond those of every Module.", mapping("ATTRIBUTES", own)
        ),
        "module_attributes.py": module(
            SCRIPT,
            "Attributes that every instance of Module has.",
            f"{text}\nMODULE_ATTRIBUTES: Final = frozenset(_NAMES.split())\n",
        ),
    }


if __name__ == "__main__":
    raise SystemExit(main(SCRIPT, tables()))
