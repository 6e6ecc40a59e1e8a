"""caffe.export.onnx: held against the runtime by ONNX Runtime, also at sizes of the tests' own."""

import json
import os
from pathlib import Path

import numpy as np
import onnx
import pytest
from golden_case import read
from netkit import input_layer, net_of
from onnxkit import RELU, export, hold, random, session_of

import caffe
from caffe._caffe.export.to_onnx import parity

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
REFUSED = ("Loss", "Accuracy", "Net-", "Parameter")  # losses have no place in a deploy net
CASES = [
    path
    for path in sorted((GOLDEN / "layers").glob("*.npz"))
    if not any(word in path.stem for word in REFUSED)
]


FORKS = """Axpy-senet-unit BN-pspnet-test BN-segnet-inference-test BN-segnet-learn
    BN-segnet-three-tops ChannelNorm-a Correlation-flownetc-like Correlation-kernel3
    Correlation-nopad Correlation-stride
    DenseCRF-ccnn-published DenseCRF-ccnn-weak DenseCRF-deeplab-bilateral-only
    DenseCRF-deeplab-default-iter DenseCRF-deeplab-iter0 DenseCRF-deeplab-log
    DenseCRF-deeplab-published DenseCRF-deeplab-two-kernels
    DepthwiseConvolution-dilation DetectionOutput-corner
    DomainTransform-default DomainTransform-minweight DomainTransform-negative-ref
    DomainTransform-small-input FlowWarp-large-flow FlowWarp-nan
    FlowWarp-small-flow
    DetectionOutput-none DetectionOutput-notshared DetectionOutput-ssd Interp-pad-zoom
    Interp-shrink2-even Interp-to1 NegReLU-slope Normalize-conv4_3 Normalize-shared-nospatial
    PSROIPooling-fraction PSROIPooling-rfcn PSROIPooling-tiny-roi PSROIPooling-two-images
    Padding-neg Permute-partial MultiStageMeanfield-strings PriorBox-clip PriorBox-two-sizes
    ROIPooling-half-rounding
    ROIPooling-vgg-like ReLU6-a Resample-cubic-down Resample-cubic-up Resample-linear-down
    Resample-linear-noantialias Resample-nearest-up Resample-reference Resample-uneven
    SpatialProduct-a ShuffleChannel-g3 Upsample-pad-out Upsample-two-level""".split()
CASES += [GOLDEN / "forks" / "layers" / f"{name}.npz" for name in FORKS]


@pytest.fixture
def case(request, monkeypatch):
    """A case's net with its parameters, and its inputs, which the export tries where they fit."""
    found = read(request.param)
    caffe.set_dialect(str(found["dialect"]) if "dialect" in found else "")
    lines = str(found["prototxt"]).splitlines()
    if '"EuclideanLoss"' in lines[-1]:
        lines = [line for line in lines[:-1] if not line.startswith('layer { name: "z"')]
    try:
        net = net_of("\n".join(lines), caffe.TEST)
    finally:
        caffe.set_dialect("")
    for key in found:
        if key.startswith("param/"):
            layer, index = key[6:].rsplit("/", 1)
            net.params[layer][int(index)].data[...] = found[key]
    inputs = {name: found[f"in/{name}"].astype(np.float32) for name in net.inputs}
    try_own(monkeypatch, inputs)
    return net, inputs


def try_own(monkeypatch, inputs):
    """Have the export try these arrays where an input has their shape."""
    own = {array.shape: array for array in inputs.values()}
    sample = parity.sample
    monkeypatch.setattr(
        parity, "sample", lambda shape, seed: own[shape] if shape in own else sample(shape, seed)
    )


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.stem, indirect=True)
def test_a_reference_case_exports(case, tmp_path):
    """`caffe.export.onnx` itself holds the file against the net, which the figures hold."""
    net, inputs = case
    assert caffe.export.onnx(net, tmp_path / "net.onnx") <= 1e-4
    hold(net, session_of(tmp_path / "net.onnx"), **inputs)


@pytest.mark.parametrize("mode", ["LEARN", "INFERENCE"])
def test_segnets_bn_behind_an_inner_product(mode, tmp_path):
    """Its top has four axes, in the file and in a net made ready for inference, too."""
    text = input_layer("x", 3, 5) + (
        'layer { name: "f" type: "InnerProduct" bottom: "x" top: "f" inner_product_param { '
        'num_output: 4 weight_filler { type: "xavier" } } } '
        'layer { name: "bn" type: "BN" bottom: "f" top: "y" bn_param { scale_filler { '
        f'type: "constant" value: 2 }} bn_mode: {mode} }} }}'
    )
    net, session = export(tmp_path, text)
    hold(net, session, x=random(3, 5))
    want = net.blobs["y"].data.copy()
    assert want.shape == (3, 4, 1, 1)
    net.optimize()
    np.testing.assert_allclose(net.forward()["y"], want, rtol=1e-5, atol=1e-6)


