"""Layers of SSD's nets (weiliu89/caffe, branch ssd): Permute, Normalize, PriorBox, SmoothL1Loss."""

import math

import numpy as np
import torch

from caffe.proto import caffe_pb2

from ...core import context
from ...core.axes import legacy_shape
from ...core.layer import Layer, register
from ...core.loss_layer import Loss
from ...core.smooth_l1 import check_alike, smooth_l1


@register("Permute")
class Permute(Layer):
    """The bottom's axes as `order` says, then the others in their order (permute_layer.cpp)."""

    def setup(self, x):
        given = list(self.layer_param.permute_param.order)
        for axis in given:
            self.check(
                axis < x.dim(),
                f"order {axis} is out of range for bottom shape {tuple(x.shape)}; expected 0 to "
                f"{x.dim() - 1}",
            )
        self.check(len(set(given)) == len(given), f"order {given} names an axis twice")
        self.order = given + [axis for axis in range(x.dim()) if axis not in given]

    def forward(self, x):
        if x.dim() != len(self.order):
            self.fail(f"was set up for {len(self.order)} axes, bottom has shape {tuple(x.shape)}")
        return x.permute(self.order).contiguous()


@register("Normalize")
class Normalize(Layer):
    """scale x / sqrt(sum of x^2 + eps) (normalize_layer.cpp).

    Bottom and top (N, C, H, W). The sum runs over all of an item, or, without across_spatial,
    over the channels at each place. Parameter: the scale, one number, or (C,) without
    channel_shared; filled by scale_filler, else 1.

    The bottom's gradient is (dy - x (x . dy) / norm^2) / norm * scale: x . dy leaves the scales
    of the channels out, so it is not the derivative where these differ. The fork's models were
    trained so.
    """

    def setup(self, x):
        param = self.layer_param.norm_param
        self.check(x.dim() >= 2, f"needs a bottom of 2 axes or more, given {tuple(x.shape)}")
        self.channels = legacy_shape(self, x.shape)[1]
        self.shared, self.across = param.channel_shared, param.across_spatial
        self.axes, self.eps = (1, 2) if self.across else (1,), param.eps
        fill = caffe_pb2.FillerParameter(type="constant", value=1)
        if param.HasField("scale_filler"):
            fill = param.scale_filler
        self.add_param(() if self.shared else (self.channels,), fill)

    def reshape(self, shape):
        if legacy_shape(self, shape)[1] != self.channels:
            self.fail(f"was set up for {self.channels} channels, given shape {shape}")
        return [shape]

    def forward(self, x):
        rows = self._rows(x)
        norm = self.save_for_backward(self._norm(rows))
        return (rows / norm * self._scale()).view(x.shape)

    def _rows(self, x):
        num, channels, *_ = legacy_shape(self, x.shape)
        return x.reshape(num, channels, -1)

    def _norm(self, rows):
        return (rows.square().sum(self.axes, keepdim=True) + self.eps).sqrt()

    def _scale(self):
        return self.param(0) if self.shared else self.param(0).view(1, -1, 1)

    def backward(self, propagate_down, bottom, top, top_diff):
        """dscale = the sum of x / norm * dy; dx as the class says."""
        rows, dy = self._rows(bottom[0]), self._rows(top_diff[0])
        norm = self._norm(rows) if self.saved is None else self.saved
        if self.wants_param(0):
            each = rows / norm * dy
            self.blobs[0].add_diff(each.sum() if self.shared else each.sum((0, 2)))
        if not propagate_down[0]:
            return [None]
        dot = (rows * dy).sum(self.axes, keepdim=True)
        diff = (dy - rows * (dot / norm.square())) / norm * self._scale()
        return [diff.view(bottom[0].shape)]


