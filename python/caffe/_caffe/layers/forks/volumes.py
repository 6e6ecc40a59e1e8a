"""Pooling over volumes as C3D, video-caffe and 3D-Caffe write it, and C3D's loss over them.

Their convolutions are BVLC's over more axes, and are rewritten as such when a file is read
(formats/respelled.py).
"""

import math
from collections.abc import Callable

import torch
from torch.nn import functional as F

from caffe.proto import caffe_pb2

from ...core.labels import LabelReader
from ...core.layer import Layer, register
from ...core.loss_layer import FLT_MIN, Loss
from ...core.window_settings import read_size

MAX, AVE = 0, 1  # of every PoolMethod
LOWEST = torch.finfo(torch.float32).min  # the value of a window without elements


class VolumePooling(Layer):
    """MAX or AVE pooling over one to three axes behind the channels.

    Bottom (N, C, *sizes), top (N, C, *outputs) with outputs = ceil((size + 2 pad - kernel) /
    stride) + 1, less one where `drops_last` says so of a last window that begins behind the map
    and its first padding. AVE divides by the window's part within the padded map. A subclass
    reads kernel, stride and pad.
    """

    field = "pooling_param"  # with the settings
    read: Callable  # (axes) -> kernel, stride and pad, one of each per axis; kernel 0: all of it

    def drops_last(self, axis: int) -> bool:
        """Return whether a window that begins in the padding behind the map is left out."""
        return self.pad[axis] > 0

    def setup(self, x):
        axes = x.dim() - 2
        self.check(
            1 <= axes <= 3, f"pools over 1 to 3 axes behind the channels, given {tuple(x.shape)}"
        )
        self.settings = getattr(self.layer_param, self.field)
        self.kernel, self.stride, self.pad = self.read(axes)
        self.check(min(self.stride) > 0, f"stride must be positive, given {self.stride}")
        for k, p in zip(self.kernel, self.pad, strict=True):
            self.check(k == 0 or p < k, f"pad {self.pad} must be less than kernel {self.kernel}")
        method = self.settings.pool
        self.check(method in (MAX, AVE), "computes MAX and AVE, not STOCHASTIC, over volumes")
        self.average = method == AVE

    def reshape(self, shape):
        axes = len(self.kernel)
        self.check(
            len(shape) == axes + 2, f"was set up for {axes + 2} axes, bottom 0 has shape {shape}"
        )
        self.laid = [k or size for k, size in zip(self.kernel, shape[2:], strict=True)]
        self.outputs, self.windows = [], []
        settings = zip(shape[2:], self.laid, self.stride, self.pad, strict=True)
        for i, (size, k, s, p) in enumerate(settings):
            self.check(  # less than a stride behind the map is rounded up to one window
                k - size - 2 * p < s,
                f"kernel {k} exceeds size {size} with pad {p} on axis {i + 2}",
            )
            count = math.ceil((size + 2 * p - k) / s) + 1
            if self.drops_last(i) and (count - 1) * s >= size + p:
                count -= 1
            self.check(
                (count - 1) * s < size + p,
                f"its last window on axis {i + 2} begins behind the map: size {size}, kernel {k}, "
                f"stride {s}, pad {p}",
            )
            self.outputs.append(count)
            self.windows.append((size, count, k, s, p))
        return [(*shape[:2], *self.outputs)]

    def forward(self, x):
        absent = (1,) * (5 - x.dim())
        y = x.reshape(*x.shape[:2], *absent, *x.shape[2:])
        y = F.pad(y, self._edges(), value=0.0 if self.average else LOWEST)
        kernel, stride = ((*absent, *v) for v in (self.laid, self.stride))
        if self.average:
            y = F.avg_pool3d(y, kernel, stride, divisor_override=1)
        else:
            y = F.max_pool3d(y, kernel, stride)
        y = y.reshape(*x.shape[:2], *self.outputs)
        return y / self._areas(x) if self.average else y

    def _edges(self) -> list[int]:
        """Return what F.pad adds for all windows to fit: before and behind, last axis first."""
        edges = []
        for size, n, k, s, p in self.windows:
            edges = [p, (n - 1) * s + k - size - p, *edges]
        return edges

    def _areas(self, x):
        areas = x.new_ones(())
        for size, n, k, s, p in self.windows:
            start = torch.arange(n, device=x.device) * s
            areas = areas.unsqueeze(-1) * ((start + k).clamp(max=size + 2 * p) - start)
        return areas


@register("Pooling3D")
class Pooling3D(VolumePooling):
    """C3D's pooling of (N, C, L, H, W) (pool3d_layer.cpp of C3D v1.0 and v1.1).

    pooling3d_param, or pooling_param in v1.0: kernel_size, stride and pad of rows and columns,
    kernel_depth and temporal_stride of the frames, which have no padding; pad is for AVE only.
    Every maximum of a window takes the whole gradient, not only the first.
    """

    def setup(self, x):
        if not self.layer_param.HasField("pooling_param"):
            self.field = "pooling3d_param"
        super().setup(x)

    def read(self, axes):
        p = self.settings
        self.check(axes == 3, "takes (N, C, L, H, W)")
        self.check(p.kernel_size > 0 and p.kernel_depth > 0, "needs kernel_size and kernel_depth")
        self.check(p.pad == 0 or p.pool == AVE, "pads for AVE only")
        return (
            [p.kernel_depth, p.kernel_size, p.kernel_size],
            [p.temporal_stride, p.stride, p.stride],
            [0, p.pad, p.pad],
        )

    def drops_last(self, axis):
        return False

    def backward(self, propagate_down, bottom, top, top_diff):
        """dx = dy at every element that equals its window's maximum; dy's share for AVE."""
        x, y, dy = bottom[0], top[0], top_diff[0]
        edges = self._edges()
        padded = F.pad(x, edges, value=math.nan)
        dx = torch.zeros_like(padded)
        if self.average:
            dy = dy / self._areas(x)
        for place in torch.cartesian_prod(*(torch.arange(k) for k in self.laid)).tolist():
            steps = zip(place, self.outputs, self.stride, strict=True)
            at = tuple(slice(a, a + (n - 1) * s + 1, s) for a, n, s in steps)
            at = (slice(None), slice(None), *at)
            dx[at] += dy if self.average else dy * (padded[at] == y)
        return [F.pad(dx, [-e for e in edges]).contiguous()]


