"""FlowNet2's losses of a flow, whose true values may be NaN where they are not known."""

import torch

from caffe.proto import caffe_pb2

from ...core.axes import check_maps
from ...core.layer import register
from ...core.loss_layer import Loss


def _is_flownet2s(param: caffe_pb2.LayerParameter, net: caffe_pb2.NetParameter) -> str | None:
    """Tell FlowNet2's L1Loss from NVCaffe's by its parameters."""
    return "l1_loss_param" if param.HasField("l1_loss_param") else None


class _FlowLoss(Loss):
    """Bottoms: one (N, C, H, W), or two of which it is the difference; a gradient to both.

    The loss is divided by N or, with `normalize_by_num_entries`, by the number of known values
    over C.
    """

    bottoms = (1, 2)
    no_gradient = frozenset()

    def reshape(self, *shapes):
        check_maps(self, *shapes)
        self.check(len(set(shapes)) == 1, f"bottoms differ in shape: {shapes}")
        return [()]

    def known(self, param, a, *b):
        """Return the differences, 0 where not known, which are known, and the divisor."""
        d = a - b[0] if b else a
        known = d == d
        count = known.sum() / a.shape[1] if param.normalize_by_num_entries else a.shape[0]
        return torch.where(known, d, 0), known, count

    def sum_channels(self, param, x):
        return x.mean(1) if param.l2_prescale_by_channels else x.sum(1)


def _sign(d):
    """Return 1 above 0, else -1: the gradient at 0, too."""
    return torch.where(d > 0, 1.0, -1.0)


@register("FlowNet2L1Loss")
@register("L1Loss", dialect="flownet2", recognise=_is_flownet2s)
class L1Loss(_FlowLoss):
    """The sum of |d| or, with `l2_per_location`, of sqrt(sum over channels of d^2 + epsilon).

    Below `plateau` neither |d| nor the sum's root counts or has a gradient, though epsilon is still
    added; the gradient of |d| at 0 is -1 (l1loss_layer.cu).
    """

    def forward(self, a, *b):
        p = self.layer_param.l1_loss_param
        d, known, count = self.known(p, a, *b)
        if p.l2_per_location:
            squares = self.sum_channels(p, d.square())
            if p.plateau > 0:
                squares = torch.where(squares < p.plateau**2, 0, squares)
            return (squares + p.epsilon).sqrt().sum() / count
        if p.plateau > 0:
            d = torch.where(d.abs() < p.plateau, 0, d)
            known = known & (d != 0)
        return torch.where(known, d * _sign(d), 0).sum() / count


@register("LpqLoss")
class LpqLoss(_FlowLoss):
    """The sum of (sum over channels of (|d| + p_epsilon)^p + q_epsilon)^q (lpq_loss_layer.cu)."""

    def setup(self, *bottom):
        p = self.layer_param.lpq_loss_param
        one = len(p.p) == len(p.q) == 1 and list(p.pq_episode_starts_at_iter) in ([], [0])
        self.check(one, "takes one p and one q: powers that change with the iteration are not here")

    def forward(self, a, *b):
        p = self.layer_param.lpq_loss_param
        d, _, count = self.known(p, a, *b)
        powers = self.sum_channels(p, (d * _sign(d) + p.p_epsilon) ** p.p[0])
        return ((powers + p.q_epsilon) ** p.q[0]).sum() / count
