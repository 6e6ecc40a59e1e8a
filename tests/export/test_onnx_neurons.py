"""Forks' activations, and dropouts in TEST, in ONNX."""

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