@register("NdPooling")
class NdPooling(VolumePooling):
    """video-caffe's pooling (cudnn_ndpooling_layer.cpp): kernel_shape, stride_shape, pad_shape.

    pooling_param's shapes have one `dim` per axis behind the channels; global_pooling takes the
    whole map. There is no CPU code; where a window overhangs the padded map, cuDNN's AVE divides
    by the whole kernel, which is followed here.
    """

    def read(self, axes):
        p = self.settings
        if p.global_pooling:
            return [0] * axes, [1] * axes, [0] * axes
        read = []
        for name, default in (("kernel_shape", None), ("stride_shape", 1), ("pad_shape", 0)):
            given = [int(d) for d in getattr(p, name).dim]
            if not p.HasField(name) and default is not None:
                given = [default] * axes
            self.check(len(given) == axes, f"{name} needs {axes} dims, one per axis, given {given}")
            read.append(given)
        self.check(min(read[0]) > 0, f"kernel_shape must be positive, given {read[0]}")
        return read

    def _areas(self, x):
        return x.new_tensor(float(math.prod(self.laid)))


@register("PoolingND")
class PoolingND(VolumePooling):
    """3D-Caffe's pooling (pooling_nd_layer.cpp): Pooling over 2 or 3 axes behind the channels.

    pooling_nd_param: kernel_size, stride and pad once or once per axis, or kernel_h and kernel_w
    and the like for 2 axes; global_pooling. As in BVLC's Pooling, padding on any axis drops last
    windows on all.
    """

    field = "pooling_nd_param"

    def drops_last(self, axis):
        return any(self.pad)

    def read(self, axes):
        p = self.settings
        self.check(axes > 1, "pools over 2 or 3 axes")
        self.check(p.axis in (1, 1 - axes - 1), f"axis {p.axis}: the channels must be axis 1")
        least = 0 if p.global_pooling else None
        read = [
            list(read_size(self, p, field, stem, axes, default))
            for field, stem, default in (
                ("kernel_size", "kernel", least), ("stride", "stride", 1), ("pad", "pad", 0)
            )
        ]  # fmt: skip
        if p.global_pooling:
            self.check(
                read == [[0] * axes, [1] * axes, [0] * axes],
                "global_pooling goes with pad 0, stride 1 and no kernel",
            )
        else:
            self.check(min(read[0]) > 0, "kernel_size must be positive")
        return read


def _pools_volumes(param: caffe_pb2.LayerParameter, net: caffe_pb2.NetParameter) -> str | None:
    """Tell yulequan's Pooling, whose fields are BVLC's, by volumes that stay volumes."""
    if any(layer.transform_param.crop_size_l for layer in net.layer):
        return "its net's data have crop_size_l"
    shapes = [shape for layer in net.layer for shape in layer.input_param.shape]
    if any(layer.type == "Reshape" for layer in net.layer):
        return None
    return "its net takes volumes" if any(len(shape.dim) == 5 for shape in shapes) else None


@register("Pooling", dialect="3d-caffe", recognise=_pools_volumes)
class PoolingOfVolumes(PoolingND):
    """The same as Pooling, with pooling_param (pooling_layer.cpp of yulequan/3D-Caffe)."""

    field = "pooling_param"

    def read(self, axes):
        p = self.settings
        apart = [field.name for field, _ in p.ListFields() if field.name.endswith(("_h", "_w"))]
        self.check(not apart, f"takes kernel_size, stride and pad of all axes, given {apart}")
        if p.global_pooling:
            return [0] * axes, [1] * axes, [0] * axes
        self.check_positive(p, "kernel_size", "stride")
        return [p.kernel_size] * axes, [p.stride] * axes, [p.pad] * axes


@register("VoxelSoftmaxLoss")
class VoxelSoftmaxLoss(Loss):
    """The mean over all voxels of -log p(label), p the softmax over channels (C3D).

    Bottoms: scores (N, C, L, H, W) and labels (N, 1, L, H, W). A label of C or more is none: its
    voxel adds 0, but counts, and its gradient is p (voxel_wise_softmax_loss_layer.cpp).
    """

    def setup(self, x, label):
        self.read = LabelReader(self, 1, ignore=x.shape[1])

    def reshape(self, x, label):
        wanted = (x[0], 1, *x[2:])
        self.check(len(x) > 2 and label == wanted, f"takes labels {wanted}, given {label}")
        return [()]

    def _labels(self, x, label):
        return self.read(label.clamp(max=x.shape[1]), x.shape[1])

    def forward(self, x, label):
        labels = self._labels(x, label)
        likely = x.softmax(1).gather(1, labels.index).clamp(min=FLT_MIN)
        return labels.mark(0 - labels.zero_ignored(likely.log()).mean())

    def backward(self, propagate_down, bottom, top, top_diff):
        """(p - [label]) / voxels."""
        self.check_down(propagate_down)
        x, label = bottom
        labels = self._labels(x, label)
        diff = x.softmax(1)
        diff.scatter_add_(1, labels.index, labels.zero_ignored(-torch.ones_like(label)))
        return [diff.mul_(top_diff[0] / label.numel()), None]
