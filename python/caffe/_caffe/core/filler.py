"""Fillers: the initial values of parameters (filler.hpp).

Every draw comes from the host's random stream, so a seed gives the same weights on CPU and GPU.
"""

import math
from collections.abc import Callable

import torch

from ...proto import caffe_pb2
from ..errors import CaffeError, nearest
from . import context


def fill(blob, param: caffe_pb2.FillerParameter) -> None:
    """Fill `blob` as `param` says.

    CaffeError for an unknown filler, an empty blob, or settings that the filler refuses.
    """
    if param.type not in _FILLERS:
        raise CaffeError(
            f"unknown filler '{param.type}'{nearest(param.type, _FILLERS)} "
            f"(known fillers: {', '.join(sorted(_FILLERS))})"
        )
    if blob.count == 0:
        raise CaffeError(f"filler '{param.type}' is given an empty blob of shape {blob.shape}")
    if param.sparse != -1 and param.type != "gaussian":
        raise CaffeError(
            f"filler '{param.type}' does not support sparse (given {param.sparse}); "
            "only 'gaussian' does"
        )
    if param.type == "constant" and param.value == 0:
        blob.data_buffer.clear()  # zero without touching memory: large nets load weights anyway
        return
    _FILLERS[param.type](blob.data_buffer.tensor(blob.shape, context.HOST, write=True), param)


def _draws() -> torch.Generator:
    return context.generator(context.CPU)


def _constant(x, param):
    return x.fill_(param.value)


def _uniform(x, param):
    if not 0 <= param.max - param.min <= torch.finfo(x.dtype).max:  # false of a nan too
        raise CaffeError(
            "filler 'uniform' needs min <= max, both of them and their distance finite, "
            f"given {param.min} and {param.max}"
        )
    return x.uniform_(param.min, param.max, generator=_draws())


def _gaussian(x, param):
    """N(mean, std^2); with `sparse` n, each output keeps about n inputs and the rest are zero."""
    if not param.std > 0:
        raise CaffeError(f"filler 'gaussian' needs std > 0, given {param.std}")
    if param.sparse < -1:
        raise CaffeError(f"filler 'gaussian': sparse is -1 (off) or a count, given {param.sparse}")
    x.normal_(param.mean, param.std, generator=_draws())
    if param.sparse == -1:
        return x
    outputs = x.shape[0] if x.dim() else 0
    if param.sparse > outputs:
        raise CaffeError(
            f"filler 'gaussian': sparse is {param.sparse}, but a blob of shape {tuple(x.shape)} "
            f"has {outputs} outputs (axis 0)"
        )
    # The probability is over axis 0, whatever that axis means (filler.hpp, GaussianFiller).
    kept = torch.empty_like(x).bernoulli_(param.sparse / outputs, generator=_draws())
    return x.mul_(kept)


def _positive_unitball(x, param):
    """Uniform on [0, 1], then each item of axis 0 is divided by its sum."""
    rows = x.view(_outputs(x, param), -1).uniform_(0, 1, generator=_draws())
    rows.div_(rows.sum(1, keepdim=True))
    return x


def _gaussian_unitball(x, param):
    """caffe-windows': N(0, 1), then each item of axis 0 is brought to length 1."""
    rows = x.view(_outputs(x, param), -1).normal_(0, 1, generator=_draws())
    rows.div_((rows.square().sum(1, keepdim=True) + 1e-12).sqrt())
    return x


def _xavier(x, param):
    """U(-a, a) with a = sqrt(3 / n) (Glorot and Bengio 2010); n as `variance_norm` says."""
    bound = math.sqrt(3 / _fan(x, param))
    return x.uniform_(-bound, bound, generator=_draws())


def _msra(x, param):
    """N(0, 2 / n) (He, Zhang, Ren and Sun 2015); n as `variance_norm` says."""
    return x.normal_(0, math.sqrt(2 / _fan(x, param)), generator=_draws())


def _bilinear(x, param):
    """The kernel of bilinear interpolation, the same in every channel pair.

    As an upsampling Deconvolution this is right only with group = num_output: ungrouped, every
    input channel would also be added to every other output channel.
    """
    size = _square(x, param)
    factor = math.ceil(size / 2)
    return _tent(x, factor, (size - 1) / (2 * factor))


def _bilinear_upsampling(x, param):
    """CCNN's bilinear kernel (filler.hpp of pathak22/caffe-ccnn), the same in every channel pair.

    Its centre is that of Caffe's first `bilinear`: other than BVLC 1.0's where the kernel is twice
    an odd number.
    """
    size = _square(x, param)
    factor = math.ceil(size / 2)
    return _tent(x, factor, (2 * factor - 1 - factor % 2) / (2 * factor))


