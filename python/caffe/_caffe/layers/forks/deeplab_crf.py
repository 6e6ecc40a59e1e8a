"""DeepLab's layers that sharpen a score map by the picture: DenseCRF, DomainTransform.

Sources: cdmh/deeplab-public-ver2, the same files as in hszhao/PSPNet and xmyqsh/deeplab-v2.
"""

import math

import torch

from ...core.axes import as_four_axes, legacy_shape
from ...core.dense_crf import mean_field
from ...core.layer import Layer, register
from ...core.loss_layer import FLT_MIN
from ...core.permutohedral import Lattice, grid_features, grid_lattice


def _sizes(layer: Layer, x: torch.Tensor, dim: torch.Tensor, cut: bool = False) -> list:
    """Return the real height and width of each item of x, from an N x 1 x 1 x 2 blob.

    With `cut` a size that both covers and exceeds the map means all of it.
    """
    height, width = x.shape[2:]
    sizes = []
    for h, w in dim.flatten(1)[:, :2].long().tolist():
        if cut and height <= h and width <= w:
            h, w = height, width
        layer.check(
            0 <= h <= height and 0 <= w <= width,
            f"dim gives an item {h} x {w} pixels, the map has {height} x {width}",
        )
        sizes.append((h, w))
    return sizes


def _check_dim(layer: Layer, num: int, shape) -> None:
    layer.check(
        len(shape) > 0 and shape[0] == num and math.prod(shape) >= 2 * num,
        f"needs a bottom 1 or 2 with height and width of each of the {num} items "
        f"({num} x 1 x 1 x 2), given {tuple(shape)}",
    )


@register("DenseCRF")
class DenseCRF(Layer):
    """Mean-field inference in a fully connected CRF (densecrf_layer.cpp; Chen et al. 2015).

        Q = softmax(score);  max_iter times:  Q = softmax(score + sum of w K(Q))

    bottoms: score (N x C x H x W), dim (N x 1 x 1 x 2: the items' height and width without
    padding) and the image (N x 3 x H x W, any mean); top (N x C x H x W): Q, or with
    output_probability false log(max(Q, FLT_MIN)). Kernels: for each pos_w one over place
    (pos_xy_std), for each bi_w one over place and colour (bi_xy_std, bi_rgb_std). What lies
    outside an item's dim is 0 in both forms; a dim that both covers and exceeds the map, as of a
    cropped item, means all of it. No gradient: bottoms get diff 0. As in the fork, the colours of
    a batch's first image serve all of its items.
    """

    bottoms = (2, 3)
    backward = Layer.zero_backward

    def setup(self, score, dim, *image):
        p = self.layer_param.dense_crf_param
        for names in (("pos_w", "pos_xy_std"), ("bi_w", "bi_xy_std", "bi_rgb_std")):
            counts = [len(getattr(p, name)) for name in names]
            self.check(
                len(set(counts)) == 1,
                f"needs as many of {' and '.join(names)}, given {', '.join(map(str, counts))}",
            )
            for name in names[1:]:
                self.check(all(v > 0 for v in getattr(p, name)), f"needs every {name} > 0")
        self.check(p.max_iter >= 0, f"needs max_iter of at least 0, given {p.max_iter}")
        self.check(
            bool(image) == bool(p.bi_w),
            "needs the image as third bottom and bi_w, bi_xy_std, bi_rgb_std, or neither",
        )
        self.settings = p

    def reshape(self, score, dim, *image):
        score, *colours = (legacy_shape(self, shape) for shape in (score, *image))
        _check_dim(self, score[0], dim)
        wanted = (score[0], 3, *score[2:])
        for given in colours:
            self.check(given == wanted, f"needs a colour image of shape {wanted}, given {given}")
        return [score]

    def forward(self, score, dim, *image):
        score, *colours = as_four_axes(self, score, *image)
        p, top = self.settings, torch.zeros_like(score)
        for item, to, (h, w) in zip(score, top, _sizes(self, score, dim, cut=True), strict=True):
            if not h * w:
                continue
            kernels = self._kernels(h, w, colours[0][0] if colours else None, score.device)
            rows = item[:, :h, :w].flatten(1).t().contiguous()
            prob = mean_field(rows, kernels, p.max_iter)
            if not p.output_probability:
                prob = prob.clamp_(min=FLT_MIN).log_()
            to[:, :h, :w] = prob.t().reshape(-1, h, w)
        return top

    def _kernels(self, height: int, width: int, image, device):
        p = self.settings
        kernels = [
            (weight, grid_lattice(height, width, (std, std), device))
            for weight, std in zip(p.pos_w, p.pos_xy_std, strict=True)
        ]
        for weight, place, colour in zip(p.bi_w, p.bi_xy_std, p.bi_rgb_std, strict=True):
            sigmas = torch.tensor([place] * 2 + [colour] * 3, device=device)
            features = grid_features(height, width, sigmas, image[:, :height, :width])
            kernels.append((weight, Lattice(features)))
        return kernels


