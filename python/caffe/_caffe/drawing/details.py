"""What a drawing says of a layer beyond its name and type."""

from ...proto import caffe_pb2 as pb
from ..formats.window_fields import per_axis


def window(layer) -> tuple[tuple, tuple, tuple, tuple]:
    """Return kernel, stride, padding and dilation of a convolution or pooling layer, by axis."""
    pooling = layer.type == "Pooling"
    param = layer.pooling_param if pooling else layer.convolution_param
    axes = 2 if pooling else max(2, len(param.kernel_size))
    kernel = per_axis(param, "kernel_size", "kernel", axes, 0)
    stride = per_axis(param, "stride", "stride", axes, 1)
    pad = per_axis(param, "pad", "pad", axes, 0)
    return kernel, stride, pad, (1,) * axes if pooling else per_axis(param, "dilation", "", axes, 1)


def details(layer) -> list[str]:
    """Return short texts on a layer's settings, without those at their defaults."""
    describe = _DETAILS.get(layer.type)
    return [part for part in describe(layer) if part] if describe else []


def _window(layer):
    kernel, stride, pad, dilation = window(layer)

    def sides(values):
        return "x".join(map(str, values if len(set(values)) > 1 else values[:1]))

    return [
        "x".join(map(str, kernel)),
        f"stride {sides(stride)}" if set(stride) != {1} else "",
        f"pad {sides(pad)}" if set(pad) != {0} else "",
        f"dilation {sides(dilation)}" if set(dilation) != {1} else "",
    ]


def _convolution(layer):
    p = layer.convolution_param
    group = f"group {p.group}" if p.group > 1 else ""
    return [str(p.num_output or ""), *_window(layer), group]


def _pooling(layer):
    method = pb.PoolingParameter.PoolMethod.Name(layer.pooling_param.pool).lower()
    return [method, *(["global"] if layer.pooling_param.global_pooling else _window(layer))]


def _eltwise(layer):
    return [pb.EltwiseParameter.EltwiseOp.Name(layer.eltwise_param.operation).lower()]


def _crop(layer):
    offset = ", ".join(map(str, layer.crop_param.offset))
    return [f"offset {offset}" if offset else ""]


def _shapes(shapes):
    return [", ".join("x".join(str(dim) for dim in shape.dim) for shape in shapes)]


_DETAILS = {
    "Convolution": _convolution,
    "Deconvolution": _convolution,
    "Im2col": _convolution,
    "Pooling": _pooling,
    "Eltwise": _eltwise,
    "Crop": _crop,
    "InnerProduct": lambda layer: [str(layer.inner_product_param.num_output)],
    "Embed": lambda layer: [str(layer.embed_param.num_output)],
    "LSTM": lambda layer: [str(layer.recurrent_param.num_output)],
    "RNN": lambda layer: [str(layer.recurrent_param.num_output)],
    "Dropout": lambda layer: [f"{layer.dropout_param.dropout_ratio:g}"],
    "LRN": lambda layer: [f"size {layer.lrn_param.local_size}"],
    "Concat": lambda layer: [
        f"axis {layer.concat_param.axis}" if layer.concat_param.axis != 1 else ""
    ],
    "Input": lambda layer: _shapes(layer.input_param.shape),
    "DummyData": lambda layer: _shapes(layer.dummy_data_param.shape),
    "Data": lambda layer: [f"batch {layer.data_param.batch_size}"],
    "ImageData": lambda layer: [f"batch {layer.image_data_param.batch_size}"],
    "HDF5Data": lambda layer: [f"batch {layer.hdf5_data_param.batch_size}"],
    "Python": lambda layer: [f"{layer.python_param.module}.{layer.python_param.layer}"],
}
