"""Weights and solver states as protocol buffers: .caffemodel, .solverstate, .binaryproto.

Only what weights need is read from a layer: its name and blobs.  Forks gave the field numbers above
142 other meanings, so the rest is stepped over, whatever it is.
"""

import copy
import itertools
import json
import os
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np

from ...proto import caffe_pb2 as pb
from .. import log
from ..errors import FormatError
from . import blobproto
from .records import LayerWeights, SolverSnapshot
from .wire import LEN, VARINT, Field, Reader, header

WEIGHTS = "weights (a .caffemodel)"
STATE = "a solver state (.solverstate)"
BLOB = "one BlobProto (.binaryproto)"

# NetParameter
_NET_NAME, _NET_LAYERS_V1, _NET_LAYERS = 1, 2, 100
# Field numbers of name and blobs in each generation of layers; V1 holds V0 in its field 1.
_V2 = {1: "name", 7: "blobs"}
_V1 = {4: "name", 6: "blobs", 1: "v0"}
_V0 = {1: "name", 50: "blobs"}
# SolverState
_ITER, _LEARNED_NET, _HISTORY, _STEP, _RUNTIME = 1, 2, 3, 4, 1000

# Protocol buffers end here, in BVLC's C++ as everywhere.
_MOST_BYTES = (1 << 31) - 1
_WORTH_A_WARNING = 1024


def read_weights(path: str | os.PathLike) -> list[LayerWeights]:
    """Return the layers of a binary weights file; their arrays are views of the mapped file."""
    reader = _open(path, WEIGHTS)
    layers: list[LayerWeights] = []
    for field in reader.fields():
        if field.number in (_NET_LAYERS, _NET_LAYERS_V1):
            reader.place = f"layer {len(layers)}"
            table = _V2 if field.number == _NET_LAYERS else _V1
            layers.append(_read_layer(reader, reader.expect(field, LEN), table))
            reader.place = ""
        elif field.number == _NET_NAME:
            reader.expect(field, LEN)
        elif field.number > 8 and field.end - field.start > _WORTH_A_WARNING:
            # No Caffe has anything large there; a damaged layer would look like this.
            log.warning(
                f"{reader.path}: skipped unknown field {field.number}, "
                f"{field.end - field.start} bytes at byte {field.start}"
            )
    return layers


def _read_layer(reader: Reader, layer: Field, table: dict[int, str]) -> LayerWeights:
    found = LayerWeights("")
    blobs = []
    for field in reader.fields(layer.start, layer.end):
        role = table.get(field.number)
        if role == "v0":
            return _read_layer(reader, reader.expect(field, LEN), _V0)
        if role == "name":
            found.name = reader.text(field)
            reader.place = f"layer '{found.name}'"
        elif role == "blobs":
            blobs.append(reader.expect(field, LEN))
    # After the loop: V1 layers name themselves after nothing, but errors want the name.
    place = reader.place
    for i, field in enumerate(blobs):
        reader.place = f"{place}, blob {i}"
        values = blobproto.read(reader, field.start, field.end)
        found.blobs.append(values.data)
        found.diffs.append(values.diff)
        found.legacy.append(values.legacy)
    return found


def write_weights(
    path: str,
    net_name: str,
    layers: Iterable[tuple[pb.LayerParameter, list[np.ndarray], list | None]],
) -> None:
    """Write a NetParameter, byte for byte as BVLC's serialiser would."""
    name = net_name.encode()
    with open(path, "wb", buffering=1 << 16) as file:
        file.write(header(_NET_NAME, len(name)) + name)
        for param, blobs, diffs in layers:
            _write_layer(file, param, blobs, diffs or [None] * len(blobs))
            if file.tell() > _MOST_BYTES:
                raise FormatError(
                    f"weights up to layer '{param.name}' take {file.tell()} bytes, more "
                    "than the 2 GiB a protocol buffer can hold; save as HDF5"
                )


