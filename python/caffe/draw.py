"""Draw a net as PNG, SVG, PDF or another format, or write it as Graphviz text.

The pictures are our own (`_caffe/drawing`): a box per layer, in-place layers as chips within, the
same on every machine and without another program. What Pillow cannot write (PostScript, and
others) Graphviz's `dot` draws where it is installed, as BVLC's draw.py does: a node for every
layer and every blob.
"""

import copy
import os
import shutil
import subprocess

from PIL import Image

from ._caffe.drawing.canvas import Raster, Svg
from ._caffe.drawing.details import window
from ._caffe.drawing.picture import paint
from ._caffe.formats.atomic import atomic_write
from ._caffe.formats.upgrade import upgrade_net
from .proto import caffe_pb2

LAYER_STYLE_DEFAULT = {"shape": "record", "fillcolor": "#6495ED", "style": "filled"}
NEURON_LAYER_STYLE = {"shape": "record", "fillcolor": "#90EE90", "style": "filled"}
BLOB_STYLE = {"shape": "octagon", "fillcolor": "#E0E0E0", "style": "filled"}

RANKDIRS = ("TB", "BT", "LR", "RL")
_DOT_EXTENSIONS = ("raw", "dot", "gv")
_WEIGHTED = ("Convolution", "Deconvolution", "InnerProduct")


def get_pooling_types_dict():
    """Map the numbers of the pooling methods to their names."""
    return {number: name for name, number in caffe_pb2.PoolingParameter.PoolMethod.items()}


def get_edge_label(layer):
    """Return the label of a layer's edges to its tops: outputs, batch size, or `""` in quotes."""
    if layer.type == "Data":
        return f"Batch {layer.data_param.batch_size}"
    if layer.type in ("Convolution", "Deconvolution"):
        return str(layer.convolution_param.num_output)
    if layer.type == "InnerProduct":
        return str(layer.inner_product_param.num_output)
    return '""'


def get_layer_lr_mult(layer):
    """Return `(weights, bias)` learning rate multipliers of a Convolution or InnerProduct layer."""
    if layer.type not in _WEIGHTED:
        raise ValueError(f"{layer.type} layers do not have a learning rate multiplier")
    given = [param.lr_mult for param in layer.param]
    if len(given) > 2:
        raise ValueError(f"layer {layer.name!r} has {len(given)} params, expected 2 at most")
    return tuple(given) + (1.0,) * (2 - len(given))


def get_layer_label(layer, rankdir, display_lrm=False):
    """Name, type and geometry of a layer in double quotes, as a Graphviz node label."""
    kind = layer.type
    if kind == "Pooling":
        kind += " " + get_pooling_types_dict()[layer.pooling_param.pool]
    # What is stacked in one direction would stretch the drawing in the other.
    separator = " " if rankdir in ("TB", "BT") else r"\n"
    parts = [layer.name, f"({kind})"]
    if layer.type in ("Pooling", "Convolution", "Deconvolution"):
        kernel, stride, pad, _ = window(layer)
        parts += [f"kernel size: {kernel[0]}", f"stride: {stride[0]}", f"pad: {pad[0]}"]
    if display_lrm and layer.type in _WEIGHTED and any(get_layer_lr_mult(layer)):
        parts.append("lr mult: {:.1f}, {:.1f}".format(*get_layer_lr_mult(layer)))
    return '"' + separator.join(parts) + '"'


def choose_color_by_layertype(layertype):
    """Fill colour of a layer's node in the Graphviz form."""
    colours = {"Pooling": "#FF9900", "InnerProduct": "#CC33FF"}
    colours |= dict.fromkeys(("Convolution", "Deconvolution"), "#FF5050")
    return colours.get(layertype, LAYER_STYLE_DEFAULT["fillcolor"])


def get_pydot_graph(caffe_net, rankdir, label_edges=True, phase=None, display_lrm=False):
    """Return the net as a `pydot.Dot`: layers and blobs are nodes. Needs pydot or pydotplus."""
    try:
        import pydotplus as pydot
    except ImportError:
        try:
            import pydot
        except ImportError as missing:
            raise ImportError("get_pydot_graph needs pydot; draw_net does without") from missing
    nodes, edges = _dot_graph(caffe_net, rankdir, label_edges, phase, display_lrm)
    graph = pydot.Dot(caffe_net.name or "Net", graph_type="digraph", rankdir=rankdir)
    made = {name: pydot.Node(label, **style) for name, (label, style) in nodes.items()}
    for node in made.values():
        graph.add_node(node)
    for start, end, label in edges:
        graph.add_edge(pydot.Edge(made[start], made[end], label=label))
    return graph


