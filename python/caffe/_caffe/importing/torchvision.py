"""torchvision's FCN and DeepLabv3 on ResNets, and VGG16, as Caffe nets with their weights.

The nets are drawn from the state dict: widths, depths and classes are its arrays' shapes. They take
pictures as Caffe's do, BGR from 0 to 255 less MEAN; torchvision's RGB from 0 to 1, less its mean
and by its deviation, is folded into the first convolution. Layer names are those of the nets
published for Caffe: res2a_branch2a, conv1_1, fc6.

Maps agree with torchvision's (`resnet.py`, `segmentation/*.py`, `vgg.py`) at 1/8 of the picture's
size, as do labels where that is a multiple of 8; the last Deconvolution fades to 0 within 4 pixels
of the border, where torchvision's interpolation goes on with the edge's scores.
"""

import os

import numpy as np
import torch

from ..errors import CaffeError, NetError, nearest
from ..export.agreement import TOLERANCE, difference, give
from .draft import Draft
from .state_dict import read_state_dict
from .torchvision_plain import BATCH_NORM_EPS, RATES, Plain

KINDS = ("deeplabv3_resnet101", "deeplabv3_resnet50", "fcn_resnet101", "fcn_resnet50", "vgg16")
MEAN = np.array((103.53, 116.28, 123.675))  # 255 x (0.406, 0.456, 0.485), BGR
DEVIATION = 255 * np.array((0.225, 0.224, 0.229))
SIDE = {"vgg16": 224}  # pixels of the picture that proves a conversion; others take any size


def import_torchvision(
    kind: str, path: str | os.PathLike, prototxt: str | os.PathLike, weights: str | os.PathLike
) -> float:
    """Write a state dict as prototxt and caffemodel; see `caffe.importing.torchvision`."""
    if kind not in KINDS:
        raise CaffeError(f"model {kind!r} is not among {', '.join(KINDS)}{nearest(kind, KINDS)}")
    state = {k: v for k, v in read_state_dict(path).items() if not k.startswith("aux_")}
    drawn = _Drawing(kind, state)
    score = drawn.vgg() if kind == "vgg16" else drawn.segmentation(kind.startswith("deeplab"))
    if drawn.unused:
        raise NetError(f"{path} is no {kind}: it has {', '.join(sorted(drawn.unused)[:4])} besides")
    net = drawn.draft.net()
    share = _difference(kind, state, net, score)
    if not share <= TOLERANCE:
        raise NetError(f"the net's scores differ from torch's by {share:.1e}; nothing written")
    drawn.draft.write(net, prototxt, weights)
    return share


def _difference(kind, state, net, score) -> float:
    """Return how far the net's scores of one picture are from torch's, by the largest."""
    side = SIDE.get(kind, 97)
    picture = np.random.default_rng(0).uniform(0, 255, (1, 3, side, side))  # BGR
    picture -= MEAN[:, None, None]
    give(net, {"data": picture})
    net.run_forward()
    x = torch.from_numpy((picture / DEVIATION[:, None, None])[:, ::-1].copy()).float()
    with torch.no_grad():
        want = Plain(state).scores(kind, x).numpy()
    return difference(net.built.by_name[score].data, want)


