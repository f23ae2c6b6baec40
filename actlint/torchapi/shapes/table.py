"""Which rule gives an operation's shape: by its public name, by the last part of it, or by its kind."""

from __future__ import annotations

from typing import Final

from actlint.torchapi.op import Op
from actlint.torchapi.shapes import compute, layers, notation, reshape, spatial
from actlint.torchapi.shapes.given import Rule

_SPATIAL: Final[dict[str, Rule]] = {}
for _n in (1, 2, 3):
    for _kind in ("AvgPool", "MaxPool", "LPPool"):
        _SPATIAL[f"{_kind}{_n}d"] = spatial.pool(_n)
    for _kind in ("avg_pool", "max_pool", "lp_pool"):
        _SPATIAL[f"{_kind}{_n}d"] = spatial.pool(_n)
    for _kind in ("AdaptiveAvgPool", "AdaptiveMaxPool", "adaptive_avg_pool", "adaptive_max_pool"):
        _SPATIAL[f"{_kind}{_n}d"] = spatial.adaptive_pool(_n)
    for _kind in ("ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad"):
        _SPATIAL[f"{_kind}{_n}d"] = spatial.pad_layer(_n)
    _SPATIAL[f"Conv{_n}d"] = _SPATIAL[f"LazyConv{_n}d"] = spatial.conv_layer(_n)
    _SPATIAL[f"ConvTranspose{_n}d"] = _SPATIAL[f"LazyConvTranspose{_n}d"] = spatial.conv_transpose_layer(_n)
    _SPATIAL[f"conv{_n}d"] = spatial.conv(_n)
    _SPATIAL[f"conv_transpose{_n}d"] = spatial.conv_transpose(_n)
    _SPATIAL[f"InstanceNorm{_n}d"] = layers.instance_norm(_n)

_REDUCTIONS: Final = "sum mean prod std var amax amin argmax argmin all any logsumexp nansum nanmean norm"

_PAIR: Final = compute.elementwise("input", "other")

_SAME: Final = (
    "softmax log_softmax softmin softmax2d Softmax LogSoftmax Softmin Softmax2d cumsum cumprod logcumsumexp flip roll "
    "contiguous clone detach normalize local_response_norm LocalResponseNorm layer_norm group_norm batch_norm "
    "instance_norm rms_norm masked_fill triu tril zeros_like ones_like rand_like randn_like full_like empty_like "
    "randint_like bernoulli dropout alpha_dropout feature_alpha_dropout argsort index_fill index_add index_copy "
    "scatter scatter_add fill zero nan_to_num sigmoid tanh relu "
    "ChannelShuffle channel_shuffle prelu threshold gumbel_softmax PReLU CrossMapLRN2d positive fft ifft fft2 ifft2"
)

_LOSSES: Final = (
    "MSELoss mse_loss L1Loss l1_loss SmoothL1Loss smooth_l1_loss HuberLoss huber_loss BCELoss binary_cross_entropy "
    "BCEWithLogitsLoss binary_cross_entropy_with_logits SoftMarginLoss soft_margin_loss"
)

