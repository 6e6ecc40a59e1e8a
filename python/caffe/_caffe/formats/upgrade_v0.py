"""V0 layers, Caffe's first form (2013), to V1.

    layers { layer { name: "conv1" type: "conv" kernelsize: 3 } bottom: "data" top: "conv1" }

Padding was a layer of its own then; it folds into the convolution or pooling that reads it.
"""

import copy

from ...proto import caffe_pb2 as pb
from .. import log
from ..errors import FormatError, nearest

_SRC = "upgrade_proto.cpp:92"

# V0 type: V1 type. Most are written alike.
_ALIKE = (
    "accuracy bnll concat data dropout euclidean_loss flatten hdf5_data hdf5_output im2col "
    "infogain_loss lrn multinomial_logistic_loss relu sigmoid softmax softmax_loss split tanh "
    "window_data"
)
V0_TYPES = {
    **{name: name.upper() for name in _ALIKE.split()},
    "conv": "CONVOLUTION",
    "images": "IMAGE_DATA",
    "innerproduct": "INNER_PRODUCT",
    "pool": "POOLING",
}

_CONV, _FULL = "convolution_param", "inner_product_param"
_WEIGHTED = {"conv": _CONV, "innerproduct": _FULL}
_WINDOWED = {"conv": _CONV, "pool": "pooling_param"}
_SOURCES = {
    "data": "data_param",
    "hdf5_data": "hdf5_data_param",
    "images": "image_data_param",
    "window_data": "window_data_param",
}
_IMAGES, _WINDOWS = {"images": "image_data_param"}, {"window_data": "window_data_param"}

# V0 field -> (field in V1, {V0 layer type that has it: its V1 param}).
_FIELDS: dict[str, tuple[str, dict[str, str]]] = {
    "num_output": ("num_output", _WEIGHTED),
    "biasterm": ("bias_term", _WEIGHTED),
    "weight_filler": ("weight_filler", _WEIGHTED),
    "bias_filler": ("bias_filler", _WEIGHTED),
    "pad": ("pad", _WINDOWED),
    "kernelsize": ("kernel_size", _WINDOWED),
    "group": ("group", {"conv": _CONV}),
    "stride": ("stride", _WINDOWED),
    "pool": ("pool", {"pool": "pooling_param"}),
    "dropout_ratio": ("dropout_ratio", {"dropout": "dropout_param"}),
    "local_size": ("local_size", {"lrn": "lrn_param"}),
    "alpha": ("alpha", {"lrn": "lrn_param"}),
    "beta": ("beta", {"lrn": "lrn_param"}),
    "k": ("k", {"lrn": "lrn_param"}),
    "source": ("source", {**_SOURCES, "infogain_loss": "infogain_loss_param"}),
    "batchsize": ("batch_size", _SOURCES),
    "rand_skip": ("rand_skip", {"data": "data_param", **_IMAGES}),
    "shuffle_images": ("shuffle", _IMAGES),
    "new_height": ("new_height", _IMAGES),
    "new_width": ("new_width", _IMAGES),
    "concat_dim": ("concat_dim", {"concat": "concat_param"}),
    "det_fg_threshold": ("fg_threshold", _WINDOWS),
    "det_bg_threshold": ("bg_threshold", _WINDOWS),
    "det_fg_fraction": ("fg_fraction", _WINDOWS),
    "det_context_pad": ("context_pad", _WINDOWS),
    "det_crop_mode": ("crop_mode", _WINDOWS),
}

# V0 fields that every layer type may carry, and their names in transform_param.
_TRANSFORM = dict(scale="scale", meanfile="mean_file", cropsize="crop_size", mirror="mirror")
_PLAIN = ("name", "blobs", "blobs_lr", "weight_decay")


