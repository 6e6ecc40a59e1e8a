"""Python layers' exceptions, and where their modules are found."""

import os
import sys

import numpy as np
import pytest
from pylayers import INPUT, Two, python

import caffe

beyond_bvlc = pytest.mark.skipif(
    not hasattr(caffe, "CaffeError"), reason="BVLC shows the exception without the layer's name"
)


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
        (python("x1", "Times", bottom="").replace('"pylayers"', '"no_such_module"'), "no_such"),
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
