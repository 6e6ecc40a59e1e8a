"""Layers written in Python, through public pycaffe."""

import json
import os
import sys

import numpy as np
import pytest

import caffe

beyond_bvlc = pytest.mark.skipif(
    not hasattr(caffe, "CaffeError"), reason="BVLC shows the exception without the layer's name"
)


class Times(caffe.Layer):
    """Multiplies by param_str, ten without one; in and out, forward and backward."""

    def setup(self, bottom, top):
        self.factor = float(self.param_str or 10)

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].data.shape)

    def forward(self, bottom, top):
        top[0].data[...] = self.factor * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        if propagate_down[0]:
            bottom[0].diff[...] = self.factor * top[0].diff


class Weighted(caffe.Layer):
    """y = w x for one learnable w."""

    def setup(self, bottom, top):
        self.blobs.add_blob(1)
        self.blobs[0].data[0] = 3

    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = self.blobs[0].data[0] * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        self.blobs[0].diff[0] += (top[0].diff * bottom[0].data).sum()
        bottom[0].diff[...] = self.blobs[0].data[0] * top[0].diff


class SquareLoss(caffe.Layer):
    """Half the sum of squares, as a loss of its own."""

    def setup(self, bottom, top):
        if len(bottom) != 1:
            raise ValueError("SquareLoss takes one bottom")

    def reshape(self, bottom, top):
        top[0].reshape(1)

    def forward(self, bottom, top):
        top[0].data[...] = (bottom[0].data ** 2).sum() / 2

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = bottom[0].data * top[0].diff[0]


class Source(caffe.Layer):
    """A data layer with two tops and a size that changes at every forward."""

    def setup(self, bottom, top):
        self.sizes = json.loads(self.param_str)["sizes"]
        self.index = 0

    def reshape(self, bottom, top):
        size = self.sizes[self.index % len(self.sizes)]
        top[0].reshape(1, 1, size, size)
        top[1].reshape(1)

    def forward(self, bottom, top):
        top[0].data[...] = 1
        top[1].data[...] = self.index
        self.index += 1

    def backward(self, top, propagate_down, bottom):
        pass


class Phase(caffe.Layer):
    """Tells the phase."""

    def setup(self, bottom, top):
        pass

    def reshape(self, bottom, top):
        top[0].reshape()

    def forward(self, bottom, top):
        top[0].data[()] = self.phase


class Fails(caffe.Layer):
    """Raises in the method that param_str names."""

    def _maybe(self, where):
        if self.param_str == where:
            raise LookupError(f"broken in {where}")

    def setup(self, bottom, top):
        self._maybe("setup")

    def reshape(self, bottom, top):
        self._maybe("reshape")
        top[0].reshape(1)

    def forward(self, bottom, top):
        self._maybe("forward")

    def backward(self, top, propagate_down, bottom):
        self._maybe("backward")


INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'


def python(name, kind, bottom="x", param_str="", more=""):
    text = param_str.replace('"', r"\"")
    bottoms = " ".join(f'bottom: "{b}"' for b in bottom.split())
    return f"""
layer {{ name: "{name}" type: "Python" {bottoms} top: "{name}" {more}
  python_param {{ module: "{__name__}" layer: "{kind}" param_str: "{text}" }} }}"""


@pytest.fixture
def ones():
    return np.ones((2, 3), np.float32)


def test_forward_and_backward_through_a_chain(make_net, ones):
    chain = python("one", "Times") + python("two", "Times", "one") + python("three", "Times", "two")
    net = make_net("force_backward: true " + INPUT + chain)
    assert (net.forward(x=9 * ones)["three"] == 9000).all()
    assert (net.backward(three=7 * ones)["x"] == 7000).all()
    assert net.layers[1].type == "Python"


def test_param_str(make_net, ones):
    net = make_net(INPUT + python("half", "Times", param_str="0.5"))
    assert (net.forward(x=ones)["half"] == 0.5).all()


def test_reshape_follows_the_bottom(make_net):
    net = make_net(INPUT + python("ten", "Times"))
    net.blobs["x"].reshape(4, 5, 6)
    net.forward(x=np.ones((4, 5, 6)))
    assert net.blobs["ten"].data.shape == (4, 5, 6)


def test_own_parameters(make_net, ones, tmp_path):
    text = "force_backward: true " + INPUT + python("w", "Weighted")
    net = make_net(text)
    assert [b.data.tolist() for b in net.params["w"]] == [[3]]
    assert (net.forward(x=2 * ones)["w"] == 6).all()
    assert (net.backward(w=ones)["x"] == 3).all()
    assert net.params["w"][0].diff[0] == 12
    net.backward(w=ones)
    assert net.params["w"][0].diff[0] == 24
    net.params["w"][0].data[0] = -1
    net.save(str(tmp_path / "w.caffemodel"))
    other = make_net(text)
    other.copy_from(str(tmp_path / "w.caffemodel"))
    assert (other.forward(x=ones)["w"] == -1).all()


