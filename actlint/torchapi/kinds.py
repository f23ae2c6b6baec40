"""What kind of operation each function of torch and method of Tensor is, by its last name without final underscore.

Written by hand; a test sees to it that every public name is here. A name means the same in every namespace but for
`torch.linalg`, `torch.fft` and `torch.special`, whose default kinds follow from the namespace.
"""

from __future__ import annotations

from typing import Final

from actlint.torchapi.op import Kind

KINDS: Final[dict[Kind, str]] = {
    "affine": (
        "linear bilinear conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d convolution "
        "cudnn_convolution cudnn_convolution_transpose miopen_convolution miopen_convolution_transpose "
        "miopen_depthwise_convolution mkldnn_convolution fbgemm_linear_fp16_weight fbgemm_linear_int8_weight "
        "fbgemm_linear_fp16_weight_fp32_activation fbgemm_linear_int8_weight_fp32_activation"
    ),
    "activation": (
        "threshold relu rrelu hardtanh relu6 sigmoid expit hardsigmoid tanh silu mish hardswish elu celu selu glu gelu "
        "hardshrink leaky_relu logsigmoid softplus softshrink prelu softsign tanhshrink cudnn_convolution_add_relu "
        "cudnn_convolution_relu miopen_convolution_add_relu miopen_convolution_relu"
    ),
    "softmax": "softmax log_softmax softmin gumbel_softmax",
    "normalization": (
        "batch_norm layer_norm group_norm instance_norm rms_norm local_response_norm normalize native_batch_norm "
        "native_layer_norm native_group_norm cudnn_batch_norm miopen_batch_norm batch_norm_elemt batch_norm_stats "
        "batch_norm_gather_stats batch_norm_gather_stats_with_counts batch_norm_update_stats "
        "batch_norm_backward_elemt batch_norm_backward_reduce"
    ),
    "pooling": (
        "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d "
        "adaptive_max_pool3d adaptive_max_pool1d_with_indices adaptive_max_pool2d_with_indices "
        "adaptive_max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d fractional_max_pool2d fractional_max_pool3d "
        "fractional_max_pool2d_with_indices fractional_max_pool3d_with_indices lp_pool1d lp_pool2d lp_pool3d "
        "max_pool1d max_pool2d max_pool3d max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices "
        "max_unpool1d max_unpool2d max_unpool3d mkldnn_adaptive_avg_pool2d mkldnn_max_pool2d mkldnn_max_pool3d"
    ),
    "dropout": (
        "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout feature_dropout native_dropout"
    ),
    "identity": "positive resolve_conj resolve_neg requires_grad share_memory as_subclass",
    "reshape": (
        "view view_as view_copy reshape reshape_as flatten unflatten ravel permute permute_copy transpose "
        "transpose_copy t t_copy adjoint movedim moveaxis swapaxes swapdims squeeze squeeze_copy unsqueeze "
        "unsqueeze_copy expand expand_as expand_copy broadcast_to broadcast_tensors atleast_1d atleast_2d atleast_3d "
        "as_strided as_strided_copy chunk unsafe_chunk split split_copy split_with_sizes split_with_sizes_copy "
        "unsafe_split unsafe_split_with_sizes tensor_split hsplit vsplit dsplit unbind unbind_copy view_as_real "
        "view_as_real_copy view_as_complex view_as_complex_copy real imag alias_copy meshgrid unfold_copy flip fliplr "
        "flipud roll rot90 repeat repeat_interleave tile T H mT mH"
    ),
    "index": (
        "gather index index_add index_copy index_fill index_put index_reduce index_select masked_fill masked_scatter "
        "masked_select narrow narrow_copy put scatter scatter_add scatter_reduce select select_copy select_scatter "
        "slice_copy slice_scatter slice_inverse as_strided_scatter diagonal_scatter take take_along_dim where diagonal "
        "diagonal_copy diag diag_embed diagflat tril triu nonzero nonzero_static argwhere searchsorted bucketize "
        "unravel_index"
    ),
    "concat": (
        "cat concat concatenate stack hstack vstack dstack column_stack row_stack block_diag cartesian_prod "
        "combinations"
    ),
    "reduction": (
        "sum mean prod var std var_mean std_mean nansum nanmean max min amax amin aminmax argmax argmin median "
        "nanmedian mode quantile nanquantile kthvalue logsumexp norm norm_except_dim native_norm frobenius_norm "
        "nuclear_norm cumsum cumprod cummax cummin logcumsumexp sort argsort msort topk unique unique_consecutive "
        "bincount histc histogram histogramdd count_nonzero trace cov corrcoef diff gradient trapezoid trapz "
        "cumulative_trapezoid segment_reduce sum_to_size hash_tensor renorm"
    ),
    "elementwise": (
        "abs absolute acos acosh angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 "
        "atanh ceil clamp clamp_max clamp_min clip conj conj_physical copysign cos cosh deg2rad digamma entr erf erfc "
        "erfcx erfinv exp exp2 expm1 fix float_power floor fmax fmin frac frexp gammaln heaviside hypot i0 i0e i1 i1e "
        "igamma igammac ldexp lerp lgamma log log10 log1p log2 log_ndtr logaddexp logaddexp2 logit maximum minimum "
        "multigammaln mvlgamma nan_to_num ndtr ndtri neg negative nextafter polar complex polygamma pow psi rad2deg "
        "reciprocal round rsqrt sgn sign sin sinc sinh sqrt square tan trunc xlogy xlog1py zeta gammainc gammaincc"
    ),
    "arithmetic": (
        "add sub mul div subtract multiply divide true_divide floor_divide remainder fmod rsub addcmul addcdiv "
        "bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift gcd lcm"
    ),
    "matmul": (
        "matmul mm bmm mv dot vdot inner outer ger addmm addmv addr addbmm baddbmm einsum tensordot kron cross "
        "chain_matmul multi_dot vecdot grouped_mm scaled_mm scaled_grouped_mm matrix_power"
    ),
    "attention": "scaled_dot_product_attention multi_head_attention_forward",
    "recurrent": (
        "lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell miopen_rnn mkldnn_rnn_layer"
    ),
    "embedding": "embedding embedding_bag one_hot embedding_renorm",
    "loss": (
        "binary_cross_entropy binary_cross_entropy_with_logits cosine_embedding_loss cross_entropy ctc_loss "
        "gaussian_nll_loss hinge_embedding_loss huber_loss kl_div l1_loss linear_cross_entropy margin_ranking_loss "
        "mse_loss multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss poisson_nll_loss "
        "smooth_l1_loss soft_margin_loss triplet_margin_loss triplet_margin_with_distance_loss miopen_ctc_loss"
    ),
    "distance": "cdist pdist dist pairwise_distance cosine_similarity",
    "creation": (
        "arange as_tensor asarray bartlett_window blackman_window empty empty_like empty_permuted empty_strided eye "
        "from_dlpack from_file from_numpy frombuffer full full_like hamming_window hann_window kaiser_window linspace "
        "logspace new new_empty new_empty_strided new_full new_ones new_tensor new_zeros ones ones_like range "
        "scalar_tensor tensor tril_indices triu_indices vander zeros zeros_like get_rng_state fftfreq rfftfreq"
    ),
    "random": (
        "bernoulli binomial cauchy exponential geometric log_normal multinomial normal poisson rand rand_like randint "
        "randint_like randn randn_like random randperm uniform"
    ),
    "comparison": (
        "all any eq ge greater greater_equal gt isclose isfinite isin isinf isnan isneginf isposinf isreal le less "
        "less_equal logical_and logical_not logical_or logical_xor lt ne not_equal signbit"
    ),
    "resample": (
        "affine_grid affine_grid_generator channel_shuffle native_channel_shuffle constant_pad_nd fold grid_sample "
        "grid_sampler grid_sampler_2d grid_sampler_3d interpolate pad pixel_shuffle pixel_unshuffle unfold upsample "
        "upsample_bilinear upsample_nearest cudnn_affine_grid_generator cudnn_grid_sampler"
    ),
    "query": (
        "allclose broadcast_shapes can_cast const_data_ptr data_ptr dense_dim dim dim_order element_size equal "
        "get_device is_coalesced is_complex is_conj is_contiguous is_distributed is_floating_point is_inference is_neg "
        "is_nonzero is_pinned is_same_size is_set_to is_shared is_signed is_storage is_tensor item ndimension nelement "
        "numel numpy promote_types q_per_channel_axis q_scale q_zero_point qscheme result_type size sparse_dim storage "
        "storage_offset storage_type stride tolist typename untyped_storage to_dlpack sym_float sym_int sym_ite "
        "sym_max sym_min sym_not sym_sqrt sym_sum sym_fresh_size sym_constrain_range sym_constrain_range_for_size "
        "cudnn_is_acceptable"
    ),
    "cast": (
        "to type type_as float double half bfloat16 int long short char byte bool cfloat cdouble chalf cpu cuda xpu "
        "ipu mtia pin_memory contiguous clone"
    ),
    "detach": "detach detach_copy",
    "inplace-data": "copy fill fill_diagonal zero set resize resize_as resize_as_sparse module_load apply map map2",
    "spectral": "stft istft",
    "linalg": (
        "cholesky cholesky_inverse cholesky_solve det logdet slogdet eig geqrf inverse lobpcg lstsq lu lu_solve "
        "lu_unpack matrix_exp matrix_rank orgqr ormqr pca_lowrank pinverse qr solve svd svd_lowrank symeig "
        "triangular_solve"
    ),
    "quantization": (
        "choose_qparams_optimized dequantize empty_quantized fake_quantize_per_channel_affine "
        "fake_quantize_per_tensor_affine fbgemm_linear_quantize_weight fbgemm_pack_gemm_matrix_fp16 "
        "fbgemm_pack_quantized_matrix fused_moving_avg_obs_fake_quant int_repr q_per_channel_scales "
        "q_per_channel_zero_points quantize_per_channel quantize_per_tensor quantize_per_tensor_dynamic "
        "quantized_batch_norm quantized_gru quantized_gru_cell quantized_lstm quantized_lstm_cell quantized_max_pool1d "
        "quantized_max_pool2d quantized_max_pool3d quantized_rnn_relu_cell quantized_rnn_tanh_cell"
    ),
    "sparse": (
        "ccol_indices ccol_indices_copy coalesce col_indices col_indices_copy crow_indices crow_indices_copy dsmm hsmm "
        "hspmm indices indices_copy row_indices row_indices_copy saddmm smm sparse_bsc_tensor sparse_bsr_tensor "
        "sparse_compressed_tensor sparse_coo_tensor sparse_csc_tensor sparse_csr_tensor sparse_mask sparse_resize "
        "sparse_resize_and_clear spmm sspaddmm to_dense to_mkldnn to_padded_tensor to_sparse to_sparse_bsc "
        "to_sparse_bsr to_sparse_coo to_sparse_csc to_sparse_csr values values_copy mkldnn_linear_backward_weights"
    ),
    "control": (
        "are_deterministic_algorithms_enabled assert_int_or_pair autocast_decrement_nesting autocast_increment_nesting "
        "backward boolean_dispatch classproperty clear_autocast_cache compile compiled_with_cxx11_abi cond fork "
        "get_autocast_cpu_dtype get_autocast_dtype get_autocast_gpu_dtype get_autocast_ipu_dtype "
        "get_autocast_xla_dtype get_default_device get_default_dtype get_deterministic_debug_mode get_device_module "
        "get_file_path get_float32_matmul_precision get_num_interop_threads get_num_threads handle_torch_function "
        "has_torch_function has_torch_function_unary has_torch_function_variadic import_ir_module "
        "import_ir_module_from_buffer init_num_threads initial_seed is_anomaly_check_nan_enabled is_anomaly_enabled "
        "is_autocast_cache_enabled is_autocast_cpu_enabled is_autocast_enabled is_autocast_ipu_enabled "
        "is_autocast_xla_enabled is_deterministic_algorithms_warn_only_enabled is_grad_enabled "
        "is_inference_mode_enabled is_vulkan_available is_warn_always_enabled load manual_seed "
        "merge_type_from_type_comment parse_ir parse_schema parse_type_comment prepare_multiprocessing_environment "
        "profiler_allow_cudagraph_cupti_lazy_reinit_cuda12 record_stream register_hook "
        "register_post_accumulate_grad_hook reinforce retain_grad save seed set_anomaly_enabled "
        "set_autocast_cache_enabled set_autocast_cpu_dtype set_autocast_cpu_enabled set_autocast_dtype "
        "set_autocast_enabled set_autocast_gpu_dtype set_autocast_ipu_dtype set_autocast_ipu_enabled "
        "set_autocast_xla_dtype set_autocast_xla_enabled set_default_device set_default_dtype set_default_tensor_type "
        "set_deterministic_debug_mode set_float32_matmul_precision set_flush_denormal set_num_interop_threads "
        "set_num_threads set_printoptions set_rng_state set_warn_always thread_safe_generator unify_type_list "
        "use_deterministic_algorithms vmap wait while_loop"
    ),
}

