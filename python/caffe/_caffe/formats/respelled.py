"""Layers of forks that are layers of BVLC's in other words: rewritten when a net is read.

    C3D           Convolution3D, Deconvolution3D, or kernel_depth, temporal_stride, temporal_pad
                  in convolution_param: a Convolution or Deconvolution over frames, rows, columns
                  VoxelSoftmax: a Softmax
    video-caffe   NdConvolution, or kernel_shape, stride_shape, pad_shape: a Convolution
    Intel Caffe   relu in convolution_param or inner_product_param: a ReLU in place behind it

Layer names and parameters stay, so that the forks' weights load.
"""

from ...proto import caffe_pb2 as pb
from ..errors import FormatError

_VOLUME_TYPES = {"Convolution3D": "Convolution", "Deconvolution3D": "Deconvolution"}
_DEPTH_FIELDS = ("kernel_depth", "temporal_stride", "temporal_pad")
_SHAPES = {"kernel_shape": "kernel_size", "stride_shape": "stride", "pad_shape": "pad"}
_FUSED = {"Convolution": "convolution_param", "Deconvolution": "convolution_param"}
_FUSED["InnerProduct"] = "inner_product_param"


def respell(net: pb.NetParameter, where: str) -> None:
    """Rewrite such layers of `net` in place; FormatError for settings that exclude one another."""
    fused = []
    for layer in net.layer:
        try:
            _respell(layer)
        except FormatError as error:
            raise FormatError(f"{where}: layer '{layer.name}' ({layer.type}): {error}") from None
        name = _FUSED.get(layer.type, "")
        fused.append(bool(name) and layer.HasField(name) and getattr(layer, name).relu)
    if any(fused):
        layers = list(net.layer)
        del net.layer[:]
        for layer, relu in zip(layers, fused, strict=True):
            net.layer.append(layer)
            if relu:
                net.layer.extend(_split_relu(net.layer[-1]))


def _respell(layer: pb.LayerParameter) -> None:
    if layer.type == "VoxelSoftmax":
        layer.type = "Softmax"
    if not (layer.HasField("convolution_param") or layer.HasField("convolution3d_param")):
        return
    conv = layer.convolution_param
    if layer.type in _VOLUME_TYPES:
        if layer.HasField("convolution3d_param"):
            _from_convolution3d(layer)
        missing = [f for f in ("kernel_depth", "kernel_size") if not getattr(conv, f)]
        if missing:
            raise FormatError(f"needs {' and '.join(missing)}")
        layer.type = _VOLUME_TYPES[layer.type]
    if layer.type == "NdConvolution":
        if not conv.HasField("kernel_shape"):
            raise FormatError("needs kernel_shape")
        layer.type = "Convolution"
    if any(conv.HasField(field) for field in _DEPTH_FIELDS):
        _add_depth(conv)
    for field, ours in _SHAPES.items():
        if conv.HasField(field):
            if len(getattr(conv, ours)):
                raise FormatError(f"gives both {field} and {ours}; give one")
            getattr(conv, ours).extend(getattr(conv, field).dim)
            conv.ClearField(field)
    # C3D computes its outputs in so many parts; the values are the same.
    conv.ClearField("filter_group")


def _add_depth(conv: pb.ConvolutionParameter) -> None:
    """Put the frames' kernel, stride and pad before those of rows and columns."""
    depths = (conv.kernel_depth or 1, conv.temporal_stride, conv.temporal_pad)
    for field, depth, default in zip(
        ("kernel_size", "stride", "pad"), depths, (None, 1, 0), strict=True
    ):
        values = list(getattr(conv, field)) or ([] if default is None else [default])
        if len(values) != 1:
            raise FormatError(
                f"takes {field} once beside {', '.join(_DEPTH_FIELDS)}, given {values}"
            )
        getattr(conv, field)[:] = [depth, values[0], values[0]]
    for field in _DEPTH_FIELDS:
        conv.ClearField(field)


def _from_convolution3d(layer: pb.LayerParameter) -> None:
    """Move convolution3d_param (C3D v1.1) into convolution_param."""
    old, conv = layer.convolution3d_param, layer.convolution_param
    for field, value in old.ListFields():
        if field.name in ("kernel_size", "stride", "pad"):
            getattr(conv, field.name)[:] = [value]
        elif field.message_type is not None:
            getattr(conv, field.name).CopyFrom(value)
        elif field.name != "group":  # it is not read
            setattr(conv, field.name, value)
    layer.ClearField("convolution3d_param")


def _split_relu(layer: pb.LayerParameter) -> list[pb.LayerParameter]:
    """Take `relu` out of a layer; return a ReLU in place for each of its tops."""
    param = getattr(layer, _FUSED[layer.type])
    made = []
    for i, top in enumerate(layer.top):
        name = f"{layer.name}_relu" + (f"_{i}" if len(layer.top) > 1 else "")
        relu = pb.LayerParameter(name=name, type="ReLU", bottom=[top], top=[top])
        for rules in ("include", "exclude"):
            getattr(relu, rules).extend(getattr(layer, rules))
        if param.negative_slope:
            relu.relu_param.negative_slope = param.negative_slope
        made.append(relu)
    param.ClearField("relu")
    param.ClearField("negative_slope")
    return made
