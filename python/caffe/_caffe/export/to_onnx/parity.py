"""Holds an ONNX file against the runtime, through ONNX Runtime, at several sizes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice, product

import numpy as np
import onnxruntime
from onnx import load

from ...core.blob import Blob
from ...errors import CaffeError, NetError
from ...graph.net import Net
from ..agreement import TOLERANCE, Sizes, difference, give, reshape, sizes_of
from .decisions import Decision, cut
from .model import sample

# The blob in which nets with region proposals take the height, width and scale of the picture.
PICTURE_SIZE = "im_info"
# The axes, behind the first, of DeepLab's blobs of each item's height and width.
ITEM_SIZE = (1, 1, 2)
# Sides of more pixels are tried at these (and at their own), to save time and memory.
LARGE = 512
# (height, width) by the net's own: smaller and odd first; steps of 32 and 64 for nets whose ways
# meet only at multiples of their stride.
TRIALS = (
    lambda h, w: (h * 3 // 5 + 1, w * 4 // 5 | 1),
    lambda h, w: (h * 3 // 4 | 1, w // 2 + 3),
    lambda h, w: (h - 32, w - 64),
    lambda h, w: (h + 17, w + 9),
    lambda h, w: (h + 32, w),
    lambda h, w: (h + 64, w + 128),
)


def free_sizes(net: Net, batch: bool = True) -> tuple[list[str], list[Sizes]]:
    """Ask the net which of its input sizes, `batch` or not, may change; leave it as it was.

    Returns
    -------
    free : list of str
        Of "batch", "height" and "width".
    sizes : list of dict
        Up to three sets of input shapes, the net's own first.
    """
    own = sizes_of(net)
    try:
        batch = batch and _fits(net, _with_batch(own, 1))
        others = list(islice((trial for trial in _trials(own) if _fits(net, trial)), 2))
    finally:
        reshape(net, own)
    free = ["batch"] * batch + ["height", "width"] * bool(others)
    if batch:
        others = [_with_batch(s, i) for i, s in enumerate(others or [own], 1)]
    return free, [own, *others]


def _fits(net: Net, sizes: Sizes) -> bool:
    try:
        reshape(net, sizes)
    except CaffeError:
        return False
    return True


def _with_batch(sizes: Sizes, more: int) -> Sizes:
    """Enlarge axis 0 of all the inputs that share its size with the first."""
    first = next(iter(sizes.values()))[:1]
    return {
        name: (shape[0] + more, *shape[1:]) if shape and shape[:1] == first else shape
        for name, shape in sizes.items()
    }


def _trials(own: Sizes) -> Iterator[Sizes]:
    """Yield other heights and widths for the inputs that are maps of the first one's size."""
    maps = [shape for shape in own.values() if len(shape) == 4 and min(shape[2:]) > 1]
    if not maps:
        return
    near = tuple(side - max(0, side - LARGE) // 64 * 64 for side in maps[0][2:])
    for sides, change in product(dict.fromkeys((near, maps[0][2:])), TRIALS):
        height, width = change(*sides)
        if min(height, width) > 0:
            yield {
                name: (*shape[:2], height, width) if shape[2:] == maps[0][2:] else shape
                for name, shape in own.items()
            }


@contextmanager
def _kept(net: Net) -> Iterator[None]:
    """Give back the inputs' shapes, and what layers carry from one forward to the next."""
    own = sizes_of(net)
    layers = [node.layer for node in net.nodes if callable(getattr(node.layer, "reset", None))]
    states = [dict(vars(layer)) for layer in layers]
    counting = [blob for node in net.nodes if node.layer.stateful for blob in node.layer.blobs]
    counts = [blob.host_tensor().clone() for blob in counting]
    try:
        yield
    finally:
        for layer, state in zip(layers, states, strict=True):
            vars(layer).update(state)
        reshape(net, own)
        for blob, value in zip(counting, counts, strict=True):
            blob.tensor(write=True).copy_(value)


def check(
    net: Net,
    path: str,
    sizes: list[Sizes],
    outputs: Sequence[str],
    decisions: Sequence[Decision] = (),
) -> float:
    """Hold `outputs` of the ONNX file `path` against the net's; leave the net's shapes and state.

    Where they differ, the file is cut at `decisions` and what lies between is held.

    Returns
    -------
    float
        The largest difference, as a share of its output's largest value.

    Raises
    ------
    NetError
        Naming sizes, output and difference, where that is above TOLERANCE.
    """
    worst, file = 0.0, _File(path)
    with _kept(net):
        for seed, shapes in enumerate(sizes):
            given = _sample(shapes, seed)
            share, name = file.difference(net, given, outputs)
            if not share <= TOLERANCE and decisions:
                del file
                file = _File(path, decisions)
                share, name = file.difference(net, given, outputs)
            if not share <= TOLERANCE:
                raise NetError(
                    f"net '{net.name}' and its ONNX form differ in '{name}' at "
                    f"{shown(given)}: by {share:.2g} of its largest value, {TOLERANCE:g} "
                    "are allowed; nothing was written"
                )
            worst = max(worst, share)
    return worst


def _sample(shapes: Sizes, seed: int) -> dict[str, np.ndarray]:
    given = {name: sample(shape, seed) for name, shape in shapes.items()}
    height, width = (*next(iter(shapes.values()))[2:], 1, 1)[:2]
    for name, array in given.items():
        if name == PICTURE_SIZE:
            array[:] = ([height, width] + [1] * 9)[: array.shape[-1]]
        elif array.shape[1:] == ITEM_SIZE:
            array[:] = max(1, height * 3 // 4), max(1, width * 3 // 4)
    return given


def _run(net: Net, given: dict[str, np.ndarray], decisions: Sequence[Decision]) -> dict:
    """Run the net, each value freed once it is read; return what `decisions` saw and made."""
    give(net, given)
    last = {blob: i for i, node in enumerate(net.nodes) for blob in (*node.bottoms, *node.tops)}
    by_layer = {decision.layer: decision for decision in decisions}
    seen: dict[str, np.ndarray] = {}

    def copy(blobs: dict[str, Blob]) -> None:
        seen.update((name, blob.host_tensor().numpy().copy()) for name, blob in blobs.items())

    keep = {*net.built.inputs, *(net.built.by_name[name] for name in net.built.output_names)}
    for i, node in enumerate(net.nodes):
        if callable(reset := getattr(node.layer, "reset", None)):
            reset()  # the file begins without a state
        if i in by_layer:
            copy(by_layer[i].bottoms)
        net.run_forward(i, i)
        if i in by_layer:
            copy(by_layer[i].tops)
        node.layer.saved = None  # of a net with force_backward
        for blob in {*node.bottoms, *node.tops} - keep:
            if last[blob] == i:
                blob.free_data("")
    return seen


def session_of(model: str | bytes) -> onnxruntime.InferenceSession:
    """Return ONNX Runtime's session of a file, by its name or its bytes."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # it would keep what one run took
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def shown(given: dict[str, np.ndarray]) -> str:
    """Return the names and shapes of inputs, for an error message."""
    return ", ".join(f"{name} {'x'.join(map(str, x.shape))}" for name, x in given.items())


class _File:
    """An ONNX file in ONNX Runtime, whole or cut at decisions."""

    def __init__(self, path: str, decisions: Sequence[Decision] = ()):
        self.decisions, self.cuts = decisions, {}
        model: str | bytes = path
        if decisions:
            whole = load(path)
            self.cuts = cut(whole, decisions)
            model = whole.SerializeToString()
            del whole
        self.session = session_of(model)

    def difference(
        self, net: Net, given: dict[str, np.ndarray], outputs: Sequence[str]
    ) -> tuple[float, str]:
        """Run both; return the largest difference, and the value that has it."""
        seen = _run(net, given, self.decisions)
        wanted = {name: seen[name] for name in self.cuts}
        blobs = net.built.by_name
        wanted.update((name, blobs[name].host_tensor().numpy()) for name in outputs)
        inner = {where: seen[name] for name, where in self.cuts.items()}
        try:
            found = self.session.run(list(wanted), {**given, **inner})
        except Exception as error:  # ONNX Runtime's own classes share no base
            raise NetError(
                f"ONNX Runtime cannot run net '{net.name}' at {shown(given)}: {error}"
            ) from error
        return max(
            (difference(got, want), name)
            for got, (name, want) in zip(found, wanted.items(), strict=True)
        )
