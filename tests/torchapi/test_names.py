"""Names, spellings, attributes, signatures and deprecations, compared with the torch that is installed."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
import warnings
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from actlint import torchapi  # noqa: E402
from actlint.torchapi import packages  # noqa: E402
from actlint.torchapi.deprecated import deprecations  # noqa: E402
from actlint.torchapi.deprecation import Deprecation  # noqa: E402
from actlint.torchapi.kinds import KINDS, LOCAL, kind  # noqa: E402
from actlint.torchapi.signature import parse  # noqa: E402
from actlint.torchapi.tables.attributes import ATTRIBUTES  # noqa: E402
from actlint.torchapi.tables.deprecations import ROWS  # noqa: E402
from actlint.torchapi.tables.names import ALIASES, MODULE_CLASSES, MODULES  # noqa: E402
from actlint.torchapi.tables.signatures import FUNCTIONS, METHODS  # noqa: E402

nn = torch.nn


def resolve(qualname: str) -> Any:
    """What the name denotes, as `from owner import name` finds it."""
    if "." not in qualname:
        return importlib.import_module(qualname)
    owner, _, name = qualname.rpartition(".")
    try:
        holder = importlib.import_module(owner)
    except ImportError:
        holder = resolve(owner)
    return getattr(holder, name) if hasattr(holder, name) else importlib.import_module(qualname)


@pytest.fixture(autouse=True)
def quiet() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# ---------------------------------------------------------------------------------------------------------------- names


def test_exists() -> None:
    for name in (
        "torch.nn.Linear",
        "torch.relu",
        "torch.Tensor.view",
        "torch.nn.functional",
        "torch.utils.tensorboard",
    ):
        assert torchapi.exists(name) is True, name
    for name in ("torch.nn.Swish", "torch.nn.functional.swish", "torch.foo", "torch.foo.bar", "torch.linalg.nothing"):
        assert torchapi.exists(name) is False, name
    for name in ("numpy.array", "torch._C", "torch.nn.quantized.Linear", "torch.nn.Linear.anything", "torch.relu.x"):
        assert torchapi.exists(name) is None, name
    assert torchapi.exists("torch.nn.Linear.weight") is True


@pytest.mark.parametrize("module", [m for m in MODULES if m != "torch.Tensor"])
def test_tabulated_names(module: str) -> None:
    """What a module has is known, and what is known it has (or it is a submodule, or another Python's)."""
    found = importlib.import_module(module)
    known = set(MODULES[module].split())
    assert {n for n in vars(found) if not n.startswith("_")} - known <= {"annotations"}
    for name in sorted(known)[:20]:
        assert torchapi.exists(f"{module}.{name}") is True
        assert hasattr(found, name) or torchapi.exists(f"{module}.{name}")


@pytest.mark.parametrize("module", ["torch", "torch.nn", "torch.nn.functional", "torch.nn.init", "torch.optim"])
def test_star(module: str) -> None:
    namespace: dict[str, object] = {}
    exec(f"from {module} import *", namespace)
    bound = set(namespace) - {"__builtins__"}
    known = torchapi.star(module)
    assert known is not None
    assert bound <= known
    assert all(torchapi.exists(f"{module}.{name}") is not False for name in known - bound)
    assert torchapi.star("torchvision.models") is None
    assert torchapi.star("torch.Tensor") is None


def test_spellings_mean_the_same() -> None:
    checked = 0
    for owner, text in ALIASES.items():
        for entry in text.split():
            name = f"{owner}.{entry.partition('=')[0]}"
            best = torchapi.canonical(name)
            assert best != name
            assert torchapi.canonical(best) == best
            assert resolve(name) is resolve(best), name
            checked += 1
    assert checked > 500


@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("torch.nn.modules.linear.Linear", "torch.nn.Linear"),
        ("torch.nn.modules.Linear.forward", "torch.nn.Linear.forward"),
        ("torch.functional.einsum", "torch.einsum"),
        ("torch.conv2d", "torch.nn.functional.conv2d"),
        ("torch.cuda.amp.autocast_mode.autocast", "torch.cuda.amp.autocast"),
        ("torch.optim.adam.Adam", "torch.optim.Adam"),
        ("torch.Tensor", "torch.Tensor"),
        ("torch.relu", "torch.relu"),
        ("timm.layers.Mlp", "timm.layers.Mlp"),
        ("torch.no.such.thing", "torch.no.such.thing"),
    ],
)
def test_canonical(spelling: str, canonical: str) -> None:
    assert torchapi.canonical(spelling) == canonical


def test_module_classes() -> None:
    for name in MODULE_CLASSES.split():
        assert issubclass(resolve(name), nn.Module), name
    for name in ("torch.nn.Module", "torch.nn.modules.rnn.LSTM", "torch.nn.parallel.DistributedDataParallel"):
        assert torchapi.is_module_class(name)
    for name in ("torch.nn.Parameter", "torch.optim.Adam", "torch.relu", "timm.layers.Mlp"):
        assert not torchapi.is_module_class(name)


