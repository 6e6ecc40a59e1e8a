"""Layers of NVCaffe (NVIDIA/caffe), which DIGITS trained with."""

import torch

from ...core.layer import register
from ...core.loss_layer import Loss


@register("L1Loss")
class L1Loss(Loss):
    """The sum of absolute differences over the number of items (l1_loss_layer.cpp).

    A gradient to both bottoms, 0 where they are equal.
    """

    no_gradient = frozenset()

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        self.check_items(a, b)
        if a.numel() != b.numel():
            self.fail(f"bottoms of shape {tuple(a.shape)} and {tuple(b.shape)} differ in size")
        return (a - b.view(a.shape)).abs().sum() / a.shape[0]
