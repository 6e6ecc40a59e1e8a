"""Layers of R-FCN (daijifeng001/caffe-rfcn): PSROIPooling, BoxAnnotatorOHEM, and its losses.

Microsoft's and Intel's copies call the losses SmoothL1LossOHEM and SoftmaxWithLossOHEM.
"""

import torch
from torch.nn import functional as F

from caffe.proto import caffe_pb2

from ...core.axes import legacy_shape
from ...core.layer import Layer, register
from ...core.loss_layer import FLT_MIN, Loss, SoftmaxLoss, normalization, normalizer
from ...core.rois import RoiReader, bin_edges, round_away
from ...core.smooth_l1 import check_alike, smooth_l1, smooth_l1_slope

VALID = caffe_pb2.LossParameter.VALID


@register("PSROIPooling")
class PSROIPooling(Layer):
    """Averages over group_size x group_size parts of each region, each from maps of its own.

    Bottoms: maps (N, output_dim group_size^2, H, W), regions (R, 5). Top: (R, output_dim,
    group_size, group_size): part (i, j) of output c is the average of channel
    (c group_size + i) group_size + j over the part, 0 where it has no pixel. A region runs from
    round(x1) to round(x2) + 1, times spatial_scale, and is at least 0.1 pixels wide
    (psroi_pooling_layer.cu).
    """

    bottoms = (2, 2)
    no_gradient = frozenset({1})

    def setup(self, x, rois):
        param = self.layer_param.psroi_pooling_param
        self.check_positive(param, "output_dim", "group_size")
        self.check(param.spatial_scale > 0, "needs spatial_scale > 0, the size of the maps / image")
        self.outputs, self.group = param.output_dim, param.group_size
        self.scale = param.spatial_scale
        self.read = RoiReader(self)

    def reshape(self, x, rois):
        count, channels = self.read.check(x, rois), self.outputs * self.group**2
        self.check(
            x[1] == channels,
            f"takes output_dim {self.outputs} x group_size {self.group}^2 = {channels} channels, "
            f"bottom 0 has {x[1]}",
        )
        return [(count, self.outputs, self.group, self.group)]

    def forward(self, x, rois):
        count, channels = len(rois), x.shape[1]
        images, corners = self.read(x, rois)
        rows = self._edges(corners[:, 1], corners[:, 3], x.shape[2])
        columns = self._edges(corners[:, 0], corners[:, 2], x.shape[3])
        # Sums over rectangles from cumulative sums, in double precision.
        sums = F.pad(x.double(), (1, 0, 1, 0)).cumsum(2).cumsum(3)
        plane = torch.arange(channels, device=x.device).view(1, self.outputs, -1, self.group)
        plane = plane + images.index.view(-1, 1, 1, 1) * channels
        flat = sums.reshape(-1)

        def upto(row, column):
            place = (plane * sums.shape[2] + row.view(count, 1, -1, 1)) * sums.shape[3]
            return flat[place + column.view(count, 1, 1, -1)]

        (first, end), (left, right) = rows, columns
        total = upto(end, right) - upto(first, right) - upto(end, left) + upto(first, left)
        area = (end - first).unsqueeze(2) * (right - left).unsqueeze(1)
        filled = ((end > first).unsqueeze(2) & (right > left).unsqueeze(1)).unsqueeze(1)
        mean = total / area.clamp(min=1).unsqueeze(1)
        return images.mark(torch.where(filled, mean, 0).to(x.dtype))

    def _edges(self, start, end, limit):
        start = (round_away(start).float() * self.scale).unsqueeze(1)
        end = ((round_away(end) + 1).float() * self.scale).unsqueeze(1)
        edges = bin_edges((end - start).clamp(min=0.1), self.group, start)
        return [e.clamp(0, limit).long() for e in edges]


