"""Convolution, normalisation, rectifier: the unit that ResNets and their successors repeat."""

from dataclasses import dataclass

import caffe
from caffe import layers as L
from nets.blocks import MSRA, learning

BN_LAYERS = ("BN", "BatchNorm")


@dataclass(frozen=True)
class ConvBN:
    """Draws convolutions, each with its normalisation and rectifier in place, in one style.

    Parameters
    ----------
    names : str
        "pspnet": conv1_1_3x3_s2, conv1_1_3x3_s2/bn, (.../scale,) conv1_1_3x3_s2/relu;
        "resnet": res2a_branch1, bn2a_branch1, (scale2a_branch1,) res2a_branch1_relu;
        "nsfw": conv_stage0_block0_branch2a, bn_..., scale_..., relu_...
    bn : str
        "BN", the layer of PSPNet's Caffe (slope, bias, mean and variance in one); "BatchNorm",
        BVLC's, followed by a Scale; "": none, convolutions have biases, as when it was folded.
    frozen : bool
        Whether all phases normalise by the running statistics, and slope and bias do not learn.
    momentum : float
        What the running statistics have of their former values after an iteration.
    """

    n: caffe.NetSpec
    names: str = "pspnet"
    bn: str = "BN"
    frozen: bool = True
    momentum: float = 0.95

    def __post_init__(self):
        if self.bn and self.bn not in BN_LAYERS:
            raise ValueError(f"normalisation {self.bn!r}: expected one of {', '.join(BN_LAYERS)}")

    def __call__(self, name, bottom, num_output, kernel_size=1, relu=True, rate=1, bias=False,
                 **conv):  # fmt: skip
        """Draw one unit and return its last top.

        Parameters
        ----------
        name : str
            The convolution's; the others' names follow from it.
        rate : float
            Multiplies the learning rate of all that learns here.
        bias : bool
            Whether the convolution has a bias of its own.
        **conv
            Further fields of the convolution: `stride`, `pad`, `dilation`.
        """
        if self.bn:
            conv["bias_term"] = bias
        top = self.n[name] = L.Convolution(
            bottom,
            num_output=num_output,
            kernel_size=kernel_size,
            weight_filler=MSRA,
            param=learning(rate) if bias or not self.bn else learning(rate)[:1],
            **conv,
        )
        if self.bn:
            top = self.normalise(name, top, rate)
        if relu:
            relu = self.relu_name(name)
            top = self.n[relu] = L.ReLU(top, in_place=True)
        return top

    def normalise(self, name, top, rate=1):
        """Draw the normalisation of the convolution `name` and return its top."""
        bn, scale = self.bn_names(name)
        learn = dict(lr_mult=rate, decay_mult=0)
        fixed = dict(lr_mult=0, decay_mult=0)
        if self.bn == "BN":
            # A frozen layer sets its multipliers to 0 itself (bn_layer.cpp).
            self.n[bn] = L.BN(
                top,
                in_place=True,
                slope_filler=dict(type="constant", value=1),
                bias_filler=dict(type="constant", value=0),
                frozen=self.frozen,
                momentum=self.momentum,
                param=[learn, learn, fixed, fixed],
            )
            return self.n[bn]
        statistics = dict(moving_average_fraction=self.momentum)
        if self.frozen:
            learn, statistics = fixed, dict(use_global_stats=True)
        self.n[bn] = L.BatchNorm(top, in_place=True, param=[fixed] * 3, **statistics)
        self.n[scale] = L.Scale(self.n[bn], in_place=True, bias_term=True, param=[learn] * 2)
        return self.n[scale]

    def bn_names(self, conv):
        """Return the names of the normalisation and of its Scale: `bn2a_branch1`, `bn_conv1`."""
        if self.names == "pspnet":
            return f"{conv}/bn", f"{conv}/scale"
        if self.names == "nsfw":
            return conv.replace("conv", "bn", 1), conv.replace("conv", "scale", 1)
        unit = conv.removeprefix("res") if conv.startswith("res") else "_" + conv
        return "bn" + unit, "scale" + unit

    def relu_name(self, conv):
        """Return the name of the rectifier: `res2a_branch2a_relu`, `relu_1`."""
        if self.names == "nsfw":
            return conv.replace("conv", "relu", 1)
        return f"{conv}/relu" if self.names == "pspnet" else f"{conv}_relu"