@register("PriorBox")
class PriorBox(Layer):
    """Boxes of fixed sizes round the middle of every cell of a map (prior_box_layer.cpp).

    Bottoms: a map (N, C, H, W), of which the size counts, and the picture. Top (1, 2, H W P 4):
    the boxes, cell by cell, in shares of the picture, and their variances. At each cell, for each
    min_size: a square of that side; with max_size, one of sqrt(min max); then for each
    aspect_ratio r (and 1 / r with flip) width min sqrt(r), height min / sqrt(r). Ratios that
    repeat, before the flipping, are left out. Sizes are cut to integers, as in the fork.
    """

    bottoms = (2, 2)
    cut: type[int] | type[float] = int  # what becomes of a size
    shifts: tuple[float, ...] = (0.0,)  # of a cell, downwards, at which each box stands
    no_gradient = frozenset({0, 1})
    backward = Layer.zero_backward

    def setup(self, x, picture):
        param = self.settings = self.layer_param.prior_box_param
        self.check(not param.reduce_boxes, "has no reduce_boxes (chuanqi305/ssd)")
        least, most = list(param.min_size), list(param.max_size)
        self.check(len(least) > 0, "needs a min_size")
        self.check(min(least) > 0, f"min_size must be positive: {least}")
        self.check(
            len(most) in (0, len(least)),
            f"max_size is given {len(most)} times for {len(least)} min_size; give one for each",
        )
        for low, high in zip(least, most, strict=False):
            self.check(high > low, f"max_size {high:g} must be greater than min_size {low:g}")
        self.check(all(r > 0 for r in param.aspect_ratio), "aspect_ratio must be positive")
        self.check(
            len(param.variance) in (0, 1, 4) and all(v > 0 for v in param.variance),
            f"variance takes 1 or 4 positive numbers, given {list(param.variance)}",
        )
        self.sizes = _box_sizes(param, self.cut)
        self.clip = param.clip
        self.picture = self._pair("img_size", "img_h", "img_w")
        self.step = self._pair("step", "step_h", "step_w")
        self.made: tuple = (None, None)  # what the boxes were made for, and they

    def _pair(self, both, tall, wide):
        """Return (height, width) as two fields or one give them, None where none is set."""
        param = self.settings
        given = [name for name in (both, tall, wide) if param.HasField(name)]
        if not given:
            return None
        self.check(given in ([both], [tall, wide]), f"takes {both}, or {tall} and {wide}: {given}")
        values = [getattr(param, name) for name in given]
        self.check(min(values) > 0, f"{' and '.join(given)} must be positive, given {values}")
        return values[0], values[-1]

    def reshape(self, x, picture):
        self.cells = legacy_shape(self, x)[2:]
        self.image = self.picture or legacy_shape(self, picture)[2:]
        return [(1, 2, math.prod(self.cells) * len(self.sizes) * len(self.shifts) * 4)]

    def forward(self, x, picture):
        cells, size = self.cells, self.image
        key = (*cells, *size, x.device)
        if self.made[0] != key:
            self.made = key, self._boxes(cells, size).to(context.device())
        return self.made[1]

    def _boxes(self, cells, size):
        down, right = self.step or [s / c for s, c in zip(size, cells, strict=True)]
        x = (torch.arange(cells[1]) + self.settings.offset) * right
        rows = torch.arange(cells[0]).unsqueeze(1) + torch.tensor(self.shifts)
        y = (rows + self.settings.offset) * down  # (H, S)
        shape = (*cells, len(self.shifts))
        middle = torch.stack([x.view(1, -1, 1).expand(shape), y.unsqueeze(1).expand(shape)], -1)
        middle = middle.double().unsqueeze(2)  # (H, W, 1, S, 2)
        half = torch.tensor(self.sizes, dtype=torch.float32).double().unsqueeze(1) / 2
        boxes = torch.cat([middle - half, middle + half], -1)
        boxes = boxes / torch.tensor([size[1], size[0]] * 2, dtype=torch.float64)
        if self.clip:
            boxes.clamp_(0, 1)
        variance = torch.tensor(list(self.settings.variance) or [0.1])
        rows = boxes.float().reshape(-1, 4)
        return torch.stack([rows, variance.expand(rows.shape)]).view(1, 2, -1)


