"""Nets of other frameworks as Caffe nets: torchvision's weights, ONNX files."""

import os

from ._caffe.errors import optional_extra
from ._caffe.importing.torchvision import import_torchvision

__all__ = ["onnx", "torchvision"]


def torchvision(
    model: str, state: str | os.PathLike, prototxt: str | os.PathLike, weights: str | os.PathLike
) -> float:
    """Write a torchvision model's state dict as a prototxt and a caffemodel.

    The net takes BGR pictures from 0 to 255 less (103.53, 116.28, 123.675); nothing is written
    unless its scores of one picture are those that plain torch computes from the state dict.

    Parameters
    ----------
    model : str
        fcn_resnet50, fcn_resnet101, deeplabv3_resnet50, deeplabv3_resnet101 or vgg16.
    state : str
        The state dict: a `.pth` file, read without running code from it, or `.safetensors`.
    prototxt, weights : str
        The files to write.

    Returns
    -------
    float
        The largest difference of the scores, as a share of the largest score.

    Raises
    ------
    FormatError
        Where a file cannot be read or written.
    NetError
        Where the state dict is not that model's, or the scores differ by more than 1e-4.
    """
    return import_torchvision(model, state, prototxt, weights)


def onnx(
    model: str | os.PathLike, prototxt: str | os.PathLike, weights: str | os.PathLike
) -> float:
    """Write an ONNX file as a prototxt and a caffemodel, where Caffe has layers for its nodes.

    Nothing is written unless the net's outputs are those that ONNX Runtime computes. Needs the
    packages onnx and onnxruntime (`pip install 'fcn-caffe[onnx]'`).

    Parameters
    ----------
    model : str
        The ONNX file. Sizes of its inputs that it leaves open are taken as 1 (the batch) and 224.
    prototxt, weights : str
        The files to write.

    Returns
    -------
    float
        The largest difference found, as a share of its output's largest value.

    Raises
    ------
    NetError
        Naming the node that no layer computes, or the output that differs.
    FormatError
        Where a file cannot be read or written.
    """
    with optional_extra("onnx", ("onnx", "onnxruntime"), "reading ONNX"):
        from ._caffe.importing.onnx_file import import_onnx
    return import_onnx(model, prototxt, weights)