# ----------------------------------------------------------------------------------------------------------- attributes


def test_module_attributes() -> None:
    """All of `dir(nn.Module())`, but for special names that other versions of Python have or lack."""
    listed = set(dir(nn.Module()))
    assert {n for n in listed if not n.startswith("__")} == {
        n for n in torchapi.MODULE_ATTRIBUTES if not n.startswith("__")
    }
    assert {"__dict__", "__class__", "__call__", "__getattr__", "__doc__"} <= torchapi.MODULE_ATTRIBUTES


def test_class_attributes() -> None:
    for layer, expected in (
        (nn.Linear(2, 3), {"weight", "bias", "in_features", "out_features", "reset_parameters", "training"}),
        (nn.Linear(2, 3, bias=False), {"bias"}),
        (nn.LSTM(2, 3, num_layers=2), {"weight_ih_l1", "flatten_parameters"}),
        (nn.BatchNorm2d(3), {"running_mean", "num_batches_tracked"}),
        (nn.MultiheadAttention(4, 2), {"in_proj_weight", "out_proj"}),
    ):
        known = torchapi.class_attributes(f"torch.nn.{type(layer).__name__}")
        assert known is not None
        assert {n for n in dir(layer) if not n.startswith("__")} | expected <= known
        assert "wieght" not in known
    assert torchapi.class_attributes("torch.nn.Module") == torchapi.MODULE_ATTRIBUTES
    assert torchapi.class_attributes("torch.nn.modules.linear.Linear") == torchapi.class_attributes("torch.nn.Linear")
    assert torchapi.class_attributes("torch.optim.Adam") is None


def test_lazy_layers_have_what_they_become() -> None:
    for name in ATTRIBUTES:
        if ".Lazy" in name:
            later = torchapi.class_attributes(name.replace("Lazy", ""))
            known = torchapi.class_attributes(name)
            assert known is not None and later is not None
            assert later <= known


def test_base_classes() -> None:
    for name in (
        "lightning.LightningModule",
        "lightning.pytorch.LightningModule",
        "pytorch_lightning.LightningModule",
        "pytorch_lightning.core.lightning.LightningModule",
    ):
        known = packages.base_class(name)
        assert known is not None
        assert {"hparams", "save_hyperparameters", "trainer", "log", "training_step", "device", "parameters"} <= known
        assert {"training_epoch_end", "use_amp"} <= known, "names of 1.x"
        assert not {"batch_size", "learning_rate", "layers", "loss"} & known
    assert packages.base_class("torch.nn.modules.module.Module") == torchapi.MODULE_ATTRIBUTES
    assert packages.base_class("lightning.LightningDataModule") is None
    assert packages.base_class("torch.nn.Linear") is None


def test_entry_points() -> None:
    assert packages.entry_points("ignite.engine.Engine") == (("process_function", 0, "process function"),)
    assert ("loss_fn", 2, "loss") in packages.entry_points("ignite.engine.create_supervised_trainer")
    assert packages.entry_points("torch.nn.Linear") == ()


# ----------------------------------------------------------------------------------------------------------- signatures


def test_every_public_name_is_there() -> None:
    for module in ("torch", "torch.nn.functional", "torch.special", "torch.linalg", "torch.fft", "torch.nn.init"):
        owner = resolve(module)
        for name, thing in vars(owner).items():
            foreign = getattr(thing, "__module__", "") in {"typing", "collections.abc"}
            if not name.startswith("_") and callable(thing) and not inspect.isclass(thing) and not foreign:
                assert torchapi.function(f"{module}.{name}") is not None, name
    for name in dir(torch.Tensor):
        if not name.startswith("_") and callable(getattr(torch.Tensor, name, None)):
            assert torchapi.method(name) is not None, name
    assert torchapi.function("torch.nn.functional.swish") is None
    assert torchapi.method("swish") is None


def test_every_operation_has_a_kind() -> None:
    names = [*FUNCTIONS, *(f"torch.Tensor.{name}" for name in METHODS)]
    assert [name for name in names if kind(name) == "other"] == []
    words = [word for text in KINDS.values() for word in text.split()]
    assert len(words) == len(set(words))
    last = {name.rpartition(".")[2].removesuffix("_") for name in names} | {"T", "H", "mT", "mH"}
    assert [word for word in words if word not in last] == []
    assert all(torchapi.function(name) or name.startswith("torch.Tensor.") for name in LOCAL)


