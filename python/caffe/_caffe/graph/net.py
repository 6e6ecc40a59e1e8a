"""Net: a built net and how it runs, with the members that BVLC's compiled Net has."""

import os
from collections.abc import Iterable, Sequence

import torch

from ...proto import caffe_pb2
from .. import layers as _families  # noqa: F401  (enters every layer type in the registry)
from ..core.blob import Blob, check_fits_memory
from ..errors import CaffeError, MissingBlob, NetError, nearest
from ..formats import prototxt
from . import debug_info, weights
from .builder import build
from .hooks import Hooked
from .inference import InferencePlan
from .node import Node
from .training import TrainingPlan


class Net(Hooked):
    """A net built from a prototxt file (or a NetParameter) for one phase.

    Parameters
    ----------
    network_file : str or NetParameter
        A NetParameter is used in its own state.
    phase : int
        caffe.TRAIN or caffe.TEST.
    level, stages : int, list of str
        The rest of the state that include and exclude rules are checked against.
    weights : str
        A .caffemodel or .h5 file to load. pycaffe's older Net(file, weights, phase) works too.
    folder : str
        For a NetParameter, where modules of Python layers may be.

    Raises
    ------
    NetError, LayerError
        Naming the layer that cannot be connected or set up.
    """

    def __init__(self, network_file, phase, level=0, stages=None, weights=None, *, folder=""):
        if isinstance(phase, str | os.PathLike):  # the older form
            phase, weights = level, phase
            level = 0
        if isinstance(network_file, caffe_pb2.NetParameter):
            param = network_file
        else:
            param = prototxt.read_net(os.fspath(network_file))
            folder = os.path.dirname(os.path.abspath(os.fspath(network_file)))
            param.state.phase = phase
            param.state.level = int(level)
            param.state.stage.extend(stages or [])
        self.phase = param.state.phase
        self.keep_diffs = False
        self.plan: InferencePlan | TrainingPlan | None = None  # once optimized
        self.debug_info = param.debug_info
        super().__init__()
        self.built = build(param, folder)
        self.name, self.nodes, self.param_table = (
            self.built.name, self.built.nodes, self.built.params,
        )  # fmt: skip
        if weights is not None:
            self.copy_from(os.fspath(weights))

    # -- running

    def run_forward(self, start: int = 0, end: int | None = None) -> torch.Tensor | float:
        """Run layers `start` to `end` (inclusive); return the weighted loss, on the device."""
        nodes = self._range(start, len(self.nodes) - 1 if end is None else end)
        plan = self.plan
        self._before_forward(() if isinstance(plan, InferencePlan) else nodes)
        numbered = list(enumerate(nodes, start))
        with torch.no_grad():
            if plan is None:
                loss = self._run_nodes(numbered)
            elif isinstance(plan, InferencePlan):
                loss = plan.run(self._call)
            else:
                loss = self._run_nodes(pair for pair in numbered if not pair[1].bottoms)
                plan.begin(whole=self.debug_info)
                loss = loss + self._run_nodes(pair for pair in numbered if pair[1].bottoms)
                plan.end_forward()
        for blob in self._blobs:
            blob.data_buffer.refresh_view()
        return loss

    def _run_nodes(self, numbered: Iterable[tuple[int, Node]]) -> torch.Tensor | float:
        loss: torch.Tensor | float = 0.0
        for i, node in numbered:
            self._call("before_fwd", i)
            loss = loss + node.forward()
            if self.debug_info:
                debug_info.log_forward(node, self.param_table)
            self._call("after_fwd", i)
        return loss

    def run_backward(self, start: int | None = None, end: int = 0, keep: bool = True) -> None:
        """Compute gradients from layer `start` down to `end`.

        Without `keep` (inside solver.step) what forward saved and intermediate diffs are freed
        once used.
        """
        plan = self.plan
        if isinstance(plan, InferencePlan):
            raise NetError(f"net '{self.name}' is optimized: it runs forward alone")
        start = len(self.nodes) - 1 if start is None else start
        looks = any(getattr(hook, "reads_diffs", True) for hook in self.hooks["after_bwd"])
        keep = keep or self.keep_diffs or self.debug_info or looks
        with torch.no_grad():
            for i, node in reversed(list(enumerate(self._range(end, start), end))):
                self._call("before_bwd", i)
                node.backward(keep)
                if self.debug_info:
                    debug_info.log_backward(node)
                self._call("after_bwd", i)
        if plan is not None:
            plan.end_backward()

    def optimize(self, keep: Sequence[str] = ()) -> None:
        """Compute faster what only rounding tells from before (BVLC has no such thing).

        Copies of rows and columns that wide padding makes are left out; in a TRAIN net backward,
        too. In a TEST net, which then runs forward alone, BatchNorm, Scale, Bias and ReLU are
        folded into the convolution before them and blobs are freed once their last reader is
        done: weights that change afterwards need another call. On a CPU filters of 3x3 over 128
        channels and more are also kept as Winograd's algorithm takes them, four times their size.

        Parameters
        ----------
        keep : sequence of str
            Blobs to read afterwards, besides inputs and outputs. Others raise: in a TEST net all,
            in a TRAIN net those that rows are left out of.

        Raises
        ------
        MissingBlob
            For a name in `keep` that the net lacks.
        NetError
            Later, for a pass over a part of the net, or backward in a TEST net.
        """
        names = self.built.names
        wanted = {*keep, *self.built.output_names}
        for name in wanted.difference(self._blob_names):
            raise MissingBlob(
                f"net '{self.name}' has no blob '{name}'{nearest(name, names.values())}"
            )
        kept = [b for b, name in names.items() if name in wanted or b in self.built.inputs]
        plan = InferencePlan if self.phase == caffe_pb2.TEST else TrainingPlan
        self.plan = plan(self.nodes, names, kept)

    def _range(self, start: int, end: int) -> list:
        if not (0 <= start and end < len(self.nodes)):
            raise NetError(
                f"net '{self.name}': layers {start} to {end} asked for, it has 0 to "
                f"{len(self.nodes) - 1}"
            )
        nodes = self.nodes[start : end + 1]
        if self.plan is not None and len(nodes) < len(self.nodes):
            raise NetError(f"net '{self.name}' is optimized: it runs as a whole")
        return nodes

    def _before_forward(self, nodes) -> None:
        if len(nodes) == len(self.nodes):  # an optimized net and an export free what is read
            check_fits_memory(self.built.bytes // 4, f"net '{self.name}' with all its blobs")
        for blob in self.built.inputs:
            blob.data_buffer.mark_host_newest()
        for node in nodes:
            node.free_tops()

    def _forward(self, start: int, end: int) -> float:
        return float(self.run_forward(start, end))

    def _backward(self, start: int, end: int) -> None:
        self.run_backward(start, end)

    def reshape(self) -> None:
        """Propagate changed input shapes through every layer, without computing."""
        if self.plan is not None:
            self.plan.layouts.clear()
        for node in self.nodes:
            node.layer.shape_tops(node.bottoms, node.tops)

    # -- parameters

    @property
    def learnable_params(self) -> Sequence[Blob]:
        """The parameters that solvers update, each shared one once."""
        return self.param_table.learnable

    def clear_param_diffs(self) -> None:
        for blob in self.learnable_params:
            blob.clear_diff()

    def copy_from(self, weights_file: str) -> None:
        """Load weights by layer name from a .caffemodel or HDF5 file.

        Layers that only one side has are skipped.

        Raises
        ------
        NetError
            Naming the layer, where the number or shapes of its blobs differ.
        """
        weights.load(self._engine_layers, self.param_table, os.fspath(weights_file))

    load_hdf5 = copy_from

    def share_with(self, other: "Net") -> None:
        """Use `other`'s parameters as this net's own, layer by layer of the same name."""
        weights.share(self._engine_layers, [node.layer for node in other.nodes])

    def save(self, filename: str, write_diff: bool = False) -> None:
        """Write the net and its weights as a .caffemodel."""
        weights.save(self.name, self._engine_layers, os.fspath(filename), write_diff)

    def save_hdf5(self, filename: str, write_diff: bool = False) -> None:
        """Write the weights as HDF5."""
        weights.save_hdf5(self._engine_layers, self.param_table, os.fspath(filename), write_diff)

    # -- introspection and callbacks

    @property
    def layers(self) -> list:
        """The layers in order; a Python layer is the user's own object."""
        return [node.layer.pycaffe_object for node in self.nodes]

    @property
    def _engine_layers(self) -> list:
        return [node.layer for node in self.nodes]

    @property
    def _layer_names(self) -> list[str]:
        return [node.name for node in self.nodes]

    @property
    def _blobs(self) -> list[Blob]:
        return self.built.blobs

    @property
    def _blob_names(self) -> list[str]:
        return self.built.blob_names

    @property
    def output_blobs(self) -> list[tuple[str, Blob, float]]:
        """Return name, blob and loss weight of every output."""
        weights = self._blob_loss_weights
        return [(self._blob_names[i], self._blobs[i], weights[i]) for i in self._outputs]

    @property
    def _blob_loss_weights(self) -> list[float]:
        weight = {n.tops[j]: w for n in self.nodes for j, w in n.loss_weights}
        return [weight.get(blob, 0.0) for blob in self._blobs]

    @property
    def _inputs(self) -> list[int]:
        return self._ids(self.built.inputs)

    @property
    def _outputs(self) -> list[int]:
        return [self._blob_names.index(name) for name in self.built.output_names]

    def _bottom_ids(self, i: int) -> list[int]:
        return self._ids(self.nodes[i].bottoms)

    def _top_ids(self, i: int) -> list[int]:
        return self._ids(self.nodes[i].tops)

    def _ids(self, blobs: Sequence[Blob]) -> list[int]:
        place = {blob: i for i, blob in enumerate(self._blobs)}
        return [place[blob] for blob in blobs]

    def _set_input_arrays(self, data, labels) -> None:
        set_arrays = getattr(self.nodes[0].layer, "set_arrays", None) if self.nodes else None
        if set_arrays is None:
            raise CaffeError("set_input_arrays needs a net whose first layer is a MemoryData layer")
        set_arrays(data, labels)

    def get_state(self) -> dict:
        """Return what the layers need to continue (data cursors), by layer name."""
        states = {node.name: node.layer.get_state() for node in self.nodes}
        return {name: state for name, state in states.items() if state is not None}

    def set_state(self, states: dict) -> None:
        """Continue from what `get_state` returned; names of absent layers are ignored."""
        for node in self.nodes:
            if node.name in states:
                node.layer.set_state(states[node.name])