class _Drawing:
    """Draws a net over the arrays of a state dict, each of which is used once."""

    def __init__(self, kind: str, state: dict[str, torch.Tensor]):
        self.kind, self.state = kind, state
        self.unused = {name for name in state if not name.endswith("num_batches_tracked")}
        self.draft = Draft(kind)
        side = SIDE.get(kind, 520)
        self.draft.input("data", (1, 3, side, side))

    def take(self, name: str) -> np.ndarray:
        """Return one array."""
        if name not in self.state:
            raise NetError(f"the state dict is no {self.kind}: it has no {name!r}")
        self.unused.discard(name)
        return self.state[name].numpy()

    def has(self, prefix: str) -> bool:
        """Return whether the state dict has arrays below this name."""
        return any(name.startswith(prefix) for name in self.state)

    # -- units

    def conv(self, name, source, bottom, bias=False, **fields) -> str:
        kernel = self.take(f"{source}.weight")
        if bottom == "data":  # RGB, by their deviation, as BGR
            kernel = kernel[:, ::-1] / DEVIATION[:, None, None]
        fields = dict(
            num_output=len(kernel), kernel_size=[kernel.shape[2]], bias_term=bias, **fields
        )
        arrays = [kernel, self.take(f"{source}.bias")] if bias else [kernel]
        return self.draft.layer(
            "Convolution", name, bottom, arrays=arrays, convolution_param=fields
        )

    def relu(self, name, bottom) -> str:
        return self.draft.layer("ReLU", name, bottom, top=bottom)

    def normal(self, name, scale, source, bottom) -> str:
        """BatchNorm and Scale, in place."""
        mean, variance, weight, bias = (
            self.take(f"{source}.{n}") for n in ("running_mean", "running_var", "weight", "bias")
        )
        self.draft.layer(
            "BatchNorm", name, bottom, top=bottom, arrays=[mean, variance, np.ones(1)],
            batch_norm_param=dict(eps=BATCH_NORM_EPS),
        )  # fmt: skip
        fields = dict(bias_term=True)
        return self.draft.layer(
            "Scale", scale, bottom, top=bottom, arrays=[weight, bias], scale_param=fields
        )

    def unit(self, name, source, norm, bottom, relu=True, **fields) -> str:
        """A convolution with BatchNorm, Scale and, if asked for, ReLU."""
        top = self.conv(name, source, bottom, **fields)
        tail = name.removeprefix("res") if name.startswith("res") else "_" + name
        self.normal("bn" + tail, "scale" + tail, norm, top)
        return self.relu(name + "_relu", top) if relu else top

    def dropout(self, name, bottom, ratio) -> str:
        return self.draft.layer(
            "Dropout", name, bottom, top=bottom, dropout_param=dict(dropout_ratio=ratio)
        )

    # -- nets

    def segmentation(self, deeplab: bool) -> str:
        """FCN's or DeepLabv3's head over a ResNet of output stride 8."""
        top = self.resnet("backbone.")
        if deeplab:
            top, at = self.aspp(top), "classifier.1"
            top = self.unit("head", at, "classifier.2", top, pad=[1])
            score = self.conv("score_fr", "classifier.4", top, bias=True)
        else:
            top = self.unit("head", "classifier.0", "classifier.1", top, pad=[1])
            top = self.dropout("drop", top, 0.1)
            score = self.conv("score_fr", "classifier.4", top, bias=True)
        classes = len(self.take("classifier.4.weight"))
        grown = self.draft.layer(
            "Deconvolution", "upscore", score, arrays=[_bilinear(classes, 8)],
            convolution_param=dict(
                num_output=classes, group=classes, kernel_size=[16], stride=[8], pad=[4],
                bias_term=False,
            ),
        )  # fmt: skip
        self.draft.layer("Crop", "score", grown, "data", crop_param=dict(axis=2, offset=[0]))
        return score

    def resnet(self, prefix: str) -> str:
        """Stages 2 to 5; where 4 and 5 would stride they dilate, from their second unit on."""
        top = self.unit("conv1", prefix + "conv1", prefix + "bn1", "data", stride=[2], pad=[3])
        pool = dict(pool="MAX", kernel_size=3, stride=2, pad=1, round_mode="FLOOR")
        top = self.draft.layer("Pooling", "pool1", top, pooling_param=pool)
        for stage, (stride, first, dilation) in {
            2: (1, 1, 1), 3: (2, 1, 1), 4: (1, 1, 2), 5: (1, 2, 4)
        }.items():  # fmt: skip
            units = 0
            while self.has(f"{prefix}layer{stage - 1}.{units}."):
                rate = first if units == 0 else dilation
                where = f"{prefix}layer{stage - 1}.{units}."
                name = f"res{stage}{_letters(units)}"
                top = self.bottleneck(name, where, top, stride if units == 0 else 1, rate)
                units += 1
        return top

    def bottleneck(self, name, source, bottom, stride, rate) -> str:
        """One unit; its 3x3 convolution strides."""
        branch = f"{name}_branch"
        top = self.unit(branch + "2a", source + "conv1", source + "bn1", bottom)
        middle = dict(stride=[stride], pad=[rate], dilation=[rate])
        top = self.unit(branch + "2b", source + "conv2", source + "bn2", top, **middle)
        top = self.unit(branch + "2c", source + "conv3", source + "bn3", top, relu=False)
        if self.has(source + "downsample."):
            at = source + "downsample."
            bottom = self.unit(
                branch + "1", at + "0", at + "1", bottom, relu=False, stride=[stride]
            )
        top = self.draft.layer("Eltwise", name, bottom, top)
        return self.relu(name + "_relu", top)

    def aspp(self, bottom: str) -> str:
        """Five branches side by side, and their projection."""
        at = "classifier.0."
        tops = [self.unit("aspp1", at + "convs.0.0", at + "convs.0.1", bottom)]
        for i, rate in enumerate(RATES, 1):
            source, fields = f"{at}convs.{i}.", dict(pad=[rate], dilation=[rate])
            tops.append(self.unit(f"aspp{i + 1}", source + "0", source + "1", bottom, **fields))
        pool = dict(pool="AVE", global_pooling=True)
        pooled = self.draft.layer("Pooling", "pool5", bottom, pooling_param=pool)
        pooled = self.unit("aspp5", at + "convs.4.1", at + "convs.4.2", pooled)
        # Spread over the map: the picture's own value at every place.
        flat = self.draft.layer("Flatten", "aspp5_flat", pooled)
        zeros = self.draft.layer("Power", "aspp5_zeros", tops[0], power_param=dict(scale=0))
        spread = self.draft.layer("Bias", "aspp5_spread", zeros, flat, bias_param=dict(axis=0))
        both = self.draft.layer("Concat", "aspp", *tops, spread)
        top = self.unit("project", at + "project.0", at + "project.1", both)
        return self.dropout("drop", top, 0.5)

    def vgg(self) -> str:
        """The classifier, at 224 x 224 pixels."""
        top, number, stage, at = "data", 1, 1, 0
        while self.has(f"features.{at}.") or at in (4, 9, 16, 23, 30):
            if f"features.{at}.weight" in self.state:
                name = f"{stage}_{number}"
                top = self.conv(f"conv{name}", f"features.{at}", top, bias=True, pad=[1])
                top = self.relu(f"relu{name}", top)
                number, at = number + 1, at + 2
            else:
                pool = dict(pool="MAX", kernel_size=2, stride=2)
                top = self.draft.layer("Pooling", f"pool{stage}", top, pooling_param=pool)
                number, stage, at = 1, stage + 1, at + 1
        for name, i in (("fc6", 0), ("fc7", 3), ("fc8", 6)):
            arrays = [self.take(f"classifier.{i}.{n}") for n in ("weight", "bias")]
            fields = dict(num_output=len(arrays[0]))
            top = self.draft.layer(
                "InnerProduct", name, top, arrays=arrays, inner_product_param=fields
            )
            if name != "fc8":
                top = self.relu("relu" + name[2:], top)
                top = self.dropout("drop" + name[2:], top, 0.5)
        self.draft.layer("Softmax", "prob", top)
        return top


def _letters(number: int) -> str:
    """Return a, b, c, ...; b23 is the 23rd after a where the alphabet would not do."""
    return "abcdefghijklmnopqrstuvwxyz"[number] if number < 26 else f"b{number}"


def _bilinear(classes: int, factor: int) -> np.ndarray:
    """Return the kernels (classes, 1, 2 factor, 2 factor) that interpolate by a whole factor."""
    row = 1 - np.abs((np.arange(2 * factor) + 0.5) / factor - 1)
    return np.broadcast_to(np.outer(row, row), (classes, 1, 2 * factor, 2 * factor))
