"""Layers that combine blobs value by value: Bias, Scale, Eltwise."""

import functools

import torch

from ...proto import caffe_pb2
from ..core.axes import canonical_axis, count
from ..core.layer import Layer, register
from ..log import warning


def _spread(layer: Layer, factor: torch.Tensor, x: torch.Tensor, given_axis: int) -> torch.Tensor:
    """Return `factor` with axes of size 1 added behind, to meet `x` from the given axis on.

    A scalar meets every value, whatever the axis. Raises LayerError where the sizes differ.
    """
    if factor.dim() == 0:
        return factor
    axis = canonical_axis(layer, given_axis, x.shape)
    if x.shape[axis : axis + factor.dim()] != factor.shape:
        layer.fail(
            f"shape {tuple(factor.shape)} does not meet bottom shape {tuple(x.shape)} "
            f"from axis {axis} on"
        )
    return factor.view(tuple(factor.shape) + (1,) * (x.dim() - axis - factor.dim()))


def _gather_up(product: torch.Tensor, factor: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
    """Sum `product` over the axes that `factor` was spread along."""
    return product.sum_to_size(spread.shape).view(factor.shape)


class _Broadcast(Layer):
    """Scale and Bias: a factor, learned or a second bottom, meets bottom 0 from `axis` on."""

    bottoms = (1, 2)

    def setup_factor(self, param, bottom, fill) -> None:
        """Read the axis and, with one bottom, make the factor."""
        x, self.axis, self.learned = bottom[0], param.axis, len(bottom) == 1
        axis = canonical_axis(self, param.axis, x.shape)
        if not self.learned:
            return
        end = x.dim() if param.num_axes == -1 else axis + param.num_axes
        self.check(
            param.num_axes >= -1 and end <= x.dim(),
            f"axis {axis} with num_axes {param.num_axes} does not fit bottom shape "
            f"{tuple(x.shape)}; num_axes is -1 or at most {x.dim() - axis}",
        )
        self.add_param(x.shape[axis:end], fill)
        self.pointwise = axis == 1 and end == 2

    def reshape(self, *shapes):
        x, *others = (torch.empty(shape, device="meta") for shape in shapes)
        factor = others[0] if others else torch.empty(self.blobs[0].shape, device="meta")
        _spread(self, factor, x, self.axis)
        return [shapes[0]]

    def factor(self, bottom) -> torch.Tensor:
        return self.param(0) if self.learned else bottom[1]

    def wants_factor(self, propagate_down) -> bool:
        return self.wants_param(0) if self.learned else propagate_down[1]

    def deliver(self, diff, diffs) -> None:
        if self.learned:
            self.blobs[0].add_diff(diff)
        else:
            diffs[1] = diff


@register("Bias")
class Bias(_Broadcast):
    """y = x + b, b broadcast from `axis` on (bias_layer.cpp)."""

    def setup(self, *bottom):
        param = self.layer_param.bias_param
        self.setup_factor(param, bottom, param.filler)

    def channel_affine(self):
        return (torch.ones_like(self.param(0)), self.param(0)) if self.pointwise else None

    def forward(self, *bottom):
        return bottom[0] + _spread(self, self.factor(bottom), bottom[0], self.axis)

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = dy, db = the sum of dy over what b was spread along."""
        dy, diffs = top_diff[0], [None] * len(bottom)
        if propagate_down[0]:
            diffs[0] = dy if self.in_place else dy.clone()
        if self.wants_factor(propagate_down):
            b = self.factor(bottom)
            self.deliver(_gather_up(dy, b, _spread(self, b, dy, self.axis)).clone(), diffs)
        return diffs


@register("Scale")
class Scale(_Broadcast):
    """y = x * s, and + b with bias_term; both broadcast from `axis` on (scale_layer.cpp).

    Parameters: s (ones without a filler) unless it is the second bottom, then b (zeros).
    """

    def setup(self, *bottom):
        param = self.layer_param.scale_param
        ones = caffe_pb2.FillerParameter(type="constant", value=1)
        self.setup_factor(param, bottom, param.filler if param.HasField("filler") else ones)
        self.bias = len(self.blobs) if param.bias_term else None
        if param.bias_term:
            # A second bottom gives its own number of axes to the bias.
            like = self.blobs[0].shape if self.learned else tuple(bottom[1].shape)
            self.add_param(like, param.bias_filler)

    def channel_affine(self):
        if not self.pointwise:
            return None
        factor = self.param(0)
        shift = torch.zeros_like(factor) if self.bias is None else self.param(self.bias)
        return factor, shift

    def forward(self, *bottom):
        x, s = bottom[0], self.factor(bottom)
        wide = _spread(self, s, x, self.axis)
        if self.in_place and self.saves_for_backward:
            self.save_for_backward(x.clone())
        product = x * wide
        if self.bias is not None:
            product.add_(self.param(self.bias).view(wide.shape))
        return product

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = dy * s; ds and db are dy * x and dy, summed over what s and b were spread along."""
        x, dy, s = bottom[0], top_diff[0], self.factor(bottom)
        x = x if self.saved is None else self.saved
        wide, diffs = _spread(self, s, dy, self.axis), [None] * len(bottom)
        if self.bias is not None and self.wants_param(self.bias):
            self.blobs[self.bias].add_diff(_gather_up(dy, s, wide).clone())
        if self.wants_factor(propagate_down):
            if self.learned and self._overwrites(x.shape, s):
                self.blobs[0].clear_diff()
            self.deliver(_gather_up(dy * x, s, wide), diffs)
        if propagate_down[0]:
            diffs[0] = dy * wide
        return diffs

    def _overwrites(self, shape, s) -> bool:
        """Return whether BVLC forgets s's gradient of earlier passes (iter_size > 1) here.

        scale_layer.cpp computes it straight into the diff where s has the bottom's size, or where
        nothing but single axes lies before it, as at batch size 1.
        """
        outer = count(shape, 0, canonical_axis(self, self.axis, shape) if s.dim() else 0)
        return s.numel() == count(shape) or (outer == 1 and s.numel() > 1)


@register("Eltwise")
class Eltwise(Layer):
    """The sum (with coefficients), product or maximum of its bottoms (eltwise_layer.cpp).

    One bottom alone, for a SUM, is FlowNet2's way to scale by a coefficient.
    """

    bottoms = (1, None)
    any_layout = True

    def setup(self, *bottom):
        param = self.layer_param.eltwise_param
        self.operation, self.stable = param.operation, param.stable_prod_grad
        coeff = list(param.coeff)
        self.check(
            len(bottom) > 1 or self.operation == param.SUM,
            "takes 2 to any number bottom blobs for PROD and MAX, 1 given",
        )
        self.check(
            not coeff or self.operation != param.PROD, "takes coefficients only for SUM, not PROD"
        )
        self.check(
            len(coeff) in (0, len(bottom)),
            f"takes one coeff per bottom or none; {len(coeff)} for {len(bottom)} bottoms given",
        )
        self.coeff = coeff or [1.0] * len(bottom)
        self.overwrites = self.operation == param.SUM
        self.lost = self.in_place and self.operation != param.PROD
        if self.in_place:
            what = "SUM and MAX lose bottom 0" if self.lost else "PROD has not its true gradient"
            warning(self.format_error(f"in place {what}, here as in BVLC Caffe"))

    def reshape(self, *shapes):
        for i, shape in enumerate(shapes):
            if shape != shapes[0]:
                self.fail(f"bottom {i} has shape {shape}, bottom 0 has {shapes[0]}")
        return [shapes[0]]

    @property
    def start(self) -> float:
        """What BVLC fills the top with before it goes through the bottoms."""
        maximum = self.operation == caffe_pb2.EltwiseParameter.MAX
        return torch.finfo(torch.float32).min if maximum else 0

    def forward(self, *bottom):
        bottom = tuple(x.float() for x in bottom)
        if self.lost:
            # BVLC first fills the top, which in place is bottom 0 (eltwise_layer.cpp, Forward).
            bottom = (torch.full_like(bottom[0], self.start), *bottom[1:])
        # Indexed by EltwiseOp: PROD 0, SUM 1, MAX 2.
        return (self._product, self._sum, self._maximum)[self.operation](bottom)

    def backward(self, propagate_down, bottom, top, top_diff):
        dy, diffs = top_diff[0].float(), [None] * len(bottom)
        bottom, top = [x.float() for x in bottom], [top[0].float()]
        derive = (self._product_diff, self._sum_diff, self._maximum_diff)[self.operation]
        for i, down in enumerate(propagate_down):
            if down:
                diffs[i] = derive(i, bottom, top[0], dy)
                if self.in_place and i == 0:
                    dy = diffs[0]  # one and the same blob
        return diffs

    def _sum(self, bottom):
        terms = list(zip(bottom, self.coeff, strict=True))
        if self.spare is not None:
            total, first = terms.pop(self.spare)
            if first != 1:
                total.mul_(first)
        elif len(terms) == 1:
            total, terms = terms[0][0] * terms[0][1], []
        else:
            (x, first), (y, second), *terms = terms
            total = torch.add(x if first == 1 else x * first, y, alpha=second)
        for x, coeff in terms:
            total.add_(x, alpha=coeff)
        return total

    def _sum_diff(self, i, bottom, y, dy):
        return dy * self.coeff[i] if self.coeff[i] != 1 else dy.clone()

    def _product(self, bottom):
        return functools.reduce(torch.mul, bottom)

    def _product_diff(self, i, bottom, y, dy):
        if self.stable:
            slope = self._product([x for j, x in enumerate(bottom) if j != i])
        else:
            slope = y / bottom[i]  # NaN where the bottom is 0, as in Caffe
        # BVLC computes the slope in the bottom's diff, which in place is the top's.
        return slope * (slope if self.in_place and i == 0 else dy)

    def _maximum(self, bottom):
        value, winner = self._choose(bottom)
        self.save_for_backward(winner)
        return value

    def _choose(self, bottom):
        # Among bottoms 0 and 1 a tie goes to 1; a later bottom must be larger to win.
        first = bottom[0] > bottom[1]
        value, winner = torch.where(first, bottom[0], bottom[1]), (~first).to(torch.int16)
        for i, x in enumerate(bottom[2:], 2):
            larger = x > value
            value = torch.where(larger, x, value)
            winner.masked_fill_(larger, i)
        return value, winner

    def _maximum_diff(self, i, bottom, y, dy):
        winner = self._choose(bottom)[1] if self.saved is None else self.saved
        return torch.where(winner == i, dy, 0)
