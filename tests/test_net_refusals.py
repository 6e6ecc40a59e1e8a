"""Nets that cannot be built, weights that do not fit, parameters that cannot be shared."""

import sys

import numpy as np
import pytest

import caffe

INPUT = 'layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n'


def ip(name, bottom, top, outputs=3, specs=""):
    return (
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{top}" {specs} '
        f'inner_product_param {{ num_output: {outputs} weight_filler {{ type: "xavier" }} }} }}\n'
    )


@pytest.fixture
def build(tmp_path):
    def make(text, name="net.prototxt", phase=caffe.TEST):
        (tmp_path / name).write_text(text)
        return caffe.Net(str(tmp_path / name), phase)

    return make


@pytest.mark.parametrize(
    "text, words",
    [
        (INPUT + ip("a", "y", "z"), r"'a' .*unknown bottom blob 'y'"),
        (INPUT + ip("a", "xx", "z"), "did you mean 'x'"),
        (ip("a", "x", "z"), "needs an Input layer"),
        (INPUT + ip("a", "z", "y") + ip("b", "y", "z"), "'b' makes it, but comes later"),
        (INPUT + ip("a", "x", "y") + ip("b", "x", "y"), "'y' is already made by layer 'a'"),
        (INPUT + 'layer { name: "a" type: "Convolutoin" bottom: "x" top: "y" }',
         "did you mean 'Convolution'"),
        (INPUT + 'layer { name: "a" type: "ReLU" bottom: "x" bottom: "x" top: "y" }',
         "takes 1 bottom blobs, 2 given"),
        (INPUT + 'layer { name: "a" type: "ReLU" bottom: "x" top: "y" top: "z" }',
         "takes 1 top blobs, 2 given"),
        (INPUT + 'layer { name: "a" type: "ReLU" bottom: "x" top: "y" loss_weight: 1 '
         'loss_weight: 2 }', "loss_weight is given 2 times for 1 tops"),
        (INPUT + ip("a", "x", "y", specs="propagate_down: true propagate_down: true"),
         "propagate_down is given 2 times for 1 bottoms"),
        (INPUT + ip("a", "x", "y", specs="param { } param { } param { }"),
         "3 param specs given, the layer has 2 parameters"),
        (INPUT + ip("a", "x", "y", specs="include { phase: TEST } exclude { phase: TRAIN }"),
         "both include and exclude"),
        (INPUT + 'layer { name: "d" type: "Input" top: "t" input_param { shape { dim: 5 } } }'
         'layer { name: "a" type: "Eltwise" bottom: "x" bottom: "t" top: "y" }',
         r"layer 'a' \(Eltwise\): bottom 1 has shape \(5,\), bottom 0 has \(2, 3\)"),
    ],
)  # fmt: skip
def test_nets_that_cannot_be_built(build, text, words):
    with pytest.raises(caffe.CaffeError, match=words):
        build(text)


SHARED = 'param {{ name: "w" {0} }} param {{ name: "b" }}'


@pytest.mark.parametrize(
    "first, second, outputs, words",
    [
        ("lr_mult: 1", "lr_mult: 2", 3, "has lr_mult 2 here and 1 in layer 'a'"),
        ("decay_mult: 1", "decay_mult: 0", 3, "has decay_mult 0 here and 1"),
        ("", "", 4, r"its shape is \(3, 3\), this layer needs \(4, 3\).*PERMISSIVE"),
        ("", "share_mode: PERMISSIVE", 4, r"cannot share parameter 'w'"),
    ],
)
def test_parameters_that_cannot_be_shared(build, first, second, outputs, words):
    text = INPUT + ip("a", "x", "y", specs=SHARED.format(first))
    with pytest.raises(caffe.NetError, match=words):
        build(text + ip("b", "y", "z", outputs, SHARED.format(second)))


def test_a_rate_may_be_given_by_the_sharer_alone(build, tmp_path):
    text = INPUT + ip("a", "x", "y", specs=SHARED.format(""))
    text += ip("b", "y", "z", specs=SHARED.format("lr_mult: 5 decay_mult: 0"))
    net = build(text)
    owner = net.param_table.owners[0]
    assert (owner.spec.lr_mult, owner.spec.decay_mult) == (5, 0) and len(net.learnable_params) == 2
    net.save_hdf5(str(tmp_path / "w.h5"))
    again = build(text)
    again.load_hdf5(str(tmp_path / "w.h5"))  # holds the shared blobs once
    assert np.array_equal(again.params["b"][0].data, net.params["a"][0].data)