RULES: Final[dict[str, Rule]] = {
    **_SPATIAL,
    **dict.fromkeys(_SAME.split(), layers.same),
    **dict.fromkeys(_REDUCTIONS.split(), compute.reduce),
    # layers with weights
    "Linear": layers.linear_layer,
    "LazyLinear": layers.linear_layer,
    "linear": layers.linear,
    "Bilinear": layers.bilinear_layer,
    "Embedding": layers.embedding_layer,
    "torch.nn.functional.embedding": layers.embedding,
    "EmbeddingBag": layers.embedding_bag,
    "BatchNorm1d": layers.batch_norm((2, 3)),
    "BatchNorm2d": layers.batch_norm((4,)),
    "BatchNorm3d": layers.batch_norm((5,)),
    "SyncBatchNorm": layers.batch_norm((2, 3, 4, 5)),
    "GroupNorm": layers.group_norm,
    "LayerNorm": layers.layer_norm,
    "RMSNorm": layers.layer_norm,
    "layer_norm": layers.layer_norm,
    "rms_norm": layers.layer_norm,
    "RNN": layers.recurrent,
    "GRU": layers.recurrent,
    "LSTM": layers.recurrent,
    "RNNCell": layers.cell,
    "GRUCell": layers.cell,
    "LSTMCell": layers.lstm_cell,
    "MultiheadAttention": layers.multihead_attention,
    "TransformerEncoderLayer": layers.transformer_layer,
    "TransformerDecoderLayer": layers.transformer_layer,
    "TransformerEncoder": layers.same,
    "TransformerDecoder": layers.same,
    "Transformer": layers.transformer,
    "scaled_dot_product_attention": layers.scaled_dot_product_attention,
    # resampling
    "interpolate": spatial.interpolate,
    "upsample": spatial.interpolate,
    "Upsample": spatial.interpolate,
    "UpsamplingNearest2d": spatial.interpolate,
    "UpsamplingBilinear2d": spatial.interpolate,
    "pixel_shuffle": spatial.pixel_shuffle,
    "PixelShuffle": spatial.pixel_shuffle,
    "pixel_unshuffle": spatial.pixel_unshuffle,
    "PixelUnshuffle": spatial.pixel_unshuffle,
    "torch.nn.functional.pad": spatial.pad,
    "torch.nn.functional.unfold": spatial.unfold,
    "Unfold": spatial.unfold,
    "fold": spatial.fold,
    "Fold": spatial.fold,
    # rearranging
    "torch.Tensor.view": reshape.view("size"),
    "reshape": reshape.view("shape"),
    "flatten": reshape.flatten,
    "Flatten": reshape.flatten,
    "ravel": reshape.flatten,
    "unflatten": reshape.unflatten("sizes"),
    "Unflatten": reshape.unflatten("unflattened_size"),
    "squeeze": reshape.squeeze,
    "unsqueeze": reshape.unsqueeze,
    "permute": reshape.permute,
    "transpose": reshape.transpose("dim0", "dim1"),
    "swapaxes": reshape.transpose("axis0", "axis1"),
    "swapdims": reshape.transpose("dim0", "dim1"),
    "T": reshape.reversed_dims,
    "H": reshape.reversed_dims,
    "t": reshape.reversed_dims,
    "mT": reshape.matrix_transpose,
    "mH": reshape.matrix_transpose,
    "adjoint": reshape.matrix_transpose,
    "movedim": reshape.movedim,
    "moveaxis": reshape.movedim,
    "expand": reshape.expand,
    "broadcast_to": reshape.expand,
    "repeat": reshape.repeat("repeats"),
    "tile": reshape.repeat("dims"),
    "repeat_interleave": reshape.repeat_interleave,
    "view_as": reshape.as_other("other"),
    "reshape_as": reshape.as_other("other"),
    "expand_as": reshape.as_other("other"),
    # joining, cutting and picking
    "cat": reshape.cat,
    "concat": reshape.cat,
    "concatenate": reshape.cat,
    "stack": reshape.stack,
    "chunk": reshape.chunk,
    "torch.split": reshape.split("split_size_or_sections"),
    "torch.Tensor.split": reshape.split("split_size"),
    "unbind": reshape.unbind,
    "narrow": reshape.narrow,
    "torch.select": reshape.select,
    "torch.Tensor.select": reshape.select,
    "index_select": reshape.index_select,
    "gather": reshape.gather,
    "torch.Tensor.unfold": reshape.unfold_dim,
    # arithmetic and reductions
    "where": compute.elementwise("condition", "input", "other"),
    "lerp": compute.elementwise("input", "end", "weight"),
    "addcmul": compute.elementwise("input", "tensor1", "tensor2"),
    "addcdiv": compute.elementwise("input", "tensor1", "tensor2"),
    "clamp": compute.elementwise("input", "min", "max"),
    "pow": compute.elementwise("input", "exponent"),
    "max": compute.extreme,
    "min": compute.extreme,
    "median": compute.median,
    "mode": compute.along,
    "kthvalue": compute.along,
    "cummax": compute.sort,
    "cummin": compute.sort,
    "topk": compute.topk,
    "sort": compute.sort,
    "glu": compute.glu,
    "GLU": compute.glu,
    # products and distances
    "matmul": compute.matmul,
    "bmm": compute.batched_product,
    "mm": compute.batched_product,
    "outer": compute.outer,
    "kron": compute.kron,
    "cross": compute.elementwise("input", "other"),
    "cosine_similarity": compute.cosine_similarity,
    "CosineSimilarity": compute.cosine_similarity,
    "pairwise_distance": compute.pairwise_distance,
    "PairwiseDistance": compute.pairwise_distance,
    "cdist": compute.cdist,
    # making
    "zeros": compute.sizes("size"),
    "ones": compute.sizes("size"),
    "empty": compute.sizes("size"),
    "rand": compute.sizes("size"),
    "randn": compute.sizes("size"),
    "full": compute.sizes("size"),
    "randint": compute.sizes("size"),
    "torch.Tensor.new_zeros": compute.sizes("size"),
    "torch.Tensor.new_ones": compute.sizes("size"),
    "torch.Tensor.new_empty": compute.sizes("size"),
    "torch.Tensor.new_full": compute.sizes("size"),
    "arange": compute.arange,
    "linspace": compute.linspace,
    "logspace": compute.linspace,
    "eye": compute.eye,
    "torch.tensor": compute.literal,
    "one_hot": compute.one_hot,
    "rfft": compute.halves,
    # losses
    "CrossEntropyLoss": compute.classes_loss,
    "cross_entropy": compute.classes_loss,
    "NLLLoss": compute.classes_loss,
    "nll_loss": compute.classes_loss,
    **dict.fromkeys(_LOSSES.split(), compute.loss("input", "target")),
    # words
    "einsum": notation.einsum,
    "einops.rearrange": notation.rearrange,
    "einops.reduce": notation.rearrange,
    "einops.repeat": notation.rearrange,
    "einops.layers.torch.Rearrange": notation.rearrange,
    "einops.layers.torch.Reduce": notation.rearrange,
}
"""By the last part of the public name, or by the whole where another operation shares that part."""

