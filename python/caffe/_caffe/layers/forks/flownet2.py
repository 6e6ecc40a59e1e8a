"""FlowNet2's layers (lmb-freiburg/flownet2): those of its networks at test time."""

import math

import torch
from torch.nn import functional as F

from ...core.axes import check_maps
from ...core.layer import Layer, register
from ...core.neuron_layer import Neuron
from ...core.rois import round_away


@register("NegReLU")
class NegReLU(Neuron):
    """y = min(x, 0) + negative_slope * max(x, 0), with relu_param (neg_relu_layer.cpp)."""

    def setup(self, x):
        self.slope = self.layer_param.relu_param.negative_slope

    def forward(self, x):
        y = x.clamp(max=0)
        return y.add_(x.clamp(min=0), alpha=self.slope) if self.slope else y

    def gradient(self, x, y, dy):
        """dx = dy for x < 0, else negative_slope * dy."""
        return torch.where(x < 0, dy, dy * self.slope)


@register("ChannelNorm")
class ChannelNorm(Layer):
    """The Euclidean norm over the channels of each pixel (channel_norm_layer.cpp).

    Bottom (N, C, H, W); top (N, 1, H, W).
    """

    def reshape(self, shape):
        check_maps(self, shape)
        return [(shape[0], 1, *shape[2:])]

    def forward(self, x):
        return x.square().sum(1, keepdim=True).sqrt_()

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = dy * x / (y + 1e-9)."""
        return [bottom[0] * (top_diff[0] / (top[0] + 1e-9))]


@register("FlowWarp")
class FlowWarp(Layer):
    """y[r, c] = x[r + flow 1, c + flow 0], bilinear between pixels (flow_warp_layer.cpp).

    A place outside the map gives 0, or NaN with fill_value NOT_A_NUMBER, and no gradient.

    Bottoms: x (N, C, H, W); flow (N, 2, H, W), columns then rows. Top: as x.
    """

    bottoms = (2, 2)

    def setup(self, x, flow):
        p = self.layer_param.flow_warp_param
        self.fill = 0.0 if p.fill_value == p.ZERO else math.nan

    def reshape(self, x, flow):
        check_maps(self, x)
        wanted = (x[0], 2, *x[2:])
        self.check(flow == wanted, f"flow must be {wanted} for x of {x}, given {flow}")
        return [x]

    def forward(self, x, flow):
        height, width = x.shape[2:]
        columns = torch.arange(width, device=x.device) + flow[:, 0]
        rows = torch.arange(height, device=x.device)[:, None] + flow[:, 1]
        inside = (columns >= 0) & (rows >= 0) & (columns < width) & (rows < height)
        # What is outside may be NaN or infinite, and is not to reach the gradient.
        columns, rows = (torch.where(inside, v, 0) for v in (columns, rows))
        left, top = columns.detach().long(), rows.detach().long()
        right, below = (left + 1).clamp(max=width - 1), (top + 1).clamp(max=height - 1)
        alpha, beta = (columns - left)[:, None], (rows - top)[:, None]
        plane = x.flatten(2)

        def at(row, column):
            index = (row * width + column).flatten(1)[:, None].expand(-1, x.shape[1], -1)
            return plane.gather(2, index).view(x.shape)

        upper = (1 - alpha) * at(top, left) + alpha * at(top, right)
        lower = (1 - alpha) * at(below, left) + alpha * at(below, right)
        return torch.where(inside[:, None], (1 - beta) * upper + beta * lower, self.fill)


@register("Resample")
class Resample(Layer):
    """Resize maps by NEAREST, LINEAR (a triangle) or CUBIC weights (resample_layer.cu).

    With r = in / out of an axis and q that of the other, output o is read at o * r + q / 2 - 1/2:
    FlowNet2 has the two mixed up, which tells where they differ. Weights are f(a * d) of the
    distance d, divided by their sum; a = 1 / r with `antialias` if either axis shrinks, else 1.

    Bottoms: x (N, C, H, W) and, if given, a map whose size is taken in place of height and width.
    Top: (N, C, height, width). There is no gradient.
    """

    bottoms = (1, 2)
    no_gradient = frozenset({0, 1})
    backward = Layer.refuse_backward

    def setup(self, x, *size):
        p = self.layer_param.resample_param
        self.check(p.type != p.AREA, "type is AREA; NEAREST, LINEAR and CUBIC are known")
        self.nearest, self.cubic = p.type == p.NEAREST, p.type == p.CUBIC
        self.antialias = p.antialias

    def reshape(self, x, *size):
        p = self.layer_param.resample_param
        check_maps(self, x, *size)
        self.size = size[0][2:] if size else (p.height, p.width)
        self.check(min(self.size) > 0, f"height and width must be positive, given {self.size}")
        return [(*x[:2], *self.size)]

    def forward(self, x, *size):
        ratios = [n / o for n, o in zip(x.shape[2:], self.size, strict=True)]
        rows, columns = (
            torch.arange(out, device=x.device) * r + (q / 2 - 0.5)
            for out, r, q in zip(self.size, ratios, reversed(ratios), strict=True)
        )
        if self.nearest:
            return self._nearest(x, rows, columns)
        shrinks = self.antialias and max(ratios) > 1
        for axis, at, r in ((2, rows, ratios[0]), (3, columns, ratios[1])):
            weights = self._weights(at, x.shape[axis], r, 1 / r if shrinks else 1.0)
            x = x.transpose(axis, 3).matmul(weights.T).transpose(axis, 3)
        return x.contiguous()

    def _nearest(self, x, rows, columns):
        rows, columns = (round_away(v).long() for v in (rows, columns))
        # Beyond a row the fork reads on into the next, and into the next map; here up to the end.
        count, width = x.shape[2] * x.shape[3], x.shape[3]
        at = (rows[:, None] * width + columns).flatten()
        maps = torch.arange(x.shape[0] * x.shape[1], device=x.device)[:, None] * count
        index = (maps + at).clamp_(0, x.numel() - 1)
        return x.flatten()[index].view(*x.shape[:2], *self.size)

    def _weights(self, at, size, ratio, a):
        """Return (outputs, size): the weights of every bottom pixel, 0 outside the window."""
        reach = 2 if ratio < 1 else math.ceil((4 if self.cubic else 2) / a)
        pixels = torch.arange(size, device=at.device)
        near = (pixels - round_away(at)[:, None]).abs() <= reach
        d = (a * (at[:, None] - pixels)).abs()
        if self.cubic:
            inner, outer = (1.5 * d - 2.5) * d * d + 1, ((2.5 - 0.5 * d) * d - 4) * d + 2
            weights = torch.where(d <= 1, inner, torch.where(d < 2, outer, 0))
        else:
            weights = (1 - d).clamp_(min=0)
        weights = weights * near
        total = weights.sum(1, keepdim=True)
        return torch.where(total == 0, 0, weights / total)


@register("Correlation")
class Correlation(Layer):
    """How well the surroundings of a pixel in a match those of its neighbours in b.

    For every displacement (dy, dx), multiples of stride_2 up to max_displacement, one channel: the
    mean over a kernel_size square and all channels of a * b shifted (MULTIPLY) or |a - b shifted|
    (SUBTRACT), at every stride_1-th pixel of the maps padded by `pad` (correlation_layer.cu).
    SUBTRACT's gradient is the true one; the fork's compares other pixels than its forward.

    Bottoms: a and b, (N, C, H, W). Top: (N, (2 R + 1)^2, h, w), R = max_displacement div stride_2,
    h = ceil((H + 2 pad - 2 (max_displacement + (kernel_size - 1) / 2)) / stride_1).
    """

    bottoms = (2, 2)

    def setup(self, a, b):
        p = self.layer_param.correlation_param
        for what in ("kernel_size", "max_displacement"):
            self.check(p.HasField(what), f"correlation_param needs {what}")
        self.check(p.kernel_size % 2 == 1, f"kernel_size must be odd, given {p.kernel_size}")
        self.check_positive(p, "stride_1", "stride_2")
        self.pad, self.kernel, self.far = p.pad, p.kernel_size, p.max_displacement
        self.stride, self.subtract = p.stride_1, p.correlation_type == p.SUBTRACT
        radius = self.far // p.stride_2
        self.shifts = [d * p.stride_2 for d in range(-radius, radius + 1)]

    def reshape(self, a, b):
        check_maps(self, a)
        self.check(a == b, f"a and b must have one shape, given {a} and {b}")
        border = 2 * self.far + self.kernel - 1
        size = [-(-(n + 2 * self.pad - border) // self.stride) for n in a[2:]]
        self.check(
            min(size) > 0,
            f"max_displacement {self.far} and kernel_size {self.kernel} do not fit in maps of "
            f"{a[2]} x {a[3]} with pad {self.pad}",
        )
        return [(a[0], len(self.shifts) ** 2, *size)]

    def forward(self, a, b):
        a, b = (F.pad(x, (self.pad,) * 4) for x in (a, b))
        height, width = (n - 2 * self.far for n in a.shape[2:])
        step = self.stride if self.kernel == 1 else 1

        def part(x, row, column):
            rows = slice(self.far + row, self.far + row + height, step)
            return x[:, :, rows, self.far + column : self.far + column + width : step]

        centre = part(a, 0, 0)
        products = []
        for row in self.shifts:
            for column in self.shifts:
                other = part(b, row, column)
                one = (centre - other).abs() if self.subtract else centre * other
                products.append(one.mean(1))
        y = torch.stack(products, 1)
        return y if self.kernel == 1 else F.avg_pool2d(y, self.kernel, self.stride)
