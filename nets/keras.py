"""Weights of Keras models, as HDF5 files, carried into Caffe nets.

Read are both of Keras' layouts: `layers/NAME/vars/0` and `1` (Keras 3, `.weights.h5`) and
`NAME/NAME/kernel:0` and `bias:0` (Keras 2, `.h5`). Nothing of Keras is needed.
"""

import math
from pathlib import Path

import h5py
import numpy as np

from caffe.proto import caffe_pb2
from data.files import read_list
from data.text import did_you_mean
from nets import published, surgery
from nets.load import net_of_text, read_net
from nets.surgery import Log, Net, SurgeryError

TYPES = ("Convolution", "Deconvolution", "InnerProduct")
SIDE = 48  # pixels of the picture that proves a conversion, where the net takes any


def convert_keras(
    model: str | Path, prototxt: str | Path, out: str | Path, mapping: dict[str, str],
    log: Log = print,
) -> float:  # fmt: skip
    """Write a Keras model's weights as a caffemodel.

    Parameters
    ----------
    model
        The HDF5 file.
    prototxt
        The Caffe net, or the name of one of `nets.published`. Its upsampling layers become
        bilinear, if `mapping` does not name them.
    out
        The caffemodel to write.
    mapping
        {layer of the net: group of the file that holds its weights}; empty: equal names.
    log
        Called with each line of the report.

    Returns
    -------
    float
        The largest difference, relative to the largest value, between a layer's top and what
        NumPy computes from its bottom and the file's own arrays, over all layers.

    Raises
    ------
    SurgeryError
        The file does not fit the net, or the difference exceeds 1e-4; nothing is written.
    """
    param = described(prototxt)
    layers = {layer.name: layer for layer in param.layer}
    groups = read_groups(model)
    net = net_of_text(str(param))
    mapping = mapping or {name: name for name in net.params if name in groups}
    if not mapping:
        raise SurgeryError(f"{model} and {prototxt} have no names in common; give a map")
    for name, group in mapping.items():
        if name not in net.params:
            raise SurgeryError(f"{prototxt}: no layer {name!r}{did_you_mean(name, net.params)}")
        if group not in groups:
            raise SurgeryError(f"{model}: no weights in {group!r}{did_you_mean(group, groups)}")
        kernel, bias = groups[group]
        fill(net, layers[name], kernel, bias, f"{group} of {model}")
        log(f"{group} {kernel.shape} -> {name} {net.params[name][0].data.shape}")
    rest = [name for name in net.params if name not in mapping]
    surgery.interp(net, [name for name in surgery.interp_layers(net) if name in rest])
    if empty := surgery.untrained(net):
        raise SurgeryError(f"the map names no weights for {', '.join(empty)} of {prototxt}")
    error = prove(net, param, {name: groups[group] for name, group in mapping.items()})
    surgery.save_equal(net, out, error, "maps")
    log(f"equal maps of {len(mapping)} layers on a picture (difference {error:.1e}); wrote {out}")
    return error


def described(prototxt: str | Path) -> caffe_pb2.NetParameter:
    """Return the net of a file, or the published one of that name."""
    if str(prototxt) in published.PUBLISHED:
        return published.net(str(prototxt))
    if not Path(prototxt).is_file():
        near = did_you_mean(str(prototxt), published.PUBLISHED)
        raise SurgeryError(f"{prototxt}: no such prototxt, and no published net{near}")
    return read_net(prototxt)


def read_map(path: str | Path) -> dict[str, str]:
    """Return {layer: group} of a file of `layer group` lines; # starts a comment."""
    found = {}
    for number, line in enumerate(read_list(Path(path)), 1):
        words = line.partition("#")[0].split()
        if words and len(words) != 2:
            raise SurgeryError(f"{path}, entry {number}: {line!r}: expected `layer group`")
        if words:
            found[words[0]] = words[1]
    return found


def read_groups(path: str | Path) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
    """Return {group: (kernel, bias)} of a Keras file; a group may have no bias.

    Soft and external links are not followed: what is read lies in this file.
    """
    found: dict[str, dict[str, np.ndarray]] = {}

    def visit(name: str, item: h5py.Dataset | h5py.Group) -> None:
        group, _, leaf = name.rpartition("/")
        leaf = {"0": "kernel", "1": "bias", "kernel:0": "kernel", "bias:0": "bias"}.get(leaf, leaf)
        if isinstance(item, h5py.Dataset) and leaf in ("kernel", "bias") and not item.external:
            group = group.removesuffix("/vars").removeprefix("model_weights/")
            first, _, second = group.partition("/")
            found.setdefault(first if first == second else group, {})[leaf] = item[()]

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except OSError as error:
        raise SurgeryError(f"{path}: not a readable HDF5 file: {error}") from error
    return {name: (g["kernel"], g.get("bias")) for name, g in found.items() if "kernel" in g}


def fill(net: Net, layer, kernel: np.ndarray, bias: np.ndarray | None, source: str) -> None:
    """Copy one layer's arrays into the net, their axes in Caffe's order."""
    blobs = net.params[layer.name]
    bottom = net.blobs[layer.bottom[0]].data.shape
    values = [caffe_weights(layer, kernel, blobs[0].data.shape, bottom)]
    if len(blobs) > 1:
        values.append(np.zeros(blobs[1].data.shape) if bias is None else bias)
    elif bias is not None and bias.any():
        raise SurgeryError(f"{layer.name}: no bias in the net, but in {source}")
    for i, (blob, value) in enumerate(zip(blobs, values, strict=True)):
        if value is None or value.shape != blob.data.shape:
            raise SurgeryError(
                f"{layer.name}[{i}] {blob.data.shape} cannot take {kernel.shape} from {source}"
            )
        blob.data[...] = value


