"""What autograd saves in operations that are composed of others, and how results relate to the storage of arguments.

Written by hand, from reading PyTorch's composition and from running it: the tests execute every entry. Only what holds
for every way to call an operation is claimed. `F.interpolate` saves its input with `mode="area"` alone, matrix products
with `einsum` depend on the equation, attention on the kernel that is picked: no claim. (Neglected: `norm(p="nuc")`,
`smooth_l1_loss(beta=0)`, and convolutions that pad first, circularly or to the `same` size with an even kernel.) Words
are those of `tables/autograd.py`: `input` saved always, `input?other` if `other` requires grad, `->` the result.
"""

from __future__ import annotations

from typing import Final

from actlint.torchapi.op import Alias

SAME_AS: Final[dict[str, str]] = {
    "absolute": "abs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "clip": "clamp",
    "divide": "div",
    "fix": "trunc",
    "multiply": "mul",
    "negative": "neg",
    "relu6": "hardtanh",
    "rrelu": "rrelu_with_noise",
    "selu": "elu",
    "subtract": "sub",
    "true_divide": "div",
    "inverse": "linalg_inv_ex",
    "linalg_cholesky": "linalg_cholesky_ex",
    "linalg_inv": "linalg_inv_ex",
    "linalg_lu_factor": "linalg_lu_factor_ex",
    "linalg_matmul": "matmul",
    "matrix_exp": "linalg_matrix_exp",
    "qr": "linalg_qr",
    "special_digamma": "digamma",
    "special_erf": "erf",
    "special_erfc": "erfc",
    "special_erfinv": "erfinv",
    "special_exp2": "exp2",
    "special_expit": "sigmoid",
    "special_expm1": "expm1",
    "special_gammainc": "igamma",
    "special_gammaincc": "igammac",
    "special_gammaln": "lgamma",
    "special_i0": "i0",
    "special_log1p": "log1p",
    "special_logit": "logit",
    "special_logsumexp": "logsumexp",
    "special_multigammaln": "mvlgamma",
    "special_polygamma": "polygamma",
    "special_psi": "digamma",
    "special_round": "round",
    "special_sinc": "sinc",
    "special_xlogy": "xlogy",
}
"""Operators that call another one with the same arguments (or save as it does)."""

COMPOSITE: Final[dict[str, str]] = {
    # affine maps: a dense linear layer is addmm or mm, which guard; convolutions do not
    "linear": "input?weight weight?input",
    "conv1d": "input weight",
    "conv2d": "input weight",
    "conv3d": "input weight",
    "conv_transpose1d": "input weight",
    "conv_transpose2d": "input weight",
    "conv_transpose3d": "input weight",
    # activations
    "logsigmoid": "input",
    "prelu": "input weight",
    "softsign": "input",
    "softmax": "->",
    "softmin": "->",
    "log_softmax": "->",
    "special_softmax": "->",
    "special_log_softmax": "->",
    # normalization
    "batch_norm": "input weight running_mean running_var",
    "layer_norm": "input weight bias",
    "group_norm": "input weight",
    "instance_norm": "input",
    "rms_norm": "input weight?input",
    "local_response_norm": "input",
    "normalize": "input",
    # pooling
    "avg_pool1d": "input",
    "max_pool1d": "input",
    "max_pool2d": "input",
    "max_pool3d": "input",
    "max_pool1d_with_indices": "input",
    "adaptive_max_pool1d": "input",
    "adaptive_max_pool1d_with_indices": "input",
    "adaptive_max_pool2d_with_indices": "input",
    "adaptive_max_pool3d_with_indices": "input",
    "fractional_max_pool2d_with_indices": "input",
    "fractional_max_pool3d_with_indices": "input",
    "max_unpool1d": "indices",
    "lp_pool1d": "input",
    "lp_pool2d": "input",
    "lp_pool3d": "input",
    # products of matrices
    "matmul": "input?other",
    "inner": "input?other other?input",
    "outer": "input?vec2 vec2?input",
    "ger": "input?vec2 vec2?input",
    "cross": "input?other other?input",
    "linalg_vecdot": "x?y y?x",
    # the rest
    "cdist": "x1 x2 ->",
    "cosine_similarity": "x1 x2",
    "pairwise_distance": "->",
    "pdist": "input ->",
    "combinations": "input",
    "cosine_embedding_loss": "input1 input2",
    "frobenius_norm": "input ->",
    "orgqr": "input input2 ->",
    "grid_sample": "input grid",
    "grid_sampler": "input grid",
    "torch.nn.functional.embedding": "input",
    "torch.nn.functional.embedding_bag": "input offsets",
    "torch.embedding_bag": "indices offsets",
    "nll_loss": "input target weight",
    "cross_entropy": "target weight",
    "ctc_loss": "log_probs targets",
    "multilabel_margin_loss": "input target",
    "multilabel_soft_margin_loss": "input target weight",
    "cholesky": "->",
    "det": "input ->",
    "logdet": "input",
    "slogdet": "input ->",
    "linalg_det": "A ->",
    "linalg_slogdet": "A ->",
    "linalg_eigvals": "->",
    "linalg_eigh": "->",
    "linalg_eigvalsh": "->",
    "linalg_solve": "A ->",
    "linalg_solve_ex": "A ->",
    "linalg_svd": "->",
    "linalg_svdvals": "->",
    "linalg_tensorinv": "->",
    "linalg_tensorsolve": "->",
    "linalg_vander": "x",
    "lu_solve": "LU_data LU_pivots ->",
    "lu": "->",
    "svd": "->",
    "pinverse": "input ->",
    "nanmean": "input",
    "square": "input",
    "take_along_dim": "input",
    "float_power": "->",
    # ATen has entries for these, but not every overload of them takes the path that the entry describes
    "pow": "input",
    "norm": "input ->",
    "stft": "",
}
"""Operators that ATen composes of others, or full names; where ATen has an entry too, the one here counts."""

