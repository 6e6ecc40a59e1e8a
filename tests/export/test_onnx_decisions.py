"""Files whose layers decide by a value's last digit are held piece by piece."""

import numpy as np
import pytest
from netkit import input_layer
from onnxkit import export, random

import caffe
from caffe._caffe.export.to_onnx import parity, table
from caffe._caffe.layers.arithmetic import Power
from caffe._caffe.layers.common import ArgMax

LABELS = (
    input_layer("x", 1, 2, 8, 8)
    + """
layer { name: "copy" type: "Power" bottom: "x" top: "score" power_param { scale: 2 } }
layer { name: "label" type: "ArgMax" bottom: "score" top: "label" argmax_param { axis: 1 } }
layer { name: "mask" type: "Threshold" bottom: "label" top: "mask"
        threshold_param { threshold: 0.5 } }
layer { name: "out" type: "Eltwise" bottom: "mask" bottom: "label" top: "out" }"""
)


OFF = np.float32([2.001, 2]).reshape(2, 1, 1)


@pytest.fixture(autouse=True)
def rounding(monkeypatch):
    """A file that rounds otherwise: channels that are near ties change places."""

    def tie(shape, seed):
        x = random(*shape, seed=seed)
        x[:, 1] = x[:, 0] * (1 + 1e-7)
        return x

    def rounded(g, layer, x):
        return g.mul(x, g.floats(np.float32([2 + 1e-6, 2 - 1e-6]).reshape(2, 1, 1)))

    monkeypatch.setattr(parity, "sample", tie)
    monkeypatch.setitem(table.TABLE, Power, rounded)


def test_a_decision_is_held_by_the_net_s_own_values(tmp_path):
    net, session = export(tmp_path, LABELS)
    x = parity.sample((1, 2, 8, 8), 0)
    assert not np.array_equal(session.run(["out"], {"x": x})[0], net.forward(x=x)["out"])
    # The file itself is not cut.
    assert [i.name for i in session.get_inputs()] == ["x"]
    assert [o.name for o in session.get_outputs()] == ["out"]


def test_what_a_later_layer_overwrites_is_held_too(tmp_path):
    later = 'layer { name: "r" type: "ReLU" bottom: "label" top: "label" } layer { name: "mask"'
    export(tmp_path, LABELS.replace('layer { name: "mask"', later))


def test_large_values_of_a_sigmoid_are_held_before_it(tmp_path, monkeypatch):
    text = """
    layer { name: "copy" type: "Power" bottom: "x" top: "score" power_param { scale: 2 } }
    layer { name: "parts" type: "Slice" bottom: "score" top: "a" top: "b" }
    layer { name: "less" type: "Eltwise" bottom: "a" bottom: "b" top: "c"
            eltwise_param { coeff: 1 coeff: -1 } }
    layer { name: "prob" type: "Sigmoid" bottom: "c" top: "prob" }"""

    def large(shape, seed):
        x = 1e5 * random(*shape, seed=seed)
        x[:, 1, 1:] = x[:, 0, 1:] * (1 + 1e-7)  # a difference of 0.01, below one of 1e5
        return x

    monkeypatch.setattr(parity, "sample", large)
    net, session = export(tmp_path, input_layer("x", 1, 2, 8, 8) + text)
    x = large((1, 2, 8, 8), 0)
    assert np.abs(session.run(["prob"], {"x": x})[0] - net.forward(x=x)["prob"]).max() > 0.01


def test_a_wrong_decision_is_refused(tmp_path, monkeypatch):
    def least(g, layer, x):
        g.decides = True
        return g.cast(g.node("ArgMin", x, axis=1))

    monkeypatch.setitem(table.TABLE, ArgMax, least)
    monkeypatch.setattr(parity, "sample", lambda shape, seed: random(*shape, seed=seed))
    with pytest.raises(caffe.NetError, match="differ in 'label' at x 1x2x8x8: by 1 of"):
        export(tmp_path, LABELS)


def test_what_comes_before_a_decision_is_held(tmp_path, monkeypatch):
    monkeypatch.setitem(table.TABLE, Power, lambda g, layer, x: g.mul(x, g.floats(OFF)))
    with pytest.raises(caffe.NetError, match="differ in 'score' at x 1x2x8x8: by 0.0005 of"):
        export(tmp_path, LABELS)
