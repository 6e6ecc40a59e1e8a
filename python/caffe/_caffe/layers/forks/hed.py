"""HED's layers (s9xie/hed): the class-balanced loss, and images with edge maps. RCF's loss too.

Its Crop without fields is settled before layers are made (graph/align_crops.py).
"""

import numpy as np
import torch
from torch.nn import functional as F

from caffe.proto import caffe_pb2

from ...core.axes import as_rows
from ...core.layer import register
from ...core.loss_layer import Loss
from ...sources.lists import read_words
from ...sources.pairs import PairReader, PairTransformer, check_pairs
from ...sources.prefetch import PrefetchingLayer


@register("HEDSigmoidCrossEntropyLoss")
@register("SigmoidCrossEntropyBalanceLoss")  # OSVOS's (kmaninis/OSVOS-caffe)
@register("SigmoidCrossEntropyLoss", dialect="hed")
class SigmoidCrossEntropyLoss(Loss):
    """-sum of w (t log s(x) + (1 - t) log(1 - s(x))) over targets t of 1 and 0, over the batch.

    s is the logistic function; in each image w is the share of its zeros for ones, and of its ones
    for zeros. So an image without ones, or without zeros, gives 0; one without either nan. Other
    targets count nowhere, but their gradient is s(x) - t, with weight 1
    (sigmoid_cross_entropy_loss_layer.cpp).

    Bottoms: x and targets, both (N, ...).
    """

    zeros_weigh = 1.0
    others_weigh = 1.0

    def forward(self, x, target):
        self.check_items(x, target)
        if x.numel() != target.numel():
            self.fail(
                f"bottom shape {tuple(x.shape)} takes as many targets, given {tuple(target.shape)}"
            )
        if self.shapes_only:
            return x.new_empty(())
        target = target.view(x.shape)
        # -t log s - (1 - t) log(1 - s) = softplus(x) - t x, with a softplus that cannot overflow.
        terms = F.softplus(-x.abs()).add_(x.clamp(min=0)).sub_(target * x)
        return terms.mul_(self._weights(target)).sum() / x.shape[0]

    def _weights(self, target, other=None):
        """Return each target's weight; `other`, or the loss's 0, where it is neither 0 nor 1."""
        ones, zeros = target == 1, target == 0
        each = (target.shape[0],) + (1,) * (target.dim() - 1)
        positive, negative = (as_rows(m).sum(1).to(target).view(each) for m in (ones, zeros))
        total = positive + negative
        other = 0 / total if other is None else other
        weights = torch.where(zeros, self.zeros_weigh * positive / total, other)
        return torch.where(ones, negative / total, weights)

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = w (s(x) - t) * weight / N."""
        self.check_down(propagate_down)
        x, target = bottom[0], bottom[1].view(bottom[0].shape)
        diff = x.sigmoid().sub_(target).mul_(self._weights(target, self.others_weigh))
        return [diff.mul_(top_diff[0] / x.shape[0]), None]


@register("SigmoidCrossEntropyLoss", dialect="rcf")
class RCFSigmoidCrossEntropyLoss(SigmoidCrossEntropyLoss):
    """HED's loss as yun-liu/rcf has it: zeros weigh 1.1 times as much, other targets nothing."""

    zeros_weigh = 1.1
    others_weigh = 0.0


class EdgeReader(PairReader):
    """Images, and maps whose greys from 128 on are 1, the others `below` of their brightness."""

    below: float

    def item(self, line, draws):
        image, edges, names = self.read_pair(line)
        self.check_sizes(edges, image.shape[:2], names)
        image, edges = self.resize(image), self.resize(edges)
        edges = np.where(edges >= 128, 1, edges * np.float32(self.below / 255))
        return self.transformer(image, edges, draws, names)


@register("ImageLabelmapData")
class ImageLabelmapData(PrefetchingLayer):
    """Images with maps of edges from a list (image_labelmap_data_layer.cpp, data_transformer.cpp).

    Tops: data (N, C, H, W), and the map (N, 1, H, W), 1 where it is 128 or more of 255, else 0.

    Each line of `source` is an image and a map of its size, both put after `root_folder`;
    new_height and new_width resize both, bilinearly. transform_param's mean and scale are for the
    image; crop_size and mirror are drawn once for both, in TEST as well as in TRAIN.
    """

    below = 0.0  # what a grey of less than 128 counts, as a share of its own brightness

    def open(self):
        param = self.layer_param.image_data_param
        self.check_new_size(param)
        # Random in TEST too (LocTransform).
        transformer = PairTransformer(self.layer_param.transform_param, caffe_pb2.TRAIN)
        lines = check_pairs(read_words(param.source), param.source)
        reader = EdgeReader(param, lines, transformer)
        reader.below = self.below
        reader.size_up()
        return reader


@register("ImageLabelmapData", dialect="rcf")
class RCFImageLabelmapData(ImageLabelmapData):
    """HED's data as yun-liu/rcf has it: a grey below 128 is its share of 255, not 0.

    RCF's loss leaves these places out: its maps hold how many people drew an edge there.
    """

    below = 1.0