_ALONE: Final = (("", (), "input ->"),)
_BORDERS: Final = ("reflect", "replicate")

BY_ARGUMENT: Final[dict[str, tuple[tuple[str, tuple[object, ...], str], ...]]] = {
    "max": _ALONE,
    "min": _ALONE,
    "median": _ALONE,
    "nanmedian": _ALONE,
    "pow": (("exponent", (), "input exponent ->"),),
    "pad": (("mode", _BORDERS, "input"),),
    "interpolate": (("mode", ("area",), "input"),),
}
"""What operators save besides where an argument is a tensor (no values) or one of these constants, and ("") where the
first tensor is the only argument.
"""

CONSTANT: Final = "argsort argwhere detach_copy one_hot bucketize searchsorted unravel_index isin"
"""Composed operators whose results have no gradient."""

_COPIES: Final = "linear matmul linalg_matmul group_norm instance_norm pdist"

COPIES: Final = frozenset(_COPIES.split())
"""Operations that first copy a tensor that is not contiguous, and then save the copy."""

INPLACE_SAME_AS: Final[dict[str, str]] = {**SAME_AS, "square": "pow"}
"""In-place forms without an entry of their own, and the operator whose in-place form they are."""

ALIASES: Final[dict[Alias, str]] = {
    "view": (
        "view view_as unflatten permute transpose t adjoint movedim moveaxis swapaxes swapdims squeeze unsqueeze "
        "as_strided tensor_split hsplit vsplit dsplit unsafe_chunk unsafe_split unsafe_split_with_sizes "
        "view_as_real view_as_complex imag select narrow slice_inverse diagonal detach T H mT mH data indices values "
        "crow_indices col_indices ccol_indices row_indices"
    ),
    "multiview": "chunk split split_with_sizes unbind",
    "expand": "expand expand_as broadcast_to broadcast_tensors meshgrid",
    "maybe": (
        "reshape reshape_as flatten ravel contiguous to type type_as float double half bfloat16 int long short char "
        "byte bool cfloat cdouble chalf cpu cuda xpu ipu mtia pin_memory atleast_1d atleast_2d atleast_3d real conj "
        "conj_physical resolve_conj resolve_neg dropout dropout1d dropout2d dropout3d alpha_dropout "
        "feature_alpha_dropout feature_dropout as_tensor asarray from_dlpack from_numpy frombuffer cartesian_prod "
        "sum_to_size einsum coalesce to_dense as_subclass resize resize_as"
    ),
    "same": "positive requires_grad_ share_memory_ detach_",
}
"""How results relate to the first tensor's storage, by name. What is not here makes new tensors."""

WRITES_OVERLAPPING: Final = frozenset(
    {"fill_", "zero_", "masked_fill_", "index_fill_", "index_put_", "fill_diagonal_", "tril_", "triu_", "resize_"}
    | {"t_", "transpose_", "squeeze_", "unsqueeze_", "swapaxes_", "swapdims_", "as_strided_"}
)
"""In-place methods that torch runs on a tensor whose elements share memory; all others raise (measured)."""

_OUT_WITH_GRAD = (
    # written into all the same
    "alias_copy conj_physical diag diagonal_copy expand_copy fft.ifft fft.ihfft inner linalg.cond linalg.eigvals "
    "linalg.ldl_factor linalg.matrix_norm linalg.matrix_rank linalg.norm linalg.tensorinv log_softmax lu nanquantile "
    "nuclear_norm permute_copy quantile select_copy slice_copy slice_scatter softmax special.ndtr squeeze_copy t_copy "
    "tensordot transpose_copy unfold_copy unsqueeze_copy view_as_complex_copy view_copy "
    # no `out` at all where it was tried
    "fft.fftshift fft.ifftshift linalg.diagonal linalg.matrix_exp linalg.vander nn.functional.elu_ "
    "nn.functional.hardtanh_ nn.functional.leaky_relu_ nn.functional.scaled_dot_product_attention special.log_softmax "
    "special.softmax "
    # not tried
    "as_strided_copy bernoulli complex cudnn_batch_norm cudnn_convolution linalg.eig linalg.lstsq linalg.solve "
    "linalg.tensorsolve lstsq lu_unpack matrix_rank mkldnn_adaptive_avg_pool2d normal polar quantized_gru "
    "quantized_lstm saddmm solve sspaddmm symeig values_copy view_as_real_copy"
)

OUT_WITH_GRAD: Final = frozenset(f"torch.{name}" for name in _OUT_WITH_GRAD.split())
"""Functions of which it is not claimed that they refuse `out` where an argument requires grad (measured)."""

_aliases: dict[str, Alias] = {}


def alias(name: str) -> Alias:
    """The alias kind of the function, method or attribute with this last name."""
    if not _aliases:
        _aliases.update((word, found) for found, text in ALIASES.items() for word in text.split())
    return _aliases.get(name, "fresh")
