"""Weights of Keras files: both layouts, every layer's order of axes, the proof, refusals."""

import h5py
import numpy as np
import pytest
import scipy.signal
from test_surgery import make, quiet

import nets.keras
import surgery
from caffe import layers as L
from nets.load import net_of_text
from surgery import SurgeryError

RS = np.random.RandomState(0)
KERNELS = {
    "conv": RS.standard_normal((3, 3, 3, 4)),
    "wide": RS.standard_normal((3, 3, 4, 6)),
    "depthwise": RS.standard_normal((3, 3, 6, 2)),
    "up": RS.standard_normal((4, 4, 5, 12)),  # transposed: out before in
    "dense": RS.standard_normal((8 * 6 * 5, 9)),
}


def draw(n):
    n.conv = L.Convolution(n.data, num_output=4, kernel_size=3, stride=2, pad=1)
    n.relu = L.ReLU(n.conv, in_place=True)
    n.wide = L.Convolution(n.relu, num_output=6, kernel_size=3, pad=2, dilation=2)
    n.depthwise = L.Convolution(n.wide, num_output=12, kernel_size=3, group=6, stride=2)
    n.grow = L.Deconvolution(
        n.depthwise, convolution_param=dict(num_output=5, kernel_size=4, stride=2, pad=1)
    )
    n.dense = L.InnerProduct(n.grow, num_output=9)


MAP = {"conv": "conv", "wide": "wide", "depthwise": "depthwise", "grow": "up", "dense": "dense"}


def bias(name):
    kernel = KERNELS[name]
    count = {"depthwise": 12, "up": 5}.get(name, kernel.shape[-1])
    return np.arange(count) / 7 - 0.3


def save(path, layout):
    with h5py.File(path, "w") as file:
        for name, kernel in KERNELS.items():
            for i, value in enumerate((kernel, bias(name))):
                which = ("kernel", "bias")[i]
                place = f"layers/{name}/vars/{i}" if layout == 3 else f"{name}/{name}/{which}:0"
                file[place] = value.astype(np.float32)
    return path


@pytest.fixture
def net(tmp_path):
    # pictures of 19 x 15: the map that the dense layer reads has 8 x 6 pixels
    made = make(tmp_path, "net", draw, side=19)
    text = (tmp_path / "net.prototxt").read_text().replace("dim: 19\n    }", "dim: 15\n    }")
    text = text.replace("dim: 19\n      dim: 19", "dim: 19\n      dim: 15")
    (tmp_path / "net.prototxt").write_text(text)
    return made, tmp_path / "net.prototxt"


@pytest.mark.parametrize("layout", [2, 3])
def test_both_layouts_convert_with_their_proof(net, tmp_path, layout):
    file = save(tmp_path / "w.h5", layout)
    prefix = "layers/" if layout == 3 else ""
    mapping = {k: prefix + v for k, v in MAP.items()}
    out = tmp_path / "out.caffemodel"
    said = []
    error = surgery.convert_keras(file, net[1], out, mapping, log=said.append)
    assert error < 1e-5 and "equal maps of 5 layers" in said[-1]
    converted = net_of_text(net[1].read_text(), out)
    w = converted.params["conv"][0].data
    np.testing.assert_allclose(w[2, 1], KERNELS["conv"][:, :, 1, 2], rtol=1e-6)
    np.testing.assert_allclose(converted.params["grow"][0].data[7, 3], KERNELS["up"][:, :, 3, 7])
    picture = np.random.RandomState(1).standard_normal((1, 3, 19, 15))
    converted.blobs["data"].data[...] = picture
    converted.forward(end="conv")
    full = sum(
        scipy.signal.correlate(np.pad(picture[0, c], 1), KERNELS["conv"][:, :, c, 2], "valid")
        for c in range(3)
    )
    got = converted.blobs["conv"].data[0, 2]
    np.testing.assert_allclose(got, full[::2, ::2] + bias("conv")[2], rtol=1e-4, atol=1e-4)


def test_equal_names_need_no_map(tmp_path):
    def one(n):
        n.conv = L.Convolution(n.data, num_output=4, kernel_size=3)

    make(tmp_path, "net", one)
    file = save(tmp_path / "w.h5", 2)
    out = tmp_path / "out.caffemodel"
    assert surgery.convert_keras(file, tmp_path / "net.prototxt", out, {}, log=quiet) < 1e-5


def test_a_wrong_order_of_axes_is_not_written(net, tmp_path, monkeypatch):
    file = save(tmp_path / "w.h5", 2)
    right = nets.keras.caffe_weights

    def flipped(layer, kernel, shape, bottom):
        made = right(layer, kernel, shape, bottom)
        return made[..., ::-1, :] if layer.name == "wide" else made

    monkeypatch.setattr(nets.keras, "caffe_weights", flipped)
    with pytest.raises(SurgeryError, match=r"maps differ by .*nothing written"):
        surgery.convert_keras(file, net[1], tmp_path / "out", MAP, log=quiet)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"konv": "conv"}, "no layer 'konv'.*conv"),
        ({"conv": "conf"}, "no weights in 'conf'.*conv"),
        ({"conv": "wide"}, r"conv\[0\] \(4, 3, 3, 3\) cannot take \(3, 3, 4, 6\)"),
    ],
)
def test_what_does_not_fit_is_named(net, tmp_path, change, message):
    file = save(tmp_path / "w.h5", 2)
    with pytest.raises(SurgeryError, match=message):
        surgery.convert_keras(file, net[1], tmp_path / "out", MAP | change, log=quiet)


def test_layers_without_weights_are_named(net, tmp_path):
    file = save(tmp_path / "w.h5", 2)
    few = {k: v for k, v in MAP.items() if k != "wide"}
    with pytest.raises(SurgeryError, match="names no weights for wide"):
        surgery.convert_keras(file, net[1], tmp_path / "out", few, log=quiet)


def test_maps_and_broken_files(tmp_path):
    (tmp_path / "map.txt").write_text("# layer group\nconv  layers/conv  # first\n\nfc dense\n")
    assert nets.keras.read_map(tmp_path / "map.txt") == {"conv": "layers/conv", "fc": "dense"}
    (tmp_path / "map.txt").write_text("conv\n")
    with pytest.raises(SurgeryError, match="entry 1: 'conv': expected `layer group`"):
        nets.keras.read_map(tmp_path / "map.txt")
    (tmp_path / "broken.h5").write_bytes(b"no HDF5")
    with pytest.raises(SurgeryError, match="not a readable HDF5 file"):
        nets.keras.read_groups(tmp_path / "broken.h5")
    with pytest.raises(SurgeryError, match="no such prototxt, and no published net.*hed"):
        nets.keras.described("heb")


def test_links_out_of_the_file_are_not_followed(tmp_path):
    save(tmp_path / "other.h5", 2)
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["conv"] = h5py.ExternalLink("other.h5", "conv")
    assert nets.keras.read_groups(tmp_path / "w.h5") == {}