def test_python_functions_bind_as_python_does() -> None:
    for name in FUNCTIONS:
        thing = resolve(name)
        op = torchapi.function(name)
        assert op is not None
        if not inspect.isfunction(thing) or any(p.kind in {"vararg", "kwarg"} for p in op.params):
            continue
        declared = list(inspect.signature(thing).parameters.values())
        if any(p.kind is p.VAR_POSITIONAL for p in declared):
            continue
        assert [p.name for p in op.params] == [p.name for p in declared], name


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("torch.add", (("input", "other"), {"alpha"})),
        ("torch.max", (("input", "dim", "keepdim"), {"other", "out"})),
        ("torch.nn.functional.softmax", (("input", "dim", "_stacklevel", "dtype"), set())),
        ("torch.nn.functional.max_pool2d", (("input", "kernel_size", "stride"), set())),
        ("torch.nn.functional.gelu", (("input",), {"approximate"})),
    ],
)
def test_positions(name: str, call: tuple[tuple[str, ...], set[str]]) -> None:
    op = torchapi.function(name)
    assert op is not None
    assert tuple(p.name for p in op.params if p.kind == "either")[: len(call[0])] == call[0]
    assert call[1] <= {p.name for p in op.params if p.kind == "keyword"}


def test_initialisation() -> None:
    """It returns the parameter that it filled, and may fill a leaf that requires grad."""
    op = torchapi.function("torch.nn.init.xavier_uniform_")
    assert op is not None
    assert (op.kind, op.alias, op.inplace, op.tensors, op.saves) == ("init", "same", "", ("tensor",), ())
    weight = nn.Parameter(torch.ones(3, 3))
    assert nn.init.xavier_uniform_(weight) is weight


def test_sizes_are_variadic() -> None:
    for name in ("view", "reshape", "permute", "expand", "repeat", "flip", "new_zeros"):
        op = torchapi.method(name)
        assert op is not None
        assert op.params[0].kind == "vararg", name
    zeros = torchapi.function("torch.zeros")
    assert zeros is not None
    assert zeros.params[0].kind == "vararg"


def test_attributes_of_tensors() -> None:
    for name, alias in (("T", "view"), ("mT", "view"), ("data", "view"), ("shape", "none"), ("device", "none")):
        op = torchapi.attribute(name)
        assert op is not None
        assert op.alias == alias, name
    assert torchapi.attribute("view") is None
    assert torchapi.attribute("layers") is None


def test_signature_language() -> None:
    signature = parse("@a b=1 c=... * @d='x' **rest -> either")
    assert [(p.name, p.kind, p.default) for p in signature.params] == [
        ("a", "either", torchapi.REQUIRED),
        ("b", "either", 1),
        ("c", "either", torchapi.OPAQUE),
        ("d", "keyword", "x"),
        ("rest", "kwarg", torchapi.REQUIRED),
    ]
    assert (signature.tensors, signature.result) == (("a", "d"), "either")
    assert parse("@*xs").params[0].kind == "vararg"


# --------------------------------------------------------------------------------------------------------- deprecations


@pytest.mark.parametrize("row", [row for row in ROWS if row.device], ids=lambda row: row.qualname)
def test_where_the_device_goes(row: Deprecation) -> None:
    """The parameters of the replacements in `torch.amp` are where the row says."""
    old = inspect.signature(resolve(row.qualname))
    new = list(inspect.signature(resolve(row.replacement)).parameters.values())
    first = next(p for p in new if p.name == row.device_parameter)
    assert (first.kind is first.KEYWORD_ONLY) == row.device_keyword
    if not row.device_keyword:
        assert new[0] is first
        assert ([p.name for p in new[1:]][: len(row.parameters)] != list(row.parameters)) == row.reordered
    for parameter, text in row.defaults:
        assert old.parameters[parameter].default == eval(text, {"torch": torch})
    assert all(p in {n.name for n in new} for p in row.parameters)


def test_all_of_amp_is_there() -> None:
    """Everything public in the two packages has a row, but the one function that nothing replaces."""
    left_out = {"torch.cuda.amp.amp_definitely_not_available"}
    for module in ("torch.cuda.amp", "torch.cpu.amp"):
        for name, thing in vars(resolve(module)).items():
            if not name.startswith("_") and not inspect.ismodule(thing):
                assert bool(deprecations(f"{module}.{name}")) == (f"{module}.{name}" not in left_out)
    assert deprecations("torch.cuda.amp.grad_scaler.GradScaler") == deprecations("torch.cuda.amp.GradScaler")


# ---------------------------------------------------------------------------------------------------------------- speed


def test_neither_torch_nor_tables_are_loaded_by_import() -> None:
    """Importing the room loads no torch and none of the large tables; questions load only those that they need."""
    program = """
import sys
from actlint import torchapi
big = {"signatures", "names", "autograd", "attributes", "lightning", "deprecations"}
loaded = {m.rpartition(".")[2] for m in sys.modules if m.startswith("actlint.torchapi.tables.")}
assert not big & loaded, loaded
torchapi.method("relu_")
loaded = {m.rpartition(".")[2] for m in sys.modules if m.startswith("actlint.torchapi.tables.")}
assert big & loaded == {"signatures", "autograd"}, loaded
torchapi.layer("torch.nn.Linear"), torchapi.base_class("lightning.LightningModule")
assert "torch" not in sys.modules and "libcst" not in sys.modules and "inspect" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
