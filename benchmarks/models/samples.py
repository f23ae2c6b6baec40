"""The models that are probed, as FILE:CLASS under `site-packages`: the thirty of the figure, thirty others, to see
that it holds beyond them, and thirty from further packages, chosen before any of them was probed. All are samples:
nothing in actlint knows any of them.
"""

from __future__ import annotations

VERSIONS = (
    "vit-pytorch==1.26.11", "x-transformers==2.31.10", "torchvision==0.28.0", "timm==1.0.31", "g-mlp-pytorch==0.1.5",
    "perceiver-pytorch==0.11.0", "conformer==0.3.2", "tab-transformer-pytorch==0.6.1", "nystrom-attention==0.0.14",
    "egnn-pytorch==0.2.8", "slot-attention==1.5.2", "vector-quantize-pytorch==1.32.0", "axial-attention==0.6.1",
    "linear-attention-transformer==0.19.1", "local-attention==1.11.2", "linformer==0.2.3",
)  # fmt: skip
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
        "normalized_vit:nViT", "simple_uvit:SimpleUViT", "simple_vit_3d:SimpleViT", "vivit:ViViT", "vit_nd:ViTND",
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

FURTHER = (
    "g_mlp_pytorch/g_mlp_pytorch.py:gMLP",
    "g_mlp_pytorch/g_mlp_pytorch.py:gMLPVision",
    "perceiver_pytorch/perceiver_pytorch.py:Perceiver",
    "perceiver_pytorch/perceiver_io.py:PerceiverLM",
    "conformer/conformer.py:Conformer",
    "tab_transformer_pytorch/ft_transformer.py:FTTransformer",
    "tab_transformer_pytorch/tab_transformer_pytorch.py:TabTransformer",
    "nystrom_attention/nystrom_attention.py:Nystromformer",
    "egnn_pytorch/egnn_pytorch.py:EGNN_Network",
    "slot_attention/slot_attention.py:SlotAttention",
    "vector_quantize_pytorch/vector_quantize_pytorch.py:VectorQuantize",
    "axial_attention/axial_attention.py:AxialImageTransformer",
    "linear_attention_transformer/linear_attention_transformer.py:LinearAttentionTransformerLM",
    "local_attention/transformer.py:LocalTransformer",
    "linformer/linformer.py:LinformerLM",
    *(_VIT.format(*each.split(":")) for each in (
        "vit_with_patch_merger:ViT", "simple_vit_with_fft:SimpleViT", "na_vit:NaViT",
    )),
    *(_X.format(*each.split(":")) for each in (
        "multi_input:MultiInputTransformerWrapper", "gpt_vae:GPTVAE",
        "nonautoregressive_wrapper:NonAutoregressiveWrapper",
    )),
    *(f"torchvision/models/{each}" for each in (
        "shufflenetv2.py:ShuffleNetV2", "squeezenet.py:SqueezeNet", "convnext.py:ConvNeXt", "regnet.py:RegNet",
    )),
    *(f"timm/models/{each}" for each in (
        "mlp_mixer.py:MlpMixer", "vision_transformer.py:VisionTransformer", "ghostnet.py:GhostNet",
        "pvt_v2.py:PyramidVisionTransformerV2", "xception.py:Xception",
    )),
)  # fmt: skip
