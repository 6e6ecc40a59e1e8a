"""The names that pycaffe offers, held against a written list (taken from BVLC 1.0's _caffe.cpp,
pycaffe.py and __init__.py); ours may only add what ADDED names."""

import importlib

import pytest

import caffe

PACKAGE = """
Net SGDSolver NesterovSolver AdaGradSolver RMSPropSolver AdaDeltaSolver AdamSolver NCCL Timer
init_log log set_mode_cpu set_mode_gpu set_device Layer get_solver layer_type_list set_random_seed
solver_count set_solver_count solver_rank set_solver_rank set_multiprocess has_nccl __version__
TRAIN TEST Classifier Detector io layers params NetSpec to_proto
""".split()
ADDED = {
    "CaffeError", "FormatError", "LayerError", "NetError", "SolverError", "read_net", "read_solver",
    "align_crops", "export", "importing", "set_data_workers", "set_dialect",
    "set_logging_disabled", "set_precision",
    "torch_module",
}  # fmt: skip

NET = """
_forward _backward reshape clear_param_diffs copy_from share_with _blob_loss_weights _bottom_ids
_top_ids _blobs layers _blob_names _layer_names _inputs _outputs _set_input_arrays save save_hdf5
load_hdf5 before_forward after_forward before_backward after_backward blobs blob_loss_weights
layer_dict params forward backward forward_all forward_backward_all set_input_arrays _batch inputs
outputs top_names bottom_names
""".split()
BLOB = "shape num channels height width count reshape data diff".split()
LAYER = "blobs setup reshape type".split()
SOLVER = """
net test_nets iter add_callback solve step restore snapshot share_weights apply_update param lr
""".split()
IO = """
blobproto_to_array array_to_blobproto arraylist_to_blobprotovector_str
blobprotovector_str_to_arraylist array_to_datum datum_to_array Transformer load_image resize_image
oversample
""".split()

TINY = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param {
  num_output: 2 } }
"""


def missing(thing, names):
    return [name for name in names if not hasattr(thing, name)]


def test_package():
    assert missing(caffe, PACKAGE) == []
    if hasattr(caffe, "CaffeError"):
        assert set(caffe.__all__) == set(PACKAGE) | ADDED


def test_net_blob_and_layer(make_net):
    net = make_net(TINY)
    assert missing(net, NET) == []
    assert missing(net.blobs["data"], BLOB) == []
    assert missing(net.layers[1], LAYER) == []
    assert missing(net.params["ip"], ["add_blob", "append", "__len__", "__getitem__"]) == []
    assert isinstance(net, caffe.Net)


def test_solver(write):
    net = write("net.prototxt", TINY)
    text = f'net: "{net}" base_lr: 0.1 lr_policy: "fixed" snapshot_prefix: "{net}"'
    solver = caffe.get_solver(write("solver.prototxt", text))
    assert isinstance(solver, caffe.SGDSolver) and isinstance(solver.net, caffe.Net)
    assert missing(solver, SOLVER) == []
    assert missing(solver.param, ["max_iter", "display", "base_lr", "layer_wise_reduce"]) == []


@pytest.mark.parametrize(
    "module, names",
    [
        ("io", IO),
        ("net_spec", "Top Function Layers Parameters NetSpec to_proto assign_proto".split()),
        ("coord_map", "coord_map_from_to crop crop_params conv_params coord_map".split()),
        ("draw", "get_pydot_graph draw_net draw_net_to_file".split()),
    ],
)
def test_modules(module, names):
    if module == "draw" and not hasattr(caffe, "CaffeError"):
        pytest.importorskip("pydot", reason="BVLC's draw needs pydot")
    assert missing(importlib.import_module(f"caffe.{module}"), names) == []


def test_layer_types():
    types = set(caffe.layer_type_list())
    expected = """AbsVal Accuracy ArgMax BatchNorm BatchReindex Bias BNLL Clip Concat
        ContrastiveLoss Convolution Crop Deconvolution Dropout DummyData Eltwise ELU Embed
        EuclideanLoss Exp Filter Flatten HDF5Data HDF5Output HingeLoss Im2col InfogainLoss
        InnerProduct Input Log LRN LSTM LSTMUnit MemoryData MultinomialLogisticLoss MVN Parameter
        Pooling Power PReLU Python Reduction ReLU Reshape RNN Scale Sigmoid
        SigmoidCrossEntropyLoss Silence Slice Softmax SoftmaxWithLoss Split SPP Swish TanH
        Threshold Tile"""
    assert set(expected.split()) <= types