NAMESPACES: Final[dict[str, Kind]] = {
    "torch.linalg": "linalg",
    "torch.fft": "spectral",
    "torch.special": "elementwise",
    "torch.nn.init": "init",
}
"""The kind of names that `KINDS` does not list (or lists for another namespace), by namespace."""

LOCAL: Final[dict[str, Kind]] = {
    "torch.linalg.norm": "reduction",
    "torch.linalg.vector_norm": "reduction",
    "torch.linalg.diagonal": "index",
    "torch.linalg.matmul": "matmul",
    "torch.linalg.cross": "matmul",
    "torch.linalg.multi_dot": "matmul",
    "torch.linalg.vecdot": "matmul",
    "torch.linalg.matrix_power": "matmul",
    "torch.linalg.vander": "creation",
    "torch.special.expit": "activation",
    "torch.special.softmax": "softmax",
    "torch.special.log_softmax": "softmax",
    "torch.special.logsumexp": "reduction",
    "torch.fft.fftshift": "reshape",
    "torch.fft.ifftshift": "reshape",
    "torch.fft.fftfreq": "creation",
    "torch.fft.rfftfreq": "creation",
    "torch.Tensor.unfold": "reshape",
}
"""Full names whose kind differs from what the last name or the namespace says."""

_by_name: dict[str, Kind] = {}


def kind(qualname: str) -> Kind:
    """The kind of the operation with this canonical name; "other" where nothing is known."""
    if qualname in LOCAL:
        return LOCAL[qualname]
    namespace, _, name = qualname.rpartition(".")
    if namespace in NAMESPACES:
        return NAMESPACES[namespace]
    if not _by_name:
        _by_name.update((word, found) for found, text in KINDS.items() for word in text.split())
    return _by_name.get(name.removesuffix("_"), "other")
