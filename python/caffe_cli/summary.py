"""caffe inspect: layers, shapes, parameters and costs of a net."""

import math
from dataclasses import dataclass, replace

from .common import make_net, phase_of, read_net

WINDOWED = {"Convolution", "Deconvolution", "Pooling", "Im2col"}
# Layers whose tops are their bottom's memory.
SHARING = {"Split", "Reshape", "Flatten"}
# Layers whose every output depends on the whole input, or that read what is no input.
WHOLE = {
    "InnerProduct", "Reduction", "LSTM", "RNN", "Python", "DenseCRF", "CCNNDenseCRF",
    "MultiStageMeanfield",
}  # fmt: skip


@dataclass
class Row:
    """One line of `inspect`: a layer and what it costs.

    `params` counts weights, `macs` multiplications, `memory` bytes of tops; `field` is receptive
    field / spacing in input pixels.
    """

    name: str
    kind: str
    shapes: list[tuple]
    params: int = 0
    macs: int = 0
    memory: int = 0
    field: str = ""
    view: "View | None" = None


@dataclass
class View:
    """What positions of a blob see of the input, along the height, in its pixels.

    Attributes
    ----------
    extent : float
        How far one position sees.
    spacing : float
        From one position's middle to the next one's.
    start : float
        The middle of position 0; pixel 0 is at 0.
    """

    extent: float = 1.0
    spacing: float = 1.0
    start: float = 0.0


def inspect(options):
    """Print a table of NET: shapes, parameters, multiply-adds, memory, receptive fields."""
    import caffe

    net = make_net(options, options.net, phase_of(options, caffe.TEST))
    rows = layer_rows(net, read_net(options.net))
    head = ["layer", "type", "output", "params", "mult-adds", "memory", "sees"]
    cells = [
        [
            row.name,
            row.kind,
            " ".join("x".join(map(str, shape)) or "1" for shape in row.shapes),
            short(row.params) if row.params else "",
            short(row.macs) if row.macs else "",
            short(row.memory, "B"),
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


def layer_rows(net, definition) -> list[Row]:
    """Return one `Row` per layer; kernels and strides are read from the net's `definition`."""
    written = {layer.name: layer for layer in definition.layer}
    owned: set[int] = set()
    seen: dict[str, View | None] = {}
    rows = []
    for name, layer in net.layer_dict.items():
        bottoms, tops = list(net.bottom_names[name]), list(net.top_names[name])
        blobs = [net.blobs[top] for top in tops]
        row = Row(name, layer.type, [tuple(blob.shape) for blob in blobs])
        row.params = sum(blob.count for blob in _unshared(layer, owned))
        row.macs = multiply_adds(layer, [net.blobs[bottom] for bottom in bottoms], blobs)
        fresh = [t for t in tops if t not in seen] if layer.type not in SHARING else []
        row.memory = sum(4 * net.blobs[top].count for top in fresh)
        row.view = view = _view(layer.type, bottoms, written.get(name), seen)
        row.field = f"{view.extent:.0f} / {view.spacing:g}" if view else ""
        seen.update(dict.fromkeys(tops, view))
        rows.append(row)
    return rows


def _unshared(layer, owned):
    """Return a layer's blobs without those that an earlier layer has counted."""
    fresh = []
    for blob in layer.blobs:
        # Shared parameters are one array behind several blobs.
        where = blob.data.__array_interface__["data"][0] if blob.count else None
        if where not in owned:
            fresh.append(blob)
        owned.add(where)
    return fresh


def multiply_adds(layer, bottoms, tops) -> int:
    """Return the multiplications with a weight in one forward pass; other layers count 0.

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


def _view(kind, bottoms, layer, seen):
    """Return what a layer's tops see, None where that is the whole input or not known."""
    if not bottoms:
        return View()
    # A Crop's second bottom, and a label, only lend their size or their values.
    views = [seen.get(b) for b in (bottoms[:1] if kind == "Crop" else bottoms)]
    if None in views or kind in WHOLE:
        return None
    if kind.endswith("Loss") or kind == "Accuracy":
        return None
    view = max(views, key=lambda v: v.extent)
    if kind == "Crop" and layer is not None:
        return replace(view, start=view.start + _crop_offset(layer) * view.spacing)
    if kind not in WINDOWED:
        return view
    if layer is None or layer.pooling_param.global_pooling:
        return None
    kernel, stride, pad, dilation = _height_window(layer)
    extent = (kernel - 1) * dilation
    if kind == "Deconvolution":
        reached = math.ceil((extent + 1) / stride) - 1
        spacing = view.spacing / stride
        return View(
            view.extent + reached * view.spacing,
            spacing,
            view.start + (pad - extent / 2) * spacing,
        )
    return View(
        view.extent + extent * view.spacing,
        view.spacing * stride,
        view.start + (extent / 2 - pad) * view.spacing,
    )


def _crop_offset(layer):
    """Return the rows that a Crop leaves out before its first."""
    p = layer.crop_param
    if p.axis in (2, -2) and p.offset:
        return p.offset[0]
    before = {1: 1, 0: 2, -3: 1, -4: 2}.get(p.axis, 0)
    return p.offset[before] if len(p.offset) > before else sum(p.offset[:1])


def _height_window(layer):
    """Kernel, stride, pad and dilation of a window along the height."""
    if layer.type == "Pooling":
        p = layer.pooling_param
        return p.kernel_size or p.kernel_h, p.stride_h or p.stride, p.pad_h or p.pad, 1
    p = layer.convolution_param
    kernel = p.kernel_size[0] if p.kernel_size else p.kernel_h
    stride = p.stride[0] if p.stride else p.stride_h
    pad = p.pad[0] if p.pad else p.pad_h
    return kernel, stride or 1, pad, p.dilation[0] if p.dilation else 1


def _totals(net, rows):
    params = sum(row.params for row in rows)
    memory = sum(row.memory for row in rows)
    shown = sum(row.kind != "Split" for row in rows)
    return (
        f"\n{net.name + ': ' if getattr(net, 'name', '') else ''}{shown} layers, "
        f"{params:,} parameters ({short(4 * params, 'B')}), "
        f"{short(sum(row.macs for row in rows))} multiply-adds, "
        f"blobs {short(memory, 'B')} (with their diffs {short(2 * memory, 'B')})\n"
        "sees: receptive field / spacing in input pixels, along the height"
    )


def short(number: float, unit: str = "") -> str:
    """Three to four digits and a decimal prefix: 134.3 M."""
    prefixes = ["", "k", "M", "G", "T"]
    while abs(number) >= 1000 and len(prefixes) > 1:
        number /= 1000
        del prefixes[0]
    prefix = prefixes[0]
    text = f"{number:.0f}" if prefix == "" else f"{number:.1f}"
    return f"{text} {prefix}{unit}".rstrip()
