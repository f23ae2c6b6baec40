"""What the tables say of layers, seen to happen by making each and calling it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")
nn = torch.nn

from actlint import torchapi  # noqa: E402
from actlint.torchapi import Op, layers  # noqa: E402

from .samples import environment, tensors  # noqa: E402

CLASSES = sorted(n for n, c in vars(nn).items() if inspect.isclass(c) and issubclass(c, nn.Module) and c.__name__ == n)

CALLS: dict[str, tuple[str, str]] = {
    "AdaptiveAvgPool1d": ("2", "seq"),
    "AdaptiveAvgPool2d": ("2", "img"),
    "AdaptiveAvgPool3d": ("2", "vol"),
    "AdaptiveLogSoftmaxWithLoss": ("4, 6, [2]", "x, labels"),
    "AdaptiveMaxPool1d": ("2", "seq"),
    "AdaptiveMaxPool2d": ("2", "img"),
    "AdaptiveMaxPool3d": ("2", "vol"),
    "AvgPool1d": ("2", "seq"),
    "AvgPool2d": ("2", "img"),
    "AvgPool3d": ("2", "vol"),
    "BCELoss": ("", "x, y.detach()"),
    "BCEWithLogitsLoss": ("", "x, y.detach()"),
    "BatchNorm1d": ("4", "seq"),
    "BatchNorm2d": ("4", "img"),
    "BatchNorm3d": ("4", "vol"),
    "Bilinear": ("4, 4, 5", "x, y"),
    "ChannelShuffle": ("2", "img"),
    "CircularPad1d": ("1", "seq"),
    "CircularPad2d": ("1", "img"),
    "CircularPad3d": ("1", "vol"),
    "ConstantPad1d": ("1, 0.0", "seq"),
    "ConstantPad2d": ("1, 0.0", "img"),
    "ConstantPad3d": ("1, 0.0", "vol"),
    "Conv1d": ("4, 5, 3", "seq"),
    "Conv2d": ("4, 5, 3", "img"),
    "Conv3d": ("4, 5, 2", "vol"),
    "ConvTranspose1d": ("4, 5, 3", "seq"),
    "ConvTranspose2d": ("4, 5, 3", "img"),
    "ConvTranspose3d": ("4, 5, 2", "vol"),
    "CosineEmbeddingLoss": ("", "x, y, signs"),
    "CosineSimilarity": ("", "x, y"),
    "CrossEntropyLoss": ("", "x, labels"),
    "CrossMapLRN2d": ("2", "img"),
    "Dropout1d": ("", "seq"),
    "Dropout2d": ("", "img"),
    "Dropout3d": ("", "vol"),
    "Embedding": ("6, 4", "i"),
    "EmbeddingBag": ("6, 4", "i"),
    "Flatten": ("", "img"),
    "Fold": ("(4, 4), 2", "folds"),
    "FractionalMaxPool2d": ("2, output_size=2", "img"),
    "FractionalMaxPool3d": ("2, output_size=2", "vol"),
    "GRU": ("4, 5", "b"),
    "GRUCell": ("4, 5", "x"),
    "GaussianNLLLoss": ("", "x, y, z"),
    "GroupNorm": ("2, 4", "img"),
    "HingeEmbeddingLoss": ("", "x, y.detach()"),
    "InstanceNorm1d": ("4", "seq"),
    "InstanceNorm2d": ("4", "img"),
    "InstanceNorm3d": ("4", "vol"),
    "LPPool1d": ("2, 2", "seq"),
    "LPPool2d": ("2, 2", "img"),
    "LPPool3d": ("2, 2", "vol"),
    "LSTM": ("4, 5", "b"),
    "LSTMCell": ("4, 5", "x"),
    "LayerNorm": ("4", "x"),
    "LazyBatchNorm1d": ("", "seq"),
    "LazyBatchNorm2d": ("", "img"),
    "LazyBatchNorm3d": ("", "vol"),
    "LazyConv1d": ("5, 3", "seq"),
    "LazyConv2d": ("5, 3", "img"),
    "LazyConv3d": ("5, 2", "vol"),
    "LazyConvTranspose1d": ("5, 3", "seq"),
    "LazyConvTranspose2d": ("5, 3", "img"),
    "LazyConvTranspose3d": ("5, 2", "vol"),
    "LazyInstanceNorm1d": ("", "seq"),
    "LazyInstanceNorm2d": ("", "img"),
    "LazyInstanceNorm3d": ("", "vol"),
    "LazyLinear": ("5", "b"),
    "Linear": ("4, 5", "b"),
    "LinearCrossEntropyLoss": ("4, 5", "x, labels"),
    "LocalResponseNorm": ("2", "img"),
    "LogSoftmax": ("1", "x"),
    "MarginRankingLoss": ("", "u[:3], v[:3], signs"),
    "MaxPool1d": ("2", "seq"),
    "MaxPool2d": ("2", "img"),
    "MaxPool3d": ("2", "vol"),
    "MultiLabelMarginLoss": ("", "x, i"),
    "MultiLabelSoftMarginLoss": ("", "x, y.detach()"),
    "MultiMarginLoss": ("", "x, labels"),
    "MultiheadAttention": ("4, 2", "b, b, b"),
    "NLLLoss": ("", "x, labels"),
    "NLLLoss2d": ("", "x, labels"),
    "PReLU": ("", "x"),
    "PairwiseDistance": ("", "x, y"),
    "PixelShuffle": ("2", "img"),
    "PixelUnshuffle": ("2", "img"),
    "RMSNorm": ("4", "x"),
    "RNN": ("4, 5", "b"),
    "RNNCell": ("4, 5", "x"),
    "ReflectionPad1d": ("1", "seq"),
    "ReflectionPad2d": ("1", "img"),
    "ReflectionPad3d": ("1", "vol"),
    "ReplicationPad1d": ("1", "seq"),
    "ReplicationPad2d": ("1", "img"),
    "ReplicationPad3d": ("1", "vol"),
    "SoftMarginLoss": ("", "x, y.detach()"),
    "Softmax": ("1", "x"),
    "Softmax2d": ("", "img"),
    "Softmin": ("1", "x"),
    "Threshold": ("0.4, 0.0", "x"),
    "TransformerDecoderLayer": ("4, 2, 4", "b, b"),
    "TransformerEncoderLayer": ("4, 2, 4", "b"),
    "TripletMarginLoss": ("", "x, y, z"),
    "TripletMarginWithDistanceLoss": ("", "x, y, z"),
    "Unflatten": ("1, (2, 2)", "x"),
    "Unfold": ("2", "img"),
    "Upsample": ("scale_factor=2", "img"),
    "UpsamplingBilinear2d": ("scale_factor=2", "img"),
    "UpsamplingNearest2d": ("scale_factor=2", "img"),
    "ZeroPad1d": ("1", "seq"),
    "ZeroPad2d": ("1", "img"),
    "ZeroPad3d": ("1", "vol"),
}
"""Constructor arguments and arguments of the call, where they are not nothing and `x` (losses: `x, y`)."""

UNCALLED = (
    "Container DataParallel MaxUnpool1d MaxUnpool2d MaxUnpool3d Module ModuleDict ModuleList ParameterDict "
    "ParameterList RNNBase RNNCellBase Sequential SyncBatchNorm Transformer TransformerDecoder TransformerEncoder "
    "CTCLoss"
)
"""Containers, bases, and layers that need indices, several devices or other layers."""

_DEPENDS = (
    "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d Bilinear GRU GRUCell KLDivLoss LSTM LSTMCell "
    "LinearCrossEntropyLoss MultiheadAttention PoissonNLLLoss RNN RNNCell TransformerEncoderLayer "
    "TransformerDecoderLayer AdaptiveLogSoftmaxWithLoss CrossMapLRN2d"
)

DEPENDS = frozenset(_DEPENDS.split())
"""Layers whose savings depend on the arguments, or on the kernel that is picked."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def described(name: str) -> Op:
    op = torchapi.layer(f"torch.nn.{name}")
    assert op is not None
    return op


