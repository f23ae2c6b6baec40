"""Model builders of torchvision: their new parameter, the old one, what True meant (`None`: nothing; empty: it depends).

Read from the decorators of torchvision 0.29.2: that package is not needed to build or test this one. The script
`scripts/torchapi_torchvision.py` holds the table against its sources.
Each value: the defining module, at which position the first of them could be given, and `new=old:weights` for each.
"""

from typing import Final

BUILDERS: Final[dict[str, tuple[str, int, str]]] = {
    "torchvision.models.alexnet": (
        "torchvision.models.alexnet",
        0,
        "weights=pretrained:torchvision.models.AlexNet_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.convnext_base": (
        "torchvision.models.convnext",
        0,
        "weights=pretrained:torchvision.models.ConvNeXt_Base_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.convnext_large": (
        "torchvision.models.convnext",
        0,
        "weights=pretrained:torchvision.models.ConvNeXt_Large_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.convnext_small": (
        "torchvision.models.convnext",
        0,
        "weights=pretrained:torchvision.models.ConvNeXt_Small_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.convnext_tiny": (
        "torchvision.models.convnext",
        0,
        "weights=pretrained:torchvision.models.ConvNeXt_Tiny_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.densenet121": (
        "torchvision.models.densenet",
        0,
        "weights=pretrained:torchvision.models.DenseNet121_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.densenet161": (
        "torchvision.models.densenet",
        0,
        "weights=pretrained:torchvision.models.DenseNet161_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.densenet169": (
        "torchvision.models.densenet",
        0,
        "weights=pretrained:torchvision.models.DenseNet169_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.densenet201": (
        "torchvision.models.densenet",
        0,
        "weights=pretrained:torchvision.models.DenseNet201_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.detection.fasterrcnn_mobilenet_v3_large_320_fpn": (
        "torchvision.models.detection.faster_rcnn",
        0,
        "weights=pretrained:torchvision.models.detection.FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.COCO_V1 weights_backbone=pretrained_backbone:torchvision.models.MobileNet_V3_Large_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.detection.fasterrcnn_mobilenet_v3_large_fpn": (
        "torchvision.models.detection.faster_rcnn",
        0,
        "weights=pretrained:torchvision.models.detection.FasterRCNN_MobileNet_V3_Large_FPN_Weights.COCO_V1 weights_backbone=pretrained_backbone:torchvision.models.MobileNet_V3_Large_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.detection.fasterrcnn_resnet50_fpn": (
        "torchvision.models.detection.faster_rcnn",
        0,
        "weights=pretrained:torchvision.models.detection.FasterRCNN_ResNet50_FPN_Weights.COCO_V1 weights_backbone=pretrained_backbone:torchvision.models.ResNet50_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.detection.fasterrcnn_resnet50_fpn_v2": (
        "torchvision.models.detection.faster_rcnn",
        0,
        "weights=pretrained:torchvision.models.detection.FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1 weights_backbone=pretrained_backbone:torchvision.models.ResNet50_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.detection.fcos_resnet50_fpn": (
        "torchvision.models.detection.fcos",
        0,
        "weights=pretrained:torchvision.models.detection.FCOS_ResNet50_FPN_Weights.COCO_V1 weights_backbone=pretrained_backbone:torchvision.models.ResNet50_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.detection.keypointrcnn_resnet50_fpn": (
        "torchvision.models.detection.keypoint_rcnn",
        0,
        "weights=pretrained: weights_backbone=pretrained_backbone:torchvision.models.ResNet50_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.detection.maskrcnn_resnet50_fpn": (
        "torchvision.models.detection.mask_rcnn",
        0,
        "weights=pretrained:torchvision.models.detection.MaskRCNN_ResNet50_FPN_Weights.COCO_V1 weights_backbone=pretrained_backbone:torchvision.models.ResNet50_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.detection.maskrcnn_resnet50_fpn_v2": (
        "torchvision.models.detection.mask_rcnn",
        0,
        "weights=pretrained:torchvision.models.detection.MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1 weights_backbone=pretrained_backbone:torchvision.models.ResNet50_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.detection.mobilenet_backbone": (
        "torchvision.models.detection.backbone_utils",
        1,
        "weights=pretrained:",
    ),
    "torchvision.models.detection.resnet_fpn_backbone": (
        "torchvision.models.detection.backbone_utils",
        1,
        "weights=pretrained:",
    ),
    "torchvision.models.detection.retinanet_resnet50_fpn": (
        "torchvision.models.detection.retinanet",
        0,
        "weights=pretrained:torchvision.models.detection.RetinaNet_ResNet50_FPN_Weights.COCO_V1 weights_backbone=pretrained_backbone:torchvision.models.ResNet50_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.detection.retinanet_resnet50_fpn_v2": (
        "torchvision.models.detection.retinanet",
        0,
        "weights=pretrained:torchvision.models.detection.RetinaNet_ResNet50_FPN_V2_Weights.COCO_V1 weights_backbone=pretrained_backbone:torchvision.models.ResNet50_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.detection.ssd300_vgg16": (
        "torchvision.models.detection.ssd",
        0,
        "weights=pretrained:torchvision.models.detection.SSD300_VGG16_Weights.COCO_V1 weights_backbone=pretrained_backbone:torchvision.models.VGG16_Weights.IMAGENET1K_FEATURES",
    ),
    "torchvision.models.detection.ssdlite320_mobilenet_v3_large": (
        "torchvision.models.detection.ssdlite",
        0,
        "weights=pretrained:torchvision.models.detection.SSDLite320_MobileNet_V3_Large_Weights.COCO_V1 weights_backbone=pretrained_backbone:torchvision.models.MobileNet_V3_Large_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.efficientnet_b0": (
        "torchvision.models.efficientnet",
        0,
        "weights=pretrained:torchvision.models.EfficientNet_B0_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.efficientnet_b1": (
        "torchvision.models.efficientnet",
        0,
        "weights=pretrained:torchvision.models.EfficientNet_B1_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.efficientnet_b2": (
        "torchvision.models.efficientnet",
        0,
        "weights=pretrained:torchvision.models.EfficientNet_B2_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.efficientnet_b3": (
        "torchvision.models.efficientnet",
        0,
        "weights=pretrained:torchvision.models.EfficientNet_B3_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.efficientnet_b4": (
        "torchvision.models.efficientnet",
        0,
        "weights=pretrained:torchvision.models.EfficientNet_B4_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.efficientnet_b5": (
        "torchvision.models.efficientnet",
        0,
        "weights=pretrained:torchvision.models.EfficientNet_B5_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.efficientnet_b6": (
        "torchvision.models.efficientnet",
        0,
        "weights=pretrained:torchvision.models.EfficientNet_B6_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.efficientnet_b7": (
        "torchvision.models.efficientnet",
        0,
        "weights=pretrained:torchvision.models.EfficientNet_B7_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.efficientnet_v2_l": (
        "torchvision.models.efficientnet",
        0,
        "weights=pretrained:torchvision.models.EfficientNet_V2_L_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.efficientnet_v2_m": (
        "torchvision.models.efficientnet",
        0,
        "weights=pretrained:torchvision.models.EfficientNet_V2_M_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.efficientnet_v2_s": (
        "torchvision.models.efficientnet",
        0,
        "weights=pretrained:torchvision.models.EfficientNet_V2_S_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.googlenet": (
        "torchvision.models.googlenet",
        0,
        "weights=pretrained:torchvision.models.GoogLeNet_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.inception_v3": (
        "torchvision.models.inception",
        0,
        "weights=pretrained:torchvision.models.Inception_V3_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.maxvit_t": (
        "torchvision.models.maxvit",
        0,
        "weights=pretrained:torchvision.models.MaxVit_T_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.mnasnet0_5": (
        "torchvision.models.mnasnet",
        0,
        "weights=pretrained:torchvision.models.MNASNet0_5_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.mnasnet0_75": (
        "torchvision.models.mnasnet",
        0,
        "weights=pretrained:torchvision.models.MNASNet0_75_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.mnasnet1_0": (
        "torchvision.models.mnasnet",
        0,
        "weights=pretrained:torchvision.models.MNASNet1_0_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.mnasnet1_3": (
        "torchvision.models.mnasnet",
        0,
        "weights=pretrained:torchvision.models.MNASNet1_3_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.mobilenet_v2": (
        "torchvision.models.mobilenetv2",
        0,
        "weights=pretrained:torchvision.models.MobileNet_V2_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.mobilenet_v3_large": (
        "torchvision.models.mobilenetv3",
        0,
        "weights=pretrained:torchvision.models.MobileNet_V3_Large_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.mobilenet_v3_small": (
        "torchvision.models.mobilenetv3",
        0,
        "weights=pretrained:torchvision.models.MobileNet_V3_Small_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.optical_flow.raft_large": (
        "torchvision.models.optical_flow.raft",
        0,
        "weights=pretrained:torchvision.models.optical_flow.Raft_Large_Weights.C_T_SKHT_V2",
    ),
    "torchvision.models.optical_flow.raft_small": (
        "torchvision.models.optical_flow.raft",
        0,
        "weights=pretrained:torchvision.models.optical_flow.Raft_Small_Weights.C_T_V2",
    ),
    "torchvision.models.quantization.googlenet": (
        "torchvision.models.quantization.googlenet",
        0,
        "weights=pretrained:",
    ),
    "torchvision.models.quantization.inception_v3": (
        "torchvision.models.quantization.inception",
        0,
        "weights=pretrained:",
    ),
    "torchvision.models.quantization.mobilenet_v2": (
        "torchvision.models.quantization.mobilenetv2",
        0,
        "weights=pretrained:",
    ),
    "torchvision.models.quantization.mobilenet_v3_large": (
        "torchvision.models.quantization.mobilenetv3",
        0,
        "weights=pretrained:",
    ),
    "torchvision.models.quantization.resnet18": ("torchvision.models.quantization.resnet", 0, "weights=pretrained:"),
    "torchvision.models.quantization.resnet50": ("torchvision.models.quantization.resnet", 0, "weights=pretrained:"),
    "torchvision.models.quantization.resnext101_32x8d": (
        "torchvision.models.quantization.resnet",
        0,
        "weights=pretrained:",
    ),
    "torchvision.models.quantization.resnext101_64x4d": (
        "torchvision.models.quantization.resnet",
        0,
        "weights=pretrained:",
    ),
    "torchvision.models.quantization.shufflenet_v2_x0_5": (
        "torchvision.models.quantization.shufflenetv2",
        0,
        "weights=pretrained:",
    ),
    "torchvision.models.quantization.shufflenet_v2_x1_0": (
        "torchvision.models.quantization.shufflenetv2",
        0,
        "weights=pretrained:",
    ),
    "torchvision.models.quantization.shufflenet_v2_x1_5": (
        "torchvision.models.quantization.shufflenetv2",
        0,
        "weights=pretrained:",
    ),
    "torchvision.models.quantization.shufflenet_v2_x2_0": (
        "torchvision.models.quantization.shufflenetv2",
        0,
        "weights=pretrained:",
    ),
    "torchvision.models.regnet_x_16gf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_X_16GF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_x_1_6gf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_X_1_6GF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_x_32gf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_X_32GF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_x_3_2gf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_X_3_2GF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_x_400mf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_X_400MF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_x_800mf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_X_800MF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_x_8gf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_X_8GF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_y_128gf": ("torchvision.models.regnet", 0, "weights=pretrained:None"),
    "torchvision.models.regnet_y_16gf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_Y_16GF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_y_1_6gf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_Y_1_6GF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_y_32gf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_Y_32GF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_y_3_2gf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_Y_3_2GF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_y_400mf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_Y_400MF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_y_800mf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_Y_800MF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.regnet_y_8gf": (
        "torchvision.models.regnet",
        0,
        "weights=pretrained:torchvision.models.RegNet_Y_8GF_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.resnet101": (
        "torchvision.models.resnet",
        0,
        "weights=pretrained:torchvision.models.ResNet101_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.resnet152": (
        "torchvision.models.resnet",
        0,
        "weights=pretrained:torchvision.models.ResNet152_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.resnet18": (
        "torchvision.models.resnet",
        0,
        "weights=pretrained:torchvision.models.ResNet18_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.resnet34": (
        "torchvision.models.resnet",
        0,
        "weights=pretrained:torchvision.models.ResNet34_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.resnet50": (
        "torchvision.models.resnet",
        0,
        "weights=pretrained:torchvision.models.ResNet50_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.resnext101_32x8d": (
        "torchvision.models.resnet",
        0,
        "weights=pretrained:torchvision.models.ResNeXt101_32X8D_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.resnext101_64x4d": (
        "torchvision.models.resnet",
        0,
        "weights=pretrained:torchvision.models.ResNeXt101_64X4D_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.resnext50_32x4d": (
        "torchvision.models.resnet",
        0,
        "weights=pretrained:torchvision.models.ResNeXt50_32X4D_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.segmentation.deeplabv3_mobilenet_v3_large": (
        "torchvision.models.segmentation.deeplabv3",
        0,
        "weights=pretrained:torchvision.models.segmentation.DeepLabV3_MobileNet_V3_Large_Weights.COCO_WITH_VOC_LABELS_V1 weights_backbone=pretrained_backbone:torchvision.models.MobileNet_V3_Large_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.segmentation.deeplabv3_resnet101": (
        "torchvision.models.segmentation.deeplabv3",
        0,
        "weights=pretrained:torchvision.models.segmentation.DeepLabV3_ResNet101_Weights.COCO_WITH_VOC_LABELS_V1 weights_backbone=pretrained_backbone:torchvision.models.ResNet101_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.segmentation.deeplabv3_resnet50": (
        "torchvision.models.segmentation.deeplabv3",
        0,
        "weights=pretrained:torchvision.models.segmentation.DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1 weights_backbone=pretrained_backbone:torchvision.models.ResNet50_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.segmentation.fcn_resnet101": (
        "torchvision.models.segmentation.fcn",
        0,
        "weights=pretrained:torchvision.models.segmentation.FCN_ResNet101_Weights.COCO_WITH_VOC_LABELS_V1 weights_backbone=pretrained_backbone:torchvision.models.ResNet101_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.segmentation.fcn_resnet50": (
        "torchvision.models.segmentation.fcn",
        0,
        "weights=pretrained:torchvision.models.segmentation.FCN_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1 weights_backbone=pretrained_backbone:torchvision.models.ResNet50_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.segmentation.lraspp_mobilenet_v3_large": (
        "torchvision.models.segmentation.lraspp",
        0,
        "weights=pretrained:torchvision.models.segmentation.LRASPP_MobileNet_V3_Large_Weights.COCO_WITH_VOC_LABELS_V1 weights_backbone=pretrained_backbone:torchvision.models.MobileNet_V3_Large_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.shufflenet_v2_x0_5": (
        "torchvision.models.shufflenetv2",
        0,
        "weights=pretrained:torchvision.models.ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.shufflenet_v2_x1_0": (
        "torchvision.models.shufflenetv2",
        0,
        "weights=pretrained:torchvision.models.ShuffleNet_V2_X1_0_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.shufflenet_v2_x1_5": (
        "torchvision.models.shufflenetv2",
        0,
        "weights=pretrained:torchvision.models.ShuffleNet_V2_X1_5_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.shufflenet_v2_x2_0": (
        "torchvision.models.shufflenetv2",
        0,
        "weights=pretrained:torchvision.models.ShuffleNet_V2_X2_0_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.squeezenet1_0": (
        "torchvision.models.squeezenet",
        0,
        "weights=pretrained:torchvision.models.SqueezeNet1_0_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.squeezenet1_1": (
        "torchvision.models.squeezenet",
        0,
        "weights=pretrained:torchvision.models.SqueezeNet1_1_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.swin_b": (
        "torchvision.models.swin_transformer",
        0,
        "weights=pretrained:torchvision.models.Swin_B_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.swin_s": (
        "torchvision.models.swin_transformer",
        0,
        "weights=pretrained:torchvision.models.Swin_S_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.swin_t": (
        "torchvision.models.swin_transformer",
        0,
        "weights=pretrained:torchvision.models.Swin_T_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.swin_v2_b": (
        "torchvision.models.swin_transformer",
        0,
        "weights=pretrained:torchvision.models.Swin_V2_B_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.swin_v2_s": (
        "torchvision.models.swin_transformer",
        0,
        "weights=pretrained:torchvision.models.Swin_V2_S_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.swin_v2_t": (
        "torchvision.models.swin_transformer",
        0,
        "weights=pretrained:torchvision.models.Swin_V2_T_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.vgg11": (
        "torchvision.models.vgg",
        0,
        "weights=pretrained:torchvision.models.VGG11_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.vgg11_bn": (
        "torchvision.models.vgg",
        0,
        "weights=pretrained:torchvision.models.VGG11_BN_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.vgg13": (
        "torchvision.models.vgg",
        0,
        "weights=pretrained:torchvision.models.VGG13_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.vgg13_bn": (
        "torchvision.models.vgg",
        0,
        "weights=pretrained:torchvision.models.VGG13_BN_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.vgg16": (
        "torchvision.models.vgg",
        0,
        "weights=pretrained:torchvision.models.VGG16_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.vgg16_bn": (
        "torchvision.models.vgg",
        0,
        "weights=pretrained:torchvision.models.VGG16_BN_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.vgg19": (
        "torchvision.models.vgg",
        0,
        "weights=pretrained:torchvision.models.VGG19_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.vgg19_bn": (
        "torchvision.models.vgg",
        0,
        "weights=pretrained:torchvision.models.VGG19_BN_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.video.mc3_18": (
        "torchvision.models.video.resnet",
        0,
        "weights=pretrained:torchvision.models.video.MC3_18_Weights.KINETICS400_V1",
    ),
    "torchvision.models.video.mvit_v1_b": (
        "torchvision.models.video.mvit",
        0,
        "weights=pretrained:torchvision.models.video.MViT_V1_B_Weights.KINETICS400_V1",
    ),
    "torchvision.models.video.mvit_v2_s": (
        "torchvision.models.video.mvit",
        0,
        "weights=pretrained:torchvision.models.video.MViT_V2_S_Weights.KINETICS400_V1",
    ),
    "torchvision.models.video.r2plus1d_18": (
        "torchvision.models.video.resnet",
        0,
        "weights=pretrained:torchvision.models.video.R2Plus1D_18_Weights.KINETICS400_V1",
    ),
    "torchvision.models.video.r3d_18": (
        "torchvision.models.video.resnet",
        0,
        "weights=pretrained:torchvision.models.video.R3D_18_Weights.KINETICS400_V1",
    ),
    "torchvision.models.video.s3d": (
        "torchvision.models.video.s3d",
        0,
        "weights=pretrained:torchvision.models.video.S3D_Weights.KINETICS400_V1",
    ),
    "torchvision.models.video.swin3d_b": (
        "torchvision.models.video.swin_transformer",
        0,
        "weights=pretrained:torchvision.models.video.Swin3D_B_Weights.KINETICS400_V1",
    ),
    "torchvision.models.video.swin3d_s": (
        "torchvision.models.video.swin_transformer",
        0,
        "weights=pretrained:torchvision.models.video.Swin3D_S_Weights.KINETICS400_V1",
    ),
    "torchvision.models.video.swin3d_t": (
        "torchvision.models.video.swin_transformer",
        0,
        "weights=pretrained:torchvision.models.video.Swin3D_T_Weights.KINETICS400_V1",
    ),
    "torchvision.models.vit_b_16": (
        "torchvision.models.vision_transformer",
        0,
        "weights=pretrained:torchvision.models.ViT_B_16_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.vit_b_32": (
        "torchvision.models.vision_transformer",
        0,
        "weights=pretrained:torchvision.models.ViT_B_32_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.vit_h_14": ("torchvision.models.vision_transformer", 0, "weights=pretrained:None"),
    "torchvision.models.vit_l_16": (
        "torchvision.models.vision_transformer",
        0,
        "weights=pretrained:torchvision.models.ViT_L_16_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.vit_l_32": (
        "torchvision.models.vision_transformer",
        0,
        "weights=pretrained:torchvision.models.ViT_L_32_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.wide_resnet101_2": (
        "torchvision.models.resnet",
        0,
        "weights=pretrained:torchvision.models.Wide_ResNet101_2_Weights.IMAGENET1K_V1",
    ),
    "torchvision.models.wide_resnet50_2": (
        "torchvision.models.resnet",
        0,
        "weights=pretrained:torchvision.models.Wide_ResNet50_2_Weights.IMAGENET1K_V1",
    ),
}
