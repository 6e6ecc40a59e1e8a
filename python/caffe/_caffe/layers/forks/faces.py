"""Layers that face recognition trains with: of caffe-face, L-Softmax and SphereFace.

ydwen/caffe-face, wy1iu/LargeMargin_Softmax_Loss, wy1iu/sphereface; happynear/caffe-windows has all.
"""

import torch

from ...core.axes import canonical_axis, count, legacy_shape
from ...core.labels import LabelReader
from ...core.layer import Layer, register
from ...core.loss_layer import Loss

TINY = 1e-9
SINGLE, DOUBLE, TRIPLE = 0, 1, 2  # of either MarginType; QUADRUPLE is 3


@register("CenterLoss")
class CenterLoss(Loss):
    """Half the squared distance of each item from its label's centre (center_loss_layer.cpp).

    Bottoms: x (N, ...), labels (N). Top: the sum over N. Parameter: the centres (num_output, K).
    A centre's diff is the sum of its items' distances to it over their number plus 1, whatever the
    loss weight.
    """

    def setup(self, x, label):
        param = self.layer_param.center_loss_param
        self.check_positive(param, "num_output")
        self.check(
            param.distance_type == "L2",
            f"has distance_type L2 only, given {param.distance_type!r}",
        )
        axis = canonical_axis(self, param.axis, x.shape)
        if count(x.shape, 0, axis) != x.shape[0]:
            self.fail(f"axis {param.axis} splits the items of bottom shape {tuple(x.shape)}")
        self.add_param((param.num_output, count(x.shape, axis)), param.center_filler)
        self.read = LabelReader(self, 1)

    def forward(self, x, label):
        self.check_items(x, label)
        if legacy_shape(self, label.shape)[1:] != (1, 1, 1):
            self.fail(f"labels must have shape ({x.shape[0]},), given {tuple(label.shape)}")
        if self.shapes_only:
            return x.new_empty(())
        distance, _ = self.save_for_backward(self._distance(x, label))
        return distance.square().sum() / (2 * len(x))

    def _distance(self, x, label):
        """Return each item's distance from its centre (N, K), and the labels."""
        labels = self.read(label.reshape(-1), len(self.blobs[0].tensor()))
        rows = x.reshape(len(x), -1)
        self.check(rows.shape[1] == self.blobs[0].shape[1], "bottom 0 has changed its size")
        return labels.mark(rows - self.param(0)[labels.index]), labels.index

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = distance * weight / N; the centres' diffs as the class says."""
        self.check_down(propagate_down)
        distance, index = self.saved or self._distance(*bottom)
        if self.wants_param(0):
            moves = torch.zeros_like(self.blobs[0].tensor()).index_add_(0, index, -distance)
            counts = torch.bincount(index, minlength=len(moves)).unsqueeze(1)
            self.blobs[0].add_diff(moves / (counts + 1))
        if not propagate_down[0]:
            return [None, None]
        return [(distance * (top_diff[0] / len(distance))).view(bottom[0].shape), None]