def upgrade_v0_net(net: pb.NetParameter, where: str) -> bool:
    """Rewrite the V0 layers of `net` as V1 layers in place; tell whether there were any.

    FormatError for an unknown layer type, a net that mixes V0 with V1 layers, and padding that no
    single convolution or pooling takes up.
    """
    if not any(layer.HasField("layer") for layer in net.layers):
        return False
    for i, layer in enumerate(net.layers):
        if not layer.HasField("layer"):
            name = layer.name or f"number {i}"
            raise FormatError(f"{where}: layer {name} is not in the V0 form that others are in")
    layers = _fold_padding(net, where)
    net.ClearField("layers")
    for layer in layers:
        net.layers.append(_upgrade_layer(layer, where))
    return True


def _fold_padding(net: pb.NetParameter, where: str) -> list[pb.V1LayerParameter]:
    """Return the layers without the padding ones, whose pad goes to the layer that reads them."""
    made_by: dict[str, pb.V1LayerParameter | None] = dict.fromkeys(net.input)
    kept = []
    for layer in net.layers:
        new = copy.deepcopy(layer)
        for i, bottom in enumerate(layer.bottom):
            if bottom not in made_by:
                raise FormatError(
                    f"{where}: layer '{layer.layer.name}' reads '{bottom}', which no layer before "
                    f"it makes{nearest(bottom, made_by)}"
                )
            source = made_by[bottom]
            if source is not None and source.layer.type == "padding":
                _check_padding(source, layer, where)
                new.layer.pad = source.layer.pad
                new.bottom[i] = source.bottom[0]
        if layer.layer.type != "padding":
            kept.append(new)
        made_by.update(dict.fromkeys(layer.top, layer))
    return kept


def _check_padding(source: pb.V1LayerParameter, reader: pb.V1LayerParameter, where: str) -> None:
    pair = f"{where}: padding layer '{source.layer.name}' read by '{reader.layer.name}'"
    if reader.layer.type not in ("conv", "pool"):
        raise FormatError(f"{pair}, a {reader.layer.type}; only conv and pool can be padded")
    if len(reader.bottom) != 1:
        raise FormatError(f"{pair}, which has {len(reader.bottom)} bottoms; expected 1")
    if len(source.bottom) != 1 or len(source.top) != 1:
        raise FormatError(
            f"{pair} has {len(source.bottom)} bottoms and {len(source.top)} tops; expected 1 and 1"
        )


def _upgrade_layer(layer: pb.V1LayerParameter, where: str) -> pb.V1LayerParameter:
    old = layer.layer
    new = pb.V1LayerParameter(bottom=layer.bottom, top=layer.top)
    if old.HasField("type"):
        if old.type not in V0_TYPES:
            raise FormatError(
                f"{where}: layer '{old.name}' has unknown V0 type '{old.type}'"
                f"{nearest(old.type, V0_TYPES)}"
            )
        new.type = pb.V1LayerParameter.LayerType.Value(V0_TYPES[old.type])
    for field, value in old.ListFields():
        name = field.name
        if name in _PLAIN:
            put(new, name, value)
        elif name in _TRANSFORM:
            put(new.transform_param, _TRANSFORM[name], value)
        elif name == "hdf5_output_param" and old.type == "hdf5_output":
            new.hdf5_output_param.CopyFrom(value)
        elif name in _FIELDS and old.type in _FIELDS[name][1]:
            target, homes = _FIELDS[name]
            put(getattr(new, homes[old.type]), target, value)
        elif name != "type":
            # Caffe goes on without the setting as well, with an error line in its log.
            log.error(
                f"{where}: layer '{old.name}' ({old.type}) cannot have '{name}'; dropped", _SRC
            )
    return new


def put(message, field: str, value) -> None:
    """Set, copy or append `value`, whichever `field` of `message` takes."""
    there = getattr(message, field)
    if hasattr(there, "extend"):
        there.extend(value if hasattr(value, "extend") else [value])
    elif hasattr(there, "CopyFrom"):
        there.CopyFrom(value)
    else:
        setattr(message, field, value)
