"""Nets as text, and whether two are the same."""

from google.protobuf import text_format

from caffe._caffe.formats.prototxt import parse_net
from caffe._caffe.formats.upgrade import upgrade_net
from caffe.proto import caffe_pb2 as pb


def net(text):
    return text_format.Parse(text, pb.NetParameter())


def same(old, new):
    """Assert that `old` is upgraded to `new`, and that `new` needs nothing more."""
    upgraded = parse_net(old)
    assert upgraded == net(new), f"got\n{upgraded}"
    assert upgrade_net(upgraded) == []


V0_NET = """
name: "old"
input: "data" input_dim: 2 input_dim: 3 input_dim: 20 input_dim: 24
layers { layer { name: "pad1" type: "padding" pad: 2 } bottom: "data" top: "pad1" }
layers {
  layer {
    name: "conv1" type: "conv" num_output: 8 kernelsize: 5 stride: 2 group: 1 biasterm: true
    weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" value: 0.2 }
    blobs_lr: 1. blobs_lr: 2. weight_decay: 1. weight_decay: 0.
  }
  bottom: "pad1" top: "conv1"
}
layers { layer { name: "relu1" type: "relu" } bottom: "conv1" top: "conv1" }
layers { layer { name: "pad2" type: "padding" pad: 1 } bottom: "conv1" top: "pad2" }
layers {
  layer { name: "pool1" type: "pool" pool: AVE kernelsize: 3 stride: 2 } bottom: "pad2" top: "pool1"
}
layers {
  layer { name: "norm1" type: "lrn" local_size: 3 alpha: 0.1 beta: 0.5 k: 2 }
  bottom: "pool1" top: "norm1"
}
layers { layer { name: "drop" type: "dropout" dropout_ratio: 0.3 } bottom: "norm1" top: "drop" }
layers {
  layer { name: "fc" type: "innerproduct" num_output: 4 weight_filler { type: "xavier" } }
  bottom: "drop" top: "fc"
}
layers { layer { name: "both" type: "concat" concat_dim: 1 } bottom: "fc" bottom: "fc" top: "both" }
layers { layer { name: "prob" type: "softmax" } bottom: "both" top: "prob" }
"""


V2_NET = """
name: "old"
layer {
  name: "input" type: "Input" top: "data"
  input_param { shape { dim: 2 dim: 3 dim: 20 dim: 24 } }
}
layer {
  name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  convolution_param {
    num_output: 8 kernel_size: 5 stride: 2 group: 1 bias_term: true pad: 2
    weight_filler { type: "gaussian" std: 0.01 } bias_filler { type: "constant" value: 0.2 }
  }
}
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer {
  name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }
}
layer {
  name: "norm1" type: "LRN" bottom: "pool1" top: "norm1"
  lrn_param { local_size: 3 alpha: 0.1 beta: 0.5 k: 2 }
}
layer {
  name: "drop" type: "Dropout" bottom: "norm1" top: "drop" dropout_param { dropout_ratio: 0.3 }
}
layer {
  name: "fc" type: "InnerProduct" bottom: "drop" top: "fc"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } }
}
layer {
  name: "both" type: "Concat" bottom: "fc" bottom: "fc" top: "both" concat_param { concat_dim: 1 }
}
layer { name: "prob" type: "Softmax" bottom: "both" top: "prob" }
"""
