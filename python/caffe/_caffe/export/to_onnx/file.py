"""An ONNX file that takes its name once it has been held against the net."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from onnx import checker, save

from ...core.allocator import returned_memory
from ...errors import CaffeError
from ...formats.atomic import atomic_write
from ...graph.net import Net
from . import parity
from .model import Picture, complete, write_graph

__all__ = ["Picture", "save_onnx"]

# protobuf's own limit for one message.
MOST_BYTES = 2**31 - 1


@returned_memory()
def save_onnx(net: Net, path: str | os.PathLike, picture: Picture) -> float:
    """Write `net` to `path` after `parity.check`; see `caffe.export.onnx`."""
    channels = [blob.shape[1] for blob in net.built.inputs if len(blob.shape) > 1]
    if picture.mean and len(picture.mean) not in channels:
        raise CaffeError(
            f"mean has {len(picture.mean)} values, expected one per channel of an input: {channels}"
        )
    graph, flow, decisions = write_graph(net)
    free, sizes = parity.free_sizes(net, batch=not graph.batch_of_one)
    complete(net, graph, flow, free, picture)
    if graph.model.ByteSize() > MOST_BYTES:
        raise CaffeError(f"net '{net.name}' takes more than the 2 GiB of an ONNX file")
    with atomic_write(path) as temporary, _saving_no_results(net):
        save(graph.model, temporary, format="protobuf")
        del graph  # a copy of the parameters
        checker.check_model(temporary)
        return parity.check(net, temporary, sizes, list(flow.outputs), decisions)


@contextmanager
def _saving_no_results(net: Net) -> Iterator[None]:
    """Keep layers that write files of their own (DetectionOutput) from doing so meanwhile."""
    layers = [node.layer for node in net.nodes if getattr(node.layer, "saves", False)]
    for layer in layers:
        layer.saves = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for layer in layers:
            layer.saves = True  # type: ignore[attr-defined]