@register("BoxAnnotatorOHEM")
class BoxAnnotatorOHEM(Layer):
    """Keeps, in each image, the labels and weights of the regions with the largest losses.

    Bottoms: regions (R, 5, H, W), losses (R, 1, H, W), labels (R, 1, H, W), box weights
    (R, K, H, W). Tops: labels, ignore_label but for the roi_per_img hardest regions of each
    image, and weights, 0 but for these (box_annotator_ohem_layer.cu). No gradient. Of equal
    losses, the earlier region is taken; the fork's order is not defined there.
    """

    bottoms = (4, 4)
    tops = (2, 2)
    no_gradient = frozenset({0, 1, 2, 3})
    backward = Layer.zero_backward

    def setup(self, *bottom):
        param = self.layer_param.box_annotator_ohem_param
        self.check_positive(param, "roi_per_img")
        self.quota, self.ignore = param.roi_per_img, param.ignore_label

    def reshape(self, rois, loss, label, weight):
        num, five, height, width = legacy_shape(self, rois)
        self.check(five == 5, f"takes regions of 5 values, bottom 0 has shape {rois}")
        for i, (given, channels) in enumerate(((loss, 1), (label, 1), (weight, None)), 1):
            shape = legacy_shape(self, given)
            self.check(
                shape == (num, channels or shape[1], height, width),
                f"bottom {i} must have shape {(num, channels or 'K', height, width)} for regions "
                f"of shape {rois}, given {given}",
            )
        return [(num, 1, height, width), legacy_shape(self, weight)]

    def forward(self, rois, loss, label, weight):
        num, _, height, width = legacy_shape(self, rois.shape)
        image = rois.reshape(num, 5, -1)[:, 0].reshape(-1).long()
        # By image and then by loss; a region's rank is its distance from its image's first.
        order = loss.reshape(-1).argsort(descending=True, stable=True)
        order = order[image[order].argsort(stable=True)]
        sorted_images = image[order]
        rank = torch.arange(len(order), device=loss.device)
        rank = rank - torch.searchsorted(sorted_images, sorted_images)
        hard = torch.zeros_like(image, dtype=torch.bool)
        hard[order] = rank < self.quota
        hard = hard.view(num, 1, height, width)
        weight = weight.reshape(num, -1, height, width)
        return label.view(hard.shape).where(hard, label.new_tensor(self.ignore)), weight * hard


def _is_rfcn_smooth_l1(param, net) -> str | None:
    if len(param.bottom) == 3:
        return "it has 3 bottoms"
    if len(param.top) > 1:
        return "it has 2 tops"
    return "it has a loss_param" if param.HasField("loss_param") else None


@register("SmoothL1Loss", dialect="rfcn", recognise=_is_rfcn_smooth_l1)
@register("SmoothL1LossOHEM")
class SmoothL1LossOHEM(Loss):
    """sum of f(weight (prediction - target)) over a divisor, f the smooth L1 function, sigma 1.

    Bottoms: prediction, target and, if given, weight, all (N, C, H, W). The divisor goes by
    loss_param.normalization: VALID (the default) and FULL N H W, BATCH_SIZE N, PRE_FIXED
    pre_fixed_normalizer, NONE 1. Top 1, if asked for: the loss at each position (N, 1, H, W),
    through which no gradient passes.

    The weight is not multiplied into the gradient (smooth_L1_loss_layer.cu): right for weights 0
    and 1, not the derivative for others.
    """

    bottoms = (2, 3)
    tops = (1, 2)
    no_gradient = frozenset({2})

    def setup(self, x, target, *weight):
        self.loss = self.layer_param.loss_param
        self.mode = normalization(self.loss, VALID)

    def reshape(self, *shapes):
        num, _, height, width = check_alike(self, shapes)
        return self.asked((), (num, 1, height, width))

    def forward(self, x, target, *weight):
        shape = legacy_shape(self, x.shape)
        errors = smooth_l1(self.save_for_backward(self._difference(x, target, *weight)))
        loss = errors.sum() / self._divisor(shape)
        return self.asked(loss, errors.view(shape).sum(1, keepdim=True))

    def _difference(self, x, target, *weight):
        difference = x - target.view(x.shape)
        return difference * weight[0].view(x.shape) if weight else difference

    def _divisor(self, shape):
        fixed = self.loss.pre_fixed_normalizer
        return normalizer(self.mode, shape[0], shape[2] * shape[3], None, fixed)

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = f'(d) * loss weight / divisor, dtarget its negative."""
        difference = self._difference(*bottom) if self.saved is None else self.saved
        shape = legacy_shape(self, bottom[0].shape)
        diff = smooth_l1_slope(difference).mul_(top_diff[0] / self._divisor(shape))
        other = diff.neg().view(bottom[1].shape) if propagate_down[1] else None
        return [diff if propagate_down[0] else None, other, *[None] * (len(bottom) - 2)]


@register(
    "SoftmaxWithLoss",
    dialect="rfcn",
    recognise=lambda param, net: "it has 3 tops" if len(param.top) > 2 else None,
)
@register("SoftmaxWithLossOHEM")
class SoftmaxWithLossOHEM(SoftmaxLoss):
    """BVLC's SoftmaxWithLoss with a third top: -log p(label) at each place, 0 where ignored.

    Bottoms: scores (N, C, ...), labels. Tops: loss; p; the loss of each place, shaped as the
    labels. No gradient passes through the last two (softmax_loss_layer.cu).
    """

    tops = (1, 3)

    def forward(self, x, label):
        self.check_items(x, label)
        if self.shapes_only:
            self.label_axis.split(x, label)
            return self.asked(x.new_empty(()), x, label)
        prob, labels, divisor, axis = self.save_for_backward(self.evaluate(x, label))
        each = 0 - prob.gather(axis, labels.index).clamp_(min=FLT_MIN).log_()
        each = labels.mark(labels.zero_ignored(each))
        return self.asked(each.sum() / divisor, prob, each.view(label.shape))
