"""What setting a net up costs: shapes are told without what torch imports to infer them."""

import subprocess
import sys

from netkit import input_layer

LAYERS = """
layer { type: "ArgMax" bottom: "x" top: "argmax" argmax_param { axis: 1 } }
layer { type: "Im2col" bottom: "x" top: "columns" convolution_param { kernel_size: 2 } }
layer { type: "MVN" bottom: "x" top: "mvn" }
layer { type: "Reduction" bottom: "x" top: "sum" reduction_param { axis: -1 } }
layer { type: "Tile" bottom: "x" top: "tiled" tile_param { tiles: 3 axis: -1 } }
layer { type: "Embed" bottom: "label" top: "rows" embed_param { input_dim: 4 num_output: 5 } }
layer { type: "HingeLoss" bottom: "x" bottom: "label" top: "hinge" }
layer { type: "MultinomialLogisticLoss" bottom: "x" bottom: "label" top: "logistic" }
layer { type: "ContrastiveLoss" bottom: "f" bottom: "f" bottom: "label" top: "contrast" }
"""
CODE = """
import sys, caffe
net = caffe.Net(sys.argv[1], caffe.TEST)
print({n: net.blobs[n].shape for n in net.outputs}, 'sympy' in sys.modules)
"""


def test_layers_that_torch_would_import_sympy_for(tmp_path):
    path = tmp_path / "net.prototxt"
    inputs = input_layer("x", 2, 3, 4, 5) + input_layer("label", 2) + input_layer("f", 2, 6)
    path.write_text(inputs + LAYERS)
    done = subprocess.run(
        [sys.executable, "-c", CODE, path], capture_output=True, text=True, check=True
    )
    shapes = dict(
        argmax=(2, 1, 4, 5), columns=(2, 12, 3, 4), contrast=(), hinge=(), logistic=(),
        mvn=(2, 3, 4, 5), rows=(2, 5), sum=(2, 3, 4), tiled=(2, 3, 4, 15),
    )  # fmt: skip
    assert done.stdout.strip() == f"{shapes} False"
