"""A tiny net and solver and the log line's form, for the tests of the caffe command."""

import re

NET = """
name: "Tiny"
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 4 dim: 2 dim: 6 dim: 6 } shape { dim: 4 }
    data_filler { type: "gaussian" std: 1 } data_filler { type: "constant" value: 1 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 3 kernel_size: 3 stride: 2 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy"
  include { phase: TEST } }
layer { name: "extra" type: "Power" bottom: "ip" top: "extra" include { stage: "more" } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
SOLVER = """
net: "net.prototxt" test_iter: 2 test_interval: 4 base_lr: 0.01 lr_policy: "step" gamma: 0.1
stepsize: 6 momentum: 0.9 max_iter: 8 display: 2 average_loss: 2 snapshot: 4
snapshot_prefix: "snap" random_seed: 3
"""
# The form that Caffe's own tools/extra/extract_seconds.py reads.
LINE = re.compile(
    r"(?P<level>[IWEF])(?P<day>\d{4}) \d\d:\d\d:\d\d\.\d{6} +\d+ (?P<src>[\w.]+:\d+)\] (?P<text>.*)"
)
