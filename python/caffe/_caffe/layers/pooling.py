"""Pooling (MAX, AVE, STOCHASTIC) and the spatial pyramid SPP built from it."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F

from ...proto import caffe_pb2
from ..layer import Layer, register

PoolingParameter = caffe_pb2.PoolingParameter
# Caffe starts its search for a maximum here (pooling_layer.cpp), below any value it would pool.
LOWEST = torch.finfo(torch.float32).min


class Plan(NamedTuple):
    """How the windows lie on one map size, in torch's terms.

    Where torch lays the same windows as Caffe, `edges` is None and torch pads by itself.
    Otherwise the map is first padded (or cut) by `edges` to where the last window ends.
    """

    outputs: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    pad: tuple[int, int]
    ceil: bool
    edges: tuple[int, int, int, int] | None

    def padded(self, x: torch.Tensor, value: float) -> torch.Tensor:
        """Return x as the windows need it."""
        return x if self.edges is None else F.pad(x, self.edges, value=value)

    def cut(self, dx: torch.Tensor) -> torch.Tensor:
        """Return the part of a padded map's gradient that belongs to the map."""
        return dx if self.edges is None else F.pad(dx, [-e for e in self.edges])

    def areas(self, sizes: tuple[int, int], like: torch.Tensor) -> torch.Tensor:
        """Return each window's element count, padding included as far as `pad` goes."""
        spans = []
        for i in range(2):
            start = torch.arange(self.outputs[i]) * self.stride[i]
            end = torch.clamp(start + self.kernel[i], max=sizes[i] + 2 * self.pad[i])
            spans.append((end - start).to(like))
        return spans[0][:, None] * spans[1]


def plan(sizes, kernel, stride, pad, ceil: bool) -> Plan:
    """Lay windows on a map of `sizes` by Caffe's rule (pooling_layer.cpp, Reshape)."""
    outputs, edges, same = [], [], True
    for size, k, s, p in zip(sizes, kernel, stride, pad, strict=True):
        span = size + 2 * p - k
        steps = -(-span // s) if ceil else span // s
        count = torchs = steps + 1
        if steps * s >= size + p:  # the last window starts behind the map
            torchs -= ceil
            # Caffe drops it only where there is padding, on whichever axis.
            count -= any(pad)
        outputs.append(count)
        edges = [p, (count - 1) * s + k - size - p, *edges]
        same = same and count == torchs and 2 * p <= k
    return Plan(tuple(outputs), kernel, stride, pad, ceil, None if same else tuple(edges))
