"""Pooling (MAX, AVE, STOCHASTIC) and the spatial pyramid SPP built from it."""

import math
from typing import Any

import torch
import torch.nn.functional as F

from ...proto import caffe_pb2
from ..core import context
from ..core.axes import check_maps
from ..core.layer import Layer, register
from ..core.window_settings import read_size
from ..core.windows import PoolingPlan, Reach, lay_windows

PoolingParameter = caffe_pb2.PoolingParameter
# The search for a maximum starts here (pooling_layer.cpp): the value of a window without elements.
LOWEST = torch.finfo(torch.float32).min


@register("Pooling")
class Pooling(Layer):
    """Pooling over windows of (N, C, H, W) (pooling_layer.cpp, .cu for STOCHASTIC).

    MAX: the first of equal maxima takes the gradient; a second top holds its index within the
    H x W plane; NaN and -infinity are less than any number (on a CPU: BVLC's cuDNN, too, has NaN
    for the largest). AVE divides by the window's part within the padded map. STOCHASTIC draws an
    element with its value as probability in TRAIN and weighs by it in TEST.
    """

    def __init__(self, param, phase, folder=""):
        super().__init__(param, phase, folder)
        self.method = param.pooling_param.pool
        self.tops = (1, 2) if self.method == PoolingParameter.MAX else (1, 1)
        self.any_layout = self.method != PoolingParameter.STOCHASTIC and len(param.top) == 1
        self.recomputable = self.method != PoolingParameter.STOCHASTIC

    def setup(self, x):
        p = self.layer_param.pooling_param
        self.round_up = p.round_mode == PoolingParameter.CEIL
        self.masked = len(self.layer_param.top) > 1
        self.everywhere = p.global_pooling
        self.pad = read_size(self, p, "pad", "pad")
        self.stride = read_size(self, p, "stride", "stride")
        self.check(min(self.stride) > 0, "stride must be positive")
        if self.everywhere:
            given = [f for f in ("kernel_size", "kernel_h", "kernel_w") if p.HasField(f)]
            self.check(not given, f"global_pooling takes no {' or '.join(given)}")
            self.check(
                self.pad == (0, 0) and self.stride == (1, 1),
                f"global_pooling goes with pad 0 and stride 1, given {self.pad}, {self.stride}",
            )
            return
        self.kernel = read_size(self, p, "kernel_size", "kernel")
        self.check(min(self.kernel) > 0, "the kernel is missing or zero: give kernel_size")
        if any(self.pad):
            self.check(
                self.method != PoolingParameter.STOCHASTIC, "STOCHASTIC pooling takes no pad"
            )
            self.check(
                all(p < k for p, k in zip(self.pad, self.kernel, strict=True)),
                f"pad {self.pad} must be less than the kernel {self.kernel}",
            )

    def reach(self):
        if self.masked or self.everywhere or self.method == PoolingParameter.STOCHASTIC:
            return None
        windows = zip(self.kernel, self.stride, self.pad, strict=True)
        return tuple(Reach(*each, pads=False) for each in windows)

    plan: PoolingPlan
    sizes: tuple[int, ...] | None = None

    def reshape(self, shape):
        check_maps(self, shape)
        if shape[2:] != self.sizes:
            kernel = shape[2:] if self.everywhere else self.kernel
            self.check(min(shape[2:]) > 0, f"the map is empty: bottom 0 has shape {shape}")
            for axis, size, k, p in zip((2, 3), shape[2:], kernel, self.pad, strict=True):
                step = self.stride[axis - 2] if self.round_up else 1
                self.check(
                    k - size - 2 * p < step,
                    f"kernel {k} exceeds size {size} with pad {p} on axis {axis} of bottom 0",
                )
            native = self.method != PoolingParameter.STOCHASTIC
            self.plan = lay_windows(shape[2:], kernel, self.stride, self.pad, self.round_up, native)
            laid = 4 * math.prod((*shape[:2], *self.plan.padded_sizes()))
            self.check(
                laid <= context.host_memory(),
                f"its windows on bottom 0 of shape {shape} take {laid / 2**30:.1f} GiB to lay out",
            )
            self.sizes = shape[2:]
        return [(*shape[:2], *self.plan.outputs)] * (1 + self.masked)

    def forward(self, x):
        # MAX and STOCHASTIC save each value's index within the padded plane.
        if self.method == PoolingParameter.AVE:
            return self._average(x.float())
        if self.method == PoolingParameter.STOCHASTIC:
            return self._draw(x) if self.training else self._weigh(x)
        if not self.plan.native:  # bfloat16 has no LOWEST
            x = x.float()
        top, index = self._maxima(x, places=self.saves_for_backward or self.masked)
        self.save_for_backward(index)
        return (top, self._mask(top, index)) if self.masked else top

    def backward(self, propagate_down, bottom, top, top_diff):
        x, dy = bottom[0], top_diff[0]
        if self.method == PoolingParameter.AVE:
            return [self._average_gradient(x.float(), dy.float())]
        if self.method == PoolingParameter.STOCHASTIC and not self.training:
            with torch.enable_grad():
                at = x.detach().requires_grad_()
                return list(torch.autograd.grad(self._weigh(at), at, dy))
        index = self.saved
        if index is None:
            self.check(self.recomputable, "backward needs a forward before it (for what it drew)")
            index = self._maxima(x)[1]
        plan, dy = self.plan, dy.float()  # overlapping windows' gradients are added
        seen = torch.empty_like(x, dtype=dy.dtype) if plan.native else self._padded_like(x.float())
        dx = torch.ops.aten.max_pool2d_with_indices_backward(
            dy, seen, *plan.options, (1, 1), plan.rounds_up, index
        )
        return [plan.cut(dx)]

    def _maxima(self, x, places=True):
        """Return each window's maximum and, with `places`, its index; else None."""
        plan = self.plan
        padded, options = plan.padded(x, LOWEST), dict(ceil_mode=plan.rounds_up)
        found: Any = F.max_pool2d(padded, *plan.options, **options, return_indices=places)
        top, index = found if places else (found, None)
        unseen = top.device != context.CPU or torch.compiler.is_compiling()
        if unseen or not top.numel() or top.amin() >= LOWEST:
            return top, index
        return self._maxima(x.float().nan_to_num(LOWEST, math.inf), places)

    def _padded_like(self, x):
        return x.new_empty((*x.shape[:2], *self.plan.padded_sizes()))

    def _mask(self, top, index):
        # Caffe leaves -1 where it found nothing to pool.
        return self.plan.found(index).to(top.dtype).masked_fill_(top == LOWEST, -1)

    def _average(self, x):
        plan = self.plan
        if plan.native:
            kernel, stride, pad = plan.options
            return F.avg_pool2d(x, kernel, stride, pad, plan.rounds_up)
        return self._sum(x) / plan.areas(x)

    def _average_gradient(self, x, dy):
        plan = self.plan
        if plan.native:
            options = (*plan.options, plan.rounds_up, True, None)
            return torch.ops.aten.avg_pool2d_backward(dy, x, *options)
        dy, seen = dy / plan.areas(x), self._padded_like(x)
        options = (*plan.options, False, True, 1)
        return plan.cut(torch.ops.aten.avg_pool2d_backward(dy, seen, *options))

    def _sum(self, x):
        kernel, stride, pad = self.plan.options
        return F.avg_pool2d(self.plan.padded(x, 0.0), kernel, stride, pad, divisor_override=1)

    def _weigh(self, x):
        total, squares = self._sum(x), self._sum(x * x)
        positive = total > 0
        return torch.where(positive, squares / torch.where(positive, total, 1), 0)

    def _draw(self, x):
        plan = self.plan
        (kh, kw), (sh, sw), _ = plan.options
        x = plan.padded(x, 0.0)
        windows = x.unfold(2, kh, sh).unfold(3, kw, sw).flatten(4)
        sums = windows.cumsum(4)
        draw = torch.rand(sums.shape[:4], generator=self.generator(), device=x.device)
        # argmax takes the first of equals: the first element at which the sum passes the draw.
        chosen = (sums >= (draw * sums[..., -1])[..., None]).byte().argmax(4, keepdim=True)
        row = torch.arange(plan.outputs[0], device=x.device)[:, None] * sh + chosen[..., 0] // kw
        column = torch.arange(plan.outputs[1], device=x.device) * sw + chosen[..., 0] % kw
        self.save_for_backward(row * x.shape[3] + column)
        return windows.gather(4, chosen)[..., 0]