def _box_sizes(param, cut) -> list[tuple[float, float]]:
    """(width, height) in pixels of the boxes at one cell.

    In float32, as in the forks: which of several boxes overlaps a small object most is often a
    matter of the last digit.
    """
    f32 = np.float32
    ratios = [f32(1)]
    for ratio in map(f32, param.aspect_ratio):
        if all(abs(ratio - r) >= 1e-6 for r in ratios):
            ratios += [ratio, f32(1 / float(ratio))] if param.flip else [ratio]
    sizes: list[tuple[float, float]] = []
    for i, size in enumerate(f32(cut(s)) for s in param.min_size):
        sizes.append((float(size), float(size)))
        if param.max_size:
            sizes.append((math.sqrt(size * f32(cut(param.max_size[i]))),) * 2)
        roots = map(np.sqrt, ratios[1:])
        sizes += [(float(size * root), float(size / root)) for root in roots]
    return sizes


def _is_read_for_two(param, net) -> str | None:
    """Tell TextBoxes' boxes, of which nothing in the layer speaks, by what is to score them."""
    box = param.prior_box_param
    if len(box.max_size) not in (0, len(box.min_size)) or any(r <= 0 for r in box.aspect_ratio):
        return None
    count = len(_box_sizes(box, float))
    alike = next((s.top for s in net.layer if s.type == "Split" and param.bottom[0] in s.top), ())
    given = {
        layer.convolution_param.num_output
        for layer in net.layer
        if layer.type == "Convolution" and layer.bottom[0] in alike
    }
    for layer in net.layer:
        for reader in (layer.multibox_loss_param, layer.detection_output_param):
            once = {4 * count, reader.num_classes * count}
            if reader.num_classes and {2 * n for n in once} <= given and not once <= given:
                return f"its map's convolutions give for {2 * count} boxes, not {count}"
    return None


@register("PriorBox", dialect="textboxes", recognise=_is_read_for_two)
class ShiftedPriorBox(PriorBox):
    """PriorBox with each box twice, the second half a cell lower (MhLiao/TextBoxes).

    Sizes are not cut to integers, and boxes are clipped unless clip is false.
    """

    cut = float
    shifts = (0.0, 0.5)

    def setup(self, x, picture):
        super().setup(x, picture)
        self.check(len(self.settings.min_size) == 1, "takes one min_size")
        self.clip = self.settings.clip or not self.settings.HasField("clip")


def _is_sstds(param, net) -> str | None:
    """Tell SSTD's boxes, of which nothing in the layer speaks, by layers that only it has."""
    own = {"AnnotatedDataMask", "DetectionOrientedOutput", "MultiBoxOrientedLoss"}
    for layer in net.layer:
        if layer.type in own or layer.mask_resize_param.HasField("factor_height"):
            return f"'{layer.name}' ({layer.type}) is SSTD's"
    return None


@register("PriorBox", dialect="sstd", recognise=_is_sstds)
class StretchedPriorBox(PriorBox):
    """PriorBox whose ratios r stretch the squares to (min r, min), not to the same area (SSTD).

    With flip, boxes (min, min r) follow behind all of these, whichever the ratios are. min_size is
    not cut to an integer, max_size is (BestSonny/SSTD, prior_box_layer.cpp).
    """

    def setup(self, x, picture):
        super().setup(x, picture)
        param, ratios = self.settings, []
        for ratio in param.aspect_ratio:
            if all(abs(ratio - r) >= 1e-6 for r in (1.0, *ratios)):
                ratios.append(ratio)
        self.sizes = []
        for i, size in enumerate(param.min_size):
            self.sizes.append((size, size))
            if param.max_size:
                self.sizes.append((math.sqrt(size * int(param.max_size[i])),) * 2)
            self.sizes += [(size * r, size) for r in ratios]
            self.sizes += [(size, size * r) for r in ratios if param.flip]


@register("SmoothL1Loss", dialect="ssd")
class SmoothL1Loss(Loss):
    """sum of f(prediction - target) / N, f the smooth L1 function; a gradient to both.

    With these two bottoms it agrees with Fast R-CNN's. The fork declares a third and refuses it
    (smooth_L1_loss_layer.cpp).
    """

    no_gradient = frozenset()

    def reshape(self, *shapes):
        self.num, *_ = check_alike(self, shapes)
        return [()]

    def forward(self, x, target):
        return smooth_l1(x - target.view(x.shape)).sum() / self.num