class AngularMargin(Layer):
    """Inner products in which the label's own is made smaller, the more so the larger its angle.

    Bottoms: x (N, ...), labels (N). Tops: (N, num_output); lambda (1), if asked for. Parameter: W
    (num_output, K), no bias. With c the cosine of the angle between x and the label's row of W, its
    product |w| |x| c becomes |w| |x| (f(c) + lambda c) / (1 + lambda). f is c for type SINGLE,
    and for DOUBLE, TRIPLE and QUADRUPLE cos(m theta) with m 2, 3 and 4, continued downwards from a
    turn on. lambda = base (1 + gamma i)^-power, at least lambda_min; i counts the forwards from
    `iteration` on, in TEST, too.
    """

    bottoms = (2, 2)
    tops = (1, 2)
    no_gradient = frozenset({1})
    recomputable = False  # it counts its forwards
    carried = ("iteration",)
    field: str  # with the settings

    def setup(self, x, label):
        param = self.settings = getattr(self.layer_param, self.field)
        self.check_positive(param, "num_output")
        self.axis = canonical_axis(self, param.axis, x.shape)
        self.add_param((param.num_output, count(x.shape, self.axis)), param.weight_filler)
        self.read, self.iteration = LabelReader(self, 1), param.iteration
        self.mix = 0.0

    def reshape(self, shape, label):
        outputs, inputs = self.blobs[0].shape
        items = count(shape, 0, self.axis)
        if count(shape, self.axis) != inputs or count(label) != items:
            self.fail(f"takes {inputs} values and a label each item, given {shape} and {label}")
        return self.asked((*shape[: self.axis], outputs), (1,))

    def forward(self, x, label):
        param = self.settings
        self.iteration += 1
        self.mix = max(
            param.base * (1 + param.gamma * self.iteration) ** -param.power, param.lambda_min
        )
        weight, rows = self.weight(), x.reshape(-1, self.blobs[0].shape[1])
        top = rows @ weight.t()
        index = self.read(label.reshape(-1, 1), len(weight)).index
        if param.type != SINGLE:
            own = top.gather(1, index)
            lengths, scale, cosine = self.measure(rows, weight, index, own)
            value, slope = _falling(cosine, param.type)
            top.scatter_(1, index, (scale * value + self.mix * own) / (1 + self.mix))
            rest = value - cosine * slope  # what a change of length adds
            self.save_for_backward((index, lengths, slope, rest))
        return self.asked(top.view(*x.shape[: self.axis], -1), x.new_full((1,), self.mix))

    def weight(self):
        return self.param(0)

    def measure(self, rows, weight, index, own):
        """Return (lengths of x, of w), what the cosine is multiplied by, the cosine, all (N, 1)."""
        lengths = rows.norm(dim=1, keepdim=True), weight.norm(dim=1, keepdim=True)[index[:, 0]]
        scale = lengths[0] * lengths[1] + TINY
        return lengths, scale, own / scale

    def own_gradients(self, rows, weight, lengths, slope, rest):
        """Return how the label's product changes with its x and with its w, both (N, K)."""
        ratio = lengths[0] / (lengths[1] + TINY)
        return slope * weight + rest / ratio * rows, slope * rows + rest * ratio * weight

    def backward(self, propagate_down, bottom, top, top_diff):
        """The inner product's gradients, and for the label's those of its margin."""
        weight = self.blobs[0].tensor()
        rows, dy = bottom[0].reshape(-1, weight.shape[1]), top_diff[0].reshape(-1, len(weight))
        dx, dw = dy @ weight, dy.t() @ rows
        if self.settings.type != SINGLE:
            index, lengths, slope, rest = self.saved
            own, at = weight[index[:, 0]], index[:, 0]
            part = dy.gather(1, index) / (1 + self.mix)
            by_x, by_w = self.own_gradients(rows, own, lengths, slope, rest)
            dx += part * (by_x - own)
            if by_w is not None:
                dw.index_add_(0, at, part * (by_w - rows))
        if self.wants_param(0):
            self.blobs[0].add_diff(dw)
        return [dx.view(bottom[0].shape) if propagate_down[0] else None, None]


def _falling(c, kind):
    """Return f(c) and its slope: cos(m theta), turned and lowered so that it goes on falling."""
    sign = c.sign()
    if kind == DOUBLE:
        return 2 * sign * c**2 - 1, 4 * sign * c
    if kind == TRIPLE:
        inner = (c.abs() - 0.5).sign()
        low = sign * (1 + inner) - 2
        return inner * (4 * c**3 - 3 * c) + low, inner * (12 * c**2 - 3)
    inner = sign * (2 * c**2 - 1).sign()
    low = 2 * sign + inner - 3
    return inner * (8 * c**4 - 8 * c**2 + 1) + low, inner * (32 * c**3 - 16 * c)


@register("LargeMarginInnerProduct")
class LargeMarginInnerProduct(AngularMargin):
    """L-Softmax's product (largemargin_inner_product_layer.cpp): AngularMargin as it stands."""

    field = "largemargin_inner_product_param"


@register("MarginInnerProduct")
class MarginInnerProduct(AngularMargin):
    """SphereFace's product (margin_inner_product_layer.cpp): AngularMargin with rows of length 1.

    Every forward first brings each row of W to length 1, in the parameter itself. The gradients are
    not the true ones, as in the fork: W's is the plain product's; in x's the label's shares of w
    and of x are divided by the root of the sum of their squares.
    """

    field = "margin_inner_product_param"

    def weight(self):
        """Return the weights, each row brought to length 1."""
        weight = self.running_param(0)
        return weight.div_(weight.norm(dim=1, keepdim=True))

    def measure(self, rows, weight, index, own):
        lengths = rows.norm(dim=1, keepdim=True)
        return lengths, lengths, own / lengths

    def own_gradients(self, rows, weight, lengths, slope, rest):
        rest = rest / lengths
        size = (slope**2 + rest**2).sqrt()
        return slope / size * weight + rest / size * rows, None
