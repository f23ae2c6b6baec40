"""How to call each operation of torch once, so that what the tables say of it can be seen to happen.

A sample is `first; rest`: the first tensor (the receiver of a method), then the other arguments, as Python over the
names of `environment`. Operations whose only required argument is a tensor are called with `x` where nothing is said
here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import torch
from torch import Tensor

FLOATS: dict[str, tuple[int, ...]] = {
    "x": (3, 4),
    "y": (3, 4),
    "z": (3, 4),
    "s": (4, 4),
    "t": (4, 4),
    "u": (4,),
    "v": (4,),
    "b": (2, 3, 4),
    "c": (2, 4, 3),
    "seq": (2, 4, 8),
    "img": (2, 4, 6, 6),
    "vol": (2, 4, 4, 4, 4),
    "w": (5, 4),
    "w1": (4, 4, 3),
    "w2": (4, 4, 3, 3),
    "w3": (4, 4, 2, 2, 2),
    "table": (6, 4),
    "grid": (2, 5, 5, 2),
    "q": (2, 2, 3, 4),
    "k": (2, 2, 3, 4),
    "cross1": (3, 3),
    "cross2": (3, 3),
    "per": (4,),
}
"""Floating-point tensors that require grad, and their shapes."""


OTHERS: dict[str, Callable[[], Tensor]] = {
    "mask": lambda: torch.tensor([[True, False, True, False]] * 3),
    "i": lambda: torch.tensor([[0, 1, 2, 0], [1, 2, 0, 1], [2, 0, 1, 2]]),
    "j": lambda: torch.tensor([0, 2]),
    "labels": lambda: torch.tensor([0, 3, 1]),
    "signs": lambda: torch.tensor([1.0, -1.0, 1.0]),
    "ints": lambda: torch.tensor([3, 5, 7]),
}
"""Tensors without gradients."""

WORD = re.compile(r"(?<![.\w])[a-z]\w*")


def environment(text: str, frozen: frozenset[str] = frozenset(), *, transposed: bool = False) -> dict[str, object]:
    """The tensors that a sample uses, results of operations, so that they may be written to.

    `frozen` ones need no grad. With `transposed` their memory is laid out in another order of dimensions.
    """
    torch.default_generator.manual_seed(0)  # torch.manual_seed keeps a stack trace per call
    found: dict[str, object] = {"torch": torch}
    for name in dict.fromkeys(WORD.findall(text)):
        if name in OTHERS:
            found[name] = OTHERS[name]()
        if name not in FLOATS:
            continue
        shape = FLOATS[name]
        value = torch.rand(shape) * 0.6 + 0.2
        if shape == (4, 4):
            value = value @ value.T + torch.eye(4)
        if transposed and value.dim() > 1:
            value = value.transpose(-1, -2).contiguous().transpose(-1, -2)
        found[name] = value.requires_grad_(name not in frozen).clone(memory_format=torch.preserve_format)
    return found


BINARY = (
    "add sub mul div divide multiply subtract true_divide remainder fmod rsub maximum minimum fmax fmin atan2 "
    "arctan2 hypot logaddexp logaddexp2 xlogy xlog1py pow float_power eq ne lt le gt ge less greater copysign "
    "less_equal greater_equal not_equal isclose nextafter heaviside logical_and logical_or logical_xor igamma "
    "igammac gammainc gammaincc dist kron cosine_similarity pairwise_distance cdist inner ldexp zeta"
)
"""Operations on two tensors of one shape."""

SQUARE = (
    "det logdet slogdet inverse cholesky cholesky_inverse eigh eigvalsh inv inv_ex cholesky_ex lu_factor lu_factor_ex "
    "lu qr svd svdvals pinv pinverse matrix_exp cond matrix_norm eigvals ldl_factor ldl_factor_ex"
)
"""Operations on one square matrix."""

SAMPLES: dict[str, str] = {
    # arithmetic and comparisons
    **dict.fromkeys(BINARY.split(), "x; y"),
    "addcmul": "x; y, z",
    "addcdiv": "x; y, z",
    "lerp": "x; y, 0.5",
    "clamp": "x; 0.3, 0.6",
    "clip": "x; 0.3, 0.6",
    "clamp_min": "x; 0.3",
    "clamp_max": "x; 0.6",
    "torch.polygamma": "1; x",
    "torch.special.polygamma": "1; x",
    "polygamma": "x; 1",
    "floor_divide": "x; y",
    "mvlgamma": "x + 2; 2",
    "multigammaln": "x + 2; 2",
    "acosh": "x + 1;",
    "arccosh": "x + 1;",
    "logit": "x;",
    "complex": "x; y",
    "polar": "x; y",
    "renorm": "x; 2, 0, 1.0",
    # products of matrices
    "mm": "x; t",
    "matmul": "b; t",
    "mv": "x; v",
    "dot": "u; v",
    "vdot": "u; v",
    "outer": "u; v",
    "ger": "u; v",
    "bmm": "b; c",
    "addmm": "x; y, t",
    "addmv": "u; t, v",
    "addr": "t; u, v",
    "addbmm": "cross1; b, c",
    "baddbmm": "b @ c; b, c",
    "tensordot": "x; y, 2",
    "cross": "cross1; cross2, dim=1",
    "linear": "b; w",
    "bilinear": "x; y, torch.rand(5, 4, 4)",
    "vecdot": "x; y",
    "chain_matmul": "x; t",
    "matrix_power": "s; 3",
    # shapes
    "view": "x; 2, 6",
    "view_as": "x; y",
    "reshape": "x; (2, 6)",
    "reshape_as": "x; y",
    "flatten": "b; 1",
    "unflatten": "x; 1, (2, 2)",
    "permute": "b; (2, 0, 1)",
    "transpose": "x; 0, 1",
    "movedim": "b; 0, 2",
    "moveaxis": "b; 0, 2",
    "swapaxes": "x; 0, 1",
    "swapdims": "x; 0, 1",
    "squeeze": "x[:1];",
    "unsqueeze": "x; 0",
    "broadcast_tensors": "x[:1]; y",
    "meshgrid": "u; v, indexing='ij'",
    "transpose_copy": "x; 0, 1",
    "permute_copy": "b; (2, 0, 1)",
    "expand_copy": "x[:1]; (3, 4)",
    "unsqueeze_copy": "x; 0",
    "select_copy": "x; 0, 1",
    "unfold_copy": "x; 1, 2, 2",
    "view_copy": "x; (2, 6)",
    "view_as_complex_copy": "x.view(3, 2, 2);",
    "expand": "x[:1]; (3, 4)",
    "expand_as": "x[:1]; y",
    "broadcast_to": "x[:1]; (3, 4)",
    "as_strided": "x; (2, 2), (4, 1)",
    "chunk": "x; 2",
    "unsafe_chunk": "x; 2",
    "split": "x; 2",
    "unsafe_split": "x; 2",
    "split_with_sizes": "x; [1, 2]",
    "unsafe_split_with_sizes": "x; [1, 2]",
    "tensor_split": "x; 2",
    "hsplit": "x; 2",
    "vsplit": "x; 3",
    "dsplit": "b; 2",
    "view_as_complex": "x.view(3, 2, 2);",
    "flip": "x; (0,)",
    "roll": "x; 1",
    "repeat": "x; 2, 1",
    "tile": "x; (2, 1)",
    "repeat_interleave": "x; 2",
    "sum_to_size": "x; 1, 4",
    # one tensor of several
    "cat": "[x, y];",
    "concat": "[x, y];",
    "concatenate": "[x, y];",
    "stack": "[x, y];",
    "hstack": "[x, y];",
    "vstack": "[x, y];",
    "dstack": "[x, y];",
    "column_stack": "[x, y];",
    "row_stack": "[x, y];",
    "block_diag": "x; y",
    "combinations": "u;",
    "cartesian_prod": "u; v",
    # selections
    "gather": "x; 0, i",
    "index_select": "x; 0, j",
    "index_add": "x; 0, j, y[:2]",
    "index_copy": "x; 0, j, y[:2]",
    "index_fill": "x; 0, j, 0.5",
    "index_put": "x; (j,), y[:2]",
    "index_reduce": "x; 0, j, y[:2], 'prod'",
    "masked_fill": "x; mask, 0.5",
    "masked_scatter": "x; mask, y",
    "masked_select": "x; mask",
    "narrow": "x; 0, 1, 2",
    "narrow_copy": "x; 0, 1, 2",
    "put": "x; j, u[:2]",
    "scatter": "x; 0, i, y",
    "scatter_add": "x; 0, i, y",
    "scatter_reduce": "x; 0, i, y, 'sum'",
    "select": "x; 0, 1",
    "select_scatter": "x; u, 0, 1",
    "slice_scatter": "x; y[:2], 0, 0, 2",
    "diagonal_scatter": "s; u",
    "take": "x; j",
    "take_along_dim": "x; i, 0",
    "where": "x; mask, y",
    "torch.where": "mask; x, y",
    "diag_embed": "x;",
    "nonzero_static": "x; size=2",
    "count_nonzero": "x; 0",
    "searchsorted": "u; x",
    "bucketize": "x; u",
    # reductions
    "prod": "x;",
    "logsumexp": "x; 1",
    "cumsum": "x; 0",
    "cumprod": "x; 0",
    "cummax": "x; 0",
    "cummin": "x; 0",
    "logcumsumexp": "x; 0",
    "kthvalue": "x; 2",
    "topk": "x; 2",
    "quantile": "x; 0.5",
    "nanquantile": "x; 0.5",
    "max": "x;",
    "frobenius_norm": "x; [0, 1]",
    "bincount": "ints;",
    "gradient": "x;",
    "trapezoid": "x;",
    # normalization, activations, softmax
    "softmax": "x; 1",
    "log_softmax": "x; 1",
    "softmin": "x; 1",
    "gumbel_softmax": "x;",
    "prelu": "x; per",
    "threshold": "x; 0.4, 0.0",
    "glu": "x;",
    "batch_norm": "img; torch.zeros(4), torch.ones(4), per, u, training=True",
    "torch.batch_norm": "img; per, u, torch.zeros(4), torch.ones(4), True, 0.1, 1e-5, False",
    "instance_norm": "img;",
    "torch.instance_norm": "img; None, None, None, None, True, 0.1, 1e-5, False",
    "layer_norm": "x; (4,), u, v",
    "group_norm": "img; 2, u, v",
    "rms_norm": "x; (4,), u",
    "local_response_norm": "img; 2",
    "native_layer_norm": "x; (4,), u, v, 1e-5",
    "native_group_norm": "img; None, None, 2, 4, 36, 2, 1e-5",
    "native_batch_norm": "img; u, v, torch.zeros(4), torch.ones(4), True, 0.1, 1e-5",
    # convolutions, pooling, resampling
    "conv1d": "seq; w1",
    "conv2d": "img; w2",
    "conv3d": "vol; w3",
    "conv_transpose1d": "seq; w1",
    "conv_transpose2d": "img; w2",
    "conv_transpose3d": "vol; w3",
    "conv_tbc": "b; torch.rand(3, 4, 2), torch.rand(2)",
    "max_pool1d": "seq; 2",
    "max_pool1d_with_indices": "seq; 2",
    "max_pool2d": "img; 2",
    "max_pool2d_with_indices": "img; 2",
    "max_pool3d": "vol; 2",
    "max_pool3d_with_indices": "vol; 2",
    "avg_pool1d": "seq; 2",
    "avg_pool2d": "img; 2",
    "avg_pool3d": "vol; 2",
    "lp_pool1d": "seq; 2, 2",
    "lp_pool2d": "img; 2, 2",
    "lp_pool3d": "vol; 2, 2",
    "adaptive_avg_pool1d": "seq; 2",
    "adaptive_avg_pool2d": "img; 2",
    "adaptive_avg_pool3d": "vol; 2",
    "adaptive_max_pool1d": "seq; 2",
    "adaptive_max_pool1d_with_indices": "seq; 2",
    "adaptive_max_pool2d": "img; 2",
    "adaptive_max_pool2d_with_indices": "img; 2",
    "adaptive_max_pool3d": "vol; 2",
    "adaptive_max_pool3d_with_indices": "vol; 2",
    "fractional_max_pool2d": "img; 2, output_size=2",
    "fractional_max_pool2d_with_indices": "img; 2, output_size=2",
    "fractional_max_pool3d": "vol; 2, output_size=2",
    "fractional_max_pool3d_with_indices": "vol; 2, output_size=2",
    "max_unpool1d": "seq[..., :4]; torch.arange(0, 8, 2).expand(2, 4, 4).clone(), 2",
    "max_unpool2d": "img[..., :3, :3]; torch.arange(9).view(3, 3).expand(2, 4, 3, 3).clone(), 2",
    "max_unpool3d": "vol[..., :2, :2, :2]; torch.arange(8).view(2, 2, 2).expand(2, 4, 2, 2, 2).clone(), 2",
    "pixel_shuffle": "img; 2",
    "pixel_unshuffle": "img; 2",
    "channel_shuffle": "img; 2",
    "native_channel_shuffle": "img; 2",
    "interpolate": "img; scale_factor=2",
    "upsample": "img; scale_factor=2",
    "upsample_nearest": "img; scale_factor=2",
    "upsample_bilinear": "img; scale_factor=2",
    "pad": "x; (1, 1)",
    "constant_pad_nd": "x; (1, 1)",
    "torch.nn.functional.unfold": "img; 2",
    "torch.Tensor.unfold": "x; 1, 2, 2",
    "fold": "torch.rand(2, 16, 9).requires_grad_() * 1; (4, 4), 2",
    "grid_sample": "img; grid, align_corners=False",
    "grid_sampler": "img; grid, 0, 0, False",
    "grid_sampler_2d": "img; grid, 0, 0, False",
    "affine_grid": "b[:, :2, :3]; (2, 1, 4, 4), align_corners=False",
    "affine_grid_generator": "b[:, :2, :3]; (2, 1, 4, 4), False",
    # embedding, attention, dropout
    "torch.nn.functional.embedding": "i; table",
    "torch.embedding": "table; i",
    "torch.nn.functional.embedding_bag": "i; table",
    "torch.embedding_bag": "table; i.view(-1), torch.tensor([0, 6])",
    "one_hot": "i;",
    "scaled_dot_product_attention": "q; k, k",
    "dropout": "x; 0.5, True",
    "torch.dropout": "x; 0.5, True",
    "alpha_dropout": "x; 0.5, True",
    "feature_alpha_dropout": "img; 0.5, True",
    "feature_dropout": "img; 0.5, True",
    "native_dropout": "x; 0.5, True",
    # losses and distances
    "binary_cross_entropy": "x; y.detach()",
    "binary_cross_entropy_with_logits": "x; y.detach()",
    "mse_loss": "x; y",
    "l1_loss": "x; y",
    "smooth_l1_loss": "x; y",
    "huber_loss": "x; y",
    "soft_margin_loss": "x; y.detach()",
    "kl_div": "x; y",
    "nll_loss": "x; labels, torch.ones(4)",
    "cross_entropy": "x; labels, torch.ones(4)",
    "multi_margin_loss": "x; labels",
    "multilabel_margin_loss": "x; i",
    "multilabel_soft_margin_loss": "x; y.detach(), torch.ones(4)",
    "ctc_loss": "b.log_softmax(2); torch.tensor([[1], [3], [1]]), torch.tensor([2, 2, 2]), torch.tensor([1, 1, 1])",
    "poisson_nll_loss": "x; y",
    "torch.poisson_nll_loss": "x; y, True, False, 1e-8, 1",
    "gaussian_nll_loss": "x; y, z",
    "hinge_embedding_loss": "x; y",
    "cosine_embedding_loss": "x; y, signs",
    "margin_ranking_loss": "x[:, 0]; y[:, 0], signs",
    "triplet_margin_loss": "x; y, z",
    "triplet_margin_with_distance_loss": "x; y, z",
    "pdist": "x;",
    # linear algebra
    **dict.fromkeys(SQUARE.split(), "s;"),
    "tensorinv": "s; 1",
    "cholesky_solve": "t; s",
    "solve": "s; t",
    "solve_ex": "s; t",
    "solve_triangular": "s; t, upper=True",
    "triangular_solve": "t; s",
    "householder_product": "s; u",
    "orgqr": "s; u",
    "ormqr": "s; u, t",
    "multi_dot": "[x, s, t];",
    "lstsq": "s; t",
    "torch.linalg.vander": "u;",
    "torch.linalg.lu_solve": "torch.linalg.lu_factor(s)[0]; torch.linalg.lu_factor(s)[1], t",
    "lu_solve": "t; *torch.linalg.lu_factor(s)",
    "geqrf": "s;",
    # casts and the like
    "to": "x; torch.float64",
    "type": "x; torch.float64",
    "type_as": "x; y",
    "copysign": "x; y",
    "copy_": "x; y",
    "fill": "x; 0.5",
    "fill_diagonal_": "x; 0.5",
    "map_": "x.detach(); y.detach(), lambda a, b: a",
    "stft": "torch.rand(32).requires_grad_() * 1; 8, return_complex=True",
}
"""Calls by last name, or by full name where that differs."""

UNCALLED = (
    # sparse, quantized, nested or complex tensors, a device, a kernel of another backend, a file or a callback
    "apply_ map_ map2_ as_subclass coalesce conj_physical_ einsum imag view_as_real view_as_real_copy istft lobpcg "
    "lu_unpack module_load record_stream resize_ resize_as_ set_ share_memory_ sparse_mask to_dense to_mkldnn "
    "to_padded_tensor cuda xpu ipu mtia pin_memory chalf half bfloat16 cfloat cdouble complex polar eig "
    "view_as_complex_copy native_group_norm "
    # whole numbers only
    "bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift gcd lcm "
    "gcd_ lcm_ bitwise_and_ bitwise_or_ bitwise_xor_ bitwise_not_ bitwise_left_shift_ bitwise_right_shift_ "
    # removed: they only raise
    "lstsq solve symeig matrix_rank resize resize_as native_norm float_power_"
)
"""Operations that are not called."""


def sample(qualname: str, required: int) -> str | None:
    """The sample for an operation, None if it has none. `required`: how many arguments it cannot do without."""
    name = qualname.rpartition(".")[2]
    for key in (qualname, name, name.removesuffix("_")):
        if key in SAMPLES:
            return SAMPLES[key]
    return "x;" if required == 1 else None


def capture(*args: object, **kwargs: object) -> tuple[tuple[object, ...], dict[str, object]]:
    return args, kwargs


def arguments(text: str, names: dict[str, object]) -> tuple[list[object], dict[str, object]]:
    """The arguments of a sample, evaluated."""
    first, _, rest = text.partition(";")
    positional, keywords = eval(f"capture({first}, {rest})", {**names, "capture": capture})
    return list(positional), dict(keywords)


def tensors(value: object) -> list[Tensor]:
    """All tensors in a result."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, (tuple, list)):
        return [t for item in value for t in tensors(item)]
    return []
