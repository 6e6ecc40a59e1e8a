"""What these tests share: the files BVLC wrote, messages in files, and what a refusal says."""

from pathlib import Path

import pytest

import caffe
from caffe._caffe.errors import FormatError
from caffe._caffe.formats import wire
from caffe.proto import caffe_pb2 as pb

GOLDEN = Path(__file__).parents[1] / "golden" / "solvers"
MODEL = GOLDEN / "snapshot-binary" / "snap_iter_10.caffemodel"
STATE = MODEL.with_suffix(".solverstate")
MODEL_H5 = GOLDEN / "snapshot-hdf5" / "snap_iter_10.caffemodel.h5"
STATE_H5 = GOLDEN / "snapshot-hdf5" / "snap_iter_10.solverstate.h5"


def refusal(read, path):
    with pytest.raises(FormatError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")
    return str(error.value)


def stored(tmp_path, message):
    """`message` in a file."""
    path = tmp_path / "message.bin"
    raw = message if isinstance(message, bytes) else message.SerializeToString()
    path.write_bytes(raw)
    return path


def net_with(blob, **layer):
    return pb.NetParameter(layer=[pb.LayerParameter(name="fc", blobs=[blob], **layer)])


def field(number, kind, payload):
    """One field's bytes; a length stands before payloads of kind 2."""
    length = wire.varint(len(payload)) if kind == wire.LEN else b""
    return wire.varint(number << 3 | kind) + length + payload


def write_blobproto(path, array):
    """Write an array as a .binaryproto (a mean image)."""
    Path(path).write_bytes(caffe.io.array_to_blobproto(array).SerializeToString())
