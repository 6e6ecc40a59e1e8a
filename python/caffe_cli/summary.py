"""caffe inspect: layers, shapes, parameters and costs of a net."""

import math
from dataclasses import dataclass

from .common import make_net, phase_of, read_net

RULED = {"Convolution", "Deconvolution", "Pooling", "Im2col"}
# Layers whose tops are their bottom's memory.
SHARING = {"Split", "Reshape", "Flatten"}


@dataclass
class Row:
    """One line of `inspect`: a layer and what it costs."""

    name: str
    kind: str
    shapes: list[tuple]
    params: int = 0
    macs: int = 0
    memory: int = 0
    field: str = ""


@dataclass
class _Receptive:
    """Extent and spacing, in pixels of the input, of what one position of a blob sees."""

    extent: float = 1.0
    spacing: float = 1.0


def inspect(options):
    """Print a table of layers: shapes, parameters, multiply-adds, memory, receptive fields."""
    import caffe

    net = make_net(options, options.net, phase_of(options, caffe.TEST))
    rows = layer_rows(net, read_net(options.net))
    head = ["layer", "type", "output", "params", "mult-adds", "memory", "sees"]
    cells = [
        [
            row.name,
            row.kind,
            " ".join("x".join(map(str, shape)) or "1" for shape in row.shapes),
            _short(row.params) if row.params else "",
            _short(row.macs) if row.macs else "",
            _short(row.memory, "B"),
            row.field,
        ]
        for row in rows
        if row.kind != "Split"  # Caffe's own, and free
    ]
    widths = [max(len(line[i]) for line in [head, *cells]) for i in range(len(head))]
    for line in [head, ["-" * width for width in widths], *cells]:
        aligned = [
            cell.ljust(width) if i < 3 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(aligned).rstrip())
    print(_totals(net, rows))


def layer_rows(net, definition):
    """A `Row` for every layer of ``net``; ``definition`` is its NetParameter."""
    written = {layer.name: layer for layer in definition.layer}
    owned = set()
    seen = {}
    rows = []
    for index, (name, layer) in enumerate(zip(net._layer_names, net.layers, strict=True)):
        bottoms = [net.blobs[b] for b in _names(net, net._bottom_ids(index))]
        top_names = _names(net, net._top_ids(index))
        tops = [net.blobs[t] for t in top_names]
        row = Row(name, layer.type, [tuple(top.shape) for top in tops])
        row.params = sum(blob.count for blob in _unshared(layer, owned))
        row.macs = multiply_adds(layer, bottoms, tops)
        fresh = [t for t in top_names if t not in seen] if layer.type not in SHARING else []
        row.memory = sum(4 * net.blobs[t].count for t in fresh)
        receptive = _receptive(net, index, written.get(name), seen)
        row.field = f"{receptive.extent:.0f} / {receptive.spacing:g}" if receptive else ""
        seen.update(dict.fromkeys(top_names, receptive))
        rows.append(row)
    return rows


def _names(net, ids):
    names = list(net.blobs)
    return [names[i] for i in ids]


def _unshared(layer, owned):
    """A layer's blobs without those that an earlier layer has counted."""
    fresh = []
    for blob in layer.blobs:
        # Shared parameters are one array behind several blobs.
        where = blob.data.__array_interface__["data"][0] if blob.count else None
        if where not in owned:
            fresh.append(blob)
        owned.add(where)
    return fresh


def multiply_adds(layer, bottoms, tops):
    """Multiplications with a weight in one forward pass; biases and other layers count 0.

    Every weight of a convolution is used once per output position, of a deconvolution once per
    input position, and of an inner product once per row.
    """
    if not layer.blobs:
        return 0
    weight = layer.blobs[0]
    if layer.type == "Convolution":
        return sum(weight.count * top.count // top.shape[1] for top in tops)
    if layer.type == "Deconvolution":
        return sum(weight.count * bottom.count // bottom.shape[1] for bottom in bottoms)
    if layer.type == "InnerProduct":
        return weight.count * (tops[0].count // tops[0].shape[-1])
    if layer.type in ("LSTM", "RNN"):
        steps = bottoms[0].shape[0] * bottoms[0].shape[1]
        return steps * sum(blob.count for blob in layer.blobs if len(blob.shape) == 2)
    return 0


def _receptive(net, index, layer, seen):
    """What a layer's tops see, None where that is the whole input or not known."""
    bottoms = _names(net, net._bottom_ids(index))
    if not bottoms:
        return _Receptive()
    # A Crop's second bottom, and a label, only lend their size or their values.
    kind = net.layers[index].type
    views = [seen.get(b) for b in (bottoms[:1] if kind == "Crop" else bottoms)]
    if None in views or kind in ("InnerProduct", "Reduction", "LSTM", "RNN", "Python"):
        return None
    if kind.endswith("Loss") or kind == "Accuracy":
        return None
    view = max(views, key=lambda v: v.extent)
    if kind not in RULED:
        return view
    if layer is None:
        return None
    return _through_window(view, kind, layer)


def _through_window(view, kind, layer):
    if kind == "Pooling":
        given = layer.pooling_param
        if given.global_pooling:
            return None
        kernel, stride, dilation = given.kernel_size or given.kernel_h, given.stride, 1
        stride = given.stride_h or stride
    else:
        given = layer.convolution_param
        kernel = given.kernel_size[0] if given.kernel_size else given.kernel_h
        stride = (given.stride[0] if given.stride else given.stride_h) or 1
        dilation = given.dilation[0] if given.dilation else 1
    extent = (kernel - 1) * dilation
    if kind == "Deconvolution":
        reached = math.ceil((extent + 1) / stride) - 1
        return _Receptive(view.extent + reached * view.spacing, view.spacing / stride)
    return _Receptive(view.extent + extent * view.spacing, view.spacing * stride)


def _totals(net, rows):
    params = sum(row.params for row in rows)
    memory = sum(row.memory for row in rows)
    return (
        f"\n{net.name + ': ' if getattr(net, 'name', '') else ''}{len(rows)} layers, "
        f"{params:,} parameters ({_short(4 * params, 'B')}), "
        f"{_short(sum(row.macs for row in rows))} multiply-adds, "
        f"blobs {_short(memory, 'B')} (with their diffs {_short(2 * memory, 'B')})\n"
        "sees: receptive field / spacing in input pixels, along the height"
    )


def _short(number, unit=""):
    """Three to four digits and a decimal prefix: 134.3 M."""
    prefixes = ["", "k", "M", "G", "T"]
    while abs(number) >= 1000 and len(prefixes) > 1:
        number /= 1000
        del prefixes[0]
    prefix = prefixes[0]
    text = f"{number:.0f}" if prefix == "" else f"{number:.1f}"
    return f"{text} {prefix}{unit}".rstrip()