def _along(x: torch.Tensor, way: int) -> torch.Tensor:
    """Return (..., h, w) with the axis that pass `way` (0 to 3) scans in front, in its order."""
    x = x.movedim(-1 if way < 2 else -2, 0)
    return x.flip(0) if way % 2 else x.contiguous()


def _back(x: torch.Tensor, way: int) -> torch.Tensor:
    """Undo `_along`."""
    return (x.flip(0) if way % 2 else x).movedim(0, -1 if way < 2 else -2)


def _links(weight: torch.Tensor, way: int) -> torch.Tensor:
    """Return the weights of a pass's steps, for all channels: step p mixes pixels p - 1 and p.

    The weight belongs to the pixel more to the right, or below, whichever way the pass goes.
    """
    links = _along(weight, way)
    return (links.roll(1, 0) if way % 2 else links).unsqueeze(1)


def _scan(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return y[p] = x[p] + weight[p] (y[p - 1] - x[p]) along axis 0, y[0] = x[0]."""
    y = x.clone()
    for p in range(1, len(y)):
        y[p].lerp_(y[p - 1], weight[p])
    return y


def _scan_backward(x, y, weight, diff) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the diffs of x and of weight (summed over channels), given y's."""
    diff, d_weight = diff.clone(), torch.zeros_like(weight)
    for p in range(len(x) - 1, 0, -1):
        d_weight[p] = (diff[p] * (y[p - 1] - x[p])).sum(0, keepdim=True)
        diff[p - 1].addcmul_(weight[p], diff[p])
        diff[p] *= 1 - weight[p]
    return diff, d_weight


@register("DomainTransformForwardOnly")
class DomainTransformForwardOnly(Layer):
    """Edge-preserving smoothing by a recursive filter (domain_transform_forward_only_layer.cpp).

    Gastal and Oliveira (2011); Chen et al. (2016). bottoms: x (N x C x H x W), the reference
    gradient g (N x 1 x H x W), large at edges, and dim (N x 1 x 1 x 2: the items' height and width,
    outside of which x is copied); top as x. num_iter rounds i of four passes, left to right, right
    to left, top to bottom, bottom to top, each

        y[p] = (1 - w) x[p] + w y[the pixel before]
        w = exp(-sqrt(2) / sigma_i (1 + g spatial_sigma / range_sigma))
        sigma_i = spatial_sigma sqrt(3) 2^(num_iter - i) / sqrt(4^num_iter - 1)

    min_weight is not used. No gradient: bottoms get diff 0.
    """

    bottoms = (3, 3)
    caches_inputs = True
    backward = Layer.zero_backward

    def setup(self, x, gradient, dim):
        p = self.layer_param.domain_transform_param
        self.check_positive(p, "num_iter", "spatial_sigma", "range_sigma")
        self.check(p.min_weight >= 0, f"needs min_weight of at least 0, given {p.min_weight}")
        rounds, sigma = p.num_iter, p.spatial_sigma
        self.exponents = [  # -sqrt(2) / sigma_i
            -math.sqrt(2 * (4.0**rounds - 1) / 3) / (sigma * 2.0 ** (rounds - 1 - i))
            for i in range(rounds)
        ]
        self.edge, self.min_weight = sigma / p.range_sigma, p.min_weight

    def reshape(self, x, gradient, dim):
        x, gradient = (legacy_shape(self, shape) for shape in (x, gradient))
        wanted = (x[0], 1, *x[2:])
        self.check(gradient == wanted, f"needs a gradient of shape {wanted}, given {gradient}")
        _check_dim(self, x[0], dim)
        return [x]

    def forward(self, x, gradient, dim):
        x, gradient = as_four_axes(self, x, gradient)
        top, saved = x.clone(), []
        for i, (h, w) in enumerate(_sizes(self, x, dim)):
            maps = self._filter(x[i, :, :h, :w], gradient[i, 0, :h, :w], self.saves_for_backward)
            top[i, :, :h, :w] = maps[-1]
            saved.append(maps)
        self.save_for_backward(saved)
        return top

    def _weights(self, reference, exponent: float) -> torch.Tensor:
        return ((1 + reference * self.edge) * exponent).exp_()

    def _filter(self, x, reference, keep: bool) -> list[torch.Tensor]:
        """Return what each pass makes of x (C x h x w), x itself first; or only the last."""
        maps = [x.clone()]
        for exponent in self.exponents:
            weight = self._weights(reference, exponent)
            for way in range(4):
                y = _back(_scan(_along(maps[-1], way), _links(weight, way)), way)
                maps = [*maps, y] if keep else [y]
        return maps


@register("DomainTransform")
class DomainTransform(DomainTransformForwardOnly):
    """DomainTransformForwardOnly with gradients and bounded w (domain_transform_layer.cpp).

    w is cut to min_weight below and 1 above. The gradient to g is taken through w also where it
    was cut, as in the fork, so there it is not the derivative.
    """

    no_gradient = frozenset()

    def _weights(self, reference, exponent: float) -> torch.Tensor:
        return super()._weights(reference, exponent).clamp_(self.min_weight).clamp_(max=1)

    def backward(self, propagate_down, bottom, top, top_diff):
        """Go back through the passes; the diff outside the items' dim is copied."""
        if propagate_down[2]:
            self.fail("no gradient reaches dim (bottom 2): set propagate_down: false for it")
        (x, gradient), dim = as_four_axes(self, *bottom[:2]), bottom[2]
        d_x, d_gradient = top_diff[0].clone(), torch.zeros_like(gradient)
        for i, (h, w) in enumerate(_sizes(self, x, dim)):
            reference = gradient[i, 0, :h, :w]
            maps = self.saved[i] if self.saved else self._filter(x[i, :, :h, :w], reference, True)
            d_x[i, :, :h, :w], d_gradient[i, 0, :h, :w] = self._filter_backward(
                maps, reference, d_x[i, :, :h, :w]
            )
        return [d_x.view(bottom[0].shape), d_gradient.view(bottom[1].shape), None]

    def _filter_backward(self, maps, reference, diff):
        d_reference = torch.zeros_like(reference)
        for i in reversed(range(len(self.exponents))):
            weight = self._weights(reference, self.exponents[i])
            d_weight = torch.zeros_like(weight)
            for way in reversed(range(4)):
                x, y = (_along(m, way) for m in maps[4 * i + way :][:2])
                diff, d_links = _scan_backward(x, y, _links(weight, way), _along(diff, way))
                diff = _back(diff, way)
                d_links = d_links.squeeze(1)
                d_weight += _back(d_links.roll(-1, 0) if way % 2 else d_links, way)
            d_reference += d_weight * weight * (self.exponents[i] * self.edge)
        return diff, d_reference


@register("SpatialProduct")
class SpatialProduct(Layer):
    """y = x m, the map m (N x 1 x H x W) times each channel of x (spatial_product_layer.cpp).

    bottoms: x (N x C x H x W, the last axes may be absent) and m; top as x; both get gradients. N
    and C stay what they were first, as in the fork.
    """

    bottoms = (2, 2)

    def setup(self, x, factor):
        self.check(x.dim() >= 2, f"takes an x of 2 to 4 axes, given {tuple(x.shape)}")
        self.first = legacy_shape(self, x.shape)[:2]

    def reshape(self, x, factor):
        num, channels, height, width = legacy_shape(self, x)
        wanted = (num, 1, height, width)
        self.check(
            legacy_shape(self, factor) == wanted,
            f"needs a factor of shape {wanted}, given {factor}",
        )
        self.check(
            (num, channels) == self.first,
            f"was set up for {self.first[0]} items of {self.first[1]} channels, given an x of "
            f"shape {x}",
        )
        return [x]

    def forward(self, x, factor):
        return x * self._over_channels(factor, x)

    @staticmethod
    def _over_channels(factor, x):
        return factor.reshape(x.shape[0], 1, *x.shape[2:])

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = dy m, dm = sum of dy x over channels; in place, as the fork, of what is left there.

        In place x is y by then, and dx, where it is wanted, has been written over dy.
        """
        x, factor = bottom
        dy = top_diff[0]
        dx = dy * self._over_channels(factor, x)
        left = dx if self.in_place and propagate_down[0] else dy
        return [dx, (left * x).sum(1).view(factor.shape) if propagate_down[1] else None]
