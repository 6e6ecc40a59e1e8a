"""FlowNet2's layers that read maps between pixels or take a mean off them."""

import numpy as np
import torch

from ... import log
from ...core import context
from ...core.axes import check_maps
from ...core.layer import Layer, register
from ...formats.records import LayerWeights


def _between(x: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Return x (N, C, H, W) at every row and column, bilinear between pixels of the map."""
    top, left = (v.floor().long() for v in (rows, columns))
    below, right = ((v + 1).clamp(max=n - 1) for v, n in zip((top, left), x.shape[2:], strict=True))
    beta, alpha = (rows - top)[:, None], columns - left
    upper, lower = x[:, :, top], x[:, :, below]
    upper, lower = ((1 - alpha) * y[..., left] + alpha * y[..., right] for y in (upper, lower))
    return (1 - beta) * upper + beta * lower


@register("Accum")
class Accum(Layer):
    """Maps of several sizes, stretched to one and joined along their channels (accum_layer.cu).

    Corner pixels stay corner pixels: column w of W is read at w / (W - 1) * (bottom's W - 1).
    The size is the last bottom's, which is not joined, with `have_reference`; else top_height and
    top_width, or the largest bottom's rounded up to size_divisible_by, unless one of the two does
    not exceed the largest bottom's: then that.

    Bottoms: (N, C_i, H_i, W_i). Top: (N, sum of C_i, H, W).
    """

    bottoms = (1, None)

    def setup(self, *bottom):
        self.reference = self.layer_param.accum_param.have_reference
        self.check(len(bottom) > self.reference, "have_reference needs two bottoms at least")
        if self.reference:
            self.no_gradient = frozenset({len(bottom) - 1})

    def reshape(self, *shapes):
        check_maps(self, *shapes)
        joined = shapes[: len(shapes) - self.reference]
        counts = [shape[0] for shape in joined]
        self.check(len(set(counts)) == 1, f"bottoms differ in their number of items: {counts}")
        self.size = shapes[-1][2:] if self.reference else self._size(shapes)
        self.check(min(self.size) > 1, f"needs a top of 2 x 2 pixels at least, given {self.size}")
        return [(counts[0], sum(shape[1] for shape in joined), *self.size)]

    def _size(self, shapes):
        p = self.layer_param.accum_param
        largest = tuple(max(shape[axis] for shape in shapes) for axis in (2, 3))
        wanted = (p.top_height, p.top_width)
        if p.HasField("size_divisible_by"):
            self.check_positive(p, "size_divisible_by")
            wanted = tuple(-(-n // p.size_divisible_by) * p.size_divisible_by for n in largest)
        return wanted if all(w > n for w, n in zip(wanted, largest, strict=True)) else largest

    def forward(self, *bottom):
        joined = bottom[: len(bottom) - self.reference]
        return torch.cat([_between(x, *self._places(x)) for x in joined], 1)

    def _places(self, x):
        return [
            torch.arange(out, device=x.device, dtype=x.dtype) / (out - 1) * (size - 1)
            for out, size in zip(self.size, x.shape[2:], strict=True)
        ]


@register("Downsample")
class Downsample(Layer):
    """Maps made smaller, corner pixels staying corner pixels (downsample_layer.cu).

    A pixel is the mean of those around its place, weighted by max(0, 1 - distance / r), with r
    (bottom's W - 1) / (W - 1); NaN is left out, unless its weight is more than half of the rest's.
    No gradient comes back; none is asked for.

    Bottoms: (N, C, H, W) and, if given, a map whose size is taken in place of top_height and
    top_width. Top: (N, C, height, width).
    """

    bottoms = (1, 2)
    no_gradient = frozenset({0, 1})
    backward = Layer.refuse_backward
    asks_for = "none"

    def reshape(self, x, *like):
        check_maps(self, x, *like)
        p = self.layer_param.downsample_param
        self.size = like[0][2:] if like else (p.top_height, p.top_width)
        fits = self.size == x[2:] or min(*self.size, *x[2:]) > 1
        self.check(fits, f"cannot make {tuple(x[2:])} pixels {tuple(self.size)}")
        return [(*x[:2], *self.size)]

    def forward(self, x, *like):
        if self.size == x.shape[2:]:
            return x.clone()
        rows, columns = (
            self._weights(n, out, x) for n, out in zip(x.shape[2:], self.size, strict=True)
        )
        lost = x.isnan()

        def spread(values):
            return rows @ values.to(x.dtype) @ columns.T

        total, weight, without = spread(x.masked_fill(lost, 0)), spread(~lost), spread(lost)
        return torch.where(without / weight > 0.5, torch.nan, total / weight)

    def _weights(self, size, out, x):
        """Return (out, size): the weight of every pixel of an axis."""
        at = torch.arange(out, device=x.device, dtype=x.dtype) / (out - 1) * (size - 1)
        away = (torch.arange(size, device=x.device) - at[:, None]).abs()
        return (1 - away / ((size - 1) / (out - 1))).clamp_(min=0)


@register("DataAugmentation")
class DataAugmentation(Layer):
    """Cut out the middle and take the mean off, as far as nothing is drawn at random.

    The cut, if crop_width and crop_height are set, is (crop_height, crop_width) about the centre,
    between pixels where the difference is odd; no place is beyond 1.05 pixels from the bottom's
    end, so that its last row and column are mixed with those before (data_augmentation_layer.cu).

    The mean, of each pixel or (mean_per_pixel: false) each channel, is that of all batches so far,
    until `recompute_mean` batches have been counted; with recompute_mean 0 it is `mean`, if that
    has three values and mean_per_pixel is false. Parameters, with recompute_mean, which no solver
    updates: the number of batches (1, 1, 1, 1), counted in both phases; the mean of pixels
    (1, C, height, width) and of channels (1, C, 1, 1). Otherwise the number alone.

    net.reshape() leaves the number, which FlowNet2's sets to 0 there: the mean that was loaded
    would be lost.
    """

    stateful = True
    asks_for = "none"  # AllowBackward

    def setup(self, x):
        p = self.layer_param.augmentation_param
        check_maps(self, x.shape)
        self.cuts = p.HasField("crop_width") and p.HasField("crop_height")
        self.limit, self.by_pixel = p.recompute_mean, p.mean_per_pixel
        if self.cuts and (self.training or p.augment_during_test):
            drawn = [f.name for f, _ in p.ListFields() if f.message_type is not None]
            self.check(not drawn, f"draws at random, which nothing here does: {', '.join(drawn)}")
        channels = x.shape[1]
        self.constant = list(p.mean) if len(p.mean) == 3 and not self.by_pixel else []
        if self.constant and not self.limit:
            self.check(channels == 3, f"mean has 3 values, the bottom {channels} channels")
        self.add_param((1, 1, 1, 1))
        if self.limit:
            self.add_param((1, channels, *self._size(x.shape)))
            self.add_param((1, channels, 1, 1))
        specs = self.layer_param.param
        for i in range(len(self.blobs)):
            spec = specs[i] if i < len(specs) else specs.add()
            spec.lr_mult = spec.decay_mult = 0
        self.set_param_propagate_down([False] * len(self.blobs))

    def _size(self, shape):
        p = self.layer_param.augmentation_param
        if not self.cuts:
            return shape[2:]
        size = (p.crop_height, p.crop_width)
        fits = all(0 < c <= n for c, n in zip(size, shape[2:], strict=True))
        self.check(fits, f"cannot cut {size} out of a bottom of shape {tuple(shape)}")
        return size

    def reshape(self, shape):
        check_maps(self, shape)
        self.size = self._size(shape)
        if self.limit:
            channels = self.blobs[2].count
            self.check(shape[1] == channels, f"has the mean of {channels} channels, given {shape}")
            pixels, number = self.blobs[1], int(self.blobs[0].host_tensor())
            needed = number and (self.by_pixel or number < self.limit)
            self.check(
                not needed or pixels.shape[2:] == tuple(self.size),
                f"has the mean of pixels of {pixels.shape[2:]}, given {tuple(self.size)}; build a "
                "net of that size and load the weights into it",
            )
            pixels.set_shape((1, channels, *self.size))
        return [(*shape[:2], *self.size)]

    def forward(self, x):
        y = _between(x, *self._places(x)) if self.cuts else x
        if self._leaves is None:
            self._count(y)
        if self.limit:
            return y - self.param(1 if self.by_pixel else 2)
        return y - y.new_tensor(self.constant).view(1, 3, 1, 1) if self.constant else y.clone()

    def _places(self, x):
        for out, size in zip(self.size, x.shape[2:], strict=True):
            at = torch.arange(out, device=x.device, dtype=x.dtype) + (size - out) / 2
            yield at.clamp_(max=float(np.float32(size) - np.float32(1.05))).clamp_(min=0)

    def _count(self, y):
        """Count a batch and, unless there have been enough, add it to the mean."""
        number = self.blobs[0].data_buffer.tensor((1, 1, 1, 1), context.HOST, write=True)
        number += 1
        if not 0 < int(number) <= self.limit:
            return
        pixels, channels = (self.blobs[i].tensor(write=True) for i in (1, 2))
        pixels *= int(number) - 1
        for item in y:
            pixels.add_(item, alpha=1 / len(y))
        pixels *= 1 / int(number)
        channels.copy_(pixels.sum((2, 3), keepdim=True) * (1 / y[0, 0].numel()))

    def backward(self, propagate_down, bottom, top, top_diff):
        """There is no gradient, not even to the mean."""
        if any(propagate_down):
            self.refuse_backward(propagate_down, bottom, top, top_diff)
        return [None]

    def fit_weights(self, source: LayerWeights):
        """Take a file's number and mean, whatever the size of the pictures that they are of."""
        blobs = [blob for blob in source.blobs if blob is not None]
        if not self.limit or len(blobs) < 2:
            log.info(f"{self.name}: no mean is taken over")
            return []
        channels, given = self.blobs[2].count, [blob.shape for blob in blobs]
        fits = len(given) == 3 and given[0] == (1, 1, 1, 1) and given[2] == (1, channels, 1, 1)
        fits = fits and len(given[1]) == 4 and given[1][:2] == (1, channels)
        self.check(fits, f"keeps the mean of {channels} channels, the file's blobs are {given}")
        number, pixels, mean = blobs
        same = pixels.shape == self.blobs[1].shape
        if not self.by_pixel:
            # In FlowNet2, too, only HDF5 brings the mean of pixels, which a count below the limit
            # goes on from.
            return [number, pixels if same and source.hdf5 else None, mean]
        mean = pixels.mean((2, 3), keepdims=True)
        return [number, pixels if same else np.broadcast_to(mean, self.blobs[1].shape), mean]

    def check_settled(self):
        """Raise LayerError while a pass would still change the mean: it is then no function."""
        number = int(self.blobs[0].host_tensor())
        self.check(
            number >= self.limit,
            f"its mean is of {number} batches and changes until there have been {self.limit}: "
            "load trained weights first",
        )

    def compute(self, bottom, params):
        self.check_settled()
        return super().compute(bottom, params)