@register("SPP")
class SPP(Layer):
    """Spatial pyramid pooling (spp_layer.cpp): level l pools over about 2^l x 2^l bins.

    The levels, each flattened, are concatenated in the top (N, bins * C); a pyramid of
    height 1 gives the pooled map as it is.
    """

    sizes = None

    def setup(self, x):
        p = self.layer_param.spp_param
        self.height, self.method = int(p.pyramid_height), p.pool
        self.check(self.height > 0, "pyramid_height must be positive")
        self.levels: list[Pooling] = []

    def reshape(self, shape):
        check_maps(self, shape)
        self.check(min(shape[2:]) > 0, f"the map is empty: bottom 0 has shape {shape}")
        if shape[2:] != self.sizes:
            self.levels = [self._level(i, shape) for i in range(self.height)]
            self.sizes = shape[2:]
        tops = [level.reshape(shape)[0] for level in self.levels]
        self.counts = [math.prod(top[1:]) for top in tops]
        return tops if self.height == 1 else [(shape[0], sum(self.counts))]

    def _level(self, number, shape):
        param = caffe_pb2.LayerParameter(name=self.name, type=self.type)
        pooling = param.pooling_param
        pooling.pool = self.method  # type: ignore[assignment]  # the two enums are alike
        for axis, size in zip("hw", shape[2:], strict=True):
            # The least kernel with which so many bins cover the axis; what they overshoot is
            # padding, half of it on either side.
            kernel = -(-size // 2**number)
            setattr(pooling, f"kernel_{axis}", kernel)
            setattr(pooling, f"stride_{axis}", kernel)
            setattr(pooling, f"pad_{axis}", (kernel * 2**number - size + 1) // 2)
        level = Pooling(param, self.phase)
        level.wiring = self.wiring
        level.setup(torch.empty(shape, device="meta"))
        return level

    def forward(self, x):
        tops = [level.forward(x) for level in self.levels]
        self.save_for_backward([level.saved for level in self.levels])
        return tops[0] if self.height == 1 else torch.cat([t.flatten(1) for t in tops], 1)

    def backward(self, propagate_down, bottom, top, top_diff):
        (dy,) = top_diff
        parts = [dy] if self.height == 1 else dy.split(self.counts, 1)
        diffs = []
        saved = self.saved or [None] * self.height
        for level, part, index in zip(self.levels, parts, saved, strict=True):
            level.saved = index
            part = part.reshape(*bottom[0].shape[:2], *level.plan.outputs)
            diffs += level.backward(propagate_down, bottom, top, [part])
            level.saved = None
        return [sum(diffs[1:], diffs[0])]