def test_masks_lead_back_through_upsample(tmp_path):
    text = (
        input_layer("x", 1, 3, 12, 16)
        + """
        layer { name: "p" type: "Pooling" bottom: "x" top: "y" top: "mask"
                pooling_param { kernel_size: 2 stride: 2 } }
        layer { name: "u" type: "Upsample" bottom: "y" bottom: "mask" top: "z"
                upsample_param { scale: 2 } }"""
    )
    net, session = export(tmp_path, text)
    hold(net, session, x=random(2, 3, 6, 20))


def test_masks_lead_back_through_unpooling(tmp_path):
    text = (
        input_layer("x", 1, 3, 12, 16)
        + """
        layer { name: "p" type: "Pooling" bottom: "x" top: "y" top: "mask"
                pooling_param { kernel_size: 2 stride: 2 } }
        layer { name: "u" type: "Unpooling" bottom: "y" bottom: "mask" top: "z"
                unpooling_param { unpool: MAX kernel_size: 2 stride: 2 unpool_size: 16 } }"""
    )
    net, session = export(tmp_path, text)
    hold(net, session, x=random(2, 3, 12, 16))


PYTHON_PROPOSAL = """type: "Python" python_param {
    module: "rpn.proposal_layer" layer: "ProposalLayer" param_str: "'feat_stride': 16" }"""
FORK_PROPOSAL = """type: "Proposal" proposal_param {
    ratio: 0.5 ratio: 1 ratio: 2 scale: 8 scale: 16 scale: 32 base_size: 16 feat_stride: 16
    pre_nms_topn: 200 post_nms_topn: 50 nms_thresh: 0.6 min_size: 20 }"""


@pytest.mark.parametrize(
    "kind, size", [(PYTHON_PROPOSAL, 3), (FORK_PROPOSAL, 4)], ids=["Python", "Proposal"]
)
def test_region_proposals(kind, size, tmp_path):
    text = input_layer("scores", 1, 18, 7, 9) + input_layer("boxes", 1, 36, 7, 9)
    text += input_layer("im_info", 1, size)
    text += f'layer {{ name: "p" bottom: "scores" bottom: "boxes" bottom: "im_info" {kind} '
    net, session = export(tmp_path, text + 'top: "rois" top: "score" }')
    for seed, (height, width) in enumerate(((7, 9), (5, 12))):
        values = dict(scores=random(1, 18, height, width, seed=seed))
        values["boxes"] = 0.3 * random(1, 36, height, width, seed=seed + 9)
        picture = [16 * height - 5, 16 * width - 3, 1.5, 1.25]
        values["im_info"] = np.array([picture[:size]], np.float32)
        hold(net, session, **values)
        assert 10 < len(net.blobs["rois"].data) < 300


def test_crop_interp_and_ceil_pooling_at_any_size(tmp_path):
    text = (
        input_layer("data", 1, 3, 33, 47)
        + """
        layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param {
                num_output: 4 kernel_size: 3 pad: 20 weight_filler { type: "xavier" } } }
        layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
                pooling_param { kernel_size: 3 stride: 2 pad: 1 } }
        layer { name: "up" type: "Deconvolution" bottom: "pool" top: "up" convolution_param {
                num_output: 2 kernel_size: 4 stride: 2 weight_filler { type: "xavier" } } }
        layer { name: "score" type: "Crop" bottom: "up" bottom: "data" top: "score"
                crop_param { axis: 2 offset: 19 } }
        layer { name: "half" type: "Interp" bottom: "score" top: "half"
                interp_param { shrink_factor: 2 pad_beg: -1 pad_end: -2 } }
        layer { name: "back" type: "Interp" bottom: "half" top: "back"
                interp_param { zoom_factor: 3 } }
        layer { name: "whole" type: "Interp" bottom: "back" bottom: "data" top: "whole"
                interp_param { use_blob_size: true } }"""
    )
    net, session = export(tmp_path, text)
    for height, width in ((20, 31), (34, 40), (9, 64)):
        hold(net, session, data=random(2, 3, height, width))


def test_sizes_are_free_where_the_net_s_are(tmp_path):
    shared = 'layer { name: "f" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { '
    text = input_layer("x", 2, 3, 8, 8) + shared + "num_output: 2 } }"
    export(tmp_path, text)
    shape = onnx.load(tmp_path / "net.onnx").graph.input[0].type.tensor_type.shape
    assert [d.dim_param or d.dim_value for d in shape.dim] == ["x_0", 3, 8, 8]
    text = input_layer("x", 2, 3, 8, 8) + 'layer { name: "r" type: "ReLU" bottom: "x" top: "y" }'
    export(tmp_path, text)
    shape = onnx.load(tmp_path / "net.onnx").graph.input[0].type.tensor_type.shape
    assert [d.dim_param or d.dim_value for d in shape.dim] == ["x_0", 3, "x_2", "x_3"]