def caffe_weights(layer, kernel, shape, bottom):
    """Return `kernel` with its axes in Caffe's order; None where it cannot fit `shape`.

    Convolutions: H x W x in x out there, out x in x H x W here; depthwise: H x W x in x multiple;
    transposed: H x W x out x in there, in x out x H x W here. Dense layers: in x out, where `in`
    runs over H x W x C there and over C x H x W here, if a map comes in.
    """
    if layer.type not in TYPES:
        raise SurgeryError(f"{layer.name} ({layer.type}): only {', '.join(TYPES)} are converted")
    if kernel.ndim == 4 and layer.type != "InnerProduct":
        depthwise = shape[1] == 1 and kernel.shape[2] * kernel.shape[3] == shape[0] > shape[1]
        if depthwise and kernel.shape[2] == layer.convolution_param.group:
            return kernel.reshape(*kernel.shape[:2], -1, 1).transpose(2, 3, 0, 1)
        return kernel.transpose(3, 2, 0, 1)
    if kernel.ndim != 2 or kernel.size != math.prod(shape):
        return None
    channels, height, width = shape[1:] if len(shape) == 4 else (*bottom[1:], 1, 1)[:3]
    if channels * height * width != kernel.shape[0]:
        return None
    maps = kernel.reshape(height, width, channels, -1)
    return maps.transpose(3, 2, 0, 1).reshape(shape)


def prove(net: Net, param, arrays) -> float:
    """Return the largest relative difference between the net's maps and NumPy's (see above)."""
    (name,) = net.inputs[:1]
    shape = net.blobs[name].data.shape
    if not any(layer.type == "InnerProduct" for layer in param.layer):
        net.blobs[name].reshape(1, shape[1], *(min(SIDE, side) for side in shape[2:]))
        net.reshape()
    data = net.blobs[name].data
    data[...] = np.random.RandomState(0).uniform(-120, 120, data.shape)
    layers = {layer.name: layer for layer in param.layer}
    worst = 0.0
    for each in net._layer_names:
        bottom = None
        if each in arrays:
            bottom = net.blobs[layers[each].bottom[0]].data.astype(np.float64)
        net.forward(start=each, end=each)
        if bottom is not None:
            want = numpy_layer(layers[each], bottom, *arrays[each])
            got = net.blobs[layers[each].top[0]].data
            worst = max(worst, surgery.relative_difference(want.reshape(got.shape), got))
    return worst


def numpy_layer(layer, bottom, kernel, bias):
    """Compute a layer as Keras defines it, from its own arrays, at Caffe's strides and padding."""
    kernel = kernel.astype(np.float64)
    if kernel.ndim == 2:
        if layer.type == "InnerProduct":
            flat = np.moveaxis(bottom, 1, -1) if bottom.ndim == 4 else bottom
            return flat.reshape(len(flat), -1) @ kernel + (0 if bias is None else bias)
        side = layer.convolution_param.kernel_size[0]
        kernel = kernel.reshape(side, -1, bottom.shape[1], kernel.shape[1])
    x = np.moveaxis(bottom, 1, -1)
    p = layer.convolution_param
    stride, pad, dilation = ((list(v) or [d])[0] for v, d in
                             ((p.stride, 1), (p.pad, 0), (p.dilation, 1)))  # fmt: skip
    compute = transposed if layer.type == "Deconvolution" else correlation
    y = compute(x, kernel, stride, pad, dilation, p.group)
    return np.moveaxis(y + (0 if bias is None else bias), -1, 1)


def correlation(x, kernel, stride, pad, dilation, group):
    """Convolve N x H x W x C with kernels H x W x in x out, or depthwise H x W x C x multiple."""
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    reach = [dilation * (k - 1) + 1 for k in kernel.shape[:2]]
    # numpy's types know one axis alone.
    windows = np.lib.stride_tricks.sliding_window_view(x, reach, (1, 2))  # type: ignore[call-overload]
    windows = windows[:, ::stride, ::stride, :, ::dilation, ::dilation]  # N x H x W x C x kh x kw
    if group > 1:
        y = np.einsum("nhwcij,ijcm->nhwcm", windows, kernel)
        return y.reshape(*y.shape[:3], -1)
    return np.tensordot(windows, kernel, ((4, 5, 3), (0, 1, 2)))


def transposed(x, kernel, stride, pad, dilation, group):
    """The adjoint of `correlation`, for kernels H x W x out x in: zeros between the pixels."""
    n, height, width, channels = x.shape
    spread = np.zeros((n, stride * (height - 1) + 1, stride * (width - 1) + 1, channels))
    spread[:, ::stride, ::stride] = x
    border = dilation * (len(kernel) - 1)  # kernels are square
    turned = kernel[::-1, ::-1].swapaxes(2, 3)
    y = correlation(spread, turned, 1, border, dilation, 1)
    return y[:, pad : y.shape[1] - pad, pad : y.shape[2] - pad]
