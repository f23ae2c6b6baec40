"""The models that are probed, as FILE:CLASS under `site-packages`: the thirty of the figure, and thirty others, to see
that it holds beyond them. Both are samples: nothing in actlint knows any of them.
"""

from __future__ import annotations

VERSIONS = ("vit-pytorch==1.26.11", "x-transformers==2.31.10", "torchvision==0.28.0")
"""What the interpreter must have: `pip install` these beside torch."""

_VIT = "vit_pytorch/{}.py:{}"
_X = "x_transformers/{}.py:{}"

THIRTY = (
    *(_VIT.format(*each.split(":")) for each in (
        "vit:ViT", "simple_vit:SimpleViT", "cait:CaiT", "deepvit:DeepViT", "cct:CCT", "cross_vit:CrossViT",
        "crossformer:CrossFormer", "cvt:CvT", "levit:LeViT", "pit:PiT", "t2t:T2TViT", "twins_svt:TwinsSVT",
        "regionvit:RegionViT", "scalable_vit:ScalableViT", "nest:NesT", "mobile_vit:MobileViT", "local_vit:LocalViT",
        "rvt:RvT", "parallel_vit:ViT", "vit_for_small_dataset:ViT", "vit_1d:ViT", "vit_3d:ViT",
        "simple_vit_1d:SimpleViT", "ats_vit:ViT",
    )),
    *(_X.format("x_transformers", each) for each in (
        "TransformerWrapper", "Encoder", "Decoder", "ViTransformerWrapper", "Attention", "XTransformer",
    )),
)  # fmt: skip

OTHERS = (
    *(_VIT.format(*each.split(":")) for each in (
        "max_vit:MaxViT", "sep_vit:SepViT", "xcit:XCiT", "cct_3d:CCT", "look_vit:LookViT", "jumbo_vit:JumboViT",
        "normalized_vit:nViT", "simple_uvit:SimpleUViT", "simple_vit_3d:SimpleViT", "vivit:ViT", "vit_nd:ViTND",
        "efficient:ViT", "mae:MAE", "simmim:SimMIM", "distill:DistillableViT", "learnable_memory_vit:ViT",
    )),
    *(_X.format(*each.split(":")) for each in (
        "continuous:ContinuousTransformerWrapper", "autoregressive_wrapper:AutoregressiveWrapper",
        "x_transformers:FeedForward", "x_transformers:AttentionLayers", "x_transformers:CrossAttender",
        "neo_mlp:NeoMLP", "xval:XValTransformerWrapper",
    )),
    *(f"torchvision/models/{each}" for each in (
        "resnet.py:ResNet", "vgg.py:VGG", "densenet.py:DenseNet", "mobilenetv2.py:MobileNetV2",
        "googlenet.py:GoogLeNet", "efficientnet.py:EfficientNet", "swin_transformer.py:SwinTransformer",
    )),
)  # fmt: skip
