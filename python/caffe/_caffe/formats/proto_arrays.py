"""Arrays to BlobProtos and Datums and back, under the names that BVLC's io.py gives them."""

import math

import numpy as np

from ...proto import caffe_pb2


def blobproto_to_array(blob, return_diff=False):
    """Return the values of a BlobProto as an array in its shape.

    Parameters
    ----------
    blob : BlobProto
        In the present form, or the old one of `num, channels, height, width`.
    return_diff : bool
        Return its diff instead.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    ValueError
        Where the count of values does not fit the shape.
    """
    values = np.array(blob.diff if return_diff else blob.data, dtype=np.float64)
    if not values.size:
        values = np.array(blob.double_diff if return_diff else blob.double_data, dtype=np.float64)
    legacy = ("num", "channels", "height", "width")
    if any(blob.HasField(name) for name in legacy):
        shape = tuple(getattr(blob, name) for name in legacy)
    else:
        shape = tuple(blob.shape.dim)
    if values.size != math.prod(shape):
        raise ValueError(f"BlobProto has {values.size} values for shape {shape}")
    return values.reshape(shape)


def array_to_blobproto(arr, diff=None):
    """Return a BlobProto with the values of `arr` and, where given, of `diff` of the same shape."""
    if diff is not None and diff.shape != arr.shape:
        raise ValueError(f"diff has shape {diff.shape}, the data {arr.shape}")
    blob = caffe_pb2.BlobProto()
    blob.shape.dim.extend(arr.shape)
    blob.data.extend(arr.astype(float).ravel())
    if diff is not None:
        blob.diff.extend(diff.astype(float).ravel())
    return blob


def arraylist_to_blobprotovector_str(arraylist):
    """Return arrays as the bytes of a BlobProtoVector."""
    vector = caffe_pb2.BlobProtoVector(blobs=[array_to_blobproto(arr) for arr in arraylist])
    return vector.SerializeToString()


def blobprotovector_str_to_arraylist(str):
    """Return the arrays in the bytes of a BlobProtoVector."""
    return [blobproto_to_array(blob) for blob in caffe_pb2.BlobProtoVector.FromString(str).blobs]


def array_to_datum(arr, label=None):
    """Return a Datum from a K x H x W array: bytes for uint8, floats for any other type."""
    if arr.ndim != 3:
        raise ValueError(f"a datum holds channels x height x width, got shape {arr.shape}")
    channels, height, width = arr.shape
    datum = caffe_pb2.Datum(channels=channels, height=height, width=width)
    if arr.dtype == np.uint8:
        datum.data = arr.tobytes()
    else:
        datum.float_data.extend(arr.astype(float).ravel())
    if label is not None:
        datum.label = label
    return datum


def datum_to_array(datum):
    """Return a Datum's K x H x W array: uint8 from bytes, else float64. Its label is `.label`."""
    if datum.encoded:
        raise ValueError("the datum holds a compressed image file, decode its data with Pillow")
    if datum.data:
        values = np.frombuffer(datum.data, dtype=np.uint8).copy()
    else:
        values = np.array(datum.float_data, dtype=np.float64)
    shape = (datum.channels, datum.height, datum.width)
    if values.size != math.prod(shape):
        raise ValueError(f"the datum has {values.size} values for shape {shape}")
    return values.reshape(shape)
