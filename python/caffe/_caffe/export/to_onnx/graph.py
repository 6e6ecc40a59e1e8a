"""Graph: nodes, constants and run-time sizes of an ONNX graph under construction."""

from collections.abc import Callable, MutableSequence, Sequence

import numpy as np
from onnx import ModelProto, TensorProto, helper

# The youngest operators used here are of this set (ReduceX and Pad with axes as an input); the
# youngest form of the file that goes with it.
OPSET, IR_VERSION = 18, 8
INT64, FLOAT, DOUBLE = TensorProto.INT64, TensorProto.FLOAT, TensorProto.DOUBLE


class Graph:
    """A model whose nodes and initializers are collected; values are known by name.

    `shapes` has the shapes of blobs' values at the net's own input sizes, of which only the number
    of axes and the sizes that no input changes may be relied on. `param` returns the parameters of
    the layer being written.
    """

    def __init__(self, shapes: dict[str, tuple[int, ...]]):
        self.shapes = shapes
        self.model = ModelProto(
            ir_version=IR_VERSION,
            producer_name="fcn-caffe",
            opset_import=[helper.make_opsetid("", OPSET)],
        )
        self.nodes: MutableSequence = self.model.graph.node
        self.parameters: list[str] = []  # of the current layer
        self.batch_of_one = False  # a layer could be written for that alone
        self.decides = False  # the current layer, by its bottoms' last digits
        self.scope, self._first = "", 0
        self._stored: dict[tuple, str] = {}
        self._names: set[str] = set()

    # -- nodes

    def node(self, op: str, *inputs: str, **attributes) -> str:
        """Append a node with one output; return the output's name."""
        return self.nodes_out(op, 1, *inputs, **attributes)[0]

    def nodes_out(self, op: str, outputs: int, *inputs: str, **attributes) -> tuple[str, ...]:
        """Append a node with several outputs; return their names."""
        names = tuple(self._fresh(f"{self.scope}/{op}") for _ in range(outputs))
        self.nodes.append(helper.make_node(op, inputs, names, name=names[0], **attributes))
        return names

    def scan(
        self, step: Callable[..., str], state: str, values: Sequence[str], axis: int, backward: bool
    ) -> str:
        """Return what `step` makes of a state and the items of `values` along an axis, in turn.

        Each item's result is the next one's state, and an item of what is returned.
        """
        outer, self.nodes = self.nodes, []
        given = [self._fresh(f"{self.scope}/item") for _ in (state, *values)]
        made = [step(self, *given), self._fresh(f"{self.scope}/made")]
        self.nodes.append(helper.make_node("Identity", made[:1], made[1:]))
        takes, gives = (
            [helper.make_tensor_value_info(name, FLOAT, None) for name in names]
            for names in (given, made)
        )
        body = helper.make_graph(self.nodes, f"{self.scope}/step", takes, gives)
        self.nodes = outer
        each = len(values)
        return self.nodes_out(
            "Scan", 2, state, *values, body=body, num_scan_inputs=each,
            scan_input_axes=[axis] * each, scan_input_directions=[int(backward)] * each,
            scan_output_axes=[axis], scan_output_directions=[int(backward)],
        )[1]  # fmt: skip

    def begin(self, layer: str, parameters: list[str]) -> None:
        """Begin the nodes of a layer, whose parameters have these names."""
        self.scope, self.parameters, self._first = layer, parameters, len(self.nodes)
        self.decides = False

    @property
    def layer_nodes(self) -> range:
        """The places of the current layer's nodes."""
        return range(self._first, len(self.nodes))

    def rename_last(self, old: str, new: str) -> str:
        """Call `old` `new` if the layer's last node has made it; return its name."""
        last = self.nodes[-1] if len(self.nodes) > self._first else None
        if last is None or old not in last.output:
            return old
        last.output[list(last.output).index(old)] = new
        return new

    def rename(self, old: str, new: str) -> None:
        """Make `new` another name of the value `old`."""
        self.nodes.append(helper.make_node("Identity", [old], [new], name=f"{new}/Identity"))

    def reserve(self, names: list[str]) -> list[str]:
        """Take these names, each changed if it is taken; return them."""
        return [self._fresh(name) for name in names]

    def _fresh(self, name: str) -> str:
        unique, count = name, 1
        while unique in self._names:
            count += 1
            unique = f"{name}.{count}"
        self._names.add(unique)
        return unique

    # -- constants

    def store(self, name: str, array: np.ndarray) -> str:
        """Add an initializer of this name."""
        self.model.graph.initializer.add(
            name=name,
            dims=array.shape,
            data_type=helper.np_dtype_to_tensor_dtype(array.dtype),
            raw_data=array.tobytes(),
        )
        return name

    def ints(self, *values: int) -> str:
        """Return a constant list of int64."""
        return self._constant(np.array(values, np.int64))

    def whole(self, value: int) -> str:
        """Return a constant int64 scalar."""
        return self._constant(np.array(value, np.int64))

    def scalar(self, value: float) -> str:
        """Return a constant float32 scalar."""
        return self._constant(np.array(value, np.float32))

    def floats(self, array) -> str:
        """Return a constant float32 array."""
        return self._constant(np.asarray(array, np.float32))

    def _constant(self, array: np.ndarray) -> str:
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._stored:
            self._stored[key] = self.store(self._fresh(f"constant/{len(self._stored)}"), array)
        return self._stored[key]

    def param(self, index: int) -> str:
        """Return parameter `index` of the current layer."""
        return self.parameters[index]

    # -- shapes and sizes, at run time

    def rank(self, blob: str) -> int:
        """Return a blob's number of axes."""
        return len(self.shapes[blob])

    def size(self, value: str, axis: int, end: int | None = None) -> str:
        """Return the sizes of the axes from `axis` to before `end` (one without it), a list."""
        return self.node("Shape", value, start=axis, end=axis + 1 if end is None else end)

    def sizes(self, *parts: str | int) -> str:
        """Return one list of int64 from lists and numbers."""
        lists = [self.ints(p) if isinstance(p, int) else p for p in parts]
        return lists[0] if len(lists) == 1 else self.node("Concat", *lists, axis=0)

    def reshape(self, value: str, *sizes: str | int) -> str:
        """Reshape to these sizes, lists or numbers, of which one may be -1."""
        return self.node("Reshape", value, self.sizes(*sizes), allowzero=1)

    def cast(self, value: str, to: int = FLOAT) -> str:
        """Return `value` as float32 or another type."""
        return self.node("Cast", value, to=to)

    def slice(self, value: str, start: str | int, end: str | int, *axes: int) -> str:
        """Cut `value` along axes, from `start` to before `end`: lists, or numbers of one axis."""
        return self.node("Slice", value, self.sizes(start), self.sizes(end), self.ints(*axes))

    def split(self, value: str, axis: int, *sizes: int) -> tuple[str, ...]:
        """Cut `value` along an axis into parts of these sizes, all of it."""
        return self.nodes_out("Split", len(sizes), value, self.ints(*sizes), axis=axis)

    def range(self, count: str) -> str:
        """Return 0, 1, ... below `count`, a list of one size, as int64."""
        return self.node("Range", self.whole(0), self.node("Squeeze", count), self.whole(1))

    def flipped(self, value: str, *axes: int) -> str:
        """Return `value` from its end on along axes."""
        start, end, step = (self.ints(*(v,) * len(axes)) for v in (-1, -(2**62), -1))
        return self.node("Slice", value, start, end, self.ints(*axes), step)

    def at(self, value: str, index: int, axis: int = 0) -> str:
        """Return `value` at one index of an axis, which goes."""
        return self.node("Gather", value, self.whole(index), axis=axis)

    def rows(self, places: str, *values: str) -> tuple[str, ...]:
        """Return the items of values at these places of axis 0."""
        return tuple(self.node("Gather", value, places, axis=0) for value in values)

    def reduce(self, op: str, value: str, axes: Sequence[int], keep: bool = True) -> str:
        """Reduce `value` over axes by ReduceSum, ReduceMean, ..."""
        return self.node(op, value, self.ints(*axes), keepdims=int(keep))

    # -- values

    def add(self, a: str, b: str) -> str:
        """Return a + b."""
        return self.node("Add", a, b)

    def sub(self, a: str, b: str) -> str:
        """Return a - b."""
        return self.node("Sub", a, b)

    def mul(self, a: str, b: str) -> str:
        """Return a * b."""
        return self.node("Mul", a, b)

    def div(self, a: str, b: str) -> str:
        """Return a / b; of integers, cut toward zero."""
        return self.node("Div", a, b)

    def round_away(self, value: str) -> str:
        """Round halves away from zero, in double precision."""
        half = self.cast(self.scalar(0.5), DOUBLE)
        up = self.node("Floor", self.add(self.node("Abs", value), half))
        return self.mul(self.node("Sign", value), up)
