"""An ONNX file that takes its name once it has been held against the net."""

import os

from onnx import save

from ...errors import CaffeError
from ...formats.atomic import atomic_write
from ...graph.net import Net
from . import parity
from .model import Picture, make_model, write_graph

__all__ = ["Picture", "save_onnx"]

# protobuf's own limit for one message.
MOST_BYTES = 2**31 - 1


def save_onnx(net: Net, path: str | os.PathLike, picture: Picture) -> float:
    """Write `net` to `path` after `parity.check`; see `caffe.export.onnx`."""
    graph, flow = write_graph(net)
    free, sizes = parity.free_sizes(net)
    if graph.batch_of_one:
        free = [size for size in free if size != "batch"]
        sizes = parity.without_batch(sizes)
    model = make_model(net, graph, flow, free, picture)
    if model.ByteSize() > MOST_BYTES:
        raise CaffeError(f"net '{net.name}' takes more than the 2 GiB of an ONNX file")
    with atomic_write(path) as temporary:
        save(model, temporary, format="protobuf")
        return parity.check(net, temporary, sizes)