def draw_net(caffe_net, rankdir, ext="png", phase=None, display_lrm=False):
    """Return the bytes of a picture of a net.

    Parameters
    ----------
    caffe_net : NetParameter
        The net, of any age; it stays as it is.
    rankdir : str
        The direction of data: LR, RL, TB or BT.
    ext : str
        `png`, `svg`, `raw` (Graphviz text), or another format of Pillow or Graphviz.
    phase : int, optional
        Draw the layers of caffe.TRAIN or caffe.TEST; by default all.
    display_lrm : bool
        Whether learning rate multipliers are shown.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        For an unknown rankdir or format.
    """
    if rankdir not in RANKDIRS:
        raise ValueError(f"rankdir {rankdir!r} is none of {', '.join(RANKDIRS)}")
    ext = ext.lower()
    if ext == "svg" or Image.registered_extensions().get("." + ext) in Image.SAVE:
        canvas_type = Svg if ext == "svg" else Raster
        return paint(_selected(caffe_net, phase), rankdir, canvas_type, display_lrm).encode(ext)
    text = _dot_text(caffe_net, rankdir, phase, display_lrm).encode()
    return text if ext in _DOT_EXTENSIONS else _run_dot(ext, text)


def _run_dot(ext, text):
    dot = shutil.which("dot")
    if not dot:
        raise ValueError(
            f"cannot draw {ext!r} files without Graphviz; png, svg and raw are the usual choices"
        )
    drawn = subprocess.run([dot, f"-T{ext}"], input=text, capture_output=True, check=False)
    if drawn.returncode:
        stderr = drawn.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ValueError(f"cannot draw {ext!r} files (dot: {' '.join(stderr[:1])}); try png or svg")
    return drawn.stdout


def draw_net_to_file(caffe_net, filename, rankdir="LR", phase=None, display_lrm=False):
    """Write `draw_net`'s picture to a file, whose extension chooses the format."""
    filename = os.fspath(filename)
    ext = os.path.splitext(filename)[1].lstrip(".")
    if not ext:
        raise ValueError(f"{filename} has no extension; name it .png or .svg")
    picture = draw_net(caffe_net, rankdir, ext, phase, display_lrm)
    with atomic_write(filename) as temporary, open(temporary, "wb") as file:
        file.write(picture)


def _selected(net, phase):
    """Return a copy in the current form with the layers of `phase`."""
    net = copy.deepcopy(net)
    if net.layers or net.input:
        upgrade_net(net)
    if phase is not None:
        kept = [layer for layer in net.layer if _in_phase(layer, phase)]
        del net.layer[:]
        net.layer.extend(kept)
    return net


def _in_phase(layer, phase):
    """Tell whether the phases of a layer's rules admit it; their levels and stages do not count."""
    if layer.include and layer.exclude:
        raise ValueError(f"layer {layer.name!r} has both include and exclude rules")
    if layer.include:
        return any(not rule.HasField("phase") or rule.phase == phase for rule in layer.include)
    return not any(
        rule.phase == phase and not rule.stage and not rule.not_stage for rule in layer.exclude
    )


def _dot_graph(caffe_net, rankdir, label_edges, phase, display_lrm):
    """Return {name: (label, style)} of nodes and [(start, end, label)] of edges, as BVLC's."""
    nodes, edges = {}, []
    for layer in _selected(caffe_net, phase).layer:
        bottoms, tops = list(layer.bottom), list(layer.top)
        name = f"{layer.name}_{layer.type}"
        style = LAYER_STYLE_DEFAULT | {"fillcolor": choose_color_by_layertype(layer.type)}
        if len(bottoms) == 1 and bottoms == tops:
            style = NEURON_LAYER_STYLE
        nodes[name] = (get_layer_label(layer, rankdir, display_lrm), style)
        for blob in bottoms + tops:
            nodes[f"{blob}_blob"] = (blob, BLOB_STYLE)
        label = get_edge_label(layer) if label_edges else '""'
        edges += [(f"{blob}_blob", name, '""') for blob in bottoms]
        edges += [(name, f"{blob}_blob", label) for blob in tops]
    return nodes, edges


def _dot_text(caffe_net, rankdir, phase, display_lrm):
    def quoted(text):
        return '"' + text.strip('"').replace('"', r"\"") + '"'

    nodes, edges = _dot_graph(caffe_net, rankdir, True, phase, display_lrm)
    lines = [f"digraph {quoted(caffe_net.name or 'Net')} {{", f"rankdir={rankdir};"]
    for name, (label, style) in nodes.items():
        looks = ", ".join(f"{key}={quoted(value)}" for key, value in style.items())
        lines.append(f"{quoted(name)} [label={quoted(label)}, {looks}];")
    for start, end, label in edges:
        lines.append(f"{quoted(start)} -> {quoted(end)} [label={quoted(label)}];")
    return "\n".join([*lines, "}", ""])