def test_parameters_keep_caffe_s_names_and_metadata_is_stored(tmp_path):
    text = input_layer("data", 1, 3, 5, 5) + (
        'layer { name: "conv" type: "Convolution" bottom: "data" top: "score" '
        "convolution_param { num_output: 2 kernel_size: 1 } }"
    )
    export(tmp_path, text, mean=[104, 117, 123], classes=["sky", "tree"], channel_order="RGB")
    model = onnx.load(tmp_path / "net.onnx")
    assert [t.name for t in model.graph.initializer] == ["conv.0", "conv.1"]
    stored = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(stored["mean"]) == [104, 117, 123]
    assert json.loads(stored["class_names"]) == ["sky", "tree"]
    assert stored["channel_order"] == "RGB"
    with pytest.raises(caffe.CaffeError, match="channel_order must be BGR or RGB, got 'GBR'"):
        export(tmp_path, text, channel_order="GBR")
    with pytest.raises(caffe.CaffeError, match="mean has 2 values, expected one per channel"):
        export(tmp_path, text, mean=[1, 2])


def test_a_detector_that_saves_its_results_exports_and_saves_none(tmp_path, caplog, monkeypatch):
    case = read(GOLDEN / "forks" / "layers" / "DetectionOutput-ssd.npz")
    inputs = {key: case[key].astype(np.float32) for key in case if key.startswith("in/")}
    try_own(monkeypatch, inputs)
    files = 'output_directory: "out" label_map_file: "none" name_size_file: "none"'
    start = "detection_output_param {"
    text = str(case["prototxt"]).replace(start, f"{start} save_output_param {{ {files} }}")
    net, session = export(tmp_path, text)
    assert "leaves save_output_param out" in caplog.text
    assert os.listdir(tmp_path) == ["net.onnx"]
    assert [layer.saves for layer in net.layers if layer.type == "DetectionOutput"] == [True]


@pytest.mark.parametrize(
    "text, why",
    [
        (
            RELU
            + input_layer("label", 1, 1, 8, 8)
            + 'layer { name: "a" type: "Accuracy" bottom: "y" '
            'bottom: "label" top: "z" }',
            r"layer 'a' \(Accuracy\): cannot be written with ONNX's operators",
        ),
        (
            RELU + 'layer { name: "d" type: "Dropout" bottom: "y" top: "z" '
            "dropout_param { sample_weights_test: true } }",
            r"layer 'd' \(Dropout\): draws at random in TEST, too",
        ),
        (
            input_layer("x", 1, 2) + 'layer { name: "r" type: "ReLU" bottom: "x" top: "x" }',
            "blob 'x' is input and, changed in place, output",
        ),
        (
            'layer { name: "p" type: "Parameter" top: "p" parameter_param { shape { dim: 1 } } }',
            "has no Input layer",
        ),
    ],
)
def test_nets_that_cannot_be_written_are_refused(text, why, tmp_path):
    with pytest.raises(caffe.CaffeError, match=why):
        export(tmp_path, text)
    assert not os.listdir(tmp_path)


def test_an_input_that_nothing_reads_is_no_output(tmp_path):
    net, session = export(tmp_path, RELU + input_layer("label", 1, 2))
    assert set(net.outputs) == {"label", "y"}
    assert [o.name for o in session.get_outputs()] == ["y"]
    assert [i.name for i in session.get_inputs()] == ["x", "label"]
    with pytest.raises(caffe.NetError, match="computes nothing from its inputs"):
        export(tmp_path, input_layer("label", 1, 2))


def test_a_net_that_has_run_keeps_its_hidden_state(tmp_path):
    text = input_layer("x", 3, 2, 4) + input_layer("cont", 3, 2)
    text += """layer { name: "r" type: "RNN" bottom: "x" bottom: "cont" top: "y" recurrent_param {
        num_output: 5 weight_filler { type: "uniform" min: -1 max: 1 } } }"""
    net = net_of(text, caffe.TEST)
    net.blobs["cont"].data[...] = 1
    net.blobs["x"].data[...] = random(3, 2, 4)
    net.forward()
    (layer,) = (layer for layer in net.layers if layer.type == "RNN")
    state = layer.get_state()
    caffe.export.onnx(net, tmp_path / "net.onnx")
    assert layer.get_state() == state and np.abs(state["h"]).max() > 0.1


WRITERS = """
import caffe
class Silent(caffe.Layer):
    def setup(self, bottom, top): pass
    def reshape(self, bottom, top): top[0].reshape(*bottom[0].shape)
    def forward(self, bottom, top): top[0].data[...] = 3 * bottom[0].data
class Thrice(Silent):
    def to_onnx(self, graph, x): return graph.mul(x, graph.scalar(3))
"""


def test_a_python_layer_writes_itself(tmp_path, monkeypatch):
    (tmp_path / "writers.py").write_text(WRITERS)
    monkeypatch.syspath_prepend(tmp_path)
    text = input_layer("x", 1, 3, 8, 8) + (
        'layer { name: "p" type: "Python" bottom: "x" top: "y" '
        'python_param { module: "writers" layer: "Thrice" } }'
    )
    net, session = export(tmp_path, text)
    hold(net, session, x=random(2, 3, 5, 7))
    with pytest.raises(caffe.LayerError, match=r"'p' \(Python\): .* runs code of its own"):
        export(tmp_path, text.replace("Thrice", "Silent"))


def test_training_nets_are_refused(tmp_path):
    with pytest.raises(caffe.NetError, match="is in TRAIN; build it with caffe.TEST"):
        caffe.export.onnx(net_of(RELU), tmp_path / "net.onnx")
