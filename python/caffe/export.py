"""Write a net in the forms of other frameworks: ONNX, and torch's own."""

import os
from collections.abc import Sequence

from ._caffe import Net
from ._caffe.errors import optional_extra
from ._caffe.export.program import save_program

__all__ = ["onnx", "torch"]


def torch(net: Net, path: str) -> None:
    """Write `net` as a torch program (.pt2), at the sizes that its inputs have.

    `torch.export.load(path).module()` takes the inputs in order and returns the outputs by name.

    Raises
    ------
    NetError, LayerError
        For a net with data or Python layers, or one whose program gives other values.
    FormatError
        Where the file cannot be written.
    """
    save_program(net, path)


def onnx(
    net: Net,
    path: str | os.PathLike,
    mean: Sequence[float] = (),
    channel_order: str = "BGR",
    classes: Sequence[str] = (),
) -> float:
    """Write `net` as an ONNX file, once ONNX Runtime has given the net's own values.

    Batch, height and width are free where the net's are; both are then run at the net's own size
    and one or two others, and a file whose outputs differ by more than 1e-4 of their scale is not
    written. (Where layers decide by a last digit, as ArgMax and non-maximum suppression do, what
    lies before, between and behind them is held, each on the net's own values.) The values that
    the net's inputs have for this stay there; between them, values are freed once they are read.
    Needs the packages onnx and onnxruntime (`pip install 'fcn-caffe[onnx]'`).

    A Python layer writes itself if it has a method `to_onnx(graph, *bottoms)`: it gets the names
    of its bottoms' values and returns those of its tops (one, or a tuple). `graph.node(op,
    *inputs, **attributes)` appends an operator of set 18 and returns its output's name;
    `graph.ints(...)`, `scalar(v)` and `floats(array)` are constants, `param(i)` the layer's
    parameters, `size(value, axis)` and `sizes(...)` sizes at run time (layers/reflect_layers.py).

    Parameters
    ----------
    net : caffe.Net
        In the TEST phase, its inputs shaped.
    path : str
        The file's name.
    mean, channel_order, classes
        For whoever uses the file, stored as its metadata: what to subtract from each channel,
        "BGR" or "RGB", and the names of the classes from index 0 on.

    Returns
    -------
    float
        The largest difference found, as a share of its output's largest value.

    Raises
    ------
    NetError, LayerError
        Naming the layer that ONNX's operators cannot express, or the output that differs.
    FormatError
        Where the file cannot be written.
    """
    with optional_extra("onnx", ("onnx", "onnxruntime"), "writing ONNX"):
        from ._caffe.export.to_onnx import file
    return file.save_onnx(net, path, file.Picture(mean, channel_order, classes))