def _write_layer(
    file: BinaryIO, param: pb.LayerParameter, blobs: list[np.ndarray], diffs: list
) -> None:
    before, after = _around_blobs(param)
    pairs = list(zip(blobs, diffs, strict=True))
    sizes = [blobproto.size(data, diff) for data, diff in pairs]
    heads = [header(7, size) for size in sizes]
    total = len(before) + sum(map(len, heads)) + sum(sizes) + len(after)
    file.write(header(_NET_LAYERS, total) + before)
    for head, (data, diff) in zip(heads, pairs, strict=True):
        file.write(head)
        blobproto.write(file, data, diff)
    file.write(after)


def _around_blobs(param: pb.LayerParameter) -> tuple[bytes, bytes]:
    """Return `param` serialised without blobs, parted where its blobs (field 7) belong."""
    plain, after = copy.deepcopy(param), copy.deepcopy(param)
    for field in param.DESCRIPTOR.fields:
        (plain if field.number >= 7 else after).ClearField(field.name)
    after.ClearField("blobs")
    return plain.SerializeToString(), after.SerializeToString()


def read_solverstate(path: str | os.PathLike) -> SolverSnapshot:
    """Return the SolverState at `path`; history arrays are views of the mapped file."""
    reader = _open(path, STATE)
    state = SolverSnapshot()
    for field in reader.fields():
        if field.number == _ITER:
            state.iter = reader.int32(field)
        elif field.number == _LEARNED_NET:
            state.learned_net = reader.text(field)
        elif field.number == _HISTORY:
            reader.place = f"history {len(state.history)}"
            reader.expect(field, LEN)
            state.history.append(blobproto.read(reader, field.start, field.end).data)
            reader.place = ""
        elif field.number == _STEP:
            state.current_step = reader.int32(field)
        elif field.number == _RUNTIME:
            state.runtime_state = parse_runtime(reader.text(field), reader.path)
    return state


def write_solverstate(path: str, state: SolverSnapshot) -> None:
    """Write a SolverState, fields in BVLC's order."""
    ends = pb.SolverState(iter=state.iter), pb.SolverState(current_step=state.current_step)
    if state.learned_net is not None:
        ends[0].learned_net = state.learned_net
    if state.runtime_state is not None:
        ends[1].runtime_state = json.dumps(state.runtime_state).encode()
    with open(path, "wb") as file:
        file.write(ends[0].SerializeToString())
        for array in state.history:
            file.write(header(_HISTORY, blobproto.size(array)))
            blobproto.write(file, array)
        file.write(ends[1].SerializeToString())
        if file.tell() > _MOST_BYTES:
            raise FormatError(
                f"the solver's history takes {file.tell()} bytes, more than the 2 GiB a "
                "protocol buffer can hold; snapshot as HDF5"
            )


def parse_runtime(text: str, path: str) -> dict:
    """Return the runtime state from its JSON; FormatError if it is damaged."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: its runtime state is damaged: {error}") from None
    if not isinstance(found, dict):
        raise FormatError(f"{path}: its runtime state is no JSON object")
    return found


def read_blobproto(path: str | os.PathLike) -> np.ndarray:
    """Return a copy of the array in a .binaryproto (a mean image): float32, in its stored shape."""
    reader = _open(path, BLOB)
    return np.array(blobproto.read(reader, 0, reader.size).data)


def _open(path: str | os.PathLike, what: str) -> Reader:
    """Return a reader for `path`, once its first fields do not show another kind of message."""
    reader = Reader(path, what)
    found = _kind(reader)
    if found is not None and found != what:
        raise FormatError(f"{reader.path}: is {found}, expected {what}")
    return reader


def _kind(reader: Reader) -> str | None:
    """Return the message type that a file's first fields show, None if they show none."""
    wires: dict[int, int] = {}
    try:
        for field in itertools.islice(reader.fields(), 16):
            wires.setdefault(field.number, field.wire)
    except FormatError:
        # Cut short or damaged further on; what was read so far still identifies the kind.
        pass
    if wires.get(1) == VARINT:
        if LEN in (wires.get(2), wires.get(3)):
            return STATE
        return BLOB if LEN in (wires.get(5), wires.get(7)) else None
    if LEN in (wires.get(5), wires.get(7)):
        return BLOB
    return WEIGHTS if LEN in (wires.get(1), wires.get(2), wires.get(100)) else None
