"""A net under construction: layers one after another, with their parameters as arrays."""

import os
from collections.abc import Sequence

import numpy as np
from google.protobuf import text_format

from ...proto import caffe_pb2
from ..errors import NetError
from ..formats.atomic import atomic_write
from ..graph.net import Net


class Draft:
    """Collects layers; `net` builds them, `write` leaves them as prototxt and caffemodel."""

    def __init__(self, name: str):
        self.param = caffe_pb2.NetParameter(name=name)
        self.arrays: dict[str, list[np.ndarray]] = {}

    def layer(
        self, kind: str, name: str, *bottoms: str, top: str = "", arrays: Sequence = (), **fields
    ) -> str:
        """Append a layer with these parameters; return its top, which has its name without `top`.

        `fields` are messages of LayerParameter: `convolution_param=dict(num_output=8)`.
        """
        tops = [top or name]
        self.param.layer.add(name=name, type=kind, bottom=bottoms, top=tops, **fields)
        if len(arrays):
            self.arrays[name] = [np.asarray(a, np.float32) for a in arrays]
        return tops[0]

    def input(self, name: str, shape: Sequence[int]) -> str:
        """Append an Input layer."""
        return self.layer("Input", name, input_param=dict(shape=[dict(dim=shape)]))

    def net(self) -> Net:
        """Build the net in the TEST phase, with its parameters."""
        param = caffe_pb2.NetParameter()
        param.CopyFrom(self.param)
        param.state.phase = caffe_pb2.TEST
        net = Net(param, caffe_pb2.TEST)
        layers = {node.layer.name: node.layer for node in net.nodes}
        for name, arrays in self.arrays.items():
            blobs = layers[name].blobs
            found, wanted = [a.shape for a in arrays], [b.shape for b in blobs]
            if found != wanted:
                raise NetError(f"layer '{name}' has parameters {wanted}, the file gives {found}")
            for blob, array in zip(blobs, arrays, strict=True):
                blob.data[...] = array
        return net

    def write(self, net: Net, prototxt: str | os.PathLike, weights: str | os.PathLike) -> None:
        """Write the prototxt, and `net`'s parameters as a caffemodel."""
        net.save(os.fspath(weights))
        with atomic_write(prototxt) as temporary, open(temporary, "w", encoding="utf-8") as file:
            file.write(text_format.MessageToString(self.param))
