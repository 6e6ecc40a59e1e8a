"""Shapes and parameter counts of a net by Caffe's rules, from its text alone.

Independent of the runtime, and without memory: published sizes can be checked in a test.
"""

IN_PLACE = {
    "BN", "BatchNorm", "Dropout", "MultiStageMeanfield", "ReLU", "Scale", "Sigmoid", "Softmax",
    "Split",
}  # fmt: skip


def shapes(net, size=None):
    """Return {blob: (channels, height, width)} and {layer: number of learnable parameters}.

    `size`: (height, width) of the inputs in the place of those that the net declares.
    """
    blobs, params = {}, {}
    for name, shape in zip(net.input, net.input_shape, strict=True):
        blobs[name] = _resized(shape.dim, size)
    for layer in net.layer:
        bottoms = [blobs[b] for b in layer.bottom]
        if layer.type == "Input":
            tops = [_resized(s.dim, size) for s in layer.input_param.shape]
        else:
            tops = [_top(layer, bottoms)] * len(layer.top)
        assert all(side >= 1 for top in tops for side in top), (layer.name, tops)
        blobs.update(zip(layer.top, tops, strict=True))
        params[layer.name] = _count(layer, bottoms)
    return blobs, params


def _resized(dim, size):
    return (dim[1], *(size or dim[2:]))


def _top(layer, bottoms):
    channels, *sides = bottoms[0]
    if layer.type == "Convolution":
        p = layer.convolution_param
        return (p.num_output, *(_down(side, p) for side in sides))
    if layer.type == "Deconvolution":
        p = layer.convolution_param
        stride, pad = (list(p.stride) or [1])[0], (list(p.pad) or [0])[0]
        return (p.num_output, *(stride * (side - 1) + p.kernel_size[0] - 2 * pad for side in sides))
    if layer.type == "Pooling":
        p = layer.pooling_param
        kernels = (p.kernel_h, p.kernel_w) if p.kernel_h else (p.kernel_size,) * 2
        strides = (p.stride_h, p.stride_w) if p.stride_h else (p.stride,) * 2
        return (
            channels,
            *(_pooled(*each, p) for each in zip(sides, kernels, strides, strict=True)),
        )
    if layer.type == "Interp":
        return (channels, *_interpolated(sides, layer.interp_param))
    if layer.type == "InnerProduct":
        return (layer.inner_product_param.num_output, 1, 1)
    if layer.type == "Crop":
        offset = layer.crop_param.offset[0]
        assert all(offset + w <= s for w, s in zip(bottoms[1][1:], sides, strict=True)), layer.name
        return (channels, *bottoms[1][1:])
    if layer.type == "Concat":
        assert len({b[1:] for b in bottoms}) == 1, (layer.name, bottoms)
        return (sum(b[0] for b in bottoms), *sides)
    if layer.type == "Eltwise":
        assert len(set(bottoms)) == 1, (layer.name, bottoms)
        return bottoms[0]
    assert layer.type in IN_PLACE, f"no rule for {layer.type}"
    return bottoms[0]


def _down(side, p):
    stride, pad = (list(p.stride) or [1])[0], (list(p.pad) or [0])[0]
    extent = (list(p.dilation) or [1])[0] * (p.kernel_size[0] - 1) + 1
    return (side + 2 * pad - extent) // stride + 1


def _pooled(side, kernel, stride, p):
    if p.global_pooling:
        return 1
    out = -(-(side + 2 * p.pad - kernel) // stride) + 1
    return out - 1 if p.pad and (out - 1) * stride >= side + p.pad else out


def _interpolated(sides, p):
    if p.HasField("height"):
        return p.height, p.width
    shrunk = [(side - 1) // p.shrink_factor + 1 for side in sides]
    return [(side - 1) * p.zoom_factor + 1 for side in shrunk]


def _count(layer, bottoms):
    if layer.type in ("Convolution", "Deconvolution"):
        p = layer.convolution_param
        weights = p.num_output * bottoms[0][0] * p.kernel_size[0] ** 2 // p.group
        return weights + p.bias_term * p.num_output
    if layer.type == "InnerProduct":
        p = layer.inner_product_param
        channels, height, width = bottoms[0]
        return p.num_output * (channels * height * width + p.bias_term)
    if layer.type in ("BN", "Scale"):
        return 2 * bottoms[0][0]
    if layer.type == "MultiStageMeanfield":
        return 3 * bottoms[0][0] ** 2
    return 0