def texts(name: str) -> tuple[str, str]:
    return CALLS.get(name, ("", "x, y" if name.endswith("Loss") else "x"))


def make(name: str, extra: str = "") -> Any:
    torch.default_generator.manual_seed(0)  # torch.manual_seed keeps a stack trace per call
    return eval(f"nn.{name}({', '.join(filter(None, [texts(name)[0], extra]))})", {"nn": nn})


def given(name: str) -> list[Any]:
    names = {**environment(texts(name)[1])}
    if "folds" in texts(name)[1]:
        names["folds"] = torch.rand(2, 16, 9).requires_grad_() * 1
    return list(eval(f"[{texts(name)[1]}]", names))


def touch(tensor: Any) -> None:
    alias = tensor.detach()
    alias.copy_(alias.clone())


def refuses(name: str, touched: int | str | None, *, frozen: bool = False, extra: str = "") -> bool:
    """Whether backward refuses after an argument (by number), the result ("->") or the weight was written to."""
    layer = make(name, extra)
    arguments = given(name)
    if "Lazy" in name:
        layer(*given(name))
    if frozen:
        layer.requires_grad_(False)
    result = layer(*arguments)
    results = [t for t in tensors(result) if t.requires_grad]
    if touched == "->":
        touch(tensors(result)[0])
    elif isinstance(touched, str):
        touch(getattr(layer, touched))
    elif touched is not None:
        touch(arguments[touched])
    try:
        torch.autograd.backward(results, [torch.ones_like(t) for t in results])
    except RuntimeError as error:
        assert "modified by an inplace operation" in str(error), error
        return True
    return False


