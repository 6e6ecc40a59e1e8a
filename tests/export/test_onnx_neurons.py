"""Forks' activations, dropouts in TEST, lengths, masks and recurrent layers, in ONNX."""

import numpy as np
import pytest
from netkit import input_layer
from onnxkit import export, hold, random

import caffe


def test_neurons_of_forks(tmp_path):
    text = input_layer("x", 1, 3, 8, 8) + (
        'layer { name: "a" type: "SeLuDropout" bottom: "x" top: "a" }'
        'layer { name: "m" type: "Mish" bottom: "a" top: "m" }'
        'layer { name: "b" type: "Python" bottom: "m" top: "b" python_param { '
        'module: "spatial_dropout" layer: "SpatialDropoutLayer" '
        """param_str: "{'phase': 'TEST', 'p': 0.2}" } }"""
    )
    net, session = export(tmp_path, text)
    hold(net, session, x=random(2, 3, 5, 7))
    with pytest.raises(caffe.LayerError, match="draws its masks"):
        export(tmp_path, text.replace("TEST", "TRAIN"))


@pytest.mark.parametrize("kind", ["L1", "L2"])
@pytest.mark.parametrize("shape", [(2, 3, 5, 4), (2, 7)])
def test_caffe_windows_lengths(kind, shape, tmp_path):
    text = input_layer("x", *shape) + (
        'layer { name: "n" type: "Normalize" bottom: "x" top: "y" top: "length" '
        f'normalize_param {{ normalize_type: "{kind}" }} }}'
    )
    net, session = export(tmp_path, text)
    hold(net, session, x=random(3, *shape[1:]))


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("clip", [True, False])
def test_jun_hyuk_oh_s_lstm(batch, clip, tmp_path):
    fill = 'filler { type: "uniform" min: -0.6 max: 0.6 }'
    bottoms = 'bottom: "x" bottom: "clip"' if clip else 'bottom: "x"'
    text = input_layer("x", 6, 4) + clip * input_layer("clip", 6)
    text += f'layer {{ name: "l" type: "Lstm" {bottoms} top: "h" lstm_param {{ '
    text += f"num_output: 3 batch_size: {batch} weight_{fill} bias_{fill} }} }}"
    net, session = export(tmp_path, text)
    marks = {"clip": np.float32([0, 1, 1, 0, 1, 1])} if clip else {}
    hold(net, session, x=random(6, 4, seed=3), **marks)


def test_marks_may_have_four_axes(tmp_path):
    """Held with zeros and ones for marks: others, times themselves at each step, grow large."""
    text = input_layer("x", 16, 2, 5) + input_layer("marks", 32, 1, 1, 1)
    text += 'layer { name: "r" type: "Reshape" bottom: "marks" top: "cont" reshape_param { '
    text += "shape { dim: 16 dim: 2 } } }"
    text += 'layer { name: "l" type: "LSTM" bottom: "x" bottom: "cont" top: "h" recurrent_param { '
    text += 'num_output: 3 weight_filler { type: "uniform" min: -0.6 max: 0.6 } } }'
    net, session = export(tmp_path, text)
    marks = np.arange(32, dtype=np.float32).reshape(32, 1, 1, 1) % 3 > 0
    hold(net, session, x=random(16, 2, 5, seed=3), marks=marks.astype(np.float32))


def test_masks_weigh_maps(tmp_path):
    text = input_layer("x", 2, 3, 5, 4) + input_layer("mask", 2, 1, 5, 4)
    text += 'layer { name: "m" type: "MaskPooling" bottom: "x" bottom: "mask" top: "y" }'
    net, session = export(tmp_path, text)
    hold(net, session, x=random(3, 3, 6, 7), mask=random(3, 1, 6, 7))
