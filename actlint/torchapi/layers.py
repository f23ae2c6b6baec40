"""The layers of torch.nn: their kind, and the function that their forward is, for what autograd saves.

Written by hand; a test sees to it that every class of torch.nn that derives from Module is here.
"""

from __future__ import annotations

from typing import Final

from actlint.torchapi.op import Kind, Result

WRAPPERS: Final = frozenset({"torch.nn.DataParallel", "torch.nn.parallel.DistributedDataParallel"})
"""Modules whose forward is that of the `module` that they are given first."""

LAYERS: Final[dict[Kind, str]] = {
    "affine": (
        "Linear LazyLinear Bilinear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LazyConv1d "
        "LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d"
    ),
    "activation": (
        "CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish PReLU RReLU ReLU ReLU6 "
        "SELU SiLU Sigmoid Softplus Softshrink Softsign Tanh Tanhshrink Threshold"
    ),
    "softmax": "Softmax Softmax2d LogSoftmax Softmin",
    "normalization": (
        "BatchNorm1d BatchNorm2d BatchNorm3d LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d SyncBatchNorm "
        "InstanceNorm1d InstanceNorm2d InstanceNorm3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d "
        "LayerNorm GroupNorm RMSNorm LocalResponseNorm CrossMapLRN2d"
    ),
    "pooling": (
        "MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d AvgPool1d AvgPool2d AvgPool3d "
        "FractionalMaxPool2d FractionalMaxPool3d LPPool1d LPPool2d LPPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d "
        "AdaptiveMaxPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d"
    ),
    "dropout": "Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout",
    "identity": "Identity",
    "reshape": "Flatten Unflatten",
    "attention": (
        "MultiheadAttention Transformer TransformerEncoder TransformerDecoder TransformerEncoderLayer "
        "TransformerDecoderLayer"
    ),
    "recurrent": "RNNBase RNN LSTM GRU RNNCellBase RNNCell LSTMCell GRUCell",
    "embedding": "Embedding EmbeddingBag",
    "loss": (
        "AdaptiveLogSoftmaxWithLoss BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss "
        "GaussianNLLLoss HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss LinearCrossEntropyLoss MSELoss "
        "MarginRankingLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss NLLLoss2d "
        "PoissonNLLLoss SmoothL1Loss SoftMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss"
    ),
    "distance": "CosineSimilarity PairwiseDistance",
    "container": "Module Sequential ModuleList ModuleDict ParameterList ParameterDict Container DataParallel",
    "resample": (
        "ChannelShuffle CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d Fold "
        "PixelShuffle PixelUnshuffle ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d "
        "ReplicationPad2d ReplicationPad3d Unfold Upsample UpsamplingBilinear2d UpsamplingNearest2d ZeroPad1d "
        "ZeroPad2d ZeroPad3d"
    ),
}

FUNCTION: Final[dict[str, str]] = {
    "AdaptiveMaxPool1d": "adaptive_max_pool1d",
    "AdaptiveMaxPool2d": "adaptive_max_pool2d",
    "AdaptiveMaxPool3d": "adaptive_max_pool3d",
    "AvgPool1d": "avg_pool1d",
    "AvgPool2d": "avg_pool2d",
    "AvgPool3d": "avg_pool3d",
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "BatchNorm1d": "batch_norm",
    "BatchNorm2d": "batch_norm",
    "BatchNorm3d": "batch_norm",
    "CELU": "celu",
    "Conv1d": "conv1d",
    "Conv2d": "conv2d",
    "Conv3d": "conv3d",
    "ConvTranspose1d": "conv_transpose1d",
    "ConvTranspose2d": "conv_transpose2d",
    "ConvTranspose3d": "conv_transpose3d",
    "CosineEmbeddingLoss": "cosine_embedding_loss",
    "CosineSimilarity": "cosine_similarity",
    "CrossEntropyLoss": "cross_entropy",
    "ELU": "elu",
    "FractionalMaxPool2d": "fractional_max_pool2d",
    "FractionalMaxPool3d": "fractional_max_pool3d",
    "GELU": "gelu",
    "GLU": "glu",
    "GroupNorm": "group_norm",
    "Hardshrink": "hardshrink",
    "Hardsigmoid": "hardsigmoid",
    "Hardswish": "hardswish",
    "Hardtanh": "hardtanh",
    "HuberLoss": "huber_loss",
    "InstanceNorm1d": "instance_norm",
    "InstanceNorm2d": "instance_norm",
    "InstanceNorm3d": "instance_norm",
    "LPPool1d": "lp_pool1d",
    "LPPool2d": "lp_pool2d",
    "LPPool3d": "lp_pool3d",
    "LayerNorm": "layer_norm",
    "LazyBatchNorm1d": "batch_norm",
    "LazyBatchNorm2d": "batch_norm",
    "LazyBatchNorm3d": "batch_norm",
    "LazyConv1d": "conv1d",
    "LazyConv2d": "conv2d",
    "LazyConv3d": "conv3d",
    "LazyConvTranspose1d": "conv_transpose1d",
    "LazyConvTranspose2d": "conv_transpose2d",
    "LazyConvTranspose3d": "conv_transpose3d",
    "LazyInstanceNorm1d": "instance_norm",
    "LazyInstanceNorm2d": "instance_norm",
    "LazyInstanceNorm3d": "instance_norm",
    "LazyLinear": "linear",
    "LeakyReLU": "leaky_relu",
    "Linear": "linear",
    "LocalResponseNorm": "local_response_norm",
    "LogSigmoid": "logsigmoid",
    "LogSoftmax": "log_softmax",
    "MSELoss": "mse_loss",
    "MaxPool1d": "max_pool1d",
    "MaxPool2d": "max_pool2d",
    "MaxPool3d": "max_pool3d",
    "MaxUnpool1d": "max_unpool1d",
    "MaxUnpool2d": "max_unpool2d",
    "MaxUnpool3d": "max_unpool3d",
    "Mish": "mish",
    "MultiLabelMarginLoss": "multilabel_margin_loss",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
    "MultiMarginLoss": "multi_margin_loss",
    "NLLLoss": "nll_loss",
    "NLLLoss2d": "nll_loss",
    "PReLU": "prelu",
    "PairwiseDistance": "pairwise_distance",
    "RReLU": "rrelu",
    "ReLU": "relu",
    "ReLU6": "relu6",
    "ReflectionPad1d": "reflection_pad1d",
    "ReflectionPad2d": "reflection_pad2d",
    "ReflectionPad3d": "reflection_pad3d",
    "ReplicationPad1d": "replication_pad1d",
    "ReplicationPad2d": "replication_pad2d",
    "ReplicationPad3d": "replication_pad3d",
    "RMSNorm": "rms_norm",
    "SELU": "selu",
    "SiLU": "silu",
    "Sigmoid": "sigmoid",
    "SmoothL1Loss": "smooth_l1_loss",
    "SoftMarginLoss": "soft_margin_loss",
    "Softmax": "softmax",
    "Softmax2d": "softmax",
    "Softmin": "softmin",
    "Softplus": "softplus",
    "Softshrink": "softshrink",
    "Softsign": "softsign",
    "Tanh": "tanh",
    "Tanhshrink": "tanhshrink",
    "Threshold": "threshold",
}
"""The function whose savings a layer's forward has. Layers that are not here save nothing that is always saved."""

