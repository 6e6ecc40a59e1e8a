"""What `caffe check`'s server process imports: caffe, and all that a first build loads.

The server forks a child for each build; a child of a server that has built a net once begins at
once, where each would else spend a second or more on imports.
"""

import caffe

from .common import as_file

TINY = """
layer { name: "in" type: "Input" top: "in"
  input_param { shape { dim: 1 dim: 1 dim: 3 dim: 3 } } }
layer { name: "conv" type: "Convolution" bottom: "in" top: "conv"
  convolution_param { num_output: 1 kernel_size: 3 } }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { kernel_size: 1 } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip"
  inner_product_param { num_output: 1 } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""

with as_file(TINY) as _path:
    caffe.Net(_path, caffe.TEST)