@pytest.mark.parametrize("name", [n for n in CLASSES if n not in UNCALLED.split()])
def test_layer(name: str) -> None:
    """Kind, result, aliasing and savings of one layer."""
    op = described(name)
    layer, arguments = make(name), given(name)
    result = layer(*arguments)
    assert op.parametric == any(p.requires_grad for p in layer.parameters()) or "InstanceNorm" in name
    assert op.result == ("tensor" if isinstance(result, torch.Tensor) else "tensors") or op.result == "either"
    shares = tensors(result)[0].untyped_storage().data_ptr() == arguments[0].untyped_storage().data_ptr()
    match op.alias:
        case "same":
            assert result is arguments[0]
        case "view":
            assert shares
        case "fresh":
            assert not shares
        case _:
            assert op.alias == "maybe"
    assert op.tensors[: len(arguments)] == tuple(list(inspect.signature(layer.forward).parameters)[: len(arguments)])
    if op.alias != "fresh":
        return
    assert refuses(name, "->") == op.saves_output or name in DEPENDS
    claims = dict(op.saves)
    for index, parameter in enumerate(op.tensors[: len(arguments)]):
        saved = refuses(name, index)
        assert saved == (parameter in claims) or name in DEPENDS, parameter
        if claims.get(parameter) == "weight":
            assert not refuses(name, index, frozen=True), "saved although the layer is frozen"
        elif parameter in claims and arguments[index].requires_grad:
            assert refuses(name, index, frozen=True), "saved even where the layer is frozen"
    if "weight" in claims and "weight" not in op.tensors and not name.startswith("Lazy"):
        assert refuses(name, "weight")


@pytest.mark.parametrize("name", [n for n in CLASSES if described(n).inplace])
def test_inplace_layer(name: str) -> None:
    """With `inplace=True` the layer returns its argument, and keeps what the table says."""
    op = described(name)
    argument = given(name)[0]
    assert make(name, "inplace=True")(argument) is argument
    assert refuses(name, "->", extra="inplace=True") == (op.inplace_saves == "output")


def test_inplace_without_effect() -> None:
    for name in layers.INPLACE_IGNORED:
        assert "inplace" in [p.name for p in described(name).params]
        argument = given(name)[0]
        assert make(name, "inplace=True")(argument) is not argument


def test_inplace_is_refused_where_there_is_no_parameter() -> None:
    for name in CLASSES:
        op = described(name)
        accepts = [p for p in op.params if p.name == "inplace" or p.kind == "kwarg"]
        if op.kind in {"activation", "softmax", "dropout"} and not accepts:
            with pytest.raises(TypeError, match="inplace"):
                make(name, "inplace=True")


def test_every_layer_has_a_kind() -> None:
    assert {name for text in layers.LAYERS.values() for name in text.split()} == set(CLASSES)
    assert set(layers.FUNCTION) | set(layers.PARAMETRIC) | set(layers.SAVES) | set(layers.RESULTS) <= set(CLASSES)


def test_constructors_bind_as_python_does() -> None:
    """Names and order of constructor parameters, where the class has a signature of its own."""
    for name in CLASSES:
        cls = getattr(nn, name)
        declared = list(inspect.signature(cls.__init__).parameters.values())[1:]
        if cls.__init__ is nn.Module.__init__ or any(p.kind is p.VAR_POSITIONAL for p in declared):
            continue
        assert [p.name for p in described(name).params] == [p.name for p in declared]
        for mine, theirs in zip(described(name).params, declared, strict=True):
            if mine.default not in (torchapi.OPAQUE, torchapi.REQUIRED):
                assert mine.default == theirs.default
            assert (mine.default is torchapi.REQUIRED) == (theirs.default is theirs.empty) or mine.kind == "kwarg"


def test_defining_modules_are_known() -> None:
    for name in CLASSES:
        cls = getattr(nn, name)
        assert torchapi.layer(f"{cls.__module__}.{cls.__qualname__}") is not None
        assert torchapi.canonical(f"{cls.__module__}.{cls.__qualname__}") == f"torch.nn.{name}"
    assert torchapi.layer("torch.nn.Swish") is None


def test_layers_of_functions() -> None:
    """A layer that needs no argument computes what the function that it stands for computes."""
    x = torch.tensor([-2.0, -0.3, 0.4, 3.0])
    functions = [f"torch.{name}" for name in ("relu", "sigmoid", "tanh", "selu")]
    functions += [f"torch.nn.functional.{name}" for name in ("relu", "tanh", "gelu", "silu", "leaky_relu", "softplus")]
    for qualname in functions:
        layer = torchapi.layer_of(qualname)
        function = getattr(torch if qualname.count(".") == 1 else nn.functional, qualname.rpartition(".")[2])
        assert torch.equal(getattr(nn, layer.rpartition(".")[2])()(x), function(x))
    assert torchapi.layer_of("torch.nn.modules.activation.ReLU") == "torch.nn.ReLU"
    assert torchapi.layer_of("torch.nn.functional.softmax") == torchapi.layer_of("torch.cat") == ""
