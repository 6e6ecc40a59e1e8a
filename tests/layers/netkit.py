"""Nets from prototxt text, for what shows only when layers meet."""

from google.protobuf import text_format

import caffe
from caffe.proto import caffe_pb2


def net_of(text, phase=caffe.TRAIN):
    """Return the net that `text` describes."""
    param = text_format.Parse(text, caffe_pb2.NetParameter())
    param.state.phase = phase
    return caffe.Net(param, phase)


def input_layer(name, *dims):
    """Return the text of an Input layer."""
    sizes = " ".join(f"dim: {d}" for d in dims)
    return (
        f'layer {{ name: "{name}" type: "Input" top: "{name}" '
        f"input_param {{ shape {{ {sizes} }} }} }}\n"
    )
