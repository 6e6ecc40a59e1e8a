"""Convolution and Deconvolution: filters over any number of spatial axes."""

from collections.abc import Callable

import torch
import torch.nn.functional as F

from ..core import context, winograd
from ..core.axes import canonical_axis, count
from ..core.folded import Folded
from ..core.large_filters import LARGE, convolve_large, large_gradients
from ..core.layer import Layer, register
from ..core.window_settings import check_output_sizes, read_windows
from ..core.windows import Reach, Windows, convolve, convolve_adjoint, convolve_pointwise

# torch convolves up to this many spatial axes itself, in strides and reaches up to these; the rest
# goes through im2col. Its CPU library writes machine code for each step of a stride: slowly from a
# few hundred, and from about a thousand it ends in SIGSEGV or SIGFPE, as where its sizes overflow.
TORCH_AXES = 3
TORCH_STRIDE = 256
TORCH_REACH = 1 << 24


class Filters(Layer):
    """What Convolution and Deconvolution share (base_conv_layer.cpp).

    Each bottom has its own top and all share the filters. Axes before the channel axis are batch
    axes; with no axis behind it, the layer is an inner product. Parameter 0 holds the filters,
    parameter 1 the bias. `engine` and `force_nd_im2col` choose among BVLC's ways to the same
    values and change nothing here.
    """

    bottoms = tops = (1, None)
    same_count = any_layout = own_tops = True
    transposed = False
    # What the two define, with x (N, C, *sizes):
    top_sizes: Callable  # (sizes) -> the top's
    apply: Callable  # (x, weight, bias) -> y
    gradients: Callable  # (x, dy, weight, mask) -> (dx, dw, db), None where the mask is False

    def setup(self, *bottom):
        p, shape = self.layer_param.convolution_param, bottom[0].shape
        self.axis = canonical_axis(self, p.axis, shape)
        self.channels, self.axes = shape[self.axis], len(shape) - self.axis - 1
        windows = read_windows(self, self.axes)
        self.windows = windows if self.axes else Windows((1,), (1,), (0,), (1,))
        self.pad, self.folded = self.windows.pad, Folded()
        self.native = (
            self.axes <= TORCH_AXES
            and max(self.windows.stride) <= TORCH_STRIDE
            and max(*self.windows.pad, *self.windows.extent) <= TORCH_REACH
        )
        self.outputs, self.group = self.counts()
        self.check(self.outputs > 0, "needs a bottom with channels")
        for what, given in (("bottom channels", self.channels), ("num_output", self.outputs)):
            self.check(
                given % self.group == 0, f"{what} {given} is not a multiple of group {self.group}"
            )
        # A deconvolution's filters have the shape of the convolution that it reverses.
        ends = (self.outputs, self.channels)
        first, second = reversed(ends) if self.transposed else ends
        self.add_param((first, second // self.group, *windows.kernel), p.weight_filler)
        self.bias = p.bias_term
        if self.bias:
            self.add_param((self.outputs,), p.bias_filler)

    def counts(self) -> tuple[int, int]:
        """Return the numbers of outputs and groups."""
        p = self.layer_param.convolution_param
        self.check_positive(p, "num_output", "group")
        return int(p.num_output), int(p.group)

    def reshape(self, *shapes):
        first = shapes[0]
        self.check(
            len(first) == self.axis + 1 + self.axes,
            f"was set up for {self.axis + 1 + self.axes} axes, bottom 0 has shape {first}",
        )
        self.check(
            first[self.axis] == self.channels,
            f"was set up for {self.channels} channels, bottom 0 has {first[self.axis]} "
            f"on axis {self.axis} of {first}",
        )
        for i, shape in enumerate(shapes):
            self.check(shape == first, f"bottom {i} has shape {shape}, bottom 0 {first}")
        sizes = first[self.axis + 1 :]
        tops = self.top_sizes(sizes) if self.axes else ()
        check_output_sizes(self, self.windows, sizes, tops)
        top = (*first[: self.axis], self.outputs, *tops)
        self.sizes, self.top_count = sizes, count(top, 0)
        return [top] * len(shapes)

    def forward(self, *bottom):
        bias = self.param(1) if self.bias else None
        weight, bias, late = self.folded.factors(
            self._filters(), bias, int(self.transposed), self.top_count
        )
        tops = (self.apply(self._ordered(x), weight, bias) for x in bottom)
        return tuple(
            self._like(x, self.folded.finish(y, late)) for x, y in zip(bottom, tops, strict=True)
        )

    def _ordered(self, x):
        """Return a map (a bottom or its diff) in the precision and order that torch is to see.

        Channels last are what processors' bfloat16 instructions take, and faster in float32, too.
        """
        (x,) = context.narrow(self._batch(x))
        if (self.axes, self.native) != (2, True) or self.shapes_only:
            return x
        wanted = self.folded.channels_last or x.dtype == torch.bfloat16
        return x.contiguous(memory_format=torch.channels_last) if wanted else x

    # -- inference alone

    def reach(self):
        if self.transposed or not self.native or (self.axis, self.axes) != (1, 2):
            return None
        ways = zip(self.windows.extent, self.windows.stride, self.pad, strict=True)
        return tuple(Reach(*each, pads=True) for each in ways)

    def reduce_pad(self, less):
        pad = self.pad
        if any(less):
            pad = tuple(p - n for p, n in zip(pad, less, strict=True))
        if pad != self.windows.pad:
            self.windows = self.windows._replace(pad=pad)
            self.forget_shapes()

    def unfold(self):
        self.folded = Folded()

    def settle(self, inference=True):
        weight = self._filters()
        self.folded = self.folded._replace(channels_last=weight.device == context.CPU)
        if inference:
            self.folded = self.folded.prepare(weight, int(self.transposed))

    def fold(self, after):
        if self.axis != 1 or (self.transposed and self.group > 1):
            return False
        joined = self.folded.join(after, self.param(1) if self.bias else None)
        self.folded = joined or self.folded
        return joined is not None

    def backward(self, propagate_down, bottom, top, top_diff):
        # torch's own gradients, asked only for what is wanted: no graph to build for each layer,
        # and frozen filters (FCN's upsampling) cost nothing.
        (weight,) = context.narrow(self._filters())
        wanted = [self.wants_param(0), self.bias and self.wants_param(1)]
        diffs = []
        for x, dy, down in zip(bottom, top_diff, propagate_down, strict=True):
            mask = [bool(down), *wanted]
            if not any(mask):
                diffs.append(None)
                continue
            dx, *params = self.gradients(self._ordered(x), self._ordered(dy), weight, mask)
            for blob, diff in zip(self.blobs, params, strict=False):
                if diff is not None:
                    blob.add_diff(diff.float())
            diffs.append(dx.reshape(x.shape) if down else None)
        return diffs

    def _filters(self):
        weight = self.param(0)
        return weight if self.axes else weight.unsqueeze(-1)

    def _batch(self, x):
        """Return x as (N, C, *sizes)."""
        if self.axis == 1 and self.axes:
            return x
        sizes = x.shape[self.axis :] if self.axes else (x.shape[self.axis], 1)
        return x.reshape(count(x.shape, 0, self.axis), *sizes)

    def _like(self, x, y):
        """Give y the batch axes of x."""
        if self.axis == 1 and self.axes:
            return y
        return y.reshape(*x.shape[: self.axis], self.outputs, *y.shape[2 : 2 + self.axes])

    def _torch_options(self):
        w = self.windows
        return w.stride, w.pad, w.dilation, self.transposed, (0,) * len(w.kernel), self.group

    def _torch_gradients(self, x, dy, weight, mask):
        return torch.ops.aten.convolution_backward(
            dy, x, weight, [self.outputs], *self._torch_options(), mask
        )

    def _bias_gradient(self, dy, mask):
        return dy.sum(dim=(0, *range(2, dy.dim()))) if mask[2] else None


@register("DepthwiseConvolution")  # yonghenglh6's: a faster kernel for `group`, the same values
@register("HoleConvolution")  # `hole` is BVLC's dilation (fork_fields)
@register("Convolution")
class Convolution(Filters):
    """Convolution (conv_layer.cpp): filters of shape (outputs, channels / group, *kernel)."""

    overhang = None

    def top_sizes(self, sizes):
        self.overhang = self.windows.overhang(sizes) if self.native else None
        return self.windows.outputs(sizes)

    def apply(self, x, weight, bias):
        if not self.native:
            return _add_bias(convolve(x, weight, self.windows, self.group), bias)
        if tile := self._tile(weight):
            return winograd.convolve(x, weight, bias, self.windows, tile)
        if self.overhang:
            x = F.pad(x, self.overhang)
        if self._large(weight):
            return convolve_large(x, weight, bias, self.windows)
        if self.folded.channels_last and x.dtype == torch.float32 and weight[0, 0].numel() == 1:
            return convolve_pointwise(x, weight, bias, self.windows, self.group)
        return torch.convolution(x, weight, bias, *self._torch_options())

    def gradients(self, x, dy, weight, mask):
        if not self.native:
            dx, dw = convolve_adjoint(x, weight, dy, self.windows, self.group)
            return dx, dw if mask[1] else None, self._bias_gradient(dy, mask)
        if self.overhang:
            x = F.pad(x, self.overhang)
        if self._large(weight):
            dx, db = self._large_gradients(x, dy, weight, mask), self._bias_gradient(dy, mask)
            mask = [mask[0], False, mask[2]]  # the filters' is there
        else:
            tile = self._tile(weight) if mask[0] else None
            dx, dw, db = self._torch_gradients(x, dy, weight, [mask[0] and not tile, *mask[1:]])
            if tile:
                dx = winograd.adjoint(dy, weight, self.windows, tile)
        if self.overhang and mask[0]:
            dx = F.pad(dx, [-n for n in self.overhang])
        return dx, dw if mask[1] else None, db

    def _tile(self, weight) -> winograd.Tile | None:
        """Return how to convolve by Winograd's algorithm, as optimized nets do where it pays."""
        if not self.folded.channels_last or (self.axes, self.group) != (2, 1):
            return None
        return winograd.best_tile(weight, self.sizes, self.windows)

    def _large(self, weight) -> bool:
        """Tell whether the filters are multiplied as matrices."""
        return (
            weight.device == context.CPU
            and 4 * weight.numel() >= LARGE
            and (self.axes, self.group) == (2, 1)
            and self.top_count <= self.outputs**2  # more filters than places
        )

    def _large_gradients(self, x, dy, weight, mask):
        """Add the filters' gradient to their diff without a copy; return the bottom's."""
        diff = self.blobs[0]
        adds = mask[1] and diff.diff_buffer.head and weight.dtype == torch.float32
        total = diff.diff_tensor(write=True) if adds else None
        dx, dw = large_gradients(x, dy, weight, self.windows, mask, total)
        if mask[1] and total is None:
            diff.add_diff(dw.float())
        return dx


@register("ConvolutionDepthwise")
class ConvolutionDepthwise(Convolution):
    """Each channel by itself, whatever num_output and group (conv_dw_layer.cpp)."""

    def counts(self):
        return self.channels, self.channels


@register("Deconvolution")
class Deconvolution(Filters):
    """The adjoint of a convolution (deconv_layer.cpp): filters (channels, outputs / group, ...)."""

    transposed = True

    def top_sizes(self, sizes):
        return self.windows.inputs(sizes)

    def apply(self, x, weight, bias):
        if self.native:
            narrow = x.dtype
            if x.device == context.CPU:  # its library takes three times as long in bfloat16
                x, weight, bias = (t if t is None else t.float() for t in (x, weight, bias))
            return torch.convolution(x, weight, bias, *self._torch_options()).to(narrow)
        shape = (x.shape[0], self.outputs, *self.windows.inputs(x.shape[2:]))
        # The adjoint does not depend on the point where it is taken.
        y, _ = convolve_adjoint(x.new_zeros(shape), weight, x, self.windows, self.group)
        return _add_bias(y, bias)

    def gradients(self, x, dy, weight, mask):
        if self.native:
            return self._torch_gradients(x, dy, weight, mask)
        dx = convolve(dy, weight, self.windows, self.group) if mask[0] else None
        dw = convolve_adjoint(dy, weight, x, self.windows, self.group)[1] if mask[1] else None
        return dx, dw, self._bias_gradient(dy, mask)


def _add_bias(y, bias):
    return y if bias is None else y + bias.view(-1, *(1,) * (y.dim() - 2))