def test_python_in_the_middle_of_a_net_that_learns(make_net, ones):
    net = make_net(
        INPUT
        + """
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "gaussian" std: 1 } } }"""
        + python("ten", "Times", "ip")
        + python("loss", "SquareLoss", "ten", more="loss_weight: 0.5"),
        caffe.TRAIN,
    )
    net.forward(x=ones)
    out = net.blobs["ten"].data
    assert net.blobs["loss"].data[0] == pytest.approx((out**2).sum() / 2, rel=1e-5)
    assert net.blob_loss_weights["loss"] == 0.5
    net.backward()
    want = 0.5 * 10 * out.T @ ones
    np.testing.assert_allclose(net.params["ip"][0].diff, want, rtol=1e-4)


def test_data_layer_of_changing_size(make_net):
    net = make_net(f"""
layer {{ name: "data" type: "Python" top: "x" top: "n"
  python_param {{ module: "{__name__}" layer: "Source" param_str: "{{\\"sizes\\": [4, 6, 5]}}" }} }}
layer {{ name: "pool" type: "Pooling" bottom: "x" top: "pool"
  pooling_param {{ pool: AVE kernel_size: 2 }} }}
""")
    seen = []
    for _ in range(4):
        net.forward()
        seen.append((net.blobs["n"].data.item(), net.blobs["pool"].data.shape[2:]))
    assert seen == [(0, (3, 3)), (1, (5, 5)), (2, (4, 4)), (3, (3, 3))]


@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST])
def test_phase(make_net, phase):
    net = make_net(python("phase", "Phase", bottom=""), phase)
    assert net.forward()["phase"] == phase


def failing(make_net, where):
    net = make_net(
        "force_backward: true " + INPUT + python("bad", "Fails", param_str=where), caffe.TRAIN
    )
    net.forward(x=np.ones((2, 3)))
    net.backward(bad=np.ones(1))


@pytest.mark.parametrize("where", ["setup", "reshape", "forward", "backward"])
def test_exceptions_reach_the_caller(make_net, where):
    with pytest.raises(LookupError, match=f"broken in {where}"):
        failing(make_net, where)


@beyond_bvlc
def test_exceptions_name_the_layer_and_keep_their_traceback(make_net):
    with pytest.raises(LookupError, match="layer 'bad'") as caught:
        failing(make_net, "forward")
    assert any(entry.name == "_maybe" for entry in caught.traceback)


@beyond_bvlc
def test_missing_modules_and_classes_are_named(make_net):
    for text, said in [
        (python("x1", "Time", bottom=""), "Times"),
        (python("x1", "Times", bottom="").replace(f'"{__name__}"', '"no_such_module"'), "no_such"),
    ]:
        with pytest.raises(Exception, match=said):
            make_net(text)


@beyond_bvlc
def test_modules_beside_the_prototxt_are_found(make_net, write):
    write(
        "beside_the_net.py",
        """
import caffe
class Seven(caffe.Layer):
    def setup(self, bottom, top): pass
    def reshape(self, bottom, top): top[0].reshape(1)
    def forward(self, bottom, top): top[0].data[...] = 7
    def backward(self, top, propagate_down, bottom): pass
""",
    )
    net = make_net("""
layer { name: "y" type: "Python" top: "y"
  python_param { module: "beside_the_net" layer: "Seven" } }""")
    assert net.forward()["y"] == 7


def test_modules_on_the_path_are_found(make_net, tmp_path, monkeypatch):
    folder = tmp_path / "elsewhere"
    os.makedirs(folder)
    (folder / "on_the_path.py").write_text(
        "import caffe\n"
        "class Eight(caffe.Layer):\n"
        "    def setup(self, bottom, top): pass\n"
        "    def reshape(self, bottom, top): top[0].reshape(1)\n"
        "    def forward(self, bottom, top): top[0].data[...] = 8\n"
        "    def backward(self, top, propagate_down, bottom): pass\n"
    )
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    net = make_net("""
layer { name: "y" type: "Python" top: "y"
  python_param { module: "on_the_path" layer: "Eight" } }""")
    assert net.forward()["y"] == 8


class Two(Exception):
    """Has two arguments."""


class One(caffe.Layer):
    """A top of one element; with a param_str, an exception."""

    def setup(self, bottom, top):
        pass

    def reshape(self, bottom, top):
        top[0].reshape(1)

    def forward(self, bottom, top):
        top[0].data[...] = 2.5
        if self.param_str:
            raise Two(7, "what")

    def backward(self, top, propagate_down, bottom):
        pass


@beyond_bvlc
def test_an_exceptions_own_arguments_stay(make_net):
    net = make_net(python("bad", "One", bottom="", param_str="now"))
    with pytest.raises(Two) as caught:
        net.forward()
    if hasattr(caught.value, "add_note"):  # from Python 3.11 on
        assert caught.value.args == (7, "what")
        assert caught.value.__notes__ == ["layer 'bad' (Python)"]
    else:
        assert caught.value.args[0].startswith("layer 'bad' (Python): ")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_loss_of_one_element_is_a_number_to_old_scripts(make_net):
    """As BVLC's own examples/pycaffe/layers/pyloss.py makes it."""
    net = make_net(python("loss", "One", bottom=""))
    net.forward()
    losses = np.zeros(3)
    losses[1] = net.blobs["loss"].data
    assert losses[1] == float(net.blobs["loss"].data) == 2.5
