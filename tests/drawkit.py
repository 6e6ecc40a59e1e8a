"""Nets drawn by a net function over an Input."""

import caffe
from caffe import layers as L


def drawn(draw, *arguments, size=513, **options):
    """What `draw` returns, and the net that it gives over pictures (and labels) of `size`."""
    n = caffe.NetSpec()
    height, width = (size, size) if isinstance(size, int) else size
    n.data = L.Input(shape=[dict(dim=[1, 3, height, width])])
    n.label = L.Input(shape=[dict(dim=[1, 1, height, width])])
    result = draw(n, *arguments, **options)
    return result, n.to_proto()


def dilations(net, ending):
    """{layer: dilation} of the layers whose name ends so."""
    found = {}
    for layer in net.layer:
        if layer.type == "Convolution" and layer.name.endswith(ending):
            p = layer.convolution_param
            found[layer.name] = (list(p.dilation) or [1])[0]
            assert list(p.pad) == [found[layer.name]], "a 3x3 convolution keeps the size"
    return found