def test_weights_that_do_not_fit(build, tmp_path):
    path = str(tmp_path / "w.caffemodel")
    build(INPUT + ip("a", "x", "y")).save(path)
    wide = build(INPUT + ip("a", "x", "y", 4))
    with pytest.raises(caffe.NetError, match=r"'a' .*parameter 0 .*\(3, 3\).*\(4, 3\)"):
        wide.copy_from(path)
    reshaped = build(INPUT.replace("dim: 3", "dim: 9") + ip("a", "x", "y", 1))
    with pytest.raises(caffe.NetError, match="the counts are equal"):
        reshaped.copy_from(path)
    bare = build(INPUT + ip("a", "x", "y").replace("num_output", "bias_term: false num_output"))
    with pytest.raises(caffe.NetError, match="2 parameter blobs for it, the net has 1"):
        bare.copy_from(path)
    with pytest.raises(caffe.NetError, match="cannot share weights: 2 blobs there, 1 here"):
        bare.share_with(build(INPUT + ip("a", "x", "y")))
    with pytest.raises(caffe.NetError, match="cannot share parameter 0"):
        wide.share_with(build(INPUT + ip("a", "x", "y")))
    other = build(INPUT + ip("other", "x", "y"))
    before = other.params["other"][0].data.copy()
    other.copy_from(path)  # nothing of that name: left alone, as in BVLC
    assert np.array_equal(other.params["other"][0].data, before)


def test_names_that_are_not_there(build):
    net = build(INPUT + ip("score", "x", "y"))
    with pytest.raises(caffe.CaffeError, match="no layer 'scor'; did you mean 'score'"):
        net.forward(end="scor")
    with pytest.raises(caffe.CaffeError, match="no blob 'Y'"):
        net.forward(blobs=["Y"])
    with pytest.raises(caffe.CaffeError, match="batch size is 2"):
        net.forward(x=np.zeros((5, 3)))
    with pytest.raises(caffe.CaffeError, match=r"given for \['w'\], the net's are \['x'\]"):
        net.forward(w=np.zeros((2, 3)))
    with pytest.raises(caffe.NetError, match="layers 0 to 7 asked for"):
        net._forward(0, 7)
    with pytest.raises(caffe.CaffeError, match="MemoryData"):
        net.set_input_arrays(np.zeros((2, 1, 1, 1), "f"), np.zeros(2, "f"))


def test_a_published_layer_without_its_library(build, tmp_path):
    """CCNN's imports its compiled library in forward."""
    (tmp_path / "python_layers.py").write_text(
        "import caffe\n"
        "class WeakLoss(caffe.Layer):\n"
        "    def reshape(self, bottom, top): top[0].reshape(1)\n"
        "    def forward(self, bottom, top):\n        import absent_library\n"
    )
    net = build(
        INPUT + "layer { name: 'p' type: 'Python' bottom: 'x' top: 'y' "
        "python_param { module: 'python_layers' layer: 'WeakLoss' } }"
    )
    sys.modules.pop("python_layers")  # other tests are to find none
    with pytest.raises(ImportError, match=r"layer 'p' .*absent_library.* has its own WeakLoss"):
        net.forward()


@pytest.mark.parametrize(
    "python, words",
    [
        ('module: "absent_module" layer: "L"', "cannot import module 'absent_module'.*looked in"),
        (
            'module: "caffe.layers.detectnet.clustering" layer: "L"',
            "'caffe.layers' is no part of this caffe; where it is a fork's, copy",
        ),
        ('module: "mine" layer: "Mien"', "has no layer 'Mien'; did you mean 'Mine'"),
        ('module: "mine" layer: "Other"', "'mine.Other' is not a caffe.Layer"),
        (
            'module: "mine" layer: "Raises"',
            r"my own words'\s+layer 'p' \(Python\)|\): my own words",
        ),
        ('layer: "L"', "needs a module"),
    ],
)
def test_python_layers_that_cannot_be_made(build, tmp_path, python, words):
    (tmp_path / "mine.py").write_text(
        "import caffe\n"
        "class Mine(caffe.Layer): pass\n"
        "class Other: pass\n"
        "class Raises(caffe.Layer):\n"
        "    def __init__(self, p):\n        raise KeyError('my own words')\n"
    )
    text = INPUT + f'layer {{ name: "p" type: "Python" bottom: "x" python_param {{ {python} }} }}'
    with pytest.raises((caffe.LayerError, KeyError), match="(?s)" + words) as caught:
        build(text)
    if "absent" in python:  # says all there is to say
        assert caught.value.__cause__ is None and "Traceback" not in str(caught.value)