_FAMILIES: Final = frozenset({"torch.linalg", "torch.special", "torch.sparse", "torch.linalg.norm"})
"""Where last parts mean something else (`torch.linalg.norm` takes matrix norms)."""

_SEVERAL: Final = frozenset(
    ["chunk", "split", "unbind", "topk", "sort", "max", "min", "median", "mode", "kthvalue", "cummax", "cummin"]
    + ["RNN", "GRU", "LSTM", "LSTMCell", "MultiheadAttention"]
)
"""What gives several tensors; other operations that do are told by nothing in their names."""

_found: dict[str, Rule | None] = {}


def rule(op: Op) -> Rule | None:
    """The rule for an operation, None where none is known."""
    if op.qualname not in _found:
        _found[op.qualname] = _look_up(op)
    return _found[op.qualname]


def _look_up(op: Op) -> Rule | None:
    found = RULES.get(op.qualname)
    owner, _, name = op.qualname.rpartition(".")
    plain = name.removesuffix("_") if op.inplace == "always" else name
    if (
        found is not None
        or (op.kind, owner) == ("loss", "torch")
        or owner in _FAMILIES
        or op.result in ("none", "tensors")
        and plain not in _SEVERAL
    ):
        return found
    found = RULES.get(plain)
    if found is not None:
        return found
    if op.kind in ("arithmetic", "comparison", "elementwise") and op.result == "tensor":
        if op.tensors == ("input", "other"):
            return _PAIR
    whole = len(op.tensors) == 1 and op.result == "tensor"
    if whole and op.kind in ("activation", "elementwise", "dropout", "identity", "cast", "detach"):
        return layers.same
    return layers.same if op.inplace == "always" and op.kind in ("random", "inplace-data") else None
