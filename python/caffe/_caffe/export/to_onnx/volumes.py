"""C3D's, video-caffe's and 3D-Caffe's pooling over volumes."""

import math

from ...layers.forks.volumes import LOWEST, NdPooling, VolumePooling
from .graph import Graph
from .table import converts
from .windows import Windows


@converts(VolumePooling)
def volume_pooling(g: Graph, layer: VolumePooling, x: str):
    """MaxPool or AveragePool over the padded map."""
    if not all(layer.kernel):  # the whole map
        return g.node("GlobalAveragePool" if layer.average else "GlobalMaxPool", x)
    drops = [layer.drops_last(i) for i in range(len(layer.kernel))]
    windows = Windows(layer.kernel, layer.stride, layer.pad, True, drops)
    counts = windows.counts(g, x)
    padded = windows.padded(g, x, 0.0 if layer.average else LOWEST, counts)
    if not layer.average:
        return g.node("MaxPool", padded, **windows.attributes)
    mean = g.node("AveragePool", padded, **windows.attributes)
    if isinstance(layer, NdPooling):
        return mean
    total = g.mul(mean, g.scalar(math.prod(layer.kernel)))
    return g.div(total, windows.areas(g, x, counts))
