"""The files that training may start from, beside the rows' own results."""

from experiments.schema import Classifier

# The classifiers to start from, made convolutional by `python surgery.py convert KIND ...`.
WEIGHTS = {
    "vgg16-fcn": Classifier(
        "vgg16", "VGG_ILSVRC_16_layers.caffemodel", "ilsvrc-nets/vgg16-fcn.caffemodel"
    ),
    "alexnet-fcn": Classifier(
        "caffenet", "bvlc_reference_caffenet.caffemodel", "ilsvrc-nets/alexnet-fcn.caffemodel"
    ),
    "googlenet-fcn": Classifier(
        "googlenet", "bvlc_googlenet.caffemodel", "ilsvrc-nets/googlenet-fcn.caffemodel"
    ),
}

# Files that `python -m data fetch` leaves ready to start from: (its name there, the file).
FETCHED = {
    "resnet50": ("resnet50", "ilsvrc-nets/ResNet-50-model.caffemodel"),
    "resnet101": ("resnet101", "ilsvrc-nets/ResNet-101-model.caffemodel"),
    "resnet50-deep": ("resnet50-deep", "ilsvrc-nets/resnet50-deep.caffemodel"),
    "resnet101-deep": ("resnet101-deep", "ilsvrc-nets/resnet101-deep.caffemodel"),
    "vgg16-hed": ("vgg16-hed", "ilsvrc-nets/vgg16-hed.caffemodel"),
    "resnet50-thin": ("resnet50-thin", "ilsvrc-nets/resnet50-thin.caffemodel"),
    # as published, with its BatchNorm and Scale layers
    "resnet50-thin-bn": (
        "resnet50-thin", "ilsvrc-nets/resnet50-thin/resnet_50_1by2_nsfw.caffemodel"
    ),
}  # fmt: skip

_HEAVY = ("nyud-fcn32s-color", "nyud-fcn32s-hha", "nyud-fcn32s-color-hha", "siftflow-fcn32s",
          "siftflow-fcn16s", "siftflow-fcn8s", "pascalcontext-fcn32s", "pascalcontext-fcn16s",
          "pascalcontext-fcn8s")  # fmt: skip
_FCN = {
    "voc-fcn32s": "fcn32s-heavy-pascal",
    "voc-fcn16s": "fcn16s-heavy-pascal",
    "voc-fcn8s": "fcn8s-heavy-pascal",
    "voc-fcn8s-atonce": "fcn8s-atonce-pascal",
    "voc-fcn-alexnet": "fcn-alexnet-pascal",
    **{row: f"{row}-heavy" for row in _HEAVY},
}
_PSPNET = {
    "ade20k-pspnet50": "pspnet50_ADE20K",
    "voc-pspnet101": "pspnet101_VOC2012",
    "cityscapes-pspnet101": "pspnet101_cityscapes",
}
# The authors' trained nets, by row: what to `python -m data fetch`, and the file's stem.
PUBLISHED = {
    **{row: ("published-fcn-weights", stem) for row, stem in _FCN.items()},
    **{row: ("published-pspnet-weights", stem) for row, stem in _PSPNET.items()},
}
