"""Net: layers connected by blobs, built in named steps and run by one short loop.

The steps and every rule in them are net.cpp's (Init, AppendTop, AppendBottom, AppendParam):
filter by state, insert splits, connect layer by layer, share parameters, decide which diffs
are needed.
"""

import os
from collections.abc import Callable, Sequence

import torch

from ...proto import caffe_pb2
from .. import layers as _families  # noqa: F401  (enters every layer type in the registry)
from ..core.blob import Blob, check_room
from ..core.layer import Layer, create_layer
from ..errors import CaffeError, NetError, nearest
from ..formats import prototxt
from . import backward_plan, debug_info, weights
from .build_log import BuildLog
from .insert_splits import filter_net, insert_splits
from .params import ParamTable

LET_GO = (
    "the diff of blob '{}' was let go inside solver.step() once it was used, to save memory; "
    "set solver.net.keep_diffs = True before stepping, or call net.backward()"
)


class Net:
    """A net built from a prototxt file (or a NetParameter) for one phase."""

    def __init__(self, network_file, phase, level=0, stages=None, weights=None, *, folder=""):
        """Build the net that `network_file` describes.

        Net(file, phase, level=0, stages=None, weights=None), or pycaffe's older
        Net(file, weights, phase). Given a NetParameter, its own state counts, and `folder` is
        where Python layers' modules may stand. Raises NetError or LayerError naming the layer.
        """
        if isinstance(phase, str | os.PathLike):  # the older form
            phase, weights = int(level), phase
            level = 0
        if isinstance(network_file, caffe_pb2.NetParameter):
            param = network_file
        else:
            param = prototxt.read_net(os.fspath(network_file))
            folder = os.path.dirname(os.path.abspath(os.fspath(network_file)))
            param.state.phase = int(phase)
            param.state.level = int(level)
            param.state.stage.extend(stages or [])
        self._build(param, folder)
        if weights is not None:
            self.copy_from(os.fspath(weights))

    # -- building

    def _build(self, param: caffe_pb2.NetParameter, folder: str) -> None:
        self.phase = param.state.phase
        self.keep_diffs = False
        self.debug_info = param.debug_info
        self._hooks = {k: [] for k in ("before_fwd", "after_fwd", "before_bwd", "after_bwd")}
        param = filter_net(param)
        log = BuildLog(param)
        param = insert_splits(param)
        self.name = param.name
        self._layers: list[Layer] = []
        self._layer_names: list[str] = []
        self._blobs: list[Blob] = []
        self._blob_names: list[str] = []
        self._blob_loss_weights: list[float] = []
        self._inputs: list[int] = []
        self._bottoms: list[list[int]] = []
        self._tops: list[list[int]] = []
        self._bottom_need: list[list[bool]] = []
        self._layer_need: list[bool] = []
        self._param_table = ParamTable()
        self._memory: list[int] = []  # by blob, the first blob in whose memory it stands
        index: dict[str, int] = {}
        available: dict[str, None] = {}
        need: list[bool] = []
        for layer_param in param.layer:
            if not layer_param.HasField("phase"):
                layer_param.phase = self.phase
            log.creating(layer_param)
            self._connect(layer_param, folder, index, available, need)
            log.set_up(self._layers[-1], [self._blobs[t] for t in self._tops[-1]])
            log.sharing(self._layers[-1], self._param_table)
        backward_plan.drop_unneeded(self, log)
        if param.force_backward:
            backward_plan.force(self)
        backward_plan.decide_what_records(self)
        # net.cpp walks a std::set here, so the outputs are in name order.
        self._outputs = [index[name] for name in sorted(available)]
        log.done(sorted(available))
        self._param_table.share()
        count = sum(b.count for i, b in enumerate(self._blobs) if self._memory[i] == i)
        check_room(count, f"the blobs of net '{self.name}' together")

    def _connect(self, param, folder, index, available, need) -> None:
        layer = create_layer(param, param.phase)
        layer.folder = folder
        given = len(param.param)
        bottoms = [self._take_bottom(param, j, index, available) for j in range(len(param.bottom))]
        tops = []
        for j, name in enumerate(param.top):
            tops.append(self._make_top(param, j, name, index, need))
            available[name] = None
            if param.type == "Input":
                self._inputs.append(tops[-1])
        if layer.auto_top:
            while len(tops) < layer.tops[0]:
                tops.append(self._new_blob("(automatic)", need))
        layer.check_counts(len(bottoms), len(tops))
        down = self._propagate_down(param, bottoms, need)
        layer.inplace = bool(bottoms and tops and bottoms[0] == tops[0])
        if layer.inplace:
            layer.writes_through = self._memory.count(self._memory[bottoms[0]]) > 1
        if layer.shares_data:
            for t in tops:
                self._memory[t] = self._memory[bottoms[0]]
        layer.prepare([self._blobs[b] for b in bottoms], [self._blobs[t] for t in tops])
        self._weigh_losses(layer, tops)
        self._layers.append(layer)
        self._layer_names.append(param.name)
        self._bottoms.append(bottoms)
        self._tops.append(tops)
        self._bottom_need.append(down)
        wanted = self._param_table.add(layer, given)
        wanted = wanted or any(need[b] for b in bottoms)
        self._layer_need.append(wanted)
        if wanted:
            for t in tops:
                need[t] = True

    def _take_bottom(self, param, j, index, available) -> int:
        name = param.bottom[j]
        if name not in available:
            raise NetError(
                f"layer '{param.name}' ({param.type}): unknown bottom blob '{name}' (index {j})"
                + nearest(name, available)
            )
        del available[name]
        return index[name]

    def _make_top(self, param, j, name, index, need) -> int:
        if j < len(param.bottom) and name == param.bottom[j]:
            return index[name]
        if name in index:
            raise NetError(
                f"layer '{param.name}' ({param.type}): top blob '{name}' is already made by layer "
                f"'{self._maker(index[name], param.name)}'; only a layer that has it as bottom {j} "
                "may write it (in place)"
            )
        index[name] = self._new_blob(name, need)
        return index[name]

    def _maker(self, blob: int, otherwise: str) -> str:
        made = (n for n, tops in zip(self._layer_names, self._tops, strict=True) if blob in tops)
        return next(made, otherwise)

    def _new_blob(self, name, need) -> int:
        self._blobs.append(Blob())
        self._blob_names.append(name)
        self._blob_loss_weights.append(0.0)
        self._memory.append(len(self._memory))
        need.append(False)
        return len(self._blobs) - 1

    def _propagate_down(self, param, bottoms, need) -> list[bool]:
        given = list(param.propagate_down)
        if given and len(given) != len(bottoms):
            raise NetError(
                f"layer '{param.name}' ({param.type}): propagate_down is given {len(given)} times "
                f"for {len(bottoms)} bottoms; give it once per bottom or not at all"
            )
        return given or [need[b] for b in bottoms]

    def _weigh_losses(self, layer: Layer, tops: list[int]) -> None:
        """Set each top's loss weight; it stands in the top's diff, where backward finds it."""
        given = list(layer.layer_param.loss_weight)
        if given and len(given) != len(layer.layer_param.top):
            raise NetError(
                layer.say(
                    f"loss_weight is given {len(given)} times for "
                    f"{len(layer.layer_param.top)} tops; give it once per top or not at all"
                )
            )
        if not given and layer.is_loss:
            # Written into the layer too, and so into saved weights (loss_layer.cpp, LayerSetUp).
            given = [1.0] + [0.0] * (len(tops) - 1)
            layer.layer_param.loss_weight.extend(given)
        layer.loss_tops = [(j, w) for j, w in enumerate(given) if w]
        for j, weight in layer.loss_tops:
            self._blob_loss_weights[tops[j]] = weight
            self._blobs[tops[j]].seed_diff(weight)

    # -- running

    def run_forward(self, start: int = 0, end: int | None = None) -> torch.Tensor | float:
        """Run layers `start` to `end` (inclusive); return the weighted loss, on the device."""
        end = self._check_range(start, len(self._layers) - 1 if end is None else end)
        loss = 0.0
        for i in self._inputs:
            self._blobs[i].data_buffer.claim_view()
        self._let_go_values(start, end)
        with torch.no_grad():
            for i in range(start, end + 1):
                self._call("before_fwd", i)
                layer = self._layers[i]
                tops = [self._blobs[t] for t in self._tops[i]]
                layer.run([self._blobs[b] for b in self._bottoms[i]], tops)
                for j, weight in layer.loss_tops:
                    tops[j].seed_diff(weight, again=False)
                    loss = loss + (tops[j].tensor() * tops[j].diff_tensor()).sum()
                if self.debug_info:
                    debug_info.say_forward(self, i)
                self._call("after_fwd", i)
        for blob in self._blobs:
            blob.data_buffer.refresh_view()
        return loss

    def _let_go_values(self, start: int, end: int) -> None:
        """Free what is about to be computed anew: the new values then take the same memory."""
        for i in range(start, end + 1):
            if self._layers[i].renews and not self._layers[i].inplace:
                for t in self._tops[i]:
                    self._blobs[t].data_buffer.let_go()

    def run_backward(self, start: int | None = None, end: int = 0, keep: bool = True) -> None:
        """Run gradients from layer `start` down to `end`.

        Without `keep` (inside solver.step) graphs and intermediate diffs are let go once used.
        """
        start = len(self._layers) - 1 if start is None else start
        self._check_range(end, start)
        keep = keep or self.keep_diffs or self.debug_info or bool(self._hooks["after_bwd"])
        with torch.no_grad():
            for i in range(start, end - 1, -1):
                self._call("before_bwd", i)
                if self._layer_need[i]:
                    bottoms = [self._blobs[b] for b in self._bottoms[i]]
                    tops = [self._blobs[t] for t in self._tops[i]]
                    self._layers[i].run_backward(self._bottom_need[i], bottoms, tops, keep)
                    if self.debug_info:
                        debug_info.say_backward(self, i)
                    if not keep:
                        self._let_go(i)
                self._call("after_bwd", i)

    def _backward_layer(self, i: int) -> None:
        """Run one layer's gradients though no loss asks for them, as `caffe time` does."""
        with torch.no_grad():
            bottoms = [self._blobs[b] for b in self._bottoms[i]]
            tops = [self._blobs[t] for t in self._tops[i]]
            self._layers[i].run_backward(self._bottom_need[i], bottoms, tops, True)

    def _let_go(self, i: int) -> None:
        kept = {self._tops[i][j] for j, _ in self._layers[i].loss_tops}
        for t in self._tops[i]:
            if t not in kept and t not in self._bottoms[i]:
                self._blobs[t].let_go_diff(LET_GO.format(self._blob_names[t]))

    def _check_range(self, start: int, end: int) -> int:
        if not (0 <= start and end < len(self._layers)):
            raise NetError(
                f"net '{self.name}': layers {start} to {end} asked for, it has 0 to "
                f"{len(self._layers) - 1}"
            )
        return end

    def _call(self, which: str, i: int) -> None:
        for hook in self._hooks[which]:
            hook(i)

    def _forward(self, start: int, end: int) -> float:
        return float(self.run_forward(start, end))

    def _backward(self, start: int, end: int) -> None:
        self.run_backward(start, end)

    def reshape(self) -> None:
        """Carry changed input shapes through every layer, without computing."""
        for i, layer in enumerate(self._layers):
            layer.shape_tops(
                [self._blobs[b] for b in self._bottoms[i]], [self._blobs[t] for t in self._tops[i]]
            )

    # -- parameters

    def clear_param_diffs(self) -> None:
        """Set every parameter's diff to zero."""
        self._param_table.clear_diffs()

    def copy_from(self, weights_file: str) -> None:
        """Load weights by layer name from a .caffemodel or HDF5 file.

        Layers that only one side has are left alone; a differing count or shape of blobs
        raises NetError naming the layer.
        """
        weights.load(self, os.fspath(weights_file))

    def share_with(self, other: "Net") -> None:
        """Use `other`'s parameters as this net's own, layer by layer of the same name."""
        weights.share(self, other)

    def save(self, filename: str) -> None:
        """Write the net and its weights as a .caffemodel."""
        weights.save(self, os.fspath(filename))

    def save_snapshot(self, filename: str, hdf5: bool, diffs: bool) -> None:
        """Write weights in either form, with diffs where they are wanted."""
        (weights.save_hdf5 if hdf5 else weights.save)(self, filename, diffs)

    def save_hdf5(self, filename: str, write_diff: bool = False) -> None:
        """Write the weights as HDF5."""
        weights.save_hdf5(self, os.fspath(filename), write_diff)

    def load_hdf5(self, filename: str) -> None:
        """Load weights from HDF5."""
        weights.load(self, os.fspath(filename))

    # -- looking and listening

    @property
    def layers(self) -> list:
        """The layers in order; a Python layer is the user's own object."""
        return [layer.face for layer in self._layers]

    def _bottom_ids(self, i: int) -> list[int]:
        return list(self._bottoms[i])

    def _top_ids(self, i: int) -> list[int]:
        return list(self._tops[i])

    def before_forward(self, hook: Callable[[int], None]) -> None:
        """Call `hook(layer index)` before each layer's forward."""
        self._hooks["before_fwd"].append(hook)

    def after_forward(self, hook: Callable[[int], None]) -> None:
        """Call `hook(layer index)` after each layer's forward."""
        self._hooks["after_fwd"].append(hook)

    def before_backward(self, hook: Callable[[int], None]) -> None:
        """Call `hook(layer index)` before each layer's backward."""
        self._hooks["before_bwd"].append(hook)

    def after_backward(self, hook: Callable[[int], None]) -> None:
        """Call `hook(layer index)` after each layer's backward."""
        self._hooks["after_bwd"].append(hook)

    def _set_input_arrays(self, data, labels) -> None:
        first = self._layers[0] if self._layers else None
        if not hasattr(first, "set_arrays"):
            raise CaffeError("set_input_arrays needs a net whose first layer is a MemoryData layer")
        first.set_arrays(data, labels)

    def get_state(self) -> dict:
        """Return what the layers need to go on where they are (data cursors), by layer name."""
        states = {layer.name: layer.get_state() for layer in self._layers}
        return {name: state for name, state in states.items() if state is not None}

    def set_state(self, states: dict) -> None:
        """Continue from `get_state`'s answer; layers that are not there are left out."""
        for layer in self._layers:
            if layer.name in states:
                layer.set_state(states[layer.name])

    @property
    def learnable_params(self) -> Sequence[Blob]:
        """The parameters that solvers update, each shared one once."""
        return self._param_table.learnable
