"""caffe.draw: labels, Graphviz text, and pictures that read back."""

import io
import sys
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image

import caffe
from caffe.proto import caffe_pb2

if not hasattr(caffe, "CaffeError"):
    pytest.skip("BVLC's draw needs pydot and Graphviz", allow_module_level=True)

from caffe import draw

NET = """
name: "Small & <nice>"
layer { name: "data" type: "Data" top: "data" top: "label" data_param { batch_size: 7 }
  include { phase: TRAIN } }
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 9 dim: 9 } }
  include { phase: TEST } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 0 } param { lr_mult: 2 }
  convolution_param { num_output: 4 kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: AVE kernel_size: 2 } }
layer { name: "up" type: "Deconvolution" bottom: "pool1" top: "up"
  convolution_param { num_output: 4 kernel_size: 4 stride: 2 } }
layer { name: "crop" type: "Crop" bottom: "up" bottom: "conv1" top: "crop" }
layer { name: "sum" type: "Eltwise" bottom: "crop" bottom: "conv1" top: "sum" }
layer { name: "ip" type: "InnerProduct" bottom: "sum" top: "ip"
  inner_product_param { num_output: 2 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss"
  include { phase: TRAIN } }
"""


@pytest.fixture(autouse=True)
def no_graphviz(monkeypatch):
    """No Graphviz, also where it is installed."""
    monkeypatch.setattr(draw.shutil, "which", lambda name: None)


@pytest.fixture
def net():
    return text_format.Parse(NET, caffe_pb2.NetParameter())


def layer(net, name):
    return next(x for x in net.layer if x.name == name)


def texts(svg):
    root = ElementTree.fromstring(svg)
    return [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]


def boxes(svg):
    """(x0, y0, x1, y1) of the boxes of layers, by title."""
    found = {}
    parts = list(ElementTree.fromstring(svg))
    for shape, title in zip(parts, parts[1:], strict=False):
        if shape.tag.endswith("rect") and title.get("font-size") == "13":
            x, y, w, h = (float(shape.get(k)) for k in ("x", "y", "width", "height"))
            found[title.text] = (x, y, x + w, y + h)
    return found


def test_svg_shows_every_layer_of_the_phase(net):
    shown = texts(draw.draw_net(net, "TB", "svg", phase=caffe.TEST))
    assert "Small & <nice>" in shown and "ReLU" in shown
    assert {"data", "conv1", "pool1", "up", "crop", "sum", "ip"} <= set(shown)
    assert "loss" not in shown and "Data · batch 7" not in shown
    assert "Convolution · 4 · 3x3 · stride 2 · pad 1" in shown
    assert "Input · 1x3x9x9" in shown and "Pooling · ave · 2x2" in shown
    train = texts(draw.draw_net(net, "TB", "svg", phase=caffe.TRAIN))
    assert {"loss", "Data · batch 7", "label"} <= set(train)
    assert len(texts(draw.draw_net(net, "TB", "svg"))) > len(train)


@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_boxes_follow_the_direction_and_do_not_overlap(net, rankdir):
    placed = boxes(draw.draw_net(net, rankdir, "svg", phase=caffe.TRAIN))
    assert len(placed) == 8  # in-place layers are chips, not boxes
    axis, sign = {"TB": (1, 1), "BT": (1, -1), "LR": (0, 1), "RL": (0, -1)}[rankdir]
    order = ["data", "conv1", "pool1", "up", "crop", "sum", "ip", "loss"]
    starts = [sign * placed[name][axis] for name in order]
    assert starts == sorted(starts)
    for one in placed:
        for other in placed:
            a, b = placed[one], placed[other]
            apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
            assert one == other or apart, (one, other)


def test_png_has_the_same_picture(net):
    picture = Image.open(io.BytesIO(draw.draw_net(net, "TB", "png", phase=caffe.TRAIN)))
    root = ElementTree.fromstring(draw.draw_net(net, "TB", "svg", phase=caffe.TRAIN))
    assert picture.format == "PNG"
    for pixels, units in zip(picture.size, (root.get("width"), root.get("height")), strict=True):
        assert abs(pixels / 2 - float(units)) <= 1
    pixels = np.asarray(picture.convert("RGB"))
    x0, y0, x1, y1 = boxes(ElementTree.tostring(root))["pool1"]
    corner = pixels[round(2 * y0) + 8, round(2 * x0) + 8]
    np.testing.assert_array_equal(corner, [0xFF, 0xED, 0xD5])  # a pooling layer's fill
    assert (pixels == 255).all(axis=2).mean() > 0.4


@pytest.mark.parametrize("name", ["net.png", "net.svg", "net.jpg", "net.raw", "net.pdf"])
def test_files_by_extension(net, tmp_path, name):
    path = tmp_path / name
    draw.draw_net_to_file(net, str(path), "LR", caffe.TEST)
    start = path.read_bytes()[:8]
    expected = {"png": b"\x89PNG", "svg": b"<svg", "jpg": b"\xff\xd8", "raw": b"digraph"}
    assert start.startswith(expected.get(name[4:], b"%PDF"))
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_refusals_leave_no_file(net, tmp_path):
    with pytest.raises(ValueError, match="rankdir"):
        draw.draw_net(net, "UP")
    for name in ("net", "net.xyz"):
        with pytest.raises(ValueError, match="png"):
            draw.draw_net_to_file(net, str(tmp_path / name))
    net.layer[2].include.add(phase=caffe.TEST)
    net.layer[2].exclude.add(phase=caffe.TRAIN)
    with pytest.raises(ValueError, match="conv1"):
        draw.draw_net_to_file(net, str(tmp_path / "net.png"), phase=caffe.TEST)
    assert list(tmp_path.iterdir()) == []


