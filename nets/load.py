"""Nets read from a prototxt or made of its text, and run on pictures of any size."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from google.protobuf import text_format

import caffe
from caffe.proto import caffe_pb2
from data.errors import ProjectError

# BVLC's pycaffe has no exception of its own and raises RuntimeError.
CAFFE_ERROR: type[Exception] = getattr(caffe, "CaffeError", RuntimeError)


def read_net(path: str | Path) -> caffe_pb2.NetParameter:
    """Return the net that a prototxt describes, as it is written there."""
    if not Path(path).is_file():
        raise ProjectError(f"{path}: no such prototxt")
    try:
        return text_format.Parse(Path(path).read_text(), caffe_pb2.NetParameter())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} is no net's prototxt: {error}") from error


def net_of_text(text: str, weights: str | Path | None = None) -> caffe.Net:
    """Return the TEST net of a prototxt, with the parameters of a caffemodel."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.prototxt")
        path.write_text(text)
        if weights is None:
            return caffe.Net(str(path), caffe.TEST)
        return caffe.Net(str(path), caffe.TEST, weights=str(weights))


def forward(net: caffe.Net, inputs: Mapping[str, np.ndarray]) -> None:
    """Run a deploy net forward on {blob: C x H x W}, reshaped to the inputs' size."""
    for top, values in inputs.items():
        net.blobs[top].reshape(1, *values.shape)
        net.blobs[top].data[...] = values
    net.forward()


def optimize(net: caffe.Net, keep: Iterable[str]) -> None:
    """Leave out what a net need not compute; read only `keep`. BVLC's nets stay as they are."""
    if hasattr(net, "optimize"):
        net.optimize(keep=list(keep))
