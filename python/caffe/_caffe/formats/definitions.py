"""Read the definition of a net from a file of any age."""

import os

from google.protobuf.message import DecodeError

from ...proto import caffe_pb2 as pb
from ..errors import FormatError
from . import file_type, prototxt
from .upgrade import upgrade_net


def read_net(path: str | os.PathLike) -> pb.NetParameter:
    """Return the net in a prototxt or caffemodel, in the current schema (V0 and V1 upgraded).

    Parameters
    ----------
    path : str or path
        A prototxt, or a binary caffemodel; the latter's blobs are read too.

    Returns
    -------
    NetParameter

    Raises
    ------
    FormatError
        Where the file is neither, naming file, line and field.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        return prototxt.read_net(path)  # which says what is wrong
    with open(path, "rb") as file:
        head = file.read(file_type.HEAD)
        if file_type.detect(head) != "a binary file":
            return prototxt.read_net(path)
        try:
            net = pb.NetParameter.FromString(head + file.read())
        except DecodeError as problem:
            raise FormatError(f"{path}: is not a caffemodel: {problem}") from None
    if not (net.layer or net.layers):
        raise FormatError(f"{path}: is not a caffemodel: it holds no layers")
    upgrade_net(net, path)
    return net