SAVES: Final[dict[str, str]] = {
    "Embedding": "input",
    "EmbeddingBag": "input",
    "SyncBatchNorm": "input",
    "GRUCell": "input?weight hx?weight",
    "LSTMCell": "input?weight",
    "RNNCell": "input?weight hx?weight ->",
}
"""Layers whose savings are not those of one function."""

_STEPS_FIRST: Final = (("batch_first", (False,), "input?weight"),)

BY_ARGUMENT: Final[dict[str, tuple[tuple[str, tuple[object, ...], str], ...]]] = {
    "GRU": _STEPS_FIRST,
    "LSTM": _STEPS_FIRST,
    "MultiheadAttention": (("batch_first", (False,), "query?weight key?weight value?weight"),),
    "RNN": _STEPS_FIRST,
}
"""What layers save besides where an argument of the constructor is one of these constants: with the batch first, what
they are given is copied into another order.
"""

_PARAMETRIC: Final = (
    "AdaptiveLogSoftmaxWithLoss BatchNorm1d BatchNorm2d BatchNorm3d Bilinear Conv1d Conv2d Conv3d ConvTranspose1d "
    "ConvTranspose2d ConvTranspose3d Embedding EmbeddingBag GRU GRUCell GroupNorm InstanceNorm1d InstanceNorm2d "
    "InstanceNorm3d LSTM LSTMCell LayerNorm LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d "
    "LazyConv3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d "
    "LazyInstanceNorm3d LazyLinear Linear LinearCrossEntropyLoss MultiheadAttention PReLU ParameterDict "
    "ParameterList RMSNorm RNN RNNBase RNNCell RNNCellBase SyncBatchNorm Transformer TransformerDecoder "
    "TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer"
)

PARAMETRIC: Final = frozenset(_PARAMETRIC.split())
"""Layers that own trainable parameters with the default arguments (InstanceNorm: with `affine=True`)."""

INPLACE_IGNORED: Final = frozenset({"AlphaDropout", "FeatureAlphaDropout"})
"""Layers that take `inplace` and do not pass it on: they never write to their argument."""

RESULTS: Final[dict[str, Result]] = {
    "LSTM": "tensors",
    "GRU": "tensors",
    "RNN": "tensors",
    "RNNBase": "tensors",
    "LSTMCell": "tensors",
    "MultiheadAttention": "tensors",
    "AdaptiveLogSoftmaxWithLoss": "tensors",
    "AdaptiveMaxPool1d": "either",
    "AdaptiveMaxPool2d": "either",
    "AdaptiveMaxPool3d": "either",
    "FractionalMaxPool2d": "either",
    "FractionalMaxPool3d": "either",
    "MaxPool1d": "either",
    "MaxPool2d": "either",
    "MaxPool3d": "either",
}
"""Layers whose forward does not return one tensor."""

_by_name: dict[str, Kind] = {}


def kind(name: str) -> Kind | None:
    """The kind of the layer `torch.nn.{name}`, None if there is none of that name."""
    if not _by_name:
        _by_name.update((word, found) for found, text in LAYERS.items() for word in text.split())
    return _by_name.get(name)
