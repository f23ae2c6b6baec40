"""What the operators and layers of `torchvision.ops`, and the functional transforms, do, in the words of torch's own
tables. Read from 0.29.2.

Only what is one operation on tensors is here; blocks made of layers are not.
"""

from __future__ import annotations

from typing import Final

from actlint.torchapi.op import Alias, Kind, Layer

_TRANSFORMS: Final[dict[str, tuple[Alias, str]]] = {
    "convert_image_dtype": ("maybe", "@image dtype=..."),
    "normalize": ("maybe", "@tensor mean std inplace=False"),
    "resize": ("maybe", "@img size interpolation=... max_size=None antialias=True"),
    "pad": ("maybe", "@img padding fill=0 padding_mode='constant'"),
    "crop": ("maybe", "@img top left height width"),
    "center_crop": ("maybe", "@img output_size"),
    "resized_crop": ("maybe", "@img top left height width size interpolation=... antialias=True"),
    "hflip": ("fresh", "@img"),
    "vflip": ("fresh", "@img"),
    "perspective": ("fresh", "@img startpoints endpoints interpolation=... fill=None"),
    "adjust_brightness": ("fresh", "@img brightness_factor"),
    "adjust_contrast": ("fresh", "@img contrast_factor"),
    "adjust_saturation": ("maybe", "@img saturation_factor"),
    "adjust_hue": ("maybe", "@img hue_factor"),
    "adjust_gamma": ("fresh", "@img gamma gain=1"),
    "rotate": ("fresh", "@img angle interpolation=... expand=False center=None fill=None"),
    "affine": ("fresh", "@img angle translate scale shear interpolation=... fill=None center=None"),
    "rgb_to_grayscale": ("maybe", "@img num_output_channels=1"),
    "erase": ("maybe", "@img i j h w @v inplace=False"),
    "gaussian_blur": ("fresh", "@img kernel_size sigma=None"),
    "invert": ("fresh", "@img"),
    "posterize": ("fresh", "@img bits"),
    "solarize": ("fresh", "@img threshold"),
    "adjust_sharpness": ("maybe", "@img sharpness_factor"),
    "autocontrast": ("fresh", "@img"),
    "equalize": ("fresh", "@img"),
    "elastic_transform": ("fresh", "@img @displacement interpolation=... fill=None"),
}
"""Functions of `torchvision.transforms.functional` that give one image for one, a tensor for a tensor."""

_ROI: Final = "@input @boxes output_size spatial_scale=1.0"

FUNCTIONS: Final[dict[str, tuple[Kind, Alias, str]]] = {
    "torchvision.ops.nms": ("index", "fresh", "@boxes @scores iou_threshold"),
    "torchvision.ops.batched_nms": ("index", "fresh", "@boxes @scores @idxs iou_threshold"),
    "torchvision.ops.box_area": ("reduction", "fresh", "@boxes"),
    "torchvision.ops.box_convert": ("other", "maybe", "@boxes in_fmt out_fmt"),
    "torchvision.ops.box_iou": ("distance", "fresh", "@boxes1 @boxes2 fmt='xyxy'"),
    "torchvision.ops.generalized_box_iou": ("distance", "fresh", "@boxes1 @boxes2"),
    "torchvision.ops.clip_boxes_to_image": ("elementwise", "fresh", "@boxes size"),
    "torchvision.ops.remove_small_boxes": ("index", "fresh", "@boxes min_size"),
    "torchvision.ops.masks_to_boxes": ("reduction", "fresh", "@masks"),
    "torchvision.ops.roi_align": ("pooling", "fresh", f"{_ROI} sampling_ratio=-1 aligned=False"),
    "torchvision.ops.roi_pool": ("pooling", "fresh", _ROI),
    "torchvision.ops.ps_roi_align": ("pooling", "fresh", f"{_ROI} sampling_ratio=-1"),
    "torchvision.ops.ps_roi_pool": ("pooling", "fresh", _ROI),
    "torchvision.ops.deform_conv2d": (
        "affine",
        "fresh",
        "@input @offset @weight @bias=None stride=... padding=... dilation=... @mask=None",
    ),
    "torchvision.ops.sigmoid_focal_loss": ("loss", "fresh", "@inputs @targets alpha=0.25 gamma=2 reduction='none'"),
    "torchvision.ops.generalized_box_iou_loss": ("loss", "fresh", "@boxes1 @boxes2 reduction='none' eps=1e-7"),
    "torchvision.ops.stochastic_depth": ("dropout", "maybe", "@input p mode training=True"),
    "torch.ops.torchvision.nms": ("index", "fresh", "@dets @scores iou_threshold"),
    "torch.ops.torchvision.roi_align": (
        "pooling",
        "fresh",
        "@input @rois spatial_scale pooled_height pooled_width sampling_ratio aligned",
    ),
    "torch.ops.torchvision.roi_pool": (
        "pooling",
        "fresh",
        "@input @rois spatial_scale pooled_height pooled_width -> tensors",
    ),
    "torch.ops.torchvision.ps_roi_align": (
        "pooling",
        "fresh",
        "@input @rois spatial_scale pooled_height pooled_width sampling_ratio -> tensors",
    ),
    "torch.ops.torchvision.ps_roi_pool": (
        "pooling",
        "fresh",
        "@input @rois spatial_scale pooled_height pooled_width -> tensors",
    ),
    "torch.ops.torchvision.deform_conv2d": (
        "affine",
        "fresh",
        "@input @weight @offset @mask @bias stride_h stride_w pad_h pad_w dil_h dil_w groups offset_groups use_mask",
    ),
    **{f"torchvision.transforms.functional.{name}": ("other", *entry) for name, entry in _TRANSFORMS.items()},
}
"""Kind, alias and signature (in the language of `tables/signatures.py`) of a function."""

_OPS: Final = "torchvision.ops"

HOMES: Final[dict[str, str]] = {
    f"{_OPS}.{name}": _OPS
    for name in (
        "boxes",
        "deform_conv",
        "focal_loss",
        "giou_loss",
        "misc",
        "ps_roi_align",
        "ps_roi_pool",
        "roi_align",
        "roi_pool",
        "stochastic_depth",
    )
}
"""Modules that define what another one exports."""

LAYERS: Final[dict[str, Layer]] = {
    "torchvision.ops.StochasticDepth": Layer("dropout", "maybe", "p mode", "@input", "p mode"),
    "torchvision.ops.Permute": Layer("reshape", "view", "dims", "@x", "dims"),
    "torchvision.ops.FrozenBatchNorm2d": Layer(
        "normalization", "fresh", "num_features eps=1e-05", "@x", "eps weight bias running_mean running_var"
    ),
    "torchvision.ops.RoIAlign": Layer(
        "pooling",
        "fresh",
        "output_size spatial_scale sampling_ratio aligned=False",
        "@input @rois",
        "output_size spatial_scale sampling_ratio aligned",
    ),
    "torchvision.ops.RoIPool": Layer(
        "pooling", "fresh", "output_size spatial_scale", "@input @rois", "output_size spatial_scale"
    ),
    "torchvision.ops.DeformConv2d": Layer(
        "affine",
        "fresh",
        "in_channels out_channels kernel_size stride=1 padding=0 dilation=1 groups=1 bias=True",
        "@input @offset @mask=None",
        "in_channels out_channels kernel_size stride padding dilation groups weight bias",
        parametric=True,
    ),
}