def test_sides_of_a_window(net):
    conv = layer(net, "conv1").convolution_param
    del conv.kernel_size[:], conv.stride[:], conv.pad[:]
    conv.kernel_h, conv.kernel_w, conv.stride_h, conv.stride_w, conv.pad_w = 3, 5, 2, 2, 1
    shown = " ".join(texts(draw.draw_net(net, "TB", "svg")))
    assert "Convolution · 4 · 3x5 · stride 2 · pad 0x1" in shown
    label = draw.get_layer_label(layer(net, "conv1"), "TB")
    assert label == '"conv1 (Convolution) kernel size: 3 stride: 2 pad: 0"'


def test_learning_rates_are_shown_when_asked(net):
    assert "lr_mult 0, 2" in texts(draw.draw_net(net, "TB", "svg", display_lrm=True))
    assert "lr_mult 0, 2" not in texts(draw.draw_net(net, "TB", "svg"))


def test_dot_text(net):
    text = draw.draw_net(net, "TB", "raw", phase=caffe.TEST, display_lrm=True).decode()
    assert text.startswith("digraph") and "rankdir=TB" in text
    assert '"conv1_Convolution" -> "conv1_blob" [label="4"]' in text
    assert '"data_blob" -> "conv1_Convolution"' in text
    assert "lr mult: 0.0, 2.0" in text and text.count("{") == text.count("}") == 1


def test_graphviz_draws_what_pillow_does_not_write(net, tmp_path, monkeypatch):
    """A stand-in for `dot` answers with its arguments and what it was given."""
    dot = tmp_path / "dot"
    dot.write_text('#!/bin/sh\n[ "$1" = -Txyz ] && { echo bad >&2; exit 1; }\necho "$@"; cat\n')
    dot.chmod(0o755)
    monkeypatch.setattr(draw.shutil, "which", lambda name: str(dot) if name == "dot" else None)
    drawn = draw.draw_net(net, "BT", "fig", phase=caffe.TEST)
    assert drawn == b"-Tfig\n" + draw.draw_net(net, "BT", "dot", phase=caffe.TEST)
    assert draw.draw_net(net, "BT", "png").startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="'xyz'.*bad"):
        draw.draw_net(net, "BT", "xyz")


def test_labels(net):
    label = draw.get_layer_label(layer(net, "conv1"), "TB")
    assert label == '"conv1 (Convolution) kernel size: 3 stride: 2 pad: 1"'
    assert draw.get_layer_label(layer(net, "pool1"), "LR").split(r"\n")[1] == "(Pooling AVE)"
    assert draw.get_layer_lr_mult(layer(net, "conv1")) == (0, 2)
    assert draw.get_layer_lr_mult(layer(net, "ip")) == (1, 1)
    with pytest.raises(ValueError, match="Pooling"):
        draw.get_layer_lr_mult(layer(net, "pool1"))
    edges = {x.name: draw.get_edge_label(x) for x in net.layer if x.type != "Input"}
    assert (edges["data"], edges["up"], edges["ip"], edges["sum"]) == ("Batch 7", "4", "2", '""')
    assert draw.get_pooling_types_dict() == {0: "MAX", 1: "AVE", 2: "STOCHASTIC"}
    colours = {draw.choose_color_by_layertype(kind) for kind in ("Pooling", "Convolution", "ReLU")}
    assert len(colours) == 3


def test_old_nets_and_bare_inputs_are_drawn():
    old = text_format.Parse(
        'input: "x" input_dim: 1 input_dim: 3 input_dim: 4 input_dim: 4 '
        'layers { name: "c" type: CONVOLUTION bottom: "x" top: "c" }',
        caffe_pb2.NetParameter(),
    )
    assert {"x", "c"} <= set(texts(draw.draw_net(old, "TB", "svg")))
    assert old.layers  # the caller's net stays as it was
    loose = text_format.Parse(
        'layer { name: "r" type: "ReLU" bottom: "x" top: "y" }', caffe_pb2.NetParameter()
    )
    assert {"x", "r", "no layer makes it"} <= set(texts(draw.draw_net(loose, "TB", "svg")))
    assert draw.draw_net(caffe_pb2.NetParameter(), "LR", "svg").startswith(b"<svg")


def test_pydot_graph_says_what_it_needs(net, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydotplus", None)
    monkeypatch.setitem(sys.modules, "pydot", None)
    with pytest.raises(ImportError, match="pydot"):
        draw.get_pydot_graph(net, "LR")


def test_pydot_graph(net, monkeypatch):
    class Dot(list):
        def __init__(self, name, **style):
            self.name, self.style = name, style
            self.add_node = self.add_edge = self.append

    def edge(start, end, label):
        return (start[0], end[0], label)

    pydot = SimpleNamespace(Dot=Dot, Node=lambda label, **style: (label, style), Edge=edge)
    monkeypatch.setitem(sys.modules, "pydotplus", pydot)
    graph = draw.get_pydot_graph(net, "LR", label_edges=False, phase=caffe.TEST)
    assert graph.name == net.name and graph.style["rankdir"] == "LR"
    assert ("data", draw.BLOB_STYLE) in graph
    assert any(item[1] == draw.NEURON_LAYER_STYLE for item in graph)
    assert (draw.get_layer_label(layer(net, "pool1"), "LR"), "pool1", '""') in graph