def _bilinear_3d(x, param):
    """A volume's bilinear_upsampling (filler.hpp of yulequan/3D-Caffe)."""
    if x.dim() != 5 or len(set(x.shape[2:])) != 1:
        raise CaffeError(
            f"filler 'bilinear_3D' needs a blob (M, C, K, K, K), given {tuple(x.shape)}"
        )
    factor = math.ceil(x.shape[-1] / 2)
    centre = (2 * factor - 1 - factor % 2) / (2 * factor)
    row = 1 - (torch.arange(x.shape[-1]) / factor - centre).abs()
    return x.copy_(row.view(-1, 1, 1) * row.view(-1, 1) * row)


def _identity(x, param):
    """Dilation's identity (filler.hpp of fyu/caffe-dilation): each channel passed on, or averaged.

    Inputs and outputs fall into `num_groups` blocks (as many as inputs unless told); the middle
    tap between an input and an output of one block is num_groups / outputs, times `value` if set.
    With `std`, N(0, std^2) elsewhere, else 0.
    """
    if x.dim() != 4:
        raise CaffeError(f"filler 'identity' needs a blob of 4 axes, given {tuple(x.shape)}")
    outputs, inputs, height, width = x.shape
    groups = param.num_groups if param.HasField("num_groups") else inputs
    if groups < 1 or outputs % groups:
        raise CaffeError(
            f"filler 'identity' needs outputs ({outputs}) in num_groups ({groups}) equal groups"
        )
    if param.HasField("std"):
        _gaussian(x, param)
    else:
        x.zero_()
    weight = groups / outputs * (param.value if param.HasField("value") else 1)
    out_of, in_of = outputs // groups, inputs // groups
    for g in range(groups):
        block = x[g * out_of : (g + 1) * out_of, g * in_of : (g + 1) * in_of]
        block[:, :, height // 2, width // 2] = weight
    return x


def _diagonal(x, param):
    """FlowNet2's diagonal (filler.hpp of lmb-freiburg/flownet2).

    Output c averages input c over the kernel, times `diag_val` c (1 where the list ends).
    """
    if not 0 < x.dim() <= 4:
        raise CaffeError(f"filler 'diagonal' needs a blob of 1 to 4 axes, given {tuple(x.shape)}")
    pairs = x.zero_().view(x.shape[0], x.shape[1] if x.dim() > 1 else 1, -1)
    for c in range(min(pairs.shape[:2])):
        value = param.diag_val[c] if c < len(param.diag_val) else 1
        pairs[c, c] = value / pairs.shape[2]
    return x


def _square(x: torch.Tensor, param) -> int:
    if x.dim() != 4 or x.shape[2] != x.shape[3]:
        raise CaffeError(
            f"filler '{param.type}' needs a blob of 4 axes with a square kernel, "
            f"given {tuple(x.shape)}"
        )
    return x.shape[3]


def _tent(x: torch.Tensor, factor: int, center: float) -> torch.Tensor:
    ramp = 1 - (torch.arange(x.shape[3], dtype=torch.float64) / factor - center).abs()
    return x.copy_(ramp[:, None] * ramp)


def _outputs(x: torch.Tensor, param) -> int:
    if x.dim() == 0:
        raise CaffeError(f"filler '{param.type}' needs a blob of at least 1 axis, given a scalar")
    return x.shape[0]


def _fan(x: torch.Tensor, param) -> float:
    """Return the number of nodes that scales the draw (filler.hpp, XavierFiller and MSRAFiller).

    fan_in is count / shape[0], fan_out count / shape[1] (count itself without an axis 1), also
    for inner products and Deconvolution, where these are not the true fans.
    """
    fan_in = x.numel() / _outputs(x, param)
    fan_out = x.numel() // x.shape[1] if x.dim() > 1 else x.numel()
    if param.variance_norm == param.AVERAGE:
        return (fan_in + fan_out) / 2
    return fan_out if param.variance_norm == param.FAN_OUT else fan_in


_FILLERS: dict[str, Callable[[torch.Tensor, caffe_pb2.FillerParameter], torch.Tensor]] = {
    "constant": _constant,
    "uniform": _uniform,
    "gaussian": _gaussian,
    "positive_unitball": _positive_unitball,
    "gaussian_unitball": _gaussian_unitball,
    "xavier": _xavier,
    "msra": _msra,
    "bilinear": _bilinear,
    "bilinear_upsampling": _bilinear_upsampling,
    "bilinear_3D": _bilinear_3d,
    "identity": _identity,
    "diagonal": _diagonal,
}
